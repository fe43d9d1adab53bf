/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table-driven decoding: an API type is a table of its fields, each with the function that
 * reads its value. Every reader of this folder is made of such tables; type checks, required
 * and unknown fields, and `null` are handled here, once for all APIs.
 */
#pragma once

#include "lang/ast.h"
#include "lang/lang.h"
#include "lang/yaml/node.h"

struct yaml_ctx {
	struct lang *l;
	struct ast_file *file;
	enum lang_role role;
	struct arena *scratch; /* of the document; the AST copies what it keeps */
	const char *kind;      /* of the object being read, as in "Pod" */
	bool may_patch;        /* the file has the word "$patch" */
	const char *within;    /* the command that renders what a template begins above; NULL */
	bool strict;           /* unknown fields are errors: a typo in a policy is a hole */
	const char *field;     /* the field being read */
};

/* Reads one value, which is not null, into *out. Returns 0 or -EINVAL after reporting. */
typedef int yaml_reader(struct yaml_ctx *c, const struct yaml_node *n, void *out);

enum yaml_field_flags {
	YF_REQUIRED = 1 << 0,
	YF_EACH = 1 << 1, /* a list: `read` is called for each item */
};

struct yaml_object;

struct yaml_field {
	const char *name;
	yaml_reader *read;                /* NULL and no object: known, not needed */
	const struct yaml_object *object; /* instead of `read`: a nested object */
	size_t at;                        /* offset of the value in the parent's *out */
	unsigned flags;
	const char *if_null; /* a warning: how Kubernetes reads the field without a value */
};

struct yaml_object {
	const char *what;                /* "a NetworkPolicy rule", in messages */
	const struct yaml_field *fields; /* ends with a NULL name */
};

/* A warning about a field that is null; `reading`: how Kubernetes reads it. */
void yaml_tell_null(struct yaml_ctx *c, const struct yaml_node *n, const char *field,
		    const char *reading);
/* Reads an object field by field and goes on after errors. */
int yaml_decode(struct yaml_ctx *c, const struct yaml_node *n, const struct yaml_object *o,
		void *out);
/* Calls `read` with each item of a list and the same `out`. */
int yaml_each(struct yaml_ctx *c, const struct yaml_node *n, yaml_reader *read, void *out);
/* The same of objects, of which `null` is the one without fields: a warning, `if_null`. */
int yaml_each_object(struct yaml_ctx *c, const struct yaml_node *n, yaml_reader *read, void *out,
		     const char *if_null);

/* "'port' must be a number or a string, not a list", with a fix where one exists. */
int yaml_wrong_type(struct yaml_ctx *c, const struct yaml_node *n, const char *want);
/* The first character of a node. */
struct loc yaml_start(const struct yaml_node *n);
/* The text of a string node; NULL (reported) for any other. Lives as long as the scratch. */
const char *yaml_text(struct yaml_ctx *c, const struct yaml_node *n);

/* Field readers; *out is what the name says. */
int yaml_read_name(struct yaml_ctx *c, const struct yaml_node *n, void *out); /* ast_name */
int yaml_read_bool(struct yaml_ctx *c, const struct yaml_node *n, void *out); /* bool */
int yaml_read_node(struct yaml_ctx *c, const struct yaml_node *n, void *out); /* yaml_node * */

/* The string as a name in the AST's arena. */
struct ast_name yaml_keep(struct yaml_ctx *c, struct loc loc, const char *text);

/* A message is given once, not for each object: `what` the first time that it is asked for, to be
 * the message's `alike`, and NULL from then on. With lang.tells_each, also the next times. */
const char *yaml_tell_once(struct yaml_ctx *c, const char *what);
/* A plain `y` or `n` that can only mean the letter: other programs write and read it as one. */
void yaml_tell_letter(struct yaml_ctx *c, struct loc loc, const char *text);
