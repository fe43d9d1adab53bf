/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of addresses, as sets of pieces of their space: from prefixes, and back to prefixes. */
#pragma once

#include "compiler/space/addresses.h"
#include "verifier/region/region.h"

struct buf;

/* The pieces of a prefix that was cut. */
struct region_span region_address_span(const struct space_addresses *a, const struct net_prefix *p);
/* An address of a set of pieces, as plain as there is; documentation addresses are plainest. */
struct net_addr region_address_plain(const struct space_addresses *a, const struct region_set *set);

struct region_prefixes {
	VEC(struct net_prefix) in, except;
};

/* The fewest prefixes that say the same, with exceptions where that is shorter. */
void region_address_prefixes(const struct space_addresses *a, struct region_space *s,
			     const struct region_set *set, struct region_prefixes *out);
/* Without exceptions. */
void region_address_cover(const struct space_addresses *a, struct arena *arena,
			  const struct region_set *set, struct region_prefixes *out);
/* `cidr { 10.0.0.0/8 } except { 10.1.0.0/16 }` */
void region_address_put(const struct space_addresses *a, struct region_space *s,
			const struct region_set *set, struct buf *out);
/* `10.0.0.0/8, fd00::/8 except 10.1.0.0/16` */
void region_put_prefixes(const struct region_prefixes *p, struct buf *out);
