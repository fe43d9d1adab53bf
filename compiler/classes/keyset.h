/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for byte strings: equal bytes, equal number, counted from 0 in order of first use.
 * Signatures, row masks and whole tables are told apart with it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"

struct keyset_key {
	const void *bytes; /* in the arena */
	size_t len;
	uint64_t hash;
};

struct keyset {
	struct arena *arena; /* borrowed */
	VEC(struct keyset_key) keys;
	uint32_t *slots; /* index + 1; 0 is free */
	size_t n_slots;
};

enum { KEYSET_NONE = UINT32_MAX };

void keyset_init(struct keyset *ks, struct arena *arena);
/* Copies the bytes if they are new. */
uint32_t keyset_add(struct keyset *ks, const void *bytes, size_t len);
/* KEYSET_NONE if the bytes are not there. */
uint32_t keyset_find(const struct keyset *ks, const void *bytes, size_t len);
