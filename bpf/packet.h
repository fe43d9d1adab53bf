/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet as the datapath sees it, and how its bytes are read. Everything copies through
 * bpf_skb_load_bytes(), which also reaches paged (GSO, jumbo) data; nothing else touches the
 * packet. Offsets count from the Ethernet header.
 */
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "abi.h"

#define POLC_INLINE static __always_inline

/* A step of the path returns the reason to stop, or this. */
enum { POLC_GO = -1 };

enum polc_dir { POLC_INGRESS, POLC_EGRESS };

union polc_addr {
	__be32 v4_be;
	__u8 v6[16];
	__u32 word[4];
};

enum polc_frag { POLC_FRAG_NONE, POLC_FRAG_FIRST, POLC_FRAG_LATER };

struct polc_pkt {
	union polc_addr saddr, daddr;
	struct polc_l4 l4;
	__u32 at;  /* transport header */
	__u32 end; /* of the IP packet, without padding behind it */
	__u32 frag_id_be;
	__u16 frag_off;  /* in units of 8 bytes */
	__u8 frag;       /* enum polc_frag */
	__u8 hops;       /* TTL or hop limit */
	__u8 fragmented; /* an IPv6 fragment header, even an atomic one */
};

POLC_INLINE bool polc_addr6_eq(const union polc_addr *a, const union polc_addr *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
	       a->word[3] == b->word[3];
}

/* What Ethernet says: the type behind up to two VLAN tags, and where its header starts. */
struct polc_frame {
	__u32 at;
	__u16 type;
};

struct polc_vlan {
	__be16 tci_be, type_be;
};

POLC_INLINE bool polc_is_vlan(__u16 type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

POLC_INLINE int polc_frame_read(struct __sk_buff *skb, struct polc_frame *f)
{
	struct ethhdr eth;
	struct polc_vlan vlan;

	if (bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)))
		return POLC_DROP_TRUNCATED;
	f->at = sizeof(eth);
	f->type = bpf_ntohs(eth.h_proto);
	for (int i = 0; i < 2 && polc_is_vlan(f->type); i++) {
		if (bpf_skb_load_bytes(skb, f->at, &vlan, sizeof(vlan)))
			return POLC_DROP_TRUNCATED;
		f->at += sizeof(vlan);
		f->type = bpf_ntohs(vlan.type_be);
	}
	return POLC_GO;
}
