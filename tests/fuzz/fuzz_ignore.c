/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of files to leave out, as somebody's repository may have them: what stands before the
 * first NUL is a path, what follows a file of patterns. */
#include <string.h>

#include "lang/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	struct ignore_list list = {.base = "/r"};
	const char *path;
	struct arena a;

	if (!nul)
		return 0;
	arena_init(&a);
	path = arena_printf(&a, "/r/%s", (const char *)data);
	ignore_add_lines(&list, &a, ".gitignore", (const char *)nul + 1,
			 size - (size_t)(nul + 1 - data));
	ignore_match(&list, path, false);
	ignore_match(&list, path, true);
	arena_fini(&a);
	return 0;
}
