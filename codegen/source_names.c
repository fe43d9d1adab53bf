/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/source_names.h"

#include <stdbool.h>
#include <string.h>

#include "lang/base/buf.h"

/* Of the input. */
static bool is_file(const struct source *src)
{
	return !src->aside && strcmp(src->name, "-") != 0;
}

/* Drops the last step of "/a/b"; nothing is above "". */
static void go_up(struct buf *path)
{
	while (path->n && path->s[--path->n] != '/')
		;
	if (path->s)
		path->s[path->n] = '\0';
}

static void go_along(struct buf *path, const char *steps)
{
	while (*steps) {
		size_t n = strcspn(steps, "/");

		if (n == 2 && !strncmp(steps, "..", n)) {
			go_up(path);
		} else if (n && !(n == 1 && *steps == '.')) {
			buf_putc(path, '/');
			buf_add(path, steps, n);
		}
		steps += n + (steps[n] == '/');
	}
}

/* "/a/b/c.pol", without "." and "..". */
static const char *whole_path(const char *name, const char *cwd, struct arena *arena)
{
	_cleanup_buf_ struct buf path = {0};

	if (*name != '/')
		go_along(&path, cwd);
	go_along(&path, name);
	return arena_strdup(arena, buf_str(&path));
}

static size_t last_slash(const char *path, size_t n)
{
	while (n && path[n] != '/')
		n--;
	return n;
}

/* How much of `first` is a directory of `path`, too; at most `n` bytes. */
static size_t shared_length(const char *first, size_t n, const char *path)
{
	while (n && (strncmp(first, path, n) != 0 || path[n] != '/'))
		n = last_slash(first, n - 1);
	return n;
}

void gen_source_names(const struct sources *sources, const char *cwd, struct arena *arena,
		      struct sources *out)
{
	const char *first = NULL;
	size_t shared = 0;

	sources_init(out, arena);
	vec_each (const struct source, s, &sources->list) {
		struct source named = *s;

		if (is_file(s)) {
			named.name = whole_path(s->name, cwd, arena);
			shared = first ? shared_length(first, shared, named.name)
				       : last_slash(named.name, strlen(named.name));
			first = first ? first : named.name;
		}
		vec_push(arena, &out->list, named);
	}
	vec_each (struct source, s, &out->list) {
		if (is_file(s))
			s->name += shared + (s->name[shared] == '/');
	}
}
