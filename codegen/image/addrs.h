/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address pages of a bank (polc_addrs in bpf/abi.h): IPv4 addresses -> peer classes as a trie
 * of pages, eight bits of the address a level (polc_trie4() in bpf/peer.h), and behind it the pages
 * of ranges. At most four lookups find what a prefix trie of the kernel needs up to 33 nodes for.
 *
 * They are made for a bank in one go, and changed in place, an address at a time, where programs
 * read meanwhile: what a packet finds is the old class or the new one.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/bundle.h"
#include "codegen/image/ranges.h"

struct gen_addrs {
	struct arena *arena;     /* borrowed: where pages grow; NULL: they stand in a map */
	struct polc_page *pages; /* the first is the root; children are numbers of this list */
	uint32_t n, cap;
};

/*
 * The trie of all IPv4 prefixes and endpoints of the bundle; where both know an address, the
 * endpoint counts. Returns 0, or -E2BIG unreported if it takes more than POLC_ADDR_PAGES.
 */
int gen_addrs_build4(const struct bundle *b, struct arena *arena, struct gen_addrs *out);

/* Appends the pages of a range of these peers; the number of the first, or -E2BIG unreported. */
int gen_addrs_add_range(struct gen_addrs *a, const struct bundle_peer *peers,
			const struct gen_range *r);

/* --- in place ------------------------------------------------------------------------------- */

/* Where a bank's pages stand: `bank` says which ranges there are, and counts pages from `base`
 * on. */
struct gen_addrs_view {
	struct gen_addrs pages;
	const struct polc_bank *bank;
	uint32_t base;
};

/*
 * Gives an address this class. Returns 0; 1 if it is an IPv6 address that no range holds, which
 * pages do not know; -E2BIG, unreported and with nothing changed that a packet sees, if the pages
 * are used up.
 */
int gen_addrs_set(struct gen_addrs_view *at, const struct net_addr *addr, uint32_t cls);
/* Takes it back: the address has the class of its prefix, `cls`. Returns 0 or 1 as above. */
int gen_addrs_clear(struct gen_addrs_view *at, const struct net_addr *addr, uint32_t cls);
