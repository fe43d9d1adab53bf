/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/engine/index.h"

#include <stdlib.h>

#include "compiler/classes/keyset.h"
#include "compiler/ir/peer.h"
#include "lang/base/arena.h"
#include "verifier/check/engine/by_port.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/engine/overlap.h"

/* Rules by the values that their selectors want of one key. */
struct index_by_key {
	enum ir_scope scope;
	uint32_t key;             /* INTERN_NONE: no selector wants a value of any key */
	struct rule_list *wanted; /* by value */
	struct rule_list loose;   /* those that do not say which value */
};

/* The rules of a tier in one direction. */
struct index_part {
	struct rule_list all;
	struct index_by_key subjects, peers;
	struct by_port ports;
};

/* Of rules of any tier and direction, by their subjects alone. */
struct subject_index {
	struct rule_list all;
	struct index_by_key subjects;
};

/* --- the key that tells most apart --------------------------------------------------------------
 */

static const struct ir_req *wanted_of(const struct ir_selector *sel, enum ir_scope scope,
				      uint32_t key)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->op == IR_IN && req->scope == scope && req->key == key)
			return req;
	return NULL;
}

typedef void visit_selector(void *ctx, const struct ir_selector *sel);

static void each_selector(const struct ir_rule *rule, bool subjects, visit_selector *visit,
			  void *ctx)
{
	if (subjects) {
		vec_each (const struct ir_selector, sel, &rule->policy->subjects)
			visit(ctx, sel);
		return;
	}
	vec_each (const struct ir_peer, peer, &rule->peers) {
		const struct ir_selector *labels = ir_peer_aspects(peer).labels;

		if (labels)
			visit(ctx, labels);
	}
}

struct tally {
	/* By scope * strings + key: selectors that want a value of it, and how many values. */
	uint32_t *votes, *values;
	size_t n_strings;
	struct keyset known; /* (scope, key, value) */
};

static void vote(void *ctx, const struct ir_selector *sel)
{
	struct tally *t = ctx;

	vec_each (const struct ir_req, req, &sel->reqs) {
		size_t at = req->scope * t->n_strings + req->key;

		if (req->op != IR_IN)
			continue;
		t->votes[at]++;
		vec_each (const uint32_t, value, &req->values) {
			const uint32_t label[] = {req->scope, req->key, *value};
			size_t known = t->known.keys.n;

			t->values[at] += keyset_add(&t->known, label, sizeof(label)) == known;
		}
	}
}

/* How many rules a question has to look at: those without a value, and those of one. */
static double cost(const struct tally *t, size_t at, size_t n_rules)
{
	double votes = t->votes[at], loose = votes < (double)n_rules ? (double)n_rules - votes : 0;

	return loose + votes / (t->values[at] ? t->values[at] : 1);
}

static void choose_key(struct index_by_key *by, const struct rule_list *rules, bool subjects,
		       const struct ir *ir, struct arena *arena)
{
	size_t n = ir->strings.strings.n, best = 0;
	struct tally t = {.votes = arena_array(arena, uint32_t, 2 * n + 1),
			  .values = arena_array(arena, uint32_t, 2 * n + 1),
			  .n_strings = n};

	keyset_init(&t.known, arena);
	vec_each (const struct ir_rule *, rule, rules)
		each_selector(*rule, subjects, vote, &t);
	for (size_t i = 1; i < 2 * n; i++)
		if (t.votes[i] && cost(&t, i, rules->n) < cost(&t, best, rules->n))
			best = i;
	by->scope = best < n ? IR_SCOPE_ENDPOINT : IR_SCOPE_NAMESPACE;
	by->key = n && t.votes[best] ? (uint32_t)(best % n) : INTERN_NONE;
}

/* --- filling -------------------------------------------------------------------------------------
 */

struct filling {
	struct index_by_key *by;
	const struct ir_rule *rule;
	struct arena *arena;
	bool loose;
};

static void put(struct arena *arena, struct rule_list *list, const struct ir_rule *rule)
{
	if (!list->n || list->v[list->n - 1] != rule)
		vec_push(arena, list, rule);
}

static void fill_selector(void *ctx, const struct ir_selector *sel)
{
	struct filling *f = ctx;
	const struct ir_req *req = wanted_of(sel, f->by->scope, f->by->key);

	f->loose |= !req;
	for (size_t i = 0; req && i < req->values.n; i++)
		put(f->arena, &f->by->wanted[req->values.v[i]], f->rule);
}

static bool has_other_peers(const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (!ir_peer_aspects(peer).labels)
			return true;
	return false;
}

static void fill(struct index_by_key *by, const struct rule_list *rules, bool subjects,
		 const struct ir *ir, struct arena *arena)
{
	choose_key(by, rules, subjects, ir, arena);
	by->wanted = arena_array(arena, struct rule_list, ir->strings.strings.n + 1);
	vec_each (const struct ir_rule *, rule, rules) {
		struct filling f = {.by = by, .rule = *rule, .arena = arena};

		f.loose = by->key == INTERN_NONE || (!subjects && has_other_peers(*rule));
		if (by->key != INTERN_NONE)
			each_selector(*rule, subjects, fill_selector, &f);
		if (f.loose)
			put(arena, &by->loose, *rule);
	}
}

void rule_index_init(struct rule_index *x, const struct ir *ir, struct arena *arena)
{
	*x = (struct rule_index){0};
	x->parts = arena_array(arena, struct index_part, ir->tiers.n * IR_N_DIRS + 1);
	x->seen = arena_array(arena, uint32_t, ir->rules.n + 1);
	vec_each (struct ir_rule *, rule, &ir->rules)
		vec_push(arena, &x->parts[(*rule)->policy->tier->id * IR_N_DIRS + (*rule)->dir].all,
			 (const struct ir_rule *)*rule);
	for (size_t i = 0; i < ir->tiers.n * IR_N_DIRS; i++) {
		struct index_part *part = &x->parts[i];

		if (!part->all.n)
			continue;
		fill(&part->subjects, &part->all, true, ir, arena);
		fill(&part->peers, &part->all, false, ir, arena);
		by_port_init(&part->ports, &part->all, arena);
	}
}

struct subject_index *subject_index_new(const struct rule_list *rules, const struct ir *ir,
					struct arena *arena)
{
	struct subject_index *x = arena_new(arena, struct subject_index);

	x->all = *rules;
	fill(&x->subjects, rules, true, ir, arena);
	return x;
}

/* --- asking --------------------------------------------------------------------------------------
 */

/* The lists that hold all rules that can meet one: those of each value that it wants, and the
 * loose ones. Where it does not say a value, all rules. */
struct lists {
	const struct index_by_key *by;
	struct arena *arena;
	struct rule_lists found;
	bool all;
};

static void list_selector(void *ctx, const struct ir_selector *sel)
{
	struct lists *l = ctx;
	const struct ir_req *req = wanted_of(sel, l->by->scope, l->by->key);

	l->all |= !req;
	for (size_t i = 0; req && i < req->values.n; i++)
		rule_lists_add(&l->found, &l->by->wanted[req->values.v[i]], l->arena);
}

static struct rule_lists only(const struct rule_list *list, struct arena *arena)
{
	struct rule_lists out = {0};

	rule_lists_add(&out, list, arena);
	return out;
}

static struct rule_lists find_lists(const struct index_by_key *by, const struct rule_list *all,
				    const struct ir_rule *rule, bool subjects, struct arena *arena)
{
	struct lists l = {.by = by, .arena = arena};

	l.all = by->key == INTERN_NONE || (!subjects && has_other_peers(rule));
	if (!l.all)
		each_selector(rule, subjects, list_selector, &l);
	if (l.all)
		return only(all, arena);
	rule_lists_add(&l.found, &by->loose, arena);
	return l.found;
}

static struct rule_lists find_by_port(const struct index_part *part, const struct ir_rule *rule,
				      struct arena *arena)
{
	struct rule_lists out = {0};

	return by_port_lists(&part->ports, rule, arena, &out) ? out : only(&part->all, arena);
}

static struct rule_lists find_fewest(const struct index_part *part, const struct ir_rule *rule,
				     struct arena *arena)
{
	const struct rule_lists by[] = {
		find_lists(&part->subjects, &part->all, rule, true, arena),
		find_lists(&part->peers, &part->all, rule, false, arena),
		find_by_port(part, rule, arena),
	};
	size_t best = 0;

	for (size_t i = 1; i < sizeof(by) / sizeof(*by); i++)
		if (by[i].n_rules < by[best].n_rules)
			best = i;
	return by[best];
}

static int by_id(const void *a, const void *b)
{
	const struct ir_rule *x = *(const struct ir_rule *const *)a;
	const struct ir_rule *y = *(const struct ir_rule *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

void rule_index_meeting(struct rule_index *x, const struct ir_tier *tier,
			const struct ir_rule *rule, struct arena *arena, struct rule_list *out)
{
	const struct index_part *part = &x->parts[tier->id * IR_N_DIRS + rule->dir];
	struct rule_lists fewest;

	if (!part->all.n)
		return;
	fewest = find_fewest(part, rule, arena);
	x->question++;
	vec_each (const struct rule_list *, list, &fewest) {
		vec_each (const struct ir_rule *, other, *list) {
			if (x->seen[(*other)->id] == x->question || *other == rule)
				continue;
			x->seen[(*other)->id] = x->question;
			if (overlap_rules(*other, rule) &&
			    overlap_subjects((*other)->policy, rule->policy))
				vec_push(arena, out, *other);
		}
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_id);
}

bool subject_index_meets(const struct subject_index *x, const struct ir_rule *rule,
			 struct arena *arena)
{
	struct rule_lists lists = find_lists(&x->subjects, &x->all, rule, true, arena);

	vec_each (const struct rule_list *, list, &lists)
		vec_each (const struct ir_rule *, other, *list)
			if (overlap_subjects((*other)->policy, rule->policy))
				return true;
	return false;
}
