/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies, and objects of the inventory, that were met and not read, by kind, and changes of
 * policies that were not carried out: what these allow and deny, and whom flows meet, is then in no
 * answer, so every answer says how many they are. Readers add, commands and renderers tell.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/intern.h"
#include "lang/base/source.h"

struct buf;

/* X(name, what JSON calls it, of one, of several: what is the matter) */
#define UNREAD_SORTS(X)                                                                            \
	X(POLICY, "not-read", "policy is not read", "policies are not read")                       \
	X(CHANGE, "not-applied", "kustomize change of policies is not applied",                    \
	  "kustomize changes of policies are not applied")                                         \
	X(SOURCE, "not-read", "source of a kustomization is not read",                             \
	  "sources of kustomizations are not read")                                                \
	X(CHANGE_OF_GITOPS, "not-applied", "change by a GitOps controller is not applied",         \
	  "changes by GitOps controllers are not applied")                                         \
	X(SOURCE_OF_GITOPS, "not-read", "source of a GitOps controller is not read",               \
	  "sources of GitOps controllers are not read")                                            \
	X(VARIANT, "given-twice", "policy is given twice with different rules",                    \
	  "policies are given twice with different rules")                                         \
	X(OBJECT, "not-read", "object of the inventory is not read",                               \
	  "objects of the inventory are not read")

enum unread_sort {
#define X(name, json, one, many) UNREAD_##name,
	UNREAD_SORTS(X)
#undef X
};

struct unread_kind {
	enum unread_sort sort;
	const char *kind, *api; /* fit to be shown */
	size_t count;
	struct loc first;
	uint64_t texts; /* of all of them, in whatever order */
	bool unseen;    /* some depend on other files: the same text may mean another thing */
};

struct unread {
	struct arena *arena;           /* borrowed */
	const struct sources *sources; /* borrowed */
	struct intern keys;            /* sort, kind and apiVersion; as in `kinds` */
	VEC(struct unread_kind) kinds;
};

void unread_init(struct unread *u, struct arena *arena, const struct sources *sources);

/* `count` more policies or objects: `loc` is where their kind is written, `whole` all of their
 * text. Returns the kind, whose `unseen` the caller may set. */
struct unread_kind *unread_add(struct unread *u, enum unread_sort sort, const char *kind,
			       const char *api, size_t count, struct loc loc, struct loc whole);
/* One more change by kustomize, `what` being the field, or what is patched; `named` is the text
 * that names the file of a patch, or LOC_NONE. */
struct unread_kind *unread_add_change(struct unread *u, const char *what, struct loc loc,
				      struct loc whole, struct loc named);
/* One more source of a kustomization that is no file of it, `what` being its sort. */
struct unread_kind *unread_add_source(struct unread *u, const char *what, struct loc loc,
				      struct loc whole);

/* A definition that differs from another one of the same policy: `whole` and `other` are their
 * texts. `count` is 0 for the third and later ones. */
void unread_add_variant(struct unread *u, const char *kind, size_t count, struct loc loc,
			struct loc whole, struct loc other);

/* All that follows takes NULL for one that holds nothing. */
size_t unread_count(const struct unread *u);
/* But for what belongs to the inventory. */
size_t unread_count_policies(const struct unread *u);
/* Makes *out of what belongs to the inventory, or of all else; it shares the arena of `u`. */
void unread_select(const struct unread *u, bool inventory, struct unread *out);
/* The same, byte for byte? */
bool unread_same(const struct unread *a, const struct unread *b);
/* Does some of it depend on what nobody looked at? */
bool unread_has_unseen(const struct unread *u);
/* `27 policies are not read (CiliumNetworkPolicy 20, AdminNetworkPolicy 7); 1 workload is not read
 * (Deployment 1)`, and so on. */
void unread_put_text(const struct unread *u, struct buf *out);
/* `incomplete: `, that, and a newline; nothing if there are none. */
void unread_put_line(const struct unread *u, struct buf *out);
/* What is the matter with those of this kind: `policies are not read`. */
const char *unread_matter(const struct unread_kind *k);
/* [{"why", "kind", "apiVersion", "count", "inventory"?, "file", "line"}], the place being that of
 * the first. */
json_t *unread_json(const struct unread *u);
/* Makes that the member `incomplete` of an object, which has none if there are none. */
void unread_set_json(const struct unread *u, json_t *object);
