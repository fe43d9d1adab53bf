/* SPDX-License-Identifier: Apache-2.0 */
/* Fixes of single scalars, in the quotes that they have. */
#pragma once

#include "lang/yaml/decode.h"

/* What is to be written, and how a user is told so. */
struct yaml_fix {
	const char *text, *title;
	bool plain; /* without quotes */
	bool sure;  /* nobody can have meant anything else */
};

/* Hangs it on the item. `was` is the scalar at `loc` as it was read. Only where it is written just
 * so, in quotes or without, is the fix a safe one: not with an anchor, a tag, escapes, or in a
 * block. */
void yaml_add_fix(struct yaml_ctx *c, struct diag_item *item, struct loc loc, const char *was,
		  const struct yaml_fix *fix);
/* "write 'TEXT'" */
void yaml_fix_word(struct yaml_ctx *c, struct diag_item *item, struct loc loc, const char *was,
		   const char *text, bool sure);
/* Of an integer in quotes: "remove the quotes". */
void yaml_fix_quotes(struct yaml_ctx *c, struct diag_item *item, const struct yaml_node *n);
