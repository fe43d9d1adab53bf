/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lets a request pass is an entry of each judge there, and none that denies; what stops it is
 * a judge of which no entry allows it, or one denies it. So a choice of entries is a question to
 * the space of requests (compiler/l7/space.h), and all choices are asked until one has an answer.
 */
#include "verifier/flow/find_request.h"

#include <assert.h>
#include <string.h>

/* A judge whose entries are bits. */
struct marked {
	const struct request_judge *judge;
	l7_bits *allows, *denies;
};

struct side {
	struct marked judges[REQUEST_MAX_JUDGES];
	size_t n;
	bool stops_all;
};

struct question {
	const struct request_search *search;
	struct arena *arena; /* for the time of the question */
	struct side lets, stops;
	struct l7_entries entries;
	const struct l7_space *space;
	size_t words;
	const char *why; /* it was given up */
	struct ir_request found;
};

struct request_judge *request_add_judge(struct request_passage *p)
{
	assert(p->n < REQUEST_MAX_JUDGES);
	p->judges[p->n] = (struct request_judge){0};
	return &p->judges[p->n++];
}

/* --- what takes part ------------------------------------------------------------------------- */

static bool is_kafka(const struct ir_rule *rule)
{
	return rule->l7.kind == IR_L7_KAFKA;
}

static bool asks_kind(const struct request_passage *p, bool kafka)
{
	for (size_t i = 0; i < p->n; i++)
		vec_each (const struct ir_rule *const, rule, &p->judges[i].rules)
			if (is_kafka(*rule) == kafka)
				return true;
	return false;
}

static void take_side(const struct request_passage *p, struct side *out)
{
	for (size_t i = 0; i < p->n; i++)
		out->judges[i].judge = &p->judges[i];
	out->n = p->n;
	out->stops_all = p->stops_all;
}

struct rules {
	VEC(const struct ir_rule *) list;
};

static bool has_rule(const struct ir_rule *const *rules, size_t n, const struct ir_rule *rule)
{
	for (size_t i = 0; i < n; i++)
		if (rules[i] == rule)
			return true;
	return false;
}

/* Each once. */
static void add_rules(struct question *q, const struct side *side, struct rules *out)
{
	for (size_t i = 0; i < side->n; i++)
		vec_each (const struct ir_rule *const, rule, &side->judges[i].judge->rules)
			if (!has_rule(out->list.v, out->list.n, *rule))
				vec_push(q->arena, &out->list, *rule);
}

static void mark_entries(struct question *q, struct side *side)
{
	for (size_t i = 0; i < side->n; i++) {
		struct marked *m = &side->judges[i];

		m->allows = arena_array(q->arena, l7_bits, q->words);
		m->denies = arena_array(q->arena, l7_bits, q->words);
		for (size_t k = 0; k < q->entries.list.n; k++) {
			const struct l7_entry *e = &q->entries.list.v[k];

			if (has_rule(m->judge->rules.v, m->judge->rules.n, e->rule))
				l7_bits_set(e->entry->deny ? m->denies : m->allows, k);
		}
	}
}

static bool build_space(struct question *q)
{
	struct rules rules = {0};
	struct l7_fault fault;
	uint32_t one_that_denies = 1;

	add_rules(q, &q->lets, &rules);
	add_rules(q, &q->stops, &rules);
	l7_take_entries(q->arena, rules.list.v, rules.list.n, &q->entries);
	q->words = l7_bits_words(&q->entries);
	mark_entries(q, &q->lets);
	mark_entries(q, &q->stops);
	q->space = l7_space_build(q->arena, &q->entries, (uint32_t)q->lets.n + one_that_denies,
				  &fault);
	if (!q->space)
		q->why = fault.text;
	return q->space != NULL;
}

/* --- one choice ------------------------------------------------------------------------------ */

static bool passes(const struct request_judge *judge, const struct ir_request *request)
{
	struct ir_judgement j = {0};

	vec_each (const struct ir_rule *const, rule, &judge->rules)
		ir_judge(&j, *rule, request);
	return j.passes;
}

static bool passes_all(const struct side *side, const struct ir_request *request)
{
	for (size_t i = 0; i < side->n; i++)
		if (!passes(side->judges[i].judge, request))
			return false;
	return !side->stops_all;
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
			kafka[is_kafka(q->entries.list.v[i].rule)] = true;
	return !(kafka[0] && kafka[1]);
}

static bool give_up(struct question *q)
{
	q->why = "its entries leave too many combinations of values";
	return false;
}

static bool is_found(struct question *q, const l7_bits *must, const l7_bits *never)
{
	if (!is_of_one_kind(q, must))
		return false;
	if (!q->search->may_ask(q->search->arg))
		return give_up(q);
	switch (l7_space_find(q->arena, q->space, must, never, &q->found)) {
	case L7_FOUND:
		return is_answer(q, &q->found) || give_up(q);
	case L7_NONE:
		return false;
	case L7_UNDECIDED:
		return give_up(q);
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

static bool is_stopped_by(struct question *q, const struct marked *judge, const l7_bits *must,
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
	if (q->stops.stops_all)
		return is_found(q, must, never);
	for (size_t i = 0; i < q->stops.n; i++)
		if (is_stopped_by(q, &q->stops.judges[i], must, never))
			return true;
	return false;
}

/* Chooses an entry of each judge from `i` on. */
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

/* --- the answer ------------------------------------------------------------------------------ */

static const char *copy_text(struct arena *arena, const char *s)
{
	return s ? arena_strdup(arena, s) : NULL;
}

static const struct ir_request *copy_request(struct arena *arena, const struct ir_request *r)
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
	return q->why ? L7_UNDECIDED : L7_NONE;
}

static enum l7_answer find(struct arena *arena, const struct request_search *s,
			   const struct request_passage *lets, const struct ir_request **out,
			   const char **why)
{
	struct arena own;
	struct question q = {.search = s, .arena = &own};
	enum l7_answer answer;

	arena_init(&own);
	take_side(lets, &q.lets);
	take_side(s->stops, &q.stops);
	answer = ask(&q);
	if (answer == L7_FOUND) {
		make_plain(&q);
		*out = copy_request(arena, &q.found);
	}
	if (answer == L7_UNDECIDED)
		*why = arena_strdup(arena, q.why);
	arena_fini(&own);
	return answer;
}

static enum l7_answer find_of_kind(struct arena *arena, const struct request_search *s,
				   enum ir_l7_kind kind, const struct ir_request **out,
				   const char **why)
{
	struct request_passage any = {0};
	struct request_judge *judge = request_add_judge(&any);

	vec_push(arena, &judge->rules, l7_every_request(arena, kind));
	return find(arena, s, &any, out, why);
}

/* Of either kind that is asked for; one of Kafka that has no topic matches no entry. */
static enum l7_answer find_any(struct arena *arena, const struct request_search *s,
			       const struct ir_request **out, const char **why)
{
	static const struct ir_request without_topic = {.kind = IR_REQUEST_KAFKA,
							.api = "metadata"};
	enum l7_answer http = L7_NONE;

	if (asks_kind(s->stops, false))
		http = find_of_kind(arena, s, IR_L7_HTTP, out, why);
	if (http == L7_FOUND || !asks_kind(s->stops, true))
		return http;
	if (find_of_kind(arena, s, IR_L7_KAFKA, out, why) != L7_FOUND)
		*out = &without_topic;
	return L7_FOUND;
}

enum l7_answer request_find(struct arena *arena, const struct request_search *s,
			    const struct ir_request **out, const char **why)
{
	if (s->lets->stops_all)
		return L7_NONE;
	return s->lets->n ? find(arena, s, s->lets, out, why) : find_any(arena, s, out, why);
}
