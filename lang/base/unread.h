/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies, and objects of the inventory, that were met and not read, by kind: what policies allow
 * and deny, and whom flows meet, is then in no answer, so every answer says how many they are.
 * Readers add, commands and renderers tell.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/intern.h"
#include "lang/base/source.h"

struct buf;

enum unread_what {
	UNREAD_POLICY,
	UNREAD_OBJECT, /* a workload, a pod, a namespace, a node */
};

enum { UNREAD_N = 2 };

struct unread_kind {
	enum unread_what what;
	const char *kind, *api; /* fit to be shown */
	size_t count;
	struct loc first;
	uint64_t texts; /* of all of them, in whatever order */
};

struct unread {
	struct arena *arena;           /* borrowed */
	const struct sources *sources; /* borrowed */
	struct intern keys;            /* kind and apiVersion; as in `kinds` */
	VEC(struct unread_kind) kinds;
};

void unread_init(struct unread *u, struct arena *arena, const struct sources *sources);

/* `count` more: `loc` is where their kind is written, `whole` all of their text. True if
 * they are the first of their kind. */
bool unread_add(struct unread *u, enum unread_what what, const char *kind, const char *api,
		size_t count, struct loc loc, struct loc whole);

/* All that follows takes NULL for one that holds nothing. */
size_t unread_count(const struct unread *u);
size_t unread_count_of(const struct unread *u, enum unread_what what);
/* Makes *out of what is so in `u`, whose arena it shares. */
void unread_select(const struct unread *u, enum unread_what what, struct unread *out);
/* The same objects, byte for byte? */
bool unread_same(const struct unread *a, const struct unread *b);
/* `27 policies are not read (CiliumNetworkPolicy 20, AdminNetworkPolicy 7); 1 workload is not read
 * (Deployment 1)` */
void unread_put_text(const struct unread *u, struct buf *out);
/* `incomplete: `, that, and a newline; nothing if there are none. */
void unread_put_line(const struct unread *u, struct buf *out);
/* [{"kind", "apiVersion", "count", "inventory"?, "file", "line"}], the place being that of the
 * first. */
json_t *unread_json(const struct unread *u);
/* Makes that the member `incomplete` of an object, which has none if there are none. */
void unread_set_json(const struct unread *u, json_t *object);
