/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/suppose.h"

#include "compiler/ir/peer.h"
#include "compiler/space/nodes.h"
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

	for (size_t i = 0; i < n; i++)
		any |= cut_peers(space, irs[i], hosts);
	space_addresses_seal(space);
	return any;
}

void space_supposed_kinds(const struct ir *const *irs, size_t n, const struct ir_endpoint *ep,
			  struct space_addresses *out)
{
	*out = (struct space_addresses){.arena = irs[0]->arena};
	cut(out, irs, n, ep->host);
}

/* --- one address of each kind ---------------------------------------------------------------- */

struct addrs {
	VEC(struct net_addr) list;
};

/* Where pods are, if that is known; hosts are anywhere. */
struct range {
	VEC(struct net_prefix) pods;
	const struct space_taken *taken;
	const struct ir *const *irs; /* of hosts: whose nodes to name as examples; NULL: none */
	size_t n_irs;
};

static bool pick(const struct range *range, const struct net_addr *from, const struct net_addr *to,
		 struct net_addr *out)
{
	return space_pick(range->taken, from, to, from->family == NET_V4 ? &plain4 : &plain6, out);
}

/* An address of both the kind and the prefix. */
static bool pick_inside(const struct range *range, struct net_addr from, struct net_addr to,
			const struct net_prefix *pods, struct net_addr *out)
{
	struct net_addr last = net_prefix_last(pods);

	if (pods->addr.family != from.family)
		return false;
	if (net_addr_cmp(&from, &pods->addr) < 0)
		from = pods->addr;
	if (net_addr_cmp(&last, &to) < 0)
		to = last;
	return net_addr_cmp(&from, &to) <= 0 && pick(range, &from, &to, out);
}

static bool pick_kind(const struct range *range, const struct net_addr *from,
		      const struct net_addr *to, struct net_addr *out)
{
	for (size_t i = 0; i < range->n_irs; i++)
		if (space_pick_node(range->irs[i], from, to, out))
			return true;
	vec_each (const struct net_prefix, pods, &range->pods)
		if (pick_inside(range, *from, *to, pods, out))
			return true;
	return !range->pods.n && pick(range, from, to, out);
}

static void pick_kinds(const struct space_addresses *space, const struct range *range,
		       struct addrs *out)
{
	for (uint32_t i = 0; i < space->starts.n; i++) {
		struct net_addr from = space_piece_first(space, i), addr;
		struct net_addr to = space_piece_last(space, i);

		if (pick_kind(range, &from, &to, &addr))
			vec_push(space->arena, &out->list, addr);
	}
}

/* Where nothing looks at addresses, prefixes still tell the families. */
static void list_addrs(const struct ir *const *irs, size_t n, bool hosts, const struct range *range,
		       struct addrs *out)
{
	struct space_addresses space = {.arena = range->taken->arena};

	if (cut(&space, irs, n, hosts) || range->pods.n)
		pick_kinds(&space, range, out);
}

void space_find_outside(const struct ir *ir, struct space_outside *out)
{
	struct space_taken taken = {.arena = ir->arena};
	const struct range anywhere = {.taken = &taken};
	struct addrs addrs = {0};

	space_take_endpoints(&taken, ir);
	space_taken_seal(&taken);
	*out = (struct space_outside){.kinds = {.arena = ir->arena}};
	cut(&out->kinds, &ir, 1, true);
	pick_kinds(&out->kinds, &anywhere, &addrs);
	out->addrs.v = addrs.list.v;
	out->addrs.n = out->addrs.cap = addrs.list.n;
	while (out->n4 < addrs.list.n && addrs.list.v[out->n4].family == NET_V4)
		out->n4++;
}

static void give(struct ir_endpoint *ep, const struct addrs *addrs)
{
	if (ep->addrs.n)
		return;
	ep->supposed = addrs->list.n > 0;
	ep->addrs.v = addrs->list.v;
	ep->addrs.n = ep->addrs.cap = addrs->list.n;
}

void space_take_back(struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		if (!(*ep)->supposed)
			continue;
		(*ep)->supposed = false;
		(*ep)->addrs.v = NULL;
		(*ep)->addrs.n = (*ep)->addrs.cap = 0;
	}
}

void space_suppose(struct ir *const *irs, size_t n)
{
	struct space_taken taken = {.arena = irs[0]->arena};
	const struct ir *const *views = (const struct ir *const *)irs;
	struct range anywhere = {.taken = &taken, .irs = views, .n_irs = n};
	struct range range = {.taken = &taken};
	struct addrs pods = {0}, hosts = {0};

	for (size_t i = 0; i < n; i++) {
		space_take_endpoints(&taken, irs[i]);
		vec_each (const struct net_prefix, p, &irs[i]->pods)
			vec_push(taken.arena, &range.pods, *p);
	}
	space_taken_seal(&taken);
	list_addrs(views, n, false, &range, &pods);
	list_addrs(views, n, true, &anywhere, &hosts);
	for (size_t i = 0; i < n; i++) {
		vec_each (struct ir_endpoint *, ep, &irs[i]->endpoints)
			give(*ep, (*ep)->host ? &hosts : &pods);
		give(irs[i]->node, &hosts);
	}
}
