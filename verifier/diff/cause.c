/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The causes of a region, by the interpreter's traces of its witness, and of one flow more wherever
 * a changed clause reaches into it: several edits may have made one region. Of each side there is
 * what settles a direction: a rule, or the policies that isolate. Where this has an equal on the
 * other side it was not edited, and something else is the cause.
 *
 * Equal is what says the same of the witness, of whatever policy and wherever it stands: a rule of
 * the same tier, rank and action that matches and asks the same of requests, an isolation in the
 * same tier. So there is a cause:
 * if the tiers stand in one order, and in the first tier where the sides part each side had what
 * settles the other, it would have settled it there, too. Only where tiers have changed places may
 * both sides have all of it; then all of it is named.
 */
#include "verifier/diff/cause.h"

#include <string.h>

#include "compiler/ir/edit.h"
#include "verifier/diff/requests.h"

/* One direction of the witness on both sides. */
struct story {
	struct diff_world *w;
	struct arena *scratch;
	const struct diff_witness *witness;
	enum ir_dir dir;
	struct ir_trace traces[DIFF_N_SIDES];
	VEC(struct diff_cause) causes;
};

static const struct ir_end *subject_of(const struct ir_flow *flow, enum ir_dir dir)
{
	return dir == IR_INGRESS ? &flow->dst : &flow->src;
}

static bool isolates(const struct ir_policy *policy, const struct ir_flow *flow, enum ir_dir dir)
{
	return policy->tier->end == IR_DENY && ir_policy_isolates(policy, flow, dir);
}

/* --- the policies of one endpoint ------------------------------------------------------------ */

static struct ir *policies_of(const struct ir *ir, const struct ir_endpoint *ep,
			      struct arena *arena)
{
	VEC(const struct ir_policy *) own = {0};

	vec_each (struct ir_tier *, tier, &ir->tiers)
		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			if (ir_policy_selects(*policy, ep))
				vec_push(arena, &own, *policy);
	return ir_keep_policies(ir, own.v, own.n, arena);
}

/* What can have a say about the subject: of an inventory it is asked about in many flows. */
static const struct ir *view_of(struct diff_world *w, enum diff_side side,
				const struct ir_endpoint *subject)
{
	const struct ir *ir = w->ir[side];
	size_t n = ir->endpoints.n;

	if (!subject || subject->id >= n || ir->endpoints.v[subject->id] != subject)
		return ir;
	if (!w->views[side])
		w->views[side] = arena_array(w->arena, struct ir *, n);
	if (!w->views[side][subject->id])
		w->views[side][subject->id] = policies_of(ir, subject, w->arena);
	return w->views[side][subject->id];
}

/* --- what the other side has, too ------------------------------------------------------------ */

/* Does the policy have what says the same of the flow? */
static bool says_too(const struct story *s, const struct ir_policy *policy,
		     const struct diff_cause *cause, const struct ir_flow *flow)
{
	if (!cause->rule)
		return isolates(policy, flow, cause->dir);
	vec_each (struct ir_rule *, rule, &policy->rules[cause->dir]) {
		if ((*rule)->rank == cause->rule->rank && (*rule)->action == cause->rule->action &&
		    diff_asks(s->w, *rule) == diff_asks(s->w, cause->rule) &&
		    ir_rule_matches(*rule, flow))
			return true;
	}
	return false;
}

static bool other_side_has(const struct story *s, const struct diff_cause *cause)
{
	const struct ir_flow *flow = &s->witness->flow[!cause->side];
	const struct ir_endpoint *subject = subject_of(flow, cause->dir)->ep;
	const struct ir *ir = view_of(s->w, !cause->side, subject);

	vec_each (struct ir_tier *, tier, &ir->tiers) {
		if (strcmp((*tier)->name, cause->policy->tier->name) != 0)
			continue;
		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			if (ir_policy_selects(*policy, subject) &&
			    says_too(s, *policy, cause, flow))
				return true;
	}
	return false;
}

/* --- what settles a direction ---------------------------------------------------------------- */

static void add(struct story *s, enum diff_side side, const struct ir_policy *policy,
		const struct ir_rule *rule)
{
	struct diff_cause cause = {
		.side = side, .dir = s->dir, .policy = policy, .rule = rule, .witness = s->witness};

	cause.both = other_side_has(s, &cause);
	vec_push(s->scratch, &s->causes, cause);
}

/* The rule whose entry decides about the request, or all that would have let one pass. */
static void add_judges(struct story *s, enum diff_side side, const struct ir_step *step)
{
	const struct ir_rule *decides = step->judgement.rule;

	vec_each (const struct ir_rule *, rule, &step->matched)
		if (decides ? *rule == decides : ir_step_asks(step, *rule))
			add(s, side, (*rule)->policy, *rule);
}

static void add_step(struct story *s, enum diff_side side, const struct ir_step *step)
{
	if (step->asks) {
		add_judges(s, side, step);
		return;
	}
	if (step->rule) {
		add(s, side, step->rule->policy, step->rule);
		return;
	}
	vec_each (const struct ir_policy *, policy, &step->governing) {
		if (isolates(*policy, &s->witness->flow[side], s->dir))
			add(s, side, *policy, NULL);
	}
}

/* NULL: every tier passes the flow on. */
static const struct ir_step *last_of(const struct ir_trace *trace)
{
	const struct ir_step *last = trace->steps.n ? &trace->steps.v[trace->steps.n - 1] : NULL;

	return last && last->action != IR_PASS ? last : NULL;
}

/* Where one side decides, and what the other one, which did not stop there, says in that tier. */
static void add_side(struct story *s, enum diff_side side)
{
	const struct ir_step *own = last_of(&s->traces[side]);
	const struct ir_step *others = last_of(&s->traces[!side]);

	vec_each (const struct ir_step, step, &s->traces[side].steps) {
		if (step == own || (others && strcmp(step->tier->name, others->tier->name) == 0))
			add_step(s, side, step);
	}
}

static void add_once(const struct diff_world *w, struct diff_region *r,
		     const struct diff_cause *cause)
{
	vec_each (const struct diff_cause, c, &r->causes) {
		if (c->side == cause->side && c->dir == cause->dir && c->policy == cause->policy &&
		    c->rule == cause->rule && !c->missing == !cause->missing)
			return;
	}
	vec_push(w->arena, &r->causes, *cause);
}

static bool has_edited(const struct story *s)
{
	vec_each (const struct diff_cause, cause, &s->causes)
		if (!cause->both)
			return true;
	return false;
}

/* What both sides have is told only if there is nothing else. */
static void keep(const struct story *s, struct diff_region *r)
{
	bool edited = has_edited(s);

	vec_each (const struct diff_cause, cause, &s->causes) {
		if (!edited || !cause->both)
			add_once(s->w, r, cause);
	}
}

/* May the direction have made a difference? */
static bool may_differ(const enum ir_outcome outcomes[DIFF_N_SIDES])
{
	return outcomes[DIFF_OLD] != outcomes[DIFF_NEW] ||
	       outcomes[DIFF_OLD] == IR_OUTCOME_REDIRECT;
}

/* Requests that both sides judge are judged otherwise by other rules; `reordered`: or by the same
 * ones in other tiers. */
static void explain(struct diff_world *w, const struct diff_witness *wit, enum ir_dir dir,
		    bool reordered, struct diff_region *r)
{
	struct arena scratch;
	struct story s = {.w = w, .scratch = &scratch, .witness = wit, .dir = dir};
	enum ir_outcome outcomes[DIFF_N_SIDES];

	arena_init(&scratch);
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		const struct ir_flow *flow = &wit->flow[side];
		const struct ir *ir = view_of(w, (enum diff_side)side, subject_of(flow, dir)->ep);

		s.traces[side].arena = &scratch;
		outcomes[side] = ir_judge_dir(ir, flow, dir, &s.traces[side]);
	}
	if (may_differ(outcomes)) {
		add_side(&s, DIFF_OLD);
		add_side(&s, DIFF_NEW);
		if (reordered || outcomes[DIFF_OLD] != outcomes[DIFF_NEW] || has_edited(&s))
			keep(&s, r);
	}
	arena_fini(&scratch);
}

/* --- ends that are not there ----------------------------------------------------------------- */

static void add_missing(const struct diff_world *w, const struct diff_witness *wit,
			enum diff_side side, struct diff_region *r)
{
	const struct ir_flow *here = &wit->flow[side], *there = &wit->flow[!side];
	struct diff_cause cause = {.side = side, .witness = wit};

	cause.missing = (there->src.ep && !here->src.ep ? there->src.ep : there->dst.ep)->name;
	add_once(w, r, &cause);
}

/* --- all of a region ------------------------------------------------------------------------- */

static void explain_flow(struct diff_world *w, const struct diff_witness *wit,
			 struct diff_region *r)
{
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		if (wit->missing[side]) {
			add_missing(w, wit, (enum diff_side)side, r);
			return;
		}
	}
	/* As a packet meets them. */
	explain(w, wit, IR_EGRESS, false, r);
	explain(w, wit, IR_INGRESS, false, r);
	if (r->causes.n)
		return;
	explain(w, wit, IR_EGRESS, true, r);
	explain(w, wit, IR_INGRESS, true, r);
}

/* More than anybody reads of one region. */
enum { MAX_FLOWS = 32 };

void diff_find_causes(struct diff_world *w, const struct diff_clauses *clauses,
		      struct diff_region *r)
{
	struct diff_witness *wit = arena_new(w->arena, struct diff_witness);
	size_t n = 0;

	/* A region moves as its list grows. */
	*wit = r->witness;
	explain_flow(w, wit, r);
	if (!clauses)
		return;
	vec_each (const struct region_box *, changed, &clauses->changed) {
		const struct region_box *part;

		if (n == MAX_FLOWS)
			return;
		if (!region_box_meets(*changed, r->box) || region_box_covers(*changed, r->box))
			continue;
		part = region_box_and(&w->space, *changed, r->box);
		if (!w->ops->inhabited(w, part))
			continue;
		wit = arena_new(w->arena, struct diff_witness);
		diff_make_witness(w, part, r->witness.request, wit);
		explain_flow(w, wit, r);
		n++;
	}
}
