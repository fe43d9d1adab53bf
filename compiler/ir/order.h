/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of decision: which of two rules has its say first. Tables, solver, checks and diff put
 * rules in order by this. The interpreter (eval.c) has words of its own for it, on purpose: it is
 * what all of them are held against, so it shares nothing with them.
 */
#pragma once

#include "compiler/ir.h"

/* Where something decides, from the first to the last: by tier, in a tier by rank, at one rank
 * deny before pass before allow. Who has one precedence decides together. */
struct ir_precedence {
	uint32_t tier; /* in whatever order of tiers the caller has; of a rule, its tier's id */
	bool end;      /* what the tier does where no rule of it matches: behind all its rules */
	uint32_t rank;
	enum ir_action action;
};

/* Negative if `a` decides before `b`, 0 if they have one precedence. */
int ir_precedence_cmp(const struct ir_precedence *a, const struct ir_precedence *b);

struct ir_precedence ir_rule_precedence(const struct ir_rule *rule);
/* Does `a` decide before `b` where both match? They are of one direction. */
bool ir_rule_before(const struct ir_rule *a, const struct ir_rule *b);
/* ir_precedence_cmp() for a qsort() of `const struct ir_rule *`; rules of one precedence are equal.
 */
int ir_rule_cmp(const void *a, const void *b);
