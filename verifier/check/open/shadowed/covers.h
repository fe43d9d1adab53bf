/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may decide in a rule's place, and the terms that say when. Private to
 * verifier/check/open/shadowed/.
 */
#pragma once

#include "verifier/check/engine/checker.h"

/* Something that may decide in a rule's place: another rule, or the end of an earlier tier
 * that isolates its subjects. */
struct cover {
	const struct ir_rule *rule;
	const struct ir_tier *tier; /* whose end it is; NULL for a rule */
	bool equal;                 /* a rule of the same tier, rank and action */
	Z3_ast decides;
	Z3_ast literal; /* assumed: it does not decide */
};

struct covers {
	struct cover *v;
	size_t n, cap;
};

/* A rule, and by tier, up to its own, the rules that can meet its flows. */
struct rivals {
	const struct ir_rule *rule;
	struct rule_list *tiers;
};

void rivals_find(struct checker *c, const struct ir_rule *rule, struct rivals *out);
/* Would the other rule say the same in this one's place, logging included? A plain allow does in
 * the place of one that asks requests: with both, nobody asks. */
bool rivals_is_equal(const struct checker *c, const struct ir_rule *other,
		     const struct ir_rule *rule);

/* Another rule, which comes before the one at hand or is its equal. */
void covers_add_rule(struct checker *c, const struct rivals *rivals, const struct ir_rule *other,
		     bool equal, struct covers *out);
/* A tier's end decides for isolated subjects where no rule of the tier matches. */
void covers_add_tier_end(struct checker *c, const struct rivals *rivals, const struct ir_tier *tier,
			 struct covers *out);
/* Everybody who may decide before the rule. */
void covers_add_earlier(struct checker *c, const struct rivals *rivals, struct covers *out);
/* How many there are. */
size_t covers_add_equals(struct checker *c, const struct rivals *rivals, struct covers *out);
