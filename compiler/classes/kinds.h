/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of label sets: which sets of selectors some label set meets, over all label sets that
 * there can be. Private to classes/.
 */
#pragma once

#include "compiler/ir.h"

/* Selectors by number, without those that match nothing. */
struct cls_selectors {
	VEC(const struct ir_selector *) list;
};

struct cls_kinds {
	size_t n, words;
	const uint64_t **sets; /* n sets of selectors: bit `number % 64` of word `number / 64` */
};

/* False: there are more kinds than `limit`, or finding out takes too long. `n_strings` is above
 * every value of a requirement. Memory comes from `arena`. */
bool cls_kinds_find(const struct cls_selectors *selectors, size_t n_strings, uint32_t limit,
		    struct arena *arena, struct cls_kinds *out);
