/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expected: isolated in both directions. */
#line 1 "deny.bpf.c"
#include "ipv4.h"
#include "ipv6.h"
#include "link.h"
#include "maps.h"
#include "metrics.h"

POLC_MAP(polc_metrics, PERCPU_ARRAY, __u32, struct polc_counter, POLC_METRICS_ENTRIES, 0);

const volatile struct polc_self polc_self;

/* IPv4 to the endpoint. */
static __noinline int in4(struct __sk_buff *skb, __u32 at)
{
	struct polc_pkt pkt = {};
	int reason;

	reason = polc_ip4_read(skb, at, &pkt, false);
	return reason == POLC_GO ? POLC_DROP_POLICY : reason;
}

/* IPv6 to the endpoint. */
static __noinline int in6(struct __sk_buff *skb, __u32 at)
{
	struct polc_pkt pkt = {};
	int reason;

	reason = polc_ip6_read(skb, at, &pkt, false);
	if (reason == POLC_GO)
		reason = polc_link6(skb, &pkt);
	return reason == POLC_GO ? POLC_DROP_POLICY : reason;
}

SEC("tc")
int polc_ingress(struct __sk_buff *skb)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason == POLC_GO) {
		if (frame.type == ETH_P_IP)
			reason = in4(skb, frame.at);
		else if (frame.type == ETH_P_IPV6)
			reason = in6(skb, frame.at);
		else if (frame.type == ETH_P_ARP)
			reason = POLC_PASS_LINK;
		else
			reason = POLC_DROP_ETHERTYPE;
	}
	return polc_leave(&polc_metrics, skb, POLC_INGRESS, reason);
}

/* IPv4 from the endpoint. */
static __noinline int eg4(struct __sk_buff *skb, __u32 at)
{
	struct polc_pkt pkt = {};
	int reason;

	reason = polc_ip4_read(skb, at, &pkt, false);
	if (reason == POLC_GO)
		reason = polc_source4(&polc_self, &pkt);
	return reason == POLC_GO ? POLC_DROP_POLICY : reason;
}

/* IPv6 from the endpoint. */
static __noinline int eg6(struct __sk_buff *skb, __u32 at)
{
	struct polc_pkt pkt = {};
	int reason;

	reason = polc_ip6_read(skb, at, &pkt, false);
	if (reason == POLC_GO)
		reason = polc_source6(skb, &polc_self, &pkt);
	return reason == POLC_GO ? POLC_DROP_POLICY : reason;
}

SEC("tc")
int polc_egress(struct __sk_buff *skb)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason == POLC_GO) {
		if (frame.type == ETH_P_IP)
			reason = eg4(skb, frame.at);
		else if (frame.type == ETH_P_IPV6)
			reason = eg6(skb, frame.at);
		else if (frame.type == ETH_P_ARP)
			reason = POLC_PASS_LINK;
		else
			reason = POLC_DROP_ETHERTYPE;
	}
	return polc_leave(&polc_metrics, skb, POLC_EGRESS, reason);
}

char _license[] SEC("license") = "Dual BSD/GPL";
