/* SPDX-License-Identifier: Apache-2.0 */
/* Connections as a graph: an edge a pair. What no policy restricts goes through one point, as an
 * edge a pair would be all that there is to see. */
#include "lang/base/outlet.h"
#include "verifier/reach/connections/connections.h"
#include "verifier/reach/render.h"

static void put_part(struct connections *c, const struct connection *con,
		     const struct connection_part *p, struct buf *out)
{
	_cleanup_buf_ struct buf terms = {0};

	connection_put_terms(c, con, p, true, &terms);
	reach_dot_escaped(buf_str(&terms), out);
}

static void put_edge(struct connections *c, const struct connection *con, struct buf *out)
{
	buf_printf(out, "\tn%u -> n%u [label=\"", con->from, con->to);
	vec_each (const struct connection_part, p, &con->parts->list) {
		buf_puts(out, p == con->parts->list.v ? "" : "\\n");
		put_part(c, con, p, out);
	}
	buf_puts(out, "\"];\n");
}

static void put_unrestricted(const struct connections *c, struct buf *out)
{
	buf_puts(out, "\tany [shape=point, xlabel=\"any port, as no policy restricts it\"];\n");
	vec_each (const uint32_t, from, &c->free[IR_EGRESS].list)
		buf_printf(out, "\tn%u -> any [style=dashed, arrowhead=none];\n", *from);
	vec_each (const uint32_t, to, &c->free[IR_INGRESS].list)
		buf_printf(out, "\tany -> n%u [style=dashed];\n", *to);
}

static bool any_unrestricted(const struct connections *c)
{
	vec_each (const uint32_t, from, &c->free[IR_EGRESS].list)
		vec_each (const uint32_t, to, &c->free[IR_INGRESS].list)
			if (connection_is_pair(c, *from, *to))
				return true;
	return false;
}

void connections_render_dot(struct connections *c, struct outlet *outlet)
{
	reach_dot_head(&c->reach, &outlet->buf);
	vec_each (const struct connection, con, &c->list) {
		put_edge(c, con, &outlet->buf);
		outlet_pass(outlet);
	}
	if (any_unrestricted(c))
		put_unrestricted(c, &outlet->buf);
	buf_puts(&outlet->buf, "}\n");
}
