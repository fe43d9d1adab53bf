/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of this room share behind lang.h. */
#pragma once

#include "lang/lang.h"

/* Each parses one source that is already registered and within the size limits, and fills
 * `out->items`. Returns 0 or -EINVAL after reporting. */
int pol_parse(struct lang *l, struct ast_file *out);
int yaml_read(struct lang *l, struct ast_file *out, enum lang_role role);

/* Appends an item and counts it against the limit; -EINVAL (reported) beyond it. */
int lang_add_item(struct lang *l, struct ast_file *f, struct ast_item item);
