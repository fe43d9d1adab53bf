/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/edit.h"

#include <string.h>

/* An empty list where a copy must not write into that of the original. */
#define EMPTY(list) memset(&(list), 0, sizeof(list))

/* --- rules and policies -------------------------------------------------------------------- */

struct ir_rule *ir_rule_copy(const struct ir_rule *rule, struct arena *arena)
{
	struct ir_rule *copy = arena_new(arena, struct ir_rule);

	*copy = *rule;
	EMPTY(copy->peers);
	EMPTY(copy->ports);
	EMPTY(copy->l7.entries);
	vec_each (const struct ir_peer, peer, &rule->peers)
		vec_push(arena, &copy->peers, *peer);
	vec_each (const struct ir_port, port, &rule->ports)
		vec_push(arena, &copy->ports, *port);
	vec_each (const struct ir_l7_entry, entry, &rule->l7.entries)
		vec_push(arena, &copy->l7.entries, *entry);
	return copy;
}

struct ir_policy *ir_policy_copy_bare(const struct ir_policy *policy, struct arena *arena)
{
	struct ir_policy *copy = arena_new(arena, struct ir_policy);

	*copy = *policy;
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		EMPTY(copy->rules[dir]);
	return copy;
}

struct ir_policy *ir_policy_replace_rule(const struct ir_policy *policy, const struct ir_rule *old,
					 struct ir_rule *new, struct arena *arena)
{
	struct ir_policy *copy = ir_policy_copy_bare(policy, arena);

	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		vec_each (struct ir_rule *, rule, &policy->rules[d])
			if (*rule != old)
				vec_push(arena, &copy->rules[d], *rule);
	if (new)
		vec_push(arena, &copy->rules[new->dir], new);
	return copy;
}

/* --- tiers --------------------------------------------------------------------------------- */

static struct ir *copy_bare(const struct ir *ir, struct arena *arena)
{
	struct ir *copy = arena_new(arena, struct ir);

	*copy = *ir;
	EMPTY(copy->tiers);
	return copy;
}

static struct ir_tier *copy_tier_bare(const struct ir_tier *tier, struct arena *arena)
{
	struct ir_tier *copy = arena_new(arena, struct ir_tier);

	*copy = *tier;
	EMPTY(copy->policies);
	return copy;
}

static struct ir_tier *replace_in_tier(struct ir_tier *tier, struct ir_policy *const *instead,
				       struct arena *arena)
{
	struct ir_tier *copy;
	bool changes = false;

	vec_each (struct ir_policy *, policy, &tier->policies)
		changes |= instead[(*policy)->id] != NULL;
	if (!changes)
		return tier;
	copy = copy_tier_bare(tier, arena);
	vec_each (struct ir_policy *, policy, &tier->policies) {
		struct ir_policy *other = instead[(*policy)->id];

		vec_push(arena, &copy->policies, other ? other : *policy);
	}
	return copy;
}

struct ir *ir_replace_policies(const struct ir *ir, struct ir_policy *const *instead,
			       struct arena *arena)
{
	struct ir *copy = copy_bare(ir, arena);

	vec_each (struct ir_tier *, tier, &ir->tiers)
		vec_push(arena, &copy->tiers, replace_in_tier(*tier, instead, arena));
	return copy;
}

struct ir *ir_keep_policies(const struct ir *ir, const struct ir_policy *const *policies, size_t n,
			    struct arena *arena)
{
	struct ir *copy = copy_bare(ir, arena);
	struct ir_tier *last = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!last || last->id != policies[i]->tier->id) {
			last = copy_tier_bare(policies[i]->tier, arena);
			vec_push(arena, &copy->tiers, last);
		}
		/* Nobody writes to what an IR holds. */
		vec_push(arena, &last->policies, (struct ir_policy *)policies[i]);
	}
	return copy;
}

struct ir *ir_swap_order(const struct ir *ir, const struct ir_open_order *order,
			 struct arena *arena)
{
	uint32_t a = order->runs[0].first, b = order->runs[1].first, n = order->runs[1].n;
	struct ir *copy = copy_bare(ir, arena);

	for (uint32_t i = 0; i < ir->tiers.n; i++) {
		for (uint32_t k = b; i == a && k < b + n; k++)
			vec_push(arena, &copy->tiers, ir->tiers.v[k]);
		if (i < b || i >= b + n)
			vec_push(arena, &copy->tiers, ir->tiers.v[i]);
	}
	return copy;
}
