/* SPDX-License-Identifier: Apache-2.0 */
/* Private to verifier/region/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef bool seek_before_fn(const void *list, size_t i, uint32_t key);

/* The first place from `at` on of `n` in order that is not before the key. Steps that double find
 * what is near at once, and what is far among very many in few steps. */
static inline size_t seek_from(const void *list, size_t n, size_t at, seek_before_fn *before,
			       uint32_t key)
{
	size_t step = 1, lo = at, hi = at;

	while (hi < n && before(list, hi, key)) {
		lo = hi + 1;
		hi += step;
		step *= 2;
	}
	hi = hi < n ? hi : n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (before(list, mid, key))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
