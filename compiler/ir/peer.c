/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/peer.h"

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
