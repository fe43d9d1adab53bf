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

/* Whose document it is. */
struct skipped_origin {
	bool named; /* somebody named its file, or it came from standard input */
	bool inventory;
};

/* A document that cannot be read, and what there was to say about it. */
struct skipped_broken {
	VEC(struct diag_item *) said;
	const struct diag_item *why; /* the first error of it */
	struct skipped_origin origin;
};

/* Documents that cannot be read, and how much there was to say about them. */
struct skipped_more {
	size_t documents, messages, errors, warnings;
};

/* What a hostile input may make polc remember of them; of the rest it keeps the numbers. */
enum { SKIPPED_MAX_BROKEN = 1000 };

/* What lies in a directory like a file and is none. */
struct skipped_file {
	const char *path, *why;
};

struct skipped {
	struct arena *arena; /* borrowed */
	struct intern keys;  /* names of kinds; as in `kinds` */
	VEC(struct skipped_kind) kinds;
	VEC(struct skipped_broken) broken;
	VEC(struct skipped_file) files;
	struct skipped_more more[2][2]; /* past SKIPPED_MAX_BROKEN; [named][inventory] */
	size_t foreign;                 /* documents that are no objects */
	struct loc first_foreign;
};

void skipped_init(struct skipped *s, struct arena *arena);

/* `count` more objects; `loc` is where their kind is written. */
void skipped_add_kind(struct skipped *s, const char *kind, const char *api, size_t count,
		      struct loc loc);
void skipped_add_foreign(struct skipped *s, struct loc loc);
/* Strings are borrowed. */
void skipped_add_file(struct skipped *s, const char *path, const char *why);
/* Takes back what was said since then, at least one error. */
void skipped_add_broken(struct skipped *s, struct diag *d, const struct diag_mark *since,
			struct skipped_origin origin);

/* Says again what there is to say about the broken documents that were named, of the input or of
 * the inventory, and forgets them. False: there are none. */
bool skipped_complain(struct skipped *s, struct diag *d, bool inventory);

/* The note, if there is anything to say; with `list`, one more for each kind and each document
 * that cannot be read. */
void skipped_tell(const struct skipped *s, struct diag *d, bool list);
