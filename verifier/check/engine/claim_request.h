/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that break a claim. One that names none (ir_claim.l7) speaks, over a flow that some
 * rules judge by its requests, of every request of HTTP where such a rule is about HTTP (or gRPC),
 * and of Kafka where one is about Kafka. Private to verifier/check/.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "verifier/check/engine/checker.h"
#include "verifier/flow/find_request.h"

struct claim_answer {
	enum l7_answer found;
	const struct ir_request *request; /* FOUND; in the checker's arena */
	const char *why;                  /* UNDECIDED; a part of a sentence */
};

/* One of which the claim speaks, which names some. */
void claim_find_any_request(struct checker *c, const struct ir_claim *claim,
			    struct claim_answer *out);
/* Of a claim that asks for denial a request that `met` lets pass, and else one that it stops. */
void claim_find_request(struct checker *c, const struct ir_claim *claim,
			const struct request_passage *met, struct claim_answer *out);

/* Of one claim: the same judges are asked once. */
struct claim_answers {
	struct checker *c;
	const struct ir_claim *claim;
	struct keyset known; /* what is met, by the ids of its rules */
	VEC(const struct claim_answer *) list;
};

void claim_answers_init(struct claim_answers *a, struct checker *c, const struct ir_claim *claim);
const struct claim_answer *claim_answers_ask(struct claim_answers *a,
					     const struct request_passage *met);

/* "request "GET /x" with header "x: 1"": as `polc why` takes it. */
const char *claim_request_text(struct arena *arena, const struct ir_request *request);
