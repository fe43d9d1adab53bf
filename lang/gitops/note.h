/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of GitOps objects share. Nodes may be NULL, which is a field that is not there.
 */
#pragma once

#include "lang/gitops/gitops.h"
#include "lang/lang.h"
#include "lang/yaml/node.h"

/* An object while it is looked at. */
struct noting {
	struct lang *l;
	struct gitops_object *out;
	struct gitops_source source; /* being made */
	struct intern dirs;          /* paths that `{{path}}` stands for; none: not known */
	bool makes_namespace;        /* what patches it may say so, if it does not */
	bool patched;                /* it is only a patch of one; no patches in it are followed */
};

static inline const struct yaml_node *gitops_get(const struct yaml_node *n, const char *key)
{
	return n ? yaml_get(n, key) : NULL;
}

/* NULL: not written, or no text. */
const char *gitops_text(const struct yaml_node *n, const char *key);
bool gitops_is_true(const struct yaml_node *n);

/* One more change of the source that is being made; returns it, until the next one. */
struct gitops_change *gitops_add_change(struct noting *g, const char *what,
					const struct yaml_node *at, enum gitops_affects affects);
void gitops_add_namespace(struct noting *g, const char *what, const struct yaml_node *n,
			  enum gitops_affects affects);
void gitops_add_labels(struct noting *g, const char *what, const struct yaml_node *n,
		       enum gitops_affects affects);
/* One of the object: the labels of a namespace that its controller keeps. */
void gitops_add_managed_labels(struct noting *g, const char *what, const struct yaml_node *n,
			       const char *ns);
/* What both have of kustomize: patches, names, components. */
void gitops_add_kustomize(struct noting *g, const struct yaml_node *n);

/* The part of a path that nothing else fills in; it ends with a directory. */
size_t gitops_filled_in_at(const char *path);
/* That part, without what leads nowhere. */
const char *gitops_plain_path(struct arena *a, const char *path);
void gitops_begin_source(struct noting *g, const struct yaml_node *whole);
void gitops_end_source(struct noting *g);

void gitops_note_flux(struct noting *g, const struct yaml_node *spec);
/* Is it what a `sourceRef` may name? */
bool flux_is_source(const char *kind);
void flux_note_source(struct lang *l, const struct yaml_node *object, const char *kind);
void gitops_note_argo(struct noting *g, const struct yaml_node *spec);
void gitops_note_argo_set(struct noting *g, const struct yaml_node *spec);
