/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors. Each quotes the packet that it is about (RFC 792, RFC 4443), and it is that
 * packet's flow which must be on record and still allowed. An error goes to the sender of the
 * quoted packet; an endpoint sends errors only about packets that were sent to itself.
 */
#pragma once

#include "transport.h"

/* Reads the ports of a quoted packet that belongs to a flow. */
POLC_INLINE bool polc_quote_ports(struct __sk_buff *skb, struct polc_pkt *quote)
{
	if (quote->frag == POLC_FRAG_LATER || polc_l4_read(skb, quote, true) != POLC_GO)
		return false;
	return !(quote->l4.flags & POLC_L4_ALONE);
}
