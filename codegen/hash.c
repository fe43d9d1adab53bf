/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/hash.h"

#include <sha256.h>

void gen_hash(const void *data, size_t n, char out[static GEN_HASH_STRLEN])
{
	SHA256Data(data, n, out);
}
