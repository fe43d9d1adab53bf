/* SPDX-License-Identifier: Apache-2.0 */
/* Which boxes hold flows, and one flow of a box. */
#include "verifier/diff/closed/closed.h"
#include "verifier/flow/end_address.h"

/* --- which boxes hold flows ------------------------------------------------------------------ */

/* The smallest number from `at` on that is in both sets; UINT32_MAX if there is none. */
static uint32_t next_in(const struct region_set *a, const struct region_set *b, uint32_t at)
{
	size_t i = 0, j = 0;

	while (i < a->n && j < b->n) {
		uint32_t lo = a->v[i].lo > b->v[j].lo ? a->v[i].lo : b->v[j].lo;
		uint32_t hi = a->v[i].hi < b->v[j].hi ? a->v[i].hi : b->v[j].hi;

		lo = lo > at ? lo : at;
		if (lo <= hi)
			return lo;
		if (a->v[i].hi < b->v[j].hi)
			i++;
		else
			j++;
	}
	return UINT32_MAX;
}

/* Two outside addresses have no policy, and what one endpoint sends to itself never leaves it; of a
 * workload, it goes to another replica. */
static bool is_pair(const struct closed_world *c, uint32_t from, uint32_t to)
{
	if (!closed_is_point(c, from) || !closed_is_point(c, to))
		return closed_is_point(c, from) || closed_is_point(c, to);
	return c->points.v[from].endpoint != c->points.v[to].endpoint ||
	       closed_is_workload(&c->endpoints.v[c->points.v[from].endpoint]);
}

struct choice {
	uint32_t from, to;
	const struct closed_match *match;
};

/* Points come before pieces, so a pair is found after few steps if there is one. */
static bool find_pair(const struct diff_world *w, const struct region_box *box,
		      const struct closed_match *m, struct choice *out)
{
	const struct region_set *from = region_box_get(&w->space, box, FROM_DIM);
	const struct region_set *to = region_box_get(&w->space, box, TO_DIM);
	uint32_t f = next_in(from, m->ends, 0), first = next_in(to, m->ends, 0);

	if (first == UINT32_MAX)
		return false;
	for (; f != UINT32_MAX; f = next_in(from, m->ends, f + 1)) {
		if (!closed_is_point(w->closed, f) && !closed_is_point(w->closed, first))
			return false;
		for (uint32_t t = first; t != UINT32_MAX; t = next_in(to, m->ends, t + 1)) {
			if (is_pair(w->closed, f, t)) {
				*out = (struct choice){f, t, m};
				return true;
			}
		}
	}
	return false;
}

static bool choose(const struct diff_world *w, const struct region_box *box, struct choice *out)
{
	const struct region_set *ports = region_box_get(&w->space, box, w->port_dim);

	for (int i = 0; i < N_MATCHES; i++) {
		const struct closed_match *m = &w->closed->matches[i];

		if (region_set_meets(ports, m->ports) && find_pair(w, box, m, out))
			return true;
	}
	return false;
}

bool closed_inhabited(struct diff_world *w, const struct region_box *box)
{
	struct choice choice;

	return choose(w, box, &choice);
}

/* From some ends to some, if any flow does. */
static void add_part(struct diff_world *w, const struct region_box *box,
		     const struct region_set *from, const struct region_set *to, struct region *out)
{
	if (!from->n || !to->n)
		return;
	box = region_box_with(&w->space, box, FROM_DIM, from);
	box = region_box_with(&w->space, box, TO_DIM, to);
	if (closed_inhabited(w, box))
		vec_push(w->arena, &out->list, box);
}

/* No policy decides what goes from outside to outside, so no box speaks of it: what comes from
 * outside goes to endpoints. */
void closed_tidy(struct diff_world *w, struct region *r)
{
	const struct closed_world *c = w->closed;
	const struct region_set *points = region_set_of(&w->space, 0, (uint32_t)c->points.n - 1);
	struct region tidy = {0};

	vec_each (const struct region_box *, box, &r->list) {
		const struct region_set *from = region_box_get(&w->space, *box, FROM_DIM);
		const struct region_set *to = region_box_get(&w->space, *box, TO_DIM);
		const struct region_set *world = region_set_and(&w->space, from, c->outside);

		if (!world->n || !region_set_meets(to, c->outside)) {
			vec_push(w->arena, &tidy.list, *box);
			continue;
		}
		add_part(w, *box, region_set_and(&w->space, from, points), to, &tidy);
		add_part(w, *box, world, region_set_and(&w->space, to, points), &tidy);
	}
	*r = tidy;
}

bool closed_optional(const struct diff_world *w, const struct region_box *box, uint32_t dim)
{
	(void)w, (void)box, (void)dim;
	return true;
}

/* --- a flow of a box ------------------------------------------------------------------------- */

static struct net_addr address_of(struct diff_world *w, const struct region_box *box,
				  enum diff_which which, uint32_t end,
				  const struct region_set *match)
{
	const struct closed_world *c = w->closed;
	const struct region_set *set;
	struct region_spans pieces = {0};

	if (closed_is_point(c, end))
		return c->points.v[end].addr;
	set = region_set_and(&w->space, region_box_get(&w->space, box, (uint32_t)which), match);
	for (size_t i = 0; i < set->n; i++) {
		if (!closed_is_point(c, set->v[i].hi))
			vec_push(
				w->arena, &pieces.list,
				(struct region_span){set->v[i].lo < c->points.n
							     ? 0
							     : set->v[i].lo - (uint32_t)c->points.n,
						     set->v[i].hi - (uint32_t)c->points.n});
	}
	return region_address_plain(&w->addresses, region_set(&w->space, &pieces));
}

/* What of a box is not about the node, which nobody knows by name; if nothing is, the box. */
static const struct region_box *without_node(struct diff_world *w, const struct region_box *box)
{
	const struct region_box *plain = box;
	struct choice c;

	for (int end = 0; plain && end < DIFF_N_ENDS; end++)
		plain = region_box_and(&w->space, plain, closed_not_node(w, (enum diff_which)end));
	return plain && choose(w, plain, &c) ? plain : box;
}

static const char *endpoint_name(const struct diff_world *w, const struct closed_endpoint *e)
{
	const struct closed_endpoint *node = &w->closed->endpoints.v[w->closed->endpoints.n - 1];
	bool ambiguous = e == node && (ir_find_endpoint(w->ir[DIFF_OLD], e->name) ||
				       ir_find_endpoint(w->ir[DIFF_NEW], e->name));

	return ambiguous ? FLOW_HOST : e->name;
}

/* As `polc why` takes it: an endpoint is named by itself if the region holds it wherever it is. */
static const char *end_name(struct diff_world *w, const struct region_box *box,
			    enum diff_which which, uint32_t end, const struct net_addr *addr)
{
	const struct region_set *set = region_box_get(&w->space, box, (uint32_t)which);
	const struct closed_endpoint *e;
	const char *name;
	char text[NET_ADDR_STRLEN];
	uint32_t have = 0;

	if (!closed_is_point(w->closed, end))
		return arena_printf(w->arena, FLOW_CIDR_PREFIX "%s", net_addr_format(addr, text));
	e = &w->closed->endpoints.v[w->closed->points.v[end].endpoint];
	if (ir_is_at_node(e->on[DIFF_NEW]))
		return arena_printf(w->arena, FLOW_CIDR_PREFIX "%s", net_addr_format(addr, text));
	name = endpoint_name(w, e);
	for (uint32_t i = 0; i < e->n; i++)
		have += region_set_has(set, e->first + i);
	if (have == e->n)
		return name;
	return arena_printf(w->arena, "%s@%s", name, net_addr_format(addr, text));
}

/* A pair of one endpoint is of a workload. */
static bool is_replica(const struct closed_world *c, const struct choice *choice)
{
	return closed_is_point(c, choice->from) && closed_is_point(c, choice->to) &&
	       c->points.v[choice->from].endpoint == c->points.v[choice->to].endpoint;
}

static bool side_end(const struct diff_world *w, enum diff_side side, uint32_t end,
		     const struct net_addr *addr, struct ir_end *out)
{
	*out = (struct ir_end){.addr = *addr};
	if (!closed_is_point(w->closed, end))
		return true;
	out->ep = w->closed->endpoints.v[w->closed->points.v[end].endpoint].on[side];
	return out->ep;
}

void closed_witness(struct diff_world *w, const struct region_box *box, struct diff_witness *out)
{
	struct region_space *s = &w->space;
	struct net_addr from, to;
	struct choice c = {0};
	char port[FLOW_PORT_STRLEN];
	struct ir_flow flow = {0};

	box = without_node(w, box);
	choose(w, box, &c);
	from = address_of(w, box, DIFF_FROM, c.from, c.match->ends);
	to = address_of(w, box, DIFF_TO, c.to, c.match->ends);
	diff_port_of(diff_port_plain(region_set_and(s, region_box_get(s, box, w->port_dim),
						    c.match->ports)),
		     &flow.proto, &flow.port);
	out->from = end_name(w, box, DIFF_FROM, c.from, &from);
	out->to = end_name(w, box, DIFF_TO, c.to, &to);
	out->replica = is_replica(w->closed, &c);
	out->port = arena_strdup(w->arena, flow_port_format(flow.proto, flow.port, port));
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		bool has_from, has_to;

		has_from = side_end(w, (enum diff_side)side, c.from, &from, &flow.src);
		has_to = side_end(w, (enum diff_side)side, c.to, &to, &flow.dst);
		out->missing[side] = !has_from || !has_to;
		out->flow[side] = flow;
	}
}
