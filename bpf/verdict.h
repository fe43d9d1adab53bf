/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verdict tables: (class, protocol, port) -> deny or allow, in array lookups that cannot
 * leave their page. A missing page is no verdict at all: POLC_NO_ENTRY, which drops.
 */
#pragma once

#include "pages.h"
#include "view.h"

POLC_INLINE int polc_row(const struct polc_view *view, void *pages, const struct polc_table *t,
			 __u32 cls)
{
	if (cls >= view->bank->n_classes)
		return POLC_NO_ENTRY;
	return polc_page_get(pages, t->rows + cls / POLC_PAGE, cls);
}

POLC_INLINE enum polc_proto polc_proto_index(__u32 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return POLC_TCP;
	case IPPROTO_UDP:
		return POLC_UDP;
	case IPPROTO_SCTP:
		return POLC_SCTP;
	case IPPROTO_ICMP:
		return POLC_ICMP;
	case IPPROTO_ICMPV6:
		return POLC_ICMP6;
	default:
		return POLC_OTHER;
	}
}

POLC_INLINE int polc_col(void *pages, const struct polc_ep *ep, const struct polc_table *t,
			 __u32 proto, __u32 port)
{
	const __u32 *page = POLC_AT(t->ports, polc_proto_index(proto), POLC_PROTO_SLOTS);
	int number = polc_page_get(pages, *page, port / POLC_PAGE);

	if (number < 0)
		return POLC_NO_ENTRY;
	return polc_page_get(pages, ep->pages + number, port);
}

/* Deny 0, allow 1, or POLC_NO_ENTRY. */
POLC_INLINE int polc_cell(void *cells, const struct polc_table *t, int row, int col)
{
	const struct polc_cells_line *line;
	__u32 bit, at;

	if (row < 0 || col < 0)
		return POLC_NO_ENTRY;
	bit = row * t->n_cols + col;
	at = t->cells + bit / POLC_LINE_BITS;
	line = bpf_map_lookup_elem(cells, &at);
	if (!line)
		return POLC_NO_ENTRY;
	return *POLC_AT(line->word, bit / 64, POLC_LINE_WORDS) >> (bit % 64) & 1;
}

/* The same, and notes which cell it was. */
POLC_INLINE int polc_noted_cell(void *cells, const struct polc_table *t, int row, int col,
				__u32 *cell)
{
	*cell = row * t->n_cols + col;
	return polc_cell(cells, t, row, col);
}

/* The reason for a verdict: `pass` if it allows. */
POLC_INLINE int polc_judge(int verdict, int pass)
{
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	return verdict ? pass : POLC_DROP_POLICY;
}
