/* SPDX-License-Identifier: Apache-2.0 */
/* What can tell which of many expressions a line matches first. C and C++ read this. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MATCHER_NONE UINT32_MAX

/* Expressions stand for whole lines. */
struct matcher {
	const char *name;
	void *(*build)(const char *const *expressions, size_t n); /* NULL: it cannot */
	/* The first expression that a line matches, or MATCHER_NONE. */
	uint32_t (*first)(void *built, const char *line, size_t n);
	size_t (*size)(const void *built); /* bytes; NULL: nobody knows */
	void (*release)(void *built);
};

extern const struct matcher matcher_hyperscan, matcher_re2;

#ifdef __cplusplus
}
#endif
