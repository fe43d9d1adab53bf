/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/nodes.h"

void space_nodes_find(struct space_nodes *nodes, const struct ir *ir, struct arena *arena)
{
	struct intern hosts;

	intern_init(&hosts, arena);
	intern_init(&nodes->names, arena);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->on_node && (*ep)->host)
			intern_add(&hosts, (*ep)->on_node);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->on_node && !(*ep)->host &&
		    intern_find(&hosts, (*ep)->on_node) != INTERN_NONE)
			intern_add(&nodes->names, (*ep)->on_node);
}

uint32_t space_node_of(const struct space_nodes *nodes, const struct ir_endpoint *ep)
{
	return ep->on_node ? intern_find(&nodes->names, ep->on_node) : INTERN_NONE;
}
