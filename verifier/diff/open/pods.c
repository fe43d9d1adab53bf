/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where endpoints have their addresses. Where a side knows the prefixes of pods, every endpoint
 * that there could be has one of these, of whichever side, or one that a known endpoint has; else
 * any.
 */
#include "verifier/diff/open/open.h"

static bool is_known(const struct diff_world *w)
{
	return w->ir[DIFF_OLD]->pods.n || w->ir[DIFF_NEW]->pods.n;
}

static bool is_pod_address(const struct diff_world *w, const struct net_addr *addr)
{
	for (int side = 0; side < DIFF_N_SIDES; side++)
		vec_each (const struct net_prefix, pods, &w->ir[side]->pods)
			if (net_prefix_has_addr(pods, addr))
				return true;
	return false;
}

static void add_strays(struct diff_world *w, const struct ir_endpoint *ep)
{
	vec_each (const struct net_addr, addr, &ep->addrs)
		if (!ep->host && !is_pod_address(w, addr))
			vec_push(w->arena, &w->open->pod_places, net_prefix_of_addr(addr));
}

/* Nothing if it is not known. */
static void find_places(struct diff_world *w)
{
	if (!is_known(w))
		return;
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		const struct ir *ir = w->ir[side];

		vec_each (const struct net_prefix, pods, &ir->pods)
			vec_push(w->arena, &w->open->pod_places, *pods);
		vec_each (struct ir_endpoint *, ep, &ir->endpoints)
			add_strays(w, *ep);
	}
}

void open_cut_pods(struct diff_world *w)
{
	find_places(w);
	vec_each (const struct net_prefix, place, &w->open->pod_places)
		space_cut_prefix(&w->addresses, place);
}

void open_place_pods(struct diff_world *w)
{
	struct open_world *o = w->open;
	struct region_spans spans = {0};
	const struct region_set *all;

	vec_each (const struct net_prefix, place, &o->pod_places)
		vec_push(w->arena, &spans.list, region_address_span(&w->addresses, place));
	if (o->pod_places.n)
		o->places = region_set(&w->space, &spans);
	all = o->places ? o->places : w->space.dims.v[open_addr_dim(o, DIFF_FROM)];
	for (int f = 0; f < 2; f++)
		o->pods[f] = region_set_and(&w->space, all, o->families[f]);
}

/* --- for readers ----------------------------------------------------------------------------- */

static const struct region_box *tidy_end(struct diff_world *w, const struct region_box *box,
					 enum diff_which end)
{
	struct region_space *s = &w->space;
	const struct open_world *o = w->open;
	uint32_t dim = open_addr_dim(o, end);
	const struct region_set *kinds = region_box_get(s, box, (uint32_t)end);
	const struct region_set *addrs = region_box_get(s, box, dim);

	if (kinds == o->only[KIND_MANAGED]) {
		bool everywhere = region_set_covers(addrs, o->places);

		return region_box_with(s, box, dim,
				       everywhere ? s->dims.v[dim]
						  : region_set_and(s, addrs, o->places));
	}
	if (region_set_meets(addrs, o->places))
		return box;
	return region_box_with(s, box, (uint32_t)end,
			       region_set_minus(s, kinds, o->only[KIND_MANAGED]));
}

void open_tidy(struct diff_world *w, struct region *r)
{
	if (!w->open->places)
		return;
	vec_each (const struct region_box *, box, &r->list)
		for (int end = 0; end < DIFF_N_ENDS; end++)
			*box = tidy_end(w, *box, (enum diff_which)end);
}
