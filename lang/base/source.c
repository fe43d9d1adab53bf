/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/source.h"

#include <string.h>

void sources_init(struct sources *s, struct arena *arena)
{
	*s = (struct sources){.arena = arena};
}

static const char *next_line(const struct source *src, const char *p)
{
	const char *end = src->text + src->len, *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

static void mark_lines(struct arena *arena, struct source *src)
{
	const char *end = src->text + src->len;
	size_t lines = 0;

	for (const char *p = src->text; p < end; p = next_line(src, p))
		lines++;
	src->marks = arena_array(arena, size_t, lines / SOURCE_MARK + 1);
	lines = 0;
	for (const char *p = src->text; p < end; p = next_line(src, p)) {
		if (lines++ % SOURCE_MARK == 0)
			src->marks[src->n_marks++] = (size_t)(p - src->text);
	}
}

uint32_t sources_add(struct sources *s, const char *name, const char *text, size_t len)
{
	struct source src = {
		.name = arena_strdup(s->arena, name),
		.text = arena_strndup(s->arena, text, len),
		.len = len,
	};

	mark_lines(s->arena, &src);
	vec_push(s->arena, &s->list, src);
	return (uint32_t)(s->list.n - 1);
}

const struct source *sources_get(const struct sources *s, uint32_t file)
{
	return file < s->list.n ? &s->list.v[file] : NULL;
}

const char *source_line_start(const struct source *src, uint32_t line)
{
	const char *p = src->text, *end = src->text + src->len;
	uint32_t i = line ? line - 1 : 0, mark = i / SOURCE_MARK;

	if (mark >= src->n_marks)
		return mark ? end : p;
	p += src->marks[mark];
	for (i %= SOURCE_MARK; i && p < end; i--)
		p = next_line(src, p);
	return p;
}

const char *source_line(const struct source *src, uint32_t line, size_t *len)
{
	const char *p = source_line_start(src, line), *end = src->text + src->len;
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	*len = (size_t)((nl ? nl : end) - p);
	if (*len && p[*len - 1] == '\r')
		(*len)--;
	return p;
}

struct loc loc_join(struct loc a, struct loc b)
{
	if (!a.line)
		return b;
	if (b.line && b.file == a.file) {
		a.end_line = b.end_line;
		a.end_col = b.end_col;
	}
	return a;
}
