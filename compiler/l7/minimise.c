/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hopcroft's algorithm (1971): states are parted by what they accept, and then again and again by
 * whether a byte leads into a part that was split off, the smaller one of two. So no state is
 * looked at more often than a logarithm of their number, for each class of bytes.
 */
#include "compiler/l7/minimise.h"

#include <assert.h>
#include <string.h>

#include "compiler/classes/keyset.h"

struct part {
	uint32_t first, end; /* of its states in `states` */
	uint32_t marked;     /* of these, from the first on */
};

struct parts {
	struct arena arena;
	const struct dfa *dfa;
	VEC(struct part) list;
	uint32_t *states;     /* part by part */
	uint32_t *place, *of; /* by state: where in `states`, and in which part */
	/* Where a state comes from by a class of bytes: froms[begins[class * n + to]...]. */
	uint32_t *begins, *froms;
	VEC(uint32_t) waiting, touched, splitter;
};

static size_t n_states(const struct parts *p)
{
	return p->dfa->n_states;
}

static void invert(struct parts *p)
{
	const struct dfa *d = p->dfa;
	size_t n = n_states(p), all = n * d->n_classes;

	p->begins = arena_array(&p->arena, uint32_t, all + 1);
	p->froms = arena_array(&p->arena, uint32_t, all + 1);
	for (size_t i = 0; i < all; i++)
		p->begins[i % d->n_classes * n + d->next[i] + 1]++;
	for (size_t i = 0; i < all; i++)
		p->begins[i + 1] += p->begins[i];
	/* Filled from the back, which moves each beginning to where it belongs. */
	for (size_t i = all; i-- > 0;) {
		size_t at = i % d->n_classes * n + d->next[i];

		p->froms[--p->begins[at + 1]] = (uint32_t)(i / d->n_classes);
	}
	memmove(p->begins, p->begins + 1, all * sizeof(*p->begins));
	p->begins[all] = (uint32_t)all;
}

/* --- parts ------------------------------------------------------------------------------- */

/* One for each set of expressions that states accept. */
static void part_by_accepts(struct parts *p)
{
	const struct dfa *d = p->dfa;
	size_t n = n_states(p);
	uint32_t *at = arena_array(&p->arena, uint32_t, d->sets.n + 1);

	p->states = arena_array(&p->arena, uint32_t, n);
	p->place = arena_array(&p->arena, uint32_t, n);
	p->of = arena_array(&p->arena, uint32_t, n);
	for (size_t i = 0; i < n; i++)
		at[d->accepts[i] + 1]++;
	for (size_t i = 0; i < d->sets.n; i++) {
		at[i + 1] += at[i];
		vec_push(&p->arena, &p->list, (struct part){.first = at[i], .end = at[i + 1]});
		vec_push(&p->arena, &p->waiting, (uint32_t)i);
	}
	for (uint32_t i = 0; i < n; i++) {
		p->of[i] = d->accepts[i];
		p->place[i] = at[p->of[i]]++;
		p->states[p->place[i]] = i;
	}
}

static void swap(struct parts *p, uint32_t a, uint32_t b)
{
	uint32_t x = p->states[a], y = p->states[b];

	p->states[a] = y;
	p->place[y] = a;
	p->states[b] = x;
	p->place[x] = b;
}

static void mark(struct parts *p, uint32_t state)
{
	struct part *part = &p->list.v[p->of[state]];
	uint32_t to = part->first + part->marked;

	if (p->place[state] < to)
		return;
	if (!part->marked)
		vec_push(&p->arena, &p->touched, p->of[state]);
	swap(p, p->place[state], to);
	part->marked++;
}

/* Marked and others become two parts; the smaller one is new, and waits to split others. */
static void split(struct parts *p, uint32_t number)
{
	struct part *old = &p->list.v[number], new = *old;
	uint32_t middle = old->first + old->marked;
	bool marked_is_less = old->marked <= old->end - middle;

	old->marked = new.marked = 0;
	if (middle == old->end)
		return;
	if (marked_is_less)
		new.end = old->first = middle;
	else
		new.first = old->end = middle;
	for (uint32_t i = new.first; i < new.end; i++)
		p->of[p->states[i]] = (uint32_t)p->list.n;
	vec_push(&p->arena, &p->waiting, (uint32_t)p->list.n);
	vec_push(&p->arena, &p->list, new);
}

/* Who comes into the states of the splitter by this class is told from who does not. */
static void split_by(struct parts *p, uint32_t class)
{
	p->touched.n = 0;
	vec_each (const uint32_t, to, &p->splitter) {
		size_t at = class * n_states(p) + *to;

		for (uint32_t i = p->begins[at]; i < p->begins[at + 1]; i++)
			mark(p, p->froms[i]);
	}
	vec_each (const uint32_t, touched, &p->touched)
		split(p, *touched);
}

static void refine(struct parts *p)
{
	while (p->waiting.n) {
		struct part part = p->list.v[p->waiting.v[--p->waiting.n]];

		p->splitter.n = 0;
		for (uint32_t i = part.first; i < part.end; i++)
			vec_push(&p->arena, &p->splitter, p->states[i]);
		for (uint32_t k = 0; k < p->dfa->n_classes; k++)
			split_by(p, k);
	}
}

/* --- the result -------------------------------------------------------------------------- */

/* A number for each part, in the order in which they are met, and a state of each. */
struct order {
	uint32_t *number, *sample;
	uint32_t n;
};

static uint32_t number_of(const struct parts *p, struct order *o, uint32_t state)
{
	uint32_t part = p->of[state];

	if (o->number[part] == UINT32_MAX) {
		o->sample[o->n] = state;
		o->number[part] = o->n++;
	}
	return o->number[part];
}

static void number_parts(struct parts *p, struct order *o)
{
	const struct dfa *d = p->dfa;

	o->number = arena_array(&p->arena, uint32_t, p->list.n);
	o->sample = arena_array(&p->arena, uint32_t, p->list.n);
	memset(o->number, 0xff, p->list.n * sizeof(*o->number));
	number_of(p, o, DFA_DEAD);
	number_of(p, o, d->start);
	for (uint32_t i = 0; i < o->n; i++)
		for (uint32_t k = 0; k < d->n_classes; k++)
			number_of(p, o, d->next[(size_t)o->sample[i] * d->n_classes + k]);
}

/* By class: the first one that leads to the same from every state. */
static uint32_t merge_classes(struct parts *p, struct order *o, uint32_t *merged, uint32_t *samples)
{
	const struct dfa *d = p->dfa;
	uint32_t *column = arena_array(&p->arena, uint32_t, o->n), n = 0;
	struct keyset columns;

	keyset_init(&columns, &p->arena);
	for (uint32_t k = 0; k < d->n_classes; k++) {
		for (uint32_t i = 0; i < o->n; i++)
			column[i] =
				number_of(p, o, d->next[(size_t)o->sample[i] * d->n_classes + k]);
		merged[k] = keyset_add(&columns, column, o->n * sizeof(*column));
		if (merged[k] == n)
			samples[n++] = k;
	}
	return n;
}

static const struct dfa *build_result(struct arena *arena, struct parts *p)
{
	const struct dfa *d = p->dfa;
	struct dfa *out = arena_new(arena, struct dfa);
	uint32_t merged[256], samples[256];
	struct order o = {0};

	number_parts(p, &o);
	*out = (struct dfa){.n_states = o.n, .sets = d->sets};
	out->n_classes = merge_classes(p, &o, merged, samples);
	out->start = number_of(p, &o, d->start);
	out->next = arena_array(arena, uint32_t, (size_t)o.n * out->n_classes);
	out->accepts = arena_array(arena, uint32_t, o.n);
	for (unsigned c = 0; c < 256; c++)
		out->classes[c] = (uint8_t)merged[d->classes[c]];
	for (uint32_t i = 0; i < o.n; i++) {
		const uint32_t *from = d->next + (size_t)o.sample[i] * d->n_classes;

		out->accepts[i] = d->accepts[o.sample[i]];
		for (uint32_t k = 0; k < out->n_classes; k++)
			out->next[(size_t)i * out->n_classes + k] =
				number_of(p, &o, from[samples[k]]);
	}
	assert(o.number[p->of[DFA_DEAD]] == DFA_DEAD);
	return out;
}

const struct dfa *dfa_minimise(struct arena *arena, const struct dfa *dfa)
{
	struct parts p = {.dfa = dfa};
	const struct dfa *out;

	arena_init(&p.arena);
	invert(&p);
	part_by_accepts(&p);
	refine(&p);
	out = build_result(arena, &p);
	arena_fini(&p.arena);
	return out;
}
