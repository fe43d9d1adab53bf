/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `shadowed`: a rule that never decides, because for each of its flows an earlier tier has
 * decided or a rule of its tier comes first. `redundant`: a rule that decides, but only what
 * rules of the same rank and action say as well. `moot-requests`: of these, one that judges
 * requests where plain rules let each of them pass. All name a minimal set of covering rules.
 */
#include "compiler/ir/order.h"
#include "verifier/check/engine/overlap.h"
#include "verifier/check/open/shadowed/evidence.h"

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
	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), encode_rule(checker_encoding(c), rule));
	vec_each (const struct cover, cover, covers) {
		smt_assert(checker_smt(c), smt_implies(checker_smt(c), cover->literal,
						       smt_not(checker_smt(c), cover->decides)));
		vec_push(c->arena, &assumptions, cover->literal);
	}
	r = smt_minimal_core(checker_smt(c), &assumptions, &core);
	smt_pop(checker_smt(c), 1);
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
	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), encode_rule(checker_encoding(c), rule));
	vec_each (const struct cover, cover, covers) {
		if (id != CHECK_ID_SHADOWED && !cover->equal)
			smt_assert(checker_smt(c), smt_not(checker_smt(c), cover->decides));
	}
	r = witness_find(checker_encoding(c), rule->dir, &involved, out);
	smt_pop(checker_smt(c), 1);
	return r;
}

/* --- findings -------------------------------------------------------------------------------- */

/* One rule that applies to the flow and comes before the other in its tier is enough: whether that
 * one decides or somebody before it, the other does not. */
static bool is_preceded(const struct witness *wit, const struct ir_rule *rule,
			const struct covers *covers, size_t n_blamed)
{
	for (size_t i = 0; i < n_blamed; i++) {
		const struct ir_rule *other = covers->v[i].rule;

		if (other && other->policy->tier == rule->policy->tier &&
		    ir_rule_before(other, rule) && witness_confirms(wit, other))
			return true;
	}
	return false;
}

/* The interpreter must agree: the rule applies to the flow, and an earlier tier or a rule
 * before it decides; or, if it is but redundant, another of its rank and action applies too. */
static bool confirms(struct checker *c, const struct witness *wit, const struct ir_rule *rule,
		     enum check_id id, const struct covers *covers, size_t n_blamed)
{
	struct ir_trace trace = {.arena = c->arena};
	const struct ir_step *step = NULL;

	if (!witness_confirms(wit, rule))
		return false;
	/* The whole of all rules is long, so it is gone through only where it has to be. */
	if (id == CHECK_ID_SHADOWED && is_preceded(wit, rule, covers, n_blamed))
		return true;
	ir_judge_dir(c->ir, &wit->flow, rule->dir, &trace);
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
	points_set_port(&v->points, point, port);
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
	static const char *const texts[CHECK_N] = {
		[CHECK_ID_SHADOWED] =
			"%s can never decide: every flow it matches is decided before it",
		[CHECK_ID_REDUNDANT] =
			"%s changes nothing: other rules say the same for every flow it matches",
		[CHECK_ID_MOOT_REQUESTS] =
			"%s judges no request: other rules of its rank allow every flow it "
			"matches, whatever is asked",
	};
	const struct witness *wit;
	struct diag_item *item;
	struct witness own;
	enum smt_answer r = show(c, rule, id, covers, n_blamed, v, &own, &wit);

	if (r != SMT_YES) {
		checker_undecided(c, id, rule->loc, r);
		return;
	}
	if (!confirms(c, wit, rule, id, covers, n_blamed)) {
		checker_unconfirmed(c, id, rule->loc, witness_text(checker_encoding(c), wit));
		return;
	}
	item = checker_report(c, id, rule->loc, texts[id], checker_rule_text(c, rule));
	for (size_t i = 0; i < n_blamed; i++)
		note_cover(c, item, &covers->v[i], n_blamed == 1);
	checker_note(c, item, LOC_NONE, "for example %s", witness_text(checker_encoding(c), wit));
}

/* What it is to be found. */
static enum check_id finding_of(const struct ir_rule *rule, enum check_id id,
				const struct covers *covers, size_t n_blamed)
{
	bool plain = rule->l7.kind != IR_L7_NONE && id == CHECK_ID_REDUNDANT;

	for (size_t i = 0; i < n_blamed; i++)
		plain &= !covers->v[i].equal || covers->v[i].rule->l7.kind == IR_L7_NONE;
	return plain ? CHECK_ID_MOOT_REQUESTS : id;
}

/* True: the covers take every flow of the rule, which is told. */
static bool settle(struct checker *c, const struct ir_rule *rule, enum check_id id,
		   struct covers *covers, struct evidence *v, bool last_word)
{
	enum check_id found;
	size_t n_blamed;
	enum smt_answer r = anything_left(c, rule, covers, &n_blamed);

	if (r == SMT_NO) {
		c->states[rule->id] = id == CHECK_ID_SHADOWED ? RULE_SHADOWED : RULE_REDUNDANT;
		found = finding_of(rule, id, covers, n_blamed);
		if (c->options->levels[found] != CHECK_OFF)
			report(c, rule, found, covers, n_blamed, v);
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

	evidence_takers(c, rivals, v, &takers);
	if (takers.n && settle(c, rivals->rule, id, &takers, v, false))
		return;
	if (c->err)
		return;
	covers_add_earlier(c, rivals, &all);
	if (id == CHECK_ID_REDUNDANT && !covers_add_equals(c, rivals, &all))
		return;
	if (all.n)
		settle(c, rivals->rule, id, &all, v, true);
}

static void check_rule(struct checker *c, const struct ir_rule *rule, struct evidence *v)
{
	const enum check_level *levels = c->options->levels;
	bool redundant =
		levels[CHECK_ID_REDUNDANT] != CHECK_OFF ||
		levels[CHECK_ID_REDUNDANT_POLICY] != CHECK_OFF ||
		(levels[CHECK_ID_MOOT_REQUESTS] != CHECK_OFF && rule->l7.kind != IR_L7_NONE);
	struct rivals rivals;

	rivals_find(c, rule, &rivals);
	evidence_collect(c, &rivals, v);
	if (v->live)
		return;
	if (!v->reached)
		settle_by_points(c, &rivals, CHECK_ID_SHADOWED, v);
	if (redundant && c->states[rule->id] == RULE_LIVE && !c->err)
		settle_by_points(c, &rivals, CHECK_ID_REDUNDANT, v);
}

/* Of any check that is wanted. Requests are judged or not: ir_has_l7() looks at all rules. */
static bool is_spent(struct checker *c, struct loc loc, bool judged)
{
	static const enum check_id ids[] = {CHECK_ID_SHADOWED, CHECK_ID_REDUNDANT,
					    CHECK_ID_MOOT_REQUESTS};
	bool spent = false;

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		if (c->options->levels[ids[i]] != CHECK_OFF &&
		    (ids[i] != CHECK_ID_MOOT_REQUESTS || judged))
			spent |= checker_is_spent(c, ids[i], loc);
	return spent;
}

/* From the last rule to the first, so that of two equal rules the later one is redundant. What a
 * rule needs of memory goes with it. */
void check_shadowed(struct checker *c)
{
	struct evidence *evidence = arena_new(c->arena, struct evidence);
	struct arena *outer = c->arena, scratch;
	bool judged = ir_has_l7(c->ir);

	if (c->shadows_known)
		return;
	c->shadows_known = true;
	for (size_t i = c->ir->rules.n; i-- > 0 && !c->err;) {
		if (c->states[i] != RULE_LIVE)
			continue;
		if (is_spent(c, c->ir->rules.v[i]->loc, judged))
			break;
		arena_init(&scratch);
		c->arena = &scratch;
		checker_about(c, c->ir->rules.v[i], NULL);
		check_rule(c, c->ir->rules.v[i], evidence);
		c->arena = outer;
		arena_fini(&scratch);
	}
}
