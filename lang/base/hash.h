/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash tables. A table holds numbers only, those of its items, counted from 0 in the order in
 * which they were put; the items themselves lie in a vector of whoever owns the table, or wherever
 * else suits them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"

enum { HASH_NONE = UINT32_MAX };

/* All zero: empty. */
struct hash {
	struct hash_slot *slots; /* open addressing; in the arena */
	size_t n_slots, n;       /* slots: 0 or a power of two */
};

/* What is looked for; borrowed for the call. */
struct hash_key {
	uint64_t hash;                                  /* equal keys have equal ones */
	bool (*equals)(const void *key, uint32_t item); /* asked only if the hashes agree */
	const void *key;
};

/* The number of the item that equals the key, or HASH_NONE. */
uint32_t hash_find(const struct hash *t, const struct hash_key *key);
/* The number of the item that equals the key. If it is the number of items that there were, the key
 * is new, and the caller has to store the item. Memory comes from `arena`. */
uint32_t hash_put(struct hash *t, struct arena *arena, const struct hash_key *key);

/* A hash of n bytes. It is not the same on every machine, and nothing may depend on it. */
uint64_t hash_bytes(const void *bytes, size_t n);
