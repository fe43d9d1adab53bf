/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/addresses.h"

#include <stdlib.h>

#include "compiler/ir/peer.h"

static const struct net_prefix all4 = {.addr = {.family = NET_V4}},
			       all6 = {.addr = {.family = NET_V6}};

void space_cut_prefix(struct space_addresses *s, const struct net_prefix *p)
{
	struct net_addr behind = net_prefix_last(p);

	vec_push(s->arena, &s->starts, p->addr);
	if (net_addr_next(&behind))
		vec_push(s->arena, &s->starts, behind);
}

void space_cut_peer(struct space_addresses *s, const struct ir_peer *peer)
{
	const struct ir_cidr *addresses = ir_peer_aspects(peer).addresses;

	if (!addresses)
		return;
	vec_each (const struct net_prefix, p, &addresses->in)
		space_cut_prefix(s, p);
	vec_each (const struct net_prefix, p, &addresses->except)
		space_cut_prefix(s, p);
}

static int addr_order(const void *a, const void *b)
{
	return net_addr_cmp(a, b);
}

void space_addresses_seal(struct space_addresses *s)
{
	size_t n = 0;

	vec_push(s->arena, &s->starts, all4.addr);
	vec_push(s->arena, &s->starts, all6.addr);
	qsort(s->starts.v, s->starts.n, sizeof(*s->starts.v), addr_order);
	for (size_t i = 0; i < s->starts.n; i++)
		if (!n || !net_addr_eq(&s->starts.v[n - 1], &s->starts.v[i]))
			s->starts.v[n++] = s->starts.v[i];
	s->starts.n = n;
	s->n4 = space_piece_of(s, &all6.addr);
}

uint32_t space_piece_of(const struct space_addresses *s, const struct net_addr *addr)
{
	size_t lo = 0, hi = s->starts.n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (net_addr_cmp(&s->starts.v[mid], addr) <= 0)
			lo = mid;
		else
			hi = mid;
	}
	return (uint32_t)lo;
}

struct net_addr space_piece_first(const struct space_addresses *s, uint32_t piece)
{
	return s->starts.v[piece];
}

struct net_addr space_piece_last(const struct space_addresses *s, uint32_t piece)
{
	struct net_addr last;

	if (piece + 1 == s->n4 || piece + 1 == s->starts.n)
		return net_prefix_last(piece < s->n4 ? &all4 : &all6);
	last = s->starts.v[piece + 1];
	net_addr_prev(&last);
	return last;
}

bool space_plain_address(const struct net_addr *from, const struct net_addr *to,
			 struct net_addr *out)
{
	struct net_addr tenth;
	bool real;

	*out = *from;
	real = net_addr_skip_nobody(out) && net_addr_cmp(out, to) <= 0;
	if (!real)
		*out = *from;
	tenth = *out;
	tenth.bytes[tenth.family == NET_V6 ? 15 : 3] |= 10;
	if (net_addr_cmp(&tenth, to) <= 0)
		*out = tenth;
	return real;
}
