/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/rivals/rulesets.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/intern.h"

enum { NO_ROW = UINT32_MAX };

static const char *verdict(bool allow)
{
	return allow ? "accept" : "drop";
}

static const char *proto_name(const struct flat_span *s)
{
	return s->proto == IR_PROTO_UDP ? "udp" : "tcp";
}

static void put_ports(struct buf *out, const struct flat_span *s)
{
	buf_printf(out, s->lo == s->hi ? "%u" : "%u-%u", s->lo, s->hi);
}

static void put_prefix(struct buf *out, const struct net_prefix *p)
{
	char text[NET_PREFIX_STRLEN];

	if (p->len == 32)
		buf_puts(out, net_addr_format(&p->addr, text));
	else
		buf_puts(out, net_prefix_format(p, text));
}

/* --- rows: identities with the same spans are one ------------------------------------------ */

struct rows {
	struct arena arena;
	uint32_t *of_identity;        /* NO_ROW: only what is meant for everybody */
	VEC(struct flat_spans) spans; /* by row */
	struct flat_spans everybody;
};

static uint32_t row_of(struct rows *rows, struct intern *seen, const struct flat_spans *spans)
{
	_cleanup_buf_ struct buf key = {0};
	uint32_t row;

	if (!spans->spans.n)
		return NO_ROW;
	vec_each (const struct flat_span, s, &spans->spans)
		buf_printf(&key, "%u/%u-%u%c", s->proto, s->lo, s->hi, s->allow ? '+' : '-');
	row = intern_add(seen, buf_str(&key));
	if (row == rows->spans.n)
		vec_push(&rows->arena, &rows->spans, *spans);
	return row;
}

static void rows_init(struct rows *rows, const struct flat *flat)
{
	struct intern seen;

	*rows = (struct rows){0};
	arena_init(&rows->arena);
	intern_init(&seen, &rows->arena);
	rows->of_identity = arena_array(&rows->arena, uint32_t, flat->identities.n);
	for (uint32_t i = 0; i < flat->identities.n; i++) {
		struct flat_spans spans;

		flat_own(flat, i, &rows->arena, &spans);
		rows->of_identity[i] = row_of(rows, &seen, &spans);
	}
	flat_everybody(flat, &rows->arena, &rows->everybody);
}

static void rows_fini(struct rows *rows)
{
	arena_fini(&rows->arena);
}

/* --- the parts of both nft rulesets --------------------------------------------------------- */

static uint32_t address_of(const struct net_prefix *p)
{
	return (uint32_t)p->addr.bytes[0] << 24 | (uint32_t)p->addr.bytes[1] << 16 |
	       (uint32_t)p->addr.bytes[2] << 8 | p->addr.bytes[3];
}

static uint32_t last_of(const struct net_prefix *p)
{
	return address_of(p) | (p->len < 32 ? ~0u >> p->len : 0);
}

typedef void (*put_row_fn)(struct buf *out, uint32_t row);

static void put_range(struct buf *out, uint64_t lo, uint64_t hi, uint32_t row, put_row_fn put_row)
{
	if (lo > hi || row == NO_ROW)
		return;
	buf_printf(out, "%u.%u.%u.%u-%u.%u.%u.%u : ", (unsigned)(lo >> 24),
		   (unsigned)(lo >> 16 & 255), (unsigned)(lo >> 8 & 255), (unsigned)(lo & 255),
		   (unsigned)(hi >> 24), (unsigned)(hi >> 16 & 255), (unsigned)(hi >> 8 & 255),
		   (unsigned)(hi & 255));
	put_row(out, row);
	buf_puts(out, ",\n");
}

/* The ranges of a network and of those inside it, which follow it in the sorted list: nft wants
 * ranges that do not overlap. */
static size_t put_network(struct buf *out, const struct flat *flat, const struct rows *rows,
			  size_t i, put_row_fn put_row)
{
	const struct flat_source *s = &flat->sources.v[i];
	uint32_t row = rows->of_identity[s->identity];
	uint64_t at = address_of(&s->prefix), end = last_of(&s->prefix);

	i++;
	while (i < flat->sources.n && address_of(&flat->sources.v[i].prefix) <= end) {
		const struct net_prefix *inner = &flat->sources.v[i].prefix;

		if (address_of(inner) > at)
			put_range(out, at, address_of(inner) - 1ull, row, put_row);
		at = last_of(inner) + 1ull;
		i = put_network(out, flat, rows, i, put_row);
	}
	put_range(out, at, end, row, put_row);
	return i;
}

/* Where the networks begin: behind the pods. */
static size_t first_network(const struct flat *flat)
{
	size_t i = 0;

	while (i < flat->sources.n && flat->sources.v[i].prefix.len == 32)
		i++;
	return i;
}

static void put_networks(struct buf *out, const struct flat *flat, const struct rows *rows,
			 put_row_fn put_row)
{
	size_t i = first_network(flat);

	while (i < flat->sources.n)
		i = put_network(out, flat, rows, i, put_row);
}

static void put_pods(struct buf *out, const struct flat *flat, const struct rows *rows,
		     put_row_fn put_row)
{
	for (size_t i = 0, n = first_network(flat); i < n; i++) {
		const struct flat_source *s = &flat->sources.v[i];

		if (rows->of_identity[s->identity] == NO_ROW)
			continue;
		put_prefix(out, &s->prefix);
		buf_puts(out, " : ");
		put_row(out, rows->of_identity[s->identity]);
		buf_puts(out, ",\n");
	}
}

static bool put_port_map(struct buf *out, const struct flat_spans *spans, const char *proto)
{
	bool any = false;

	vec_each (const struct flat_span, s, &spans->spans) {
		if (strcmp(proto_name(s), proto) != 0)
			continue;
		buf_puts(out, any ? ", " : "");
		if (!any)
			buf_printf(out, "  %s dport vmap { ", proto);
		put_ports(out, s);
		buf_printf(out, " : %s", verdict(s->allow));
		any = true;
	}
	buf_puts(out, any ? " }\n" : "");
	return any;
}

static void put_hook(struct buf *out)
{
	buf_puts(out,
		 " chain forward {\n  type filter hook forward priority filter; policy drop;\n");
}

/* --- sets ----------------------------------------------------------------------------------- */

static void put_mark(struct buf *out, uint32_t row)
{
	buf_printf(out, "%u", row + 1);
}

static bool put_elements(struct buf *out, const struct rows *rows, const char *proto, bool ranges)
{
	bool any = false;

	for (uint32_t row = 0; row < rows->spans.n; row++) {
		vec_each (const struct flat_span, s, &rows->spans.v[row].spans) {
			if ((s->lo != s->hi) != ranges || strcmp(proto_name(s), proto) != 0)
				continue;
			buf_printf(out, "%u . ", row + 1);
			put_ports(out, s);
			buf_printf(out, " : %s,\n", verdict(s->allow));
			any = true;
		}
	}
	return any;
}

/* The verdicts of one protocol, of single ports or of ranges; false: there are none. */
static bool put_verdicts(struct buf *out, const struct rows *rows, const char *proto, bool ranges)
{
	_cleanup_buf_ struct buf elements = {0};

	if (!put_elements(&elements, rows, proto, ranges))
		return false;
	buf_printf(out,
		   " map %s_%s {\n  typeof meta mark . %s dport : verdict\n%s  elements = {\n%s  "
		   "}\n }\n",
		   proto, ranges ? "ranges" : "ports", proto, ranges ? "  flags interval\n" : "",
		   buf_str(&elements));
	return true;
}

static bool put_mark_map(struct buf *out, const char *name, const struct buf *elements, bool ranges)
{
	if (!elements->n)
		return false;
	buf_printf(out, " map %s {\n  type ipv4_addr : mark\n%s  elements = {\n%s  }\n }\n", name,
		   ranges ? "  flags interval\n" : "", elements->s);
	return true;
}

void ruleset_nft_sets(const struct flat *flat, struct buf *out)
{
	static const char *const protos[] = {"tcp", "udp"};
	_cleanup_buf_ struct buf pods = {0}, networks = {0}, lookups = {0};
	bool has_pods, has_networks;
	struct rows rows;

	rows_init(&rows, flat);
	put_pods(&pods, flat, &rows, put_mark);
	put_networks(&networks, flat, &rows, put_mark);
	buf_puts(out, "table ip bench {\n");
	has_pods = put_mark_map(out, "pods", &pods, false);
	has_networks = put_mark_map(out, "networks", &networks, true);
	for (int i = 0; i < 4; i++) {
		const char *proto = protos[i % 2];
		bool ranges = i >= 2;

		if (put_verdicts(out, &rows, proto, ranges))
			buf_printf(&lookups, "  meta mark . %s dport vmap @%s_%s\n", proto, proto,
				   ranges ? "ranges" : "ports");
	}
	put_hook(out);
	buf_puts(out, has_pods ? "  meta mark set ip saddr map @pods\n" : "");
	buf_puts(out, has_networks ? "  meta mark 0 meta mark set ip saddr map @networks\n" : "");
	buf_puts(out, buf_str(&lookups));
	put_port_map(out, &rows.everybody, "tcp");
	put_port_map(out, &rows.everybody, "udp");
	buf_puts(out, " }\n}\n");
	rows_fini(&rows);
}

/* --- chains --------------------------------------------------------------------------------- */

static void put_jump(struct buf *out, uint32_t row)
{
	buf_printf(out, "jump row%u", row);
}

static void put_jump_map(struct buf *out, const struct buf *elements)
{
	if (elements->n)
		buf_printf(out, "  ip saddr vmap {\n%s  }\n", elements->s);
}

void ruleset_nft_chains(const struct flat *flat, bool tracking, struct buf *out)
{
	_cleanup_buf_ struct buf pods = {0}, networks = {0};
	struct rows rows;

	rows_init(&rows, flat);
	put_pods(&pods, flat, &rows, put_jump);
	put_networks(&networks, flat, &rows, put_jump);
	buf_puts(out, "table ip bench {\n");
	for (uint32_t row = 0; row < rows.spans.n; row++) {
		buf_printf(out, " chain row%u {\n", row);
		put_port_map(out, &rows.spans.v[row], "tcp");
		put_port_map(out, &rows.spans.v[row], "udp");
		buf_puts(out, " }\n");
	}
	put_hook(out);
	/* Segments in midstream are new until an answer is seen, and no answer comes here. */
	buf_puts(out, tracking ? "  ct state established,related accept\n" : "");
	put_jump_map(out, &pods);
	put_jump_map(out, &networks);
	put_port_map(out, &rows.everybody, "tcp");
	put_port_map(out, &rows.everybody, "udp");
	buf_puts(out, " }\n}\n");
	rows_fini(&rows);
}

/* --- a rule for each rule --------------------------------------------------------------------- */

/* The addresses of the pods that a rule names, each followed by `behind`; false: none. */
static bool put_named_pods(struct buf *out, const struct ir *ir, const struct ir_rule *rule,
			   const char *before, const char *behind)
{
	char text[NET_ADDR_STRLEN];
	bool any = false;

	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		struct ir_end end = ir_end_of(*ep, NET_V4);

		if (end.addr.family != NET_V4 || !flat_names(rule, &end))
			continue;
		buf_printf(out, "%s%s%s", before, net_addr_format(&end.addr, text), behind);
		any = true;
	}
	return any;
}

/* The policies of the bench have rules with one peer and one port. */
static const struct net_prefix *network_of(const struct ir_rule *rule)
{
	const struct ir_peer *peer = &rule->peers.v[0];

	return peer->kind == IR_PEER_CIDR ? &peer->cidr.in.v[0] : NULL;
}

static struct flat_span ports_of(const struct ir_rule *rule)
{
	const struct ir_port *port = &rule->ports.v[0];
	bool range = port->kind == IR_PORT_RANGE;

	return (struct flat_span){.proto = port->proto,
				  .lo = range ? port->lo : 0,
				  .hi = range ? port->hi : UINT16_MAX,
				  .allow = rule->action == IR_ALLOW};
}

void ruleset_nft_linear(const struct flat *flat, const struct ir *ir, struct buf *out)
{
	buf_puts(out, "table ip bench {\n");
	put_hook(out);
	vec_each (const struct ir_rule *, rule, &flat->rules) {
		struct flat_span s = ports_of(*rule);
		const struct net_prefix *network = network_of(*rule);
		_cleanup_buf_ struct buf pods = {0};

		if (network) {
			buf_puts(out, "  ip saddr ");
			put_prefix(out, network);
		} else if (!flat_is_for_everybody(*rule)) {
			if (!put_named_pods(&pods, ir, *rule, "", ", "))
				continue;
			buf_printf(out, "  ip saddr { %s }", buf_str(&pods));
		}
		buf_printf(out, "  %s dport ", proto_name(&s));
		put_ports(out, &s);
		buf_printf(out, " %s\n", verdict(s.allow));
	}
	buf_puts(out, " }\n}\n");
}

void ruleset_iptables(const struct flat *flat, const struct ir *ir, struct buf *rules,
		      struct buf *sets)
{
	char text[NET_PREFIX_STRLEN];

	buf_puts(rules,
		 "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
	for (uint32_t i = 0; i < flat->rules.n; i++) {
		const struct ir_rule *rule = flat->rules.v[i];
		const struct net_prefix *network = network_of(rule);
		struct flat_span s = ports_of(rule);
		_cleanup_buf_ struct buf pods = {0};
		char before[32];

		buf_printf(rules, "-A FORWARD");
		if (network) {
			buf_printf(rules, " -s %s", net_prefix_format(network, text));
		} else if (!flat_is_for_everybody(rule)) {
			snprintf(before, sizeof(before), "add s%u ", i);
			put_named_pods(&pods, ir, rule, before, "\n");
			buf_printf(sets, "create s%u hash:ip hashsize 64\n%s", i, buf_str(&pods));
			buf_printf(rules, " -m set --match-set s%u src", i);
		}
		buf_printf(rules, " -p %s --dport %u:%u -j %s\n", proto_name(&s), s.lo, s.hi,
			   s.allow ? "ACCEPT" : "DROP");
	}
	buf_puts(rules, "COMMIT\n");
}
