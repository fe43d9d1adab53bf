/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv4 header (RFC 791); its options are skipped. */
#pragma once

#include <linux/ip.h>

#include "packet.h"

enum { POLC_IP4_MORE = 0x2000, POLC_IP4_OFFSET = 0x1fff };

/* Fills everything but the ports. A quoted packet (in an ICMP error) is cut short. */
POLC_INLINE int polc_ip4_read(struct __sk_buff *skb, __u32 at, struct polc_pkt *pkt, bool quoted)
{
	__u32 len = skb->len, gso = skb->gso_size, header, total;
	struct iphdr ip;
	__u16 frag;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return POLC_DROP_TRUNCATED;
	header = ip.ihl * 4;
	total = bpf_ntohs(ip.tot_len);
	/* The length does not fit its field in the largest GSO packets (BIG TCP). */
	if (quoted || (!total && gso))
		total = len - at;
	if (ip.version != 4 || header < sizeof(ip) || total < header || at + total > len)
		return POLC_DROP_MALFORMED;
	frag = bpf_ntohs(ip.frag_off);
	pkt->saddr.v4_be = ip.saddr;
	pkt->daddr.v4_be = ip.daddr;
	pkt->l4.proto = ip.protocol;
	pkt->hops = ip.ttl;
	pkt->at = at + header;
	pkt->end = at + total;
	pkt->frag_id_be = ip.id;
	pkt->frag_off = frag & POLC_IP4_OFFSET;
	if (pkt->frag_off)
		pkt->frag = POLC_FRAG_LATER;
	else if (frag & POLC_IP4_MORE)
		pkt->frag = POLC_FRAG_FIRST;
	return POLC_GO;
}
