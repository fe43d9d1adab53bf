/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/image/pool.h"

#include <string.h>

void gen_pool_init(struct gen_pool *p, size_t unit, struct arena *arena)
{
	*p = (struct gen_pool){.arena = arena, .unit = unit};
}

struct wanted {
	const struct gen_pool *pool;
	const void *units;
	size_t n;
};

static bool equals(const void *key, uint32_t item)
{
	const struct wanted *w = key;
	const struct gen_pool *p = w->pool;
	const struct gen_pool_run *run = &p->runs.v[item];

	return run->n == w->n &&
	       memcmp(p->data + run->first * p->unit, w->units, w->n * p->unit) == 0;
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
	struct wanted w = {p, units, n};
	struct hash_key key = {hash_bytes(units, n * p->unit), equals, &w};
	uint32_t id = hash_put(&p->ids, p->arena, &key);

	if (id == p->runs.n)
		vec_push(p->arena, &p->runs,
			 (struct gen_pool_run){append(p, units, n), (uint32_t)n});
	return p->runs.v[id].first;
}
