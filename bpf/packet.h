/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet as the datapath sees it, and how its bytes are read: copied from the linear part
 * of the packet, where headers nearly always are, else through bpf_skb_load_bytes(), which also
 * reaches paged (GSO, jumbo) data. Nothing else touches the packet. Offsets count from the
 * Ethernet header.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "abi.h"
#include "bound.h"

#define POLC_INLINE static __always_inline

/* A step of the path returns the reason to stop, or one of these: go on; or see what an ICMP error
 * is about: policy denies it, but may allow the flow, or what it quotes may be a proxy's. */
enum { POLC_GO = -1, POLC_ASK_RELATED = -2 };

union polc_addr {
	__be32 v4_be;
	__u8 v6[16];
	__u32 word[4];
	__u64 quad[2];
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
	__u16 type;      /* of the frame; for events only */
	__u32 cell[2];   /* of the ingress and the egress table; where someone asks who decided */
};

POLC_INLINE bool polc_addr6_eq(const union polc_addr *a, const union polc_addr *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
	       a->word[3] == b->word[3];
}

/* Has the packet come from the device that it goes to? The kernel says so, not the packet. */
POLC_INLINE bool polc_comes_back(const struct __sk_buff *skb)
{
	return skb->ingress_ifindex == skb->ifindex;
}

/* To the endpoint: is it what it sent to itself? On its way out, polc_source4() has seen to that.
 */
POLC_INLINE int polc_back4(const struct __sk_buff *skb, const struct polc_pkt *pkt)
{
	return pkt->saddr.v4_be == pkt->daddr.v4_be && polc_comes_back(skb) ? POLC_PASS_SELF
									    : POLC_GO;
}

POLC_INLINE int polc_back6(const struct __sk_buff *skb, const struct polc_pkt *pkt)
{
	return polc_addr6_eq(&pkt->saddr, &pkt->daddr) && polc_comes_back(skb) ? POLC_PASS_SELF
									       : POLC_GO;
}

/* Headers further behind than this, after long chains of extensions, are not worth a second way
 * to read them. */
enum { POLC_NEAR = 256 };

/* Where `size` bytes at this offset lie in the linear part of the packet; NULL: not there, or not
 * all of them. */
POLC_INLINE const void *polc_linear(const struct __sk_buff *skb, __u32 at, const __u32 size)
{
	const void *data = (const void *)(long)skb->data, *end = (const void *)(long)skb->data_end;

	if (at > POLC_NEAR)
		return NULL;
	data += polc_index(at, 2 * POLC_NEAR);
	POLC_OPAQUE(data);
	return data + size <= end ? data : NULL;
}

/* Is the variable `header` filled with the bytes at this offset? Its type must not be packed:
 * the compiler then copies words, which every kernel that checks it on this path allows. */
#define POLC_READ(skb, at, header)                                                                 \
	({                                                                                         \
		__u32 offset_ = (at);                                                              \
		const void *from_ = polc_linear(skb, offset_, sizeof(*(header)));                  \
		bool read_ = true;                                                                 \
                                                                                                   \
		if (from_)                                                                         \
			*(header) = *(const typeof(*(header)) *)from_;                             \
		else                                                                               \
			read_ = !bpf_skb_load_bytes(skb, offset_, header, sizeof(*(header)));      \
		read_;                                                                             \
	})

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
	__be16 type_be;
	struct polc_vlan vlan;

	if (!POLC_READ(skb, offsetof(struct ethhdr, h_proto), &type_be))
		return POLC_DROP_TRUNCATED;
	f->at = sizeof(struct ethhdr);
	f->type = bpf_ntohs(type_be);
	for (int i = 0; i < 2 && polc_is_vlan(f->type); i++) {
		if (!POLC_READ(skb, f->at, &vlan))
			return POLC_DROP_TRUNCATED;
		f->at += sizeof(vlan);
		f->type = bpf_ntohs(vlan.type_be);
	}
	return POLC_GO;
}
