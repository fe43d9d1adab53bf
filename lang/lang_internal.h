/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of this room share behind lang.h. */
#pragma once

#include "lang/lang.h"

/* Each parses one source that is already registered and within the size limits, and fills
 * `out->items`. Returns 0 or -EINVAL after reporting. */
int pol_parse(struct lang *l, struct ast_file *out);
int yaml_read(struct lang *l, struct ast_file *out, enum lang_role role);

/* Registers a text, in UTF-8 if it is UTF-16; returns its index. Limits are the caller's. */
uint32_t lang_add_source(struct lang *l, const char *name, const char *text, size_t len,
			 enum lang_syntax syntax);

/* Appends an item and counts it against the limit; -EINVAL (reported) beyond it. */
int lang_add_item(struct lang *l, struct ast_file *f, struct ast_item item);

/* The language of a text without a telling name; see lang_read_path(). */
enum lang_syntax lang_sniff(const char *text, size_t len);

/* The language that the ending of a name tells; false if it tells none. */
bool lang_syntax_of(const char *path, enum lang_syntax *out);

/* Reports that a file cannot be read, and returns -EINVAL. */
int lang_fail_io(struct lang *l, struct loc at, const char *path, const char *why);

/* Registers a text that may be any bytes, parses it and appends the file to `l->files`.
 * `at` is the import or LOC_NONE. *out is NULL if the text was refused unread. */
int lang_parse_text(struct lang *l, struct loc at, const char *name, const char *text, size_t len,
		    enum lang_syntax syntax, enum lang_role role, struct ast_file **out);
