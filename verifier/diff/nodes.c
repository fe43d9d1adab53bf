/* SPDX-License-Identifier: Apache-2.0 */
/* The Nodes of both sides as ends. */
#include "compiler/space/nodes.h"

#include <string.h>

#include "compiler/ir/peer.h"
#include "verifier/diff/world.h"

/* NULL: nobody runs there whom a policy could isolate, or where is not known. */
static const char *runs_on(const struct ir_endpoint *ep)
{
	return ep && !ep->host ? ep->on_node : NULL;
}

/* The nodes that endpoints of a side run on and on the other side do not: that they let in these,
 * and no others, is over, or is new. */
static void find_left(const struct ir *ir, const struct ir *other, struct intern *out)
{
	vec_each (struct ir_endpoint *const, ep, &ir->endpoints) {
		const char *here = runs_on(*ep);
		const char *there = here ? runs_on(ir_find_endpoint(other, (*ep)->name)) : NULL;

		if (here && (!there || strcmp(here, there) != 0))
			intern_add(out, here);
	}
}

/* An inventory of one side stands for both. */
static void find_moves(struct diff_world *w, struct intern *out)
{
	const struct ir *old = w->ir[DIFF_OLD], *new = w->ir[DIFF_NEW];

	if (!ir_has_inventory(old) || !ir_has_inventory(new))
		return;
	find_left(old, new, out);
	find_left(new, old, out);
}

/* Such as `host` and `world`, wherever these are. */
static bool tells_hosts_apart(const struct ir_peer *peer)
{
	struct ir_aspects a = ir_peer_aspects(peer);

	return !a.addresses && !(a.sorts & IR_SORT_HOST) != !(a.sorts & IR_SORT_OUTSIDE);
}

static bool rules_tell_hosts_apart(const struct ir *ir)
{
	vec_each (struct ir_rule *const, rule, &ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			if (tells_hosts_apart(peer))
				return true;
	return false;
}

/* Is it an end of its own, whatever its address? Open worlds have nodes and other hosts at all
 * addresses. */
struct wanted {
	bool all;
	struct intern moves;
};

static void find_wanted(struct diff_world *w, struct wanted *out)
{
	intern_init(&out->moves, w->arena);
	out->all = false;
	if (!w->closed)
		return;
	find_moves(w, &out->moves);
	for (int side = 0; side < DIFF_N_SIDES; side++)
		out->all |= rules_tell_hosts_apart(w->ir[side]);
}

static bool is_wanted(const struct diff_world *w, const struct wanted *wanted,
		      const struct ir_node_address *at)
{
	return wanted->all || intern_find(&wanted->moves, at->node) != INTERN_NONE ||
	       space_rules_name(w->ir, DIFF_N_SIDES, &at->addr);
}

void diff_find_nodes(struct diff_world *w, struct diff_nodes *out)
{
	struct wanted wanted;
	struct intern names;

	*out = (struct diff_nodes){0};
	intern_init(&names, w->arena);
	find_wanted(w, &wanted);
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		vec_each (const struct ir_node_address, at, &w->ir[side]->nodes) {
			uint32_t id;

			if (!is_wanted(w, &wanted, at))
				continue;
			id = intern_add(&names, at->node);
			if (id == out->list.n)
				vec_push(w->arena, &out->list, ir_make_node_of(at->node, w->arena));
			vec_push(w->arena, &out->list.v[id]->addrs, at->addr);
		}
	}
}
