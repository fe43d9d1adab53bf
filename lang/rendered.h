/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is rendered before it is applied: the templates of Helm charts and the patches of kustomize.
 * They are no objects, so nothing is read of them; each chart and each kustomization has one note,
 * which says what is missed and how to render it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/intern.h"
#include "lang/base/source.h"

struct k8s_claimed;
struct lang;
enum lang_role;

/* What documents claim to be that are not read. */
struct rendered {
	size_t files, policies, endpoints;
	struct loc first; /* the first of them, a policy if there is one */
};

/* --- Helm ------------------------------------------------------------------------------------ */

/* A chart, with all that are inside of it. */
struct chart {
	const char *dir;
	struct rendered templates;
};

bool chart_is_at(struct arena *a, const char *dir);
/* Are these the templates of a chart? *chart: its directory. */
bool chart_templates(struct arena *a, const char *dir, const char **chart);
/* Looks at a template of `l->chart`: its policies are counted as not read, unless it is inventory.
 */
void chart_read(struct lang *l, uint32_t file, enum lang_role role);
void chart_tell(struct lang *l, const struct chart *chart);

/* --- kustomize ------------------------------------------------------------------------------- */

struct kustomization {
	const char *dir;
	bool there; /* else a patch only says so itself */
	struct rendered patches;
};

/* A file that a kustomization names as a patch. */
struct kustomize_patch {
	size_t owner;       /* in `list` */
	const char *target; /* the kind that it is for; NULL: as it says itself */
};

struct kustomizations {
	struct arena *arena; /* borrowed */
	struct intern dirs;  /* as in `list` */
	VEC(struct kustomization) list;
	struct intern files;               /* canonical paths of patches */
	VEC(struct kustomize_patch) named; /* of each */
};

void kustomizations_init(struct kustomizations *k, struct arena *arena);
/* Is this, by its name, a kustomization? */
bool kustomization_is_file(const char *path);
/* Notes the patches that the kustomization of this directory names, if it has one. */
void kustomization_look(struct lang *l, const char *dir);
/* Did a kustomization name the file of this canonical path? */
bool kustomization_names(const struct lang *l, const char *canonical);
/* Looks at a file that a kustomization names as a patch. */
void kustomization_read_patch(struct lang *l, uint32_t file);
/* One more patch, of the kustomization beside this file, that nobody named. */
void kustomization_add_patch(struct lang *l, uint32_t file, struct loc loc,
			     const struct k8s_claimed *claimed);
void kustomizations_tell(struct lang *l);
