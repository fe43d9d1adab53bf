/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several expressions as one nondeterministic automaton over the bytes of UTF-8 (Thompson's
 * construction). It is asked about valid UTF-8 only.
 *
 * Where no expression tells characters beyond ASCII from each other, such a character is its first
 * byte, and the bytes behind that change nothing: a tenth of the states.
 */
#pragma once

#include "compiler/l7/syntax.h"

enum nfa_kind {
	NFA_BYTES,  /* a byte of lo to hi */
	NFA_SPLIT,  /* nothing, and on to both */
	NFA_ASSERT, /* nothing, at a place like this */
	NFA_MATCH,  /* all of the text matches this expression */
	NFA_NEVER,  /* no text goes on from here */
};

struct nfa_node {
	enum nfa_kind kind;
	uint8_t lo, hi;
	enum l7_assert assert;
	uint32_t next[2];    /* SPLIT: both; BYTES, ASSERT: the first */
	uint32_t expression; /* MATCH: its number */
};

struct nfa {
	VEC(struct nfa_node) nodes;
	VEC(uint32_t) starts;  /* by expression */
	bool whole_characters; /* bytes behind the first of a character do not count */
	bool asserts;
};

/* Adds one more expression, whose number is that of those before. False: the automaton would be too
 * large, and is of no more use. `whole_characters` has to be what all of them together allow. */
bool nfa_add(struct arena *arena, struct nfa *nfa, const struct l7_node *tree);
/* May whole_characters be set for it? */
bool nfa_takes_whole_characters(const struct l7_node *tree);
