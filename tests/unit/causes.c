/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/causes.h"

#include <string.h>

#include "tests/unit/asks.h"
#include "tests/unit/unit.h"

/* The traces of one direction of a witness. */
struct traces {
	const struct diff_witness *witness;
	struct ir_trace of[DIFF_N_SIDES];
	enum ir_outcome outcomes[DIFF_N_SIDES];
};

static bool belongs(const struct ir *ir, const struct diff_cause *c)
{
	bool rule = !c->rule;

	if (ir->policies.v[c->policy->id] != c->policy)
		return false;
	vec_each (struct ir_rule *, r, &c->policy->rules[c->dir])
		rule |= *r == c->rule;
	return rule;
}

static bool governs(const struct ir_step *step, const struct ir_policy *policy)
{
	vec_each (const struct ir_policy *, p, &step->governing)
		if (*p == policy)
			return true;
	return false;
}

static bool matched(const struct ir_step *step, const struct ir_rule *rule)
{
	vec_each (const struct ir_rule *, r, &step->matched)
		if (*r == rule)
			return true;
	return false;
}

/* Its entry decides about the request, or no entry of any does. */
static bool judges(const struct ir_step *step, const struct ir_rule *rule)
{
	if (step->judgement.rule)
		return step->judgement.rule == rule;
	return rule && ir_step_asks(step, rule) && matched(step, rule);
}

/* The rule wins in its tier, or the policy isolates where nothing wins. */
static bool decides(const struct ir_trace *trace, const struct diff_cause *c)
{
	vec_each (const struct ir_step, step, &trace->steps) {
		if (step->tier == c->policy->tier && step->asks)
			return judges(step, c->rule);
		if (step->tier == c->policy->tier)
			return step->rule == c->rule &&
			       (c->rule || (step->action == IR_DENY && governs(step, c->policy)));
	}
	return false;
}

/* As far as the trace goes, is there the like of it? Of an isolation, where it decides. */
static bool has_like(const struct ir_trace *trace, const struct diff_cause *c)
{
	vec_each (const struct ir_step, step, &trace->steps) {
		if (strcmp(step->tier->name, c->policy->tier->name) != 0)
			continue;
		if (!c->rule && !step->rule && step->action == IR_DENY)
			return true;
		vec_each (const struct ir_rule *, rule, &step->matched) {
			if (c->rule && (*rule)->rank == c->rule->rank &&
			    (*rule)->action == c->rule->action && asks_same(*rule, c->rule))
				return true;
		}
	}
	return false;
}

static bool reaches(const struct ir_trace *trace, const struct ir_tier *tier)
{
	vec_each (const struct ir_step, step, &trace->steps)
		if (strcmp(step->tier->name, tier->name) == 0)
			return true;
	return false;
}

static void trace(const struct ir *const ir[DIFF_N_SIDES], struct arena *arena, enum ir_dir dir,
		  struct traces *out)
{
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		out->of[side] = (struct ir_trace){.arena = arena};
		out->outcomes[side] =
			ir_judge_dir(ir[side], &out->witness->flow[side], dir, &out->of[side]);
	}
}

static const char *fault_of(const struct ir *const ir[DIFF_N_SIDES], const struct traces *t,
			    const struct diff_cause *c)
{
	if (t->outcomes[DIFF_OLD] == t->outcomes[DIFF_NEW] &&
	    t->outcomes[DIFF_OLD] != IR_OUTCOME_REDIRECT)
		return "its direction did not change";
	if (!belongs(ir[c->side], c))
		return "its side does not have it";
	if (!decides(&t->of[c->side], c))
		return "it does not decide";
	return !c->both && has_like(&t->of[!c->side], c) ? "the other side has its like" : NULL;
}

static const char *fault(const struct ir *const ir[DIFF_N_SIDES], const struct diff_cause *c,
			 struct causes_seen *seen)
{
	struct traces t = {.witness = c->witness};
	struct arena arena;
	const char *out;

	seen->n++;
	seen->both += c->both;
	if (c->missing)
		return c->witness->missing[c->side] ? NULL : "the end is there";
	arena_init(&arena);
	trace(ir, &arena, c->dir, &t);
	out = fault_of(ir, &t, c);
	arena_fini(&arena);
	return out;
}

static bool names(const struct diff_region *r, enum diff_side side, const struct ir_rule *rule)
{
	vec_each (const struct diff_cause, c, &r->causes)
		if (c->side == side && c->rule == rule)
			return true;
	return false;
}

/* A rule that decides about the witness, in a tier where the other side has none like it. */
static bool forgets(const struct diff_region *r, enum diff_side side, enum ir_dir dir,
		    const struct traces *t)
{
	const struct ir_trace *own = &t->of[side], *other = &t->of[!side];
	const struct ir_step *last = own->steps.n ? &own->steps.v[own->steps.n - 1] : NULL;
	struct diff_cause like = {.side = side, .dir = dir};

	if (!last || !last->rule || last->action == IR_PASS || !reaches(other, last->tier))
		return false;
	like.rule = last->judgement.rule ? last->judgement.rule : last->rule;
	like.policy = like.rule->policy;
	return !has_like(other, &like) && !names(r, side, like.rule);
}

static bool forgets_any(const struct ir *const ir[DIFF_N_SIDES], const struct diff_region *r)
{
	struct traces t = {.witness = &r->witness};
	struct arena arena;
	bool out = false;

	if (r->witness.missing[DIFF_OLD] || r->witness.missing[DIFF_NEW])
		return false;
	arena_init(&arena);
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		trace(ir, &arena, dir, &t);
		if (t.outcomes[DIFF_OLD] != t.outcomes[DIFF_NEW])
			out |= forgets(r, DIFF_OLD, dir, &t) || forgets(r, DIFF_NEW, dir, &t);
	}
	arena_fini(&arena);
	return out;
}

bool causes_hold(const struct diff *d, const struct ir *const ir[DIFF_N_SIDES],
		 struct causes_seen *seen)
{
	const struct diff_regions *all[] = {&d->added, &d->removed, &d->undecided};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		vec_each (const struct diff_region, r, &all[i]->list) {
			const char *what = r->causes.n ? NULL : "there is none";

			if (forgets_any(ir, r))
				what = "a rule is not named that only one side has";
			if (!what && strcmp(r->causes.v[0].witness->from, r->witness.from) != 0)
				what = "the first is not that of the witness";
			vec_each (const struct diff_cause, c, &r->causes)
				what = what ? what : fault(ir, c, seen);
			if (!what)
				continue;
			print_message("# the cause of %s to %s on %s: %s\n", r->from.text,
				      r->to.text, r->ports_text, what);
			return false;
		}
	}
	return true;
}
