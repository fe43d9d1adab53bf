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
struct yaml_node;

/* Whom a change is for, among what the path brings: it counts if there is one. */
enum gitops_affects {
	GITOPS_ALWAYS,     /* whatever it brings */
	GITOPS_NEVER,      /* it is told, and does not count: patches of workloads */
	GITOPS_EVERY,      /* policies, workloads and namespaces */
	GITOPS_NAMES,      /* policies and StatefulSets, whose pods are selected by name */
	GITOPS_OTHERS,     /* those in another namespace */
	GITOPS_HOMELESS,   /* those in none, if that is another one than `default` */
	GITOPS_OWN_LABELS, /* those whose own labels choose pods: Namespaces and Pods */
	GITOPS_NAMESPACES, /* Namespaces, or that of this name */
	GITOPS_MANAGED,    /* not what it brings: the namespace itself, unless it has the labels */
};

struct gitops_change {
	const char *what; /* `namespace` or `patch of NetworkPolicy` */
	struct loc loc;
	enum gitops_affects affects;
	const char *ns; /* of OTHERS and HOMELESS: the one that they get; NAMESPACES: NULL is any */
	VEC(struct ast_label) labels; /* of MANAGED */
	bool unseen;                  /* see struct unread_kind */
	bool applies;                 /* once it is settled */
};

/* One path of a repository. */
struct gitops_source {
	const char *path;       /* without "./", up to a placeholder; "" is all of the repository */
	const char *text;       /* as it is written, fit to be shown */
	const char *repository; /* the last part of its name; NULL: not said */
	bool own;               /* it is said to be the one that the object stands in */
	bool flat;              /* what lies further below is not brought */
	bool made;              /* a program makes objects of it */
	struct loc loc, whole;
	VEC(struct gitops_change) changes;
	const char *what;    /* once it is settled: what is not read, `path`; NULL: all is */
	const char *outside; /* where that lies beside the input; NULL: it does not */
	bool unseen;
};

struct gitops_object {
	const char *kind, *api; /* of its reader */
	const char *ns, *name;  /* fit to be shown */
	uint32_t file;
	VEC(struct gitops_source) sources;
	VEC(struct gitops_change) changes; /* whatever it brings */
};

struct gitops {
	VEC(struct gitops_object) list;
};

/* Notes an object of the input, if it is one of these. */
void gitops_note(struct lang *l, uint32_t file, const struct yaml_node *object, const char *kind,
		 const char *api);
/* After the last read: counts what is not read and what is not applied. */
void gitops_settle(struct lang *l);
void gitops_tell(struct lang *l);

/* What a directory's kustomization names, read once for all that bring the directory. */
struct gitops_dir {
	bool kustomized;
	const char *ns;          /* that it puts everything into; NULL: none */
	VEC(const char *) named; /* canonical */
};

struct gitops_dirs {
	struct lang *l; /* borrowed, as is its arena */
	struct intern names;
	VEC(struct gitops_dir *) list; /* by the number of the name */
};

void gitops_dirs_init(struct gitops_dirs *d, struct lang *l);

/* What a directory brings: that its kustomization names, or else all below it. */
struct gitops_reach {
	struct gitops_dirs *dirs; /* borrowed */
	struct arena arena;
	struct intern files, trees, seen; /* canonical */
	bool flat;                        /* trees are without what lies further below */
	const char *ns; /* that the kustomization puts everything into; NULL: none */
};

void gitops_reach_init(struct gitops_reach *r, struct gitops_dirs *dirs, const char *dir,
		       bool flat);
void gitops_reach_fini(struct gitops_reach *r);
bool gitops_reaches(struct gitops_reach *r, const char *canonical);
