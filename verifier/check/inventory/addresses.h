/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of the inventory's endpoints in order, so that a prefix finds those that it holds
 * without a look at each. */
#pragma once

#include "compiler/ir.h"

struct address_of {
	struct net_addr addr;
	const struct ir_endpoint *ep;
};

struct addresses {
	VEC(struct address_of)
	list; /* in order, and of two that are equal the first endpoint's first */
};

/* Those of all endpoints but hosts for whom `takes` says so; NULL: all. Memory comes from `arena`.
 */
typedef bool addresses_take_fn(const struct ir_endpoint *ep, const struct net_addr *addr);
void addresses_list(struct addresses *x, const struct ir *ir, addresses_take_fn *takes,
		    struct arena *arena);
/* One that these prefixes hold, from the first of them: its lowest address; NULL: none. */
const struct address_of *addresses_find(const struct addresses *x, const struct ir_cidr *cidr);
