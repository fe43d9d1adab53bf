/* SPDX-License-Identifier: Apache-2.0 */
/* `assert-failed` and `assert-vacuous`: what the open world and an inventory share. Private to
 * verifier/sweep/. */
#pragma once

#include "verifier/sweep/sweep.h"

/* Why a claim says nothing. */
struct assert_gap {
	bool from, to; /* nothing can be this end */
	bool flow;     /* either can be something, but the claim covers no flow */
};

/* The flow breaks the claim; `witness` is its text. An internal error unless the interpreter
 * says so too. */
void assert_failed(struct sweep *s, const struct ir_claim *claim, const struct ir_flow *flow,
		   const char *witness);
void assert_vacuous(struct sweep *s, const struct ir_claim *claim, const struct assert_gap *gap);

/* Each judges every claim, over all that can be or over what there is. */
void assert_open(struct sweep *s);
void assert_inventory(struct sweep *s);
