/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/image/pool.h"

#include <string.h>

struct gen_pool_run {
	uint64_t hash;
	uint32_t first, n; /* n 0: the slot is free */
};

void gen_pool_init(struct gen_pool *p, size_t unit, struct arena *arena)
{
	*p = (struct gen_pool){.arena = arena, .unit = unit};
}

/* Where equal runs meet is decided by comparing them, so this only needs to be quick. The
 * multiplier is 2^64 divided by the golden ratio. */
static uint64_t hash_of(const uint8_t *data, size_t size)
{
	uint64_t h = size, word;

	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return h;
}

static struct gen_pool_run *find(const struct gen_pool *p, uint64_t hash, const void *units,
				 size_t n)
{
	size_t i = hash & (p->n_slots - 1);

	for (;; i = (i + 1) & (p->n_slots - 1)) {
		struct gen_pool_run *run = &p->runs[i];

		if (!run->n || (run->hash == hash && run->n == n &&
				memcmp(p->data + run->first * p->unit, units, n * p->unit) == 0))
			return run;
	}
}

static void grow_runs(struct gen_pool *p)
{
	struct gen_pool_run *old = p->runs;
	size_t n = p->n_slots;

	p->n_slots = n ? 2 * n : 256;
	p->runs = arena_array(p->arena, struct gen_pool_run, p->n_slots);
	for (size_t i = 0; i < n; i++) {
		size_t at = old[i].hash & (p->n_slots - 1);

		if (!old[i].n)
			continue;
		while (p->runs[at].n)
			at = (at + 1) & (p->n_slots - 1);
		p->runs[at] = old[i];
	}
}

static uint32_t append(struct gen_pool *p, const void *units, size_t n)
{
	uint32_t first = (uint32_t)p->n;

	if (p->n + n > p->cap) {
		size_t cap = 2 * p->cap > p->n + n ? 2 * p->cap : p->n + n + 64;
		uint8_t *data = arena_calloc(p->arena, cap, p->unit);

		if (p->n)
			memcpy(data, p->data, p->n * p->unit);
		p->data = data;
		p->cap = cap;
	}
	memcpy(p->data + p->n * p->unit, units, n * p->unit);
	p->n += n;
	return first;
}

uint32_t gen_pool_put(struct gen_pool *p, const void *units, size_t n)
{
	uint64_t hash = hash_of(units, n * p->unit);
	struct gen_pool_run *run;

	if (2 * p->n_runs >= p->n_slots)
		grow_runs(p);
	run = find(p, hash, units, n);
	if (!run->n) {
		*run = (struct gen_pool_run){
			.hash = hash, .first = append(p, units, n), .n = (uint32_t)n};
		p->n_runs++;
	}
	return run->first;
}
