/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics as GitHub Actions workflow commands, which become annotations of a pull request:
 * one line each, `::error file=F,line=N,...::message`. ("Workflow commands for GitHub Actions",
 * GitHub Docs; the characters to escape are those of actions/toolkit, core/src/command.ts.)
 */
#include <string.h>

#include "lang/base/diag.h"

/* A property also ends at a comma or colon. */
static void put_escaped(struct buf *out, const char *s, bool property)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_puts_lines(&shown, s, "");
	for (const char *p = buf_str(&shown); *p; p++) {
		if (*p == '%' || *p == '\n' || (property && strchr(":,", *p)))
			buf_printf(out, "%%%02X", (unsigned char)*p);
		else
			buf_putc(out, *p);
	}
}

static void put_place(const struct diag *d, struct loc loc, struct buf *out)
{
	const struct source *src = sources_get(d->sources, loc.file);

	if (!src || !loc.line)
		return;
	buf_puts(out, "file=");
	put_escaped(out, src->name, true);
	buf_printf(out, ",line=%u,col=%u", loc.line, loc.col);
	if (loc.end_line)
		buf_printf(out, ",endLine=%u", loc.end_line);
	/* GitHub takes columns only of a range within one line, and counts to the last one. */
	if (loc.end_line == loc.line && loc.end_col > loc.col)
		buf_printf(out, ",endColumn=%u", loc.end_col - 1);
	buf_putc(out, ',');
}

static void put_note(const struct diag *d, const struct diag_note *note, struct buf *out)
{
	const struct source *src = sources_get(d->sources, note->loc.file);

	buf_puts(out, "%0A");
	if (src && note->loc.line) {
		put_escaped(out, src->name, false);
		buf_printf(out, ":%u: ", note->loc.line);
	}
	put_escaped(out, note->text, false);
}

static void put_item(const struct diag *d, const struct diag_item *item, struct buf *out)
{
	static const char *const commands[] = {
		[DIAG_INFO] = "notice", [DIAG_WARNING] = "warning", [DIAG_ERROR] = "error"};

	buf_printf(out, "::%s ", commands[item->severity]);
	put_place(d, item->loc, out);
	buf_puts(out, "title=polc");
	put_escaped(out, ": ", true);
	put_escaped(out, item->code, true);
	buf_puts(out, "::");
	put_escaped(out, item->text, false);
	vec_each (struct diag_note, note, &item->notes)
		put_note(d, note, out);
	buf_putc(out, '\n');
}

void diag_render_github(const struct diag *d, const struct diag_style *style, struct buf *out)
{
	const char *unlisted = diag_unlisted(d);

	vec_each (struct diag_item *, item, &d->items) {
		if ((*item)->state == DIAG_SHOWN && (*item)->severity >= style->least)
			put_item(d, *item, out);
	}
	if (unlisted)
		buf_printf(out, "::error title=polc%%3A incomplete::%s\n", unlisted);
}
