/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expected: requests at the end that asks, open for others. */
#line 1 "baec7faf61b2.bpf.c"
#include "conntrack.h"
#include "decision.h"
#include "fragment.h"
#include "ipv4.h"
#include "ipv6.h"
#include "link.h"
#include "maps.h"
#include "metrics.h"
#include "proxy.h"
#include "related4.h"
#include "related6.h"
#include "stage.h"
#include "verdict.h"
#include "view.h"

POLC_MAP(polc_node, ARRAY, __u32, struct polc_node, 1, BPF_F_MMAPABLE);
POLC_MAP(polc_eps, ARRAY, __u32, struct polc_ep, POLC_BANKS * POLC_ENDPOINTS, BPF_F_MMAPABLE);
POLC_MAP(polc_progs, PROG_ARRAY, __u32, __u32, POLC_PROGRAMS * POLC_PROG_SLOTS, 0);
POLC_MAP(polc_pages, ARRAY, __u32, struct polc_page, POLC_BANKS * POLC_PAGES, BPF_F_MMAPABLE);
POLC_MAP(polc_cells, ARRAY, __u32, struct polc_cells_line, POLC_BANKS * POLC_CELL_LINES, BPF_F_MMAPABLE);
POLC_MAP(polc_proxy, ARRAY, __u32, struct polc_proxy, POLC_DIRS, BPF_F_MMAPABLE);
POLC_MAP(polc_ct4, ARRAY, __u32, struct polc_ct4_bucket, POLC_CT4_BUCKETS, BPF_F_MMAPABLE);
POLC_MAP(polc_frag4, LRU_HASH, struct polc_frag4_key, struct polc_l4, POLC_FRAG_ENTRIES, 0);
POLC_MAP(polc_ct6, ARRAY, __u32, struct polc_ct6_bucket, POLC_CT6_BUCKETS, BPF_F_MMAPABLE);
POLC_MAP(polc_frag6, LRU_HASH, struct polc_frag6_key, struct polc_l4, POLC_FRAG_ENTRIES, 0);
POLC_MAP(polc_ct_fates, PERCPU_ARRAY, __u32, __u64, POLC_CT_N_FATES, 0);
POLC_MAP(polc_metrics, PERCPU_ARRAY, __u32, struct polc_counter, POLC_METRICS_ENTRIES, 0);

const volatile __u32 polc_program;

POLC_CT_DEFINE(4)

POLC_CT_DEFINE(6)

/* Egress by protocol and port. */
POLC_INLINE int eg_verdict(const struct polc_view *view, __u32 proto, __u32 port, __u32 *cells)
{
	const struct polc_table *t = &view->ep->tables[POLC_EGRESS];
	int col = polc_col(&polc_pages, view->ep, t, proto, port);

	return polc_noted_cell(&polc_cells, t, 0, col, &cells[POLC_EGRESS]);
}

/* IPv4 to the endpoint. */
POLC_INLINE int in4(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	int reason, verdict;

	reason = polc_ip4_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_transport4(skb, &polc_frag4, pkt);
	if (reason != POLC_GO)
		return reason;
	if (pkt->l4.proto == IPPROTO_TCP) {
		verdict = eg_verdict(view, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
		if (!verdict &&
		    polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]) &&
		    polc_proxy_has4(skb, &polc_proxy, POLC_EGRESS, pkt))
			return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_REPLY);
	}
	if (pkt->l4.flags & POLC_L4_ERROR) {
		pkt->l4.flags |= POLC_L4_ALLOWED;
		return POLC_ASK_RELATED;
	}
	if (!(pkt->l4.flags & POLC_L4_QUIET))
		ct4_track(view, pkt, POLC_INGRESS);
	return POLC_PASS_POLICY;
}

/* IPv6 to the endpoint. */
static __noinline int in6(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	int reason, verdict;

	reason = polc_ip6_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_link6(skb, pkt);
	if (reason == POLC_GO)
		reason = polc_transport6(skb, &polc_frag6, pkt);
	if (reason != POLC_GO)
		return reason;
	if (pkt->l4.proto == IPPROTO_TCP) {
		verdict = eg_verdict(view, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
		if (!verdict &&
		    polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]) &&
		    polc_proxy_has6(skb, &polc_proxy, POLC_EGRESS, pkt))
			return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_REPLY);
	}
	if (pkt->l4.flags & POLC_L4_ERROR) {
		pkt->l4.flags |= POLC_L4_ALLOWED;
		return POLC_ASK_RELATED;
	}
	if (!(pkt->l4.flags & POLC_L4_QUIET))
		ct6_track(view, pkt, POLC_INGRESS);
	return POLC_PASS_POLICY;
}

POLC_INLINE int in(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	if (frame.type == ETH_P_IP) {
		reason = in4(skb, frame.at, view, pkt);
		if (reason == POLC_ASK_RELATED)
			reason = polc_stage_go(skb, view, pkt, POLC_INGRESS, &polc_progs,
					       POLC_PROG_KEY(polc_program, POLC_HOOK_EP_IN,
							     POLC_STAGE_RELATED));
		return reason;
	}
	if (frame.type == ETH_P_IPV6) {
		reason = in6(skb, frame.at, view, pkt);
		if (reason == POLC_ASK_RELATED)
			reason = polc_stage_go(skb, view, pkt, POLC_INGRESS, &polc_progs,
					       POLC_PROG_KEY(polc_program, POLC_HOOK_EP_IN,
							     POLC_STAGE_RELATED));
		return reason;
	}
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
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_IN, reason));
}

/* An ICMP error to the endpoint passes with the flow that it is about. */
static __noinline int in4_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	int reason = polc_ip4_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_INGRESS, pkt);
	if (!polc_quote4(skb, pkt, POLC_INGRESS, &quote))
		return polc_error_alone(pkt);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, quote.l4.proto, quote.l4.port, quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent4(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	return POLC_PASS_POLICY;
}

/* An ICMP error to the endpoint passes with the flow that it is about. */
static __noinline int in6_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	int reason = polc_ip6_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_INGRESS, pkt);
	if (!polc_quote6(skb, pkt, POLC_INGRESS, &quote))
		return polc_error_alone(pkt);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, quote.l4.proto, quote.l4.port, quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent6(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	return POLC_PASS_POLICY;
}

POLC_INLINE int in_related(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	if (frame.type == ETH_P_IP)
		return in4_related(skb, frame.at, view, pkt);
	if (frame.type == ETH_P_IPV6)
		return in6_related(skb, frame.at, view, pkt);
	return POLC_DROP_INTERNAL;
}

SEC("tc")
int polc_in_related(struct __sk_buff *skb)
{
	struct polc_view view;
	int reason = POLC_DROP_INTERNAL;

	if (polc_stage_view(&polc_node, &polc_eps, skb, &view)) {
		struct polc_pkt pkt = {};

		reason = in_related(skb, &view, &pkt);
	}
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_IN, reason));
}

/* IPv4 from the endpoint. */
POLC_INLINE int eg4(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	__u32 listener;
	int reason, verdict;

	reason = polc_ip4_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_source4(view->ep, pkt);
	if (reason == POLC_GO)
		reason = polc_transport4(skb, &polc_frag4, pkt);
	if (reason != POLC_GO)
		return reason;
	verdict = eg_verdict(view, pkt->l4.proto, pkt->l4.port, pkt->cell);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict) {
		if (pkt->l4.flags & POLC_L4_ERROR) {
			pkt->l4.flags |= POLC_L4_ALLOWED;
			return POLC_ASK_RELATED;
		}
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct4_track(view, pkt, POLC_EGRESS);
		return POLC_PASS_POLICY;
	}
	if (pkt->l4.flags & POLC_L4_ERROR)
		return POLC_ASK_RELATED;
	if (ct4_asks(view, pkt, POLC_EGRESS, POLC_CT_ANSWERS))
		return POLC_PASS_REPLY;
	listener = polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]);
	if (listener) {
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct4_track(view, pkt, POLC_EGRESS);
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, listener, POLC_PASS_PROXY);
	}
	return POLC_DROP_POLICY;
}

/* IPv6 from the endpoint. */
static __noinline int eg6(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	__u32 listener;
	int reason, verdict;

	reason = polc_ip6_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_source6(skb, view->ep, pkt);
	if (reason == POLC_GO)
		reason = polc_transport6(skb, &polc_frag6, pkt);
	if (reason != POLC_GO)
		return reason;
	verdict = eg_verdict(view, pkt->l4.proto, pkt->l4.port, pkt->cell);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict) {
		if (pkt->l4.flags & POLC_L4_ERROR) {
			pkt->l4.flags |= POLC_L4_ALLOWED;
			return POLC_ASK_RELATED;
		}
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct6_track(view, pkt, POLC_EGRESS);
		return POLC_PASS_POLICY;
	}
	if (pkt->l4.flags & POLC_L4_ERROR)
		return POLC_ASK_RELATED;
	if (ct6_asks(view, pkt, POLC_EGRESS, POLC_CT_ANSWERS))
		return POLC_PASS_REPLY;
	listener = polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]);
	if (listener) {
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct6_track(view, pkt, POLC_EGRESS);
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, listener, POLC_PASS_PROXY);
	}
	return POLC_DROP_POLICY;
}

POLC_INLINE int eg(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	if (frame.type == ETH_P_IP) {
		reason = eg4(skb, frame.at, view, pkt);
		if (reason == POLC_ASK_RELATED)
			reason = polc_stage_go(skb, view, pkt, POLC_EGRESS, &polc_progs,
					       POLC_PROG_KEY(polc_program, POLC_HOOK_EP_OUT,
							     POLC_STAGE_RELATED));
		return reason;
	}
	if (frame.type == ETH_P_IPV6) {
		reason = eg6(skb, frame.at, view, pkt);
		if (reason == POLC_ASK_RELATED)
			reason = polc_stage_go(skb, view, pkt, POLC_EGRESS, &polc_progs,
					       POLC_PROG_KEY(polc_program, POLC_HOOK_EP_OUT,
							     POLC_STAGE_RELATED));
		return reason;
	}
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
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_OUT, reason));
}

/* An ICMP error from the endpoint passes with the flow that it is about. */
static __noinline int eg4_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	int reason = polc_ip4_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_EGRESS, pkt);
	if (!polc_quote4(skb, pkt, POLC_EGRESS, &quote))
		return polc_error_alone(pkt);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent4(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (pkt->l4.flags & POLC_L4_ALLOWED)
		return POLC_PASS_POLICY;
	if (ct4_asks(view, &quote, POLC_INGRESS, POLC_CT_OPENED))
		return POLC_PASS_RELATED;
	if (ct4_asks(view, &quote, POLC_INGRESS, POLC_CT_ANSWERED) &&
	    eg_verdict(view, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) > 0)
		return POLC_PASS_RELATED;
	return POLC_DROP_POLICY;
}

/* An ICMP error from the endpoint passes with the flow that it is about. */
static __noinline int eg6_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	int reason = polc_ip6_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_EGRESS, pkt);
	if (!polc_quote6(skb, pkt, POLC_EGRESS, &quote))
		return polc_error_alone(pkt);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent6(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (pkt->l4.flags & POLC_L4_ALLOWED)
		return POLC_PASS_POLICY;
	if (ct6_asks(view, &quote, POLC_INGRESS, POLC_CT_OPENED))
		return POLC_PASS_RELATED;
	if (ct6_asks(view, &quote, POLC_INGRESS, POLC_CT_ANSWERED) &&
	    eg_verdict(view, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) > 0)
		return POLC_PASS_RELATED;
	return POLC_DROP_POLICY;
}

POLC_INLINE int eg_related(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	if (frame.type == ETH_P_IP)
		return eg4_related(skb, frame.at, view, pkt);
	if (frame.type == ETH_P_IPV6)
		return eg6_related(skb, frame.at, view, pkt);
	return POLC_DROP_INTERNAL;
}

SEC("tc")
int polc_eg_related(struct __sk_buff *skb)
{
	struct polc_view view;
	int reason = POLC_DROP_INTERNAL;

	if (polc_stage_view(&polc_node, &polc_eps, skb, &view)) {
		struct polc_pkt pkt = {};

		reason = eg_related(skb, &view, &pkt);
	}
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_OUT, reason));
}

char _license[] SEC("license") = "Dual BSD/GPL";
