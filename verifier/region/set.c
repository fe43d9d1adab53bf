/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "lang/base/work.h"
#include "verifier/region/region.h"
#include "verifier/region/seek.h"

/* In spans. A longer one counts as boxes do. */
enum { USUAL_SET = 16 };

static const struct region_set *intern(struct region_space *s, const struct region_span *v,
				       size_t n);

void region_space_init(struct region_space *s, struct arena *arena, size_t limit)
{
	*s = (struct region_space){.arena = arena, .limit = limit};
	s->whole = arena_new(arena, struct region_box);
	s->ands = arena_array(arena, struct region_and, REGION_N_ANDS);
}

uint32_t region_dim(struct region_space *s, uint32_t size)
{
	vec_push(s->arena, &s->dims, region_set_of(s, 0, size - 1));
	return (uint32_t)s->dims.n - 1;
}

bool region_space_exhausted(const struct region_space *s)
{
	return s->made > s->limit || work_is_over(s->work);
}

/* --- one object for equal sets --------------------------------------------------------------- */

/* FNV-1a, a word at a time. */
static uint64_t hash_spans(const struct region_span *v, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < n; i++) {
		h = (h ^ ((uint64_t)v[i].lo << 32 | v[i].hi)) * 0x100000001b3;
		h ^= h >> 29;
	}
	return h;
}

struct wanted {
	const struct region_space *space;
	const struct region_span *v;
	size_t n;
};

static bool equals(const void *key, uint32_t item)
{
	const struct wanted *w = key;
	const struct region_set *have = w->space->sets.v[item];

	return have->n == w->n && (w->n == 0 || memcmp(have->v, w->v, w->n * sizeof(*w->v)) == 0);
}

static const struct region_set *intern(struct region_space *s, const struct region_span *v,
				       size_t n)
{
	struct wanted w = {s, v, n};
	struct hash_key key = {hash_spans(v, n), equals, &w};
	uint32_t id = hash_put(&s->ids, s->arena, &key);

	if (id == s->sets.n) {
		struct region_set *set = arena_alloc(s->arena, sizeof(*set) + n * sizeof(*v));

		set->hash = key.hash;
		set->n = n;
		if (n)
			memcpy(set->v, v, n * sizeof(*v));
		s->made += n / USUAL_SET;
		vec_push(s->arena, &s->sets, set);
	}
	return s->sets.v[id];
}

/* --- making sets ----------------------------------------------------------------------------- */

static int span_order(const void *a, const void *b)
{
	const struct region_span *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/* Adds a span that begins behind the beginnings of all before it. */
static void append(struct region_space *s, struct region_span span)
{
	struct region_span *last =
		s->scratch.list.n ? &s->scratch.list.v[s->scratch.list.n - 1] : NULL;

	if (last && span.lo <= (uint64_t)last->hi + 1)
		last->hi = span.hi > last->hi ? span.hi : last->hi;
	else
		vec_push(s->arena, &s->scratch.list, span);
}

static const struct region_set *take(struct region_space *s)
{
	return intern(s, s->scratch.list.v, s->scratch.list.n);
}

const struct region_set *region_set(struct region_space *s, const struct region_spans *spans)
{
	struct region_span *sorted = arena_array(s->arena, struct region_span, spans->list.n);

	if (spans->list.n) {
		memcpy(sorted, spans->list.v, spans->list.n * sizeof(*sorted));
		qsort(sorted, spans->list.n, sizeof(*sorted), span_order);
	}
	s->scratch.list.n = 0;
	for (size_t i = 0; i < spans->list.n; i++)
		append(s, sorted[i]);
	return take(s);
}

const struct region_set *region_set_of(struct region_space *s, uint32_t lo, uint32_t hi)
{
	struct region_span span = {lo, hi};

	return intern(s, &span, 1);
}

static inline bool ends_before(const void *spans, size_t i, uint32_t lo)
{
	return ((const struct region_span *)spans)[i].hi < lo;
}

/* The first span from `at` on that does not end before `lo`. */
static inline size_t seek(const struct region_set *set, size_t at, uint32_t lo)
{
	return seek_from(set->v, set->n, at, ends_before, lo);
}

static const struct region_set *merge_and(struct region_space *s, const struct region_set *a,
					  const struct region_set *b)
{
	size_t i = 0, j = 0;

	s->scratch.list.n = 0;
	while (i < a->n && j < b->n) {
		uint32_t lo = a->v[i].lo > b->v[j].lo ? a->v[i].lo : b->v[j].lo;
		uint32_t hi = a->v[i].hi < b->v[j].hi ? a->v[i].hi : b->v[j].hi;

		if (lo <= hi) {
			append(s, (struct region_span){lo, hi});
			if (a->v[i].hi < b->v[j].hi)
				i++;
			else
				j++;
		} else if (a->v[i].hi < b->v[j].lo) {
			i = seek(a, i, b->v[j].lo);
		} else {
			j = seek(b, j, a->v[i].lo);
		}
	}
	return take(s);
}

/* What a set has in common with a large one is asked again for many a policy. */
const struct region_set *region_set_and(struct region_space *s, const struct region_set *a,
					const struct region_set *b)
{
	struct region_and *known;

	if (a == b)
		return a;
	if (a->n < USUAL_SET && b->n < USUAL_SET)
		return merge_and(s, a, b);
	known = &s->ands[(a->hash ^ b->hash * 3) % REGION_N_ANDS];
	if (known->a != a || known->b != b)
		*known = (struct region_and){a, b, merge_and(s, a, b)};
	return known->both;
}

const struct region_set *region_set_or(struct region_space *s, const struct region_set *a,
				       const struct region_set *b)
{
	size_t i = 0, j = 0;

	if (a == b)
		return a;
	s->scratch.list.n = 0;
	while (i < a->n || j < b->n) {
		if (j == b->n || (i < a->n && a->v[i].lo <= b->v[j].lo))
			append(s, a->v[i++]);
		else
			append(s, b->v[j++]);
	}
	return take(s);
}

const struct region_set *region_set_minus(struct region_space *s, const struct region_set *a,
					  const struct region_set *b)
{
	size_t j = 0;

	s->scratch.list.n = 0;
	for (size_t i = 0; i < a->n; i++) {
		uint64_t at = a->v[i].lo;

		while (j < b->n && b->v[j].hi < at)
			j++;
		for (size_t k = j; k < b->n && b->v[k].lo <= a->v[i].hi; k++) {
			if (b->v[k].lo > at)
				append(s, (struct region_span){(uint32_t)at, b->v[k].lo - 1});
			at = (uint64_t)b->v[k].hi + 1;
		}
		if (at <= a->v[i].hi)
			append(s, (struct region_span){(uint32_t)at, a->v[i].hi});
	}
	return take(s);
}

/* --- asking sets ----------------------------------------------------------------------------- */

bool region_set_has(const struct region_set *set, uint32_t value)
{
	size_t i = seek(set, 0, value);

	return i < set->n && set->v[i].lo <= value;
}

bool region_set_meets(const struct region_set *a, const struct region_set *b)
{
	size_t i = 0, j = 0;

	if (a->n > b->n)
		return region_set_meets(b, a);
	while (i < a->n && j < b->n) {
		if (a->v[i].hi < b->v[j].lo)
			i++;
		else if (b->v[j].hi < a->v[i].lo)
			j = seek(b, j, a->v[i].lo);
		else
			return true;
	}
	return false;
}

bool region_set_covers(const struct region_set *outer, const struct region_set *inner)
{
	size_t j = 0;

	if (outer == inner)
		return true;
	for (size_t i = 0; i < inner->n; i++) {
		while (j < outer->n && outer->v[j].hi < inner->v[i].lo)
			j++;
		if (j == outer->n || outer->v[j].lo > inner->v[i].lo ||
		    outer->v[j].hi < inner->v[i].hi)
			return false;
	}
	return true;
}

uint64_t region_set_size(const struct region_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->n; i++)
		size += (uint64_t)set->v[i].hi - set->v[i].lo + 1;
	return size;
}
