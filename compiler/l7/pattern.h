/* SPDX-License-Identifier: Apache-2.0 */
/* What a value may have to be: an expression matches it, or it is a text. */
#pragma once

#include "compiler/l7.h"
#include "compiler/l7/syntax.h"

struct buf;

enum l7_form {
	L7_EXACT,
	L7_CASELESS, /* letters of ASCII in either case, as of a host */
	L7_REGEX,
	L7_CASELESS_REGEX,
};

struct l7_pattern {
	const char *prefix;  /* a text before it; NULL: none */
	const char *text;    /* an expression that regex_compile() takes, or the text itself */
	const char *or_text; /* no REGEX: or this one; NULL: none */
	enum l7_form form;
	const struct ir_l7_value *value; /* where it is written; NULL: it is implied */
};

/* Equal bytes: equal patterns. */
void l7_pattern_key(const struct l7_pattern *p, struct buf *out);
/* NULL: it has a fault; see l7_parse(). */
const struct l7_node *l7_pattern_tree(struct arena *arena, const struct l7_pattern *p,
				      const char **fault);
