/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of the inventory by their labels: who can meet a selector, without a look at each;
 * and with it, who selects an endpoint. */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/ir.h"

struct by_label_list {
	VEC(const struct ir_endpoint *) eps;
};

struct by_label {
	const struct ir *ir;
	struct arena *arena;
	struct keyset labels; /* (scope, key, value) */
	VEC(struct by_label_list) lists;
	struct by_label_list all, several;
};

/* Memory comes from `arena`. Hosts are left out: labels never select them. */
void by_label_init(struct by_label *x, const struct ir *ir, struct arena *arena);

/* Some endpoints, each once, among them all that meet the selector; valid until the next call. */
const struct by_label_list *by_label_candidates(struct by_label *x, const struct ir_selector *sel);

/* The policies that select an endpoint, in the order of their tiers and in each in that of its
 * policies. */
struct selecting {
	VEC(const struct ir_policy *) policies;
};

/* For all endpoints, by id. Memory comes from `arena`. */
struct selecting *selecting_find(const struct ir *ir, struct arena *arena);
