/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pass-without-effect`: a pass rule hands its flows to the next tier. Where nothing that comes
 * after it in its own tier could decide any of them, they would get there without it.
 */
#include "compiler/ir/order.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/engine/overlap.h"

static bool isolates(const struct ir_rule *pass, const struct ir_policy *policy)
{
	return pass->policy->tier->end == IR_DENY && policy->governs[pass->dir];
}

static bool may_decide(struct checker *c, const struct ir_rule *pass, const struct ir_rule *other)
{
	return other->action != IR_PASS && c->states[other->id] != RULE_EMPTY &&
	       ir_rule_before(pass, other) && overlap_rules(pass, other);
}

/* All of the tier that could decide a flow of the pass rule in its stead. */
static Z3_ast decided_instead(struct checker *c, const struct ir_rule *pass)
{
	struct terms any = {0};

	vec_each (struct ir_policy *, policy, &pass->policy->tier->policies) {
		if (!overlap_subjects(*policy, pass->policy))
			continue;
		if (isolates(pass, *policy))
			vec_push(c->arena, &any,
				 encode_isolates(checker_encoding(c), *policy, pass->dir,
						 SMT_SUBJECT));
		vec_each (struct ir_rule *, other, &(*policy)->rules[pass->dir]) {
			if (may_decide(c, pass, *other))
				vec_push(c->arena, &any, encode_rule(checker_encoding(c), *other));
		}
	}
	return any.n ? smt_or(checker_smt(c), &any) : NULL;
}

static enum smt_answer find_witness(struct checker *c, const struct ir_rule *pass,
				    struct witness *out)
{
	struct rule_list involved = {.v = (const struct ir_rule *[]){pass}, .n = 1};
	enum smt_answer r;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), encode_rule(checker_encoding(c), pass));
	r = witness_find(checker_encoding(c), pass->dir, &involved, out);
	smt_pop(checker_smt(c), 1);
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

static void report(struct checker *c, const struct ir_rule *pass)
{
	struct diag_item *item;
	struct witness wit;
	enum smt_answer r = find_witness(c, pass, &wit);

	if (r != SMT_YES) {
		checker_undecided(c, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc, r);
		return;
	}
	if (!confirms(&wit, pass)) {
		checker_unconfirmed(c, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc,
				    witness_text(checker_encoding(c), &wit));
		return;
	}
	item = checker_report(
		c, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc,
		"%s has no effect: nothing after it in tier %s would decide its flows",
		checker_rule_text(c, pass), pass->policy->tier->name);
	checker_note(c, item, LOC_NONE,
		     "delete it, or give it a lower rank than the rule that it is an exception to");
	checker_note(c, item, LOC_NONE, "for example %s", witness_text(checker_encoding(c), &wit));
}

static void check_pass(struct checker *c, const struct ir_rule *pass)
{
	Z3_ast instead = decided_instead(c, pass);
	enum smt_answer r = SMT_NO;

	if (instead)
		r = checker_ask(c, smt_both(checker_smt(c), encode_rule(checker_encoding(c), pass),
					    instead));
	if (r == SMT_NO)
		report(c, pass);
	else if (r != SMT_YES)
		checker_undecided(c, CHECK_ID_PASS_WITHOUT_EFFECT, pass->loc, r);
}

void check_pass_without_effect(struct checker *c)
{
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		/* A shadowed one has a finding already. */
		bool live = c->states[(*rule)->id] == RULE_LIVE ||
			    c->states[(*rule)->id] == RULE_REDUNDANT;

		if ((*rule)->action == IR_PASS && live && !c->err)
			check_pass(c, *rule);
	}
}
