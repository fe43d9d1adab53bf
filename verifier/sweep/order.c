/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ambiguous-order`: two tiers, and what hangs on them, of which no text says which decides first,
 * only the order in which their files are read; and some flow is decided otherwise if it were the
 * other one. The policies are put into that other order and both verdicts compared over all flows.
 */
#include <string.h>

#include "compiler/ir/edit.h"
#include "lang/base/diag.h"
#include "verifier/sweep/sweep.h"

static void involve(struct sweep *s, const struct ir_open_order *order, enum ir_dir dir,
		    struct rule_list *out)
{
	for (int run = 0; run < 2; run++) {
		uint32_t first = order->runs[run].first;

		for (uint32_t i = first; i < first + order->runs[run].n; i++)
			vec_each (struct ir_policy *, policy, &s->ir->tiers.v[i]->policies)
				vec_each (struct ir_rule *, rule, &(*policy)->rules[dir])
					vec_push(s->arena, out, *rule);
	}
}

static const char *word(enum ir_verdict verdict)
{
	return verdict == IR_VERDICT_ALLOW ? "allowed" : "denied";
}

static void report(struct sweep *s, const struct ir_open_order *order, const struct ir *other,
		   struct witness *wit)
{
	const struct ir_tier *first = s->ir->tiers.v[order->runs[0].first];
	const struct ir_tier *second = s->ir->tiers.v[order->runs[1].first];
	enum ir_verdict now = ir_eval_dir(s->ir, &wit->flow, wit->dir, NULL);
	enum ir_verdict then = ir_eval_dir(other, &wit->flow, wit->dir, NULL);
	struct diag_item *item;

	if (now == then) {
		sweep_unconfirmed(s, CHECK_ID_AMBIGUOUS_ORDER, second->loc,
				  witness_text(&s->world, wit));
		return;
	}
	item = sweep_report(
		s, CHECK_ID_AMBIGUOUS_ORDER, second->loc,
		"tier %s decides after tier %s only because its file is read later, and "
		"it matters; anchor one of them at the other",
		second->name, first->name);
	sweep_note(s, item, first->loc, "tier %s has the same place", first->name);
	sweep_note(s, item, LOC_NONE, "for example %s: %s; in the other order %s",
		   witness_text(&s->world, wit), word(now), word(then));
}

/* True: there is nothing more to say of these two. */
static bool check_direction(struct sweep *s, const struct ir_open_order *order,
			    const struct ir *other, enum ir_dir dir)
{
	struct world world = s->world; /* what it knows of rules and policies holds there, too */
	struct rule_list involved = {0};
	struct witness wit;
	enum smt_answer r;

	world.ir = other;
	memset(world.allows, 0, sizeof(world.allows));
	involve(s, order, dir, &involved);
	if (!involved.n)
		return false;
	smt_push(&s->smt);
	smt_assert(&s->smt,
		   smt_not(&s->smt, smt_eq(&s->smt, world_allows(&s->world, dir, WORLD_SUBJECT),
					   world_allows(&world, dir, WORLD_SUBJECT))));
	r = witness_find(&s->world, dir, &involved, &wit);
	smt_pop(&s->smt, 1);
	if (r == SMT_YES)
		report(s, order, other, &wit);
	else if (r != SMT_NO)
		sweep_undecided(s, CHECK_ID_AMBIGUOUS_ORDER,
				s->ir->tiers.v[order->runs[1].first]->loc, r);
	return r != SMT_NO;
}

void sweep_open_orders(struct sweep *s)
{
	vec_each (const struct ir_open_order, order, &s->ir->open_orders) {
		const struct ir *other = ir_swap_order(s->ir, order, s->arena);

		for (enum ir_dir dir = 0; dir < IR_N_DIRS && !s->err; dir++)
			if (check_direction(s, order, other, dir))
				break;
	}
}
