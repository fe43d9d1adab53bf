/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/diff/requests.h"
#include "verifier/flow/find_request.h"

static void take_judge(struct diff_world *w, uint32_t outcome, struct request_judge *out)
{
	const struct keyset_key *key = &w->requests.sets.keys.v[outcome - DIFF_FIRST_JUDGES];
	uint32_t asks;

	for (size_t at = 0; at < key->len; at += sizeof(asks)) {
		memcpy(&asks, (const char *)key->bytes + at, sizeof(asks));
		vec_push(w->arena, &out->rules, diff_asking_rule(w, asks));
	}
}

static void take_passage(struct diff_world *w, const struct diff_passage *p,
			 struct request_passage *out)
{
	out->stops_all = p->outcomes[0] == DIFF_DENIES;
	for (int i = 0; i < IR_N_DIRS; i++)
		if (p->outcomes[i] >= DIFF_FIRST_JUDGES)
			take_judge(w, p->outcomes[i], request_add_judge(out));
}

/* A question costs as much as many boxes. */
enum { COST = 64 };

static bool may_ask(void *arg)
{
	struct diff_world *w = arg;

	w->space.made += COST;
	return !region_space_exhausted(&w->space);
}

enum l7_answer diff_find_request(struct diff_world *w, const struct diff_passage *lets,
				 const struct diff_passage *stops, const struct ir_request **out)
{
	/* No entry matches a request of Kafka that has no topic. */
	static const struct ir_request without_topic = {.kind = IR_REQUEST_KAFKA,
							.api = "metadata"};
	struct request_passage here = {0}, there = {0};
	struct request_search search = {
		.lets = &here, .stops = &there, .may_ask = may_ask, .arg = w};
	enum l7_answer answer;
	const char *why;

	take_passage(w, lets, &here);
	take_passage(w, stops, &there);
	if (here.stops_all || (!there.n && !there.stops_all))
		return L7_NONE;
	answer = request_find(w->arena, &search, out, &why);
	if (here.n || answer == L7_FOUND)
		return answer;
	*out = &without_topic;
	return L7_FOUND;
}
