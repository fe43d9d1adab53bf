/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Expected: everything, and requests in both directions. */
#line 1 "f0f4211849c3.bpf.c"
#include "conntrack.h"
#include "decision.h"
#include "events.h"
#include "fragment.h"
#include "ipv4.h"
#include "ipv6.h"
#include "link.h"
#include "maps.h"
#include "metrics.h"
#include "peer.h"
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
POLC_MAP(polc_addrs, ARRAY, __u32, struct polc_page, POLC_BANKS * POLC_ADDR_PAGES, BPF_F_MMAPABLE);
POLC_MAP(polc_peers6, HASH, struct polc_peer6_key, __u32, POLC_PEERS, BPF_F_NO_PREALLOC);
POLC_MAP(polc_cidrs6, LPM_TRIE, struct polc_lpm6, __u32, POLC_CIDRS, BPF_F_NO_PREALLOC);
POLC_MAP(polc_ct4, ARRAY, __u32, struct polc_ct4_bucket, POLC_CT4_BUCKETS, BPF_F_MMAPABLE);
POLC_MAP(polc_frag4, LRU_HASH, struct polc_frag4_key, struct polc_l4, POLC_FRAG_ENTRIES, 0);
POLC_MAP(polc_ct6, ARRAY, __u32, struct polc_ct6_bucket, POLC_CT6_BUCKETS, BPF_F_MMAPABLE);
POLC_MAP(polc_frag6, LRU_HASH, struct polc_frag6_key, struct polc_l4, POLC_FRAG_ENTRIES, 0);
POLC_MAP(polc_ct_fates, PERCPU_ARRAY, __u32, __u64, POLC_CT_N_FATES, 0);
POLC_MAP(polc_metrics, PERCPU_ARRAY, __u32, struct polc_counter, POLC_METRICS_ENTRIES, 0);
POLC_MAP(polc_hits, PERCPU_ARRAY, __u32, struct polc_counter, POLC_BANKS * POLC_DECISIONS, 0);
POLC_RINGBUF(polc_events, POLC_EVENTS_SIZE);
POLC_MAP(polc_budget, PERCPU_ARRAY, __u32, struct polc_budget, 1, 0);

const volatile __u32 polc_program;

POLC_CT_DEFINE(4)

POLC_CT_DEFINE(6)

POLC_INLINE __u32 peer4(const struct polc_view *view, __be32 addr)
{
	return polc_peer4(view, &polc_addrs, true, addr);
}

static __noinline __u32 peer6(const struct polc_view *view, const union polc_addr *addr)
{
	return polc_peer6(view, &polc_addrs, &polc_peers6, &polc_cidrs6, addr);
}

/* Ingress by peer, protocol and port. */
POLC_INLINE int in_verdict(const struct polc_view *view, __u32 cls, __u32 proto, __u32 port, __u32 *cells)
{
	const struct polc_table *t = &view->ep->tables[POLC_INGRESS];
	int row = polc_row(view, &polc_pages, t, cls);
	int col = polc_col(&polc_pages, view->ep, t, proto, port);

	return polc_noted_cell(&polc_cells, t, row, col, &cells[POLC_INGRESS]);
}

/* Egress by peer, protocol and port. */
POLC_INLINE int eg_verdict(const struct polc_view *view, __u32 cls, __u32 proto, __u32 port, __u32 *cells)
{
	const struct polc_table *t = &view->ep->tables[POLC_EGRESS];
	int row = polc_row(view, &polc_pages, t, cls);
	int col = polc_col(&polc_pages, view->ep, t, proto, port);

	return polc_noted_cell(&polc_cells, t, row, col, &cells[POLC_EGRESS]);
}

/* IPv4 to the endpoint. */
POLC_INLINE int in4(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	__u32 cls;
	__u32 listener;
	int reason, verdict;

	reason = polc_ip4_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_transport4(skb, &polc_frag4, pkt);
	if (reason != POLC_GO)
		return reason;
	if (pkt->l4.proto == IPPROTO_TCP) {
		cls = peer4(view, pkt->saddr.v4_be);
		verdict = eg_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
		if (!verdict &&
		    polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]) &&
		    polc_proxy_has4(skb, &polc_proxy, POLC_EGRESS, pkt))
			return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_REPLY);
	}
	cls = peer4(view, pkt->saddr.v4_be);
	verdict = in_verdict(view, cls, pkt->l4.proto, pkt->l4.port, pkt->cell);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict) {
		if (pkt->l4.flags & POLC_L4_ERROR) {
			pkt->l4.flags |= POLC_L4_ALLOWED;
			return POLC_ASK_RELATED;
		}
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct4_track(view, pkt, POLC_INGRESS);
		return POLC_PASS_POLICY;
	}
	if (pkt->l4.flags & POLC_L4_ERROR)
		return POLC_ASK_RELATED;
	verdict = eg_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
	if (!verdict)
		verdict = polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict && ct4_asks(view, pkt, POLC_INGRESS, POLC_CT_ANSWERS))
		return POLC_PASS_REPLY;
	listener = polc_listener(&polc_pages, view, POLC_INGRESS, &pkt->cell[POLC_INGRESS]);
	if (listener) {
		if (!polc_from_proxy(skb, &polc_proxy, POLC_INGRESS))
			return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, listener, POLC_PASS_PROXY);
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct4_track(view, pkt, POLC_INGRESS);
		return POLC_PASS_POLICY;
	}
	return POLC_DROP_POLICY;
}

/* IPv6 to the endpoint. */
static __noinline int in6(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	__u32 cls;
	__u32 listener;
	int reason, verdict;

	reason = polc_ip6_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_link6(skb, pkt);
	if (reason == POLC_GO)
		reason = polc_transport6(skb, &polc_frag6, pkt);
	if (reason != POLC_GO)
		return reason;
	if (pkt->l4.proto == IPPROTO_TCP) {
		cls = peer6(view, &pkt->saddr);
		verdict = eg_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
		if (!verdict &&
		    polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]) &&
		    polc_proxy_has6(skb, &polc_proxy, POLC_EGRESS, pkt))
			return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_REPLY);
	}
	cls = peer6(view, &pkt->saddr);
	verdict = in_verdict(view, cls, pkt->l4.proto, pkt->l4.port, pkt->cell);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict) {
		if (pkt->l4.flags & POLC_L4_ERROR) {
			pkt->l4.flags |= POLC_L4_ALLOWED;
			return POLC_ASK_RELATED;
		}
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct6_track(view, pkt, POLC_INGRESS);
		return POLC_PASS_POLICY;
	}
	if (pkt->l4.flags & POLC_L4_ERROR)
		return POLC_ASK_RELATED;
	verdict = eg_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
	if (!verdict)
		verdict = polc_listener(&polc_pages, view, POLC_EGRESS, &pkt->cell[POLC_EGRESS]);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict && ct6_asks(view, pkt, POLC_INGRESS, POLC_CT_ANSWERS))
		return POLC_PASS_REPLY;
	listener = polc_listener(&polc_pages, view, POLC_INGRESS, &pkt->cell[POLC_INGRESS]);
	if (listener) {
		if (!polc_from_proxy(skb, &polc_proxy, POLC_INGRESS))
			return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, listener, POLC_PASS_PROXY);
		if (!(pkt->l4.flags & POLC_L4_QUIET))
			ct6_track(view, pkt, POLC_INGRESS);
		return POLC_PASS_POLICY;
	}
	return POLC_DROP_POLICY;
}

POLC_INLINE int in(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	pkt->type = frame.type;
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

POLC_INLINE void in_tell(struct __sk_buff *skb, const struct polc_view *view,
			 const struct polc_pkt *pkt, int reason)
{
	__u32 decision;

	decision = polc_decision(&polc_pages, view, pkt, POLC_INGRESS, reason);
	polc_hit(&polc_hits, skb, view, decision);
	if (reason < POLC_FIRST_DROP)
		return;
	polc_tell(&polc_events, &polc_budget, skb, view, pkt, POLC_HOOK_EP_IN, POLC_INGRESS, reason,
		  decision);
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
		in_tell(skb, &view, &pkt, reason);
	}
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_IN, reason));
}

/* An ICMP error to the endpoint passes with the flow that it is about. */
static __noinline int in4_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	__u32 cls;
	int reason = polc_ip4_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_INGRESS, pkt);
	if (!polc_quote4(skb, pkt, POLC_INGRESS, &quote))
		return polc_error_alone(pkt);
	cls = peer4(view, quote.daddr.v4_be);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent4(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !in_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_INGRESS, &quote.cell[POLC_INGRESS]) &&
	    polc_proxy_sent4(skb, &polc_proxy, POLC_INGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (pkt->l4.flags & POLC_L4_ALLOWED)
		return POLC_PASS_POLICY;
	if (ct4_asks(view, &quote, POLC_EGRESS, POLC_CT_OPENED) &&
	    eg_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) > 0)
		return POLC_PASS_RELATED;
	if (ct4_asks(view, &quote, POLC_EGRESS, POLC_CT_ANSWERED) &&
	    in_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) > 0)
		return POLC_PASS_RELATED;
	return POLC_DROP_POLICY;
}

/* An ICMP error to the endpoint passes with the flow that it is about. */
static __noinline int in6_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	__u32 cls;
	int reason = polc_ip6_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_INGRESS, pkt);
	if (!polc_quote6(skb, pkt, POLC_INGRESS, &quote))
		return polc_error_alone(pkt);
	cls = peer6(view, &quote.daddr);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent6(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !in_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_INGRESS, &quote.cell[POLC_INGRESS]) &&
	    polc_proxy_sent6(skb, &polc_proxy, POLC_INGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (pkt->l4.flags & POLC_L4_ALLOWED)
		return POLC_PASS_POLICY;
	if (ct6_asks(view, &quote, POLC_EGRESS, POLC_CT_OPENED) &&
	    eg_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) > 0)
		return POLC_PASS_RELATED;
	if (ct6_asks(view, &quote, POLC_EGRESS, POLC_CT_ANSWERED) &&
	    in_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) > 0)
		return POLC_PASS_RELATED;
	return POLC_DROP_POLICY;
}

POLC_INLINE int in_related(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	pkt->type = frame.type;
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
		in_tell(skb, &view, &pkt, reason);
	}
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_IN, reason));
}

/* IPv4 from the endpoint. */
POLC_INLINE int eg4(struct __sk_buff *skb, __u32 at, const struct polc_view *view,
		    struct polc_pkt *pkt)
{
	__u32 cls;
	__u32 listener;
	int reason, verdict;

	reason = polc_ip4_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_source4(view->ep, pkt);
	if (reason == POLC_GO)
		reason = polc_transport4(skb, &polc_frag4, pkt);
	if (reason != POLC_GO)
		return reason;
	if (pkt->l4.proto == IPPROTO_TCP) {
		cls = peer4(view, pkt->daddr.v4_be);
		verdict = in_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
		if (!verdict &&
		    polc_listener(&polc_pages, view, POLC_INGRESS, &pkt->cell[POLC_INGRESS]) &&
		    polc_proxy_has4(skb, &polc_proxy, POLC_INGRESS, pkt))
			return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, 0, POLC_PASS_PROXY_REPLY);
	}
	cls = peer4(view, pkt->daddr.v4_be);
	verdict = eg_verdict(view, cls, pkt->l4.proto, pkt->l4.port, pkt->cell);
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
	verdict = in_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
	if (!verdict)
		verdict = polc_listener(&polc_pages, view, POLC_INGRESS, &pkt->cell[POLC_INGRESS]);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict && ct4_asks(view, pkt, POLC_EGRESS, POLC_CT_ANSWERS))
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
	__u32 cls;
	__u32 listener;
	int reason, verdict;

	reason = polc_ip6_read(skb, at, pkt, false);
	if (reason == POLC_GO)
		reason = polc_source6(skb, view->ep, pkt);
	if (reason == POLC_GO)
		reason = polc_transport6(skb, &polc_frag6, pkt);
	if (reason != POLC_GO)
		return reason;
	if (pkt->l4.proto == IPPROTO_TCP) {
		cls = peer6(view, &pkt->daddr);
		verdict = in_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
		if (!verdict &&
		    polc_listener(&polc_pages, view, POLC_INGRESS, &pkt->cell[POLC_INGRESS]) &&
		    polc_proxy_has6(skb, &polc_proxy, POLC_INGRESS, pkt))
			return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, 0, POLC_PASS_PROXY_REPLY);
	}
	cls = peer6(view, &pkt->daddr);
	verdict = eg_verdict(view, cls, pkt->l4.proto, pkt->l4.port, pkt->cell);
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
	verdict = in_verdict(view, cls, pkt->l4.proto, polc_opener_port(&pkt->l4), pkt->cell);
	if (!verdict)
		verdict = polc_listener(&polc_pages, view, POLC_INGRESS, &pkt->cell[POLC_INGRESS]);
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	if (verdict && ct6_asks(view, pkt, POLC_EGRESS, POLC_CT_ANSWERS))
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
	pkt->type = frame.type;
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

POLC_INLINE void eg_tell(struct __sk_buff *skb, const struct polc_view *view,
			 const struct polc_pkt *pkt, int reason)
{
	__u32 decision;

	decision = polc_decision(&polc_pages, view, pkt, POLC_EGRESS, reason);
	polc_hit(&polc_hits, skb, view, decision);
	if (reason < POLC_FIRST_DROP)
		return;
	polc_tell(&polc_events, &polc_budget, skb, view, pkt, POLC_HOOK_EP_OUT, POLC_EGRESS, reason,
		  decision);
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
		eg_tell(skb, &view, &pkt, reason);
	}
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_OUT, reason));
}

/* An ICMP error from the endpoint passes with the flow that it is about. */
static __noinline int eg4_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	__u32 cls;
	int reason = polc_ip4_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_EGRESS, pkt);
	if (!polc_quote4(skb, pkt, POLC_EGRESS, &quote))
		return polc_error_alone(pkt);
	cls = peer4(view, quote.saddr.v4_be);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !in_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_INGRESS, &quote.cell[POLC_INGRESS]) &&
	    polc_proxy_sent4(skb, &polc_proxy, POLC_INGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent4(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (pkt->l4.flags & POLC_L4_ALLOWED)
		return POLC_PASS_POLICY;
	if (ct4_asks(view, &quote, POLC_INGRESS, POLC_CT_OPENED) &&
	    in_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) > 0)
		return POLC_PASS_RELATED;
	if (ct4_asks(view, &quote, POLC_INGRESS, POLC_CT_ANSWERED) &&
	    eg_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) > 0)
		return POLC_PASS_RELATED;
	return POLC_DROP_POLICY;
}

/* An ICMP error from the endpoint passes with the flow that it is about. */
static __noinline int eg6_related(struct __sk_buff *skb, __u32 at,
				 const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_pkt quote = {};
	__u32 cls;
	int reason = polc_ip6_read(skb, at, pkt, false);

	if (reason != POLC_GO)
		return reason;
	polc_stage_packet(skb, POLC_EGRESS, pkt);
	if (!polc_quote6(skb, pkt, POLC_EGRESS, &quote))
		return polc_error_alone(pkt);
	cls = peer6(view, &quote.saddr);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !in_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_INGRESS, &quote.cell[POLC_INGRESS]) &&
	    polc_proxy_sent6(skb, &polc_proxy, POLC_INGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_INGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (quote.l4.proto == IPPROTO_TCP &&
	    !eg_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) &&
	    polc_listener(&polc_pages, view, POLC_EGRESS, &quote.cell[POLC_EGRESS]) &&
	    polc_proxy_sent6(skb, &polc_proxy, POLC_EGRESS, &quote))
		return polc_proxy_send(skb, &polc_proxy, POLC_EGRESS, 0, POLC_PASS_PROXY_RELATED);
	if (pkt->l4.flags & POLC_L4_ALLOWED)
		return POLC_PASS_POLICY;
	if (ct6_asks(view, &quote, POLC_INGRESS, POLC_CT_OPENED) &&
	    in_verdict(view, cls, quote.l4.proto, quote.l4.port, quote.cell) > 0)
		return POLC_PASS_RELATED;
	if (ct6_asks(view, &quote, POLC_INGRESS, POLC_CT_ANSWERED) &&
	    eg_verdict(view, cls, quote.l4.proto, polc_opener_port(&quote.l4), quote.cell) > 0)
		return POLC_PASS_RELATED;
	return POLC_DROP_POLICY;
}

POLC_INLINE int eg_related(struct __sk_buff *skb, const struct polc_view *view, struct polc_pkt *pkt)
{
	struct polc_frame frame;
	int reason = polc_frame_read(skb, &frame);

	if (reason != POLC_GO)
		return reason;
	pkt->type = frame.type;
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
		eg_tell(skb, &view, &pkt, reason);
	}
	return polc_proxy_action(reason, polc_leave(&polc_metrics, skb, POLC_HOOK_EP_OUT, reason));
}

char _license[] SEC("license") = "Dual BSD/GPL";
