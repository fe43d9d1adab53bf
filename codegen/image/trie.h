/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 addresses -> peer classes as a trie of pages, eight bits of the address a level
 * (polc_trie4() in bpf/peer.h). At most four lookups find what a prefix trie of the kernel
 * needs up to 33 nodes for, and the pages live in a bank like those of the tables.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/bundle.h"

struct gen_trie {
	VEC(struct polc_page) pages; /* the first is the root; children are numbers of this list */
};

/*
 * All IPv4 prefixes and endpoints of the bundle; where both know an address, the endpoint
 * counts. Returns 0, or -E2BIG unreported if it takes more than POLC_TRIE_PAGES. Memory comes
 * from `arena`.
 */
int gen_trie4_build(const struct bundle *b, struct arena *arena, struct gen_trie *out);
