/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/git_path.h"

#include <string.h>

#include "lang/base/path.h"

const char *git_path(struct arena *arena, const char *dir, const char *path)
{
	char *out = arena_printf(arena, "%s/%s", dir, path);
	size_t n = 0;

	if (path[0] == '/')
		return NULL;
	for (const char *at = out, *end; *at; at = end + (*end == '/')) {
		size_t len = strcspn(at, "/");

		end = at + len;
		if (len == 0 || (len == 1 && at[0] == '.'))
			continue;
		if (len == 2 && at[0] == '.' && at[1] == '.') {
			if (!n)
				return NULL;
			while (n && out[--n] != '/')
				;
			continue;
		}
		if (n)
			out[n++] = '/';
		memmove(out + n, at, len);
		n += len;
	}
	out[n] = '\0';
	return out;
}

const char *git_path_dir(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : "";
}

const char *git_path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (!n)
		return path;
	if (strncmp(path, dir, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n + (path[n] == '/');
}

bool git_path_is_ignore_file(const char *path)
{
	const char *name = path_base(path);

	return strcmp(name, ".gitignore") == 0 || strcmp(name, ".polcignore") == 0;
}
