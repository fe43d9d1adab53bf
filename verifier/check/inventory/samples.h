/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of all addresses that are no endpoint's, and of all ports, one of each kind that neither tables
 * nor claims tell apart. Private to verifier/check/inventory/.
 */
#pragma once

#include "compiler/classes/classes.h"

struct sample_port {
	uint16_t proto, number;
};

struct samples {
	VEC(struct ir_end) outside;
	VEC(struct ir_end) nodes;      /* the node that the other end runs on, at all addresses */
	VEC(struct sample_port) ports; /* the plainest first */
};

/* `out` is zero at first. Memory comes from `arena`. */
void samples_collect(struct samples *out, const struct ir *ir, const struct cls *cls,
		     struct arena *arena);
