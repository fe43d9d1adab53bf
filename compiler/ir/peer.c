/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/peer.h"

#include <stdlib.h>
#include <string.h>

const struct ir_selector *ir_peer_labels_alone(const struct ir_peer *peer)
{
	struct ir_aspects a = ir_peer_aspects(peer);

	return a.addresses ? NULL : a.labels;
}

bool ir_peer_places_endpoints(const struct ir_peer *peer)
{
	struct ir_aspects a = ir_peer_aspects(peer);

	return a.addresses && a.sorts & IR_SORT_ENDPOINT;
}

bool ir_peer_is_hosts(const struct ir_peer *peer)
{
	struct ir_aspects a = ir_peer_aspects(peer);

	return a.sorts == IR_SORT_HOST && !a.addresses;
}

static int prefix_order(const void *a, const void *b)
{
	return net_prefix_cmp(a, b);
}

/* Of sorted prefixes: do those of a family leave no gap? */
static bool are_all(const struct net_prefix *v, size_t n, enum net_family family)
{
	struct net_addr next = {.family = family};

	for (size_t i = 0; i < n; i++) {
		struct net_addr last = net_prefix_last(&v[i]);

		if (v[i].addr.family != family || net_addr_cmp(&last, &next) < 0)
			continue;
		if (net_addr_cmp(&next, &v[i].addr) < 0)
			return false;
		next = last;
		if (!net_addr_next(&next))
			return true;
	}
	return false;
}

void ir_cidr_seal(struct ir_cidr *cidr, struct arena *arena)
{
	size_t n = cidr->in.n;
	struct net_prefix *sorted;

	if (!n)
		return;
	sorted = arena_array(arena, struct net_prefix, n);
	memcpy(sorted, cidr->in.v, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), prefix_order);
	cidr->everybody = are_all(sorted, n, NET_V4) || are_all(sorted, n, NET_V6);
}

static bool any_holds(const struct net_prefix *v, size_t n, const struct net_prefix *region)
{
	for (size_t i = 0; i < n; i++)
		if (net_prefix_has_prefix(&v[i], region))
			return true;
	return false;
}

bool ir_addresses_hold(const struct ir_cidr *addresses, const struct net_prefix *region)
{
	return region->addr.family != NET_NONE &&
	       any_holds(addresses->in.v, addresses->in.n, region) &&
	       !any_holds(addresses->except.v, addresses->except.n, region);
}

bool ir_addresses_hold_any(const struct ir_cidr *addresses, const struct ir_endpoint *ep)
{
	vec_each (const struct net_addr, addr, &ep->addrs) {
		const struct net_prefix at = net_prefix_of_addr(addr);

		if (ir_addresses_hold(addresses, &at))
			return true;
	}
	return false;
}
