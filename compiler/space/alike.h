/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of ends that nothing tells apart, so that one of them speaks for all. What could tell two
 * apart depends on the question: whoever asks tells it of each end, word by word, and ends of which
 * the same was told are one group.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/eval.h"

struct alike_group {
	struct ir_end ends[2]; /* of two endpoints if it has two, as one has no flow to itself */
	size_t n;
};

struct alike {
	struct keyset known;
	VEC(uint32_t) told;             /* of the end at hand */
	VEC(struct alike_group) groups; /* in the order of their first ends */
};

/* Memory comes from `arena`. */
void alike_init(struct alike *a, struct arena *arena);

/* Something about the end at hand. Whoever tells lists sees to it that no two read alike. */
void alike_tell(struct alike *a, uint32_t word);
/* All that selectors, and rules that name ports, can see of an endpoint; not its addresses. */
void alike_tell_labels(struct alike *a, const struct ir_endpoint *ep);

/* Puts the end at hand to its like and returns the index of the group. Nothing is told of the next
 * one yet. */
uint32_t alike_add(struct alike *a, const struct ir_end *end);
