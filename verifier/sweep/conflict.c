/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `conflict`: an allow and a deny of one tier, direction and rank that share flows while each
 * also has flows of its own. Deny wins, but the policies do not say that this was meant. A
 * deny inside an allow (an exception) and an allow inside a deny (which is shadowed) are not
 * conflicts.
 */
#include "verifier/sweep/sweep.h"

/* Whoever has that many will not read more, and the pairs grow with the square of the rules. */
enum { MAX_PER_ALLOW = 16 };

static enum smt_answer can_have(struct sweep *s, Z3_ast a, Z3_ast b)
{
	enum smt_answer r;

	smt_push(&s->smt);
	smt_assert(&s->smt, a);
	smt_assert(&s->smt, b);
	r = smt_check(&s->smt, NULL);
	smt_pop(&s->smt, 1);
	return r;
}

/* Is there a flow in both, one only in the first, and one only in the second? */
static enum smt_answer cross(struct sweep *s, Z3_ast a, Z3_ast b)
{
	enum smt_answer r = can_have(s, a, b);

	if (r == SMT_YES)
		r = can_have(s, a, smt_not(&s->smt, b));
	if (r == SMT_YES)
		r = can_have(s, b, smt_not(&s->smt, a));
	return r;
}

static struct diag_item *report(struct sweep *s, const struct ir_rule *allow,
				const struct ir_rule *deny, const char *witness)
{
	struct diag_item *item =
		sweep_report(s, CHECK_ID_CONFLICT, allow->loc,
			     "%s is partly overruled by %s, which has the same rank",
			     sweep_rule_text(s, allow), sweep_rule_text(s, deny));

	sweep_note(s, item, deny->loc,
		   "deny wins for the flows that both match; give one of them "
		   "another rank, or narrow it");
	sweep_note(s, item, LOC_NONE, "for example %s", witness);
	return item;
}

/* The finding, or NULL. */
static struct diag_item *check_pair(struct sweep *s, const struct ir_rule *allow,
				    const struct ir_rule *deny)
{
	struct rule_list both = {.v = (const struct ir_rule *[]){allow, deny}, .n = 2};
	Z3_ast a = world_rule(&s->world, allow), d = world_rule(&s->world, deny);
	struct witness wit;
	enum smt_answer r;

	sweep_about(s, allow, deny);
	r = cross(s, a, d);
	if (r == SMT_YES) {
		smt_push(&s->smt);
		smt_assert(&s->smt, a);
		smt_assert(&s->smt, d);
		r = witness_find(&s->world, allow->dir, &both, &wit);
		smt_pop(&s->smt, 1);
	}
	if (r == SMT_NO)
		return NULL;
	if (r != SMT_YES)
		sweep_undecided(s, CHECK_ID_CONFLICT, allow->loc, r);
	else if (witness_confirms(&wit, allow) && witness_confirms(&wit, deny))
		return report(s, allow, deny, witness_text(&s->world, &wit));
	else
		sweep_unconfirmed(s, CHECK_ID_CONFLICT, allow->loc, witness_text(&s->world, &wit));
	return NULL;
}

static bool may_conflict(const struct ir_rule *allow, const struct ir_rule *deny)
{
	return deny->rank == allow->rank && deny->dir == allow->dir &&
	       deny->policy->tier == allow->policy->tier && overlap_rules(allow, deny) &&
	       overlap_subjects(allow->policy, deny->policy);
}

static void check_allow(struct sweep *s, const struct ir_rule *allow,
			const struct rule_list *denies)
{
	size_t found = 0;

	vec_each (const struct ir_rule *, deny, denies) {
		struct diag_item *item =
			may_conflict(allow, *deny) ? check_pair(s, allow, *deny) : NULL;

		if (item && ++found == MAX_PER_ALLOW) {
			sweep_note(s, item, LOC_NONE,
				   "this is number %d of this rule; further ones are not sought",
				   (int)MAX_PER_ALLOW);
			return;
		}
		if (s->err)
			return;
	}
}

void sweep_conflicts(struct sweep *s)
{
	struct rule_list denies = {0};

	vec_each (struct ir_rule *, rule, &s->ir->rules) {
		if ((*rule)->action == IR_DENY && s->states[(*rule)->id] != RULE_EMPTY)
			vec_push(s->arena, &denies, *rule);
	}
	vec_each (struct ir_rule *, rule, &s->ir->rules) {
		if ((*rule)->action == IR_ALLOW && s->states[(*rule)->id] != RULE_EMPTY && !s->err)
			check_allow(s, *rule, &denies);
	}
}
