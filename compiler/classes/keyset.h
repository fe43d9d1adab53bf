/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for byte strings: equal bytes, equal number, counted from 0 in order of first use.
 * Signatures, row masks and whole tables are told apart with it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/hash.h"

struct keyset_key {
	const void *bytes; /* in the arena */
	size_t len;
};

struct keyset {
	struct arena *arena; /* borrowed */
	VEC(struct keyset_key) keys;
	struct hash ids;
};

enum { KEYSET_NONE = HASH_NONE };

void keyset_init(struct keyset *ks, struct arena *arena);
/* Copies the bytes if they are new. */
uint32_t keyset_add(struct keyset *ks, const void *bytes, size_t len);
/* KEYSET_NONE if the bytes are not there. */
uint32_t keyset_find(const struct keyset *ks, const void *bytes, size_t len);
