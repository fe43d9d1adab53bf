/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request that one passage lets through and another one does not. What lets it through is an
 * entry of each set of rules that judges there, and none that denies; what does not is a set of
 * which no entry allows it, or one denies it. So a choice of entries is a question to the space of
 * requests (compiler/l7/space.h), and all choices are asked until one has an answer.
 */
#include <string.h>

#include "verifier/diff/requests.h"

/* A set of rules that judge together; its entries as bits. */
struct judge {
	VEC(const struct ir_rule *) rules;
	l7_bits *allows, *denies;
};

/* The sets of a passage. */
struct side {
	struct judge judges[IR_N_DIRS];
	size_t n;
	bool denies;
};

struct question {
	struct diff_world *w;
	struct arena *arena; /* for the time of the question */
	struct side lets, stops;
	struct l7_entries entries;
	const struct l7_space *space;
	size_t words;
	bool undecided;
	struct ir_request found;
};

/* --- what takes part ------------------------------------------------------------------------- */

static void take_judge(struct question *q, uint32_t outcome, struct judge *out)
{
	const struct keyset_key *key = &q->w->requests.sets.keys.v[outcome - DIFF_FIRST_JUDGES];
	uint32_t asks;

	for (size_t at = 0; at < key->len; at += sizeof(asks)) {
		memcpy(&asks, (const char *)key->bytes + at, sizeof(asks));
		vec_push(q->arena, &out->rules, diff_asking_rule(q->w, asks));
	}
}

static void take_side(struct question *q, const struct diff_passage *p, struct side *out)
{
	out->denies = p->outcomes[0] == DIFF_DENIES;
	for (int i = 0; i < IR_N_DIRS; i++)
		if (p->outcomes[i] >= DIFF_FIRST_JUDGES)
			take_judge(q, p->outcomes[i], &out->judges[out->n++]);
}

static bool is_asked(const struct side *side, enum ir_l7_kind kind)
{
	for (size_t i = 0; i < side->n; i++)
		vec_each (const struct ir_rule *const, rule, &side->judges[i].rules)
			if (((*rule)->l7.kind == IR_L7_KAFKA) == (kind == IR_L7_KAFKA))
				return true;
	return false;
}

/* Nothing where no rule is about this kind. */
static void take_anything(struct question *q, enum ir_l7_kind kind)
{
	if (!is_asked(&q->stops, kind))
		return;
	vec_push(q->arena, &q->lets.judges[0].rules, l7_every_request(q->arena, kind));
	q->lets.n = 1;
}

static bool has_rule(const struct judge *judge, const struct ir_rule *rule)
{
	vec_each (const struct ir_rule *, r, &judge->rules)
		if (*r == rule)
			return true;
	return false;
}

struct rules {
	VEC(const struct ir_rule *) list;
};

/* Each once. */
static void add_rules(struct question *q, const struct side *side, struct rules *out)
{
	for (size_t i = 0; i < side->n; i++) {
		vec_each (const struct ir_rule *, rule, &side->judges[i].rules) {
			const struct judge known = {.rules = {.v = out->list.v, .n = out->list.n}};

			if (!has_rule(&known, *rule))
				vec_push(q->arena, &out->list, *rule);
		}
	}
}

static void mark_entries(struct question *q, struct side *side)
{
	for (size_t i = 0; i < side->n; i++) {
		struct judge *judge = &side->judges[i];

		judge->allows = arena_array(q->arena, l7_bits, q->words);
		judge->denies = arena_array(q->arena, l7_bits, q->words);
		for (size_t k = 0; k < q->entries.list.n; k++) {
			const struct l7_entry *e = &q->entries.list.v[k];

			if (has_rule(judge, e->rule))
				l7_bits_set(e->entry->deny ? judge->denies : judge->allows, k);
		}
	}
}

/* An entry that allows for each end, and one that denies. */
enum { MOST_TOGETHER = IR_N_DIRS + 1 };

static bool build_space(struct question *q)
{
	struct rules rules = {0};
	struct l7_fault fault;

	add_rules(q, &q->lets, &rules);
	add_rules(q, &q->stops, &rules);
	l7_take_entries(q->arena, rules.list.v, rules.list.n, &q->entries);
	q->words = l7_bits_words(&q->entries);
	mark_entries(q, &q->lets);
	mark_entries(q, &q->stops);
	q->space = l7_space_build(q->arena, &q->entries, MOST_TOGETHER, &fault);
	return q->space != NULL;
}

/* --- one choice ------------------------------------------------------------------------------ */

static bool passes(const struct judge *judge, const struct ir_request *request)
{
	struct ir_judgement j = {0};

	vec_each (const struct ir_rule *, rule, &judge->rules)
		ir_judge(&j, *rule, request);
	return j.passes;
}

static bool passes_all(const struct side *side, const struct ir_request *request)
{
	for (size_t i = 0; i < side->n; i++)
		if (!passes(&side->judges[i], request))
			return false;
	return !side->denies;
}

static bool is_answer(const struct question *q, const struct ir_request *request)
{
	return passes_all(&q->lets, request) && !passes_all(&q->stops, request);
}

/* With one of these as its `value`, if it serves as well. */
static void try_values(struct question *q, const char **value, const char *const *values, size_t n)
{
	const char *found = *value;

	for (size_t i = 0; i < n; i++) {
		*value = values[i];
		if (is_answer(q, &q->found))
			return;
	}
	*value = found;
}

/* A method that people know; and a request of Kafka has an API. */
static void make_plain(struct question *q)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
	static const char *const apis[] = {"produce", "fetch", "metadata"};

	if (q->found.kind == IR_REQUEST_HTTP)
		try_values(q, &q->found.method, methods, sizeof(methods) / sizeof(*methods));
	else if (!q->found.api)
		try_values(q, &q->found.api, apis, sizeof(apis) / sizeof(*apis));
}

/* No request is one of both kinds. */
static bool is_of_one_kind(const struct question *q, const l7_bits *must)
{
	bool kafka[2] = {false, false};

	for (size_t i = 0; i < q->entries.list.n; i++)
		if (l7_bits_has(must, i))
			kafka[q->entries.list.v[i].rule->l7.kind == IR_L7_KAFKA] = true;
	return !(kafka[0] && kafka[1]);
}

/* A question costs as much as many boxes. */
enum { COST = 64 };

static bool is_found(struct question *q, const l7_bits *must, const l7_bits *never)
{
	if (!is_of_one_kind(q, must))
		return false;
	q->w->space.made += COST;
	if (region_space_exhausted(&q->w->space)) {
		q->undecided = true;
		return false;
	}
	switch (l7_space_find(q->arena, q->space, must, never, &q->found)) {
	case L7_FOUND:
		q->undecided |= !is_answer(q, &q->found);
		return is_answer(q, &q->found);
	case L7_NONE:
		return false;
	case L7_UNDECIDED:
		q->undecided = true;
		return false;
	}
	return false;
}

/* --- all choices ----------------------------------------------------------------------------- */

static l7_bits *copy_of(const struct question *q, const l7_bits *bits)
{
	l7_bits *out = arena_array(q->arena, l7_bits, q->words);

	memcpy(out, bits, q->words * sizeof(*bits));
	return out;
}

static void add_bits(const struct question *q, l7_bits *to, const l7_bits *bits)
{
	for (size_t i = 0; i < q->words; i++)
		to[i] |= bits[i];
}

/* The same with entry `i` as one more that has to match. */
static l7_bits *choose(const struct question *q, const l7_bits *must, size_t i)
{
	l7_bits *out = copy_of(q, must);

	l7_bits_set(out, i);
	return out;
}

static bool is_stopped_by(struct question *q, const struct judge *judge, const l7_bits *must,
			  const l7_bits *never)
{
	l7_bits *none = copy_of(q, never);

	add_bits(q, none, judge->allows);
	if (is_found(q, must, none))
		return true;
	for (size_t i = 0; i < q->entries.list.n; i++) {
		if (l7_bits_has(judge->denies, i) && is_found(q, choose(q, must, i), never))
			return true;
	}
	return false;
}

static bool is_stopped(struct question *q, const l7_bits *must, const l7_bits *never)
{
	if (q->stops.denies)
		return is_found(q, must, never);
	for (size_t i = 0; i < q->stops.n; i++)
		if (is_stopped_by(q, &q->stops.judges[i], must, never))
			return true;
	return false;
}

/* Chooses an entry of each set from `i` on. */
static bool is_let_through(struct question *q, size_t i, const l7_bits *must, const l7_bits *never)
{
	if (i == q->lets.n)
		return is_stopped(q, must, never);
	for (size_t k = 0; k < q->entries.list.n; k++) {
		if (l7_bits_has(q->lets.judges[i].allows, k) &&
		    is_let_through(q, i + 1, choose(q, must, k), never))
			return true;
	}
	return false;
}

static enum l7_answer ask(struct question *q)
{
	l7_bits *never;

	if (!build_space(q))
		return L7_UNDECIDED;
	never = arena_array(q->arena, l7_bits, q->words);
	for (size_t i = 0; i < q->lets.n; i++)
		add_bits(q, never, q->lets.judges[i].denies);
	if (is_let_through(q, 0, arena_array(q->arena, l7_bits, q->words), never))
		return L7_FOUND;
	return q->undecided ? L7_UNDECIDED : L7_NONE;
}

/* --- the answer ------------------------------------------------------------------------------ */

static const char *copy_text(struct arena *arena, const char *s)
{
	return s ? arena_strdup(arena, s) : NULL;
}

static struct ir_request *copy_request(struct arena *arena, const struct ir_request *r)
{
	struct ir_request *out = arena_new(arena, struct ir_request);

	*out = (struct ir_request){.kind = r->kind,
				   .method = copy_text(arena, r->method),
				   .path = copy_text(arena, r->path),
				   .host = copy_text(arena, r->host),
				   .api = copy_text(arena, r->api),
				   .topic = copy_text(arena, r->topic),
				   .client = copy_text(arena, r->client)};
	vec_each (const struct ir_header, h, &r->headers)
		vec_push(arena, &out->headers,
			 (struct ir_header){arena_strdup(arena, h->name),
					    arena_strdup(arena, h->value)});
	return out;
}

static enum l7_answer ask_about(struct diff_world *w, const struct diff_passage *lets,
				const struct diff_passage *stops, enum ir_l7_kind anything,
				const struct ir_request **out)
{
	struct arena arena;
	struct question q = {.w = w, .arena = &arena};
	enum l7_answer answer;

	arena_init(&arena);
	take_side(&q, lets, &q.lets);
	take_side(&q, stops, &q.stops);
	if (!q.lets.n)
		take_anything(&q, anything);
	answer = !q.lets.n ? L7_NONE : ask(&q);
	if (answer == L7_FOUND) {
		make_plain(&q);
		*out = copy_request(w->arena, &q.found);
	}
	arena_fini(&arena);
	return answer;
}

static bool is_plain(const struct diff_passage *p, uint32_t outcome)
{
	return p->outcomes[0] == outcome && p->outcomes[IR_N_DIRS - 1] == outcome;
}

/* Some request that an entry could allow, or else one that none can: it has no topic. */
static void find_stopped(struct diff_world *w, const struct diff_passage *lets,
			 const struct diff_passage *stops, const struct ir_request **out)
{
	static const struct ir_request without_topic = {.kind = IR_REQUEST_KAFKA,
							.api = "metadata"};

	if (ask_about(w, lets, stops, IR_L7_HTTP, out) == L7_FOUND ||
	    ask_about(w, lets, stops, IR_L7_KAFKA, out) == L7_FOUND)
		return;
	*out = &without_topic;
}

enum l7_answer diff_find_request(struct diff_world *w, const struct diff_passage *lets,
				 const struct diff_passage *stops, const struct ir_request **out)
{
	if (is_plain(lets, DIFF_DENIES) || is_plain(stops, DIFF_ALLOWS))
		return L7_NONE;
	if (!is_plain(lets, DIFF_ALLOWS))
		return ask_about(w, lets, stops, IR_L7_NONE, out);
	find_stopped(w, lets, stops, out);
	return L7_FOUND;
}
