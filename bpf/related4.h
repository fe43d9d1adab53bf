/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet that an ICMP error quotes: IPv4. */
#pragma once

#include "ipv4.h"
#include "related.h"

/* Global, like polc_ip4_options(). */
__noinline int polc_quote4(struct __sk_buff *skb, const struct polc_pkt *error, __u32 dir,
			   struct polc_pkt *quote)
{
	if (!error || !quote)
		return false;
	if (error->frag == POLC_FRAG_LATER || error->l4.proto != IPPROTO_ICMP)
		return false;
	if (polc_ip4_read(skb, error->at + 8, quote, true) != POLC_GO)
		return false;
	if (quote->saddr.v4_be != error->daddr.v4_be)
		return false;
	if (dir == POLC_EGRESS && quote->daddr.v4_be != error->saddr.v4_be)
		return false;
	return polc_quote_ports(skb, quote);
}
