/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet that an ICMPv6 error quotes: IPv6. */
#pragma once

#include "ipv6.h"
#include "related.h"

/* Global, like polc_ip6_chain(). */
__noinline int polc_quote6(struct __sk_buff *skb, const struct polc_pkt *error, __u32 dir,
			   struct polc_pkt *quote)
{
	if (!error || !quote)
		return false;
	if (error->frag == POLC_FRAG_LATER || error->l4.proto != IPPROTO_ICMPV6)
		return false;
	if (polc_ip6_read(skb, error->at + 8, quote, true) != POLC_GO)
		return false;
	if (!polc_addr6_eq(&quote->saddr, &error->daddr))
		return false;
	if (dir == POLC_EGRESS && !polc_addr6_eq(&quote->daddr, &error->saddr))
		return false;
	return polc_quote_ports(skb, quote);
}
