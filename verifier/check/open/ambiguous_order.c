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

static const char *word(enum ir_outcome outcome)
{
	static const char *const words[] = {[IR_OUTCOME_DENY] = "denied",
					    [IR_OUTCOME_ALLOW] = "allowed",
					    [IR_OUTCOME_REDIRECT] = "its requests are judged"};

	return words[outcome];
}

static void report(struct checker *c, const struct ir_open_order *order, const struct ir *other,
		   struct witness *wit)
{
	const struct ir_tier *first = c->ir->tiers.v[order->runs[0].first];
	const struct ir_tier *second = c->ir->tiers.v[order->runs[1].first];
	enum ir_outcome now = ir_judge_dir(c->ir, &wit->flow, wit->dir, NULL);
	enum ir_outcome then = ir_judge_dir(other, &wit->flow, wit->dir, NULL);
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

/* Does a flow have another outcome? */
static Z3_ast differs(struct checker *c, struct encoding *swapped, enum ir_dir dir)
{
	struct encoding *now = checker_encoding(c);
	struct smt *smt = checker_smt(c);
	Z3_ast same = smt_eq(smt, encode_allows(now, dir, SMT_SUBJECT),
			     encode_allows(swapped, dir, SMT_SUBJECT));

	if (ir_has_l7(c->ir))
		same = smt_both(smt, same,
				smt_eq(smt, encode_allows_every(now, dir, SMT_SUBJECT),
				       encode_allows_every(swapped, dir, SMT_SUBJECT)));
	return smt_not(smt, same);
}

static bool judges_requests(const struct checker *c, const struct ir_open_order *order, int run,
			    enum ir_dir dir)
{
	const struct ir_tier *const *tiers =
		(const struct ir_tier *const *)c->ir->tiers.v + order->runs[run].first;

	for (uint32_t i = 0; i < order->runs[run].n; i++)
		vec_each (struct ir_policy *const, policy, &tiers[i]->policies)
			vec_each (struct ir_rule *const, rule, &(*policy)->rules[dir])
				if ((*rule)->l7.kind != IR_L7_NONE)
					return true;
	return false;
}

/* Of a flow that both judge by its requests it is not known whether they judge alike. */
static void tell_open(struct checker *c, const struct ir_open_order *order, enum ir_dir dir)
{
	const struct ir_tier *second = c->ir->tiers.v[order->runs[1].first];

	if (judges_requests(c, order, 0, dir) && judges_requests(c, order, 1, dir))
		checker_left_out(c, CHECK_ID_AMBIGUOUS_ORDER, second->loc,
				 "for requests (%s) that tier %s judges, too", ir_dir_name(dir),
				 c->ir->tiers.v[order->runs[0].first]->name);
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
	memset(swapped.allows_every, 0, sizeof(swapped.allows_every));
	involve(c, order, dir, &involved);
	if (!involved.n)
		return false;
	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), differs(c, &swapped, dir));
	r = witness_find(checker_encoding(c), dir, &involved, &wit);
	smt_pop(checker_smt(c), 1);
	if (r == SMT_YES)
		report(c, order, other, &wit);
	else if (r != SMT_NO)
		checker_undecided(c, CHECK_ID_AMBIGUOUS_ORDER,
				  c->ir->tiers.v[order->runs[1].first]->loc, r);
	else
		tell_open(c, order, dir);
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
