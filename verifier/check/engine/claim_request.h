/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that break a claim, over a flow that some rules judge by its requests. A claim speaks
 * of every request of HTTP where such a rule is about HTTP (or gRPC), and of Kafka where one is
 * about Kafka. Private to verifier/check/.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/l7/space.h"
#include "verifier/check/engine/checker.h"

/* Of either end: those that decide together (ir_step_asks()). An end without any lets every request
 * pass. */
struct claim_judges {
	VEC(const struct ir_rule *) rules;
};

struct claim_answer {
	enum l7_answer found;
	struct ir_request request; /* FOUND; in the checker's arena */
	const char *why;           /* UNDECIDED; a part of a sentence */
};

/* Of a claim that asks for denial a request that both ends let pass; else one that an end does not.
 * There is a judge. */
void claim_find_request(struct checker *c, const struct ir_claim *claim,
			const struct claim_judges *judges, struct claim_answer *out);

/* Of one claim: the same judges are asked once. */
struct claim_answers {
	struct checker *c;
	const struct ir_claim *claim;
	struct keyset known; /* judges, by their ids */
	VEC(const struct claim_answer *) list;
};

void claim_answers_init(struct claim_answers *a, struct checker *c, const struct ir_claim *claim);
const struct claim_answer *claim_answers_ask(struct claim_answers *a,
					     const struct claim_judges *judges);

/* "request "GET /x" with header "x: 1"": as `polc why` takes it. */
const char *claim_request_text(struct arena *arena, const struct ir_request *request);
