/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Address -> peer class. IPv4: an indexed range of endpoints, or a trie of pages that knows
 * endpoints and prefixes. IPv6: endpoints in ranges and scattered, the longest prefix, or the
 * default; a map that the shape does without is NULL. */
#pragma once

#include "pages.h"
#include "view.h"

POLC_INLINE __u32 polc_range4(const struct polc_view *view, void *addrs, __u32 addr)
{
	for (int i = 0; i < POLC_RANGES; i++) {
		const struct polc_range4 *r = &view->bank->range4[i];
		__u32 offset = addr - r->base;

		if (offset < r->n)
			return polc_page_get(addrs, r->page + offset / POLC_PAGE, offset);
		if (!r->n)
			break;
	}
	return POLC_NO_CLASS;
}

/* From an entry of the trie one level down, by a byte of the address. A missing page ends in a
 * class that has no row. */
POLC_INLINE int polc_trie4_step(const struct polc_view *view, void *addrs, int entry, __u32 byte)
{
	if (entry < POLC_TRIE_CHILD)
		return entry;
	return polc_page_get(addrs, view->bank->trie4 + (entry & ~POLC_TRIE_CHILD), byte);
}

POLC_INLINE __u32 polc_trie4(const struct polc_view *view, void *addrs, __u32 addr)
{
	int entry = polc_trie4_step(view, addrs, POLC_TRIE_CHILD, addr >> 24);

	entry = polc_trie4_step(view, addrs, entry, addr >> 16);
	entry = polc_trie4_step(view, addrs, entry, addr >> 8);
	return polc_trie4_step(view, addrs, entry, addr);
}

POLC_INLINE __u32 polc_peer4(const struct polc_view *view, void *addrs, bool ranges, __be32 addr_be)
{
	__u32 addr = bpf_ntohl(addr_be), cls;

	if (ranges) {
		cls = polc_range4(view, addrs, addr);
		if (cls != POLC_NO_CLASS)
			return cls;
	}
	return polc_trie4(view, addrs, addr);
}

POLC_INLINE bool polc_in_range6(const struct polc_range6 *r, const union polc_addr *addr,
				__u32 *offset)
{
	*offset = bpf_ntohl(addr->word[3]) - r->base;
	return *offset < r->n && addr->word[0] == r->high_be[0] && addr->word[1] == r->high_be[1] &&
	       addr->word[2] == r->high_be[2];
}

POLC_INLINE __u32 polc_known6(const struct polc_view *view, void *addrs, void *peers,
			      const union polc_addr *addr)
{
	struct polc_peer6_key key = {.bank = view->bank_number};
	const __u32 *cls;
	__u32 offset;

	for (int i = 0; i < POLC_RANGES; i++) {
		const struct polc_range6 *r = &view->bank->range6[i];

		if (polc_in_range6(r, addr, &offset))
			return polc_page_get(addrs, r->page + offset / POLC_PAGE, offset);
		if (!r->n)
			break;
	}
	if (!view->bank->n_hash6)
		return POLC_NO_CLASS;
	__builtin_memcpy(key.addr, addr, 16);
	cls = bpf_map_lookup_elem(peers, &key);
	return cls ? *cls : POLC_NO_CLASS;
}

POLC_INLINE __u32 polc_peer6(const struct polc_view *view, void *addrs, void *peers, void *cidrs,
			     const union polc_addr *addr)
{
	struct polc_lpm6 lpm = {.len = 160, .bank = view->bank_number};
	const __u32 *found;
	__u32 cls;

	if (peers) {
		cls = polc_known6(view, addrs, peers, addr);
		if (cls != POLC_NO_CLASS)
			return cls;
	}
	if (cidrs) {
		__builtin_memcpy(lpm.addr, addr, 16);
		found = bpf_map_lookup_elem(cidrs, &lpm);
		if (found)
			return *found;
	}
	return view->bank->class6;
}
