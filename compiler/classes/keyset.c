/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/keyset.h"

#include <string.h>

void keyset_init(struct keyset *ks, struct arena *arena)
{
	*ks = (struct keyset){.arena = arena};
}

struct wanted {
	const struct keyset *ks;
	struct keyset_key key;
};

static bool equals(const void *key, uint32_t item)
{
	const struct wanted *w = key;
	const struct keyset_key *have = &w->ks->keys.v[item];

	return have->len == w->key.len &&
	       (!have->len || memcmp(have->bytes, w->key.bytes, have->len) == 0);
}

uint32_t keyset_add(struct keyset *ks, const void *bytes, size_t len)
{
	struct wanted w = {ks, {bytes, len}};
	struct hash_key key = {hash_bytes(bytes, len), equals, &w};
	uint32_t id = hash_put(&ks->ids, ks->arena, &key);

	if (id == ks->keys.n) {
		void *copy = arena_alloc(ks->arena, len);

		if (len)
			memcpy(copy, bytes, len);
		vec_push(ks->arena, &ks->keys, (struct keyset_key){copy, len});
	}
	return id;
}

uint32_t keyset_find(const struct keyset *ks, const void *bytes, size_t len)
{
	struct wanted w = {ks, {bytes, len}};
	struct hash_key key = {hash_bytes(bytes, len), equals, &w};

	return hash_find(&ks->ids, &key);
}
