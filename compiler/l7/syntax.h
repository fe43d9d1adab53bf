/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions as trees: what they mean, and nothing of how they were written. The dialect
 * is that of RE2 (RE2's wiki, "Syntax"); compiler/regex.h says what of it is taken.
 */
#pragma once

#include "compiler/l7/charset.h"

enum l7_node_kind {
	L7_EMPTY,  /* the empty text */
	L7_CHARS,  /* one character of a set */
	L7_CAT,    /* one after the other */
	L7_ALT,    /* one of */
	L7_REPEAT, /* `of[0]`, min to max times */
	L7_ASSERT, /* the empty text, at a place like this */
};

enum l7_assert {
	L7_TEXT_BEGIN,
	L7_TEXT_END,
	L7_LINE_BEGIN,
	L7_LINE_END,
	L7_WORD_EDGE, /* between a letter, digit or _ of ASCII and anything else */
	L7_NO_WORD_EDGE,
};

enum { L7_MANY = UINT32_MAX };

struct l7_node {
	enum l7_node_kind kind;
	struct charset chars; /* CHARS; settled. Empty: nothing matches */
	enum l7_assert assert;
	uint32_t min, max;              /* REPEAT; max may be L7_MANY */
	VEC(const struct l7_node *) of; /* CAT, ALT: at least one */
};

/*
 * The tree of an expression that regex_compile() takes, in the arena. NULL: it is one of the few
 * whose meaning is not known here, and *fault says what there is too much of.
 */
const struct l7_node *l7_parse(struct arena *arena, const char *text, bool caseless,
			       const char **fault);
