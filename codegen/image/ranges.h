/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where known addresses lie densely: the pod ranges of a node, found in the addresses
 * themselves. There an address is an index, and needs no hash.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/bundle.h"

/* In a range, at least one of so many addresses is known. */
enum { GEN_RANGE_DENSITY = 8 };

struct gen_range {
	size_t first, n; /* its peers in the list */
	uint32_t base;   /* the last 32 bits of its first address, host order */
	uint32_t span;   /* addresses, known ones and gaps */
};

struct gen_ranges {
	struct gen_range v[POLC_RANGES];
	size_t n;
};

/* The ranges that hold the most peers, the fullest first. The peers are of one family and
 * sorted by address. */
void gen_ranges_find(const struct bundle_peer *peers, size_t n, struct gen_ranges *out);
/* The last 32 bits of an address, host order. */
uint32_t gen_range_low(const struct net_addr *addr);
