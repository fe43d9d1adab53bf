/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/hash.h"

#include <string.h>

/* A part of the hash lies beside the number, so that most items need not be looked at, and so that
 * a table can grow without its items. */
struct hash_slot {
	uint32_t hash;
	uint32_t item; /* its number + 1; 0: the slot is free */
};

/* 2^64 divided by the golden ratio. */
static const uint64_t golden = 0x9e3779b97f4a7c15u;

/* The upper half of a product depends on all of the factor; the lower half of each bit on the bits
 * below it alone. */
static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash * golden >> 32);
}

/* The slot of the item that equals the key, or the free one where it belongs. */
static struct hash_slot *find_slot(const struct hash *t, const struct hash_key *key)
{
	uint32_t hash = fold(key->hash);

	for (size_t i = hash;; i++) {
		struct hash_slot *slot = &t->slots[i & (t->n_slots - 1)];

		if (!slot->item)
			return slot;
		if (slot->hash == hash && key->equals(key->key, slot->item - 1))
			return slot;
	}
}

static void grow(struct hash *t, struct arena *arena)
{
	size_t n = t->n_slots ? 2 * t->n_slots : 64;
	struct hash_slot *slots = arena_array(arena, struct hash_slot, n);

	for (size_t i = 0; i < t->n_slots; i++) {
		size_t to = t->slots[i].hash;

		if (!t->slots[i].item)
			continue;
		while (slots[to & (n - 1)].item)
			to++;
		slots[to & (n - 1)] = t->slots[i];
	}
	t->slots = slots;
	t->n_slots = n;
}

uint32_t hash_find(const struct hash *t, const struct hash_key *key)
{
	return t->n_slots ? find_slot(t, key)->item - 1 : HASH_NONE;
}

uint32_t hash_put(struct hash *t, struct arena *arena, const struct hash_key *key)
{
	struct hash_slot *slot;

	if (2 * t->n >= t->n_slots)
		grow(t, arena);
	slot = find_slot(t, key);
	if (!slot->item)
		*slot = (struct hash_slot){.hash = fold(key->hash), .item = (uint32_t)++t->n};
	return slot->item - 1;
}

/* Which items are equal is decided by comparing them, so this only needs to be quick. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * golden;
	return hash ^ hash >> 32;
}

uint64_t hash_bytes(const void *bytes, size_t n)
{
	const char *at = bytes;
	uint64_t hash = n, word;

	for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
	}
	if (!n)
		return hash;
	word = 0;
	memcpy(&word, at, n);
	return mix(hash, word);
}
