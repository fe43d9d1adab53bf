/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/region/region.h"
#include "verifier/region/seek.h"

/* In bytes. A larger one counts as several. */
enum { USUAL_BOX = 128 };

static struct region_box *make(struct region_space *s, size_t capacity)
{
	size_t size = sizeof(struct region_box) + capacity * sizeof(struct region_part);

	s->made += 1 + size / USUAL_BOX;
	return arena_alloc(s->arena, size);
}

/* A part that restricts nothing is left out, so that equal boxes have equal parts. */
static void add(const struct region_space *s, struct region_box *box, uint32_t dim,
		const struct region_set *set)
{
	if (set != s->dims.v[dim])
		box->v[box->n++] = (struct region_part){dim, set};
}

static inline bool is_before(const void *parts, size_t i, uint32_t dim)
{
	return ((const struct region_part *)parts)[i].dim < dim;
}

/* The first part from `at` on whose dimension is this one or behind it. */
static inline size_t seek(const struct region_box *box, size_t at, uint32_t dim)
{
	return seek_from(box->v, box->n, at, is_before, dim);
}

const struct region_set *region_box_get(const struct region_space *s, const struct region_box *box,
					uint32_t dim)
{
	size_t i = seek(box, 0, dim);

	return i < box->n && box->v[i].dim == dim ? box->v[i].set : s->dims.v[dim];
}

const struct region_box *region_box_with(struct region_space *s, const struct region_box *box,
					 uint32_t dim, const struct region_set *set)
{
	struct region_box *out;
	size_t i = 0;

	if (!set->n)
		return NULL;
	out = make(s, box->n + 1);
	for (; i < box->n && box->v[i].dim < dim; i++)
		out->v[out->n++] = box->v[i];
	add(s, out, dim, set);
	if (i < box->n && box->v[i].dim == dim)
		i++;
	for (; i < box->n; i++)
		out->v[out->n++] = box->v[i];
	return out;
}

const struct region_box *region_box_and(struct region_space *s, const struct region_box *a,
					const struct region_box *b)
{
	struct region_box *out;
	size_t i = 0, j = 0;

	if (!region_box_meets(a, b))
		return NULL;
	out = make(s, a->n + b->n);
	while (i < a->n || j < b->n) {
		if (j == b->n || (i < a->n && a->v[i].dim < b->v[j].dim)) {
			out->v[out->n++] = a->v[i++];
		} else if (i == a->n || b->v[j].dim < a->v[i].dim) {
			out->v[out->n++] = b->v[j++];
		} else {
			out->v[out->n++] = (struct region_part){
				a->v[i].dim, region_set_and(s, a->v[i].set, b->v[j].set)};
			i++;
			j++;
		}
	}
	return out;
}

bool region_box_meets(const struct region_box *a, const struct region_box *b)
{
	size_t i = 0, j = 0;

	while (i < a->n && j < b->n) {
		if (a->v[i].dim < b->v[j].dim)
			i = seek(a, i, b->v[j].dim);
		else if (b->v[j].dim < a->v[i].dim)
			j = seek(b, j, a->v[i].dim);
		else if (!region_set_meets(a->v[i++].set, b->v[j++].set))
			return false;
	}
	return true;
}

bool region_box_covers(const struct region_box *outer, const struct region_box *inner)
{
	size_t j = 0;

	if (outer->n > inner->n)
		return false;
	for (size_t i = 0; i < outer->n; i++) {
		j = seek(inner, j, outer->v[i].dim);
		if (j == inner->n || inner->v[j].dim != outer->v[i].dim ||
		    !region_set_covers(outer->v[i].set, inner->v[j].set))
			return false;
	}
	return true;
}

bool region_box_eq(const struct region_box *a, const struct region_box *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->v[i].dim != b->v[i].dim || a->v[i].set != b->v[i].set)
			return false;
	}
	return true;
}

static uint64_t mix(uint64_t h, const struct region_part *part)
{
	h = (h ^ part->dim) * 0x9e3779b97f4a7c15;
	h = (h ^ part->set->hash) * 0xbf58476d1ce4e5b9;
	return h ^ h >> 31;
}

uint64_t region_box_hash(const struct region_box *box)
{
	uint64_t h = 0;

	for (size_t i = 0; i < box->n; i++)
		h = mix(h, &box->v[i]);
	return h;
}

/* What remains of `rest` outside one part of `b` is a piece; `rest` goes on inside of it. */
void region_box_minus(struct region_space *s, const struct region_box *a,
		      const struct region_box *b, struct region *out)
{
	const struct region_box *rest = a;

	if (!region_box_meets(a, b)) {
		vec_push(s->arena, &out->list, a);
		return;
	}
	for (size_t i = 0; i < b->n; i++) {
		const struct region_set *have = region_box_get(s, rest, b->v[i].dim);
		const struct region_set *outside = region_set_minus(s, have, b->v[i].set);

		if (!outside->n)
			continue;
		vec_push(s->arena, &out->list, region_box_with(s, rest, b->v[i].dim, outside));
		rest = region_box_with(s, rest, b->v[i].dim, region_set_and(s, have, b->v[i].set));
	}
}
