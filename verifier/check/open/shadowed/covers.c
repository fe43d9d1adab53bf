/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/open/shadowed/covers.h"

#include <string.h>

#include "compiler/ir/order.h"
#include "lang/base/buf.h"
#include "verifier/check/engine/overlap.h"

static struct cover *add_cover(struct checker *c, struct covers *out, struct cover cover)
{
	const char *name = cover.rule ? arena_printf(c->arena, "rule.%u", cover.rule->id)
				      : arena_printf(c->arena, "tier.%u", cover.tier->id);

	cover.literal = smt_bool(checker_smt(c), name);
	vec_push(c->arena, out, cover);
	return &out->v[out->n - 1];
}

void rivals_find(struct checker *c, const struct ir_rule *rule, struct rivals *out)
{
	uint32_t n = rule->policy->tier->id + 1;

	*out = (struct rivals){.rule = rule, .tiers = arena_array(c->arena, struct rule_list, n)};
	for (uint32_t i = 0; i < n; i++) {
		struct rule_list all = {0};

		rule_index_meeting(&c->index, c->ir->tiers.v[i], rule, c->arena, &all);
		vec_each (const struct ir_rule *, other, &all)
			if (c->states[(*other)->id] != RULE_EMPTY)
				vec_push(c->arena, &out->tiers[i], *other);
	}
}

static struct rule_list *own_tier(const struct rivals *rivals)
{
	return &rivals->tiers[rivals->rule->policy->tier->id];
}

/* A rule of an earlier tier decides where it matches and no pass rule before it does. */
static Z3_ast decides_in_tier(struct checker *c, const struct ir_rule *rule,
			      const struct rule_list *tier)
{
	struct terms all = {0};

	vec_push(c->arena, &all, encode_rule(checker_encoding(c), rule));
	vec_each (const struct ir_rule *, other, tier) {
		if ((*other)->action == IR_PASS && ir_rule_before(*other, rule))
			vec_push(c->arena, &all,
				 smt_not(checker_smt(c), encode_rule(checker_encoding(c), *other)));
	}
	return smt_and(checker_smt(c), &all);
}

void covers_add_rule(struct checker *c, const struct rivals *rivals, const struct ir_rule *other,
		     bool equal, struct covers *out)
{
	bool own = other->policy->tier == rivals->rule->policy->tier;
	Z3_ast decides = own ? encode_rule(checker_encoding(c), other)
			     : decides_in_tier(c, other, &rivals->tiers[other->policy->tier->id]);

	add_cover(c, out, (struct cover){.rule = other, .equal = equal, .decides = decides});
}

void covers_add_tier_end(struct checker *c, const struct rivals *rivals, const struct ir_tier *tier,
			 struct covers *out)
{
	struct terms governed = {0}, all = {0};
	const struct ir_rule *rule = rivals->rule;

	vec_each (struct ir_policy *, policy, &tier->policies) {
		if ((*policy)->governs[rule->dir] && overlap_subjects(*policy, rule->policy))
			vec_push(c->arena, &governed,
				 encode_isolates(checker_encoding(c), *policy, rule->dir,
						 SMT_SUBJECT));
	}
	if (tier->end != IR_DENY || !governed.n)
		return;
	vec_push(c->arena, &all, smt_or(checker_smt(c), &governed));
	vec_each (const struct ir_rule *, other, &rivals->tiers[tier->id])
		vec_push(c->arena, &all,
			 smt_not(checker_smt(c), encode_rule(checker_encoding(c), *other)));
	add_cover(c, out, (struct cover){.tier = tier, .decides = smt_and(checker_smt(c), &all)});
}

void covers_add_earlier(struct checker *c, const struct rivals *rivals, struct covers *out)
{
	const struct ir_rule *rule = rivals->rule;

	for (uint32_t i = 0; i < rule->policy->tier->id; i++) {
		vec_each (const struct ir_rule *, other, &rivals->tiers[i])
			if ((*other)->action != IR_PASS)
				covers_add_rule(c, rivals, *other, false, out);
		covers_add_tier_end(c, rivals, c->ir->tiers.v[i], out);
	}
	vec_each (const struct ir_rule *, other, own_tier(rivals))
		if (ir_rule_before(*other, rule))
			covers_add_rule(c, rivals, *other, false, out);
}

/* A plain allow lets every request pass; of rules that ask, those that ask the same in the same
 * words. */
static bool asks_no_more(const struct ir_rule *other, const struct ir_rule *rule)
{
	_cleanup_buf_ struct buf a = {0}, b = {0};

	if (other->l7.kind == IR_L7_NONE || rule->l7.kind == IR_L7_NONE)
		return other->l7.kind == IR_L7_NONE;
	ir_l7_put_key(&other->l7, &a);
	ir_l7_put_key(&rule->l7, &b);
	return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
}

bool rivals_is_equal(const struct checker *c, const struct ir_rule *other,
		     const struct ir_rule *rule)
{
	return other->rank == rule->rank && other->action == rule->action &&
	       c->states[other->id] == RULE_LIVE && (other->log || !rule->log) &&
	       asks_no_more(other, rule);
}

size_t covers_add_equals(struct checker *c, const struct rivals *rivals, struct covers *out)
{
	size_t before = out->n;

	vec_each (const struct ir_rule *, other, own_tier(rivals))
		if (rivals_is_equal(c, *other, rivals->rule))
			covers_add_rule(c, rivals, *other, true, out);
	return out->n - before;
}
