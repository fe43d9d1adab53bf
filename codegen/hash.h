/* SPDX-License-Identifier: Apache-2.0 */
/* What files and programs are known by. */
#pragma once

#include <stddef.h>

enum { GEN_HASH_STRLEN = 65 }; /* with its NUL */

/* SHA-256 in hexadecimal. */
void gen_hash(const void *data, size_t n, char out[static GEN_HASH_STRLEN]);
