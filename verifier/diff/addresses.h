/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as numbers: the address space is cut wherever a prefix that matters begins or ends,
 * and the pieces are numbered in order, IPv4 first. Private to verifier/diff/.
 */
#pragma once

#include "lang/base/net.h"
#include "verifier/region/region.h"

struct ir;
struct buf;

struct diff_addresses {
	VEC(struct net_addr) starts; /* of the pieces, sorted */
	uint32_t n4;                 /* pieces of IPv4 */
};

void diff_addresses_init(struct diff_addresses *a);
/* Before diff_addresses_seal(): this prefix matters; every prefix of the policies does. */
void diff_addresses_cut(struct diff_addresses *a, const struct net_prefix *p, struct arena *arena);
void diff_addresses_cut_ir(struct diff_addresses *a, const struct ir *ir, struct arena *arena);
void diff_addresses_seal(struct diff_addresses *a, struct arena *arena);

uint32_t diff_address_piece(const struct diff_addresses *a, const struct net_addr *addr);
/* The pieces of a prefix that was cut. */
struct region_span diff_address_span(const struct diff_addresses *a, const struct net_prefix *p);
struct net_addr diff_address_first(const struct diff_addresses *a, uint32_t piece);
/* An address of a set of pieces, as plain as there is; documentation addresses are plainest. */
struct net_addr diff_address_plain(const struct diff_addresses *a, const struct region_set *set);

struct diff_prefixes {
	VEC(struct net_prefix) in, except;
};

/* The fewest prefixes that say the same, with exceptions where that is shorter. */
void diff_address_prefixes(const struct diff_addresses *a, struct region_space *s,
			   const struct region_set *set, struct diff_prefixes *out);
/* Without exceptions. */
void diff_address_cover(const struct diff_addresses *a, struct arena *arena,
			const struct region_set *set, struct diff_prefixes *out);
/* `cidr { 10.0.0.0/8 } except { 10.1.0.0/16 }` */
void diff_address_put(const struct diff_addresses *a, struct region_space *s,
		      const struct region_set *set, struct buf *out);
