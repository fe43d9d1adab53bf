/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/suppose.h"

#include "compiler/ir/peer.h"
#include "compiler/space/taken.h"

/* RFC 1918, RFC 4193. */
static const struct net_addr plain4 = {NET_V4, {10, 0, 0, 10}},
			     plain6 = {NET_V6, {0xfd, [15] = 10}};

/* Prefixes match hosts whatever they say of endpoints. */
static bool cut_peer(struct space_addresses *space, const struct ir_peer *peer, bool hosts)
{
	if (hosts ? !ir_peer_aspects(peer).addresses : !ir_peer_places_endpoints(peer))
		return false;
	space_cut_peer(space, peer);
	return true;
}

/* False: nothing looks at such addresses. */
static bool cut_peers(struct space_addresses *space, const struct ir *ir, bool hosts)
{
	bool any = false;

	vec_each (struct ir_rule *, rule, &ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			any |= cut_peer(space, peer, hosts);
	vec_each (struct ir_assert *, assertion, &ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			any |= cut_peer(space, &claim->from, hosts);
			any |= cut_peer(space, &claim->to, hosts);
		}
	}
	return any;
}

static bool cut(struct space_addresses *space, const struct ir *const *irs, size_t n, bool hosts)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		any |= cut_peers(space, irs[i], hosts);
		vec_each (const struct net_prefix, p, &irs[i]->pods)
			if (!hosts)
				space_cut_prefix(space, p);
	}
	space_addresses_seal(space);
	return any;
}

void space_supposed_kinds(const struct ir *const *irs, size_t n, const struct ir_endpoint *ep,
			  struct space_addresses *out)
{
	*out = (struct space_addresses){.arena = irs[0]->arena};
	cut(out, irs, n, ep->host);
}

/* Pieces are cut at the prefixes of pods, so their first address speaks for them. */
static bool can_be_pods(const struct ir *const *irs, size_t n, const struct net_addr *first)
{
	bool known = false;

	for (size_t i = 0; i < n; i++) {
		vec_each (const struct net_prefix, p, &irs[i]->pods) {
			if (net_prefix_has_addr(p, first))
				return true;
			known = true;
		}
	}
	return !known;
}

struct addrs {
	VEC(struct net_addr) list;
};

/* One of each kind. */
static void list_addrs(const struct ir *const *irs, size_t n, bool hosts,
		       const struct space_taken *taken, struct addrs *out)
{
	struct space_addresses space = {.arena = taken->arena};

	if (!cut(&space, irs, n, hosts))
		return;
	for (uint32_t i = 0; i < space.starts.n; i++) {
		struct net_addr from = space_piece_first(&space, i), addr;
		struct net_addr to = space_piece_last(&space, i);

		if ((hosts || can_be_pods(irs, n, &from)) &&
		    space_pick(taken, &from, &to, i < space.n4 ? &plain4 : &plain6, &addr))
			vec_push(taken->arena, &out->list, addr);
	}
}

static void give(struct ir_endpoint *ep, const struct addrs *addrs)
{
	if (ep->addrs.n)
		return;
	ep->supposed = addrs->list.n > 0;
	ep->addrs.v = addrs->list.v;
	ep->addrs.n = ep->addrs.cap = addrs->list.n;
}

void space_suppose(struct ir *const *irs, size_t n)
{
	struct space_taken taken = {.arena = irs[0]->arena};
	const struct ir *const *views = (const struct ir *const *)irs;
	struct addrs pods = {0}, hosts = {0};

	for (size_t i = 0; i < n; i++)
		space_take_endpoints(&taken, irs[i]);
	space_taken_seal(&taken);
	list_addrs(views, n, false, &taken, &pods);
	list_addrs(views, n, true, &taken, &hosts);
	for (size_t i = 0; i < n; i++)
		vec_each (struct ir_endpoint *, ep, &irs[i]->endpoints)
			give(*ep, (*ep)->host ? &hosts : &pods);
}
