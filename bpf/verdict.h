/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verdict tables: (class, protocol, port) -> deny or allow, in array lookups that cannot
 * leave their page. A missing page is no verdict at all: POLC_NO_ENTRY, which drops.
 */
#pragma once

#include "packet.h"

enum { POLC_NO_ENTRY = -1 };

POLC_INLINE int polc_page16_get(void *map, __u32 page, __u32 i)
{
	const struct polc_page16 *p = bpf_map_lookup_elem(map, &page);

	return p ? p->v[i & (POLC_PAGE - 1)] : POLC_NO_ENTRY;
}

POLC_INLINE int polc_row(void *rows, __u32 cls)
{
	return polc_page16_get(rows, cls >> 8, cls);
}

/* The row of the port map: the order of enum cls_proto (compiler/classes/classes.h). */
POLC_INLINE __u32 polc_proto_index(__u32 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 0;
	case IPPROTO_UDP:
		return 1;
	case IPPROTO_SCTP:
		return 2;
	case IPPROTO_ICMP:
		return 3;
	case IPPROTO_ICMPV6:
		return 4;
	default:
		return 5;
	}
}

POLC_INLINE int polc_col(void *ports, void *pages, __u32 proto, __u32 port)
{
	int page = polc_page16_get(ports, polc_proto_index(proto), port >> 8);

	if (page < 0)
		return POLC_NO_ENTRY;
	return polc_page16_get(pages, page, port);
}

/* Deny 0, allow 1, or POLC_NO_ENTRY. */
POLC_INLINE int polc_cell(void *cells, int row, int col, __u32 n_cols)
{
	const struct polc_page8 *p;
	__u32 i, page;

	if (row < 0 || col < 0)
		return POLC_NO_ENTRY;
	i = row * n_cols + col;
	page = i >> 8;
	p = bpf_map_lookup_elem(cells, &page);
	return p ? p->v[i & (POLC_PAGE - 1)] : POLC_NO_ENTRY;
}

/* The reason for a verdict: `pass` if it allows. */
POLC_INLINE int polc_judge(int verdict, int pass)
{
	if (verdict < 0)
		return POLC_DROP_INTERNAL;
	return verdict ? pass : POLC_DROP_POLICY;
}
