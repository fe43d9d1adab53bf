/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `redundant-policy`: a policy that could go and nothing would change. None of its rules decides
 * anything that others do not decide alike, and whom it isolates another policy isolates as well. A
 * default deny only another one replaces.
 */
#include "verifier/check/engine/checker.h"
#include "verifier/check/engine/overlap.h"

/* Nothing is lost with its rules: they match nothing, never decide, or are said again elsewhere. A
 * rule that is said again by one of its own would go with it; but such a one is live. */
static bool rules_are_spare(const struct checker *c, const struct ir_policy *policy)
{
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++)
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			if (c->states[(*rule)->id] == RULE_LIVE)
				return false;
	return true;
}

/* A policy without rules for all of a namespace, or of the cluster, makes deny the default: it is
 * kept for the day on which the others go. */
static bool is_default_deny(const struct ir_policy *policy)
{
	if (policy->tier->end != IR_DENY || policy->rules[IR_INGRESS].n ||
	    policy->rules[IR_EGRESS].n)
		return false;
	vec_each (const struct ir_selector, sel, &policy->subjects) {
		bool all = !sel->none;

		vec_each (const struct ir_req, req, &sel->reqs)
			all = all && req->scope == IR_SCOPE_NAMESPACE;
		if (all)
			return true;
	}
	return false;
}

/* Of each policy, by id. */
struct known {
	bool *gone; /* it is spare */
	bool *deny; /* it is a default deny */
};

/* Another policy of the tier, not spare itself, that isolates the same endpoints. */
static const struct ir_policy *isolated_by(const struct ir_policy *policy, enum ir_dir dir,
					   const struct known *known)
{
	bool deny = known->deny[policy->id];

	vec_each (struct ir_policy *, other, &policy->tier->policies)
		if (*other != policy && !known->gone[(*other)->id] && (*other)->governs[dir] &&
		    (!deny || known->deny[(*other)->id]) &&
		    (*other)->spares_node <= policy->spares_node &&
		    overlap_selects_all(*other, policy))
			return *other;
	return NULL;
}

static bool isolation_is_spare(const struct ir_policy *policy, const struct known *known,
			       const struct ir_policy *by[IR_N_DIRS])
{
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		by[dir] = NULL;
		if (!policy->governs[dir] || policy->tier->end != IR_DENY)
			continue;
		by[dir] = isolated_by(policy, dir, known);
		if (!by[dir])
			return false;
	}
	return true;
}

static void report(struct checker *c, const struct ir_policy *policy,
		   const struct ir_policy *const by[IR_N_DIRS])
{
	struct diag_item *item = checker_report(
		c, CHECK_ID_REDUNDANT_POLICY, policy->loc,
		"%s %s changes nothing: without it every flow is decided as it is now",
		policy->kind, policy->name);

	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++)
		if (by[dir])
			checker_note(c, item, by[dir]->loc,
				     "%s %s isolates the same endpoints (%s)", by[dir]->kind,
				     by[dir]->name, ir_dir_name(dir));
}

/* From the last to the first, so that of two alike the later one goes. */
void check_redundant_policy(struct checker *c)
{
	struct known known = {.gone = arena_array(c->arena, bool, c->ir->policies.n + 1),
			      .deny = arena_array(c->arena, bool, c->ir->policies.n + 1)};

	check_shadowed(c);
	vec_each (struct ir_policy *, policy, &c->ir->policies)
		known.deny[(*policy)->id] = is_default_deny(*policy);
	for (size_t i = c->ir->policies.n; i-- > 0 && !c->err;) {
		const struct ir_policy *policy = c->ir->policies.v[i], *by[IR_N_DIRS];

		known.gone[i] = !c->vain[i] && rules_are_spare(c, policy) &&
				isolation_is_spare(policy, &known, by);
		if (known.gone[i])
			report(c, policy, by);
	}
}
