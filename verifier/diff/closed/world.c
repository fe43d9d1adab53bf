/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of the world and who can talk to whom. */
#define _GNU_SOURCE /* qsort_r() */
#include <stdlib.h>
#include <string.h>

#include "verifier/diff/closed/closed.h"

/* --- the endpoints of both sides ------------------------------------------------------------- */

/* An endpoint in the terms of a side that has no inventory of its own. */
static const struct ir_endpoint *translate(struct diff_world *w, enum diff_side to,
					   const struct ir_endpoint *ep)
{
	const struct ir *from = w->ir[1 - to], *ir = w->ir[to];
	struct ir_endpoint *out = arena_new(w->arena, struct ir_endpoint);

	*out = *ep;
	memset(&out->labels, 0, sizeof(out->labels));
	memset(&out->ports, 0, sizeof(out->ports));
	vec_each (const struct ir_label, label, &ep->labels) {
		struct ir_label l = *label;

		l.key = diff_string(ir, intern_str(&from->strings, label->key));
		l.value = diff_string(ir, intern_str(&from->strings, label->value));
		vec_push(w->arena, &out->labels, l);
	}
	vec_each (const struct ir_named_port, port, &ep->ports) {
		struct ir_named_port p = *port;

		p.name = diff_string(ir, intern_str(&from->strings, port->name));
		vec_push(w->arena, &out->ports, p);
	}
	return out;
}

static void add_endpoint(struct diff_world *w, const char *name, const struct ir_endpoint *old,
			 const struct ir_endpoint *new)
{
	if (!ir_has_inventory(w->ir[DIFF_OLD]))
		old = translate(w, DIFF_OLD, new);
	if (!ir_has_inventory(w->ir[DIFF_NEW]))
		new = translate(w, DIFF_NEW, old);
	vec_push(w->arena, &w->closed->endpoints,
		 (struct closed_endpoint){.name = name, .on = {old, new}});
}

static void join_nodes(struct diff_world *w)
{
	struct diff_nodes nodes;

	diff_find_nodes(w, &nodes);
	vec_each (struct ir_endpoint *, ep, &nodes.list)
		vec_push(w->arena, &w->closed->endpoints,
			 (struct closed_endpoint){.name = (*ep)->name, .on = {*ep, *ep}});
}

/* Both lists are sorted by name; nodes come behind, and the own node of whomever last. A side
 * without any inventory is taken to have the other's. */
static void join_endpoints(struct diff_world *w)
{
	const struct ir *old = w->ir[DIFF_OLD], *new = w->ir[DIFF_NEW];
	size_t i = 0, j = 0;

	while (i < old->endpoints.n || j < new->endpoints.n) {
		const struct ir_endpoint *a = i < old->endpoints.n ? old->endpoints.v[i] : NULL;
		const struct ir_endpoint *b = j < new->endpoints.n ? new->endpoints.v[j] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);

		add_endpoint(w, order <= 0 ? a->name : b->name, order <= 0 ? a : NULL,
			     order >= 0 ? b : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	join_nodes(w);
	/* It is in no inventory, but each endpoint runs on one. */
	vec_push(w->arena, &w->closed->endpoints,
		 (struct closed_endpoint){.name = old->node->name, .on = {old->node, new->node}});
}

const struct space_address_kinds *closed_kinds_of(struct diff_world *w, enum diff_side side,
						  const struct closed_endpoint *e)
{
	if (!e->on[side])
		return NULL;
	return space_address_kinds_of(&w->closed->kinds, w->ir, DIFF_N_SIDES, e->on[side],
				      w->space.work);
}

/* Its addresses are examples, on all sides that have it. */
static bool is_supposed(const struct closed_endpoint *e)
{
	for (int side = 0; side < DIFF_N_SIDES; side++)
		if (e->on[side] && !e->on[side]->supposed)
			return false;
	return true;
}

/* Nobody knows where it is: one address of each kind. A pod that became a host, or the reverse, has
 * those of both. */
static void add_supposed(struct diff_world *w, uint32_t id)
{
	struct closed_world *c = w->closed;
	const struct space_address_kinds *before = NULL;

	for (int side = 0; side < DIFF_N_SIDES; side++) {
		const struct space_address_kinds *kinds =
			closed_kinds_of(w, (enum diff_side)side, &c->endpoints.v[id]);

		for (size_t i = 0; kinds && kinds != before && i < kinds->firsts.n; i++)
			vec_push(w->arena, &c->points,
				 (struct closed_point){id, kinds->addrs[kinds->firsts.v[i]]});
		before = kinds;
	}
}

static void add_known(struct diff_world *w, uint32_t id, const struct ir_endpoint *ep)
{
	struct closed_world *c = w->closed;

	vec_each (const struct net_addr, addr, &ep->addrs) {
		bool have = false;

		for (size_t i = c->endpoints.v[id].first; i < c->points.n; i++)
			have |= net_addr_eq(&c->points.v[i].addr, addr);
		if (!have)
			vec_push(w->arena, &c->points, (struct closed_point){id, *addr});
	}
}

static void add_points(struct diff_world *w, uint32_t id)
{
	struct closed_world *c = w->closed;
	struct closed_endpoint *e = &c->endpoints.v[id];

	e->first = (uint32_t)c->points.n;
	e->supposed = is_supposed(e);
	if (e->supposed)
		add_supposed(w, id);
	/* What one side knows the other one need not suppose. */
	for (int side = 0; side < DIFF_N_SIDES && !e->supposed; side++)
		if (e->on[side] && !e->on[side]->supposed)
			add_known(w, id, e->on[side]);
	if (c->points.n == e->first)
		vec_push(w->arena, &c->points, (struct closed_point){.endpoint = id});
	e->n = (uint32_t)c->points.n - e->first;
}

static int by_piece_order(const void *a, const void *b, void *arg)
{
	const struct diff_world *w = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = net_addr_cmp(&w->closed->points.v[x].addr, &w->closed->points.v[y].addr);

	return order ? order : (x > y) - (x < y);
}

/* Every address of an endpoint is a piece of its own, which is no outside address; one that was
 * supposed may well be somebody's there. */
static void cut_addresses(struct diff_world *w)
{
	struct closed_world *c = w->closed;

	w->addresses = (struct space_addresses){.arena = w->arena};
	for (int side = 0; side < DIFF_N_SIDES; side++)
		vec_each (struct ir_rule *, rule, &w->ir[side]->rules)
			vec_each (const struct ir_peer, peer, &(*rule)->peers)
				space_cut_peer(&w->addresses, peer);
	c->by_piece = arena_array(w->arena, uint32_t, c->points.n);
	for (uint32_t i = 0; i < c->points.n; i++) {
		struct net_prefix p = net_prefix_of_addr(&c->points.v[i].addr);

		if (p.addr.family == NET_NONE)
			continue;
		if (!closed_is_supposed(c, i))
			space_cut_prefix(&w->addresses, &p);
		c->by_piece[c->n_by_piece++] = i;
	}
	space_addresses_seal(&w->addresses);
	if (c->n_by_piece)
		qsort_r(c->by_piece, c->n_by_piece, sizeof(*c->by_piece), by_piece_order, w);
}

/* --- the world ------------------------------------------------------------------------------- */

/* The points of a family, and those whose address is not known to anybody. */
static const struct region_set *collect(struct diff_world *w, enum net_family family)
{
	const struct closed_world *c = w->closed;
	struct region_spans spans = {0};

	for (uint32_t i = 0; i < c->points.n; i++) {
		uint8_t own = c->points.v[i].addr.family;

		if (own == family || own == NET_NONE)
			vec_push(w->arena, &spans.list, (struct region_span){i, i});
	}
	return region_set(&w->space, &spans);
}

static const struct region_set *with_pieces(struct diff_world *w, const struct region_set *points,
					    uint32_t lo, uint32_t hi)
{
	const struct closed_world *c = w->closed;
	const struct region_set *pieces =
		region_set_of(&w->space, closed_piece_end(c, lo), closed_piece_end(c, hi));

	return region_set_or(&w->space, points, region_set_and(&w->space, pieces, c->outside));
}

/* Who can talk to whom: ends of one family, on the ports that it has. */
static void make_matches(struct diff_world *w)
{
	uint32_t n4 = w->addresses.n4, n = (uint32_t)w->addresses.starts.n;
	const struct region_set *ports = w->space.dims.v[w->port_dim];
	struct region_span icmp = diff_port_proto(IR_PROTO_ICMP);
	struct region_span icmp6 = diff_port_proto(IR_PROTO_ICMP6);

	w->closed->matches[0] = (struct closed_match){
		with_pieces(w, collect(w, NET_V4), 0, n4 - 1),
		region_set_minus(&w->space, ports, region_set_of(&w->space, icmp6.lo, icmp6.hi))};
	w->closed->matches[1] = (struct closed_match){
		with_pieces(w, collect(w, NET_V6), n4, n - 1),
		region_set_minus(&w->space, ports, region_set_of(&w->space, icmp.lo, icmp.hi))};
}

static void make_outside(struct diff_world *w)
{
	struct closed_world *c = w->closed;
	struct region_spans holes = {0}, ends = {0};

	for (uint32_t i = 0; i < c->n_by_piece; i++) {
		uint32_t piece = space_piece_of(&w->addresses, &c->points.v[c->by_piece[i]].addr);

		if (closed_is_supposed(c, c->by_piece[i]))
			continue;
		vec_push(w->arena, &holes.list, (struct region_span){piece, piece});
		vec_push(w->arena, &ends.list,
			 (struct region_span){closed_piece_end(c, piece),
					      closed_piece_end(c, piece)});
	}
	c->holes = region_set(&w->space, &holes);
	c->outside = region_set_minus(
		&w->space, region_set_of(&w->space, (uint32_t)c->points.n, c->n_ends - 1),
		region_set(&w->space, &ends));
}

void closed_world_init(struct diff_world *w)
{
	static const struct diff_world_ops ops = {
		.selector = closed_selector,
		.peer = closed_peer,
		.named_port = closed_named_port,
		.not_own_node = closed_not_own_node,
		.missing = closed_missing,
		.inhabited = closed_inhabited,
		.optional = closed_optional,
		.tidy = closed_tidy,
		.witness = closed_witness,
		.describe = closed_describe,
	};
	struct closed_world *c = arena_new(w->arena, struct closed_world);

	w->ops = &ops;
	w->closed = c;
	keyset_init(&c->places, w->arena);
	join_endpoints(w);
	for (uint32_t id = 0; id < c->endpoints.n && c->points.n <= CLOSED_MAX_POINTS; id++)
		add_points(w, id);
	w->too_large = c->points.n > CLOSED_MAX_POINTS;
	if (w->too_large)
		return;
	cut_addresses(w);
	c->n_ends = (uint32_t)(c->points.n + w->addresses.starts.n);
	region_dim(&w->space, c->n_ends);
	region_dim(&w->space, c->n_ends);
	w->port_dim = region_dim(&w->space, DIFF_N_PORTS);
	make_outside(w);
	for (int side = 0; side < DIFF_N_SIDES; side++)
		closed_index_side(w, (enum diff_side)side);
	make_matches(w);
}
