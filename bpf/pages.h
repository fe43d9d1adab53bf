/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pages of 256 numbers: everything that policy looks up by an index. */
#pragma once

#include "packet.h"

enum { POLC_NO_ENTRY = -1 };

/* Entry i % POLC_PAGE of a page; POLC_NO_ENTRY: there is no such page. */
POLC_INLINE int polc_page_get(void *pages, __u32 page, __u32 i)
{
	const struct polc_page *p = bpf_map_lookup_elem(pages, &page);

	return p ? *POLC_AT(p->v, i, POLC_PAGE) : POLC_NO_ENTRY;
}
