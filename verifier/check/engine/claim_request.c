/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/engine/claim_request.h"

#include "lang/base/buf.h"
#include "lang/base/work.h"
#include "verifier/flow/request.h"

enum { MAX_QUESTIONS = 10000 };

struct budget {
	struct checker *c;
	size_t questions;
};

static bool may_ask(void *arg)
{
	struct budget *b = arg;

	return b->questions++ < MAX_QUESTIONS && !work_is_over(b->c->options->work);
}

static void find(struct checker *c, const struct request_passage *lets,
		 const struct request_passage *stops, struct claim_answer *out)
{
	struct budget budget = {.c = c};
	struct request_search search = {
		.lets = lets, .stops = stops, .may_ask = may_ask, .arg = &budget};

	*out = (struct claim_answer){0};
	out->found = request_find(c->arena, &search, &out->request, &out->why);
}

/* The claim as one more judge, which lets those pass of which it speaks. */
static void add_claimed(struct checker *c, const struct ir_claim *claim, struct request_passage *to)
{
	struct request_judge *judge;
	struct ir_rule *rule;

	if (claim->l7.kind == IR_L7_NONE)
		return;
	judge = request_add_judge(to);
	rule = arena_new(c->arena, struct ir_rule);
	rule->l7 = claim->l7;
	vec_push(c->arena, &judge->rules, rule);
}

void claim_find_request(struct checker *c, const struct ir_claim *claim,
			const struct request_passage *met, struct claim_answer *out)
{
	bool passing = ir_claim_wants(claim) == IR_VERDICT_DENY;
	struct request_passage lets = {0}, none = {.stops_all = true};

	if (passing)
		lets = *met;
	add_claimed(c, claim, &lets);
	find(c, &lets, passing ? &none : met, out);
}

void claim_find_any_request(struct checker *c, const struct ir_claim *claim,
			    struct claim_answer *out)
{
	struct request_passage lets = {0}, none = {.stops_all = true};

	add_claimed(c, claim, &lets);
	find(c, &lets, &none, out);
}

/* --- answers once ------------------------------------------------------------------------- */

void claim_answers_init(struct claim_answers *a, struct checker *c, const struct ir_claim *claim)
{
	*a = (struct claim_answers){.c = c, .claim = claim};
	keyset_init(&a->known, c->arena);
}

const struct claim_answer *claim_answers_ask(struct claim_answers *a,
					     const struct request_passage *met)
{
	_cleanup_buf_ struct buf key = {0};
	uint32_t number;

	for (size_t i = 0; i < met->n; i++)
		vec_each (const struct ir_rule *const, rule, &met->judges[i].rules)
			buf_printf(&key, "%u,", (*rule)->id);
	number = keyset_add(&a->known, buf_str(&key), key.n);
	if (number == a->list.n) {
		struct claim_answer *answer = arena_new(a->c->arena, struct claim_answer);

		claim_find_request(a->c, a->claim, met, answer);
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
