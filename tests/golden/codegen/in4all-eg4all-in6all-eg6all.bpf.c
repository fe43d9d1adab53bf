/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expected: no policy at all. */
#line 1 "aa29e3a1998f.bpf.c"
#include "ipv4.h"
#include "ipv6.h"
#include "link.h"
#include "maps.h"
#include "metrics.h"
#include "view.h"

POLC_MAP(polc_node, ARRAY, __u32, struct polc_node, 1, BPF_F_MMAPABLE);
POLC_MAP(polc_eps, ARRAY, __u32, struct polc_ep, POLC_BANKS * POLC_ENDPOINTS, BPF_F_MMAPABLE);
POLC_MAP(polc_progs, PROG_ARRAY, __u32, __u32, POLC_PROGRAMS * POLC_PROG_SLOTS, 0);
POLC_MAP(polc_metrics, PERCPU_ARRAY, __u32, struct polc_counter, POLC_METRICS_ENTRIES, 0);

const volatile __u32 polc_program;

/* IPv4 to the endpoint. */
POLC_INLINE int in4(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	int reason;

	reason = polc_ip4_read(skb, at, pkt, false);
	return reason == POLC_GO ? POLC_PASS_POLICY : reason;
}

/* IPv6 to the endpoint. */
static __noinline int in6(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	int reason;

	reason = polc_ip6_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_link6(skb, pkt);
	return reason == POLC_GO ? POLC_PASS_POLICY : reason;
}

POLC_INLINE int in(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	if (frame.type == ETH_P_IP)
		return in4(skb, frame.at, view, pkt);
	if (frame.type == ETH_P_IPV6)
		return in6(skb, frame.at, view, pkt);
	return frame.type == ETH_P_ARP ? POLC_PASS_LINK : POLC_DROP_ETHERTYPE;
}

SEC("tc")
int polc_ingress(struct __sk_buff *skb)
{
	struct polc_view view;
	int reason;

	if (!polc_view_get(&polc_node, &polc_eps, skb->tc_classid, &view)) {
		reason = POLC_DROP_INTERNAL;
	} else if (view.ep->program != polc_program) {
		reason = polc_other_program(skb, view.ep, &polc_progs, POLC_HOOK_EP_IN);
	} else {
		struct polc_pkt pkt = {};

		reason = in(skb, &view, &pkt);
	}
	return polc_leave(&polc_metrics, skb, POLC_HOOK_EP_IN, reason);
}

/* IPv4 from the endpoint. */
POLC_INLINE int eg4(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	int reason;

	reason = polc_ip4_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_source4(view->ep, pkt);
	return reason == POLC_GO ? POLC_PASS_POLICY : reason;
}

/* IPv6 from the endpoint. */
static __noinline int eg6(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	int reason;

	reason = polc_ip6_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_source6(skb, view->ep, pkt);
	return reason == POLC_GO ? POLC_PASS_POLICY : reason;
}

POLC_INLINE int eg(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	if (frame.type == ETH_P_IP)
		return eg4(skb, frame.at, view, pkt);
	if (frame.type == ETH_P_IPV6)
		return eg6(skb, frame.at, view, pkt);
	return frame.type == ETH_P_ARP ? POLC_PASS_LINK : POLC_DROP_ETHERTYPE;
}

SEC("tc")
int polc_egress(struct __sk_buff *skb)
{
	struct polc_view view;
	int reason;

	if (!polc_view_get(&polc_node, &polc_eps, skb->tc_classid, &view)) {
		reason = POLC_DROP_INTERNAL;
	} else if (view.ep->program != polc_program) {
		reason = polc_other_program(skb, view.ep, &polc_progs, POLC_HOOK_EP_OUT);
	} else {
		struct polc_pkt pkt = {};

		reason = eg(skb, &view, &pkt);
	}
	return polc_leave(&polc_metrics, skb, POLC_HOOK_EP_OUT, reason);
}

char _license[] SEC("license") = "Dual BSD/GPL";
