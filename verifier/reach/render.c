/* SPDX-License-Identifier: Apache-2.0 */
/* The renderers' common part and the formats for other programs: JSON, CSV, Graphviz. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/unread.h"
#include "verifier/reach/render.h"

void reach_json_string(const char *s, struct buf *out)
{
	json_t *json = json_string(s);
	char *text = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;

	buf_puts(out, text ? text : "\"\"");
	free(text);
	json_decref(json);
}

const struct flow_end *reach_from(const struct reach *r, const struct reach_row *row)
{
	return &r->ends.v[row->from];
}

const struct flow_end *reach_to(const struct reach *r, const struct reach_row *row)
{
	return &r->ends.v[row->to];
}

const struct flow_port *reach_port(const struct reach *r, const struct reach_row *row)
{
	return &r->ports.v[row->port];
}

const struct reach_row *reach_cells(const struct reach *r, size_t port)
{
	return r->rows.v + port * r->n_from * r->n_to;
}

size_t reach_count(const struct reach_row *rows, size_t n, enum ir_outcome verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += reach_row_verdict(&rows[i]) == verdict;
	return count;
}

bool reach_is_square(const struct reach *r)
{
	if (r->n_from != r->n_to)
		return false;
	for (size_t i = 0; i < r->n_from && r->rows.n; i++) {
		if (r->rows.v[i * r->n_to].from != r->rows.v[i].to)
			return false;
	}
	return true;
}

char reach_sign(const struct reach_row *row)
{
	static const char allowed[] = {[IR_OUTCOME_ALLOW] = '+', [IR_OUTCOME_REDIRECT] = '7'};
	bool ingress = row->verdicts[IR_INGRESS] == IR_OUTCOME_DENY;
	bool egress = row->verdicts[IR_EGRESS] == IR_OUTCOME_DENY;

	if (row->self)
		return '=';
	if (ingress || egress)
		return ingress && egress ? 'x' : ingress ? 'i' : 'e';
	return allowed[reach_row_verdict(row)];
}

/* --- JSON ---------------------------------------------------------------------------- */

/* Written as a stream: a matrix of a few hundred endpoints is too large for a tree. */
static void put_groups_json(const struct reach *r, struct buf *out)
{
	buf_puts(out, "\"groups\":[");
	for (size_t i = 0; i < r->groups.n; i++) {
		buf_puts(out, i ? ",\n{\"name\":" : "\n{\"name\":");
		reach_json_string(r->ends.v[i].text, out);
		buf_puts(out, ",\"endpoints\":[");
		vec_each (const struct flow_end, end, &r->groups.v[i].members) {
			buf_puts(out, end == r->groups.v[i].members.v ? "" : ",");
			reach_json_string(end->text, out);
		}
		buf_puts(out, "]}");
	}
	buf_puts(out, "\n],\n");
}

static void put_incomplete_json(const struct unread *unread, struct buf *out)
{
	json_t *list = unread_json(unread);
	char *text = json_dumps(list, 0);

	buf_printf(out, "\"incomplete\":%s,\n", text ? text : "[]");
	free(text);
	json_decref(list);
}

void reach_render_json(const struct reach *r, struct buf *out)
{
	buf_putc(out, '{');
	if (unread_count(r->unread))
		put_incomplete_json(r->unread, out);
	if (r->groups.n)
		put_groups_json(r, out);
	buf_puts(out, "\"flows\":[");
	vec_each (const struct reach_row, row, &r->rows) {
		buf_puts(out, row == r->rows.v ? "\n{\"from\":" : ",\n{\"from\":");
		reach_json_string(reach_from(r, row)->text, out);
		buf_puts(out, ",\"to\":");
		reach_json_string(reach_to(r, row)->text, out);
		buf_puts(out, ",\"port\":");
		reach_json_string(reach_port(r, row)->text, out);
		buf_printf(out, ",\"ingress\":\"%s\",\"egress\":\"%s\",\"verdict\":\"%s\"}",
			   ir_outcome_name(row->verdicts[IR_INGRESS]),
			   ir_outcome_name(row->verdicts[IR_EGRESS]),
			   ir_outcome_name(reach_row_verdict(row)));
	}
	buf_puts(out, "\n]}\n");
}

/* --- CSV (RFC 4180) ------------------------------------------------------------------- */

static void put_field(const char *s, struct buf *out)
{
	if (!strpbrk(s, ",\"\r\n")) {
		buf_puts(out, s);
		return;
	}
	buf_putc(out, '"');
	for (; *s; s++) {
		if (*s == '"')
			buf_putc(out, '"');
		buf_putc(out, *s);
	}
	buf_putc(out, '"');
}

void reach_render_csv(const struct reach *r, struct buf *out)
{
	buf_puts(out, "from,to,port,ingress,egress,verdict\n");
	vec_each (const struct reach_row, row, &r->rows) {
		put_field(reach_from(r, row)->text, out);
		buf_putc(out, ',');
		put_field(reach_to(r, row)->text, out);
		buf_putc(out, ',');
		put_field(reach_port(r, row)->text, out);
		buf_printf(out, ",%s,%s,%s\n", ir_outcome_name(row->verdicts[IR_INGRESS]),
			   ir_outcome_name(row->verdicts[IR_EGRESS]),
			   ir_outcome_name(reach_row_verdict(row)));
	}
}

/* --- Graphviz ------------------------------------------------------------------------- */

/* Below the graph. */
static void put_incomplete_dot(const struct unread *unread, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	if (!unread_count(unread))
		return;
	buf_puts(&text, "incomplete: ");
	unread_put_text(unread, &text);
	buf_puts(out, "\tlabel=");
	reach_json_string(buf_str(&text), out);
	buf_puts(out, ";\n");
}

static int cmp_edges(const void *a, const void *b)
{
	const struct reach_row *p = a, *q = b;

	if (p->from != q->from)
		return p->from < q->from ? -1 : 1;
	if (p->to != q->to)
		return p->to < q->to ? -1 : 1;
	return (p->port > q->port) - (p->port < q->port);
}

/* Flows between different ends that are allowed, be it only with some requests; sorted, so that an
 * edge's ports stand together. */
static size_t allowed_edges(const struct reach *r, struct reach_row *out)
{
	size_t n = 0;

	vec_each (const struct reach_row, row, &r->rows) {
		if (!row->self && row->from != row->to && reach_row_verdict(row) != IR_OUTCOME_DENY)
			out[n++] = *row;
	}
	if (n)
		qsort(out, n, sizeof(*out), cmp_edges);
	return n;
}

static void put_edge(const struct reach *r, const struct reach_row *rows, size_t n, struct buf *out)
{
	buf_printf(out, "\tn%u -> n%u [label=\"", rows->from, rows->to);
	for (size_t i = 0; i < n; i++) {
		bool l7 = reach_row_verdict(&rows[i]) == IR_OUTCOME_REDIRECT;

		buf_printf(out, "%s%s%s", i ? "\\n" : "", reach_port(r, &rows[i])->text,
			   l7 ? " l7" : "");
	}
	buf_puts(out, "\"];\n");
}

void reach_render_dot(const struct reach *r, struct buf *out)
{
	struct reach_row *edges = arena_array(r->arena, struct reach_row, r->rows.n);
	size_t n = allowed_edges(r, edges), end;

	buf_puts(out, "digraph reach {\n\trankdir=LR;\n\tnode [shape=box, style=rounded];\n");
	put_incomplete_dot(r->unread, out);
	for (size_t i = 0; i < r->ends.n; i++) {
		buf_printf(out, "\tn%zu [label=", i);
		/* A quoted DOT string escapes as JSON does, for all that a name may hold. */
		reach_json_string(r->ends.v[i].text, out);
		buf_puts(out, r->ends.v[i].ep ? "];\n" : ", shape=ellipse];\n");
	}
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1;
		     end < n && edges[end].from == edges[i].from && edges[end].to == edges[i].to;)
			end++;
		put_edge(r, edges + i, end - i, out);
	}
	buf_puts(out, "}\n");
}

/* ------------------------------------------------------------------------------------- */

void reach_render(const struct reach *r, enum reach_format format, struct buf *out)
{
	static void (*const renderers[])(const struct reach *, struct buf *) = {
		[REACH_TABLE] = reach_render_table, [REACH_JSON] = reach_render_json,
		[REACH_CSV] = reach_render_csv,     [REACH_DOT] = reach_render_dot,
		[REACH_HTML] = reach_render_html,
	};

	renderers[format](r, out);
}
