/* SPDX-License-Identifier: Apache-2.0 */
/* Fewer boxes for the same region. */
#include <stdlib.h>

#include "verifier/region/region.h"

/* A box and what it looks like without one dimension. */
struct entry {
	uint64_t hash;
	size_t index;
};

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static uint64_t part_hash(const struct region_part *part)
{
	uint64_t h = (part->dim + 0x243f6a8885a308d3) * 0x9e3779b97f4a7c15;

	h = (h ^ part->set->hash) * 0xbf58476d1ce4e5b9;
	return (h ^ h >> 31) * 0x94d049bb133111eb;
}

/* A sum, so that a part is taken out without a look at the others. */
static uint64_t sum_of(const struct region_box *box)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < box->n; i++)
		sum += part_hash(&box->v[i]);
	return sum;
}

static uint64_t hash_without(const struct region_space *s, const struct region_box *box,
			     uint64_t sum, uint32_t dim)
{
	struct region_part part = {dim, region_box_get(s, box, dim)};

	return part.set == s->dims.v[dim] ? sum : sum - part_hash(&part);
}

static bool eq_without(const struct region_box *a, const struct region_box *b, uint32_t dim)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		if (i < a->n && a->v[i].dim == dim)
			i++;
		if (j < b->n && b->v[j].dim == dim)
			j++;
		if (i == a->n || j == b->n)
			return i == a->n && j == b->n;
		if (a->v[i].dim != b->v[j].dim || a->v[i].set != b->v[j].set)
			return false;
	}
}

static void drop_gaps(struct region *r, uint64_t *sums)
{
	size_t n = 0;

	for (size_t i = 0; i < r->list.n; i++) {
		if (!r->list.v[i])
			continue;
		sums[n] = sums[i];
		r->list.v[n++] = r->list.v[i];
	}
	r->list.n = n;
}

/* Joins the first box of a run of entries with those that differ from it in this dimension only. */
static bool join_run(struct region_space *s, struct region *r, uint64_t *sums, uint32_t dim,
		     const struct entry *run, size_t n)
{
	const struct region_box **first = &r->list.v[run[0].index];
	bool any = false;

	for (size_t j = 1; j < n; j++) {
		const struct region_box **other = &r->list.v[run[j].index];

		if (!eq_without(*first, *other, dim))
			continue;
		*first = region_box_with(s, *first, dim,
					 region_set_or(s, region_box_get(s, *first, dim),
						       region_box_get(s, *other, dim)));
		*other = NULL;
		any = true;
	}
	if (any)
		sums[run[0].index] = sum_of(*first);
	return any;
}

/* Joins what differs in this dimension only. */
static bool merge_along(struct region_space *s, struct region *r, uint64_t *sums, uint32_t dim,
			struct entry *entries)
{
	size_t n = r->list.n;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		entries[i] = (struct entry){hash_without(s, r->list.v[i], sums[i], dim), i};
	qsort(entries, n, sizeof(*entries), entry_order);
	for (size_t i = 0, j; i < n; i = j) {
		/* Another box with the same hash, which is rare, waits for the next round. */
		for (j = i + 1; j < n && entries[j].hash == entries[i].hash; j++)
			;
		any |= join_run(s, r, sums, dim, &entries[i], j - i);
	}
	if (any)
		drop_gaps(r, sums);
	return any;
}

/* Which dimensions does any box restrict? */
static bool *used_dims(struct region_space *s, const struct region *r)
{
	bool *used = arena_array(s->arena, bool, s->dims.n);

	vec_each (const struct region_box *, box, &r->list) {
		for (size_t i = 0; i < (*box)->n; i++)
			used[(*box)->v[i].dim] = true;
	}
	return used;
}

void region_merge(struct region_space *s, struct region *r)
{
	const bool *used = used_dims(s, r);
	size_t n = r->list.n;
	uint64_t *sums = arena_array(s->arena, uint64_t, n);
	struct entry *entries = arena_array(s->arena, struct entry, n);
	bool any = n > 1;

	for (size_t i = 0; i < n; i++)
		sums[i] = sum_of(r->list.v[i]);
	while (any) {
		any = false;
		for (uint32_t dim = (uint32_t)s->dims.n; dim-- > 0 && r->list.n > 1;)
			any |= used[dim] && merge_along(s, r, sums, dim, entries);
	}
}
