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
	const struct polc_bank *shared;
	__u32 bank;
};

/* False: there is no such endpoint. */
POLC_INLINE bool polc_view_get(void *node, void *eps, __u32 slot, struct polc_view *view)
{
	__u32 zero = 0, key;
	const struct polc_node *n = bpf_map_lookup_elem(node, &zero);

	if (!n || slot >= POLC_ENDPOINTS)
		return false;
	view->node = n;
	view->bank = *(const volatile __u32 *)&n->active & (POLC_BANKS - 1);
	view->shared = POLC_AT(n->banks, view->bank, POLC_BANKS);
	key = view->bank * POLC_ENDPOINTS + slot;
	view->ep = bpf_map_lookup_elem(eps, &key);
	return view->ep;
}

/* The endpoint needs another program than the one that its filter holds: it has moved to a new
 * shape, or is not under policy. Comes back only with a reason. */
POLC_INLINE int polc_other_program(struct __sk_buff *skb, const struct polc_ep *ep, void *progs,
				   enum polc_hook hook)
{
	__u32 program = *(const volatile __u32 *)&ep->program;

	if (!program)
		return ep->flags & POLC_EP_OPEN ? POLC_PASS_OPEN : POLC_DROP_INTERNAL;
	bpf_tail_call(skb, progs, program * POLC_PROG_SLOTS + hook);
	return POLC_DROP_INTERNAL;
}
