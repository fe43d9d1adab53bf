/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pods differ from what made them by the node that they run on. A policy spares that node,
 * and with it the pods on its network, so each pod that a policy selects is like no other as soon
 * as it shares a node with one of these; and they are like no other for the same reason.
 */
#pragma once

#include "compiler/ir.h"

struct space_places {
	struct intern nodes; /* by name */
	/* By name: has a pod on each node and none elsewhere, so those that the IRs have stand for
	 * it if they differ. */
	struct intern daemon_sets;
};

/* Of several IRs that are held against each other. `by_address`: somebody asks about an address
 * that may be a node's. Memory comes from `arena`. */
void space_places_find(struct space_places *places, struct ir *const *irs, size_t n,
		       bool by_address, struct arena *arena);
/* Does the node tell `ep` from pods like it? */
bool space_is_placed(const struct space_places *places, const struct ir *ir,
		     const struct ir_endpoint *ep);
/* Do pods stand for this workload? */
bool space_is_replaced(const struct space_places *places, const struct ir_endpoint *ep);
