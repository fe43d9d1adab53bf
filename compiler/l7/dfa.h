/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several expressions as one deterministic automaton: one step a byte tells which of them a text
 * matches as a whole. The automaton stands for valid UTF-8 only.
 */
#pragma once

#include "compiler/l7/nfa.h"

enum { DFA_DEAD = 0 }; /* the state that nothing leads out of */

struct dfa {
	uint8_t classes[256]; /* of a byte */
	uint32_t n_classes;
	bool whole_characters; /* as in the NFA */
	uint32_t n_states, start;
	uint32_t *next;    /* n_states * n_classes; the dead state is first */
	uint32_t *accepts; /* by state: which of the sets */
	/* Expressions that match, each set sorted, the empty one first. */
	VEC(struct dfa_accept) sets;
};

struct dfa_accept {
	const uint32_t *expressions;
	size_t n;
};

struct dfa_limits {
	uint32_t states; /* that the automaton may have before it is made small */
	uint64_t steps;  /* of nodes that are looked at: a step takes nanoseconds */
};

/* The smallest automaton of these expressions, n of them, in the arena; NULL: it would go beyond
 * the limits. The steps that it took are taken from those that there are. */
const struct dfa *dfa_build(struct arena *arena, const struct l7_node *const *trees, size_t n,
			    struct dfa_limits *limits);

bool dfa_accept_has(const struct dfa_accept *accept, uint32_t expression);
/* The set of the expressions that n bytes match: none, if they are no UTF-8. */
const struct dfa_accept *dfa_match(const struct dfa *dfa, const char *text, size_t n);
