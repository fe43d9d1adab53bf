/* SPDX-License-Identifier: Apache-2.0 */
/* Reachability as one self-contained page: no script, no font, nothing from the network. */
#include "lang/base/buf.h"
#include "verifier/render/render.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>Reachability</title>\n<style>\n"
	":root { color-scheme: light dark; --allow: #2e9e5b; --deny: #d64545; --self: #8886; }\n"
	"body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; "
	"padding: 0 1rem; }\n"
	"h1 { font-size: 1.5rem; } summary { font-size: 1.1rem; cursor: pointer; margin: .8rem 0; "
	"}\n"
	".scroll { overflow: auto; max-height: 85vh; }\n"
	"table { border-collapse: collapse; }\n"
	"th { font-weight: normal; text-align: left; white-space: nowrap; padding: .1rem .5rem; "
	"background: Canvas; position: sticky; }\n"
	"thead th { top: 0; z-index: 2; } tbody th { left: 0; z-index: 1; }\n"
	".matrix thead th { writing-mode: vertical-rl; transform: rotate(180deg); padding: .5rem "
	".1rem; }\n"
	"td { border: 1px solid Canvas; padding: .1rem .5rem; } .matrix td { min-width: 1.4rem; "
	"text-align: center; color: #fff; padding: .1rem; }\n"
	".a { background: var(--allow); } .d { background: var(--deny); } .s { background: "
	"var(--self); }\n"
	".list .a, .list .d { color: #fff; }\n"
	"tr:hover th { font-weight: bold; }\n"
	"p.key span { color: #fff; padding: 0 .4rem; margin-right: .3rem; }\n"
	"</style>\n</head>\n<body>\n<h1>Reachability</h1>\n";

static const char key[] =
	"<p class=\"key\"><span class=\"a\">+</span>allowed &ensp; <span "
	"class=\"d\">i</span>denied by "
	"ingress of the destination &ensp; <span class=\"d\">e</span>denied by egress of the "
	"source "
	"&ensp; <span class=\"d\">x</span>denied by both &ensp; <span class=\"s\">=</span>itself, "
	"always allowed</p>\n";

static void put_text(const char *s, struct buf *out)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		default:
			buf_putc(out, *s);
		}
	}
}

static void put_tagged(const char *open, const char *text, const char *close, struct buf *out)
{
	buf_puts(out, open);
	put_text(text, out);
	buf_puts(out, close);
}

static const char *cell_class(const struct reach_row *row)
{
	if (row->self)
		return "s";
	return reach_row_verdict(row) == IR_VERDICT_ALLOW ? "a" : "d";
}

static void put_cell(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	buf_printf(out, "<td class=\"%s\" title=\"", cell_class(row));
	put_text(reach_from(r, row)->text, out);
	buf_puts(out, " → ");
	put_text(reach_to(r, row)->text, out);
	buf_printf(out, ": %s\">%c</td>", ir_verdict_name(reach_row_verdict(row)), reach_sign(row));
}

static void put_matrix(const struct reach *r, size_t port, struct buf *out)
{
	const struct reach_row *cells = reach_cells(r, port);
	size_t n = r->n_from * r->n_to;

	put_tagged("<details open><summary><b>", r->ports.v[port].text, "</b>", out);
	buf_printf(out, ": %zu of %zu flows allowed</summary>\n", reach_count_allowed(cells, n), n);
	buf_puts(out, "<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr><th></th>");
	for (size_t t = 0; t < r->n_to; t++)
		put_tagged("<th>", reach_to(r, &cells[t])->text, "</th>", out);
	buf_puts(out, "</tr></thead>\n<tbody>\n");
	for (size_t f = 0; f < r->n_from; f++) {
		put_tagged("<tr><th>", reach_from(r, &cells[f * r->n_to])->text, "</th>", out);
		for (size_t t = 0; t < r->n_to; t++)
			put_cell(r, &cells[f * r->n_to + t], out);
		buf_puts(out, "</tr>\n");
	}
	buf_puts(out, "</tbody></table></div></details>\n");
}

static void put_verdict(enum ir_verdict v, struct buf *out)
{
	buf_printf(out, "<td class=\"%s\">%s</td>", v == IR_VERDICT_ALLOW ? "a" : "d",
		   ir_verdict_name(v));
}

static void put_list(const struct reach *r, struct buf *out)
{
	buf_puts(out, "<table class=\"list\">\n<thead><tr><th>from</th><th>to</th><th>port</th>"
		      "<th>ingress</th><th>egress</th><th>verdict</th></tr></thead>\n<tbody>\n");
	vec_each (const struct reach_row, row, &r->rows) {
		put_tagged("<tr><td>", reach_from(r, row)->text, "</td>", out);
		put_tagged("<td>", reach_to(r, row)->text, "</td>", out);
		put_tagged("<td>", reach_port(r, row)->text, "</td>", out);
		put_verdict(row->verdicts[IR_INGRESS], out);
		put_verdict(row->verdicts[IR_EGRESS], out);
		put_verdict(reach_row_verdict(row), out);
		buf_puts(out, "</tr>\n");
	}
	buf_puts(out, "</tbody></table>\n");
}

void reach_render_html(const struct reach *r, struct buf *out)
{
	buf_puts(out, head);
	if (r->n_from) {
		buf_puts(out, key);
		for (size_t port = 0; port < r->ports.n; port++)
			put_matrix(r, port, out);
	} else {
		put_list(r, out);
	}
	buf_puts(out, "</body>\n</html>\n");
}
