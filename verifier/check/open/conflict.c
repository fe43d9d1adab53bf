/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `conflict`: an allow and a deny of one tier, direction and rank that share flows while each
 * also has flows of its own. Deny wins, but the policies do not say that this was meant. A
 * deny inside an allow (an exception) and an allow inside a deny (which is shadowed) are not
 * conflicts.
 */
#include "lang/base/diag.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/engine/overlap.h"

/* The pairs grow with the square of the rules: past so many, that there are more is told. */
enum { MAX_CONFLICTS = 4096 };

static enum smt_answer can_have(struct checker *c, Z3_ast a, Z3_ast b)
{
	enum smt_answer r;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), a);
	smt_assert(checker_smt(c), b);
	r = smt_check(checker_smt(c), NULL);
	smt_pop(checker_smt(c), 1);
	return r;
}

/* Is there a flow in both, one only in the first, and one only in the second? */
static enum smt_answer cross(struct checker *c, Z3_ast a, Z3_ast b)
{
	enum smt_answer r = can_have(c, a, b);

	if (r == SMT_YES)
		r = can_have(c, a, smt_not(checker_smt(c), b));
	if (r == SMT_YES)
		r = can_have(c, b, smt_not(checker_smt(c), a));
	return r;
}

static void report(struct checker *c, const struct ir_rule *allow, const struct ir_rule *deny,
		   const char *witness)
{
	struct diag_item *item =
		checker_report(c, CHECK_ID_CONFLICT, allow->loc,
			       "%s is partly overruled by %s, which has the same rank",
			       checker_rule_text(c, allow), checker_rule_text(c, deny));

	checker_note(c, item, deny->loc,
		     "deny wins for the flows that both match; give one of them "
		     "another rank, or narrow it");
	checker_note(c, item, LOC_NONE, "for example %s", witness);
}

static void check_pair(struct checker *c, const struct ir_rule *allow, const struct ir_rule *deny)
{
	struct rule_list both = {.v = (const struct ir_rule *[]){allow, deny}, .n = 2};
	Z3_ast a = encode_rule(checker_encoding(c), allow),
	       d = encode_rule(checker_encoding(c), deny);
	struct witness wit;
	enum smt_answer r;

	checker_about(c, allow, deny);
	r = cross(c, a, d);
	if (r == SMT_YES) {
		smt_push(checker_smt(c));
		smt_assert(checker_smt(c), a);
		smt_assert(checker_smt(c), d);
		r = witness_find(checker_encoding(c), allow->dir, &both, &wit);
		smt_pop(checker_smt(c), 1);
	}
	if (r == SMT_NO)
		return;
	if (r != SMT_YES)
		checker_undecided(c, CHECK_ID_CONFLICT, allow->loc, r);
	else if (witness_confirms(&wit, allow) && witness_confirms(&wit, deny))
		report(c, allow, deny, witness_text(checker_encoding(c), &wit));
	else
		checker_unconfirmed(c, CHECK_ID_CONFLICT, allow->loc,
				    witness_text(checker_encoding(c), &wit));
}

static bool may_conflict(const struct ir_rule *allow, const struct ir_rule *deny)
{
	return deny->rank == allow->rank && deny->dir == allow->dir &&
	       deny->policy->tier == allow->policy->tier && overlap_rules(allow, deny) &&
	       overlap_subjects(allow->policy, deny->policy);
}

/* False: no more is to be sought. */
static bool check_allow(struct checker *c, const struct ir_rule *allow,
			const struct rule_list *denies)
{
	vec_each (const struct ir_rule *, deny, denies) {
		if (!may_conflict(allow, *deny))
			continue;
		if (c->findings[CHECK_ID_CONFLICT] == MAX_CONFLICTS) {
			diag_leave_out(c->diag);
			return false;
		}
		if (checker_is_spent(c, CHECK_ID_CONFLICT, allow->loc))
			return false;
		check_pair(c, allow, *deny);
		if (c->err)
			return false;
	}
	return true;
}

void check_conflict(struct checker *c)
{
	struct rule_list denies = {0};

	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if ((*rule)->action == IR_DENY && c->states[(*rule)->id] != RULE_EMPTY)
			vec_push(c->arena, &denies, *rule);
	}
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if ((*rule)->action == IR_ALLOW && c->states[(*rule)->id] != RULE_EMPTY &&
		    !check_allow(c, *rule, &denies))
			return;
	}
}
