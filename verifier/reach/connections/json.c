/* SPDX-License-Identifier: Apache-2.0 */
/* Connections for other programs. */
#include "lang/base/outlet.h"
#include "lang/base/unread.h"
#include "verifier/reach/connections/connections.h"
#include "verifier/reach/render.h"

static void put_ports(const struct connections *c, const struct region_set *ports, struct buf *out)
{
	struct diff_words words = {0};

	diff_port_words(ports, c->reach.arena, &words);
	buf_puts(out, ",\"ports\":[");
	vec_each (const char *, word, &words.list)
		buf_printf(out, "%s\"%s\"", word == words.list.v ? "" : ",", *word);
	buf_putc(out, ']');
}

static void put_part(const struct connections *c, const struct connection *con,
		     const struct connection_part *p, struct buf *out)
{
	static const char *const ends[] = {[IR_INGRESS] = "from", [IR_EGRESS] = "to"};
	const struct flow_end *from = &c->reach.ends.v[con->from], *to = &c->reach.ends.v[con->to];
	const char *sep = ",\"if\":{";

	buf_puts(out, "{\"from\":");
	reach_json_string(from->text, out);
	buf_puts(out, ",\"to\":");
	reach_json_string(to->text, out);
	if (con->from == con->to && to->ep->workload)
		buf_puts(out, ",\"replica\":true");
	put_ports(c, p->ports, out);
	buf_printf(out, ",\"verdict\":\"%s\"",
		   flow_verdict_name(p->l7 ? FLOW_REDIRECT : FLOW_ALLOW));
	if (p->one_family)
		buf_printf(out, ",\"family\":\"%s\"", p->family == FLOW_V4 ? "ipv4" : "ipv6");
	for (enum ir_dir d = IR_INGRESS; d < IR_N_DIRS; d++) {
		if (!p->restricted[d])
			continue;
		buf_printf(out, "%s\"%s\":{", sep, ends[d]);
		reach_json_prefixes(&p->addresses[d], out);
		buf_putc(out, '}');
		sep = ",";
	}
	buf_puts(out, sep[1] ? "}" : "}}");
}

static void put_names(const struct connections *c, const char *what,
		      const struct connection_ends *ends, struct buf *out)
{
	buf_printf(out, "\"%s\":[", what);
	vec_each (const uint32_t, i, &ends->list) {
		buf_puts(out, i == ends->list.v ? "" : ",");
		reach_json_string(c->reach.ends.v[*i].text, out);
	}
	buf_putc(out, ']');
}

void connections_render_json(const struct connections *c, struct outlet *outlet)
{
	struct buf *out = &outlet->buf;
	const char *sep = "\n";

	buf_putc(out, '{');
	reach_json_head(&c->reach, out);
	buf_puts(out, "\"connections\":[");
	vec_each (const struct connection, con, &c->list) {
		vec_each (const struct connection_part, p, &con->parts->list) {
			buf_puts(out, sep);
			put_part(c, con, p, out);
			sep = ",\n";
			outlet_pass(outlet);
		}
	}
	buf_puts(out, "\n],\n\"unrestricted\":{");
	put_names(c, "from", &c->free[IR_EGRESS], out);
	buf_putc(out, ',');
	put_names(c, "to", &c->free[IR_INGRESS], out);
	buf_puts(out, "}}\n");
}
