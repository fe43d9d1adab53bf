/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/nodes.h"

void space_nodes_find(struct space_nodes *nodes, const struct ir *ir, struct arena *arena)
{
	struct intern hosts;

	intern_init(&hosts, arena);
	intern_init(&nodes->names, arena);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->on_node && (*ep)->host)
			intern_add(&hosts, (*ep)->on_node);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->on_node && !(*ep)->host &&
		    intern_find(&hosts, (*ep)->on_node) != INTERN_NONE)
			intern_add(&nodes->names, (*ep)->on_node);
}

uint32_t space_node_of(const struct space_nodes *nodes, const struct ir_endpoint *ep)
{
	return ep->on_node ? intern_find(&nodes->names, ep->on_node) : INTERN_NONE;
}

bool space_pick_node(const struct ir *ir, const struct net_addr *from, const struct net_addr *to,
		     struct net_addr *out)
{
	size_t lo = 0, hi = ir->nodes.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (net_addr_cmp(&ir->nodes.v[mid].addr, from) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == ir->nodes.n || net_addr_cmp(to, &ir->nodes.v[lo].addr) < 0)
		return false;
	*out = ir->nodes.v[lo].addr;
	return true;
}
