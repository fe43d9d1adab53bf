/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regions for readers: boxes are joined, then each one loses the restrictions that the others
 * make needless, and boxes that others contain go. Boxes may overlap in the end; together they
 * are what they were.
 */
#include "verifier/diff/world.h"

/* Widening asks much of large regions, which nobody reads to the end. */
enum { MAX_WIDENED = 96, MAX_PIECES = 2000 };

/* Is every flow of the box in one of the region's, `but` left out? False, too, if that asks too
 * much. */
static bool contained(struct diff_world *w, const struct region_box *box, const struct region *r,
		      const struct region_box *but)
{
	struct region rest = {0};

	vec_push(w->arena, &rest.list, box);
	vec_each (const struct region_box *, other, &r->list) {
		struct region next = {0};

		if (*other == but)
			continue;
		vec_each (const struct region_box *, piece, &rest.list) {
			if (region_space_exhausted(&w->space) || next.list.n > MAX_PIECES)
				return false;
			region_box_minus(&w->space, *piece, *other, &next);
		}
		rest.list.n = 0;
		vec_each (const struct region_box *, piece, &next.list) {
			if (w->ops->inhabited(w, *piece))
				vec_push(w->arena, &rest.list, *piece);
		}
		if (!rest.list.n)
			return true;
		if (rest.list.n > MAX_PIECES)
			return false;
	}
	return false;
}

/* The box with everything allowed in this dimension that the region contains anyway. */
static const struct region_box *widen(struct diff_world *w, const struct region_box *box,
				      uint32_t dim, const struct region *r)
{
	const struct region_set *all = w->space.dims.v[dim];
	const struct region_set *have = region_box_get(&w->space, box, dim);
	const struct region_set *more = region_set_minus(&w->space, all, have);
	const struct region_box *outside;

	if (!w->ops->optional(w, box, dim) || region_space_exhausted(&w->space))
		return box;
	outside = region_box_with(&w->space, box, dim, more);
	return contained(w, outside, r, NULL) ? region_box_with(&w->space, box, dim, all) : box;
}

static void widen_all(struct diff_world *w, struct region *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		const struct region_box *start = r->list.v[i];

		/* The kind of an end comes before its labels, and can go only after them. */
		for (size_t k = start->n; k-- > 0;)
			r->list.v[i] = widen(w, r->list.v[i], start->v[k].dim, r);
	}
}

static void drop_contained(struct diff_world *w, struct region *r)
{
	for (size_t i = r->list.n; i-- > 0 && r->list.n > 1;) {
		const struct region_box *box = r->list.v[i];

		if (region_space_exhausted(&w->space) || !contained(w, box, r, box))
			continue;
		for (size_t k = i + 1; k < r->list.n; k++)
			r->list.v[k - 1] = r->list.v[k];
		r->list.n--;
	}
}

void diff_simplify(struct diff_world *w, struct region *r)
{
	region_merge(&w->space, r);
	if (r->list.n <= MAX_WIDENED) {
		widen_all(w, r);
		drop_contained(w, r);
		region_merge(&w->space, r);
	}
}
