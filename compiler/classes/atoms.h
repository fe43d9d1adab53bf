/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peer predicates by what they ask: which of very many can match a peer, without a look at each.
 * By their prefixes if they ask for an address, else by a label that they ask for.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/classes/signature.h"
#include "compiler/ir/peer.h"

struct atoms_list {
	VEC(uint32_t) atoms;
};

struct atoms {
	const struct cls_traits *traits; /* borrowed */
	struct arena *arena;
	struct keyset keys; /* prefixes and labels */
	VEC(struct atoms_list) lists;
	struct atoms_list others; /* those that can match any peer */
	uint64_t *placed, *both;  /* bits: those that ask for an address, and for labels, too */
};

/* Memory comes from `arena`. The traits do not change any more. */
void atoms_init(struct atoms *a, const struct cls_traits *traits, struct arena *arena);

/* As cls_signature_of(). */
void atoms_signature(const struct atoms *a, const struct ir_endpoint *ep,
		     const struct net_prefix *where, uint64_t *sig);

/* A signature in two halves, of those whose address is not known. What it is but for its address:
 * the atoms that ask for none, and of those that ask for labels and an address which labels fit. */
void atoms_signature_labels(const struct atoms *a, const struct ir_endpoint *ep, uint64_t *sig);
/* And where it is: the atoms that ask for an address, and which of these fits one of this sort. */
void atoms_signature_address(const struct atoms *a, enum ir_sort sort, const struct net_addr *addr,
			     uint64_t *sig);
/* Puts them together: `at` becomes the signature of one with these labels at this address. */
void atoms_signature_join(const struct atoms *a, const uint64_t *labels, uint64_t *at);
