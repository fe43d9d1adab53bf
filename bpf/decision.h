/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who decided about a packet, known from the cells that its verdicts came from; and how often
 * each did. */
#pragma once

#include "pages.h"
#include "view.h"

/* The decision of a cell. Reads are volatile: clang would choose between the addresses of two
 * cells instead of between what they hold, and the kernel's verifier cannot follow that. */
POLC_INLINE int polc_decision_at(void *pages, const struct polc_table *t, const __u32 *cell)
{
	__u32 at = *(const volatile __u32 *)cell;

	return polc_page_get(pages, *(const volatile __u32 *)&t->decided + at / POLC_PAGE, at);
}

/* A reply passes by the table of those who opened its flow. POLC_NO_DECISION: policy had no part
 * in the reason. */
POLC_INLINE __u32 polc_decision(void *pages, const struct polc_view *view,
				const struct polc_pkt *pkt, enum polc_dir dir, int reason)
{
	enum polc_dir opposite = dir == POLC_INGRESS ? POLC_EGRESS : POLC_INGRESS;
	const struct polc_table *tables = view->ep->tables;
	int number = POLC_NO_ENTRY;

	if (reason == POLC_PASS_POLICY || reason == POLC_DROP_POLICY || reason == POLC_PASS_PROXY ||
	    reason == POLC_DROP_NO_PROXY)
		number = polc_decision_at(pages, &tables[dir], &pkt->cell[dir]);
	else if (reason == POLC_PASS_REPLY || reason == POLC_PASS_PROXY_REPLY)
		number = polc_decision_at(pages, &tables[opposite], &pkt->cell[opposite]);
	return number < 0 ? POLC_NO_DECISION : number;
}

POLC_INLINE void polc_hit(void *hits, const struct __sk_buff *skb, const struct polc_view *view,
			  __u32 decision)
{
	__u32 key = view->bank_number * POLC_DECISIONS + decision;
	struct polc_counter *c;

	if (decision >= POLC_DECISIONS)
		return;
	c = bpf_map_lookup_elem(hits, &key);
	if (c) {
		c->packets++;
		c->bytes += skb->len;
	}
}
