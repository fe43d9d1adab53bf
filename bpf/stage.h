/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a hook's program to a stage of it (enum polc_stage), by a tail call. The packet stays, and
 * the endpoint's slot with it; headers are read again. What the stage cannot find out by itself
 * goes with the packet: the bank, so that all stages see one policy, the cell of the verdict, and
 * the transport header, which a later fragment does not hold.
 */
#pragma once

#include "view.h"

/* Words of skb->cb. */
enum { POLC_CB_BANK, POLC_CB_CELL, POLC_CB_L4, POLC_CB_END = POLC_CB_L4 + 2 };

_Static_assert(sizeof(struct polc_l4) == 2 * sizeof(__u32),
	       "the transport header is not two words");
_Static_assert((int)POLC_CB_END <= 5, "more goes with the packet than skb->cb holds");

/* Comes back only with a reason: the stage is missing. `dir` is the direction that was judged. */
POLC_INLINE int polc_stage_go(struct __sk_buff *skb, const struct polc_view *view,
			      const struct polc_pkt *pkt, enum polc_dir dir, void *progs, __u32 key)
{
	__u32 l4[2];

	__builtin_memcpy(l4, &pkt->l4, sizeof(l4));
	skb->cb[POLC_CB_BANK] = view->bank_number;
	skb->cb[POLC_CB_CELL] = pkt->cell[dir];
	skb->cb[POLC_CB_L4] = l4[0];
	skb->cb[POLC_CB_L4 + 1] = l4[1];
	bpf_tail_call(skb, progs, key);
	return POLC_DROP_INTERNAL;
}

/* The view that the packet began with. */
POLC_INLINE bool polc_stage_view(void *node, void *eps, const struct __sk_buff *skb,
				 struct polc_view *view)
{
	__u32 zero = 0, slot = skb->tc_classid;
	const struct polc_node *n = bpf_map_lookup_elem(node, &zero);

	if (!n || slot >= POLC_ENDPOINTS)
		return false;
	return polc_view_of(n, eps, skb->cb[POLC_CB_BANK], slot, view);
}

/* What the first stage knew of the packet beyond its IP header. */
POLC_INLINE void polc_stage_packet(const struct __sk_buff *skb, enum polc_dir dir,
				   struct polc_pkt *pkt)
{
	__u32 l4[2] = {skb->cb[POLC_CB_L4], skb->cb[POLC_CB_L4 + 1]};

	pkt->cell[dir] = skb->cb[POLC_CB_CELL];
	__builtin_memcpy(&pkt->l4, l4, sizeof(l4));
}
