/* SPDX-License-Identifier: Apache-2.0 */
/* Connections on a terminal. */
#include "lang/base/outlet.h"
#include "lang/base/unread.h"
#include "verifier/reach/connections/connections.h"
#include "verifier/reach/render.h"

/* `world (10.0.0.0/8)` */
static void put_end(const struct flow_end *end, const struct connection_part *part, enum ir_dir dir,
		    struct buf *out)
{
	buf_puts(out, end->text);
	if (!end->outside || !part->restricted[dir])
		return;
	buf_puts(out, " (");
	region_put_prefixes(&part->addresses[dir], out);
	buf_putc(out, ')');
}

static void put_part(struct connections *c, const struct connection *con,
		     const struct connection_part *p, struct buf *out)
{
	const struct flow_end ends[IR_N_DIRS] = {
		[IR_INGRESS] = c->reach.ends.v[con->from], [IR_EGRESS] = c->reach.ends.v[con->to]};
	bool replica = con->from == con->to && ends[IR_EGRESS].ep->workload;

	put_end(&ends[IR_INGRESS], p, IR_INGRESS, out);
	buf_puts(out, " -> ");
	if (con->from != con->to)
		put_end(&ends[IR_EGRESS], p, IR_EGRESS, out);
	else
		buf_puts(out, replica ? "another replica" : "each other");
	buf_puts(out, ": ");
	connection_put_terms(c, con, p, false, out);
	buf_putc(out, '\n');
}

enum { SHOWN = 12 };

/* A few names, and how many there are more. */
static void put_names(const struct connections *c, const struct connection_ends *ends,
		      struct buf *out)
{
	for (size_t i = 0; i < ends->list.n && i < SHOWN; i++)
		buf_printf(out, "%s%s", i ? ", " : "", c->reach.ends.v[ends->list.v[i]].text);
	if (ends->list.n > SHOWN)
		buf_printf(out, " and %zu more", ends->list.n - SHOWN);
}

/* The world and the node first, and then who else. */
static void put_free(const struct connections *c, const char *what, enum ir_dir dir,
		     struct buf *out)
{
	struct connection_ends ends = c->free[dir];

	buf_printf(out, "  %-4s world, host", what);
	ends.list.n -= 2;
	buf_puts(out, ends.list.n ? ", " : "");
	put_names(c, &ends, out);
	buf_putc(out, '\n');
}

static bool is_of_node(const struct connections *c, const struct connection *con, enum ir_dir dir)
{
	const struct ir_endpoint *ep = c->reach.ends.v[dir == IR_INGRESS ? con->from : con->to].ep;

	return ep && ep->node;
}

/* Any port, from whatever address. */
static bool is_whole(const struct connection *con)
{
	const struct connection_part *p = con->parts->list.v;

	return con->parts->list.n == 1 && region_set_size(p->ports) == DIFF_N_PORTS && !p->l7 &&
	       !p->one_family && !p->restricted[IR_INGRESS] && !p->restricted[IR_EGRESS];
}

/* A pod and its node: as Kubernetes lets all of them pass, they share two lines. */
static void put_node(const struct connections *c, enum ir_dir dir, struct buf *out)
{
	struct connection_ends ends = {0};

	vec_each (const struct connection, con, &c->list)
		if (is_whole(con) && is_of_node(c, con, dir))
			vec_push(c->reach.arena, &ends.list,
				 dir == IR_INGRESS ? con->to : con->from);
	if (!ends.list.n)
		return;
	buf_puts(out, dir == IR_INGRESS ? "host -> " : "");
	put_names(c, &ends, out);
	buf_printf(out, "%s: any port\n", dir == IR_INGRESS ? "" : " -> host");
}

static void put_connections(struct connections *c, struct outlet *outlet)
{
	struct buf *out = &outlet->buf;

	vec_each (const struct connection, con, &c->list) {
		if (is_whole(con) &&
		    (is_of_node(c, con, IR_INGRESS) || is_of_node(c, con, IR_EGRESS)))
			continue;
		vec_each (const struct connection_part, p, &con->parts->list) {
			put_part(c, con, p, out);
			outlet_pass(outlet);
		}
	}
	put_node(c, IR_EGRESS, out);
	put_node(c, IR_INGRESS, out);
}

/* Who of the first sends to whom of the second is no policy's business. Without an endpoint in one
 * of them there is nothing to tell. */
static void put_unrestricted(const struct connections *c, struct buf *out)
{
	if (c->free[IR_EGRESS].list.n == 2 && c->free[IR_INGRESS].list.n == 2)
		return;
	buf_printf(out, "%sany port, as no policy restricts it:\n", c->list.n ? "\n" : "");
	put_free(c, "from", IR_EGRESS, out);
	put_free(c, "to", IR_INGRESS, out);
}

void connections_render_text(struct connections *c, struct outlet *outlet)
{
	struct buf *out = &outlet->buf;

	if (!c->reach.ir->endpoints.n)
		buf_puts(out, "no endpoints\n");
	put_connections(c, outlet);
	put_unrestricted(c, out);
	if (c->reach.groups.n) {
		buf_putc(out, '\n');
		reach_put_groups(&c->reach, out);
	}
	unread_put_line(c->reach.unread, out);
}
