/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: files, directories and standard input become syntax trees. The front door of
 * this room; everything behind it (the .pol grammar, the YAML readers) is private to it.
 */
#pragma once

#include "lang/ast.h"
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/intern.h"
#include "lang/base/skipped.h"
#include "lang/base/source.h"
#include "lang/base/unread.h"
#include "lang/beside.h"
#include "lang/gitops/gitops.h"
#include "lang/ignore.h"
#include "lang/rendered.h"

/* What a hostile input may cost. Each has its own message when it is met. */
struct lang_limits {
	size_t file_bytes;  /* of one file */
	size_t total_bytes; /* of all files together */
	unsigned depth;     /* of nested YAML or .pol blocks */
	size_t yaml_nodes;  /* of one file, aliases expanded */
	size_t items;       /* policies, endpoints, ... of all files together */
	unsigned import_depth;
};

enum lang_role {
	LANG_INPUT,     /* policies and inventory */
	LANG_INVENTORY, /* -i: endpoints and namespaces; policies are skipped with a note */
};

/* Kubernetes ipBlock matches pods by address, or only what is outside the cluster. */
enum lang_ipblock { LANG_IPBLOCK_PODS, LANG_IPBLOCK_EXTERNAL };

/* What one pattern left out. A directory counts as one, whatever lies in it. */
struct lang_left_out {
	const struct ignore_pattern *pattern;
	size_t files, directories;
};

/* The annotation `polc.dev/ignore` of an object, a policy or not. */
struct lang_ignore {
	struct loc loc, object; /* of the annotation's value; from begin to end */
	const char *text;
};

struct lang_ignores {
	VEC(struct lang_ignore) list; /* in the order of reading; objects do not overlap */
};

/* Texts that count in place of those of files, whose names are as they are read. */
struct lang_edit {
	const char *path, *text;
	size_t len;
};

struct lang_edits {
	VEC(struct lang_edit) list;
};

struct lang {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct lang_limits limits;
	enum lang_ipblock ipblock;
	/* Where pods have their addresses: of Nodes that were read, and what the caller adds. */
	VEC(struct net_prefix) pod_prefixes;
	VEC(struct ast_node) nodes; /* that have addresses; a later one of a name counts */
	/* While a directory is read: what is wrong in a workload is a warning. */
	bool lenient;
	bool list_skipped; /* one by one */
	bool tells_each;   /* of each place what is else told once; see diag_item.alike */
	const struct lang_edits *edits; /* borrowed; NULL: none */
	bool may_be_empty; /* an input without anything in it is the empty set of policies */
	bool no_imports;   /* keep import statements, read nothing for them */
	const struct ignore_list *excluded; /* see lang_exclude() */
	const char *repository;  /* canonical: where `.git` would be, if it is not; NULL: it is */
	VEC(const char *) roots; /* see lang_add_root() */
	VEC(const char *) named; /* canonical: files and directories of the input */
	VEC(struct lang_left_out) left_out; /* of the directories that were read */
	struct intern left_out_ids;
	VEC(struct ast_file *) files;
	struct intern seen_input, seen_inventory; /* canonical paths already read */
	struct intern generated; /* "Job shop/mig-_generated": objects that have no name yet */
	VEC(int) n_generated;    /* as in `generated` */
	struct intern told;      /* messages that are given once */
	VEC(int) times_told;     /* as in `told` */
	struct skipped skipped;
	struct kustomizations kustomizations;
	struct gitops gitops; /* of the input */
	struct chart *chart;  /* whose templates are being read; borrowed */
	struct unread unread; /* policies of the input, and the inventory, that are not read */
	struct lang_ignores ignores;
	struct beside beside;
	bool stdin_read;
	size_t total_bytes, items;
	struct work *work; /* borrowed; NULL: nobody watches */
};

/* Limits start at generous defaults; change them before the first read. */
void lang_init(struct lang *l);
void lang_fini(struct lang *l);

/* Pods have their addresses here, too. */
void lang_add_pod_prefix(struct lang *l, const struct net_prefix *prefix);

/* Leaves out of every directory what the pattern matches, as a line of a .gitignore in the
 * canonical directory `base` would, but before any of these. A later one decides before an earlier
 * one. `origin` and `line` say where it stands, as in struct ignore_pattern. */
void lang_exclude(struct lang *l, const char *base, const char *pattern, const char *origin,
		  unsigned line);

/* What is named on the command line, a file or a directory: imports and symbolic links of any file
 * lead as far as below the repository that it lies in, or its directory where there is none.
 * lang_read_path() adds what it reads; what is read later is told before the first. */
void lang_add_root(struct lang *l, const char *path);

/*
 * Reads a file, every .pol/.yaml/.yml/.json below a directory (in sorted order, hidden
 * entries and symbolic links to directories left alone), or "-" for standard input, and what
 * these import. A file that was read before is not read again. What lang_exclude(), `.polcignore`,
 * `.gitignore` and `.git/info/exclude` say is left out of a directory.
 *
 * The name's ending tells the language. Without one (standard input, a pipe) the first
 * significant text does: `{`, `[`, `---`, `- `, `%` or a `key:` begins YAML, else it is .pol.
 *
 * A YAML document that cannot be read and does not claim to be a policy or an endpoint is skipped.
 *
 * Returns 0, or -EINVAL after at least one error went to the diagnostics. It goes on after
 * an error, so that one run reports all of them; whatever did parse is in `files`.
 */
int lang_read_path(struct lang *l, const char *path, enum lang_role role);

/* Is it a name that is read in a directory? */
bool lang_knows_ending(const char *path);

/*
 * After the last read, once: says what was skipped. If nothing else was read of the input, or of
 * the inventory, what was named and could not be read is an error after all.
 * Returns 0, or -EINVAL after an error went to the diagnostics.
 */
int lang_finish(struct lang *l);

enum lang_syntax {
	LANG_POL,
	LANG_YAML,
	/* What is rendered before it is applied: what it claims is counted, and nothing is read. */
	LANG_TEMPLATE,
	LANG_PATCH,
};

/* The same for a text in memory; imports are an error here. `text` may be any bytes. */
int lang_read_text(struct lang *l, const char *name, const char *text, size_t len,
		   enum lang_syntax syntax, enum lang_role role);
