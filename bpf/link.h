/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who may speak without policy, and from which address. Neighbour discovery and multicast
 * listener discovery keep the link working; they pass only in the form that their RFC gives
 * them, which no router forwards.
 */
#pragma once

#include "transport.h"

/* Types of RFC 4861 (router and neighbour solicitation and advertisement), RFC 2710, RFC 3810. */
enum {
	POLC_MLD_QUERY = 130,
	POLC_MLD_DONE = 132,
	POLC_ND_FIRST = 133,
	POLC_ND_LAST = 136,
	POLC_MLD2_REPORT = 143,
};

/* fe80::/10, or the unspecified address of a host that has none yet. */
POLC_INLINE bool polc_is_link_local(const union polc_addr *a)
{
	return (a->v6[0] == 0xfe && (a->v6[1] & 0xc0) == 0x80) ||
	       !(a->word[0] | a->word[1] | a->word[2] | a->word[3]);
}

POLC_INLINE bool polc_is_link_message(struct __sk_buff *skb, const struct polc_pkt *pkt)
{
	union polc_l4_header h;
	__u8 type;

	/* Fragmented neighbour discovery is forbidden: RFC 6980. */
	if (pkt->l4.proto != IPPROTO_ICMPV6 || pkt->fragmented || pkt->at + 8 > pkt->end)
		return false;
	if (!POLC_READ(skb, pkt->at, &h.start) || h.icmp.code != 0)
		return false;
	type = h.icmp.type;
	if (type >= POLC_ND_FIRST && type <= POLC_ND_LAST)
		return pkt->hops == 255;
	if ((type >= POLC_MLD_QUERY && type <= POLC_MLD_DONE) || type == POLC_MLD2_REPORT)
		return pkt->hops == 1 && polc_is_link_local(&pkt->saddr);
	return false;
}

POLC_INLINE int polc_link6(struct __sk_buff *skb, const struct polc_pkt *pkt)
{
	return polc_is_link_message(skb, pkt) ? POLC_PASS_LINK : POLC_GO;
}

POLC_INLINE bool polc_is_self4(const struct polc_ep *ep, __be32 addr_be)
{
	for (__u32 i = 0; i < POLC_EP_ADDRS && i < ep->n_addr4; i++) {
		if (ep->addr4_be[i] == addr_be)
			return true;
	}
	return false;
}

POLC_INLINE bool polc_is_self6(const struct polc_ep *ep, const union polc_addr *addr)
{
	for (__u32 i = 0; i < POLC_EP_ADDRS && i < ep->n_addr6; i++) {
		if (polc_addr6_eq((const union polc_addr *)ep->addr6[i], addr))
			return true;
	}
	return false;
}

/* May the endpoint send from this address? To itself it may. Whoever claims to be the one that he
 * sends to could pass there as that one, so this is checked always. */
POLC_INLINE int polc_source4(const struct polc_ep *ep, const struct polc_pkt *pkt)
{
	bool self = pkt->saddr.v4_be == pkt->daddr.v4_be;

	if ((self || ep->flags & POLC_EP_CHECK_SOURCE) && !polc_is_self4(ep, pkt->saddr.v4_be))
		return POLC_DROP_SOURCE;
	return self ? POLC_PASS_SELF : POLC_GO;
}

/* The same, and link messages, which may also come from link-local addresses. */
POLC_INLINE int polc_source6(struct __sk_buff *skb, const struct polc_ep *ep,
			     const struct polc_pkt *pkt)
{
	bool self = polc_addr6_eq(&pkt->saddr, &pkt->daddr);
	bool own = !(self || ep->flags & POLC_EP_CHECK_SOURCE) || polc_is_self6(ep, &pkt->saddr);

	if (!own && !polc_is_link_local(&pkt->saddr))
		return POLC_DROP_SOURCE;
	if (polc_link6(skb, pkt) == POLC_PASS_LINK)
		return POLC_PASS_LINK;
	if (!own)
		return POLC_DROP_SOURCE;
	return self ? POLC_PASS_SELF : POLC_GO;
}
