/* SPDX-License-Identifier: Apache-2.0 */
/* Fewer boxes for the same region. */
#include <stdlib.h>
#include <string.h>

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

static uint64_t hash_without(const struct region_box *box, uint32_t dim)
{
	uint64_t h = 0x243f6a8885a308d3;

	for (size_t i = 0; i < box->n; i++) {
		if (box->v[i].dim == dim)
			continue;
		h = (h ^ box->v[i].dim) * 0x9e3779b97f4a7c15;
		h = (h ^ box->v[i].set->hash) * 0xbf58476d1ce4e5b9;
		h ^= h >> 31;
	}
	return h;
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

static void drop_gaps(struct region *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->list.n; i++) {
		if (r->list.v[i])
			r->list.v[n++] = r->list.v[i];
	}
	r->list.n = n;
}

/* Joins what differs in this dimension only. */
static bool merge_along(struct region_space *s, struct region *r, uint32_t dim)
{
	size_t n = r->list.n;
	struct entry *entries = malloc((n ? n : 1) * sizeof(*entries));
	bool any = false;

	if (!entries)
		abort();
	for (size_t i = 0; i < n; i++)
		entries[i] = (struct entry){hash_without(r->list.v[i], dim), i};
	qsort(entries, n, sizeof(*entries), entry_order);
	for (size_t i = 0, j; i < n; i = j) {
		const struct region_box **first = &r->list.v[entries[i].index];

		for (j = i + 1; j < n && entries[j].hash == entries[i].hash; j++) {
			const struct region_box **other = &r->list.v[entries[j].index];

			if (!eq_without(*first, *other, dim))
				continue;
			*first = region_box_with(s, *first, dim,
						 region_set_or(s, region_box_get(s, *first, dim),
							       region_box_get(s, *other, dim)));
			*other = NULL;
			any = true;
		}
		/* Another box with the same hash, which is rare, waits for the next round. */
		while (j < n && entries[j].hash == entries[i].hash)
			j++;
	}
	free(entries);
	drop_gaps(r);
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
	bool any = r->list.n > 1;

	while (any) {
		any = false;
		for (uint32_t dim = (uint32_t)s->dims.n; dim-- > 0 && r->list.n > 1;)
			any |= used[dim] && merge_along(s, r, dim);
	}
}
