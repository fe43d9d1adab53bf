/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/inventory/samples.h"

#include <stdlib.h>

#include "compiler/ir/port.h"
#include "compiler/space/addresses.h"
#include "compiler/space/nodes.h"
#include "compiler/space/ports.h"
#include "compiler/space/taken.h"

struct sampling {
	const struct ir *ir;
	const struct cls *cls;
	struct arena *arena;
	struct samples *out;
};

/* --- addresses outside ---------------------------------------------------------------------- */

static void cut_addresses(const struct sampling *s, struct space_addresses *space)
{
	vec_each (const struct cls_cidr, c, &s->cls->cidrs)
		space_cut_prefix(space, &c->prefix);
	vec_each (struct ir_assert *, assertion, &s->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			space_cut_peer(space, &claim->from);
			space_cut_peer(space, &claim->to);
		}
	}
	space_addresses_seal(space);
}

static void collect_outside(struct sampling *s)
{
	/* RFC 5737, RFC 3849. */
	static const struct net_addr plain[] = {{NET_V4, {203, 0, 113, 10}},
						{NET_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 10}}};
	struct arena *a = s->arena;
	struct space_addresses space = {.arena = a};
	struct space_taken taken = {.arena = a};

	cut_addresses(s, &space);
	space_take_endpoints(&taken, s->ir);
	space_taken_seal(&taken);
	for (uint32_t i = 0; i < space.starts.n; i++) {
		struct net_addr from = space_piece_first(&space, i);
		struct net_addr to = space_piece_last(&space, i);
		struct ir_end outside = {0}, node = {.ep = s->ir->node};
		bool is_free = space_pick(&taken, &from, &to, &plain[from.family == NET_V6],
					  &outside.addr);

		if (is_free)
			vec_push(a, &s->out->outside, outside);
		/* The inventory need not know it. */
		node.addr = outside.addr;
		if (space_pick_node(s->ir, &from, &to, &node.addr) || is_free)
			vec_push(a, &s->out->nodes, node);
	}
}

/* --- ports -------------------------------------------------------------------------------------
 */

static int cmp_ports(const void *a, const void *b)
{
	const struct sample_port *p = a, *q = b;

	if (p->proto != q->proto)
		return p->proto < q->proto ? -1 : 1;
	return (p->number > q->number) - (p->number < q->number);
}

static void cut_tables(const struct sampling *s, struct space_ports *cuts)
{
	vec_each (struct cls_table *, t, &s->cls->tables)
		vec_each (const struct cls_span, span, &(*t)->spans)
			if (span->proto != CLS_OTHER)
				space_cut_range(cuts, cls_proto_number(span->proto), span->lo,
						span->hi);
}

static void cut_claim_port(const struct sampling *s, const struct ir_port *port,
			   struct space_ports *cuts)
{
	struct ir_port_aspects a = ir_port_aspects(port);

	if (ir_port_is_part(&a))
		space_cut_range(cuts, a.proto, a.lo, a.hi);
	if (a.name == INTERN_NONE)
		return;
	vec_each (struct ir_endpoint *, ep, &s->ir->endpoints) {
		int number = ir_endpoint_port(*ep, a.proto, a.name);

		if (number >= 0)
			space_cut_range(cuts, port->proto, (uint16_t)number, (uint16_t)number);
	}
}

/* Of the ports from `lo` to `hi` the one that a person would write. */
static uint16_t pick_port(uint16_t proto, uint16_t lo, uint16_t hi)
{
	bool icmp = proto == IR_PROTO_ICMP || proto == IR_PROTO_ICMP6;

	if (icmp)
		return lo;
	if (lo <= 80 && 80 <= hi)
		return 80;
	return lo || !hi ? lo : 1;
}

/* One port of each interval of the protocol. */
static void take_ports(struct sampling *s, uint16_t proto, const struct space_ports *cuts)
{
	struct space_spans spans = {0};

	space_ports_spans(cuts, proto, &spans);
	vec_each (const struct space_span, span, &spans.list)
		vec_push(s->arena, &s->out->ports,
			 (struct sample_port){proto, pick_port(proto, span->lo, span->hi)});
}

/* The first that fits is shown: tcp/80 if it can be, and port 0 where there is no other. */
static int cmp_plainness(const void *a, const void *b)
{
	const struct sample_port *p = a, *q = b;
	const struct sample_port http = {IR_PROTO_TCP, 80};
	bool p_http = cmp_ports(p, &http) == 0, q_http = cmp_ports(q, &http) == 0;

	if (p_http != q_http)
		return p_http ? -1 : 1;
	if (!p->number != !q->number)
		return p->number ? -1 : 1;
	if ((p->proto == IR_PROTO_TCP) != (q->proto == IR_PROTO_TCP))
		return p->proto == IR_PROTO_TCP ? -1 : 1;
	return cmp_ports(p, q);
}

static void collect_ports(struct sampling *s)
{
	struct space_ports cuts = {.arena = s->arena};

	cut_tables(s, &cuts);
	vec_each (struct ir_assert *, assertion, &s->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			vec_each (const struct ir_port, port, &claim->ports)
				cut_claim_port(s, port, &cuts);
		}
	}
	for (size_t i = 0; i < SPACE_N_PROTOS; i++)
		take_ports(s, space_protos[i], &cuts);
	qsort(s->out->ports.v, s->out->ports.n, sizeof(*s->out->ports.v), cmp_plainness);
}

void samples_collect(struct samples *out, const struct ir *ir, const struct cls *cls,
		     struct arena *arena)
{
	struct sampling s = {.ir = ir, .cls = cls, .arena = arena, .out = out};

	collect_outside(&s);
	collect_ports(&s);
}
