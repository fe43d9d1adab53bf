/* SPDX-License-Identifier: Apache-2.0 */
/* `assert-failed` and `assert-vacuous`: what the open world and an inventory share. Private to
 * verifier/check/. */
#pragma once

#include "verifier/check/engine/checker.h"

/* Why a claim says nothing. */
struct assert_gap {
	bool from, to; /* nothing can be this end */
	bool flow;     /* either can be something, but the claim covers no flow */
};

/* The flow breaks the claim; `witness` is its text. An internal error unless the interpreter
 * says so too. */
void assert_failed(struct checker *c, const struct ir_claim *claim, const struct ir_flow *flow,
		   const char *witness);
void assert_vacuous(struct checker *c, const struct ir_claim *claim, const struct assert_gap *gap);

/* Are claims to be judged over the inventory, or over all that can be? */
bool assert_over_inventory(const struct ir *ir);
