/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Telling user space of a dropped packet, no more often than its budget allows. */
#pragma once

#include "view.h"

/* A token bucket for each CPU, so that no CPU waits for another. */
POLC_INLINE bool polc_budget_take(struct polc_budget *b, __u64 now)
{
	__u64 earned = (now - b->filled) / POLC_EVENT_INTERVAL;

	b->filled += earned * POLC_EVENT_INTERVAL;
	b->tokens += earned;
	if (b->tokens > POLC_EVENT_BURST)
		b->tokens = POLC_EVENT_BURST;
	if (!b->tokens)
		return false;
	b->tokens--;
	return true;
}

POLC_INLINE void polc_event_fill(struct polc_event *e, const struct __sk_buff *skb,
				 const struct polc_view *view, const struct polc_pkt *pkt)
{
	e->generation = view->bank->generation;
	e->slot = skb->tc_classid;
	e->length = skb->len;
	e->type = pkt->type;
	e->proto = pkt->l4.proto;
	e->port = pkt->l4.port;
	e->sport_be = pkt->l4.sport_be;
	e->dport_be = pkt->l4.dport_be;
	__builtin_memcpy(e->saddr, &pkt->saddr, sizeof(e->saddr));
	__builtin_memcpy(e->daddr, &pkt->daddr, sizeof(e->daddr));
	__builtin_memset(e->pad2, 0, sizeof(e->pad2));
}

POLC_INLINE void polc_tell(void *events, void *budget, const struct __sk_buff *skb,
			   const struct polc_view *view, const struct polc_pkt *pkt,
			   enum polc_hook hook, enum polc_dir dir, int reason, __u32 decision)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 zero = 0;
	struct polc_budget *b = bpf_map_lookup_elem(budget, &zero);
	struct polc_event *e = NULL;

	if (!b)
		return;
	if (polc_budget_take(b, now))
		e = bpf_ringbuf_reserve(events, sizeof(*e), 0);
	if (!e) {
		b->suppressed++;
		return;
	}
	e->time = now;
	e->hook = hook;
	e->dir = dir;
	e->reason = reason;
	e->decision = decision;
	polc_event_fill(e, skb, view, pkt);
	bpf_ringbuf_submit(e, 0);
}
