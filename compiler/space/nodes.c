/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/nodes.h"

#include <string.h>

#include "compiler/eval.h"
#include "compiler/ir/peer.h"

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

struct ir *space_with_nodes(const struct ir *ir, struct arena *arena)
{
	struct ir *copy = arena_new(arena, struct ir);
	struct intern names;
	VEC(struct ir_endpoint *) made = {0};

	*copy = *ir;
	memset(&copy->endpoints, 0, sizeof(copy->endpoints));
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		vec_push(arena, &copy->endpoints, *ep);
	intern_init(&names, arena);
	vec_each (const struct ir_node_address, at, &ir->nodes) {
		uint32_t id = intern_add(&names, at->node);

		if (id == made.n) {
			vec_push(arena, &made, ir_make_node_of(at->node, arena));
			made.v[id]->id = (uint32_t)copy->endpoints.n;
			vec_push(arena, &copy->endpoints, made.v[id]);
		}
		if (!made.v[id]->addrs.n ||
		    !net_addr_eq(&made.v[id]->addrs.v[made.v[id]->addrs.n - 1], &at->addr))
			vec_push(arena, &made.v[id]->addrs, at->addr);
	}
	return copy;
}

/* A pod on the host's network has the addresses of its node. */
static bool names_host(const struct ir_peer *peer, const struct ir_endpoint *ep)
{
	if (!ep->host || !ep->on_node || ep->supposed)
		return false;
	vec_each (const struct net_addr, addr, &ep->addrs)
		if (ir_peer_names_address(peer, addr))
			return true;
	return false;
}

bool space_peer_names_node(const struct ir *ir, const struct ir_peer *peer)
{
	vec_each (const struct ir_node_address, at, &ir->nodes)
		if (ir_peer_names_address(peer, &at->addr))
			return true;
	vec_each (struct ir_endpoint *const, ep, &ir->endpoints)
		if (names_host(peer, *ep))
			return true;
	return false;
}

bool space_claim_names_node(const struct ir *ir, const struct ir_claim *claim)
{
	return space_peer_names_node(ir, &claim->from) || space_peer_names_node(ir, &claim->to);
}

bool space_claims_name_nodes(const struct ir *ir)
{
	vec_each (struct ir_assert *, assertion, &ir->asserts)
		vec_each (const struct ir_claim, claim, &(*assertion)->claims)
			if (space_claim_names_node(ir, claim))
				return true;
	return false;
}

/* What a rule leaves out it tells apart as well; `everybody` may be so in one family alone. */
static bool tells_apart(const struct net_prefix *v, size_t n, const struct net_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].len && net_prefix_has_addr(&v[i], addr))
			return true;
	return false;
}

static bool peer_tells_apart(const struct ir_peer *peer, const struct net_addr *addr)
{
	const struct ir_cidr *cidr = ir_peer_aspects(peer).addresses;

	return cidr && (tells_apart(cidr->in.v, cidr->in.n, addr) ||
			tells_apart(cidr->except.v, cidr->except.n, addr));
}

bool space_rules_name(const struct ir *const *irs, size_t n, const struct net_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		vec_each (struct ir_rule *, rule, &irs[i]->rules)
			vec_each (const struct ir_peer, peer, &(*rule)->peers)
				if (peer_tells_apart(peer, addr))
					return true;
	return false;
}

bool space_rules_name_nodes(const struct ir *const *irs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vec_each (const struct ir_node_address, at, &irs[i]->nodes)
			if (space_rules_name(irs, n, &at->addr))
				return true;
	return false;
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
