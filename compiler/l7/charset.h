/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of characters. A character is a code point of Unicode that UTF-8 can say: no surrogates.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"

enum { CHARSET_LAST = 0x10ffff, CHARSET_LAST_ASCII = 0x7f };

struct char_range {
	uint32_t lo, hi; /* inclusive */
};

/* Sorted, disjoint, with a gap between each two, but for what charset_add() has added since
 * charset_settle(). */
struct charset {
	VEC(struct char_range) ranges;
};

void charset_add(struct arena *arena, struct charset *set, uint32_t lo, uint32_t hi);
void charset_add_all(struct arena *arena, struct charset *set, const struct charset *more);
void charset_settle(struct charset *set);
/* All that are not in it; it is settled before and after. */
void charset_negate(struct arena *arena, struct charset *set);

/* Is it `c`? The set is settled. */
bool charset_has(const struct charset *set, uint32_t c);
/* Does it tell characters beyond ASCII from each other? */
bool charset_tells_beyond_ascii(const struct charset *set);

/*
 * Adds what Unicode says: the letters of either case of all that is in the set, or the characters
 * that `property`, n bytes of an expression such as \p{Greek}, stands for. The table is that of
 * PCRE2, and asking it about more than ASCII takes milliseconds. Folding settles the set. False:
 * PCRE2 knows no such property.
 */
void charset_fold(struct arena *arena, struct charset *set);
bool charset_add_property(struct arena *arena, struct charset *set, const char *property, size_t n);
