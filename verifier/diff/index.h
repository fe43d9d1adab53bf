/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boxes by what they are narrow in: which of very many can meet another box, or cover it, without
 * a look at each. Private to verifier/diff/.
 */
#pragma once

#include "verifier/region/region.h"

/* The boxes that hold a number in a dimension, as a chain of entries. */
struct box_entry {
	uint32_t box, next;
};

struct box_index {
	struct region_space *space; /* borrowed; so are the boxes */
	VEC(const struct region_box *) boxes;
	uint32_t **heads; /* by dimension, by number; NULL: none is narrow in this dimension */
	VEC(struct box_entry) entries;
	VEC(uint32_t) wide; /* boxes that are narrow in none */
	VEC(uint32_t) seen; /* by box: the last question that it was an answer to */
	uint32_t question;
};

/* Numbers of boxes. */
struct box_numbers {
	VEC(uint32_t) list;
};

void box_index_init(struct box_index *index, struct region_space *s);
/* Boxes have numbers in the order in which they were added. */
void box_index_add(struct box_index *index, const struct region_box *box);
/* Those that meet the box, in order; `out` is overwritten. */
void box_index_meeting(struct box_index *index, const struct region_box *box,
		       struct box_numbers *out);
/* Does any of them cover the box? */
bool box_index_covers(const struct box_index *index, const struct region_box *box);
