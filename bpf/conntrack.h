/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conntrack: who opened a flow, and when it was last seen. It holds no verdict. A packet that
 * policy denies passes as a reply only if its flow was opened from the other side and policy
 * still lets that side open it.
 *
 * Both directions record what policy lets pass, so that a reply is never mistaken for the
 * opening of a flow in the other direction, and a revoked flow cannot live on by its replies.
 */
#pragma once

#include "packet.h"

/* Seconds without a packet until a flow is forgotten.
 *   TCP    replied: not under the 7440 s of RFC 5382 REQ-5; new, closing: nf_conntrack's SYN
 *          sent/received 60 and FIN wait 120 (kernel, networking/nf_conntrack-sysctl)
 *   UDP    30 and 180: nf_conntrack's first value; a replied flow over the 120 s of RFC 4787
 *   ICMP   30, the rest 600: nf_conntrack's ICMP and generic timeouts */
POLC_INLINE __u32 polc_ct_timeout(__u8 proto, __u8 state)
{
	switch (proto) {
	case IPPROTO_TCP:
		return state == POLC_CT_NEW ? 60 : state == POLC_CT_REPLIED ? 21600 : 120;
	case IPPROTO_UDP:
		return state == POLC_CT_NEW ? 30 : 180;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 30;
	default:
		return 600;
	}
}

POLC_INLINE __u32 polc_ct_now(void)
{
	return bpf_ktime_get_coarse_ns() / 1000000000;
}

/* The keys of the flow that a packet in this direction opens, and of the one that it answers. */
POLC_INLINE void polc_ct4_keys(const struct polc_pkt *pkt, enum polc_dir dir,
			       struct polc_ct4_key *own, struct polc_ct4_key *reverse)
{
	*own = (struct polc_ct4_key){
		.saddr_be = pkt->saddr.v4_be,
		.daddr_be = pkt->daddr.v4_be,
		.sport_be = pkt->l4.sport_be,
		.dport_be = pkt->l4.dport_be,
		.proto = pkt->l4.proto,
		.dir = dir,
	};
	*reverse = (struct polc_ct4_key){
		.saddr_be = pkt->daddr.v4_be,
		.daddr_be = pkt->saddr.v4_be,
		.sport_be = pkt->l4.dport_be,
		.dport_be = pkt->l4.sport_be,
		.proto = pkt->l4.proto,
		.dir = !dir,
	};
}

POLC_INLINE void polc_ct6_keys(const struct polc_pkt *pkt, enum polc_dir dir,
			       struct polc_ct6_key *own, struct polc_ct6_key *reverse)
{
	*own = (struct polc_ct6_key){
		.sport_be = pkt->l4.sport_be,
		.dport_be = pkt->l4.dport_be,
		.proto = pkt->l4.proto,
		.dir = dir,
	};
	*reverse = (struct polc_ct6_key){
		.sport_be = pkt->l4.dport_be,
		.dport_be = pkt->l4.sport_be,
		.proto = pkt->l4.proto,
		.dir = !dir,
	};
	__builtin_memcpy(own->saddr, pkt->saddr.v6, 16);
	__builtin_memcpy(own->daddr, pkt->daddr.v6, 16);
	__builtin_memcpy(reverse->saddr, pkt->daddr.v6, 16);
	__builtin_memcpy(reverse->daddr, pkt->saddr.v6, 16);
}

/* The flow that was opened with this key, unless it has expired. */
POLC_INLINE struct polc_ct *polc_ct_find(void *map, const void *key, __u8 proto)
{
	struct polc_ct *ct = bpf_map_lookup_elem(map, key);

	if (!ct || polc_ct_now() - ct->seen > polc_ct_timeout(proto, ct->state))
		return NULL;
	return ct;
}

/* Notes a packet of a flow; writes only what changed. */
POLC_INLINE void polc_ct_touch(struct polc_ct *ct, const struct polc_l4 *l4, bool reply)
{
	__u32 now = polc_ct_now();
	__u8 state = ct->state;

	if (l4->flags & POLC_L4_CLOSES)
		state = POLC_CT_CLOSING;
	else if (reply && state == POLC_CT_NEW)
		state = POLC_CT_REPLIED;
	else if (!reply && state == POLC_CT_CLOSING && (l4->flags & POLC_L4_OPENS))
		state = POLC_CT_NEW;
	if (ct->state != state)
		ct->state = state;
	if (ct->seen != now)
		ct->seen = now;
}

/* The flow that this packet may have opened, or NULL. */
POLC_INLINE struct polc_ct *polc_ct_opened(void *map, const void *own, const struct polc_l4 *l4)
{
	if (l4->flags & (POLC_L4_ANSWERS | POLC_L4_ALONE))
		return NULL;
	return polc_ct_find(map, own, l4->proto);
}

/* The flow that this packet answers, or NULL. */
POLC_INLINE struct polc_ct *polc_ct_answered(void *map, const void *reverse,
					     const struct polc_l4 *l4)
{
	if (l4->flags & (POLC_L4_OPENS | POLC_L4_ALONE))
		return NULL;
	return polc_ct_find(map, reverse, l4->proto);
}

/* Records a packet that policy allows. TCP in midstream opens a flow too: after a restart of
 * the node there is nothing better to know. */
POLC_INLINE void polc_ct_track(void *map, const void *own, const void *reverse,
			       const struct polc_l4 *l4)
{
	struct polc_ct fresh = {.state = POLC_CT_NEW};
	struct polc_ct *ct = polc_ct_opened(map, own, l4);

	if (ct) {
		polc_ct_touch(ct, l4, false);
		return;
	}
	ct = polc_ct_answered(map, reverse, l4);
	if (ct) {
		polc_ct_touch(ct, l4, true);
		return;
	}
	if (l4->flags & (POLC_L4_ANSWERS | POLC_L4_ALONE))
		return;
	fresh.seen = polc_ct_now();
	if (l4->flags & POLC_L4_CLOSES)
		fresh.state = POLC_CT_CLOSING;
	bpf_map_update_elem(map, own, &fresh, BPF_ANY);
}
