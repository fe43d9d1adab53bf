/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that endpoints have, and the choice of others that nobody has. */
#pragma once

#include "compiler/ir.h"

struct space_taken {
	struct arena *arena; /* borrowed; set by the caller, all else is zero at first */
	VEC(struct net_addr) list;
};

/* Those of all endpoints whose addresses are known. Before the list is sealed. */
void space_take_endpoints(struct space_taken *t, const struct ir *ir);
void space_taken_seal(struct space_taken *t);

/*
 * A free address from `from` to `to`, which are of one family: `plain` if it is one, else one that
 * reads well if there is one, else the first, which is one that no interface has only where all
 * are. False: all are taken.
 */
bool space_pick(const struct space_taken *t, const struct net_addr *from, const struct net_addr *to,
		const struct net_addr *plain, struct net_addr *out);
