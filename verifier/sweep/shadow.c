/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `shadowed`: a rule that never decides, because for each of its flows an earlier tier has
 * decided or a rule of its tier comes first. `redundant`: a rule that decides, but only what
 * rules of the same rank and action say as well. Both name a minimal set of covering rules.
 */
#include "verifier/sweep/sweep.h"

/* Something that may decide in a rule's place: another rule, or the end of an earlier tier
 * that isolates its subjects. */
struct cover {
	const struct ir_rule *rule;
	const struct ir_tier *tier; /* whose end it is; NULL for a rule */
	bool equal;                 /* a rule of the same tier, rank and action */
	Z3_ast decides;
	Z3_ast literal; /* assumed: it does not decide */
};

struct covers {
	struct cover *v;
	size_t n, cap;
};

static void add_cover(struct sweep *s, struct covers *out, struct cover cover)
{
	const char *name = cover.rule ? arena_printf(s->arena, "rule.%u", cover.rule->id)
				      : arena_printf(s->arena, "tier.%u", cover.tier->id);

	cover.literal = smt_bool(&s->smt, name);
	vec_push(s->arena, out, cover);
}

/* --- what comes before a rule ----------------------------------------------------------------- */

/* The rules of a tier that can meet this rule's flows. */
static void collect_meeting(struct sweep *s, const struct ir_tier *tier, const struct ir_rule *rule,
			    struct rule_list *out)
{
	vec_each (struct ir_policy *, policy, &tier->policies) {
		if (!overlap_subjects(*policy, rule->policy))
			continue;
		vec_each (struct ir_rule *, other, &(*policy)->rules[rule->dir]) {
			if (*other != rule && s->states[(*other)->id] != RULE_EMPTY &&
			    overlap_rules(*other, rule))
				vec_push(s->arena, out, *other);
		}
	}
}

/* A rule of an earlier tier decides where it matches and no pass rule before it does. */
static Z3_ast decides_in_tier(struct sweep *s, const struct ir_rule *rule,
			      const struct rule_list *tier)
{
	struct terms all = {0};

	vec_push(s->arena, &all, world_rule(&s->world, rule));
	vec_each (const struct ir_rule *, other, tier) {
		if ((*other)->action == IR_PASS && sweep_rule_before(*other, rule))
			vec_push(s->arena, &all, smt_not(&s->smt, world_rule(&s->world, *other)));
	}
	return smt_and(&s->smt, &all);
}

/* A tier's end decides for isolated subjects where no rule of the tier matches. */
static void add_tier_end(struct sweep *s, const struct ir_tier *tier, const struct ir_rule *rule,
			 const struct rule_list *meeting, struct covers *out)
{
	struct terms governed = {0}, all = {0};

	vec_each (struct ir_policy *, policy, &tier->policies) {
		if ((*policy)->governs[rule->dir] && overlap_subjects(*policy, rule->policy))
			vec_push(s->arena, &governed,
				 world_isolates(&s->world, *policy, rule->dir, WORLD_SUBJECT));
	}
	if (tier->end != IR_DENY || !governed.n)
		return;
	vec_push(s->arena, &all, smt_or(&s->smt, &governed));
	vec_each (const struct ir_rule *, other, meeting)
		vec_push(s->arena, &all, smt_not(&s->smt, world_rule(&s->world, *other)));
	add_cover(s, out, (struct cover){.tier = tier, .decides = smt_and(&s->smt, &all)});
}

static void add_earlier_tier(struct sweep *s, const struct ir_tier *tier,
			     const struct ir_rule *rule, struct covers *out)
{
	struct rule_list meeting = {0};

	collect_meeting(s, tier, rule, &meeting);
	vec_each (const struct ir_rule *, other, &meeting) {
		if ((*other)->action != IR_PASS)
			add_cover(s, out,
				  (struct cover){.rule = *other,
						 .decides = decides_in_tier(s, *other, &meeting)});
	}
	add_tier_end(s, tier, rule, &meeting, out);
}

static void collect_earlier(struct sweep *s, const struct ir_rule *rule,
			    const struct rule_list *own_tier, struct covers *out)
{
	for (uint32_t i = 0; i < rule->policy->tier->id; i++)
		add_earlier_tier(s, s->ir->tiers.v[i], rule, out);
	vec_each (const struct ir_rule *, other, own_tier) {
		if (sweep_rule_before(*other, rule))
			add_cover(s, out,
				  (struct cover){.rule = *other,
						 .decides = world_rule(&s->world, *other)});
	}
}

/* Rules that would say the same in this rule's place, logging included. */
static size_t collect_equals(struct sweep *s, const struct ir_rule *rule,
			     const struct rule_list *own_tier, struct covers *out)
{
	size_t before = out->n;

	vec_each (const struct ir_rule *, other, own_tier) {
		if ((*other)->rank == rule->rank && (*other)->action == rule->action &&
		    s->states[(*other)->id] == RULE_LIVE && ((*other)->log || !rule->log))
			add_cover(s, out,
				  (struct cover){.rule = *other,
						 .equal = true,
						 .decides = world_rule(&s->world, *other)});
	}
	return out->n - before;
}

/* --- the question ---------------------------------------------------------------------------- */

/* Do the covers take every flow of the rule? SMT_NO is the solver's "no flow is left"; the
 * covers to blame are then moved to the front of the list and counted in `n_blamed`. */
static enum smt_answer anything_left(struct sweep *s, const struct ir_rule *rule,
				     struct covers *covers, size_t *n_blamed)
{
	struct terms assumptions = {0}, core = {0};
	enum smt_answer r;

	smt_push(&s->smt);
	smt_assert(&s->smt, world_rule(&s->world, rule));
	vec_each (const struct cover, c, covers) {
		smt_assert(&s->smt, smt_implies(&s->smt, c->literal, smt_not(&s->smt, c->decides)));
		vec_push(s->arena, &assumptions, c->literal);
	}
	r = smt_minimal_core(&s->smt, &assumptions, &core);
	smt_pop(&s->smt, 1);
	*n_blamed = 0;
	for (size_t i = 0; i < covers->n && r == SMT_NO; i++) {
		for (size_t k = 0; k < core.n; k++) {
			if (core.v[k] == covers->v[i].literal) {
				struct cover tmp = covers->v[*n_blamed];

				covers->v[(*n_blamed)++] = covers->v[i];
				covers->v[i] = tmp;
				break;
			}
		}
	}
	return r;
}

/* A flow that the rule matches and, if it is but redundant, that comes to its rank at all. */
static enum smt_answer find_witness(struct sweep *s, const struct ir_rule *rule, enum check_id id,
				    const struct covers *covers, size_t n_blamed,
				    struct witness *out)
{
	struct rule_list involved = {0};
	enum smt_answer r;

	vec_push(s->arena, &involved, rule);
	for (size_t i = 0; i < n_blamed; i++) {
		if (covers->v[i].rule)
			vec_push(s->arena, &involved, covers->v[i].rule);
	}
	smt_push(&s->smt);
	smt_assert(&s->smt, world_rule(&s->world, rule));
	vec_each (const struct cover, c, covers) {
		if (id == CHECK_ID_REDUNDANT && !c->equal)
			smt_assert(&s->smt, smt_not(&s->smt, c->decides));
	}
	r = witness_find(&s->world, rule->dir, &involved, out);
	smt_pop(&s->smt, 1);
	return r;
}

/* --- findings -------------------------------------------------------------------------------- */

/* The interpreter must agree: the rule applies to the flow, and an earlier tier or a rule
 * before it decides; or, if it is but redundant, another of its rank and action applies too. */
static bool confirms(struct sweep *s, const struct witness *wit, const struct ir_rule *rule,
		     enum check_id id)
{
	struct ir_trace trace = {.arena = s->arena};
	const struct ir_step *step = NULL;

	if (!witness_confirms(wit, rule))
		return false;
	ir_eval_dir(s->ir, &wit->flow, rule->dir, &trace);
	vec_each (const struct ir_step, it, &trace.steps) {
		if (it->tier == rule->policy->tier)
			step = it;
	}
	if (id == CHECK_ID_SHADOWED)
		return step ? sweep_rule_before(step->rule, rule) : trace.steps.n > 0;
	if (!step || sweep_rule_before(step->rule, rule))
		return false;
	vec_each (const struct ir_rule *, other, &step->matched) {
		if (*other != rule && (*other)->rank == rule->rank &&
		    (*other)->action == rule->action)
			return true;
	}
	return false;
}

static void note_cover(struct sweep *s, struct diag_item *item, const struct cover *cover,
		       bool only)
{
	const char *share = only ? "all" : "part";

	if (cover->tier)
		sweep_note(s, item, cover->tier->loc,
			   "tier %s decides %s of it: it ends in deny for its subjects",
			   cover->tier->name, share);
	else if (cover->equal)
		sweep_note(s, item, cover->rule->loc, "%s says the same for %s of it",
			   sweep_rule_text(s, cover->rule), share);
	else
		sweep_note(s, item, cover->rule->loc, "%s in tier %s, rank %u, decides %s of it",
			   sweep_rule_text(s, cover->rule), cover->rule->policy->tier->name,
			   cover->rule->rank, share);
}

static void report(struct sweep *s, const struct ir_rule *rule, enum check_id id,
		   const struct covers *covers, size_t n_blamed)
{
	const char *text =
		id == CHECK_ID_SHADOWED
			? "%s can never decide: every flow it matches is decided before it"
			: "%s changes nothing: other rules say the same for every flow "
			  "it matches";
	struct diag_item *item;
	struct witness wit;
	enum smt_answer r = find_witness(s, rule, id, covers, n_blamed, &wit);

	if (r != SMT_YES) {
		sweep_undecided(s, id, rule->loc, r);
		return;
	}
	if (!confirms(s, &wit, rule, id)) {
		sweep_unconfirmed(s, id, rule->loc, witness_text(&s->world, &wit));
		return;
	}
	item = sweep_report(s, id, rule->loc, text, sweep_rule_text(s, rule));
	for (size_t i = 0; i < n_blamed; i++)
		note_cover(s, item, &covers->v[i], n_blamed == 1);
	sweep_note(s, item, LOC_NONE, "for example %s", witness_text(&s->world, &wit));
}

static void settle(struct sweep *s, const struct ir_rule *rule, enum check_id id,
		   struct covers *covers)
{
	size_t n_blamed;
	enum smt_answer r = anything_left(s, rule, covers, &n_blamed);

	if (r == SMT_NO) {
		s->states[rule->id] = id == CHECK_ID_SHADOWED ? RULE_SHADOWED : RULE_REDUNDANT;
		if (s->options->levels[id] != CHECK_OFF)
			report(s, rule, id, covers, n_blamed);
	} else if (r != SMT_YES) {
		sweep_undecided(s, id, rule->loc, r);
	}
}

static void check_rule(struct sweep *s, const struct ir_rule *rule)
{
	struct rule_list own_tier = {0};
	struct covers covers = {0};

	collect_meeting(s, rule->policy->tier, rule, &own_tier);
	collect_earlier(s, rule, &own_tier, &covers);
	if (covers.n)
		settle(s, rule, CHECK_ID_SHADOWED, &covers);
	if (s->states[rule->id] == RULE_LIVE && !s->err &&
	    s->options->levels[CHECK_ID_REDUNDANT] != CHECK_OFF &&
	    collect_equals(s, rule, &own_tier, &covers))
		settle(s, rule, CHECK_ID_REDUNDANT, &covers);
}

/* From the last rule to the first, so that of two equal rules the later one is redundant. */
void sweep_shadows(struct sweep *s)
{
	for (size_t i = s->ir->rules.n; i-- > 0 && !s->err;) {
		if (s->states[i] == RULE_LIVE)
			check_rule(s, s->ir->rules.v[i]);
	}
}
