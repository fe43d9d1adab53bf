/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `shadowed`: a rule that never decides, because for each of its flows an earlier tier has
 * decided or a rule of its tier comes first. `redundant`: a rule that decides, but only what
 * rules of the same rank and action say as well. Both name a minimal set of covering rules.
 */
#include "compiler/ir/order.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/engine/overlap.h"
#include "verifier/check/engine/points.h"

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

static struct cover *add_cover(struct checker *c, struct covers *out, struct cover cover)
{
	const char *name = cover.rule ? arena_printf(c->arena, "rule.%u", cover.rule->id)
				      : arena_printf(c->arena, "tier.%u", cover.tier->id);

	cover.literal = smt_bool(&c->smt, name);
	vec_push(c->arena, out, cover);
	return &out->v[out->n - 1];
}

/* --- what comes before a rule ----------------------------------------------------------------- */

/* A rule, and by tier, up to its own, the rules that can meet its flows. */
struct rivals {
	const struct ir_rule *rule;
	struct rule_list *tiers;
};

static void find_rivals(struct checker *c, const struct ir_rule *rule, struct rivals *out)
{
	uint32_t n = rule->policy->tier->id + 1;

	*out = (struct rivals){.rule = rule, .tiers = arena_array(c->arena, struct rule_list, n)};
	for (uint32_t i = 0; i < n; i++) {
		struct rule_list all = {0};

		rule_index_meeting(&c->index, c->ir->tiers.v[i], rule, c->arena, &all);
		vec_each (const struct ir_rule *, other, &all)
			if (c->states[(*other)->id] != RULE_EMPTY)
				vec_push(c->arena, &out->tiers[i], *other);
	}
}

static struct rule_list *own_tier(const struct rivals *rivals)
{
	return &rivals->tiers[rivals->rule->policy->tier->id];
}

/* A rule of an earlier tier decides where it matches and no pass rule before it does. */
static Z3_ast decides_in_tier(struct checker *c, const struct ir_rule *rule,
			      const struct rule_list *tier)
{
	struct terms all = {0};

	vec_push(c->arena, &all, encode_rule(&c->encoding, rule));
	vec_each (const struct ir_rule *, other, tier) {
		if ((*other)->action == IR_PASS && ir_rule_before(*other, rule))
			vec_push(c->arena, &all,
				 smt_not(&c->smt, encode_rule(&c->encoding, *other)));
	}
	return smt_and(&c->smt, &all);
}

/* Another rule, which comes before the one at hand or is its equal. */
static void add_rule(struct checker *c, const struct rivals *rivals, const struct ir_rule *other,
		     bool equal, struct covers *out)
{
	bool own = other->policy->tier == rivals->rule->policy->tier;
	Z3_ast decides = own ? encode_rule(&c->encoding, other)
			     : decides_in_tier(c, other, &rivals->tiers[other->policy->tier->id]);

	add_cover(c, out, (struct cover){.rule = other, .equal = equal, .decides = decides});
}

/* A tier's end decides for isolated subjects where no rule of the tier matches. */
static void add_tier_end(struct checker *c, const struct rivals *rivals, const struct ir_tier *tier,
			 struct covers *out)
{
	struct terms governed = {0}, all = {0};
	const struct ir_rule *rule = rivals->rule;

	vec_each (struct ir_policy *, policy, &tier->policies) {
		if ((*policy)->governs[rule->dir] && overlap_subjects(*policy, rule->policy))
			vec_push(c->arena, &governed,
				 encode_isolates(&c->encoding, *policy, rule->dir, SMT_SUBJECT));
	}
	if (tier->end != IR_DENY || !governed.n)
		return;
	vec_push(c->arena, &all, smt_or(&c->smt, &governed));
	vec_each (const struct ir_rule *, other, &rivals->tiers[tier->id])
		vec_push(c->arena, &all, smt_not(&c->smt, encode_rule(&c->encoding, *other)));
	add_cover(c, out, (struct cover){.tier = tier, .decides = smt_and(&c->smt, &all)});
}

/* Everybody who may decide before the rule. */
static void collect_earlier(struct checker *c, const struct rivals *rivals, struct covers *out)
{
	const struct ir_rule *rule = rivals->rule;

	for (uint32_t i = 0; i < rule->policy->tier->id; i++) {
		vec_each (const struct ir_rule *, other, &rivals->tiers[i])
			if ((*other)->action != IR_PASS)
				add_rule(c, rivals, *other, false, out);
		add_tier_end(c, rivals, c->ir->tiers.v[i], out);
	}
	vec_each (const struct ir_rule *, other, own_tier(rivals))
		if (ir_rule_before(*other, rule))
			add_rule(c, rivals, *other, false, out);
}

/* Would the other rule say the same in this one's place, logging included? */
static bool is_equal(const struct checker *c, const struct ir_rule *other,
		     const struct ir_rule *rule)
{
	return other->rank == rule->rank && other->action == rule->action &&
	       c->states[other->id] == RULE_LIVE && (other->log || !rule->log);
}

static size_t collect_equals(struct checker *c, const struct rivals *rivals, struct covers *out)
{
	size_t before = out->n;

	vec_each (const struct ir_rule *, other, own_tier(rivals))
		if (is_equal(c, *other, rivals->rule))
			add_rule(c, rivals, *other, true, out);
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
struct evidence {
	struct points points;
	struct covers takers;          /* distinct, with no terms yet */
	const struct witness *met;     /* a flow that the rule matches */
	const struct witness *reached; /* one that comes to its rank; an equal has it, too */
	struct point_port met_port, reached_port;
	bool live; /* at some flow it decides, and nobody would in its place */
};

static void list_matching(struct checker *c, const struct rivals *rivals,
			  const struct witness *point, struct rule_list *tiers,
			  struct rule_list *all)
{
	for (uint32_t i = 0; i <= rivals->rule->policy->tier->id; i++) {
		tiers[i].n = 0;
		vec_each (const struct ir_rule *, other, &rivals->tiers[i]) {
			if (!points_ends_match(*other, point))
				continue;
			vec_push(c->arena, &tiers[i], *other);
			vec_push(c->arena, all, *other);
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
static struct taker find_taker(struct checker *c, const struct rivals *rivals,
			       const struct witness *point, const struct rule_list *tiers)
{
	const struct ir_rule *rule = rivals->rule, *first;
	uint32_t own = rule->policy->tier->id;

	for (uint32_t i = 0; i < own; i++) {
		first = first_match(&tiers[i], &point->flow);
		if (first && first->action != IR_PASS)
			return (struct taker){.rule = first};
		if (!first && tier_ends(c->ir->tiers.v[i], point))
			return (struct taker){.tier = c->ir->tiers.v[i]};
	}
	first = first_match(&tiers[own], &point->flow);
	if (first && ir_rule_before(first, rule))
		return (struct taker){.rule = first};
	vec_each (const struct ir_rule *, other, &tiers[own])
		if (is_equal(c, *other, rule) && ir_rule_matches(*other, &point->flow))
			return (struct taker){.rule = *other, .equal = true};
	return (struct taker){0};
}

static void note_taker(struct checker *c, struct evidence *v, const struct taker *t)
{
	vec_each (const struct cover, cover, &v->takers)
		if (cover->rule == t->rule && cover->tier == t->tier)
			return;
	vec_push(c->arena, &v->takers,
		 (struct cover){.rule = t->rule, .tier = t->tier, .equal = t->equal});
}

static void try_point(struct checker *c, const struct rivals *rivals, struct evidence *v,
		      struct witness *point, struct rule_list *tiers)
{
	const struct ir_end *peer = point->dir == IR_INGRESS ? &point->flow.src : &point->flow.dst;
	struct rule_list all = {0};
	struct point_ports ports = {0};

	list_matching(c, rivals, point, tiers, &all);
	points_ports(rivals->rule, &all, peer->addr.family, c->arena, &ports);
	vec_each (const struct point_port, port, &ports.list) {
		struct taker taker;

		point->flow.proto = port->proto;
		point->flow.port = port->port;
		if (!v->met) {
			v->met = point;
			v->met_port = *port;
		}
		taker = find_taker(c, rivals, point, tiers);
		v->live = !taker.rule && !taker.tier;
		if (v->live)
			return;
		if (taker.equal && !v->reached) {
			v->reached = point;
			v->reached_port = *port;
		}
		note_taker(c, v, &taker);
	}
}

static void try_points(struct checker *c, const struct rivals *rivals, struct evidence *v)
{
	struct rule_list *tiers =
		arena_array(c->arena, struct rule_list, rivals->rule->policy->tier->id + 1);

	v->takers = (struct covers){0};
	v->met = v->reached = NULL;
	v->live = false;
	points_of_rule(&v->points, c->ir, rivals->rule, c->arena);
	for (size_t i = 0; i < v->points.n && !v->live; i++)
		try_point(c, rivals, v, &v->points.v[i], tiers);
}

/* The takers as covers that the solver knows. */
static void collect_takers(struct checker *c, const struct rivals *rivals, const struct evidence *v,
			   struct covers *out)
{
	vec_each (const struct cover, t, &v->takers) {
		if (t->rule)
			add_rule(c, rivals, t->rule, t->equal, out);
		else
			add_tier_end(c, rivals, t->tier, out);
	}
}

/* --- the question ---------------------------------------------------------------------------- */

/* One rule that takes every flow by itself, where their texts show it; it moves to the front. Not
 * one of an earlier tier, where a pass could come before it. */
static bool one_takes_all(const struct ir_rule *rule, struct covers *covers)
{
	for (size_t i = 0; i < covers->n; i++) {
		const struct cover cover = covers->v[i];

		if (!cover.rule || cover.rule->policy->tier != rule->policy->tier ||
		    !overlap_contains(cover.rule, rule))
			continue;
		covers->v[i] = covers->v[0];
		covers->v[0] = cover;
		return true;
	}
	return false;
}

/* Do the covers take every flow of the rule? SMT_NO is the solver's "no flow is left"; the
 * covers to blame are then moved to the front of the list and counted in `n_blamed`. */
static enum smt_answer anything_left(struct checker *c, const struct ir_rule *rule,
				     struct covers *covers, size_t *n_blamed)
{
	struct terms assumptions = {0}, core = {0};
	enum smt_answer r;

	*n_blamed = 1;
	if (one_takes_all(rule, covers))
		return SMT_NO;
	smt_push(&c->smt);
	smt_assert(&c->smt, encode_rule(&c->encoding, rule));
	vec_each (const struct cover, cover, covers) {
		smt_assert(&c->smt,
			   smt_implies(&c->smt, cover->literal, smt_not(&c->smt, cover->decides)));
		vec_push(c->arena, &assumptions, cover->literal);
	}
	r = smt_minimal_core(&c->smt, &assumptions, &core);
	smt_pop(&c->smt, 1);
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
static enum smt_answer find_witness(struct checker *c, const struct ir_rule *rule, enum check_id id,
				    const struct covers *covers, size_t n_blamed,
				    struct witness *out)
{
	struct rule_list involved = {0};
	enum smt_answer r;

	vec_push(c->arena, &involved, rule);
	for (size_t i = 0; i < n_blamed; i++) {
		if (covers->v[i].rule)
			vec_push(c->arena, &involved, covers->v[i].rule);
	}
	smt_push(&c->smt);
	smt_assert(&c->smt, encode_rule(&c->encoding, rule));
	vec_each (const struct cover, cover, covers) {
		if (id == CHECK_ID_REDUNDANT && !cover->equal)
			smt_assert(&c->smt, smt_not(&c->smt, cover->decides));
	}
	r = witness_find(&c->encoding, rule->dir, &involved, out);
	smt_pop(&c->smt, 1);
	return r;
}

/* --- findings -------------------------------------------------------------------------------- */

/* The interpreter must agree: the rule applies to the flow, and an earlier tier or a rule
 * before it decides; or, if it is but redundant, another of its rank and action applies too. */
static bool confirms(struct checker *c, const struct witness *wit, const struct ir_rule *rule,
		     enum check_id id)
{
	struct ir_trace trace = {.arena = c->arena};
	const struct ir_step *step = NULL;

	if (!witness_confirms(wit, rule))
		return false;
	ir_eval_dir(c->ir, &wit->flow, rule->dir, &trace);
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

static void note_cover(struct checker *c, struct diag_item *item, const struct cover *cover,
		       bool only)
{
	const char *share = only ? "all" : "part";

	if (cover->tier)
		checker_note(c, item, cover->tier->loc,
			     "tier %s decides %s of it: it ends in deny for its subjects",
			     cover->tier->name, share);
	else if (cover->equal)
		checker_note(c, item, cover->rule->loc, "%s says the same for %s of it",
			     checker_rule_text(c, cover->rule), share);
	else
		checker_note(c, item, cover->rule->loc, "%s in tier %s, rank %u, decides %s of it",
			     checker_rule_text(c, cover->rule), cover->rule->policy->tier->name,
			     cover->rule->rank, share);
}

/* What shows the finding: a flow of a point, or what the solver finds. */
static enum smt_answer show(struct checker *c, const struct ir_rule *rule, enum check_id id,
			    const struct covers *covers, size_t n_blamed, struct evidence *v,
			    struct witness *own, const struct witness **out)
{
	const struct point_port *port = id == CHECK_ID_SHADOWED ? &v->met_port : &v->reached_port;
	struct witness *point;

	*out = id == CHECK_ID_SHADOWED ? v->met : v->reached;
	if (!*out) {
		*out = own;
		return find_witness(c, rule, id, covers, n_blamed, own);
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

static void report(struct checker *c, const struct ir_rule *rule, enum check_id id,
		   const struct covers *covers, size_t n_blamed, struct evidence *v)
{
	const char *text =
		id == CHECK_ID_SHADOWED
			? "%s can never decide: every flow it matches is decided before it"
			: "%s changes nothing: other rules say the same for every flow "
			  "it matches";
	const struct witness *wit;
	struct diag_item *item;
	struct witness own;
	enum smt_answer r = show(c, rule, id, covers, n_blamed, v, &own, &wit);

	if (r != SMT_YES) {
		checker_undecided(c, id, rule->loc, r);
		return;
	}
	if (!confirms(c, wit, rule, id)) {
		checker_unconfirmed(c, id, rule->loc, witness_text(&c->encoding, wit));
		return;
	}
	item = checker_report(c, id, rule->loc, text, checker_rule_text(c, rule));
	for (size_t i = 0; i < n_blamed; i++)
		note_cover(c, item, &covers->v[i], n_blamed == 1);
	checker_note(c, item, LOC_NONE, "for example %s", witness_text(&c->encoding, wit));
}

/* True: the covers take every flow of the rule, which is told. */
static bool settle(struct checker *c, const struct ir_rule *rule, enum check_id id,
		   struct covers *covers, struct evidence *v, bool last_word)
{
	size_t n_blamed;
	enum smt_answer r = anything_left(c, rule, covers, &n_blamed);

	if (r == SMT_NO) {
		c->states[rule->id] = id == CHECK_ID_SHADOWED ? RULE_SHADOWED : RULE_REDUNDANT;
		if (c->options->levels[id] != CHECK_OFF)
			report(c, rule, id, covers, n_blamed, v);
		return true;
	}
	if (r != SMT_YES && (last_word || r == SMT_ERROR))
		checker_undecided(c, id, rule->loc, r);
	return false;
}

/* The solver's question with the takers of the points alone, and if that is not enough with all
 * that can meet the rule. */
static void settle_by_points(struct checker *c, const struct rivals *rivals, enum check_id id,
			     struct evidence *v)
{
	struct covers takers = {0}, all = {0};

	collect_takers(c, rivals, v, &takers);
	if (takers.n && settle(c, rivals->rule, id, &takers, v, false))
		return;
	if (c->err)
		return;
	collect_earlier(c, rivals, &all);
	if (id == CHECK_ID_REDUNDANT && !collect_equals(c, rivals, &all))
		return;
	if (all.n)
		settle(c, rivals->rule, id, &all, v, true);
}

static void check_rule(struct checker *c, const struct ir_rule *rule, struct evidence *v)
{
	bool redundant = c->options->levels[CHECK_ID_REDUNDANT] != CHECK_OFF ||
			 c->options->levels[CHECK_ID_REDUNDANT_POLICY] != CHECK_OFF;
	struct rivals rivals;

	find_rivals(c, rule, &rivals);
	try_points(c, &rivals, v);
	if (v->live)
		return;
	if (!v->reached)
		settle_by_points(c, &rivals, CHECK_ID_SHADOWED, v);
	if (redundant && c->states[rule->id] == RULE_LIVE && !c->err)
		settle_by_points(c, &rivals, CHECK_ID_REDUNDANT, v);
}

/* From the last rule to the first, so that of two equal rules the later one is redundant. What a
 * rule needs of memory goes with it. */
void check_shadowed(struct checker *c)
{
	struct evidence *evidence = arena_new(c->arena, struct evidence);
	struct arena *outer = c->arena, scratch;

	if (c->shadows_known)
		return;
	c->shadows_known = true;
	for (size_t i = c->ir->rules.n; i-- > 0 && !c->err;) {
		if (c->states[i] != RULE_LIVE)
			continue;
		arena_init(&scratch);
		c->arena = &scratch;
		checker_about(c, c->ir->rules.v[i], NULL);
		check_rule(c, c->ir->rules.v[i], evidence);
		c->arena = outer;
		arena_fini(&scratch);
	}
}
