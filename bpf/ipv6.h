/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv6 header and its chain of extension headers (RFC 8200), to the transport header or
 * to the fragment header of a later fragment. */
#pragma once

#include <linux/ipv6.h>

#include "packet.h"

enum { POLC_IP6_HEADERS = 8, POLC_IP6_MORE = 0x1, POLC_IP6_OFFSET_SHIFT = 3 };

/* The first 8 bytes of every extension header; shorter ones do not exist. */
struct polc_ip6_ext {
	__u8 next, len; /* length in units of 8 bytes beyond the first 8; of 4 in AH */
	union {
		__be16 frag_be; /* fragment: offset and flags */
		struct {
			__u8 type, left; /* routing: segments left */
		} route;
	};
	__be32 frag_id_be;
};

/* One extension header: GO with pkt->at and pkt->l4.proto moved past it. */
POLC_INLINE int polc_ip6_skip(struct polc_pkt *pkt, const struct polc_ip6_ext *ext)
{
	__u32 size = (ext->len + 1) * 8;
	__u16 frag;

	switch (pkt->l4.proto) {
	case IPPROTO_AH: /* RFC 4302 */
		size = (ext->len + 2) * 4;
		break;
	case IPPROTO_ROUTING:
		/* Policy judges the destination address, so it must be the last one. */
		if (ext->route.left)
			return POLC_DROP_HEADER_CHAIN;
		break;
	case IPPROTO_FRAGMENT:
		if (pkt->fragmented)
			return POLC_DROP_HEADER_CHAIN;
		size = sizeof(*ext);
		frag = bpf_ntohs(ext->frag_be);
		pkt->fragmented = 1;
		pkt->frag_id_be = ext->frag_id_be;
		pkt->frag_off = frag >> POLC_IP6_OFFSET_SHIFT;
		/* Neither offset nor more to come: a whole packet (RFC 6946). */
		if (pkt->frag_off)
			pkt->frag = POLC_FRAG_LATER;
		else if (frag & POLC_IP6_MORE)
			pkt->frag = POLC_FRAG_FIRST;
		break;
	}
	pkt->at += size;
	pkt->l4.proto = ext->next;
	return POLC_GO;
}

POLC_INLINE bool polc_ip6_is_extension(__u8 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_AH || proto == IPPROTO_DSTOPTS;
}

/* Walks the extension headers from pkt->at. Global, as are other long ways that few packets
 * take: the kernel verifies it once, and not for each state of each caller. */
__noinline int polc_ip6_chain(struct __sk_buff *skb, struct polc_pkt *pkt)
{
	struct polc_ip6_ext ext;

	if (!pkt)
		return POLC_DROP_INTERNAL;
	for (int i = 0; i < POLC_IP6_HEADERS; i++) {
		int reason;

		if (pkt->frag == POLC_FRAG_LATER || !polc_ip6_is_extension(pkt->l4.proto))
			return POLC_GO;
		/* A first fragment holds the whole chain (RFC 7112). */
		if (pkt->at + sizeof(ext) > pkt->end ||
		    bpf_skb_load_bytes(skb, pkt->at, &ext, sizeof(ext)))
			return pkt->frag == POLC_FRAG_FIRST ? POLC_DROP_TINY_FRAGMENT
							    : POLC_DROP_TRUNCATED;
		reason = polc_ip6_skip(pkt, &ext);
		if (reason != POLC_GO)
			return reason;
	}
	return POLC_DROP_HEADER_CHAIN;
}

/* Fills everything but the ports. A quoted packet (in an ICMP error) is cut short. */
POLC_INLINE int polc_ip6_read(struct __sk_buff *skb, __u32 at, struct polc_pkt *pkt, bool quoted)
{
	__u32 len = skb->len, payload;
	struct ipv6hdr ip;

	if (!POLC_READ(skb, at, &ip))
		return POLC_DROP_TRUNCATED;
	payload = bpf_ntohs(ip.payload_len);
	pkt->at = at + sizeof(ip);
	/* The length does not fit its field in the largest GSO packets (BIG TCP). */
	if (quoted || (!payload && skb->gso_size))
		payload = len - pkt->at;
	if (ip.version != 6 || pkt->at + payload > len)
		return POLC_DROP_MALFORMED;
	__builtin_memcpy(pkt->saddr.v6, &ip.saddr, 16);
	__builtin_memcpy(pkt->daddr.v6, &ip.daddr, 16);
	pkt->l4.proto = ip.nexthdr;
	pkt->hops = ip.hop_limit;
	pkt->end = pkt->at + payload;
	return polc_ip6_is_extension(ip.nexthdr) ? polc_ip6_chain(skb, pkt) : POLC_GO;
}
