/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libyaml's places to ours. libyaml counts characters and ends a line also at CR, NEL,
 * LS and PS; we count bytes and end lines at LF only.
 */
#pragma once

#include <stdbool.h>
#include <yaml.h>

#include "lang/base/arena.h"
#include "lang/base/source.h"

/* The beginning of a line as libyaml sees it. */
struct yaml_line {
	size_t index;       /* counted from 0 in the whole source */
	size_t start;       /* byte offset */
	uint32_t line, col; /* our place of that byte */
};

/* Places come almost in order, so the search starts at the last one; a table of every few
 * hundred lines serves the others. Neither a line of megabytes nor millions of lines cost. */
struct yaml_marks {
	const struct source *src;
	uint32_t file;
	VEC(struct yaml_line) table;
	struct yaml_line last;
	size_t last_column, last_offset; /* in the last line */
};

void yaml_marks_init(struct yaml_marks *m, struct arena *a, const struct source *src,
		     uint32_t file);
/* Marks count from the line `base`, where the parser was started. */
struct loc yaml_marks_loc(struct yaml_marks *m, size_t base, yaml_mark_t start, yaml_mark_t end);
/* The byte offset of a mark. */
size_t yaml_marks_offset(struct yaml_marks *m, size_t base, yaml_mark_t at);

/* The line with this index; the last line if there is none. */
const struct yaml_line *yaml_marks_line(struct yaml_marks *m, size_t index);
/* The index of the line that holds this byte, which stands in the line `from` or behind it. */
size_t yaml_marks_line_at(struct yaml_marks *m, size_t from, size_t offset);

/* `---` and a blank or the end of the line. */
bool yaml_is_separator(const char *p);
/* Where the text from `from` on ends: at the byte order mark of a next one, which stands behind a
 * separator or before one, or at the end of the source. */
size_t yaml_text_end(const struct source *src, size_t from);
/* Moves on to the next line, behind the byte order mark of a text; false at the end of the text. */
bool yaml_line_next(struct yaml_line *line, const struct source *src);
