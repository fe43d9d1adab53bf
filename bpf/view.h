/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The policy that a packet sees: the bank in force when its program began, and the endpoint in
 * it. A packet asks for it once; whatever is loaded meanwhile concerns the next packet.
 */
#pragma once

#include "packet.h"

struct polc_view {
	const struct polc_node *node;
	const struct polc_ep *ep;
	const struct polc_bank *bank; /* that in force */
	__u32 bank_number;
};

/* Of a slot below POLC_ENDPOINTS. False: there is no such endpoint. */
POLC_INLINE bool polc_view_of(const struct polc_node *n, void *eps, __u32 bank, __u32 slot,
			      struct polc_view *view)
{
	__u32 key;

	view->node = n;
	view->bank_number = bank & (POLC_BANKS - 1);
	view->bank = POLC_AT(n->banks, view->bank_number, POLC_BANKS);
	key = view->bank_number * POLC_ENDPOINTS + slot;
	view->ep = bpf_map_lookup_elem(eps, &key);
	return view->ep;
}

/* By the bank in force. False: there is no such endpoint. */
POLC_INLINE bool polc_view_get(void *node, void *eps, __u32 slot, struct polc_view *view)
{
	__u32 zero = 0;
	const struct polc_node *n = bpf_map_lookup_elem(node, &zero);

	if (!n || slot >= POLC_ENDPOINTS)
		return false;
	return polc_view_of(n, eps, *(const volatile __u32 *)&n->active, slot, view);
}

/* The endpoint needs another program than the one that its filter holds: it has moved to a new
 * shape, or is not under policy. Comes back only with a reason. */
POLC_INLINE int polc_other_program(struct __sk_buff *skb, const struct polc_ep *ep, void *progs,
				   enum polc_hook hook)
{
	__u32 program = *(const volatile __u32 *)&ep->program;

	if (!program)
		return ep->flags & POLC_EP_OPEN ? POLC_PASS_OPEN : POLC_DROP_INTERNAL;
	bpf_tail_call(skb, progs, POLC_PROG_KEY(program, hook, POLC_STAGE_MAIN));
	return POLC_DROP_INTERNAL;
}
