/* SPDX-License-Identifier: Apache-2.0 */
/* The Nodes of both sides as ends. */
#include "compiler/space/nodes.h"
#include "verifier/diff/world.h"

void diff_find_nodes(struct diff_world *w, struct diff_nodes *out)
{
	struct intern names;

	*out = (struct diff_nodes){0};
	intern_init(&names, w->arena);
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		vec_each (const struct ir_node_address, at, &w->ir[side]->nodes) {
			uint32_t id;

			if (!space_rules_name(w->ir, DIFF_N_SIDES, &at->addr))
				continue;
			id = intern_add(&names, at->node);
			if (id == out->list.n)
				vec_push(w->arena, &out->list, ir_make_node_of(at->node, w->arena));
			vec_push(w->arena, &out->list.v[id]->addrs, at->addr);
		}
	}
}
