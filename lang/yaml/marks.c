/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem(), memrchr() */
#include "lang/yaml/marks.h"

#include <string.h>

enum { TABLE_STEP = 256 }; /* lines from one entry of the table to the next */

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

#define BOM "\xef\xbb\xbf"

static bool is_bom(const struct source *src, size_t at)
{
	return src->len - at >= 3 && memcmp(src->text + at, BOM, 3) == 0;
}

bool yaml_is_separator(const char *p)
{
	return strncmp(p, "---", 3) == 0 && strchr(" \t\r\n", p[3]);
}

static bool is_behind_separator(const struct source *src, size_t at)
{
	const char *end = src->text + at - 1;
	const char *nl = memrchr(src->text, '\n', (size_t)(end - src->text));

	return yaml_is_separator(nl ? nl + 1 : src->text);
}

/* The byte order mark of a file, when files were put behind each other. */
static bool begins_text(const struct source *src, size_t at)
{
	if (!is_bom(src, at))
		return false;
	if (at == 0)
		return true;
	return src->text[at - 1] == '\n' &&
	       (yaml_is_separator(src->text + at + 3) || is_behind_separator(src, at));
}

size_t yaml_text_end(const struct source *src, size_t from)
{
	const char *end = src->text + src->len, *p = src->text + from;

	while ((p = memmem(p, (size_t)(end - p), BOM, 3))) {
		if (begins_text(src, (size_t)(p - src->text)))
			return (size_t)(p - src->text);
		p += 3;
	}
	return src->len;
}

/* libyaml does not count a byte order mark. */
static void skip_bom(struct yaml_line *line, const struct source *src)
{
	if (!begins_text(src, line->start))
		return;
	line->start += 3;
	line->col += 3;
}

bool yaml_line_next(struct yaml_line *line, const struct source *src)
{
	const char *start = src->text + line->start, *end = src->text + src->len;
	const char *p = start;
	size_t n = 0;

	while (p < end && (n = break_len(p, end)) == 0)
		p++;
	if (p == end)
		return false;
	p += n;
	line->index++;
	line->start += (size_t)(p - start);
	line->col = p[-1] == '\n' ? 1 : line->col + (uint32_t)(p - start);
	line->line += p[-1] == '\n';
	skip_bom(line, src);
	return true;
}

void yaml_marks_init(struct yaml_marks *m, struct arena *a, const struct source *src, uint32_t file)
{
	struct yaml_line at = {.line = 1, .col = 1};

	*m = (struct yaml_marks){.src = src, .file = file};
	skip_bom(&at, src);
	m->last = at;
	m->last_offset = at.start;
	do {
		if (at.index % TABLE_STEP == 0)
			vec_push(a, &m->table, at);
	} while (yaml_line_next(&at, src));
}

const struct yaml_line *yaml_marks_line(struct yaml_marks *m, size_t index)
{
	size_t entry = index / TABLE_STEP;
	struct yaml_line at = m->last;

	if (index == at.index)
		return &m->last;
	if (index < at.index || entry > at.index / TABLE_STEP)
		at = m->table.v[entry < m->table.n ? entry : m->table.n - 1];
	while (at.index < index && yaml_line_next(&at, m->src))
		;
	m->last = at;
	m->last_column = 0;
	m->last_offset = at.start;
	return &m->last;
}

static bool is_continuation(char c)
{
	return (c & 0xc0) == 0x80;
}

/* Walks from the last place, forth or back, one character a step. */
size_t yaml_marks_offset(struct yaml_marks *m, size_t base, yaml_mark_t at)
{
	const struct yaml_line *line = yaml_marks_line(m, base + at.line);
	const char *text = m->src->text;
	size_t p = m->last_offset;

	for (; m->last_column < at.column && p < m->src->len; m->last_column++)
		for (p++; p < m->src->len && is_continuation(text[p]); p++)
			;
	for (; m->last_column > at.column && p > line->start; m->last_column--)
		for (p--; p > line->start && is_continuation(text[p]); p--)
			;
	m->last_offset = p;
	return p;
}

/* Our place of a mark. */
static void locate(struct yaml_marks *m, size_t base, yaml_mark_t at, uint32_t *line, uint32_t *col)
{
	size_t offset = yaml_marks_offset(m, base, at);

	*line = m->last.line;
	*col = m->last.col + (uint32_t)(offset - m->last.start);
}

struct loc yaml_marks_loc(struct yaml_marks *m, size_t base, yaml_mark_t start, yaml_mark_t end)
{
	struct loc loc = {.file = m->file};

	locate(m, base, start, &loc.line, &loc.col);
	locate(m, base, end, &loc.end_line, &loc.end_col);
	return loc;
}

size_t yaml_marks_line_at(struct yaml_marks *m, size_t from, size_t offset)
{
	struct yaml_line at = *yaml_marks_line(m, from), next = at;

	while (yaml_line_next(&next, m->src) && next.start <= offset)
		at = next;
	return at.index;
}
