/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/source.h"

#include <string.h>

void sources_init(struct sources *s, struct arena *arena)
{
	*s = (struct sources){.arena = arena};
}

uint32_t sources_add(struct sources *s, const char *name, const char *text, size_t len)
{
	struct source src = {
		.name = arena_strdup(s->arena, name),
		.text = arena_strndup(s->arena, text, len),
		.len = len,
	};

	vec_push(s->arena, &s->list, src);
	return (uint32_t)(s->list.n - 1);
}

const struct source *sources_get(const struct sources *s, uint32_t file)
{
	return file < s->list.n ? &s->list.v[file] : NULL;
}

const char *source_line(const struct source *src, uint32_t line, size_t *len)
{
	const char *p = src->text, *end = src->text + src->len, *nl;

	for (uint32_t i = 1; i < line && p < end; i++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		p = nl ? nl + 1 : end;
	}
	nl = memchr(p, '\n', (size_t)(end - p));
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
