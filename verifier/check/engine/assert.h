/* SPDX-License-Identifier: Apache-2.0 */
/* `assert-failed` and `assert-vacuous`: what the open world and an inventory share. Private to
 * verifier/check/. */
#pragma once

#include "verifier/check/engine/checker.h"

/* Why a claim says nothing; an `only` without a source still says that nobody may. */
struct assert_gap {
	bool from, to; /* nothing can be this end */
	bool flow;     /* either can be something, but the claim covers no flow */
};

/* Does the flow break the claim, to the interpreter? One that has no request does if it breaks it
 * with every request. */
bool assert_is_broken(const struct ir *ir, const struct ir_claim *claim,
		      const struct ir_flow *flow);
/* The flow breaks the claim; `witness` is its text. An internal error unless the interpreter
 * says so too. `sourceless`: of an `only` of which nothing in the inventory is the source. */
void assert_failed(struct checker *c, const struct ir_claim *claim, const struct ir_flow *flow,
		   const char *witness, bool sourceless);
/* Whether a request breaks the claim was given up: `why`. */
void assert_unknown_requests(struct checker *c, const struct ir_claim *claim, const char *why);
/* The time is up before any claim is asked: each of the two checks that is on says so. */
void assert_all_spent(struct checker *c);
/* The tables cannot be made, of which `polc build` tells why: no assertion has an answer. */
void assert_all_undecided(struct checker *c, const struct diag *why);
/* Its own node meets a pod, whatever policies say: what the claim may name instead. */
void assert_note_nodes(struct checker *c, struct diag_item *item, const struct ir_claim *claim,
		       const struct ir_flow *flow);
void assert_vacuous(struct checker *c, const struct ir_claim *claim, const struct assert_gap *gap);

/* `witness`, and the request of the flow. */
const char *assert_flow_text(struct checker *c, const struct ir_flow *flow, const char *witness);

/* Are claims to be judged over the inventory, or over all that can be? */
bool assert_over_inventory(const struct ir *ir);
