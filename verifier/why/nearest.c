/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest change that would let a denied direction pass: one edit of one policy, tried on a
 * copy of the rules by the interpreter before it is proposed.
 */
#include "compiler/ir/port.h"
#include "verifier/why/why.h"

#include "compiler/ir/edit.h"
#include "lang/base/arena.h"

/* What is tried: in `policy`, `old` gives way to `new`; either may be NULL. */
struct edit {
	const struct ir_policy *policy;
	const struct ir_rule *old;
	struct ir_rule *new;
};

static bool helps(const struct why *w, enum ir_dir dir, const struct edit *e, struct arena *arena)
{
	struct ir_policy **instead = arena_array(arena, struct ir_policy *, w->ir->policies.n);

	instead[e->policy->id] = ir_policy_replace_rule(e->policy, e->old, e->new, arena);
	return ir_judge_dir(ir_replace_policies(w->ir, instead, arena), &w->flow, dir, NULL) !=
	       IR_OUTCOME_DENY;
}

/* --- edits ---------------------------------------------------------------------------------------
 */

static struct ir_rule *with_port(const struct why *w, const struct ir_rule *rule,
				 struct arena *arena)
{
	struct ir_rule *copy = ir_rule_copy(rule, arena);

	vec_push(arena, &copy->ports, ir_port_of(w->flow.proto, w->flow.port));
	return copy;
}

/* Of this one flow, everybody and its other end are the same. */
static struct ir_rule *with_peer(const struct ir_rule *rule, struct arena *arena)
{
	struct ir_rule *copy = ir_rule_copy(rule, arena);

	vec_push(arena, &copy->peers,
		 (struct ir_peer){.kind = IR_PEER_ENTITY, .entity = IR_ENTITY_ALL});
	return copy;
}

static bool peers_match(const struct why *w, const struct ir_rule *rule)
{
	const struct ir_end *end = rule->dir == IR_INGRESS ? &w->flow.src : &w->flow.dst;

	vec_each (const struct ir_peer, peer, &rule->peers)
		if (ir_peer_matches(peer, end))
			return true;
	return false;
}

static bool try_edit(const struct why *w, enum ir_dir dir, enum why_change_kind kind,
		     const struct edit *e, struct arena *arena, struct why_change *out)
{
	if (!helps(w, dir, e, arena))
		return false;
	*out = (struct why_change){.kind = kind, .policy = e->policy, .rule = e->old};
	return true;
}

/* An allow rule that has the peer and lacks the port, or has the port and lacks the peer. */
static bool widen(const struct why *w, enum ir_dir dir, const struct ir_policy *policy,
		  enum why_change_kind kind, struct arena *arena, struct why_change *out)
{
	vec_each (struct ir_rule *, rule, &policy->rules[dir]) {
		struct edit e = {.policy = policy, .old = *rule};

		if ((*rule)->action != IR_ALLOW ||
		    (kind == WHY_CHANGE_ADD_PORT) != peers_match(w, *rule))
			continue;
		e.new = kind == WHY_CHANGE_ADD_PORT ? with_port(w, *rule, arena)
						    : with_peer(*rule, arena);
		if (try_edit(w, dir, kind, &e, arena, out))
			return true;
	}
	return false;
}

static void add_rule(const struct why *w, enum ir_dir dir, const struct ir_policy *policy,
		     struct arena *arena, struct why_change *out)
{
	const struct ir_rule none = {.policy = policy, .dir = dir, .action = IR_ALLOW};
	struct edit e = {.policy = policy, .new = with_port(w, &none, arena)};

	e.new = with_peer(e.new, arena);
	try_edit(w, dir, WHY_CHANGE_ADD_RULE, &e, arena, out);
}

/* How much the policy says of whom it is for. */
static size_t count_wishes(const struct ir_policy *policy)
{
	size_t n = 0;

	vec_each (const struct ir_selector, sel, &policy->subjects)
		n = sel->reqs.n > n ? sel->reqs.n : n;
	return n;
}

/* Into the policy that is most about the endpoint, not into one for everybody. */
static void add_to_closest(const struct why *w, enum ir_dir dir, const struct ir_step *step,
			   struct arena *arena, struct why_change *out)
{
	const struct ir_policy *closest = NULL;

	vec_each (const struct ir_policy *, policy, &step->governing)
		if (!closest || count_wishes(*policy) > count_wishes(closest))
			closest = *policy;
	if (closest)
		add_rule(w, dir, closest, arena, out);
}

/* The policies of the tier that isolate, in three passes: from the smallest edit to the largest. */
static void open_isolation(const struct why *w, enum ir_dir dir, const struct ir_step *step,
			   struct arena *arena, struct why_change *out)
{
	vec_each (const struct ir_policy *, policy, &step->governing)
		if (widen(w, dir, *policy, WHY_CHANGE_ADD_PORT, arena, out))
			return;
	vec_each (const struct ir_policy *, policy, &step->governing)
		if (widen(w, dir, *policy, WHY_CHANGE_ADD_PEER, arena, out))
			return;
	add_to_closest(w, dir, step, arena, out);
}

/* To a rule that asks: of this one request, every request is the same. */
static void admit_request(const struct why *w, enum ir_dir dir, const struct ir_rule *rule,
			  struct arena *arena, struct why_change *out)
{
	struct edit e = {.policy = rule->policy, .old = rule, .new = ir_rule_copy(rule, arena)};

	e.new->l7 = (struct ir_l7){.kind = IR_L7_NONE};
	try_edit(w, dir, WHY_CHANGE_ADD_REQUEST, &e, arena, out);
}

static void drop_entry(const struct why *w, enum ir_dir dir, const struct ir_judgement *j,
		       struct arena *arena, struct why_change *out)
{
	struct edit e = {.policy = j->rule->policy, .old = j->rule};

	e.new = ir_rule_copy(j->rule, arena);
	e.new->l7 = (struct ir_l7){.kind = j->rule->l7.kind};
	vec_each (const struct ir_l7_entry, entry, &j->rule->l7.entries)
		if (entry != j->entry)
			vec_push(arena, &e.new->l7.entries, *entry);
	try_edit(w, dir, WHY_CHANGE_DROP_ENTRY, &e, arena, out);
}

void why_find_nearest(struct why *w, enum ir_dir dir, struct arena *arena)
{
	const struct ir_trace *trace = &w->traces[dir];
	const struct ir_step *last = trace->steps.n ? &trace->steps.v[trace->steps.n - 1] : NULL;
	struct edit without;

	if (w->verdicts[dir] != IR_OUTCOME_DENY || !last)
		return;
	if (last->asks && last->judgement.entry) {
		drop_entry(w, dir, &last->judgement, arena, &w->nearest[dir]);
		return;
	}
	if (last->asks) {
		admit_request(w, dir, last->rule, arena, &w->nearest[dir]);
		return;
	}
	if (!last->rule) {
		open_isolation(w, dir, last, arena, &w->nearest[dir]);
		return;
	}
	without = (struct edit){.policy = last->rule->policy, .old = last->rule};
	try_edit(w, dir, WHY_CHANGE_DROP_RULE, &without, arena, &w->nearest[dir]);
}
