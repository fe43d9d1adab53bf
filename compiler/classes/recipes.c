/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/recipes.h"

#include <assert.h>

#include "compiler/ir/port.h"

static void add_selection(struct cls_recipes *r, const struct ir_policy *policy,
			  struct arena *arena)
{
	struct cls_selection s = {0};

	s.subjects.v = policy->subjects.v;
	s.subjects.n = policy->subjects.n;
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		s.concerns[dir] = policy->governs[dir] || policy->rules[dir].n;
	vec_each (struct ir_rule *, rule, &policy->rules[IR_INGRESS]) {
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			if (ir_port_name(port) != INTERN_NONE)
				vec_push(arena, &s.ports,
					 (struct cls_name){port->proto, port->name});
		}
	}
	vec_push(arena, &r->selections, s);
}

void cls_recipes_init(struct cls_recipes *r, const struct ir *ir, struct arena *arena)
{
	*r = (struct cls_recipes){0};
	keyset_init(&r->keys, arena);
	vec_each (struct ir_tier *, tier, &ir->tiers)
		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			add_selection(r, *policy, arena);
}

static bool selects(const struct cls_selection *s, const struct ir_endpoint *ep)
{
	vec_each (const struct ir_selector, sel, &s->subjects) {
		if (ir_selector_matches(sel, ep))
			return true;
	}
	return false;
}

void cls_recipes_select(const struct cls_recipes *r, const struct ir_endpoint *ep,
			struct arena *arena, struct cls_selected *out)
{
	*out = (struct cls_selected){0};
	for (size_t i = 0; i < r->selections.n; i++) {
		if (selects(&r->selections.v[i], ep))
			vec_push(arena, &out->list, (uint32_t)i);
	}
}

/* Selections stand before ports, so those who have these have the same begin. */
void cls_recipe_key(const struct cls_recipes *r, enum ir_dir dir, const struct ir_endpoint *ep,
		    const struct cls_selected *by, struct arena *arena, struct cls_recipe_key *out)
{
	out->words.n = 0;
	vec_push(arena, &out->words, dir);
	vec_each (const uint32_t, i, &by->list) {
		/* In one order, or equal recipes are told apart. */
		assert(*i < r->selections.n && (i == by->list.v || i[-1] < *i));
		if (r->selections.v[*i].concerns[dir])
			vec_push(arena, &out->words, *i);
	}
	vec_push(arena, &out->words, CLS_RECIPE_PORTS);
	out->n_selections = out->words.n;
	for (size_t i = 0; dir == IR_INGRESS && i < by->list.n; i++) {
		vec_each (const struct cls_name, n, &r->selections.v[by->list.v[i]].ports)
			vec_push(arena, &out->words, cls_port_of(ep, n));
	}
}
