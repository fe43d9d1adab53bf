/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns in few automata. One for all of them takes one walk over a value; but two that look for
 * something anywhere in a text take as many states as the product of theirs, and so on, so those
 * that do not go together well are parted.
 */
#pragma once

#include "compiler/l7/dfa.h"
#include "compiler/l7/pattern.h"

enum { L7_NOT_HERE = UINT32_MAX };

/* What is not allowed: a pattern too large for an automaton, or one of which Unicode is asked too
 * often. */
struct l7_fault {
	const struct l7_pattern *pattern;
	const char *text;
};

struct l7_group {
	const struct dfa *dfa;
	const uint32_t *number; /* by pattern: its number in the automaton, or L7_NOT_HERE */
};

struct l7_groups {
	VEC(struct l7_group) list; /* together they have each pattern once */
};

/* False: there is a fault. The patterns are borrowed. */
bool l7_group(struct arena *arena, const struct l7_pattern *patterns, size_t n,
	      struct l7_groups *out, struct l7_fault *fault);
