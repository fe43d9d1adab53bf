/* SPDX-License-Identifier: Apache-2.0 */
/* The renderers' common part and the formats for other programs: JSON, CSV, Graphviz. */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/diag_value.h"
#include "lang/base/outlet.h"
#include "lang/base/unread.h"
#include "lang/base/work.h"
#include "verifier/flow/assumes.h"
#include "verifier/reach/render.h"

void reach_json_string(const char *s, struct buf *out)
{
	json_t *json = diag_value_text(s);

	diag_value_dump(json, JSON_ENCODE_ANY, out);
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

size_t reach_cell_flows(const struct reach *r, const struct reach_row *cell)
{
	const struct reach_group *from, *to;

	if (cell->self || !r->groups.n)
		return !cell->self;
	from = &r->groups.v[cell->from];
	to = &r->groups.v[cell->to];
	return from->n_from * to->n_to - (from == to ? from->n_self : 0);
}

bool reach_is_square(const struct reach *r)
{
	if (r->n_from != r->n_to)
		return false;
	for (size_t i = 0; i < r->n_from; i++) {
		if (r->from.v[i] != r->to.v[i])
			return false;
	}
	return true;
}

char reach_sign(const struct reach_row *row)
{
	static const char others[] = {
		[FLOW_ALLOW] = '+', [FLOW_REDIRECT] = '7', [FLOW_DEPENDS] = '?', [FLOW_NONE] = '.'};
	bool ingress = row->verdicts.dirs[IR_INGRESS] == FLOW_DENY;
	bool egress = row->verdicts.dirs[IR_EGRESS] == FLOW_DENY;

	if (row->self)
		return '=';
	if (ingress || egress)
		return ingress && egress ? 'x' : ingress ? 'i' : 'e';
	/* Each family is denied by another end. */
	return row->verdicts.all == FLOW_DENY ? 'x' : others[row->verdicts.all];
}

size_t reach_put_unmet(const struct reach *r, struct buf *out)
{
	size_t n = 0;

	vec_each (const struct reach_row, row, &r->rows) {
		if (reach_row_is_met(row))
			continue;
		buf_printf(out,
			   "probes[%td]: %s -> %s on %s: %s was expected, but the verdict is %s\n",
			   row - r->rows.v, reach_from(r, row)->text, reach_to(r, row)->text,
			   reach_port(r, row)->text, flow_verdict_name(*row->expected),
			   flow_verdict_name(reach_row_verdict(row)));
		n++;
	}
	return n;
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

static void put_verdicts_json(const uint8_t dirs[IR_N_DIRS], enum flow_verdict verdict,
			      struct buf *out)
{
	buf_printf(out, "\"ingress\":\"%s\",\"egress\":\"%s\",\"verdict\":\"%s\"",
		   flow_verdict_name((enum flow_verdict)dirs[IR_INGRESS]),
		   flow_verdict_name((enum flow_verdict)dirs[IR_EGRESS]),
		   flow_verdict_name(verdict));
}

static void put_expected_json(const struct reach_row *row, struct buf *out)
{
	if (row->expected)
		buf_printf(out, ",\"expected\":\"%s\",\"met\":%s",
			   flow_verdict_name(*row->expected),
			   reach_row_is_met(row) ? "true" : "false");
}

/* Where they differ. */
static void put_families_json(const struct reach_row *row, struct buf *out)
{
	static const char *const names[] = {[FLOW_V4] = "ipv4", [FLOW_V6] = "ipv6"};

	if (!reach_families_differ(row))
		return;
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		const uint8_t *v = row->verdicts.families[f];

		buf_printf(out, "%s\"%s\":{", f ? "," : ",\"families\":{", names[f]);
		put_verdicts_json(v, flow_worse(v[IR_EGRESS], v[IR_INGRESS]), out);
		buf_putc(out, '}');
	}
	buf_putc(out, '}');
}

static void put_list_json(const char *name, const struct net_prefix *v, size_t n, struct buf *out)
{
	char text[NET_PREFIX_STRLEN];

	buf_printf(out, "\"%s\":[", name);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\"%s\"", i ? "," : "", net_prefix_format(&v[i], text));
	buf_putc(out, ']');
}

void reach_json_prefixes(const struct region_prefixes *p, struct buf *out)
{
	put_list_json("in", p->in.v, p->in.n, out);
	buf_putc(out, ',');
	put_list_json("except", p->except.v, p->except.n, out);
}

/* What the addresses of either end have to be, where the flow depends on them. */
static void put_condition_json(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	static const char *const ends[] = {[IR_INGRESS] = "from", [IR_EGRESS] = "to"};
	const char *sep = ",\"if\":{";
	struct arena arena;

	if (reach_row_verdict(row) != FLOW_DEPENDS)
		return;
	arena_init(&arena);
	for (enum ir_dir d = IR_INGRESS; d < IR_N_DIRS; d++) {
		struct region_prefixes p;

		if (!reach_condition_of(r, row, d, &arena, &p))
			continue;
		buf_printf(out, "%s\"%s\":{", sep, ends[d]);
		reach_json_prefixes(&p, out);
		buf_putc(out, '}');
		sep = ",";
	}
	buf_puts(out, sep[1] ? "" : "}");
	arena_fini(&arena);
}

/* A member of the head; nothing if the list is empty. It is consumed. */
static void put_member_list(const char *name, json_t *list, struct buf *out)
{
	if (json_array_size(list)) {
		buf_printf(out, "\"%s\":", name);
		diag_value_dump(list, 0, out);
		buf_puts(out, ",\n");
	}
	json_decref(list);
}

void reach_json_head(const struct reach *r, struct buf *out)
{
	put_member_list("incomplete", unread_json(r->unread), out);
	put_member_list("assumes", flow_assumes_json(r->ir), out);
	if (r->groups.n)
		put_groups_json(r, out);
}

static void put_row_json(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	buf_puts(out, "\n{\"from\":");
	reach_json_string(reach_from(r, row)->text, out);
	buf_puts(out, ",\"to\":");
	reach_json_string(reach_to(r, row)->text, out);
	buf_puts(out, ",\"port\":");
	reach_json_string(reach_port(r, row)->text, out);
	buf_puts(out, row->replica ? ",\"replica\":true," : ",");
	put_verdicts_json(row->verdicts.dirs, reach_row_verdict(row), out);
	put_expected_json(row, out);
	put_families_json(row, out);
	put_condition_json(r, row, out);
	buf_putc(out, '}');
}

void reach_render_json(const struct reach *r, struct outlet *out)
{
	size_t n = reach_n_rows(r);

	buf_putc(&out->buf, '{');
	reach_json_head(r, &out->buf);
	buf_puts(&out->buf, "\"flows\":[");
	work_step(r->work, "flows written", n);
	for (size_t i = 0; i < n && outlet_pass(out); i++) {
		struct reach_row row;

		reach_row(r, i, &row);
		work_tell(r->work, i);
		buf_puts(&out->buf, i ? "," : "");
		put_row_json(r, &row, &out->buf);
	}
	work_step_end(r->work);
	buf_puts(&out->buf, "\n]}\n");
}

/* --- CSV (RFC 4180) ------------------------------------------------------------------- */

void reach_csv_field(const char *s, struct buf *out)
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

static enum flow_verdict family_verdict(const struct reach_row *row, enum flow_family f)
{
	const uint8_t *v = row->verdicts.families[f];

	return flow_worse(v[IR_EGRESS], v[IR_INGRESS]);
}

/* Two fields, empty where they do not differ. */
static void put_families_csv(const struct reach_row *row, struct buf *out)
{
	bool differ = reach_families_differ(row);

	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
		buf_printf(out, ",%s", differ ? flow_verdict_name(family_verdict(row, f)) : "");
}

static void put_condition_csv(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	buf_putc(out, ',');
	if (reach_row_verdict(row) != FLOW_DEPENDS)
		return;
	reach_put_condition(r, row, &text);
	reach_csv_field(buf_str(&text), out);
}

static void put_row_csv(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	reach_csv_field(reach_from(r, row)->text, out);
	buf_putc(out, ',');
	reach_csv_field(reach_to(r, row)->text, out);
	buf_putc(out, ',');
	reach_csv_field(reach_port(r, row)->text, out);
	buf_printf(out, ",%s,%s,%s",
		   flow_verdict_name((enum flow_verdict)row->verdicts.dirs[IR_INGRESS]),
		   flow_verdict_name((enum flow_verdict)row->verdicts.dirs[IR_EGRESS]),
		   flow_verdict_name(reach_row_verdict(row)));
	put_families_csv(row, out);
	put_condition_csv(r, row, out);
	buf_putc(out, '\n');
}

void reach_render_csv(const struct reach *r, struct outlet *out)
{
	size_t n = reach_n_rows(r);

	buf_puts(&out->buf, REACH_CSV_HEAD);
	work_step(r->work, "flows written", n);
	for (size_t i = 0; i < n && outlet_pass(out); i++) {
		struct reach_row row;

		reach_row(r, i, &row);
		work_tell(r->work, i);
		put_row_csv(r, &row, &out->buf);
	}
	work_step_end(r->work);
}

/* --- Graphviz ------------------------------------------------------------------------- */

void reach_dot_escaped(const char *s, struct buf *out)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_puts_shown(&shown, s);
	for (const char *p = buf_str(&shown); *p; p++) {
		if (strchr("\"\\", *p))
			buf_putc(out, '\\');
		buf_putc(out, *p);
	}
}

static void put_label(const char *s, struct buf *out)
{
	buf_putc(out, '"');
	reach_dot_escaped(s, out);
	buf_putc(out, '"');
}

/* Below the graph. */
static void put_incomplete_dot(const struct unread *unread, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	if (!unread_count(unread))
		return;
	buf_puts(&text, "incomplete: ");
	unread_put_text(unread, &text);
	buf_puts(out, "\tlabel=");
	put_label(buf_str(&text), out);
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

/* A flow between different ends that is allowed, be it only with some requests. */
static bool is_drawn(const struct reach_row *row)
{
	return !row->self && (row->from != row->to || row->replica) &&
	       reach_row_verdict(row) != FLOW_DENY && reach_row_verdict(row) != FLOW_NONE;
}

/* What a flow depends on: the addresses, or the family alone. */
static void put_depends_dot(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	static const char *const names[] = {[FLOW_V4] = "IPv4", [FLOW_V6] = "IPv6"};
	_cleanup_buf_ struct buf text = {0};

	reach_put_condition(r, row, &text);
	if (text.n) {
		buf_puts(out, " if ");
		reach_dot_escaped(buf_str(&text), out);
		return;
	}
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
		buf_printf(out, "%s over %s %s", f ? "," : "", names[f],
			   flow_verdict_name(family_verdict(row, f)));
}

static void put_edge(const struct reach *r, const struct reach_row *rows, size_t n, struct buf *out)
{
	buf_printf(out, "\tn%u -> n%u [label=\"", rows->from, rows->to);
	for (size_t i = 0; i < n; i++) {
		enum flow_verdict v = reach_row_verdict(&rows[i]);

		buf_printf(out, "%s%s", i ? "\\n" : "", reach_port(r, &rows[i])->text);
		if (v == FLOW_DEPENDS)
			put_depends_dot(r, &rows[i], out);
		else if (v != FLOW_ALLOW)
			buf_printf(out, " %s", flow_verdict_name(v));
	}
	buf_puts(out, "\"];\n");
}

static void put_nodes(const struct reach *r, struct buf *out)
{
	for (size_t i = 0; i < r->ends.n; i++) {
		buf_printf(out, "\tn%zu [label=", i);
		put_label(r->ends.v[i].text, out);
		buf_puts(out, r->ends.v[i].ep ? "];\n" : ", shape=ellipse];\n");
	}
}

void reach_dot_head(const struct reach *r, struct buf *out)
{
	buf_puts(out, "digraph reach {\n\trankdir=LR;\n\tnode [shape=box, style=rounded];\n");
	put_incomplete_dot(r->unread, out);
	put_nodes(r, out);
}

/* Sorted, so that an edge's ports stand together. */
static void put_probed_edges(const struct reach *r, struct outlet *out)
{
	struct reach_row *rows = arena_array(r->arena, struct reach_row, r->rows.n);
	size_t n = 0, end;

	vec_each (const struct reach_row, row, &r->rows)
		if (is_drawn(row))
			rows[n++] = *row;
	if (n)
		qsort(rows, n, sizeof(*rows), cmp_edges);
	for (size_t i = 0; i < n && outlet_pass(out); i = end) {
		for (end = i + 1;
		     end < n && rows[end].from == rows[i].from && rows[end].to == rows[i].to;)
			end++;
		put_edge(r, rows + i, end - i, &out->buf);
	}
}

/* The i-th pair of a matrix, on all ports; `rows` has room for as many. */
static void put_pair(const struct reach *r, size_t i, struct reach_row *rows, struct buf *out)
{
	size_t n = 0;

	for (size_t port = 0; port < r->ports.n; port++) {
		reach_row(r, port * r->n_from * r->n_to + i, &rows[n]);
		n += is_drawn(&rows[n]);
	}
	if (n)
		put_edge(r, rows, n, out);
}

/* Where the ends stand in a list, each once, by their numbers. */
static struct reach_indices places_of(const struct reach *r, const struct reach_indices *list)
{
	struct reach_indices out = {.v = arena_array(r->arena, uint32_t, r->ends.n + 1)};
	uint32_t *behind = arena_array(r->arena, uint32_t, r->ends.n + 1); /* 0: not there */

	for (uint32_t i = 0; i < list->n; i++)
		behind[list->v[i]] = i + 1;
	for (size_t end = 0; end < r->ends.n; end++)
		if (behind[end])
			out.v[out.n++] = behind[end] - 1;
	return out;
}

static void put_matrix_edges(const struct reach *r, struct outlet *out)
{
	struct reach_indices from = places_of(r, &r->from), to = places_of(r, &r->to);
	struct reach_row *rows = arena_array(r->arena, struct reach_row, r->ports.n + 1);

	work_step(r->work, "flows written", reach_n_rows(r));
	for (size_t f = 0; f < from.n; f++) {
		work_tell(r->work, f * r->n_to * r->ports.n);
		for (size_t t = 0; t < to.n && outlet_pass(out); t++)
			put_pair(r, from.v[f] * r->n_to + to.v[t], rows, &out->buf);
	}
	work_step_end(r->work);
}

void reach_render_dot(const struct reach *r, struct outlet *out)
{
	reach_dot_head(r, &out->buf);
	if (r->n_from)
		put_matrix_edges(r, out);
	else
		put_probed_edges(r, out);
	buf_puts(&out->buf, "}\n");
}

/* ------------------------------------------------------------------------------------- */

void reach_render(const struct reach *r, enum reach_format format, struct outlet *out)
{
	static void (*const renderers[])(const struct reach *, struct outlet *) = {
		[REACH_TABLE] = reach_render_table, [REACH_JSON] = reach_render_json,
		[REACH_CSV] = reach_render_csv,     [REACH_DOT] = reach_render_dot,
		[REACH_HTML] = reach_render_html,
	};

	assert(format != REACH_LIST);
	renderers[format](r, out);
}
