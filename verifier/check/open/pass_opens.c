/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pass-opens`: a pass rule hands its flows to the tiers after its own. Where none of them has a
 * say about any, nobody decides, and after the last tier a flow is allowed: what looks like a word
 * for somebody else opens what its own tier would have denied. A rule that passes everything on
 * from everybody, or to everybody, does so for those whom no policy of a later tier selects.
 */
#include "compiler/ir/order.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/engine/overlap.h"

/* Who else could decide a flow of the pass rule. */
struct say {
	struct terms sooner;   /* earlier tiers, what comes before it in its own, and its allows */
	struct terms denial;   /* what in its own tier would deny after it */
	struct terms later;    /* later tiers */
	struct terms governed; /* whom these select in the direction */
};

static struct terms *place_of(struct say *say, const struct ir_rule *pass,
			      const struct ir_tier *tier, bool denies)
{
	if (tier != pass->policy->tier)
		return tier->id < pass->policy->tier->id ? &say->sooner : &say->later;
	return denies ? &say->denial : &say->sooner;
}

static void add_rule(struct checker *c, const struct ir_rule *pass, const struct ir_rule *other,
		     struct say *say)
{
	bool denies = other->action == IR_DENY && ir_rule_before(pass, other);

	if (other->action == IR_PASS || c->states[other->id] == RULE_EMPTY ||
	    !overlap_rules(pass, other))
		return;
	vec_push(c->arena, place_of(say, pass, other->policy->tier, denies),
		 encode_rule(checker_encoding(c), other));
}

static void add_policy(struct checker *c, const struct ir_rule *pass,
		       const struct ir_policy *policy, struct say *say)
{
	if (!overlap_subjects(policy, pass->policy))
		return;
	if (policy->tier->id > pass->policy->tier->id &&
	    (policy->governs[pass->dir] || policy->rules[pass->dir].n))
		vec_push(c->arena, &say->governed, encode_policy(checker_encoding(c), policy));
	if (policy->tier->end == IR_DENY && policy->governs[pass->dir])
		vec_push(c->arena, place_of(say, pass, policy->tier, true),
			 encode_isolates(checker_encoding(c), policy, pass->dir, SMT_SUBJECT));
	vec_each (struct ir_rule *, other, &policy->rules[pass->dir])
		add_rule(c, pass, *other, say);
}

/* A flow that the rule passes on, that its own tier would deny, and that nobody else decides: it
 * matches none of `others`. */
static Z3_ast opened(struct checker *c, const struct ir_rule *pass, struct say *say,
		     struct terms *others)
{
	struct terms all = {0};

	vec_push(c->arena, &all, encode_rule(checker_encoding(c), pass));
	vec_push(c->arena, &all, smt_or(checker_smt(c), &say->denial));
	if (say->sooner.n)
		vec_push(c->arena, &all,
			 smt_not(checker_smt(c), smt_or(checker_smt(c), &say->sooner)));
	if (others->n)
		vec_push(c->arena, &all, smt_not(checker_smt(c), smt_or(checker_smt(c), others)));
	return smt_and(checker_smt(c), &all);
}

/* The interpreter must agree that the rule applies, and that every tier passes the flow on. */
static bool confirms(struct checker *c, const struct witness *wit, const struct ir_rule *pass)
{
	struct ir_trace trace = {.arena = c->arena};

	if (ir_judge_dir(c->ir, &wit->flow, pass->dir, &trace) != IR_OUTCOME_ALLOW)
		return false;
	vec_each (const struct ir_step, step, &trace.steps)
		if (step->action != IR_PASS)
			return false;
	return witness_confirms(wit, pass);
}

static void report(struct checker *c, const struct ir_rule *pass, bool some,
		   const struct witness *wit)
{
	struct diag_item *item;

	if (!confirms(c, wit, pass)) {
		checker_unconfirmed(c, CHECK_ID_PASS_OPENS, pass->loc,
				    witness_text(checker_encoding(c), wit));
		return;
	}
	item = checker_report(c, CHECK_ID_PASS_OPENS, pass->loc,
			      "%s opens what it matches%s: no tier after %s %s, and what nobody "
			      "decides is allowed",
			      checker_rule_text(c, pass), some ? " for some endpoints" : "",
			      pass->policy->tier->name, some ? "governs them" : "decides");
	checker_note(c, item, LOC_NONE,
		     some ? "write allow if that is meant; if not, let a policy for all govern the "
			    "direction in the tier that is to decide"
			  : "write allow if that is meant; if not, put the policy in a tier before "
			    "the one that is to decide");
	checker_note(c, item, LOC_NONE, "for example %s", witness_text(checker_encoding(c), wit));
}

/* Some: of what later tiers decide in part. */
static void look_for_opened(struct checker *c, const struct ir_rule *pass, struct say *say,
			    bool some)
{
	struct terms none = {0};
	struct rule_list involved = {.v = (const struct ir_rule *[]){pass}, .n = 1};
	struct witness wit;
	enum smt_answer r;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), opened(c, pass, say, some ? &say->governed : &none));
	r = witness_find(checker_encoding(c), pass->dir, &involved, &wit);
	smt_pop(checker_smt(c), 1);
	if (r == SMT_YES)
		report(c, pass, some, &wit);
	else if (r != SMT_NO)
		checker_undecided(c, CHECK_ID_PASS_OPENS, pass->loc, r);
}

/* All flows of a direction. */
static bool passes_all(const struct ir_rule *pass)
{
	if (pass->ports.n)
		return false;
	vec_each (const struct ir_peer, peer, &pass->peers)
		if (peer->kind == IR_PEER_ENTITY && peer->entity == IR_ENTITY_ALL)
			return true;
	return false;
}

static void check_pass(struct checker *c, const struct ir_rule *pass)
{
	struct say say = {0};
	enum smt_answer r = SMT_NO;

	vec_each (struct ir_policy *, policy, &c->ir->policies)
		add_policy(c, pass, *policy, &say);
	if (!say.denial.n)
		return;
	if (say.later.n)
		r = checker_ask(c, smt_both(checker_smt(c), encode_rule(checker_encoding(c), pass),
					    smt_or(checker_smt(c), &say.later)));
	if (r == SMT_NO)
		look_for_opened(c, pass, &say, false);
	else if (r == SMT_YES && passes_all(pass))
		look_for_opened(c, pass, &say, true);
	else if (r != SMT_YES)
		checker_undecided(c, CHECK_ID_PASS_OPENS, pass->loc, r);
}

void check_pass_opens(struct checker *c)
{
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		/* A shadowed one has a finding already. */
		bool live = c->states[(*rule)->id] == RULE_LIVE ||
			    c->states[(*rule)->id] == RULE_REDUNDANT;

		if ((*rule)->action == IR_PASS && live && !c->err)
			check_pass(c, *rule);
	}
}
