/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by which a controller applies what lies in a repository: Kustomizations of Flux,
 * Applications and ApplicationSets of Argo CD. What they change on the way, and what they bring
 * that is not among the input, is carried out by nobody here: it is counted, and told.
 */
#pragma once

#include <stdbool.h>

#include "lang/ast.h"
#include "lang/base/arena.h"
#include "lang/base/intern.h"
#include "lang/base/source.h"

struct lang;
struct touched;
struct yaml_node;

/* Whom a change is for, among what the path brings: it counts if there is one. */
enum gitops_affects {
	GITOPS_ALWAYS,     /* whatever it brings */
	GITOPS_TOUCHED,    /* it is told whatever it brings: patches of workloads */
	GITOPS_EVERY,      /* policies, workloads and namespaces */
	GITOPS_NAMES,      /* policies and StatefulSets, whose pods are selected by name */
	GITOPS_OTHERS,     /* those in another namespace */
	GITOPS_HOMELESS,   /* those that say none, if they get another one than `default` */
	GITOPS_OWN_LABELS, /* those whose own labels choose pods: Namespaces and Pods */
	GITOPS_NAMESPACES, /* Namespaces, or that of this name */
	GITOPS_OBJECTS,    /* GitOps objects of this kind */
	GITOPS_MANAGED, /* not what it brings: the namespace itself, unless it has the labels; NULL
			 * is any, and without labels they are not known */
};

struct gitops_change {
	const char *what; /* `namespace` or `patch of NetworkPolicy` */
	struct loc loc;
	enum gitops_affects affects;
	const char *ns; /* of OTHERS and HOMELESS: the one that they get; NAMESPACES: NULL is any;
			 * OBJECTS: their kind */
	VEC(struct ast_label) labels;  /* of MANAGED */
	const struct touched *touched; /* by TOUCHED */
	bool unseen;                   /* see struct unread_kind */
	bool applies, counts;          /* once it is settled: it is told, and counted */
};

/* One path of a repository. */
struct gitops_source {
	const char *path; /* without "./", up to a placeholder; "" is all of the repository */
	const char *text; /* as it is written, fit to be shown */
	const char *url;  /* of its repository; NULL: not said */
	const char *name; /* of what says the URL; NULL: the object itself */
	const char *key;  /* of that, among `origins`, and the same without its namespace */
	const char *bare_key;
	bool own;      /* it is said to be the one that the object stands in */
	bool artifact; /* it is made of a repository, or of something else */
	bool flat;     /* what lies further below is not brought */
	bool made;     /* a program makes objects of it */
	struct loc loc, whole;
	VEC(struct gitops_change) changes;
	const char *what;    /* once it is settled: what is not read, `path`; NULL: all is */
	const char *outside; /* where that lies beside the input; NULL: it does not */
	bool other;          /* it is known to be another repository */
	bool unseen;
};

struct gitops_object {
	const char *kind, *api; /* of its reader */
	const char *ns, *name;  /* fit to be shown */
	uint32_t file;
	VEC(struct gitops_source) sources;
	VEC(struct gitops_change) changes; /* of all that the sources bring */
};

struct gitops {
	VEC(struct gitops_object) list;
	struct intern origins;  /* "GitRepository ns/name": what says where sources are */
	VEC(const char *) urls; /* of each; NULL: that is not clear */
	VEC(const char *) own;  /* URLs that Flux has of the repository that it stands in */
};

/* Is it a kind of which gitops_note() takes something? */
bool gitops_notes(const char *kind, const char *api);
/* Notes an object of the input, if it is one of these. */
void gitops_note(struct lang *l, uint32_t file, const struct yaml_node *object, const char *kind,
		 const char *api);
/* After the last read: counts what is not read and what is not applied. */
void gitops_settle(struct lang *l);
void gitops_tell(struct lang *l);

/* The kind, which lives on, if it is one of these; `api` is NULL where only the kind is said. */
const char *gitops_kind(const char *kind, const char *api);
/* Counts a document of a template, if it is one of these and may bring more than charts; returns
 * its kind, or NULL. */
const char *gitops_note_template(struct lang *l, const char *text, size_t len, struct loc loc,
				 struct loc whole);
/* The kind that a patch is of, if it has to do with what such an object brings or changes; else
 * NULL. `target`: the kind that the patch is for; NULL: as it says itself. `own` is a world that
 * takes what is noted on the way. */
const char *gitops_patched(struct lang *own, const struct yaml_node *patch, const char *target);
const char *gitops_patched_text(const struct lang *l, const char *text, size_t len,
				const char *target);

/* What a directory's kustomization names, read once for all that bring the directory. */
struct gitops_dir {
	bool kustomized;
	const char *ns;          /* that it puts everything into; NULL: none */
	bool partly;             /* it names what is not there */
	VEC(const char *) named; /* canonical */
};

struct gitops_dirs {
	struct lang *l; /* borrowed, as is its arena */
	struct intern names;
	VEC(struct gitops_dir *) list; /* by the number of the name */
	size_t reaches;                /* that there were so far */
};

void gitops_dirs_init(struct gitops_dirs *d, struct lang *l);

/* The namespace of an item, or its name if it is one; NULL: it is in none. */
const struct ast_name *gitops_home_of(const struct ast_item *item);

/* A file of Kubernetes that was read of the input, or of the inventory, too. */
struct gitops_file {
	const char *real; /* canonical */
	const struct ast_file *ast;
	VEC(const char *) kinds; /* of the GitOps objects in it */
	size_t reached[2];       /* by which, last: in a namespace that is set for it, or not */
};

struct gitops_files {
	VEC(struct gitops_file) list; /* by path */
};

void gitops_files_init(struct gitops_files *files, struct lang *l, bool inventory);
/* NULL: none was read there. */
struct gitops_file *gitops_file_at(struct gitops_files *files, const char *real);
/* Those that lie below a directory are together: the first, and in *end what follows the last. */
size_t gitops_files_below(const struct gitops_files *files, const char *dir, struct arena *a,
			  size_t *end);

struct gitops_reached {
	const struct gitops_file *file;
	bool housed; /* a kustomization on the way sets the namespace */
};

/* What a directory brings of the input: that its kustomization names, or else all below it. */
struct gitops_reach {
	struct gitops_dirs *dirs;   /* borrowed */
	struct gitops_files *files; /* borrowed */
	struct arena arena;
	struct intern seen[2]; /* canonical; housed or not */
	size_t number;         /* of its own */
	bool flat;             /* without what lies further below */
	const char *ns; /* that the outermost kustomization puts everything into; NULL: none */
	bool partly;    /* it brings what was not read */
	bool cut;       /* of these, more than is looked into */
	VEC(struct gitops_reached) list;
};

void gitops_reach_init(struct gitops_reach *r, struct gitops_dirs *dirs, struct gitops_files *files,
		       const char *dir, bool flat);
void gitops_reach_fini(struct gitops_reach *r);
