/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 has it, of bytes that may be anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the character at s, of at most n bytes (one at least), and which it is; 0 if it is
 * none. */
size_t utf8_length(const unsigned char *s, size_t n, uint32_t *c);

/* Are all n bytes characters? */
bool utf8_is_valid(const char *s, size_t n);

/* The bytes of this character, which is none of the surrogates; returns how many. */
enum { UTF8_MAX = 4 };
size_t utf8_encode(uint32_t c, unsigned char out[static UTF8_MAX]);
