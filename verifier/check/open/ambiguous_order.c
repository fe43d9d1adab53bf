/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ambiguous-order`: two tiers, and what hangs on them, of which no text says which decides first,
 * only the order in which their files are read; and some flow is decided otherwise if it were the
 * other one. The policies are put into that other order and both verdicts compared over all flows.
 */
#include <string.h>

#include "compiler/ir/edit.h"
#include "lang/base/diag.h"
#include "verifier/check/engine/checker.h"

static void involve(struct checker *c, const struct ir_open_order *order, enum ir_dir dir,
		    struct rule_list *out)
{
	for (int run = 0; run < 2; run++) {
		uint32_t first = order->runs[run].first;

		for (uint32_t i = first; i < first + order->runs[run].n; i++)
			vec_each (struct ir_policy *, policy, &c->ir->tiers.v[i]->policies)
				vec_each (struct ir_rule *, rule, &(*policy)->rules[dir])
					vec_push(c->arena, out, *rule);
	}
}

static const char *word(enum ir_verdict verdict)
{
	return verdict == IR_VERDICT_ALLOW ? "allowed" : "denied";
}

static void report(struct checker *c, const struct ir_open_order *order, const struct ir *other,
		   struct witness *wit)
{
	const struct ir_tier *first = c->ir->tiers.v[order->runs[0].first];
	const struct ir_tier *second = c->ir->tiers.v[order->runs[1].first];
	enum ir_verdict now = ir_eval_dir(c->ir, &wit->flow, wit->dir, NULL);
	enum ir_verdict then = ir_eval_dir(other, &wit->flow, wit->dir, NULL);
	struct diag_item *item;

	if (now == then) {
		checker_unconfirmed(c, CHECK_ID_AMBIGUOUS_ORDER, second->loc,
				    witness_text(checker_encoding(c), wit));
		return;
	}
	item = checker_report(
		c, CHECK_ID_AMBIGUOUS_ORDER, second->loc,
		"tier %s decides after tier %s only because its file is read later, and "
		"it matters; anchor one of them at the other",
		second->name, first->name);
	checker_note(c, item, first->loc, "tier %s has the same place", first->name);
	checker_note(c, item, LOC_NONE, "for example %s: %s; in the other order %s",
		     witness_text(checker_encoding(c), wit), word(now), word(then));
}

/* True: there is nothing more to say of these two. */
static bool check_direction(struct checker *c, const struct ir_open_order *order,
			    const struct ir *other, enum ir_dir dir)
{
	struct encoding swapped =
		*checker_encoding(c); /* what it knows of rules and policies holds there, too */
	struct rule_list involved = {0};
	struct witness wit;
	enum smt_answer r;

	swapped.ir = other;
	memset(swapped.allows, 0, sizeof(swapped.allows));
	involve(c, order, dir, &involved);
	if (!involved.n)
		return false;
	smt_push(checker_smt(c));
	smt_assert(
		checker_smt(c),
		smt_not(checker_smt(c),
			smt_eq(checker_smt(c), encode_allows(checker_encoding(c), dir, SMT_SUBJECT),
			       encode_allows(&swapped, dir, SMT_SUBJECT))));
	r = witness_find(checker_encoding(c), dir, &involved, &wit);
	smt_pop(checker_smt(c), 1);
	if (r == SMT_YES)
		report(c, order, other, &wit);
	else if (r != SMT_NO)
		checker_undecided(c, CHECK_ID_AMBIGUOUS_ORDER,
				  c->ir->tiers.v[order->runs[1].first]->loc, r);
	return r != SMT_NO;
}

void check_ambiguous_order(struct checker *c)
{
	vec_each (const struct ir_open_order, order, &c->ir->open_orders) {
		const struct ir *other = ir_swap_order(c->ir, order, c->arena);

		for (enum ir_dir dir = 0; dir < IR_N_DIRS && !c->err; dir++)
			if (check_direction(c, order, other, dir))
				break;
	}
}
