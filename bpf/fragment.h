/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments. The first one holds the transport header and is judged by it; what policy needs
 * of it is kept for the later ones, which are judged in the same way. Later fragments that
 * overtake the first one are dropped.
 */
#pragma once

#include "transport.h"

POLC_INLINE void polc_frag4_key_of(struct polc_frag4_key *key, const struct polc_pkt *pkt)
{
	*key = (struct polc_frag4_key){
		.saddr_be = pkt->saddr.v4_be,
		.daddr_be = pkt->daddr.v4_be,
		.id_be = pkt->frag_id_be,
		.proto = pkt->l4.proto,
	};
}

POLC_INLINE void polc_frag6_key_of(struct polc_frag6_key *key, const struct polc_pkt *pkt)
{
	__builtin_memcpy(key->saddr, pkt->saddr.v6, 16);
	__builtin_memcpy(key->daddr, pkt->daddr.v6, 16);
	key->id_be = pkt->frag_id_be;
}

/* Can this fragment rewrite a TCP header that was judged already (RFC 3128)? */
POLC_INLINE bool polc_frag_rewrites(const struct polc_pkt *pkt)
{
	return pkt->frag_off == 1 && pkt->l4.proto == IPPROTO_TCP;
}

/* Keeps the transport header of a first fragment, or restores it for a later one. */
POLC_INLINE int polc_frag_follow(void *map, const void *key, struct polc_pkt *pkt)
{
	const struct polc_l4 *first;

	if (pkt->frag == POLC_FRAG_FIRST) {
		bpf_map_update_elem(map, key, &pkt->l4, BPF_ANY);
		return POLC_GO;
	}
	first = bpf_map_lookup_elem(map, key);
	if (!first)
		return POLC_DROP_FRAGMENT;
	pkt->l4 = *first;
	return polc_frag_rewrites(pkt) ? POLC_DROP_TINY_FRAGMENT : POLC_GO;
}

/* The header of a first fragment, or what is known of it where this is a later one. */
POLC_INLINE int polc_frag_header(struct __sk_buff *skb, void *map, const void *key,
				 struct polc_pkt *pkt)
{
	int reason = POLC_GO;

	if (polc_frag_rewrites(pkt))
		return POLC_DROP_TINY_FRAGMENT;
	if (pkt->frag == POLC_FRAG_FIRST)
		reason = polc_l4_read(skb, pkt, false);
	return reason == POLC_GO ? polc_frag_follow(map, key, pkt) : reason;
}

/* The transport header, wherever it comes from. No policy asks for that of an endpoint's packet to
 * itself. */
POLC_INLINE int polc_transport4(struct __sk_buff *skb, void *map, struct polc_pkt *pkt)
{
	int reason = polc_back4(skb, pkt);
	struct polc_frag4_key key;

	if (reason != POLC_GO)
		return reason;
	if (pkt->frag == POLC_FRAG_NONE)
		return polc_l4_read(skb, pkt, false);
	polc_frag4_key_of(&key, pkt);
	return polc_frag_header(skb, map, &key, pkt);
}

POLC_INLINE int polc_transport6(struct __sk_buff *skb, void *map, struct polc_pkt *pkt)
{
	int reason = polc_back6(skb, pkt);
	struct polc_frag6_key key;

	if (reason != POLC_GO)
		return reason;
	if (pkt->frag == POLC_FRAG_NONE)
		return polc_l4_read(skb, pkt, false);
	polc_frag6_key_of(&key, pkt);
	return polc_frag_header(skb, map, &key, pkt);
}
