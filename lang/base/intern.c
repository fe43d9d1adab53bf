/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/intern.h"

#include <string.h>

void intern_init(struct intern *t, struct arena *arena)
{
	*t = (struct intern){.arena = arena};
}

/* FNV-1a, 32 bits (draft-eastlake-fnv). */
static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

/* The slot that holds `s`, or the free slot where it belongs. */
static uint32_t *find_slot(const struct intern *t, const char *s)
{
	for (size_t i = hash(s);; i++) {
		uint32_t *slot = &t->slots[i & (t->n_slots - 1)];

		if (!*slot || strcmp(t->strings.v[*slot - 1], s) == 0)
			return slot;
	}
}

static void grow(struct intern *t)
{
	t->n_slots = t->n_slots ? t->n_slots * 2 : 64;
	t->slots = arena_array(t->arena, uint32_t, t->n_slots);
	for (size_t i = 0; i < t->strings.n; i++)
		*find_slot(t, t->strings.v[i]) = (uint32_t)i + 1;
}

uint32_t intern_add(struct intern *t, const char *s)
{
	uint32_t *slot;

	if (t->strings.n * 2 >= t->n_slots)
		grow(t);
	slot = find_slot(t, s);
	if (!*slot) {
		vec_push(t->arena, &t->strings, arena_strdup(t->arena, s));
		*slot = (uint32_t)t->strings.n;
	}
	return *slot - 1;
}

uint32_t intern_find(const struct intern *t, const char *s)
{
	if (!t->n_slots)
		return INTERN_NONE;
	return *find_slot(t, s) - 1;
}

const char *intern_str(const struct intern *t, uint32_t id)
{
	return t->strings.v[id];
}
