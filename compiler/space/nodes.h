/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes by name, as far as they tell ends apart: a pod on the host's network is the node itself to
 * the pods that run there, and a host like any other to the rest. Who runs where no two such ends
 * meet is like all others.
 */
#pragma once

#include "compiler/ir.h"

struct space_nodes {
	struct intern names;
};

/* Memory comes from `arena`. */
void space_nodes_find(struct space_nodes *nodes, const struct ir *ir, struct arena *arena);
/* A copy that has the nodes of ir.nodes as ends, too, behind its endpoints: one each, with all its
 * addresses. It is for compiling and judging; nothing in it is found by name. */
struct ir *space_with_nodes(const struct ir *ir, struct arena *arena);
/* Does a peer, or an end of a claim, name addresses (ir_peer_names_address()) of which a node is
 * known to have one? */
bool space_peer_names_node(const struct ir *ir, const struct ir_peer *peer);
bool space_claim_names_node(const struct ir *ir, const struct ir_claim *claim);
bool space_claims_name_nodes(const struct ir *ir);
/* Does a rule have a prefix, also one that it leaves out, with this address, but not all addresses;
 * with one that a node is known to have? */
bool space_rules_name(const struct ir *const *irs, size_t n, const struct net_addr *addr);
bool space_rules_name_nodes(const struct ir *const *irs, size_t n);
/* One of the addresses that nodes are known to have, from `from` to `to`; false: there is none. */
bool space_pick_node(const struct ir *ir, const struct net_addr *from, const struct net_addr *to,
		     struct net_addr *out);
/* The number of the node that the end runs on; INTERN_NONE: nothing depends on that. */
uint32_t space_node_of(const struct space_nodes *nodes, const struct ir_endpoint *ep);
