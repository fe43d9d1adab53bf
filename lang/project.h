/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of a repository, `.polc.yaml`: what is read when nobody names anything, what is
 * left out, and what commands are told otherwise by options. It is read as data of somebody else:
 * what it names lies in its own directory. What a command makes of it is said in
 * runtime/cli/configuration.c.
 */
#pragma once

#include "lang/ast.h"
#include "lang/lang.h"

#define PROJECT_FILE ".polc.yaml"

struct project_names {
	VEC(struct ast_name) list;
};

struct project_level {
	struct ast_name check;
	const char *level; /* "error", "warning", "info" or "off" */
};

struct project_levels {
	VEC(struct project_level) list;
};

/* Names of files are as seen from the current directory; `s` of what was not given is NULL. */
struct project {
	const char *path;             /* of the file */
	const char *dir;              /* its directory, canonical */
	struct project_names include; /* files and directories */
	struct project_names exclude; /* patterns, relative to `dir` */
	struct project_names inventories;
	struct project_names pod_cidrs; /* each a prefix */
	struct ast_name ipblock;        /* "pods" or "external" */
	struct project_levels levels;
	struct ast_name baseline;
};

/* The nearest one from the current directory up to its repository's root, as seen from there; NULL:
 * there is none. */
const char *project_find(struct arena *a);
/* Reads the file; memory and messages are those of `l`. Returns 0, or -EINVAL after reporting. */
int project_read(struct lang *l, const char *path, struct project *out);
/* The same for a text in memory that would be the file `path`, in a directory that there is. */
int project_parse(struct lang *l, const char *path, const char *text, size_t n,
		  struct project *out);
