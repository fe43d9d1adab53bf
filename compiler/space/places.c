/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/places.h"

#include <string.h>

#include "compiler/space/nodes.h"

/* What the input does not say may be what is asked for. */
static bool may_meet(const struct ir *ir, const struct ir_req *req, const struct ir_endpoint *ep)
{
	if (ir_req_matches(req, ep))
		return true;
	if (req->scope == IR_SCOPE_NAMESPACE)
		return strcmp(intern_str(&ir->strings, req->key), IR_NS_NAME_KEY) != 0;
	return ir_find_unsaid(ep, req->key) != NULL;
}

static bool may_select(const struct ir *ir, const struct ir_selector *sel,
		       const struct ir_endpoint *ep)
{
	if (sel->none)
		return false;
	vec_each (const struct ir_req, req, &sel->reqs)
		if (!may_meet(ir, req, ep))
			return false;
	return true;
}

/* By a policy that spares the node. */
static bool is_selected(const struct ir *ir, const struct ir_endpoint *ep)
{
	vec_each (struct ir_policy *, p, &ir->policies) {
		if (!(*p)->spares_node)
			continue;
		vec_each (const struct ir_selector, sel, &(*p)->subjects)
			if (may_select(ir, sel, ep))
				return true;
	}
	return false;
}

static bool is_known(const struct intern *names, const char *name)
{
	return name && intern_find(names, name) != INTERN_NONE;
}

/* Where a pod on the node's network meets one that a policy selects. */
static void find_shared(struct space_places *places, const struct ir *ir, struct arena *arena)
{
	struct space_nodes shared;

	space_nodes_find(&shared, ir, arena);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (!(*ep)->host && space_node_of(&shared, *ep) != INTERN_NONE &&
		    !is_known(&places->nodes, (*ep)->on_node) && is_selected(ir, *ep))
			intern_add(&places->nodes, (*ep)->on_node);
}

bool space_is_placed(const struct space_places *places, const struct ir *ir,
		     const struct ir_endpoint *ep)
{
	return is_known(&places->nodes, ep->on_node) && (ep->host || is_selected(ir, ep));
}

/* --- DaemonSets --------------------------------------------------------------------------------
 */

static void find_parted(const struct space_places *places, const struct ir *ir, struct intern *out)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		const struct ir_endpoint *owner = (*ep)->owner;

		if (owner && strcmp(owner->kind, "DaemonSet") == 0 && !owner->on_node &&
		    !(*ep)->workload && space_is_placed(places, ir, *ep))
			intern_add(out, owner->name);
	}
}

/* In all IRs that have it, as both sides of a comparison have the same ends. */
static bool is_parted(const struct intern *parted, struct ir *const *irs, size_t n,
		      const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!is_known(&parted[i], name) && ir_find_endpoint(irs[i], name))
			return false;
	return true;
}

static void find_daemon_sets(struct space_places *places, struct ir *const *irs, size_t n,
			     struct arena *arena)
{
	struct intern *parted = arena_array(arena, struct intern, n);

	for (size_t i = 0; i < n; i++) {
		intern_init(&parted[i], arena);
		find_parted(places, irs[i], &parted[i]);
	}
	for (size_t i = 0; i < n; i++)
		vec_each (const char *, name, &parted[i].strings)
			if (is_parted(parted, irs, n, *name))
				intern_add(&places->daemon_sets, *name);
}

bool space_is_replaced(const struct space_places *places, const struct ir_endpoint *ep)
{
	return is_known(&places->daemon_sets, ep->name);
}

/* --- all of them -------------------------------------------------------------------------------
 */

void space_places_find(struct space_places *places, struct ir *const *irs, size_t n,
		       bool by_address, struct arena *arena)
{
	intern_init(&places->nodes, arena);
	intern_init(&places->daemon_sets, arena);
	for (size_t i = 0; i < n; i++)
		find_shared(places, irs[i], arena);
	find_daemon_sets(places, irs, n, arena);
	for (size_t i = 0; by_address && i < n; i++)
		vec_each (const struct ir_node_address, at, &irs[i]->nodes)
			intern_add(&places->nodes, at->node);
}
