/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv4 header (RFC 791). Its options are skipped but for source routes, which would lead
 * the packet past the destination that policy judges. */
#pragma once

#include <linux/ip.h>

#include "packet.h"

enum { POLC_IP4_MORE = 0x2000, POLC_IP4_OFFSET = 0x1fff };
enum {
	POLC_IP4_OPT_END = 0,
	POLC_IP4_OPT_NOP = 1,
	POLC_IP4_OPT_LSRR = 131,
	POLC_IP4_OPT_SSRR = 137
};
enum { POLC_IP4_OPTIONS = 40 }; /* bytes at most */

/* RFC 7126, sections 4.3 and 4.4, has source routes dropped. Global, so that the kernel verifies
 * the loop once, and not for each state of each caller. */
__noinline int polc_ip4_options(struct __sk_buff *skb, __u32 at, __u32 end)
{
	__u8 opt[2] = {};

	for (int i = 0; i < POLC_IP4_OPTIONS && at < end; i++) {
		if (bpf_skb_load_bytes(skb, at, opt, 1))
			return POLC_DROP_TRUNCATED;
		if (opt[0] == POLC_IP4_OPT_END)
			return POLC_GO;
		if (opt[0] == POLC_IP4_OPT_NOP) {
			at++;
			continue;
		}
		if (opt[0] == POLC_IP4_OPT_LSRR || opt[0] == POLC_IP4_OPT_SSRR)
			return POLC_DROP_HEADER_CHAIN;
		if (bpf_skb_load_bytes(skb, at, opt, 2))
			return POLC_DROP_TRUNCATED;
		if (opt[1] < 2)
			return POLC_DROP_MALFORMED;
		at += opt[1];
	}
	return at > end ? POLC_DROP_MALFORMED : POLC_GO;
}

/* Fills everything but the ports. A quoted packet (in an ICMP error) is cut short. */
POLC_INLINE int polc_ip4_read(struct __sk_buff *skb, __u32 at, struct polc_pkt *pkt, bool quoted)
{
	__u32 len = skb->len, header, total;
	struct iphdr ip;
	__u16 frag;

	if (!POLC_READ(skb, at, &ip))
		return POLC_DROP_TRUNCATED;
	header = ip.ihl * 4;
	total = bpf_ntohs(ip.tot_len);
	/* The length does not fit its field in the largest GSO packets (BIG TCP). */
	if (quoted || (!total && skb->gso_size))
		total = len - at;
	if (ip.version != 4 || header < sizeof(ip) || total < header || at + total > len)
		return POLC_DROP_MALFORMED;
	pkt->saddr.v4_be = ip.saddr;
	pkt->daddr.v4_be = ip.daddr;
	pkt->l4.proto = ip.protocol;
	pkt->hops = ip.ttl;
	pkt->at = at + header;
	pkt->end = at + total;
	frag = bpf_ntohs(ip.frag_off) & (POLC_IP4_MORE | POLC_IP4_OFFSET);
	if (frag) {
		pkt->frag_id_be = ip.id;
		pkt->frag_off = frag & POLC_IP4_OFFSET;
		pkt->frag = pkt->frag_off ? POLC_FRAG_LATER : POLC_FRAG_FIRST;
	}
	if (quoted || header == sizeof(ip))
		return POLC_GO;
	return polc_ip4_options(skb, at + sizeof(ip), pkt->at);
}
