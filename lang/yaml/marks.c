/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/marks.h"

#include <string.h>

/* The bytes of the line break at p, 0 if there is none: LF, CR, CR LF, and in UTF-8 NEL
 * (c2 85), LS and PS (e2 80 a8, e2 80 a9). YAML 1.1, section 5.4. */
static size_t break_len(const char *p, const char *end)
{
	size_t left = (size_t)(end - p);

	if (*p == '\n')
		return 1;
	if (*p == '\r')
		return left > 1 && p[1] == '\n' ? 2 : 1;
	if (left > 1 && memcmp(p, "\xc2\x85", 2) == 0)
		return 2;
	if (left > 2 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

void yaml_marks_init(struct yaml_marks *m, struct arena *a, const struct source *src, uint32_t file)
{
	const char *p = src->text, *end = p + src->len;
	struct yaml_line at = {.line = 1, .col = 1};

	*m = (struct yaml_marks){.src = src, .file = file};
	if (src->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) { /* libyaml does not count it */
		p += 3;
		at.start = 3;
		at.col = 4;
	}
	vec_push(a, &m->lines, at);
	while (p < end) {
		size_t n = break_len(p, end);

		if (!n) {
			p++;
			continue;
		}
		p += n;
		at.col = p[-1] == '\n' ? 1 : at.col + (uint32_t)(p - src->text - at.start);
		at.line += p[-1] == '\n';
		at.start = (size_t)(p - src->text);
		vec_push(a, &m->lines, at);
	}
}

static const struct yaml_line *line_of(const struct yaml_marks *m, size_t base, yaml_mark_t at)
{
	size_t i = base + at.line;

	return &m->lines.v[i < m->lines.n ? i : m->lines.n - 1];
}

size_t yaml_marks_offset(const struct yaml_marks *m, size_t base, yaml_mark_t at)
{
	const struct yaml_line *line = line_of(m, base, at);
	const char *p = m->src->text + line->start, *end = m->src->text + m->src->len;

	for (size_t col = at.column; col > 0 && p < end; col--) {
		p++;
		while (p < end && (*p & 0xc0) == 0x80) /* continuation bytes */
			p++;
	}
	return (size_t)(p - m->src->text);
}

struct loc yaml_marks_loc(const struct yaml_marks *m, size_t base, yaml_mark_t start,
			  yaml_mark_t end)
{
	const struct yaml_line *a = line_of(m, base, start), *b = line_of(m, base, end);

	return (struct loc){
		.file = m->file,
		.line = a->line,
		.col = a->col + (uint32_t)(yaml_marks_offset(m, base, start) - a->start),
		.end_line = b->line,
		.end_col = b->col + (uint32_t)(yaml_marks_offset(m, base, end) - b->start),
	};
}
