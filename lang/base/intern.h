/* SPDX-License-Identifier: Apache-2.0 */
/* Interned strings: equal text, equal small number. The numbers count from 0 in order of
 * first use, so they index plain arrays. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/hash.h"

enum { INTERN_NONE = HASH_NONE };

struct intern {
	struct arena *arena; /* borrowed; owns the strings */
	VEC(const char *) strings;
	struct hash ids;
};

void intern_init(struct intern *t, struct arena *arena);
uint32_t intern_add(struct intern *t, const char *s);
/* INTERN_NONE if the string was never added. */
uint32_t intern_find(const struct intern *t, const char *s);
const char *intern_str(const struct intern *t, uint32_t id);
