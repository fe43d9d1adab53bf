/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an input holds besides policies and inventory: objects of other kinds, documents of other
 * programs, documents that cannot be read. Readers add; at the end all of it is one note.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lang/base/diag.h"
#include "lang/base/intern.h"

struct skipped_kind {
	const char *kind, *api; /* fit to be shown; the apiVersion of the first */
	size_t count;
	struct loc first;
};

/* A document that cannot be read, and what there was to say about it. */
struct skipped_broken {
	VEC(struct diag_item *) said;
	const struct diag_item *why; /* the first error of it */
	bool named;                  /* somebody named its file, or it came from standard input */
	bool inventory;
	bool counted; /* as unread; it is no part of the note */
};

struct skipped {
	struct arena *arena; /* borrowed */
	struct intern keys;  /* names of kinds; as in `kinds` */
	VEC(struct skipped_kind) kinds;
	VEC(struct skipped_broken) broken;
	size_t foreign; /* documents that are no objects */
	struct loc first_foreign;
};

void skipped_init(struct skipped *s, struct arena *arena);

/* `count` more objects; `loc` is where their kind is written. */
void skipped_add_kind(struct skipped *s, const char *kind, const char *api, size_t count,
		      struct loc loc);
void skipped_add_foreign(struct skipped *s, struct loc loc);
/* Takes back what was said since then, at least one error. Returns the place to fill in. */
struct skipped_broken *skipped_add_broken(struct skipped *s, struct diag *d,
					  const struct diag_mark *since);

/* Says again what there is to say about the broken documents that were named, of the input or of
 * the inventory, and forgets them. False: there are none. */
bool skipped_complain(struct skipped *s, struct diag *d, bool inventory);

/* The note, if there is anything to say; with `list`, one more for each kind and each document
 * that cannot be read. */
void skipped_tell(const struct skipped *s, struct diag *d, bool list);
