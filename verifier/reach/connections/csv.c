/* SPDX-License-Identifier: Apache-2.0 */
/* Connections as CSV: a row a pair and part. What no policy restricts is written out, so that who
 * looks for a pair finds it. */
#include "lang/base/outlet.h"
#include "verifier/reach/connections/connections.h"
#include "verifier/reach/render.h"

static void put_head(const struct connections *c, uint32_t from, uint32_t to, struct buf *out)
{
	reach_csv_field(c->reach.ends.v[from].text, out);
	buf_putc(out, ',');
	reach_csv_field(c->reach.ends.v[to].text, out);
	buf_putc(out, ',');
}

static void put_part(const struct connections *c, const struct connection *con,
		     const struct connection_part *p, struct buf *out)
{
	static const char *const families[] = {[FLOW_V4] = "ipv4", [FLOW_V6] = "ipv6"};
	_cleanup_buf_ struct buf condition = {0};
	struct diff_words words = {0};

	put_head(c, con->from, con->to, out);
	diff_port_words(p->ports, c->reach.arena, &words);
	vec_each (const char *, word, &words.list)
		buf_printf(out, "%s%s", word == words.list.v ? "" : " ", *word);
	buf_printf(out, ",%s,%s,", flow_verdict_name(p->l7 ? FLOW_REDIRECT : FLOW_ALLOW),
		   p->one_family ? families[p->family] : "");
	connection_put_condition(c, con, p, true, &condition);
	reach_csv_field(buf_str(&condition), out);
	buf_putc(out, '\n');
}

static void put_unrestricted(const struct connections *c, struct outlet *outlet)
{
	vec_each (const uint32_t, from, &c->free[IR_EGRESS].list) {
		vec_each (const uint32_t, to, &c->free[IR_INGRESS].list) {
			if (!connection_is_pair(c, *from, *to))
				continue;
			put_head(c, *from, *to, &outlet->buf);
			buf_puts(&outlet->buf, "any,allow,,\n");
			outlet_pass(outlet);
		}
	}
}

void connections_render_csv(const struct connections *c, struct outlet *outlet)
{
	buf_puts(&outlet->buf, CONNECTIONS_CSV_HEAD);
	vec_each (const struct connection, con, &c->list) {
		if (!connection_is_pair(c, con->from, con->to))
			continue;
		vec_each (const struct connection_part, p, &con->parts->list) {
			put_part(c, con, p, &outlet->buf);
			outlet_pass(outlet);
		}
	}
	put_unrestricted(c, outlet);
}
