/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regions about endpoints that have public addresses. In the open world an endpoint may have any
 * address, so that what a Kubernetes policy says of the internet it says of such endpoints, too:
 * true, and of no interest where pods have private addresses. Where it is known which they have,
 * there is nothing to mark.
 */
#include "verifier/diff/open/open.h"

/* RFC 6598: private, but whoever writes "all but private addresses" thinks of those of RFC 1918. So
 * a region may hold these beside public ones. */
static const struct net_prefix shared = {.addr = {NET_V4, {100, 64}}, .len = 10};

static bool has_some_of(struct diff_world *w, const struct region_set *addrs,
			const struct net_prefix *p)
{
	struct region_span span = region_address_span(&w->addresses, p);

	return region_set_meets(addrs, region_set_of(&w->space, span.lo, span.hi));
}

static bool has_private(struct diff_world *w, const struct region_set *addrs)
{
	for (size_t i = 0; i < NET_N_PRIVATE; i++) {
		if (net_prefix_cmp(&net_private[i], &shared) != 0 &&
		    has_some_of(w, addrs, &net_private[i]))
			return true;
	}
	return false;
}

static bool is_shared(struct diff_world *w, const struct region_set *addrs)
{
	for (size_t i = 0; i < addrs->n; i++) {
		struct net_addr first = space_piece_first(&w->addresses, addrs->v[i].lo);
		struct net_addr last = space_piece_last(&w->addresses, addrs->v[i].hi);

		if (!net_prefix_has_addr(&shared, &first) || !net_prefix_has_addr(&shared, &last))
			return false;
	}
	return true;
}

bool open_is_public(struct diff_world *w, const struct region_set *addrs)
{
	return !has_private(w, addrs) && !is_shared(w, addrs);
}

void open_mark(struct diff_world *w, const struct region_box *box, struct diff_region *out)
{
	if (w->open->places)
		return;
	for (int e = 0; e < DIFF_N_ENDS; e++) {
		uint32_t dim = open_addr_dim(w->open, (enum diff_which)e);
		const struct region_set *addrs = region_box_get(&w->space, box, dim);

		if (region_box_get(&w->space, box, (uint32_t)e) != w->open->only[KIND_MANAGED] ||
		    !open_is_public(w, addrs))
			continue;
		out->public_endpoints = true;
		out->shared_addresses |= has_some_of(w, addrs, &shared);
	}
}
