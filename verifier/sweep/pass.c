/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pass-without-effect`: a pass rule hands its flows to the next tier. Where nothing that comes
 * after it in its own tier could decide any of them, they would get there without it.
 */
#include "compiler/ir/order.h"
#include "verifier/sweep/sweep.h"

static bool isolates(const struct ir_rule *pass, const struct ir_policy *policy)
{
	return pass->policy->tier->end == IR_DENY && policy->governs[pass->dir];
}

static bool may_decide(struct sweep *s, const struct ir_rule *pass, const struct ir_rule *other)
{
	return other->action != IR_PASS && s->states[other->id] != RULE_EMPTY &&
	       ir_rule_before(pass, other) && overlap_rules(pass, other);
}

/* All of the tier that could decide a flow of the pass rule in its stead. */
static Z3_ast decided_instead(struct sweep *s, const struct ir_rule *pass)
{
	struct terms any = {0};

	vec_each (struct ir_policy *, policy, &pass->policy->tier->policies) {
		if (!overlap_subjects(*policy, pass->policy))
			continue;
		if (isolates(pass, *policy))
			vec_push(s->arena, &any,
				 world_isolates(&s->world, *policy, pass->dir, WORLD_SUBJECT));
		vec_each (struct ir_rule *, other, &(*policy)->rules[pass->dir]) {
			if (may_decide(s, pass, *other))
				vec_push(s->arena, &any, world_rule(&s->world, *other));
		}
	}
	return any.n ? smt_or(&s->smt, &any) : NULL;
}

static enum smt_answer find_witness(struct sweep *s, const struct ir_rule *pass,
				    struct witness *out)
{
	struct rule_list involved = {.v = (const struct ir_rule *[]){pass}, .n = 1};
	enum smt_answer r;

	smt_push(&s->smt);
	smt_assert(&s->smt, world_rule(&s->world, pass));
	r = witness_find(&s->world, pass->dir, &involved, out);
	smt_pop(&s->smt, 1);
	return r;
}

/* The interpreter must agree that the rule applies, and nothing of its tier after it. */
static bool confirms(const struct witness *wit, const struct ir_rule *pass)
{
	vec_each (struct ir_policy *, policy, &pass->policy->tier->policies) {
		if (isolates(pass, *policy) && ir_policy_selects(*policy, &wit->subject))
			return false;
		vec_each (struct ir_rule *, other, &(*policy)->rules[pass->dir]) {
			if ((*other)->action != IR_PASS && ir_rule_before(pass, *other) &&
			    witness_confirms(wit, *other))
				return false;
		}
	}
	return witness_confirms(wit, pass);
}

static void report(struct sweep *s, const struct ir_rule *pass)
{
	struct diag_item *item;
	struct witness wit;
	enum smt_answer r = find_witness(s, pass, &wit);

	if (r != SMT_YES) {
		sweep_undecided(s, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc, r);
		return;
	}
	if (!confirms(&wit, pass)) {
		sweep_unconfirmed(s, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc,
				  witness_text(&s->world, &wit));
		return;
	}
	item = sweep_report(s, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc,
			    "%s has no effect: nothing after it in tier %s would decide its flows",
			    sweep_rule_text(s, pass), pass->policy->tier->name);
	sweep_note(s, item, LOC_NONE,
		   "delete it, or give it a lower rank than the rule that it is an exception to");
	sweep_note(s, item, LOC_NONE, "for example %s", witness_text(&s->world, &wit));
}

static void check_pass(struct sweep *s, const struct ir_rule *pass)
{
	Z3_ast instead = decided_instead(s, pass);
	enum smt_answer r = SMT_NO;

	if (instead)
		r = sweep_ask(s, smt_both(&s->smt, world_rule(&s->world, pass), instead));
	if (r == SMT_NO)
		report(s, pass);
	else if (r != SMT_YES)
		sweep_undecided(s, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc, r);
}

void sweep_passes(struct sweep *s)
{
	vec_each (struct ir_rule *, rule, &s->ir->rules) {
		/* A shadowed one has a finding already. */
		bool live = s->states[(*rule)->id] == RULE_LIVE ||
			    s->states[(*rule)->id] == RULE_REDUNDANT;

		if ((*rule)->action == IR_PASS && live && !s->err)
			check_pass(s, *rule);
	}
}
