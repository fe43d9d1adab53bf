/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/open/shadowed/evidence.h"

#include "compiler/ir/order.h"

/* Who comes before a rule, or is its equal, at one flow. */
struct taker {
	const struct ir_rule *rule;
	const struct ir_tier *tier; /* whose end it is */
	bool equal;
};

static void list_matching(struct checker *c, const struct rivals *rivals,
			  const struct witness *point, struct rule_list *tiers,
			  struct rule_list *all)
{
	for (uint32_t i = 0; i <= rivals->rule->policy->tier->id; i++) {
		tiers[i].n = 0;
		vec_each (const struct ir_rule *, other, &rivals->tiers[i]) {
			if (!points_ends_match(*other, point))
				continue;
			vec_push(c->arena, &tiers[i], *other);
			vec_push(c->arena, all, *other);
		}
	}
}

static const struct ir_rule *first_match(const struct rule_list *rules, const struct ir_flow *flow)
{
	const struct ir_rule *first = NULL;

	vec_each (const struct ir_rule *, rule, rules)
		if ((!first || ir_rule_before(*rule, first)) && ir_rule_matches(*rule, flow))
			first = *rule;
	return first;
}

static bool tier_ends(const struct ir_tier *tier, const struct witness *point)
{
	if (tier->end != IR_DENY)
		return false;
	vec_each (struct ir_policy *, policy, &tier->policies)
		if (ir_policy_isolates(*policy, &point->flow, point->dir) &&
		    ir_policy_selects(*policy, &point->subject))
			return true;
	return false;
}

/* Who takes the flow of the point: somebody who comes before the rule, else an equal, else NULLs.
 */
static struct taker find_taker(struct checker *c, const struct rivals *rivals,
			       const struct witness *point, const struct rule_list *tiers)
{
	const struct ir_rule *rule = rivals->rule, *first;
	uint32_t own = rule->policy->tier->id;

	for (uint32_t i = 0; i < own; i++) {
		first = first_match(&tiers[i], &point->flow);
		if (first && first->action != IR_PASS)
			return (struct taker){.rule = first};
		if (!first && tier_ends(c->ir->tiers.v[i], point))
			return (struct taker){.tier = c->ir->tiers.v[i]};
	}
	first = first_match(&tiers[own], &point->flow);
	if (first && ir_rule_before(first, rule))
		return (struct taker){.rule = first};
	vec_each (const struct ir_rule *, other, &tiers[own])
		if (rivals_is_equal(c, *other, rule) && ir_rule_matches(*other, &point->flow))
			return (struct taker){.rule = *other, .equal = true};
	return (struct taker){0};
}

static void note_taker(struct checker *c, struct evidence *v, const struct taker *t)
{
	vec_each (const struct cover, cover, &v->takers)
		if (cover->rule == t->rule && cover->tier == t->tier)
			return;
	vec_push(c->arena, &v->takers,
		 (struct cover){.rule = t->rule, .tier = t->tier, .equal = t->equal});
}

static void try_point(struct checker *c, const struct rivals *rivals, struct evidence *v,
		      struct witness *point, struct rule_list *tiers)
{
	struct rule_list all = {0};
	struct point_ports ports = {0};

	list_matching(c, rivals, point, tiers, &all);
	points_ports(rivals->rule, &all, point, c->arena, &ports);
	vec_each (const struct point_port, port, &ports.list) {
		struct taker taker;

		points_set_port(&v->points, point, port);
		if (!v->met) {
			v->met = point;
			v->met_port = *port;
		}
		taker = find_taker(c, rivals, point, tiers);
		v->live = !taker.rule && !taker.tier;
		if (v->live)
			return;
		if (taker.equal && !v->reached) {
			v->reached = point;
			v->reached_port = *port;
		}
		note_taker(c, v, &taker);
	}
}

void evidence_collect(struct checker *c, const struct rivals *rivals, struct evidence *v)
{
	struct rule_list *tiers =
		arena_array(c->arena, struct rule_list, rivals->rule->policy->tier->id + 1);

	v->takers = (struct covers){0};
	v->met = v->reached = NULL;
	v->live = false;
	points_of_rule(&v->points, c->ir, rivals->rule, c->arena);
	for (size_t i = 0; i < v->points.n && !v->live; i++)
		try_point(c, rivals, v, &v->points.v[i], tiers);
}

void evidence_takers(struct checker *c, const struct rivals *rivals, const struct evidence *v,
		     struct covers *out)
{
	vec_each (const struct cover, t, &v->takers) {
		if (t->rule)
			covers_add_rule(c, rivals, t->rule, t->equal, out);
		else
			covers_add_tier_end(c, rivals, t->tier, out);
	}
}
