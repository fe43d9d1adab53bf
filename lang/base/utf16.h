/* SPDX-License-Identifier: Apache-2.0 */
/* Texts in UTF-16, as some editors write them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Does the text begin with a byte order mark of UTF-16? */
bool utf16_begins(const char *text, size_t len);
/* Adds such a text in UTF-8, without the mark. Returns 0; -EILSEQ if it is malformed, or another
 * negative errno if it cannot be converted here. */
int utf16_to_utf8(const char *text, size_t len, struct buf *out);
