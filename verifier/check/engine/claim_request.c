/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/engine/claim_request.h"

#include <assert.h>

#include "lang/base/buf.h"
#include "lang/base/work.h"
#include "verifier/flow/request.h"

/* An entry of each end. */
enum { MAX_TOGETHER = 2, MAX_QUESTIONS = 10000 };

struct asking {
	struct checker *c;
	const struct claim_judges *judges;
	const struct ir_rule *any; /* of no end: its entry matches every request */
	struct l7_entries entries;
	const struct l7_space *space;
	size_t questions;
	struct claim_answer *out;
};

static const struct l7_entry *entry_at(const struct asking *a, size_t i)
{
	return &a->entries.list.v[i];
}

static l7_bits *bits(struct asking *a)
{
	return arena_array(a->c->arena, l7_bits, l7_bits_words(&a->entries));
}

static bool is_of(const struct asking *a, size_t i, enum ir_dir dir, bool deny)
{
	const struct l7_entry *e = entry_at(a, i);

	return e->rule != a->any && e->rule->dir == dir && e->entry->deny == deny;
}

static void add_all(struct asking *a, enum ir_dir dir, bool deny, l7_bits *out)
{
	for (size_t i = 0; i < a->entries.list.n; i++)
		if (is_of(a, i, dir, deny))
			l7_bits_set(out, i);
}

static bool asks(const struct asking *a, enum ir_dir dir)
{
	vec_each (const struct ir_rule *const, rule, &a->judges->rules)
		if ((*rule)->dir == dir)
			return true;
	return false;
}

static bool is_kafka(const struct ir_rule *rule)
{
	return rule->l7.kind == IR_L7_KAFKA;
}

/* True if it is found. */
static bool try(struct asking *a, const l7_bits *must, const l7_bits *never)
{
	struct claim_answer *out = a->out;
	enum l7_answer answer = L7_UNDECIDED;

	if (a->questions++ < MAX_QUESTIONS && !work_is_over(a->c->options->work))
		answer = l7_space_find(a->c->arena, a->space, must, never, &out->request);
	if (answer == L7_UNDECIDED)
		out->why = "its entries leave too many combinations of values";
	if (answer != L7_NONE)
		out->found = answer;
	return answer == L7_FOUND;
}

/* With entry `i` as one more that has to match. */
static bool try_with(struct asking *a, l7_bits *must, size_t i, const l7_bits *never)
{
	bool found;

	l7_bits_set(must, i);
	found = try(a, must, never);
	l7_bits_clear(must, i);
	return found;
}

/* --- requests that pass ------------------------------------------------------------------- */

/* With `must`, of the other end. */
static bool find_passing_with(struct asking *a, enum ir_dir dir, l7_bits *must, size_t other,
			      const l7_bits *never)
{
	for (size_t i = 0; i < a->entries.list.n; i++) {
		if (is_of(a, i, dir, false) &&
		    is_kafka(entry_at(a, i)->rule) == is_kafka(entry_at(a, other)->rule) &&
		    try_with(a, must, i, never))
			return true;
	}
	return false;
}

static void find_passing(struct asking *a)
{
	enum ir_dir dir = asks(a, IR_EGRESS) ? IR_EGRESS : IR_INGRESS, far = ir_dir_other(dir);
	l7_bits *never = bits(a), *must = bits(a);
	bool both = asks(a, far), found = false;

	add_all(a, IR_EGRESS, true, never);
	add_all(a, IR_INGRESS, true, never);
	for (size_t i = 0; i < a->entries.list.n && !found; i++) {
		if (!is_of(a, i, dir, false))
			continue;
		l7_bits_set(must, i);
		found = both ? find_passing_with(a, far, must, i, never) : try(a, must, never);
		l7_bits_clear(must, i);
	}
}

/* --- requests that do not ----------------------------------------------------------------- */

static bool find_stopped_at(struct asking *a, enum ir_dir dir, size_t any)
{
	l7_bits *must = bits(a), *never = bits(a);

	l7_bits_set(must, any);
	add_all(a, dir, false, never);
	if (try(a, must, never))
		return true;
	never = bits(a);
	for (size_t i = 0; i < a->entries.list.n; i++) {
		if (is_of(a, i, dir, true) && !is_kafka(entry_at(a, i)->rule) &&
		    try_with(a, must, i, never))
			return true;
	}
	return false;
}

static void find_stopped(struct asking *a)
{
	for (size_t i = 0; i < a->entries.list.n; i++) {
		if (entry_at(a, i)->rule != a->any)
			continue;
		if (asks(a, IR_EGRESS) && find_stopped_at(a, IR_EGRESS, i))
			return;
		if (asks(a, IR_INGRESS) && find_stopped_at(a, IR_INGRESS, i))
			return;
	}
}

/* ------------------------------------------------------------------------------------------ */

static void take_entries(struct asking *a)
{
	VEC(const struct ir_rule *) rules = {0};

	vec_each (const struct ir_rule *const, rule, &a->judges->rules)
		vec_push(a->c->arena, &rules, *rule);
	if (a->any)
		vec_push(a->c->arena, &rules, a->any);
	l7_take_entries(a->c->arena, rules.v, rules.n, &a->entries);
}

/* No entry matches a request of Kafka that has no topic. */
static bool find_without_topic(const struct claim_judges *judges, struct claim_answer *out)
{
	vec_each (const struct ir_rule *const, rule, &judges->rules) {
		if (!is_kafka(*rule))
			continue;
		out->found = L7_FOUND;
		out->request = (struct ir_request){.kind = IR_REQUEST_KAFKA, .api = "metadata"};
		return true;
	}
	return false;
}

void claim_find_request(struct checker *c, const struct ir_claim *claim,
			const struct claim_judges *judges, struct claim_answer *out)
{
	bool passing = ir_claim_wants(claim) == IR_VERDICT_DENY;
	struct asking a = {.c = c, .judges = judges, .out = out};
	struct l7_fault fault;

	assert(judges->rules.n);
	*out = (struct claim_answer){.found = L7_NONE};
	if (!passing && find_without_topic(judges, out))
		return;
	if (!passing)
		a.any = l7_every_request(c->arena, IR_L7_HTTP);
	take_entries(&a);
	a.space = l7_space_build(c->arena, &a.entries, MAX_TOGETHER, &fault);
	if (!a.space)
		*out = (struct claim_answer){.found = L7_UNDECIDED, .why = fault.text};
	else if (passing)
		find_passing(&a);
	else
		find_stopped(&a);
}

/* --- answers once ------------------------------------------------------------------------- */

void claim_answers_init(struct claim_answers *a, struct checker *c, const struct ir_claim *claim)
{
	*a = (struct claim_answers){.c = c, .claim = claim};
	keyset_init(&a->known, c->arena);
}

const struct claim_answer *claim_answers_ask(struct claim_answers *a,
					     const struct claim_judges *judges)
{
	_cleanup_buf_ struct buf key = {0};
	uint32_t number;

	vec_each (const struct ir_rule *const, rule, &judges->rules)
		buf_printf(&key, "%u,", (*rule)->id);
	number = keyset_add(&a->known, buf_str(&key), key.n);
	if (number == a->list.n) {
		struct claim_answer *answer = arena_new(a->c->arena, struct claim_answer);

		claim_find_request(a->c, a->claim, judges, answer);
		vec_push(a->c->arena, &a->list, answer);
	}
	return a->list.v[number];
}

/* --- texts -------------------------------------------------------------------------------- */

static void put_kafka(struct buf *out, const struct ir_request *r)
{
	buf_printf(out, "Kafka request \"%s\"", r->api ? r->api : "");
	if (r->topic)
		buf_printf(out, " topic \"%s\"", r->topic);
	else
		buf_puts(out, " without a topic");
	if (r->client)
		buf_printf(out, " client \"%s\"", r->client);
}

const char *claim_request_text(struct arena *arena, const struct ir_request *request)
{
	_cleanup_buf_ struct buf out = {0};

	if (request->kind == IR_REQUEST_HTTP)
		request_put_http(request, &out);
	else
		put_kafka(&out, request);
	return arena_strdup(arena, buf_str(&out));
}
