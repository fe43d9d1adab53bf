/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `shadowed`: a rule that never decides, because for each of its flows an earlier tier has
 * decided or a rule of its tier comes first. `redundant`: a rule that decides, but only what
 * rules of the same rank and action say as well. Both name a minimal set of covering rules.
 */
#include "compiler/ir/order.h"
#include "verifier/sweep/points.h"
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

static struct cover *add_cover(struct sweep *s, struct covers *out, struct cover cover)
{
	const char *name = cover.rule ? arena_printf(s->arena, "rule.%u", cover.rule->id)
				      : arena_printf(s->arena, "tier.%u", cover.tier->id);

	cover.literal = smt_bool(&s->smt, name);
	vec_push(s->arena, out, cover);
	return &out->v[out->n - 1];
}

/* --- what comes before a rule ----------------------------------------------------------------- */

/* A rule, and by tier, up to its own, the rules that can meet its flows. */
struct scene {
	const struct ir_rule *rule;
	struct rule_list *tiers;
};

static void set_scene(struct sweep *s, const struct ir_rule *rule, struct scene *out)
{
	uint32_t n = rule->policy->tier->id + 1;

	*out = (struct scene){.rule = rule, .tiers = arena_array(s->arena, struct rule_list, n)};
	for (uint32_t i = 0; i < n; i++) {
		struct rule_list all = {0};

		sweep_index_meeting(&s->index, s->ir->tiers.v[i], rule, s->arena, &all);
		vec_each (const struct ir_rule *, other, &all)
			if (s->states[(*other)->id] != RULE_EMPTY)
				vec_push(s->arena, &out->tiers[i], *other);
	}
}

static struct rule_list *own_tier(const struct scene *scene)
{
	return &scene->tiers[scene->rule->policy->tier->id];
}

/* A rule of an earlier tier decides where it matches and no pass rule before it does. */
static Z3_ast decides_in_tier(struct sweep *s, const struct ir_rule *rule,
			      const struct rule_list *tier)
{
	struct terms all = {0};

	vec_push(s->arena, &all, world_rule(&s->world, rule));
	vec_each (const struct ir_rule *, other, tier) {
		if ((*other)->action == IR_PASS && ir_rule_before(*other, rule))
			vec_push(s->arena, &all, smt_not(&s->smt, world_rule(&s->world, *other)));
	}
	return smt_and(&s->smt, &all);
}

/* Another rule, which comes before the scene's or is its equal. */
static void add_rule(struct sweep *s, const struct scene *scene, const struct ir_rule *other,
		     bool equal, struct covers *out)
{
	bool own = other->policy->tier == scene->rule->policy->tier;
	Z3_ast decides = own ? world_rule(&s->world, other)
			     : decides_in_tier(s, other, &scene->tiers[other->policy->tier->id]);

	add_cover(s, out, (struct cover){.rule = other, .equal = equal, .decides = decides});
}

/* A tier's end decides for isolated subjects where no rule of the tier matches. */
static void add_tier_end(struct sweep *s, const struct scene *scene, const struct ir_tier *tier,
			 struct covers *out)
{
	struct terms governed = {0}, all = {0};
	const struct ir_rule *rule = scene->rule;

	vec_each (struct ir_policy *, policy, &tier->policies) {
		if ((*policy)->governs[rule->dir] && overlap_subjects(*policy, rule->policy))
			vec_push(s->arena, &governed,
				 world_isolates(&s->world, *policy, rule->dir, WORLD_SUBJECT));
	}
	if (tier->end != IR_DENY || !governed.n)
		return;
	vec_push(s->arena, &all, smt_or(&s->smt, &governed));
	vec_each (const struct ir_rule *, other, &scene->tiers[tier->id])
		vec_push(s->arena, &all, smt_not(&s->smt, world_rule(&s->world, *other)));
	add_cover(s, out, (struct cover){.tier = tier, .decides = smt_and(&s->smt, &all)});
}

/* Everybody who may decide before the rule. */
static void collect_earlier(struct sweep *s, const struct scene *scene, struct covers *out)
{
	const struct ir_rule *rule = scene->rule;

	for (uint32_t i = 0; i < rule->policy->tier->id; i++) {
		vec_each (const struct ir_rule *, other, &scene->tiers[i])
			if ((*other)->action != IR_PASS)
				add_rule(s, scene, *other, false, out);
		add_tier_end(s, scene, s->ir->tiers.v[i], out);
	}
	vec_each (const struct ir_rule *, other, own_tier(scene))
		if (ir_rule_before(*other, rule))
			add_rule(s, scene, *other, false, out);
}

/* Would the other rule say the same in this one's place, logging included? */
static bool is_equal(const struct sweep *s, const struct ir_rule *other, const struct ir_rule *rule)
{
	return other->rank == rule->rank && other->action == rule->action &&
	       s->states[other->id] == RULE_LIVE && (other->log || !rule->log);
}

static size_t collect_equals(struct sweep *s, const struct scene *scene, struct covers *out)
{
	size_t before = out->n;

	vec_each (const struct ir_rule *, other, own_tier(scene))
		if (is_equal(s, *other, scene->rule))
			add_rule(s, scene, *other, true, out);
	return out->n - before;
}

/* --- points --------------------------------------------------------------------------------------
 */

/* Who comes before a rule, or is its equal, at one flow. */
struct taker {
	const struct ir_rule *rule;
	const struct ir_tier *tier; /* whose end it is */
	bool equal;
};

/* What the points of a rule tell. */
struct survey {
	struct points points;
	struct covers takers;          /* distinct, with no terms yet */
	const struct witness *met;     /* a flow that the rule matches */
	const struct witness *reached; /* one that comes to its rank; an equal has it, too */
	struct point_port met_port, reached_port;
	bool live; /* at some flow it decides, and nobody would in its place */
};

static void list_matching(struct sweep *s, const struct scene *scene, const struct witness *point,
			  struct rule_list *tiers, struct rule_list *all)
{
	for (uint32_t i = 0; i <= scene->rule->policy->tier->id; i++) {
		tiers[i].n = 0;
		vec_each (const struct ir_rule *, other, &scene->tiers[i]) {
			if (!points_ends_match(*other, point))
				continue;
			vec_push(s->arena, &tiers[i], *other);
			vec_push(s->arena, all, *other);
		}
	}
}

static const struct ir_rule *first_match(const struct rule_list *rules, const struct ir_flow *flow)
{
	const struct ir_rule *first = NULL;

	vec_each (const struct ir_rule *, rule, rules)
		if ((!first || ir_rule_before(*rule, first)) && ir_rule_matches(*rule, flow))
			first = *rule;
	return first;
}

static bool tier_ends(const struct ir_tier *tier, const struct witness *point)
{
	const struct ir_end *peer = point->dir == IR_INGRESS ? &point->flow.src : &point->flow.dst;

	if (tier->end != IR_DENY)
		return false;
	vec_each (struct ir_policy *, policy, &tier->policies)
		if ((*policy)->governs[point->dir] &&
		    !((*policy)->spares_node && peer->ep && peer->ep->node) &&
		    ir_policy_selects(*policy, &point->subject))
			return true;
	return false;
}

/* Who takes the flow of the point: somebody who comes before the rule, else an equal, else NULLs.
 */
static struct taker find_taker(struct sweep *s, const struct scene *scene,
			       const struct witness *point, const struct rule_list *tiers)
{
	const struct ir_rule *rule = scene->rule, *first;
	uint32_t own = rule->policy->tier->id;

	for (uint32_t i = 0; i < own; i++) {
		first = first_match(&tiers[i], &point->flow);
		if (first && first->action != IR_PASS)
			return (struct taker){.rule = first};
		if (!first && tier_ends(s->ir->tiers.v[i], point))
			return (struct taker){.tier = s->ir->tiers.v[i]};
	}
	first = first_match(&tiers[own], &point->flow);
	if (first && ir_rule_before(first, rule))
		return (struct taker){.rule = first};
	vec_each (const struct ir_rule *, other, &tiers[own])
		if (is_equal(s, *other, rule) && ir_rule_matches(*other, &point->flow))
			return (struct taker){.rule = *other, .equal = true};
	return (struct taker){0};
}

static void note_taker(struct sweep *s, struct survey *v, const struct taker *t)
{
	vec_each (const struct cover, c, &v->takers)
		if (c->rule == t->rule && c->tier == t->tier)
			return;
	vec_push(s->arena, &v->takers,
		 (struct cover){.rule = t->rule, .tier = t->tier, .equal = t->equal});
}

static void survey_point(struct sweep *s, const struct scene *scene, struct survey *v,
			 struct witness *point, struct rule_list *tiers)
{
	const struct ir_end *peer = point->dir == IR_INGRESS ? &point->flow.src : &point->flow.dst;
	struct rule_list all = {0};
	struct point_ports ports = {0};

	list_matching(s, scene, point, tiers, &all);
	points_ports(scene->rule, &all, peer->addr.family, s->arena, &ports);
	vec_each (const struct point_port, port, &ports.list) {
		struct taker taker;

		point->flow.proto = port->proto;
		point->flow.port = port->port;
		if (!v->met) {
			v->met = point;
			v->met_port = *port;
		}
		taker = find_taker(s, scene, point, tiers);
		v->live = !taker.rule && !taker.tier;
		if (v->live)
			return;
		if (taker.equal && !v->reached) {
			v->reached = point;
			v->reached_port = *port;
		}
		note_taker(s, v, &taker);
	}
}

static void survey_rule(struct sweep *s, const struct scene *scene, struct survey *v)
{
	struct rule_list *tiers =
		arena_array(s->arena, struct rule_list, scene->rule->policy->tier->id + 1);

	v->takers = (struct covers){0};
	v->met = v->reached = NULL;
	v->live = false;
	points_of_rule(&v->points, s->ir, scene->rule, s->arena);
	for (size_t i = 0; i < v->points.n && !v->live; i++)
		survey_point(s, scene, v, &v->points.v[i], tiers);
}

/* The takers as covers that the solver knows. */
static void collect_takers(struct sweep *s, const struct scene *scene, const struct survey *v,
			   struct covers *out)
{
	vec_each (const struct cover, t, &v->takers) {
		if (t->rule)
			add_rule(s, scene, t->rule, t->equal, out);
		else
			add_tier_end(s, scene, t->tier, out);
	}
}

/* --- the question ---------------------------------------------------------------------------- */

/* One rule that takes every flow by itself, where their texts show it; it moves to the front. Not
 * one of an earlier tier, where a pass could come before it. */
static bool one_takes_all(const struct ir_rule *rule, struct covers *covers)
{
	for (size_t i = 0; i < covers->n; i++) {
		const struct cover c = covers->v[i];

		if (!c.rule || c.rule->policy->tier != rule->policy->tier ||
		    !overlap_contains(c.rule, rule))
			continue;
		covers->v[i] = covers->v[0];
		covers->v[0] = c;
		return true;
	}
	return false;
}

/* Do the covers take every flow of the rule? SMT_NO is the solver's "no flow is left"; the
 * covers to blame are then moved to the front of the list and counted in `n_blamed`. */
static enum smt_answer anything_left(struct sweep *s, const struct ir_rule *rule,
				     struct covers *covers, size_t *n_blamed)
{
	struct terms assumptions = {0}, core = {0};
	enum smt_answer r;

	*n_blamed = 1;
	if (one_takes_all(rule, covers))
		return SMT_NO;
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
		return step ? ir_rule_before(step->rule, rule) : trace.steps.n > 0;
	if (!step || ir_rule_before(step->rule, rule))
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

/* What shows the finding: a flow of a point, or what the solver finds. */
static enum smt_answer show(struct sweep *s, const struct ir_rule *rule, enum check_id id,
			    const struct covers *covers, size_t n_blamed, struct survey *v,
			    struct witness *own, const struct witness **out)
{
	const struct point_port *port = id == CHECK_ID_SHADOWED ? &v->met_port : &v->reached_port;
	struct witness *point;

	*out = id == CHECK_ID_SHADOWED ? v->met : v->reached;
	if (!*out) {
		*out = own;
		return find_witness(s, rule, id, covers, n_blamed, own);
	}
	point = &v->points.v[*out - v->points.v];
	point->flow.proto = port->proto;
	point->flow.port = port->port;
	point->show_addr = false;
	for (size_t i = 0; i < n_blamed; i++)
		if (covers->v[i].rule)
			point->show_addr |= witness_looks_at_addresses(covers->v[i].rule);
	point->show_addr |= witness_looks_at_addresses(rule);
	return SMT_YES;
}

static void report(struct sweep *s, const struct ir_rule *rule, enum check_id id,
		   const struct covers *covers, size_t n_blamed, struct survey *v)
{
	const char *text =
		id == CHECK_ID_SHADOWED
			? "%s can never decide: every flow it matches is decided before it"
			: "%s changes nothing: other rules say the same for every flow "
			  "it matches";
	const struct witness *wit;
	struct diag_item *item;
	struct witness own;
	enum smt_answer r = show(s, rule, id, covers, n_blamed, v, &own, &wit);

	if (r != SMT_YES) {
		sweep_undecided(s, id, rule->loc, r);
		return;
	}
	if (!confirms(s, wit, rule, id)) {
		sweep_unconfirmed(s, id, rule->loc, witness_text(&s->world, wit));
		return;
	}
	item = sweep_report(s, id, rule->loc, text, sweep_rule_text(s, rule));
	for (size_t i = 0; i < n_blamed; i++)
		note_cover(s, item, &covers->v[i], n_blamed == 1);
	sweep_note(s, item, LOC_NONE, "for example %s", witness_text(&s->world, wit));
}

/* True: the covers take every flow of the rule, which is told. */
static bool settle(struct sweep *s, const struct ir_rule *rule, enum check_id id,
		   struct covers *covers, struct survey *v, bool last_word)
{
	size_t n_blamed;
	enum smt_answer r = anything_left(s, rule, covers, &n_blamed);

	if (r == SMT_NO) {
		s->states[rule->id] = id == CHECK_ID_SHADOWED ? RULE_SHADOWED : RULE_REDUNDANT;
		if (s->options->levels[id] != CHECK_OFF)
			report(s, rule, id, covers, n_blamed, v);
		return true;
	}
	if (r != SMT_YES && (last_word || r == SMT_ERROR))
		sweep_undecided(s, id, rule->loc, r);
	return false;
}

/* The solver's question with the takers of the points alone, and if that is not enough with all
 * that can meet the rule. */
static void settle_by_points(struct sweep *s, const struct scene *scene, enum check_id id,
			     struct survey *v)
{
	struct covers takers = {0}, all = {0};

	collect_takers(s, scene, v, &takers);
	if (takers.n && settle(s, scene->rule, id, &takers, v, false))
		return;
	if (s->err)
		return;
	collect_earlier(s, scene, &all);
	if (id == CHECK_ID_REDUNDANT && !collect_equals(s, scene, &all))
		return;
	if (all.n)
		settle(s, scene->rule, id, &all, v, true);
}

static void check_rule(struct sweep *s, const struct ir_rule *rule, struct survey *v)
{
	bool redundant = s->options->levels[CHECK_ID_REDUNDANT] != CHECK_OFF ||
			 s->options->levels[CHECK_ID_REDUNDANT_POLICY] != CHECK_OFF;
	struct scene scene;

	set_scene(s, rule, &scene);
	survey_rule(s, &scene, v);
	if (v->live)
		return;
	if (!v->reached)
		settle_by_points(s, &scene, CHECK_ID_SHADOWED, v);
	if (redundant && s->states[rule->id] == RULE_LIVE && !s->err)
		settle_by_points(s, &scene, CHECK_ID_REDUNDANT, v);
}

/* From the last rule to the first, so that of two equal rules the later one is redundant. What a
 * rule needs of memory goes with it. */
void sweep_shadows(struct sweep *s)
{
	struct survey *survey = arena_new(s->arena, struct survey);
	struct arena *outer = s->arena, scratch;

	if (s->shadows_known)
		return;
	s->shadows_known = true;
	for (size_t i = s->ir->rules.n; i-- > 0 && !s->err;) {
		if (s->states[i] != RULE_LIVE)
			continue;
		arena_init(&scratch);
		s->arena = &scratch;
		sweep_about(s, s->ir->rules.v[i], NULL);
		check_rule(s, s->ir->rules.v[i], survey);
		s->arena = outer;
		arena_fini(&scratch);
	}
}
