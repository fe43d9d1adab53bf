/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a patch, or another change that is not carried out, touches of workloads, Pods and
 * Namespaces: what it says of an image or of memory decides no verdict.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lang/ast.h"
#include "lang/base/arena.h"

struct lang;
struct selecting;
struct yaml_node;

struct touched_names {
	bool all;
	VEC(const char *) list;
};

struct touched {
	struct arena *arena;        /* borrowed */
	const char *kind;           /* of the objects; NULL: any */
	bool all;                   /* whatever there is, or nobody knows what */
	struct touched_names own;   /* keys of labels: of Namespaces and Pods */
	struct touched_names pods;  /* of the pods of templates */
	struct touched_names ports; /* names of them */
	bool host;                  /* the host's network, or the node */
	bool name, moves;           /* it gets another name or namespace */
	const char *ns;             /* MOVES: that one; NULL: nobody knows */
};

#define TOUCHED_ANY ""
/* `kind` is copied; NULL and TOUCHED_ANY: of any. */
struct touched *touched_new(struct arena *arena, const char *kind);
/* A strategic merge, or operations of a JSON patch. */
void touched_by_patch(struct touched *t, const struct yaml_node *patch);
/* The same, once for each document; where `kind` is NULL it is for whom the text says. What cannot
 * be read touches all. `l` says the limits only. */
struct touched *touched_by_text(const struct lang *l, struct arena *arena, const char *text,
				size_t len, const char *kind);
/* `spec.template.metadata.labels.tier`, as replacements of kustomize write it. */
void touched_by_field(struct touched *t, const char *field);
/* The keys of a map of labels: of objects themselves, and of templates. */
void touched_by_labels(struct touched *t, const struct yaml_node *labels, bool templates);

bool touched_something(const struct touched *t);
/* May it change a verdict about this item, or make it another one's? */
bool touched_counts(const struct touched *t, const struct selecting *by,
		    const struct ast_item *item);
