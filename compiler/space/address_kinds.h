/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of supposed addresses (suppose.h): those that no rule and no claim tells apart. A list of
 * prefixes cuts the space into thousands of pieces and makes two kinds, so that thousands of
 * endpoints without an address need not be looked at in thousands of places each.
 */
#pragma once

#include "compiler/ir.h"

struct work;

struct space_address_kinds {
	const struct net_addr *addrs; /* borrowed: of an endpoint; others have the same list */
	size_t n;
	uint32_t *kind_of;    /* by the number of the address */
	VEC(uint32_t) firsts; /* of each kind its first address */
};

/* Those that were asked for: pods have one list of addresses, and hosts another one. */
struct space_address_kinds_list {
	VEC(struct space_address_kinds *) list;
};

/* Of a supposed endpoint, as the peers of these policies and their nodes tell addresses apart.
 * Memory comes from the arena of the first. Once `work` is over, kinds may be too few. */
const struct space_address_kinds *space_address_kinds_of(struct space_address_kinds_list *known,
							 const struct ir *const *irs, size_t n,
							 const struct ir_endpoint *ep,
							 struct work *work);
