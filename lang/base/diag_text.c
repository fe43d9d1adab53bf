/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics as a person reads them. */
#include <string.h>

#include "lang/base/diag.h"

#define BOLD  "\033[1m"
#define RESET "\033[0m"

enum { LINE_MAX_SHOWN = 160 };

static const char *severity_color(enum diag_severity s)
{
	static const char *const colors[] = {[DIAG_INFO] = "\033[1;36m",
					     [DIAG_WARNING] = "\033[1;35m",
					     [DIAG_ERROR] = "\033[1;31m"};

	return colors[s];
}

static const char *paint(const struct diag_style *style, const char *code)
{
	return style->color ? code : "";
}

static void put_message(struct buf *out, const char *s)
{
	buf_puts_lines(out, s, "    ");
}

static void put_place(const struct diag *d, struct loc loc, struct buf *out)
{
	const struct source *src = sources_get(d->sources, loc.file);

	if (!src || !loc.line) {
		buf_puts(out, "polc: ");
		return;
	}
	buf_puts_first(out, src->name);
	buf_printf(out, ":%u:%u: ", loc.line, loc.col);
}

static void put_snippet(const struct diag *d, struct loc loc, const struct diag_style *style,
			const char *color, struct buf *out)
{
	const struct source *src = sources_get(d->sources, loc.file);
	const char *line;
	size_t len, width = 1;

	if (!src || !loc.line)
		return;
	line = source_line(src, loc.line, &len);
	if (loc.col > len + 1 || loc.col > LINE_MAX_SHOWN)
		return;
	if (len > LINE_MAX_SHOWN)
		len = LINE_MAX_SHOWN;
	if (loc.end_line == loc.line && loc.end_col > loc.col)
		width = loc.end_col - loc.col;
	else if (loc.end_line > loc.line && len >= loc.col)
		width = len - loc.col + 1;
	if (width > len + 1 - (loc.col - 1))
		width = len + 1 - (loc.col - 1);
	buf_printf(out, "%5u | ", loc.line);
	buf_add_shown(out, line, len);
	buf_printf(out, "\n      | %*s%s^", (int)loc.col - 1, "", paint(style, color));
	for (size_t i = 1; i < width; i++)
		buf_putc(out, '~');
	buf_printf(out, "%s\n", paint(style, RESET));
}

static void put_fix(const struct diag_fix *fix, struct buf *out)
{
	buf_puts(out, "  fix: ");
	put_message(out, fix->title);
	buf_putc(out, '\n');
}

static void put_item(const struct diag *d, const struct diag_item *item,
		     const struct diag_style *style, struct buf *out)
{
	const char *color = severity_color(item->severity);

	buf_puts(out, paint(style, BOLD));
	put_place(d, item->loc, out);
	buf_printf(out, "%s%s%s: ", paint(style, color), diag_severity_name(item->severity),
		   paint(style, RESET));
	put_message(out, item->text);
	buf_printf(out, " [%s]\n", item->code);
	put_snippet(d, item->loc, style, color, out);
	vec_each (struct diag_note, note, &item->notes) {
		buf_puts(out, "  note: ");
		if (note->loc.line)
			put_place(d, note->loc, out);
		put_message(out, note->text);
		buf_putc(out, '\n');
		put_snippet(d, note->loc, style, severity_color(DIAG_INFO), out);
	}
	vec_each (struct diag_fix, fix, &item->fixes)
		put_fix(fix, out);
}

/* `polc: 2 more errors, 1 more note are not shown`, and how to see them. */
static void put_rest(const struct diag_style *style, const size_t *rest, struct buf *out)
{
	size_t kinds = 0, sum = 0;

	for (int s = DIAG_ERROR; s >= DIAG_INFO; s--) {
		if (!rest[s])
			continue;
		buf_printf(out, "%s%zu more %s%s", kinds++ ? ", " : "polc: ", rest[s],
			   diag_severity_name((enum diag_severity)s), rest[s] == 1 ? "" : "s");
		sum += rest[s];
	}
	if (!sum)
		return;
	buf_printf(out, " %s not shown", sum == 1 ? "is" : "are");
	if (style->more)
		buf_printf(out, "; %s", style->more);
	buf_putc(out, '\n');
}

void diag_render_text(const struct diag *d, const struct diag_style *style, struct buf *out)
{
	size_t met[DIAG_ERROR + 1] = {0}, rest[DIAG_ERROR + 1] = {0};
	const char *unlisted = diag_unlisted(d);

	vec_each (struct diag_item *, item, &d->items) {
		enum diag_severity s = (*item)->severity;

		if ((*item)->state != DIAG_SHOWN || s < style->least)
			continue;
		if (style->max_shown && met[s]++ >= style->max_shown)
			rest[s]++;
		else
			put_item(d, *item, style, out);
	}
	put_rest(style, rest, out);
	if (unlisted)
		buf_printf(out, "incomplete: %s\n", unlisted);
}
