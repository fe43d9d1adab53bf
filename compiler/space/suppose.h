/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints without an address. The pods of a Deployment in a repository will have some, which
 * nobody knows yet: of the prefixes that pods have where these are known (ir.pods), of any where
 * not, in either family. A node has any at all, as there may be nodes that the input lacks; those
 * that it has are the examples.
 *
 * Each such endpoint gets one address of every kind that prefixes of rules and claims tell apart,
 * and is marked: so whoever goes through the addresses of all endpoints has gone through all that
 * could be, and what is shown is an example. Where nothing looks at the addresses of endpoints, and
 * nobody knows of which families they are, they stay without.
 */
#pragma once

#include "compiler/space/addresses.h"

/* In IRs that are held against each other the kinds are the same. Memory comes from their arenas.
 * Whoever enforces the IR must take them back first: the addresses are nobody's. */
void space_suppose(struct ir *const *irs, size_t n);
/* The IR as it was before. */
void space_take_back(struct ir *ir);

/* The space whose pieces are the kinds that `ep` has an address of, sealed. */
void space_supposed_kinds(const struct ir *const *irs, size_t n, const struct ir_endpoint *ep,
			  struct space_addresses *out);

/* Pieces of a space, as runs. */
struct space_run {
	uint32_t first, last;
};

struct space_runs {
	VEC(struct space_run) list;
};

/* All that is no endpoint, in both families: its kinds, sealed, and one address of each, in order.
 */
struct space_outside {
	struct space_addresses kinds;
	VEC(struct net_addr) addrs;
	size_t n4;                           /* of IPv4, which come first */
	const struct space_runs *stands_for; /* by address; NULL: for its own piece */
};

/* Memory comes from the IR's arena. */
void space_find_outside(const struct ir *ir, struct space_outside *out);
