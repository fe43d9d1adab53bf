/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas and arena vectors: the memory of one compilation.
 *
 * An AST or an IR is built of thousands of small objects that die together. They
 * come from an arena, are never freed one by one, and go with arena_fini(). Heap
 * objects with a life of their own do not belong here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes handed out, for limits and statistics */
};

void arena_init(struct arena *a);
void arena_fini(struct arena *a);

/* Zeroed memory, aligned for any object. Never NULL: running out of memory ends the
 * process with abort(), as no caller of a compiler can do better. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define arena_new(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_calloc((a), (n), sizeof(type)))

void *arena_calloc(struct arena *a, size_t n, size_t size);

/* A growing array of T in an arena: `VEC(int) v = {0}; vec_push(a, &v, 3); v.v[0]`. */
#define VEC(T)                                                                                     \
	struct {                                                                                   \
		T *v;                                                                              \
		size_t n, cap;                                                                     \
	}

void *vec_grow(struct arena *a, void *old, size_t n, size_t *cap, size_t size);

/* Appends a copy of the item given. */
#define vec_push(a, vec, ...)                                                                      \
	do {                                                                                       \
		if ((vec)->n == (vec)->cap)                                                        \
			(vec)->v =                                                                 \
				vec_grow((a), (vec)->v, (vec)->n, &(vec)->cap, sizeof(*(vec)->v)); \
		(vec)->v[(vec)->n++] = (__VA_ARGS__);                                              \
	} while (0)

/* Visits each item by pointer: `vec_each(struct ast_rule, r, &sec->rules) { ... }`. */
#define vec_each(T, it, vec) for (T *it = (vec)->v; it && it < (vec)->v + (vec)->n; it++)
