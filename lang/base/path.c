/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *path_join(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return arena_printf(a, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
}

const char *path_dir(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *path_real(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	const char *kept = real ? arena_strdup(a, real) : NULL;

	free(real);
	return kept;
}

static bool is_top(const char *path)
{
	return strcmp(path, "/") == 0;
}

const char *path_parent(struct arena *a, const char *path)
{
	return is_top(path) ? NULL : path_dir(a, path);
}

const char *path_below(const char *dir, const char *path)
{
	size_t n = is_top(dir) ? 0 : strlen(dir);

	if (strncmp(dir, path, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n + 1 : path + n;
}

const char *path_from(struct arena *a, const char *here, const char *path)
{
	const char *up = "", *rest;

	while (!is_top(here)) {
		rest = path_below(here, path);
		if (rest && *rest)
			return arena_printf(a, "%s%s", up, rest);
		if (rest)
			return *up ? arena_strndup(a, up, strlen(up) - 1) : ".";
		here = path_parent(a, here);
		up = arena_printf(a, "../%s", up);
	}
	return path;
}

const char *path_repository(struct arena *a, const char *dir)
{
	while (dir && access(path_join(a, dir, ".git"), F_OK) < 0)
		dir = path_parent(a, dir);
	return dir;
}

bool path_is_of_git(const char *path)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, ".git", 4) == 0 && (!at[4] || at[4] == '/'))
			return true;
	}
	return false;
}
