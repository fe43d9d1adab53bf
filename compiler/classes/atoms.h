/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peer predicates by what they ask: which of very many can match a peer, without a look at each.
 * By their prefixes if they ask for an address, else by a label that they ask for.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/classes/signature.h"

struct atoms_list {
	VEC(uint32_t) atoms;
};

struct atoms {
	const struct cls_traits *traits; /* borrowed */
	struct arena *arena;
	struct keyset keys; /* prefixes and labels */
	VEC(struct atoms_list) lists;
	struct atoms_list others; /* those that can match any peer */
};

/* Memory comes from `arena`. The traits do not change any more. */
void atoms_init(struct atoms *a, const struct cls_traits *traits, struct arena *arena);

/* As cls_signature_of(). */
void atoms_signature(const struct atoms *a, const struct ir_endpoint *ep,
		     const struct net_prefix *where, uint64_t *sig);
