/* SPDX-License-Identifier: Apache-2.0 */
/* Rules by the ports that they are about, in blocks of neighbours, whatever the protocol. Private
 * to verifier/check/engine/. */
#pragma once

#include "verifier/flow/witness.h"

struct arena;

/* Lists that hold some rules, one perhaps in several. */
struct rule_lists {
	const struct rule_list **v;
	size_t n, cap;
	size_t n_rules; /* in them, those that are there twice counted twice */
};

void rule_lists_add(struct rule_lists *lists, const struct rule_list *list, struct arena *arena);

struct by_port {
	struct rule_list *blocks;
	struct rule_list wide; /* those of too many ports to stand in every block */
};

/* Memory comes from `arena`. */
void by_port_init(struct by_port *x, const struct rule_list *rules, struct arena *arena);

/* Adds the lists that hold all rules whose ports can meet those of the rule; false: it is wide
 * itself, so that all rules can. */
bool by_port_lists(const struct by_port *x, const struct ir_rule *rule, struct arena *arena,
		   struct rule_lists *out);
