/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The way out of a program: count the reason, say pass or drop. */
#pragma once

#include <linux/pkt_cls.h>

#include "packet.h"

/* Passing means "no opinion": filters behind this one still run. */
POLC_INLINE int polc_action(int reason)
{
	return reason < POLC_FIRST_DROP ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

POLC_INLINE int polc_leave(void *metrics, struct __sk_buff *skb, enum polc_hook hook, int reason)
{
	__u32 key = hook * POLC_N_REASONS + reason;
	struct polc_counter *c = bpf_map_lookup_elem(metrics, &key);

	if (c) {
		c->packets++;
		c->bytes += skb->len;
	}
	return polc_action(reason);
}
