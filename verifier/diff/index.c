/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/diff/index.h"

#include <stdlib.h>

/* A set of more numbers is not worth an entry for each. */
enum { NARROW = 256, NONE = UINT32_MAX };

void box_index_init(struct box_index *index, struct region_space *s)
{
	*index = (struct box_index){.space = s};
	index->heads = arena_array(s->arena, uint32_t *, s->dims.n);
}

static const struct region_part *narrowest(const struct region_box *box)
{
	const struct region_part *best = NULL;
	uint64_t size = NARROW + 1;

	for (size_t i = 0; i < box->n; i++) {
		uint64_t n = region_set_size(box->v[i].set);

		if (n >= size)
			continue;
		size = n;
		best = &box->v[i];
	}
	return best;
}

static uint32_t *heads_of(struct box_index *index, uint32_t dim)
{
	struct region_space *s = index->space;
	size_t n = region_set_size(s->dims.v[dim]);

	if (index->heads[dim])
		return index->heads[dim];
	index->heads[dim] = arena_array(s->arena, uint32_t, n);
	for (size_t i = 0; i < n; i++)
		index->heads[dim][i] = NONE;
	return index->heads[dim];
}

void box_index_add(struct box_index *index, const struct region_box *box)
{
	const struct region_part *part = narrowest(box);
	struct arena *arena = index->space->arena;
	uint32_t number = (uint32_t)index->boxes.n, *heads;

	vec_push(arena, &index->boxes, box);
	vec_push(arena, &index->seen, 0);
	if (!part) {
		vec_push(arena, &index->wide, number);
		return;
	}
	heads = heads_of(index, part->dim);
	for (size_t i = 0; i < part->set->n; i++) {
		for (uint32_t v = part->set->v[i].lo; v <= part->set->v[i].hi; v++) {
			vec_push(arena, &index->entries, (struct box_entry){number, heads[v]});
			heads[v] = (uint32_t)index->entries.n - 1;
		}
	}
}

/* --- questions ------------------------------------------------------------------------------- */

static void take(struct box_index *index, uint32_t number, const struct region_box *box,
		 struct box_numbers *out)
{
	if (index->seen.v[number] == index->question)
		return;
	index->seen.v[number] = index->question;
	if (region_box_meets(index->boxes.v[number], box))
		vec_push(index->space->arena, &out->list, number);
}

static void take_along(struct box_index *index, uint32_t dim, const struct region_box *box,
		       struct box_numbers *out)
{
	const struct region_set *set = region_box_get(index->space, box, dim);
	const uint32_t *heads = index->heads[dim];

	for (size_t i = 0; i < set->n; i++) {
		for (uint32_t v = set->v[i].lo; v <= set->v[i].hi; v++) {
			for (uint32_t e = heads[v]; e != NONE; e = index->entries.v[e].next)
				take(index, index->entries.v[e].box, box, out);
		}
	}
}

static int number_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void box_index_meeting(struct box_index *index, const struct region_box *box,
		       struct box_numbers *out)
{
	out->list.n = 0;
	index->question++;
	vec_each (const uint32_t, number, &index->wide)
		take(index, *number, box, out);
	for (uint32_t dim = 0; dim < index->space->dims.n; dim++)
		if (index->heads[dim])
			take_along(index, dim, box, out);
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), number_order);
}

/* What covers the box has the first of its numbers in every dimension. */
bool box_index_covers(const struct box_index *index, const struct region_box *box)
{
	vec_each (const uint32_t, number, &index->wide)
		if (region_box_covers(index->boxes.v[*number], box))
			return true;
	for (uint32_t dim = 0; dim < index->space->dims.n; dim++) {
		uint32_t first = region_box_get(index->space, box, dim)->v[0].lo;

		if (!index->heads[dim])
			continue;
		for (uint32_t e = index->heads[dim][first]; e != NONE; e = index->entries.v[e].next)
			if (region_box_covers(index->boxes.v[index->entries.v[e].box], box))
				return true;
	}
	return false;
}
