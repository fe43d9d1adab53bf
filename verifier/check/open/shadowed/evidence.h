/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a few flows of a rule show: that it is alive, or who takes them, which is a good guess at
 * what to ask the solver about. Private to verifier/check/open/shadowed/.
 */
#pragma once

#include "verifier/check/engine/points.h"
#include "verifier/check/open/shadowed/covers.h"

/* What the points of a rule tell. */
struct evidence {
	struct points points;
	struct covers takers;          /* distinct, with no terms yet */
	const struct witness *met;     /* a flow that the rule matches */
	const struct witness *reached; /* one that comes to its rank; an equal has it, too */
	struct point_port met_port, reached_port;
	bool live; /* at some flow it decides, and nobody would in its place */
};

/* Tries the points of the rule, until one shows that it is alive. */
void evidence_collect(struct checker *c, const struct rivals *rivals, struct evidence *v);
/* The takers as covers that the solver knows. */
void evidence_takers(struct checker *c, const struct rivals *rivals, const struct evidence *v,
		     struct covers *out);
