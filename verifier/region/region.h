/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An algebra of regions. A region is a list of boxes; a box is a product of sets, one for each
 * dimension that it restricts; a set is a list of intervals of small numbers. What the numbers
 * mean (label values, address ranges, ports, endpoints) is the business of whoever numbered
 * them: this folder knows neither policies nor flows.
 *
 * Sets are hash-consed: equal sets are the same object, so boxes compare by pointer. Everything
 * lives in the arena of its space and is never changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/hash.h"

struct work;

/* --- sets ------------------------------------------------------------------------------------ */

/* Inclusive. */
struct region_span {
	uint32_t lo, hi;
};

struct region_set {
	uint64_t hash;
	size_t n;
	struct region_span v[]; /* sorted, none touches the next */
};

/* A growing list of spans, in any order, overlapping or not. */
struct region_spans {
	VEC(struct region_span) list;
};

/* --- boxes ----------------------------------------------------------------------------------- */

/* A set that is never empty, nor all of its dimension. */
struct region_part {
	uint32_t dim;
	const struct region_set *set;
};

struct region_box {
	size_t n;
	struct region_part v[]; /* sorted by dim; a dimension without a part is unrestricted */
};

/* A region: any of these. */
struct region {
	VEC(const struct region_box *) list;
};

/* What two sets have in common. */
struct region_and {
	const struct region_set *a, *b, *both;
};

enum { REGION_N_ANDS = 1024 };

struct region_space {
	struct arena *arena;
	VEC(const struct region_set *) dims; /* everything, by dimension */
	VEC(const struct region_set *)
	sets; /* all of them, by the number that they have in `ids` */
	struct hash ids;
	struct region_spans scratch;
	struct region_and *ands; /* REGION_N_ANDS that were asked for last */
	const struct region_box *whole;
	size_t made, limit; /* boxes made so far, large ones as several, and large sets; the most */
	struct work *work;  /* borrowed; set by whoever has one */
};

void region_space_init(struct region_space *s, struct arena *arena, size_t limit);
/* A dimension of `size` > 0 numbers from 0; dimensions count from 0. */
uint32_t region_dim(struct region_space *s, uint32_t size);
/* Has more been made than the limit allows, or is the time for the work up? Whoever loops asks, and
 * gives up. */
bool region_space_exhausted(const struct region_space *s);

const struct region_set *region_set(struct region_space *s, const struct region_spans *spans);
const struct region_set *region_set_of(struct region_space *s, uint32_t lo, uint32_t hi);
const struct region_set *region_set_and(struct region_space *s, const struct region_set *a,
					const struct region_set *b);
const struct region_set *region_set_or(struct region_space *s, const struct region_set *a,
				       const struct region_set *b);
const struct region_set *region_set_minus(struct region_space *s, const struct region_set *a,
					  const struct region_set *b);
bool region_set_has(const struct region_set *set, uint32_t value);
bool region_set_meets(const struct region_set *a, const struct region_set *b);
bool region_set_covers(const struct region_set *outer, const struct region_set *inner);
/* How many numbers it holds. */
uint64_t region_set_size(const struct region_set *set);

/* What the box lets a dimension be. */
const struct region_set *region_box_get(const struct region_space *s, const struct region_box *box,
					uint32_t dim);
/* The box with another set in one dimension; NULL for an empty set. */
const struct region_box *region_box_with(struct region_space *s, const struct region_box *box,
					 uint32_t dim, const struct region_set *set);
/* NULL: they have nothing in common. */
const struct region_box *region_box_and(struct region_space *s, const struct region_box *a,
					const struct region_box *b);
bool region_box_meets(const struct region_box *a, const struct region_box *b);
bool region_box_covers(const struct region_box *outer, const struct region_box *inner);
bool region_box_eq(const struct region_box *a, const struct region_box *b);
uint64_t region_box_hash(const struct region_box *box);
/* Appends what is in `a` and not in `b`, as disjoint boxes, split along one dimension after the
 * other in their order. */
void region_box_minus(struct region_space *s, const struct region_box *a,
		      const struct region_box *b, struct region *out);

/* --- regions --------------------------------------------------------------------------------- */

/* Boxes that differ in one dimension only become one, until no two do. */
void region_merge(struct region_space *s, struct region *r);
