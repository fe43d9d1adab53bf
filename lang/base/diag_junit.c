/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics as JUnit XML, which nearly every CI server shows: one test case a message, failed
 * unless it is a note; a run without any has one test case, which passes. What was left out is an
 * error of a case of its own.
 */
#include <string.h>

#include "lang/base/diag.h"
#include "lang/base/unread.h"

/* XML 1.0 has no other control characters, in whatever form. */
static void put_escaped(struct buf *out, const char *s)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_add_shown(&shown, s, strlen(s));
	for (const char *p = buf_str(&shown); *p; p++) {
		if (strchr("<>&\"'", *p))
			buf_printf(out, "&#%d;", *p);
		else
			buf_putc(out, *p);
	}
}

static void put_place(const struct diag *d, struct loc loc, struct buf *out)
{
	const struct source *src = loc.line ? sources_get(d->sources, loc.file) : NULL;

	if (!src)
		return;
	put_escaped(out, src->name);
	buf_printf(out, ":%u:%u: ", loc.line, loc.col);
}

static void put_item(const struct diag *d, const struct diag_item *item, struct buf *out)
{
	bool passes = item->severity == DIAG_INFO;
	const char *tag = passes ? "system-out" : "failure";

	buf_printf(out, "    <testcase classname=\"polc.%s\" name=\"", item->code);
	put_place(d, item->loc, out);
	put_escaped(out, item->text);
	buf_printf(out, "\">\n      <%s", tag);
	if (!passes)
		buf_printf(out, " type=\"%s\"", diag_severity_name(item->severity));
	buf_putc(out, '>');
	put_place(d, item->loc, out);
	buf_printf(out, "%s: ", diag_severity_name(item->severity));
	put_escaped(out, item->text);
	vec_each (const struct diag_note, note, &item->notes) {
		buf_puts(out, "\nnote: ");
		put_place(d, note->loc, out);
		put_escaped(out, note->text);
	}
	buf_printf(out, "</%s>\n    </testcase>\n", tag);
}

static void put_incomplete(const char *text, struct buf *out)
{
	buf_puts(out, "    <testcase classname=\"polc.incomplete\" name=\"incomplete\">\n"
		      "      <error type=\"incomplete\">");
	put_escaped(out, text);
	buf_puts(out, "</error>\n    </testcase>\n");
}

/* Returns how many cases there are with an <error>. */
static size_t put_left_out(const struct diag *d, const struct unread *unread, struct buf *out)
{
	const char *unlisted = diag_unlisted(d);
	_cleanup_buf_ struct buf text = {0};

	if (unread_count(unread)) {
		unread_put_text(unread, &text);
		put_incomplete(buf_str(&text), out);
	}
	if (unlisted)
		put_incomplete(unlisted, out);
	return (unread_count(unread) > 0) + (unlisted != NULL);
}

void diag_render_junit(const struct diag *d, const struct unread *unread, struct buf *out)
{
	_cleanup_buf_ struct buf cases = {0};
	size_t n = 0, failed = 0, errors;

	vec_each (struct diag_item *, item, &d->items) {
		if ((*item)->state != DIAG_SHOWN)
			continue;
		n++;
		failed += (*item)->severity != DIAG_INFO;
		put_item(d, *item, &cases);
	}
	errors = put_left_out(d, unread, &cases);
	if (!n && !errors)
		buf_puts(&cases, "    <testcase classname=\"polc\" name=\"check\"/>\n");
	n = n || errors ? n + errors : 1;
	buf_printf(
		out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"  <testsuite name=\"polc check\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
		n, failed, errors);
	buf_add(out, buf_str(&cases), cases.n);
	buf_puts(out, "  </testsuite>\n</testsuites>\n");
}
