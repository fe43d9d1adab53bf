/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/address_kinds.h"

#include "compiler/ir/peer.h"
#include "compiler/space/nodes.h"
#include "lang/base/work.h"

/* Kinds are split again and again, by whether something holds their addresses. */
struct splitting {
	const struct net_addr *addrs;
	size_t n;
	bool hosts;
	struct work *work;
	uint32_t *kind_of;
	bool *held;              /* by address */
	uint32_t *sizes, *holds; /* by kind: its addresses; how many of them are held */
	uint32_t *other;         /* by kind: the new one of those that are held */
	uint32_t n_kinds;
};

static void split(struct splitting *s)
{
	uint32_t n = s->n_kinds;

	for (uint32_t kind = 0; kind < n; kind++)
		s->holds[kind] = 0;
	for (size_t i = 0; i < s->n; i++)
		s->holds[s->kind_of[i]] += s->held[i];
	for (uint32_t kind = 0; kind < n; kind++) {
		s->other[kind] = kind;
		if (!s->holds[kind] || s->holds[kind] == s->sizes[kind])
			continue;
		s->other[kind] = s->n_kinds++;
		s->sizes[s->other[kind]] = s->holds[kind];
		s->sizes[kind] -= s->holds[kind];
	}
	for (size_t i = 0; i < s->n && s->n_kinds > n; i++)
		if (s->held[i])
			s->kind_of[i] = s->other[s->kind_of[i]];
}

static void split_by_peer(struct splitting *s, const struct ir_peer *peer)
{
	const struct ir_cidr *addresses = ir_peer_aspects(peer).addresses;
	bool seen = s->hosts ? addresses != NULL : ir_peer_places_endpoints(peer);

	if (!seen || s->n_kinds == s->n || work_is_over(s->work))
		return;
	for (size_t i = 0; i < s->n; i++) {
		const struct net_prefix at = net_prefix_of_addr(&s->addrs[i]);

		s->held[i] = ir_addresses_hold(addresses, &at);
	}
	split(s);
}

static void split_by_ir(struct splitting *s, const struct ir *ir)
{
	vec_each (struct ir_rule *, rule, &ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			split_by_peer(s, peer);
	vec_each (struct ir_assert *, assertion, &ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			split_by_peer(s, &claim->from);
			split_by_peer(s, &claim->to);
		}
	}
	for (size_t i = 0; i < s->n; i++) {
		struct net_addr known;

		s->held[i] = space_pick_node(ir, &s->addrs[i], &s->addrs[i], &known);
	}
	split(s);
}

/* Kinds count in the order of their first addresses. */
static void number(struct splitting *s, struct arena *arena, struct space_address_kinds *out)
{
	for (uint32_t kind = 0; kind < s->n_kinds; kind++)
		s->other[kind] = UINT32_MAX;
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t *known = &s->other[s->kind_of[i]];

		if (*known == UINT32_MAX) {
			*known = (uint32_t)out->firsts.n;
			vec_push(arena, &out->firsts, i);
		}
		s->kind_of[i] = *known;
	}
}

static void find_kinds(const struct ir *const *irs, size_t n, const struct ir_endpoint *ep,
		       struct work *work, struct space_address_kinds *out)
{
	size_t n_addrs = ep->addrs.n;
	struct splitting s = {
		.addrs = ep->addrs.v, .n = n_addrs, .hosts = ep->host, .work = work, .n_kinds = 1};
	struct arena scratch;

	*out = (struct space_address_kinds){
		.addrs = ep->addrs.v,
		.n = n_addrs,
		.kind_of = arena_array(irs[0]->arena, uint32_t, n_addrs + 1)};
	arena_init(&scratch);
	s.kind_of = out->kind_of;
	s.held = arena_array(&scratch, bool, n_addrs + 1);
	s.sizes = arena_array(&scratch, uint32_t, n_addrs + 1);
	s.holds = arena_array(&scratch, uint32_t, n_addrs + 1);
	s.other = arena_array(&scratch, uint32_t, n_addrs + 1);
	s.sizes[0] = (uint32_t)n_addrs;
	for (size_t i = 0; i < n_addrs; i++)
		s.held[i] = s.addrs[i].family == NET_V6;
	split(&s);
	for (size_t i = 0; i < n; i++)
		split_by_ir(&s, irs[i]);
	number(&s, irs[0]->arena, out);
	arena_fini(&scratch);
}

const struct space_address_kinds *space_address_kinds_of(struct space_address_kinds_list *known,
							 const struct ir *const *irs, size_t n,
							 const struct ir_endpoint *ep,
							 struct work *work)
{
	struct space_address_kinds *kinds;

	for (size_t i = 0; i < known->list.n; i++)
		if (known->list.v[i]->addrs == ep->addrs.v)
			return known->list.v[i];
	kinds = arena_new(irs[0]->arena, struct space_address_kinds);
	find_kinds(irs, n, ep, work, kinds);
	vec_push(irs[0]->arena, &known->list, kinds);
	return kinds;
}
