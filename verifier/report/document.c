/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of a YAML stream, as far as the lines of its text tell: each begins at `---`. */
#include <string.h>

#include "verifier/report/report.h"

static bool is_marker(const struct source *src, uint32_t line)
{
	size_t len;
	const char *s = source_line(src, line, &len);

	return len >= 3 && memcmp(s, "---", 3) == 0;
}

static bool is_blank(const struct source *src, uint32_t line)
{
	size_t len;
	const char *s = source_line(src, line, &len);

	while (len && strchr(" \t\r", *s)) {
		s++;
		len--;
	}
	return !len || *s == '#';
}

static bool is_pol(const struct source *src)
{
	size_t n = strlen(src->name);

	return n >= 4 && strcmp(src->name + n - 4, ".pol") == 0;
}

/* Up to where the last search came from, there is no marker on the way. */
static uint32_t find_marker(const struct report_document *last, const struct source *src,
			    struct loc loc)
{
	uint32_t stop =
		last->file == loc.file && last->line && last->line <= loc.line ? last->line : 1;
	uint32_t line = loc.line;

	while (line > stop && !is_marker(src, line))
		line--;
	return line == stop && stop > 1 && !is_marker(src, line) ? last->marker : line;
}

const struct report_document *report_document(struct report *r, struct loc loc)
{
	const struct source *src = sources_get(r->diag->sources, loc.file);
	struct report_document *d = &r->document;
	uint32_t marker;

	if (!src || !loc.line || is_pol(src))
		return NULL;
	marker = find_marker(d, src, loc);
	if (d->file != loc.file || d->marker != marker || !d->line) {
		d->first = marker;
		while (d->first < loc.line && (is_marker(src, d->first) || is_blank(src, d->first)))
			d->first++;
	}
	d->file = loc.file;
	d->line = loc.line;
	d->marker = marker;
	return d;
}
