/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/keyset.h"

#include <string.h>

void keyset_init(struct keyset *ks, struct arena *arena)
{
	*ks = (struct keyset){.arena = arena};
}

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
static uint64_t hash(const unsigned char *p, size_t n)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

static uint32_t *find_slot(const struct keyset *ks, const struct keyset_key *key)
{
	for (size_t i = key->hash;; i++) {
		uint32_t *slot = &ks->slots[i & (ks->n_slots - 1)];
		const struct keyset_key *k;

		if (!*slot)
			return slot;
		k = &ks->keys.v[*slot - 1];
		if (k->hash == key->hash && k->len == key->len &&
		    memcmp(k->bytes, key->bytes, key->len) == 0)
			return slot;
	}
}

static void grow(struct keyset *ks)
{
	ks->n_slots = ks->n_slots ? ks->n_slots * 2 : 64;
	ks->slots = arena_array(ks->arena, uint32_t, ks->n_slots);
	for (size_t i = 0; i < ks->keys.n; i++)
		*find_slot(ks, &ks->keys.v[i]) = (uint32_t)i + 1;
}

uint32_t keyset_add(struct keyset *ks, const void *bytes, size_t len)
{
	struct keyset_key key = {.bytes = bytes, .len = len, .hash = hash(bytes, len)};
	uint32_t *slot;
	void *copy;

	if (ks->keys.n * 2 >= ks->n_slots)
		grow(ks);
	slot = find_slot(ks, &key);
	if (!*slot) {
		copy = arena_alloc(ks->arena, len);
		memcpy(copy, bytes, len);
		key.bytes = copy;
		vec_push(ks->arena, &ks->keys, key);
		*slot = (uint32_t)ks->keys.n;
	}
	return *slot - 1;
}

uint32_t keyset_find(const struct keyset *ks, const void *bytes, size_t len)
{
	const struct keyset_key key = {.bytes = bytes, .len = len, .hash = hash(bytes, len)};
	uint32_t *slot = ks->n_slots ? find_slot(ks, &key) : NULL;

	return slot && *slot ? *slot - 1 : KEYSET_NONE;
}
