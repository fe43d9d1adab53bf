/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/random_flow.h"

#include <netinet/in.h>
#include <string.h>

struct net_addr random_node_addr(size_t i)
{
	static const char *const texts[RANDOM_N_NODE_ADDRS] = {"10.0.0.200", "192.0.2.200",
							       "fd00::c8"};
	struct net_addr addr;

	net_addr_parse(texts[i], &addr);
	return addr;
}

struct ir_end random_end_at(const struct ir *ir, const struct net_addr *addr)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		vec_each (const struct net_addr, a, &(*ep)->addrs) {
			if (net_addr_eq(a, addr))
				return (struct ir_end){.ep = *ep, .addr = *addr};
		}
	}
	for (size_t i = 0; i < RANDOM_N_NODE_ADDRS; i++) {
		struct net_addr node = random_node_addr(i);

		if (net_addr_eq(&node, addr))
			return (struct ir_end){.ep = ir->node, .addr = *addr};
	}
	return (struct ir_end){.addr = *addr};
}

/* --- addresses ------------------------------------------------------------------------ */

/* Adds +1 or -1; wraps around at the ends of the address space. */
static struct net_addr step(struct net_addr a, int by)
{
	for (int i = net_family_bits(a.family) / 8 - 1; i >= 0; i--) {
		a.bytes[i] += by;
		if (a.bytes[i] != (by > 0 ? 0 : 0xff))
			break;
	}
	return a;
}

static struct net_addr last_of(const struct net_prefix *p)
{
	struct net_addr a = p->addr;

	for (unsigned bit = p->len; bit < net_family_bits(a.family); bit++)
		a.bytes[bit / 8] |= 0x80 >> bit % 8;
	return a;
}

static void add_end(struct random_flows *f, struct net_addr addr)
{
	struct ir_end end = random_end_at(f->ir, &addr);

	vec_push(f->arena, &f->ends, end);
}

static void add_prefix(struct random_flows *f, const struct net_prefix *p)
{
	struct net_addr last = last_of(p);

	add_end(f, p->addr);
	add_end(f, step(p->addr, -1));
	add_end(f, last);
	add_end(f, step(last, 1));
}

static void add_endpoint(struct random_flows *f, const struct ir_endpoint *ep)
{
	vec_each (const struct net_addr, a, &ep->addrs) {
		struct ir_end end = {.ep = ep, .addr = *a};

		/* Often enough against all the neighbours of prefixes. */
		for (int i = 0; i < 3; i++)
			vec_push(f->arena, &f->ends, end);
		if (!ep->host)
			vec_push(f->arena, &f->managed, end);
	}
}

/* --- ports ------------------------------------------------------------------------------ */

static void add_port(struct random_flows *f, uint16_t proto, int port)
{
	if (port >= 0 && port <= 65535)
		vec_push(f->arena, &f->ports, (struct random_port){proto, port});
}

static void add_ports(struct random_flows *f, const struct ir_port *p)
{
	static const uint16_t protos[] = {IR_PROTO_TCP, IR_PROTO_UDP, IR_PROTO_SCTP};
	uint16_t proto = p->proto == IR_PROTO_ANY ? protos[p->lo % 3] : p->proto;

	if (p->kind == IR_PORT_ANY)
		add_port(f, proto, 7);
	if (p->kind != IR_PORT_RANGE)
		return;
	add_port(f, proto, p->lo);
	add_port(f, proto, p->lo - 1);
	add_port(f, proto, p->hi);
	add_port(f, proto, p->hi + 1);
	for (size_t i = 0; i < 3; i++)
		add_port(f, protos[i], p->lo); /* the same number, another protocol */
}

static void add_common_ports(struct random_flows *f)
{
	static const struct random_port common[] = {
		{IR_PROTO_TCP, 0},          {IR_PROTO_TCP, 80},
		{IR_PROTO_TCP, 65535},      {IR_PROTO_UDP, 53},
		{IR_PROTO_SCTP, 9},         {IR_PROTO_ICMP, 8 << 8},
		{IR_PROTO_ICMP, 0},         {IR_PROTO_ICMP, 3 << 8 | 1},
		{IR_PROTO_ICMP6, 128 << 8}, {IR_PROTO_ICMP6, 129 << 8},
		{IR_PROTO_ICMP6, 1 << 8},   {IPPROTO_GRE, 0},
		{IPPROTO_ESP, 0},           {255, 0},
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		vec_push(f->arena, &f->ports, common[i]);
}

/* --- flows ------------------------------------------------------------------------------ */

void random_flows_init(struct random_flows *f, const struct ir *ir, struct arena *arena)
{
	static const char *const outside[] = {"198.51.100.7", "2001:db8:ffff::7", "0.0.0.0",
					      "255.255.255.255", "::1"};

	*f = (struct random_flows){.ir = ir, .arena = arena};
	add_common_ports(f);
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		struct net_addr a;

		net_addr_parse(outside[i], &a);
		add_end(f, a);
	}
	for (size_t i = 0; i < 2 * RANDOM_N_NODE_ADDRS; i++)
		add_end(f, random_node_addr(i / 2));
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		add_endpoint(f, *ep);
		vec_each (const struct ir_named_port, p, &(*ep)->ports)
			add_port(f, p->proto, p->port);
	}
	vec_each (struct ir_rule *, rule, &ir->rules) {
		vec_each (const struct ir_port, p, &(*rule)->ports)
			add_ports(f, p);
		vec_each (const struct ir_peer, p, &(*rule)->peers) {
			vec_each (const struct net_prefix, in, &p->cidr.in)
				add_prefix(f, in);
			vec_each (const struct net_prefix, ex, &p->cidr.except)
				add_prefix(f, ex);
		}
	}
}

bool random_flow(const struct random_flows *f, struct random *r, enum ir_dir dir,
		 struct ir_flow *out)
{
	struct ir_end self, peer;
	const struct random_port *port;

	if (!f->managed.n)
		return false;
	for (int tries = 0; tries < 1000; tries++) {
		self = f->managed.v[random_below(r, f->managed.n)];
		peer = f->ends.v[random_below(r, f->ends.n)];
		if (peer.addr.family != self.addr.family || peer.ep == self.ep)
			continue;
		port = &f->ports.v[random_below(r, f->ports.n)];
		*out = (struct ir_flow){.src = dir == IR_EGRESS ? self : peer,
					.dst = dir == IR_EGRESS ? peer : self,
					.proto = port->proto,
					.port = port->port};
		return true;
	}
	return false;
}
