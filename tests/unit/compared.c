/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/compared.h"

#include <string.h>

#include "compiler/space/suppose.h"
#include "lang/base/buf.h"
#include "tests/unit/causes.h"
#include "tests/unit/unit.h"

void compared_init(struct compared *c)
{
	*c = (struct compared){0};
	lang_init(&c->lang[DIFF_OLD]);
	lang_init(&c->lang[DIFF_NEW]);
	arena_init(&c->arena);
}

void compared_fini(struct compared *c)
{
	lang_fini(&c->lang[DIFF_OLD]);
	lang_fini(&c->lang[DIFF_NEW]);
	arena_fini(&c->arena);
}

bool compared_text(struct compared *c, enum diff_side side, enum lang_syntax syntax,
		   const char *text)
{
	return lang_read_text(&c->lang[side], "text", text, strlen(text), syntax, LANG_INPUT) == 0;
}

bool compared_path(struct compared *c, enum diff_side side, const char *path, enum lang_role role)
{
	return lang_read_path(&c->lang[side], path, role) == 0;
}

/* Some go to the first Node, some to where nobody knows. */
static void move(const struct ir *ir, struct ir_endpoint *ep)
{
	unsigned n = (unsigned char)ep->name[strlen(ep->name) - 1];

	if (n % 2 && ir->nodes.n)
		ep->on_node = n % 4 == 1 ? ir->nodes.v[0].node : NULL;
}

/* In the same way on both sides, as names are the same. */
static void change_endpoints(const struct compared *c, enum diff_side side)
{
	vec_each (struct ir_endpoint *, ep, &c->ir[side]->endpoints) {
		char last = (*ep)->name[strlen((*ep)->name) - 1];

		(*ep)->workload |= c->workloads && last % 2;
		if (c->nowhere && last % 3)
			(*ep)->addrs.n = 0;
		if (c->moves && side == DIFF_NEW)
			move(c->ir[side], *ep);
	}
}

static bool check_causes(const struct compared *c)
{
	const struct ir *const ir[] = {c->ir[DIFF_OLD], c->ir[DIFF_NEW]};
	struct causes_seen seen = {0};

	return causes_hold(&c->diff, ir, &seen);
}

bool compared_run(struct compared *c)
{
	const struct diff_options opts = {.limit = DIFF_DEFAULT_LIMIT, .closed = true};

	for (enum diff_side side = 0; side < DIFF_N_SIDES; side++) {
		if (ir_resolve(&c->lang[side], &c->ir[side]))
			return false;
		change_endpoints(c, side);
	}
	if (c->nowhere)
		space_suppose(c->ir, DIFF_N_SIDES);
	if (diff_run(c->ir[DIFF_OLD], c->ir[DIFF_NEW], &opts, &c->arena, &c->diff)) {
		print_message("# the interpreter contradicts a region\n");
		return false;
	}
	assert_true(c->diff.closed);
	assert_int_not_equal(c->diff.relation, DIFF_UNDECIDED);
	return check_causes(c);
}

uint32_t compared_address(const struct compared *c, const struct net_addr *addr)
{
	return closed_piece_end(c->diff.world->closed,
				space_piece_of(&c->diff.world->addresses, addr));
}

bool compared_has(const struct diff_regions *regions, const struct compared *c, uint32_t from,
		  uint32_t to, uint16_t proto, uint16_t port)
{
	const struct diff_world *w = c->diff.world;

	vec_each (const struct diff_region, r, &regions->list) {
		if (region_set_has(region_box_get(&w->space, r->box, DIFF_FROM), from) &&
		    region_set_has(region_box_get(&w->space, r->box, DIFF_TO), to) &&
		    region_set_has(region_box_get(&w->space, r->box, w->port_dim),
				   diff_port_number(proto, port)))
			return true;
	}
	return false;
}

static const struct closed_endpoint *endpoint_of(const struct compared *c, uint32_t end)
{
	const struct closed_world *world = c->diff.world->closed;

	return closed_is_point(world, end) ? &world->endpoints.v[world->points.v[end].endpoint]
					   : NULL;
}

static struct ir_end end_on(const struct compared *c, enum diff_side side, uint32_t end,
			    const struct net_addr *addr)
{
	const struct closed_endpoint *e = endpoint_of(c, end);

	if (!e)
		return (struct ir_end){.addr = *addr};
	return (struct ir_end){.ep = e->on[side],
			       .addr = c->diff.world->closed->points.v[end].addr};
}

enum ir_verdict compared_verdict(const struct compared *c, enum diff_side side, uint32_t from,
				 uint32_t to, uint16_t proto, uint16_t port,
				 const struct net_addr *from_addr, const struct net_addr *to_addr)
{
	struct ir_flow flow = {.proto = proto, .port = port};
	const struct closed_endpoint *f = endpoint_of(c, from), *t = endpoint_of(c, to);

	if ((f && !f->on[side]) || (t && !t->on[side]))
		return IR_VERDICT_DENY;
	flow.src = end_on(c, side, from, from_addr);
	flow.dst = end_on(c, side, to, to_addr);
	return ir_eval(c->ir[side], &flow);
}

/* --- every flow ------------------------------------------------------------------------------ */

/* One end of all the flows to ask about. */
struct asked {
	uint32_t end;
	struct net_addr addr;
};

struct asked_list {
	VEC(struct asked) list;
};

static void add_outside(struct compared *c, const char *text, struct asked_list *out)
{
	struct asked a = {0};

	assert_int_equal(net_addr_parse(text, &a.addr), 0);
	a.end = compared_address(c, &a.addr);
	if (region_set_has(c->diff.world->closed->outside, a.end))
		vec_push(&c->arena, &out->list, a);
}

/* Can the two talk to each other at all, as far as their addresses tell? */
static bool possible(const struct compared *c, const struct asked *from, const struct asked *to,
		     uint16_t proto)
{
	const struct closed_endpoint *f = endpoint_of(c, from->end), *t = endpoint_of(c, to->end);
	uint8_t a = from->addr.family, b = to->addr.family;

	if ((!f && !t) || (f == t && !closed_is_workload(f)))
		return false;
	if (a && b && a != b)
		return false;
	a = a ? a : b;
	return !a || proto != (a == NET_V4 ? IR_PROTO_ICMP6 : IR_PROTO_ICMP);
}

static void complain(const struct compared *c, const struct asked *from, const struct asked *to,
		     const struct ir_flow *port, enum ir_verdict old, enum ir_verdict new)
{
	const struct asked *ends[] = {from, to};
	_cleanup_buf_ struct buf b = {0};

	diff_render_text(&c->diff, false, &b);
	print_message("%s", buf_str(&b));
	for (int i = 0; i < 2; i++) {
		const struct closed_endpoint *e = endpoint_of(c, ends[i]->end);
		char addr[NET_ADDR_STRLEN] = "no address";

		if (ends[i]->addr.family)
			net_addr_format(&ends[i]->addr, addr);
		print_message("# %s %s at %s\n", i ? "to" : "from", e ? e->name : "outside", addr);
	}
	print_message("# proto %u port %u: %s, then %s\n", port->proto, port->port,
		      ir_verdict_name(old), ir_verdict_name(new));
}

/* 0, 1 (it changed) or -1. */
static int ask(const struct compared *c, const struct asked *from, const struct asked *to,
	       const struct ir_flow *port)
{
	enum ir_verdict old = compared_verdict(c, DIFF_OLD, from->end, to->end, port->proto,
					       port->port, &from->addr, &to->addr);
	enum ir_verdict new = compared_verdict(c, DIFF_NEW, from->end, to->end, port->proto,
					       port->port, &from->addr, &to->addr);
	bool added = compared_has(&c->diff.added, c, from->end, to->end, port->proto, port->port);
	bool removed =
		compared_has(&c->diff.removed, c, from->end, to->end, port->proto, port->port);

	if (added == (old == IR_VERDICT_DENY && new == IR_VERDICT_ALLOW) &&
	    removed == (old == IR_VERDICT_ALLOW && new == IR_VERDICT_DENY))
		return old != new;
	complain(c, from, to, port, old, new);
	return -1;
}

long compared_enumerate(struct compared *c, const char *const *addresses, size_t n,
			const struct compared_ports *ports)
{
	const struct closed_world *world = c->diff.world->closed;
	struct asked_list ends = {0};
	long changed = 0;

	for (uint32_t i = 0; i < world->points.n; i++)
		vec_push(&c->arena, &ends.list, (struct asked){i, world->points.v[i].addr});
	for (size_t i = 0; i < n; i++)
		add_outside(c, addresses[i], &ends);
	vec_each (const struct asked, from, &ends.list) {
		vec_each (const struct asked, to, &ends.list) {
			for (size_t i = 0; i < ports->n; i++) {
				int r = possible(c, from, to, ports->v[i].proto)
						? ask(c, from, to, &ports->v[i])
						: 0;

				if (r < 0)
					return -1;
				changed += r;
			}
		}
	}
	return changed;
}

/* --- Nodes by themselves --------------------------------------------------------------------- */

/* A flow from or to a Node. */
struct met {
	struct ir_end node;
	uint32_t end, point; /* who is at its address as far as the comparison sees; the endpoint */
	bool to_node;
};

static uint32_t node_end(const struct compared *c, const struct ir_node_address *at)
{
	const struct closed_world *world = c->diff.world->closed;

	for (uint32_t i = 0; i < world->points.n; i++) {
		const struct closed_endpoint *e = endpoint_of(c, i);

		if (e->on[DIFF_NEW] && ir_is_at_node(e->on[DIFF_NEW]) &&
		    strcmp(e->on[DIFF_NEW]->on_node, at->node) == 0 &&
		    net_addr_eq(&world->points.v[i].addr, &at->addr))
			return i;
	}
	return compared_address(c, &at->addr);
}

static enum ir_verdict met_on(const struct compared *c, const struct met *m, enum diff_side side,
			      const struct ir_flow *port)
{
	struct ir_flow flow = *port;
	struct ir_end other = end_on(c, side, m->point, NULL);

	if (!other.ep)
		return IR_VERDICT_DENY;
	flow.src = m->to_node ? other : m->node;
	flow.dst = m->to_node ? m->node : other;
	return ir_eval(c->ir[side], &flow);
}

static bool told(const struct compared *c, const struct diff_regions *regions, const struct met *m,
		 const struct ir_flow *port)
{
	const struct closed_world *world = c->diff.world->closed;
	uint32_t own = world->endpoints.v[world->endpoints.n - 1].first;
	const uint32_t ends[] = {m->end, own};

	for (int i = 0; i < 2; i++)
		if (compared_has(regions, c, m->to_node ? m->point : ends[i],
				 m->to_node ? ends[i] : m->point, port->proto, port->port))
			return true;
	return false;
}

/* 0, 1 (it changed) or -1. */
static int ask_met(const struct compared *c, const struct met *m, const struct ir_flow *port)
{
	enum ir_verdict old = met_on(c, m, DIFF_OLD, port), new = met_on(c, m, DIFF_NEW, port);

	if (old == new)
		return 0;
	if (told(c, new == IR_VERDICT_ALLOW ? &c->diff.added : &c->diff.removed, m, port))
		return 1;
	print_message("# %s %s %s on proto %u port %u: %s, then %s\n", m->node.ep->name,
		      m->to_node ? "from" : "to", endpoint_of(c, m->point)->name, port->proto,
		      port->port, ir_verdict_name(old), ir_verdict_name(new));
	return -1;
}

static bool may_meet(const struct compared *c, const struct met *m, uint16_t proto)
{
	uint8_t family = c->diff.world->closed->points.v[m->point].addr.family;
	uint8_t own = m->node.addr.family;

	return (!family || family == own) &&
	       proto != (own == NET_V4 ? IR_PROTO_ICMP6 : IR_PROTO_ICMP);
}

static long ask_node(const struct compared *c, struct met *m, const struct compared_ports *ports)
{
	long changed = 0;

	for (m->point = 0; m->point < c->diff.world->closed->points.n; m->point++) {
		for (size_t i = 0; i < 2 * ports->n; i++) {
			const struct ir_flow *port = &ports->v[i / 2];
			int r;

			m->to_node = i % 2;
			r = may_meet(c, m, port->proto) ? ask_met(c, m, port) : 0;
			if (r < 0)
				return -1;
			changed += r;
		}
	}
	return changed;
}

long compared_ask_nodes(struct compared *c, const struct compared_ports *ports)
{
	long changed = 0;

	vec_each (const struct ir_node_address, at, &c->ir[DIFF_OLD]->nodes) {
		struct met m = {.end = node_end(c, at)};
		long n;

		m.node.ep = ir_make_node_of(at->node, &c->arena);
		m.node.addr = at->addr;
		n = ask_node(c, &m, ports);
		if (n < 0)
			return -1;
		changed += n;
	}
	return changed;
}
