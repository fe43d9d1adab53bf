/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims over an inventory: all its endpoints and the addresses outside. Ends that no compiled
 * table and no end of the claim tells apart are one group, ports that none tells apart are one
 * port; each pair of groups is asked once, of the tables, without the solver.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/space/addresses.h"
#include "compiler/space/alike.h"
#include "compiler/space/ports.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "verifier/check/engine/assert.h"
#include "verifier/flow/flowspec.h"

enum { NO_SUBJECT = UINT32_MAX };

enum kind { MANAGED, OUTSIDE, HOST };

/* What is equal for all ends of a group. */
struct traits {
	enum kind kind;
	uint32_t subject, cls;
	uint32_t names; /* what the claim's names of ports stand for here; interned */
	enum net_family family;
	bool node, in_from, in_to;
};

enum { N_TRAITS = 8 };

struct group {
	struct traits traits;
	struct alike_group alike;
};

struct port {
	uint16_t proto, number;
};

struct inventory {
	struct checker *c;
	struct cls *cls;
	VEC(struct ir_end) outside; /* one address of each range that something tells apart */
	VEC(struct port) ports;     /* the same of ports */
	/* Of the claim at hand. */
	const struct ir_claim *claim;
	struct intern names;
	VEC(struct group) groups;
};

/* --- addresses outside ---------------------------------------------------------------------- */

struct addrs {
	struct net_addr *v;
	size_t n, cap;
};

static int cmp_addrs(const void *a, const void *b)
{
	return net_addr_cmp(a, b);
}

static bool is_taken(const struct addrs *taken, const struct net_addr *addr)
{
	return taken->n && bsearch(addr, taken->v, taken->n, sizeof(*taken->v), cmp_addrs) != NULL;
}

static bool is_free(const struct addrs *taken, const struct net_addr *addr,
		    const struct net_addr *from, const struct net_addr *to)
{
	return addr->family == from->family && net_addr_cmp(from, addr) <= 0 &&
	       net_addr_cmp(addr, to) <= 0 && !is_taken(taken, addr);
}

/* A free address of these; one that reads well if there is one. */
static bool pick_addr(const struct addrs *taken, const struct net_addr *from,
		      const struct net_addr *to, struct net_addr *out)
{
	const struct net_addr plain[] = {{NET_V4, {203, 0, 113, 10}},
					 {NET_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 10}}};

	*out = plain[from->family == NET_V6];
	if (is_free(taken, out, from, to))
		return true;
	*out = *from;
	out->bytes[from->family == NET_V6 ? 15 : 3] |= 10;
	if (is_free(taken, out, from, to))
		return true;
	for (*out = *from; is_taken(taken, out);)
		if (net_addr_eq(out, to) || !net_addr_next(out))
			return false;
	return true;
}

static void cut_addresses(const struct inventory *inv, struct space_addresses *space)
{
	vec_each (const struct cls_cidr, c, &inv->cls->cidrs)
		space_cut_prefix(space, &c->prefix);
	vec_each (struct ir_assert *, assertion, &inv->c->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			space_cut_peer(space, &claim->from);
			space_cut_peer(space, &claim->to);
		}
	}
	space_addresses_seal(space);
}

static void collect_outside(struct inventory *inv)
{
	struct arena *a = inv->c->arena;
	struct space_addresses space = {.arena = a};
	struct addrs taken = {0};

	cut_addresses(inv, &space);
	vec_each (struct ir_endpoint *, ep, &inv->c->ir->endpoints)
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			vec_push(a, &taken, *addr);
	if (taken.n)
		qsort(taken.v, taken.n, sizeof(*taken.v), cmp_addrs);
	for (uint32_t i = 0; i < space.starts.n; i++) {
		struct net_addr from = space_piece_first(&space, i);
		struct net_addr to = space_piece_last(&space, i);
		struct ir_end outside = {0};

		if (pick_addr(&taken, &from, &to, &outside.addr))
			vec_push(a, &inv->outside, outside);
	}
}

/* --- ports -------------------------------------------------------------------------------------
 */

static int cmp_ports(const void *a, const void *b)
{
	const struct port *p = a, *q = b;

	if (p->proto != q->proto)
		return p->proto < q->proto ? -1 : 1;
	return (p->number > q->number) - (p->number < q->number);
}

static void cut_tables(const struct inventory *inv, struct space_ports *cuts)
{
	vec_each (struct cls_table *, t, &inv->cls->tables)
		vec_each (const struct cls_span, span, &(*t)->spans)
			if (span->proto != CLS_OTHER)
				space_cut_range(cuts, cls_proto_number(span->proto), span->lo,
						span->hi);
}

static void cut_claim_port(const struct inventory *inv, const struct ir_port *port,
			   struct space_ports *cuts)
{
	if (port->kind == IR_PORT_RANGE)
		space_cut_range(cuts, port->proto, port->lo, port->hi);
	if (port->kind != IR_PORT_NAMED)
		return;
	vec_each (struct ir_endpoint *, ep, &inv->c->ir->endpoints) {
		int number = ir_endpoint_port(*ep, port->proto, port->name);

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
static void take_ports(struct inventory *inv, uint16_t proto, const struct space_ports *cuts)
{
	struct space_spans spans = {0};

	space_ports_spans(cuts, proto, &spans);
	vec_each (const struct space_span, span, &spans.list)
		vec_push(inv->c->arena, &inv->ports,
			 (struct port){proto, pick_port(proto, span->lo, span->hi)});
}

/* The first that fits is shown: tcp/80 if it can be, and port 0 where there is no other. */
static int cmp_plainness(const void *a, const void *b)
{
	const struct port *p = a, *q = b;
	const struct port http = {IR_PROTO_TCP, 80};
	bool p_http = cmp_ports(p, &http) == 0, q_http = cmp_ports(q, &http) == 0;

	if (p_http != q_http)
		return p_http ? -1 : 1;
	if (!p->number != !q->number)
		return p->number ? -1 : 1;
	if ((p->proto == IR_PROTO_TCP) != (q->proto == IR_PROTO_TCP))
		return p->proto == IR_PROTO_TCP ? -1 : 1;
	return cmp_ports(p, q);
}

static void collect_ports(struct inventory *inv)
{
	struct space_ports cuts = {.arena = inv->c->arena};

	cut_tables(inv, &cuts);
	vec_each (struct ir_assert *, assertion, &inv->c->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			vec_each (const struct ir_port, port, &claim->ports)
				cut_claim_port(inv, port, &cuts);
		}
	}
	for (size_t i = 0; i < SPACE_N_PROTOS; i++)
		take_ports(inv, space_protos[i], &cuts);
	qsort(inv->ports.v, inv->ports.n, sizeof(*inv->ports.v), cmp_plainness);
}

/* --- groups ------------------------------------------------------------------------------------
 */

static uint32_t names_of(struct inventory *inv, const struct ir_endpoint *ep)
{
	_cleanup_buf_ struct buf b = {0};

	vec_each (const struct ir_port, port, &inv->claim->ports) {
		if (port->kind == IR_PORT_NAMED)
			buf_printf(&b, "%d,", ir_endpoint_port(ep, port->proto, port->name));
	}
	return intern_add(&inv->names, buf_str(&b));
}

static struct traits traits_of(struct inventory *inv, const struct ir_end *end)
{
	const struct ir_claim *claim = inv->claim;
	struct traits t = {.subject = NO_SUBJECT, .kind = OUTSIDE, .names = NO_SUBJECT};

	t.cls = cls_of_end(inv->cls, end);
	t.family = end->addr.family;
	t.in_from = ir_peer_matches(&claim->from, end);
	t.in_to = ir_peer_matches(&claim->to, end);
	if (!end->ep)
		return t;
	t.kind = end->ep->host ? HOST : MANAGED;
	t.node = end->ep->node;
	if (t.kind == HOST)
		return t;
	t.subject = inv->cls->subject_of_endpoint[end->ep->id];
	t.names = names_of(inv, end->ep);
	return t;
}

static void list_traits(const struct traits *t, uint32_t out[N_TRAITS])
{
	const uint32_t words[N_TRAITS] = {t->kind,   t->subject, t->cls,     t->names,
					  t->family, t->node,    t->in_from, t->in_to};

	memcpy(out, words, sizeof(words));
}

static int cmp_groups(const void *a, const void *b)
{
	const struct group *p = a, *q = b;
	uint32_t x[N_TRAITS], y[N_TRAITS];

	list_traits(&p->traits, x);
	list_traits(&q->traits, y);
	for (size_t i = 0; i < N_TRAITS; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static void add_end(struct inventory *inv, struct alike *alike, const struct ir_end *end)
{
	struct group group = {.traits = traits_of(inv, end)};
	uint32_t words[N_TRAITS];

	list_traits(&group.traits, words);
	for (size_t i = 0; i < N_TRAITS; i++)
		alike_tell(alike, words[i]);
	if (alike_add(alike, end) == inv->groups.n)
		vec_push(inv->c->arena, &inv->groups, group);
}

static void make_groups(struct inventory *inv)
{
	struct arena arena; /* of this claim: there may be many */
	struct alike alike;

	inv->groups.n = 0;
	arena_init(&arena);
	alike_init(&alike, &arena);
	vec_each (struct ir_endpoint *, ep, &inv->c->ir->endpoints) {
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			add_end(inv, &alike, &(struct ir_end){.ep = *ep, .addr = *addr});
		if (!(*ep)->addrs.n)
			add_end(inv, &alike, &(struct ir_end){.ep = *ep});
	}
	vec_each (const struct ir_end, end, &inv->outside) {
		add_end(inv, &alike, end);
		/* A node may have any address, and the inventory need not know it. */
		add_end(inv, &alike, &(struct ir_end){.ep = inv->c->ir->node, .addr = end->addr});
	}
	for (size_t i = 0; i < inv->groups.n; i++)
		inv->groups.v[i].alike = alike.groups.v[i];
	arena_fini(&arena);
	qsort(inv->groups.v, inv->groups.n, sizeof(*inv->groups.v), cmp_groups);
}

/* --- flows -------------------------------------------------------------------------------------
 */

/* Two ends of two groups that a flow can go between; false if there are none. */
static bool make_ends(const struct group *from, const struct group *to, struct ir_flow *flow)
{
	enum net_family a = from->traits.family, b = to->traits.family;

	if (from->traits.kind != MANAGED && to->traits.kind != MANAGED)
		return false;
	if (a && b && a != b)
		return false;
	for (size_t i = 0; i < from->alike.n; i++) {
		for (size_t k = 0; k < to->alike.n; k++) {
			flow->src = from->alike.ends[i];
			flow->dst = to->alike.ends[k];
			if (!flow->src.ep || flow->src.ep != flow->dst.ep)
				return true;
		}
	}
	return false;
}

static enum ir_verdict cell(const struct inventory *inv, enum ir_dir dir,
			    const struct traits *subject, const struct traits *peer,
			    const struct port *port)
{
	const struct cls_table *t;

	if (subject->kind != MANAGED)
		return IR_VERDICT_ALLOW;
	t = inv->cls->subjects.v[subject->subject]->tables[dir];
	return (enum ir_verdict)t->cells[(size_t)t->row_of_class[peer->cls] * t->n_cols +
					 cls_table_col(t, cls_proto_of(port->proto), port->number)];
}

static bool possible_in(uint16_t proto, const struct ir_flow *flow)
{
	enum net_family f = flow->src.addr.family ? flow->src.addr.family : flow->dst.addr.family;

	return !(proto == IR_PROTO_ICMP && f == NET_V6) &&
	       !(proto == IR_PROTO_ICMP6 && f == NET_V4);
}

/* Which flows of a claim are looked for. */
enum search { ANY, BREAKING };

/* Completes a flow between two groups; false if there is none of that kind. */
static bool find_port(struct inventory *inv, const struct ir_claim *claim, enum search what,
		      const struct group *from, const struct group *to, struct ir_flow *flow)
{
	vec_each (const struct port, port, &inv->ports) {
		enum ir_verdict verdict;

		flow->proto = port->proto;
		flow->port = port->number;
		if (!possible_in(port->proto, flow) || !ir_claim_covers(claim, flow))
			continue;
		if (what == ANY)
			return true;
		verdict = cell(inv, IR_EGRESS, &from->traits, &to->traits, port);
		if (verdict == IR_VERDICT_ALLOW)
			verdict = cell(inv, IR_INGRESS, &to->traits, &from->traits, port);
		if (verdict != ir_claim_wants(claim))
			return true;
	}
	return false;
}

static bool find_flow(struct inventory *inv, const struct ir_claim *claim, enum search what,
		      struct ir_flow *flow)
{
	bool inside = claim->kind != IR_CLAIM_ONLY;

	vec_each (const struct group, to, &inv->groups) {
		if (!to->traits.in_to)
			continue;
		vec_each (const struct group, from, &inv->groups) {
			if (from->traits.in_from == inside && make_ends(from, to, flow) &&
			    find_port(inv, claim, what, from, to, flow))
				return true;
		}
	}
	return false;
}

/* --- claims ------------------------------------------------------------------------------------
 */

static const char *end_text(struct checker *c, const struct ir_end *end)
{
	char addr[NET_ADDR_STRLEN];

	if (end->ep)
		return end->ep->name;
	return arena_printf(c->arena, "cidr:%s", net_addr_format(&end->addr, addr));
}

static const char *flow_text(struct checker *c, const struct ir_flow *flow)
{
	char port[FLOW_PORT_STRLEN];

	return arena_printf(c->arena, "from %s to %s on %s", end_text(c, &flow->src),
			    end_text(c, &flow->dst),
			    flow_port_format(flow->proto, flow->port, port));
}

static void check_vacuous(struct inventory *inv)
{
	struct assert_gap gap = {.from = true, .to = true};
	struct ir_flow flow;

	vec_each (const struct group, g, &inv->groups) {
		gap.from &= !g->traits.in_from;
		gap.to &= !g->traits.in_to;
	}
	gap.flow = !gap.from && !gap.to && !find_flow(inv, inv->claim, ANY, &flow);
	assert_vacuous(inv->c, inv->claim, &gap);
}

static void check_claim(struct inventory *inv, const struct ir_claim *claim)
{
	const enum check_level *levels = inv->c->options->levels;
	struct ir_flow flow;

	inv->claim = claim;
	intern_init(&inv->names, inv->c->arena);
	make_groups(inv);
	if (levels[CHECK_ID_ASSERT_VACUOUS] != CHECK_OFF)
		check_vacuous(inv);
	if (levels[CHECK_ID_ASSERT_FAILED] != CHECK_OFF && find_flow(inv, claim, BREAKING, &flow))
		assert_failed(inv->c, claim, &flow, flow_text(inv->c, &flow));
}

/* Why there are no tables is told by `polc build`; here it means that there is no answer. */
static void no_tables(struct checker *c, const struct diag *why)
{
	vec_each (struct ir_assert *, assertion, &c->ir->asserts)
		checker_report(c, CHECK_ID_UNDECIDED, (*assertion)->loc,
			       "\"%s\" has no answer here: %s", (*assertion)->title,
			       why->items.n ? why->items.v[0]->text
					    : "the policies cannot be compiled");
}

void check_assert_inventory(struct checker *c)
{
	struct inventory inv = {.c = c};
	struct diag why;

	if (!c->ir->asserts.n || !assert_over_inventory(c->ir) || c->err)
		return;
	diag_init(&why, c->arena, c->diag->sources);
	if (cls_build(c->ir, NULL, c->arena, &why, &inv.cls) < 0) {
		no_tables(c, &why);
		return;
	}
	collect_outside(&inv);
	collect_ports(&inv);
	vec_each (struct ir_assert *, assertion, &c->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims)
			check_claim(&inv, claim);
	}
}
