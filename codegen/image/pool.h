/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool: runs of equal-sized units (pages, lines of cells), each run stored once. What many
 * endpoints have in common takes the room of one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/hash.h"

struct gen_pool_run {
	uint32_t first, n; /* units */
};

struct gen_pool {
	struct arena *arena; /* borrowed */
	size_t unit;         /* bytes, a multiple of 8 */
	uint8_t *data;
	size_t n, cap;                 /* units */
	VEC(struct gen_pool_run) runs; /* by the number that they have in `ids` */
	struct hash ids;
};

void gen_pool_init(struct gen_pool *p, size_t unit, struct arena *arena);

/* The number of the first unit of a run that equals these n. */
uint32_t gen_pool_put(struct gen_pool *p, const void *units, size_t n);
