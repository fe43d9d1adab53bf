/* SPDX-License-Identifier: Apache-2.0 */
/* Reachability on a terminal: a matrix a port, or a list of probes. */
#include <stdio.h>
#include <string.h>

#include "lang/base/outlet.h"
#include "lang/base/unread.h"
#include "verifier/reach/render.h"

static int digits(size_t n)
{
	return snprintf(NULL, 0, "%zu", n);
}

static int longest_name(const struct reach *r)
{
	size_t longest = strlen("from");

	vec_each (const struct flow_end, end, &r->ends) {
		size_t n = strlen(end->text);

		longest = n > longest ? n : longest;
	}
	return (int)longest;
}

static void put_columns(const struct reach *r, int name_width, int number_width, struct buf *out)
{
	buf_printf(out, "  %*s %-*s", number_width, "", name_width, "from \\ to");
	for (size_t t = 0; t < r->n_to; t++)
		buf_printf(out, " %*zu", number_width, t + 1);
	buf_putc(out, '\n');
}

/* ` over IPv4 allow, over IPv6 deny`, where that is all there is to say. */
static void put_families(const struct reach_row *row, struct buf *out)
{
	static const char *const names[] = {[FLOW_V4] = "IPv4", [FLOW_V6] = "IPv6"};

	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		const uint8_t *v = row->verdicts.families[f];

		buf_printf(out, "%s over %s %s", f ? "," : "", names[f],
			   flow_verdict_name(flow_worse(v[IR_EGRESS], v[IR_INGRESS])));
	}
}

/* What the cells of a port say. */
struct sums {
	size_t cells[FLOW_N_VERDICTS], flows[FLOW_N_VERDICTS]; /* that they stand for */
	size_t all_flows;
};

/* What signs of all ports are to be explained. */
struct legend {
	bool verdicts[FLOW_N_VERDICTS], replicas;
};

static void read_cell(const struct reach *r, size_t port, size_t i, struct reach_row *out)
{
	reach_row(r, port * r->n_from * r->n_to + i, out);
}

static void sum_cells(const struct reach *r, size_t port, struct sums *out, struct legend *legend)
{
	*out = (struct sums){0};
	for (size_t i = 0; i < r->n_from * r->n_to; i++) {
		struct reach_row cell;
		enum flow_verdict verdict;
		size_t flows;

		read_cell(r, port, i, &cell);
		verdict = reach_row_verdict(&cell);
		flows = reach_cell_flows(r, &cell);
		out->cells[verdict]++;
		out->flows[verdict] += flows;
		out->all_flows += flows;
		legend->verdicts[verdict] = true;
		legend->replicas |= cell.replica;
	}
}

static void put_condition(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	_cleanup_buf_ struct buf condition = {0};

	buf_printf(out, "  ? %s -> %s:", reach_from(r, row)->text, reach_to(r, row)->text);
	reach_put_condition(r, row, &condition);
	if (condition.n)
		buf_printf(out, " allow if %s", buf_str(&condition));
	else
		put_families(row, out);
	buf_putc(out, '\n');
}

/* What flows depend on, under their matrix; the rest is for JSON. */
static void put_conditions(const struct reach *r, size_t port, size_t depends, struct buf *out)
{
	enum { SHOWN = 20 };
	size_t shown = 0;

	for (size_t i = 0; shown < depends && shown < SHOWN; i++) {
		struct reach_row cell;

		read_cell(r, port, i, &cell);
		if (reach_row_verdict(&cell) != FLOW_DEPENDS)
			continue;
		put_condition(r, &cell, out);
		shown++;
	}
	if (depends > shown)
		buf_printf(out, "  ? %zu more: --format json has them all\n", depends - shown);
}

static void put_total(const char *port, const struct sums *sums, struct buf *out)
{
	const size_t *by = sums->flows;

	buf_printf(out, "%s: %zu of %zu flows allowed", port, by[FLOW_ALLOW],
		   sums->all_flows - by[FLOW_NONE]);
	if (by[FLOW_REDIRECT])
		buf_printf(out, ", %zu with some requests", by[FLOW_REDIRECT]);
	if (by[FLOW_DEPENDS])
		buf_printf(out, ", %zu by some addresses only", by[FLOW_DEPENDS]);
	buf_putc(out, '\n');
}

static void put_line(const struct reach *r, size_t port, size_t from, int number_width,
		     struct buf *out)
{
	for (size_t to = 0; to < r->n_to; to++) {
		struct reach_row cell;

		read_cell(r, port, from * r->n_to + to, &cell);
		buf_printf(out, " %*c", number_width, reach_sign(&cell));
	}
	buf_putc(out, '\n');
}

static void put_matrix(const struct reach *r, size_t port, struct legend *legend,
		       struct outlet *outlet)
{
	struct buf *out = &outlet->buf;
	struct sums sums;
	int width = longest_name(r), number = digits(r->n_to > r->n_from ? r->n_to : r->n_from);
	int name = width < 9 ? 9 : width;

	sum_cells(r, port, &sums, legend);
	put_total(r->ports.v[port].text, &sums, out);
	put_columns(r, name, number, out);
	for (size_t f = 0; f < r->n_from && outlet_pass(outlet); f++) {
		buf_printf(out, "  %*zu %-*s", number, f + 1, name, r->ends.v[r->from.v[f]].text);
		put_line(r, port, f, number, out);
	}
	put_conditions(r, port, sums.cells[FLOW_DEPENDS], out);
	buf_putc(out, '\n');
}

void reach_put_groups(const struct reach *r, struct buf *out)
{
	enum { SHOWN = 8 };
	size_t n = 0;

	vec_each (const struct reach_group, g, &r->groups)
		n += g->members.n;
	if (n == r->groups.n)
		return;
	buf_printf(out, "%zu ends in %zu groups that no flow here tells apart:\n", n, r->groups.n);
	vec_each (const struct reach_group, g, &r->groups) {
		if (g->members.n == 1)
			continue;
		buf_printf(out, "  %s:", r->ends.v[g - r->groups.v].text);
		for (size_t i = 0; i < g->members.n && i < SHOWN; i++)
			buf_printf(out, " %s", g->members.v[i].text);
		buf_puts(out, g->members.n > SHOWN ? " ...\n" : "\n");
	}
	buf_putc(out, '\n');
}

static void put_matrices(const struct reach *r, struct outlet *outlet)
{
	struct buf *out = &outlet->buf;
	struct legend legend = {0};

	for (size_t port = 0; port < r->ports.n; port++)
		put_matrix(r, port, &legend, outlet);
	if (!reach_is_square(r)) {
		buf_puts(out, "to:\n");
		for (size_t t = 0; t < r->n_to; t++)
			buf_printf(out, "  %*zu %s\n", digits(r->n_to), t + 1,
				   r->ends.v[r->to.v[t]].text);
		buf_putc(out, '\n');
	}
	reach_put_groups(r, out);
	buf_puts(out, "+ allowed   = itself, always allowed   denied by: "
		      "i ingress of 'to', e egress of 'from', x both\n");
	if (legend.verdicts[FLOW_REDIRECT])
		buf_puts(out, "7 l7: requests decide, each by itself\n");
	if (legend.verdicts[FLOW_DEPENDS])
		buf_puts(out, "? depends on the addresses, which differ or are not known\n");
	if (legend.verdicts[FLOW_NONE])
		buf_puts(out, ". no such flow: no family of addresses that both ends and the "
			      "protocol have\n");
	if (legend.replicas)
		buf_puts(out, "a workload to itself: one of its replicas to another one\n");
}

static void put_list(const struct reach *r, struct outlet *outlet)
{
	struct buf *out = &outlet->buf;
	int width = longest_name(r);

	buf_printf(out, "%-*s  %-*s  %-12s %-8s %-8s %s\n", width, "from", width, "to", "port",
		   "ingress", "egress", "verdict");
	vec_each (const struct reach_row, row, &r->rows) {
		buf_printf(out, "%-*s  %-*s  %-12s %-8s %-8s %s\n", width, reach_from(r, row)->text,
			   width, reach_to(r, row)->text, reach_port(r, row)->text,
			   flow_verdict_name((enum flow_verdict)row->verdicts.dirs[IR_INGRESS]),
			   flow_verdict_name((enum flow_verdict)row->verdicts.dirs[IR_EGRESS]),
			   flow_verdict_name(reach_row_verdict(row)));
		outlet_pass(outlet);
	}
	reach_put_unmet(r, out);
}

void reach_render_table(const struct reach *r, struct outlet *out)
{
	if (!reach_n_rows(r))
		buf_puts(&out->buf, "no flows\n");
	else if (r->n_from)
		put_matrices(r, out);
	else
		put_list(r, out);
	unread_put_line(r->unread, &out->buf);
}
