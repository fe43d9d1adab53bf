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
struct touched;
enum lang_role;

/* What documents claim to be that are not read. */
struct rendered {
	size_t files, policies, endpoints, gitops;
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

/* A change that counts if there is what it is of among what the kustomization brings. */
struct kustomize_change {
	const char *what;             /* the field, "patch" or "patch of Deployment" */
	struct loc loc, whole, named; /* see unread_add_change() */
	bool unseen;                  /* see struct unread_kind */
	const char *path; /* of a source that lies beside the input; NULL: it does not */
	bool policies;    /* it is of policies, too */
	bool names;       /* it also counts for StatefulSets, whose pods are selected by name */
	bool opens;       /* `configurations`: something may be put into what policies say */
	bool goes_there;  /* that is of policies only where these are found below */
	const struct touched *touched; /* of workloads, Pods and Namespaces; NULL: nothing */
	const char *ns;                /* that everything is put into; NULL: it does not do that */
	bool counts;                   /* of a component, once it is settled */
};

/* What a kustomization brings that is no other host's. */
struct kustomize_local {
	const char *what, *name; /* the sort, and how it is named there */
	struct loc loc;
	bool component;
};

struct kustomization {
	const char *dir;
	bool there;        /* else a patch only says so itself */
	bool is_component; /* it changes what others bring */
	struct rendered patches;
	VEC(struct kustomize_change) changes;
	VEC(struct kustomize_change) sources; /* what it brings from elsewhere */
	VEC(struct kustomize_local) locals;
	bool applies; /* once it is settled: the changes count */
};

/* A file that a kustomization names as a patch. */
struct kustomize_patch {
	const char *path;
	VEC(size_t) owners; /* in `list`, one at least */
	const char *target; /* the kind that it is for; NULL: as it says itself */
	const char *object; /* the name that it is for; NULL: as it says itself */
	bool any;           /* it may be for any kind */
	bool several;       /* it is for others, too */
	bool inventory;     /* its policies do not count, nor do patches of these */
	bool counts;        /* also if nobody reads it: the kustomization is among what is named */
	bool read;
	struct loc loc;                       /* where it is named */
	VEC(struct kustomize_change) changes; /* of each owner, once it is settled */
};

struct kustomizations {
	struct arena *arena; /* borrowed */
	struct intern dirs;  /* as in `list` */
	VEC(struct kustomization) list;
	struct intern looked; /* canonical directories */
	struct intern above;  /* those of which only names of patches were looked for */
	struct intern files;  /* canonical paths of patches */
	VEC(struct kustomize_patch) named; /* of each */
};

void kustomizations_init(struct kustomizations *k, struct arena *arena);
/* The names that the file of a kustomization may have; NULL behind the last. */
const char *kustomization_file_name(size_t i);
/* Is this, by its name, a kustomization? */
bool kustomization_is_file(const char *path);
/* Notes what the kustomization of this directory, one of the input or of the inventory, changes, if
 * there is one. */
void kustomization_look(struct lang *l, const char *dir, enum lang_role role);
/* Notes only which files are patches: of the directory of `path`, unless that is a directory
 * itself, and of all above it in its repository. */
void kustomization_look_above(struct lang *l, const char *path, bool is_directory);
/* An open kustomization of this directory, without a word: -1 if there is none that may be read.
 * *path: its path. */
int kustomization_open(struct lang *l, const char *dir, const char **path);

struct yaml_node;

/* Shows the kustomization of this directory, in a world of its own, if it holds a document. False:
 * there is none that may be read. */
typedef void kustomization_fn(void *arg, const char *dir, const struct yaml_node *root);
bool kustomization_visit(struct lang *l, const char *dir, kustomization_fn *visit, void *arg);
/* Did a kustomization name the file of this canonical path? */
bool kustomization_names(const struct lang *l, const char *canonical);
/* Looks at a file that a kustomization names as a patch. */
void kustomization_read_patch(struct lang *l, uint32_t file, enum lang_role role);
/* One more patch, of the kustomization beside this file, that nobody named. */
void kustomization_add_patch(struct lang *l, uint32_t file, enum lang_role role, struct loc loc,
			     struct loc whole, const struct k8s_claimed *claimed);
/* After the last read: looks at one that was not met, as it lies elsewhere, or has a name that
 * nobody reads. */
void kustomization_seek_patch(struct lang *l, struct kustomize_patch *patch);
/* After the last read: counts what changes policies, or whom they
 * select, and is not applied, as not read. */
void kustomizations_settle(struct lang *l);
void kustomizations_tell(struct lang *l);

/* A world of its own with this text as its first source, as what is wrong there is not polc's to
 * say. */
void kustomize_world_init(struct lang *own, const struct lang *l, const char *name,
			  const char *text, size_t len);

struct yaml_node;
/* Does this name of a resource lead to another host, if there is no such file? */
bool kustomize_is_remote(const char *name);
/* The name that a patch with this target is for; KUSTOMIZE_ANY: it may be any. */
#define KUSTOMIZE_ANY ""
const char *kustomize_target_name(const struct yaml_node *target, struct arena *arena);
/* Notes whose number of replicas the field `replicas` of a kustomization sets. */
void kustomize_note_counts(struct lang *l, const struct yaml_node *root);
/* The same of a patch; `target`: as in kustomize_patch.object. */
void kustomize_note_patch(struct lang *l, const struct yaml_node *patch, const char *target);
void kustomize_note_patch_text(struct lang *l, const char *text, size_t len, const char *target);
/* What a kustomization changes of all that it brings, but for its patches. */
struct kustomize_changes {
	struct lang *l;  /* borrowed, as is its arena */
	const char *dir; /* of the kustomization */
	VEC(struct kustomize_change) list;
};

void kustomize_find_changes(struct kustomize_changes *c, const struct yaml_node *root);
/* Notes what the kustomization with this root, one of the input, brings that is in no file. */
void kustomize_add_sources(struct lang *l, struct kustomization *k, const struct yaml_node *root);
/* After the last read: notes what components change that lie beside all that was named. */
void kustomize_look_at_components(struct lang *l);
struct kustomize_reach;
/* After the last read: what of it lies beside all that was named, and may hold policies, is a
 * source, too. */
void kustomize_add_outside(struct kustomize_reach *r, struct kustomization *k);

/* What was found of the directories and files that kustomizations name. */
struct kustomize_reach {
	struct lang *l;      /* borrowed, as is its arena */
	struct intern paths; /* canonical */
	VEC(bool) found;     /* as in `paths`: a policy, or what nobody may look into */
	bool outside;        /* of the input: what these bring from elsewhere counts for them */
	bool names;          /* StatefulSets count, too */
};

void kustomize_reach_init(struct kustomize_reach *r, struct lang *l);
/* Are there policies among what the kustomization of this directory brings, or in this file? */
bool kustomize_reaches_policy(struct kustomize_reach *r, const char *path);
