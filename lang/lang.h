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
#include "lang/base/source.h"
#include "lang/base/unread.h"

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

/* The annotation `polc.dev/ignore` of an object, a policy or not. */
struct lang_ignore {
	struct loc loc, object; /* of the annotation's value; from begin to end */
	const char *text;
};

struct lang_ignores {
	VEC(struct lang_ignore) list; /* in the order of reading; objects do not overlap */
};

struct lang {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct lang_limits limits;
	enum lang_ipblock ipblock;
	/* Where pods have their addresses: of Nodes that were read, and what the caller adds. */
	VEC(struct net_prefix) pod_prefixes;
	/* While a directory is read: what is broken in it and claims to be no policy is no error.
	 */
	bool lenient;
	size_t unreadable;                 /* documents that were skipped so */
	struct diag_item *unreadable_item; /* that says how many */
	const char *unreadable_why;        /* the first */
	bool may_be_empty; /* an input without anything in it is the empty set of policies */
	bool no_imports;   /* keep import statements, read nothing for them */
	VEC(struct ast_file *) files;
	struct intern seen_input, seen_inventory; /* canonical paths already read */
	struct intern skipped;                    /* kinds that have had their note */
	struct unread unread;                     /* policies of the input that are not read */
	struct lang_ignores ignores;
	bool stdin_read;
	size_t total_bytes, items;
};

/* Limits start at generous defaults; change them before the first read. */
void lang_init(struct lang *l);
void lang_fini(struct lang *l);

/* Pods have their addresses here, too. */
void lang_add_pod_prefix(struct lang *l, const struct net_prefix *prefix);

/*
 * Reads a file, every .pol/.yaml/.yml/.json below a directory (in sorted order, hidden
 * entries and symbolic links to directories left alone), or "-" for standard input, and what
 * these import. A file that was read before is not read again.
 *
 * The name's ending tells the language. Without one (standard input, a pipe) the first
 * significant text does: `{`, `[`, `---`, `- `, `%` or a `key:` begins YAML, else it is .pol.
 *
 * Returns 0, or -EINVAL after at least one error went to the diagnostics. It goes on after
 * an error, so that one run reports all of them; whatever did parse is in `files`.
 */
int lang_read_path(struct lang *l, const char *path, enum lang_role role);

enum lang_syntax { LANG_POL, LANG_YAML };

/* The same for a text in memory; imports are an error here. `text` may be any bytes. */
int lang_read_text(struct lang *l, const char *name, const char *text, size_t len,
		   enum lang_syntax syntax, enum lang_role role);
