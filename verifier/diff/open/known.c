/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints that OLD and NEW know, which are some of those that there could be: which of them a
 * box is about. */
#include <string.h>

#include "verifier/diff/open/open.h"

uint32_t open_value_of(const struct open_key *key, const struct ir *ir,
		       const struct ir_endpoint *ep)
{
	uint32_t id = intern_find(&ir->strings, key->name), value, n;

	if (id == INTERN_NONE)
		return VALUE_ABSENT;
	value = ir_endpoint_label(ep, key->scope, id);
	if (value == INTERN_NONE)
		return VALUE_ABSENT;
	n = intern_find(&key->values, intern_str(&ir->strings, value));
	return n == INTERN_NONE ? VALUE_OTHER : VALUE_FIRST + n;
}

static void add(struct diff_world *w, const struct ir_endpoint *old, const struct ir_endpoint *new)
{
	const struct ir *ir = w->ir[new ? DIFF_NEW : DIFF_OLD];
	const struct ir_endpoint *ep = new ? new : old;
	struct open_world *o = w->open;
	struct open_known known = {
		.on = {old, new}, .ep = ep, .kind = ep->host ? KIND_HOST : KIND_MANAGED};

	known.values = arena_array(w->arena, uint32_t, o->keys.n + 1);
	for (size_t i = 0; i < o->keys.n; i++)
		known.values[i] = open_value_of(&o->keys.v[i], ir, ep);
	known.node = ep->on_node ? intern_add(&o->node_names, ep->on_node) : INTERN_NONE;
	vec_push(w->arena, &o->known, known);
}

/* Of two of one name that of NEW is meant. Both lists are sorted by name. */
void open_learn(struct diff_world *w)
{
	const struct ir *old = w->ir[DIFF_OLD], *new = w->ir[DIFF_NEW];
	size_t i = 0, j = 0;

	intern_init(&w->open->node_names, w->arena);
	while (i < old->endpoints.n || j < new->endpoints.n) {
		const struct ir_endpoint *a = i < old->endpoints.n ? old->endpoints.v[i] : NULL;
		const struct ir_endpoint *b = j < new->endpoints.n ? new->endpoints.v[j] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);

		add(w, order <= 0 ? a : NULL, order >= 0 ? b : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	diff_find_nodes(w, &w->open->nodes);
	vec_each (struct ir_endpoint *, node, &w->open->nodes.list)
		intern_add(&w->open->node_names, (*node)->on_node);
}

/* --- who of them is in a box ------------------------------------------------------------------ */

static bool has_address(const struct diff_world *w, const struct region_set *pieces,
			const struct ir_endpoint *ep)
{
	vec_each (const struct net_addr, addr, &ep->addrs)
		if (region_set_has(pieces, space_piece_of(&w->addresses, addr)))
			return true;
	return ep->addrs.n == 0;
}

/* Where the known endpoints run that the other end of a flow may be. */
struct places {
	bool anywhere; /* one of them on a node that is not known, or there is none */
	bool *on;      /* by node */
	uint32_t n;
};

/* A host of this node (INTERN_NONE: not known), as what it is to whoever it may meet. */
static bool may_be_host(const struct region_set *kinds, const struct places *others, uint32_t node)
{
	bool anywhere = others->anywhere || node == INTERN_NONE;
	bool own = anywhere || others->on[node];
	bool foreign = anywhere || others->n > own;

	return (own && region_set_has(kinds, KIND_NODE)) ||
	       (foreign && region_set_has(kinds, KIND_HOST));
}

/* Does what a box says of one end but its kind hold for the endpoint, or may it? */
static bool is_at(const struct diff_world *w, const struct region_box *box, enum diff_which end,
		  const struct open_known *known)
{
	const struct open_world *o = w->open;
	uint32_t first = open_label_dim(o, end, 0), addr = open_addr_dim(o, end);

	for (size_t i = 0; i < box->n; i++) {
		const struct region_part *part = &box->v[i];
		bool fits = true;

		if (part->dim >= first && part->dim < first + o->keys.n)
			fits = region_set_has(part->set, known->values[part->dim - first]);
		else if (part->dim == addr)
			fits = has_address(w, part->set, known->ep);
		if (!fits)
			return false;
	}
	return true;
}

static bool is_managed_in(const struct diff_world *w, const struct region_box *box,
			  enum diff_which end, const struct open_known *known)
{
	return known->kind == KIND_MANAGED &&
	       region_set_has(region_box_get(&w->space, box, (uint32_t)end), KIND_MANAGED) &&
	       is_at(w, box, end, known);
}

static void find_places(struct diff_world *w, const struct region_box *box, enum diff_which end,
			struct places *out)
{
	const struct region_set *kinds =
		region_box_get(&w->space, box, (uint32_t)(DIFF_N_ENDS - 1 - end));
	bool any = false;

	*out = (struct places){.anywhere = true};
	if (region_set_has(kinds, KIND_HOST) == region_set_has(kinds, KIND_NODE))
		return;
	out->anywhere = false;
	out->on = arena_array(w->arena, bool, w->open->node_names.strings.n + 1);
	vec_each (const struct open_known, known, &w->open->known) {
		if (!is_managed_in(w, box, end, known))
			continue;
		any = true;
		out->anywhere |= known->node == INTERN_NONE;
		if (known->node == INTERN_NONE || out->on[known->node])
			continue;
		out->on[known->node] = true;
		out->n++;
	}
	out->anywhere |= !any;
}

static void list_nodes(struct diff_world *w, const struct region_box *box, enum diff_which end,
		       const struct places *others, struct diff_end *out)
{
	const struct region_set *kinds = region_box_get(&w->space, box, (uint32_t)end);
	uint32_t dim = open_addr_dim(w->open, end);
	const struct region_set *addrs = region_box_get(&w->space, box, dim);

	if (addrs == w->space.dims.v[dim])
		return;
	vec_each (struct ir_endpoint *, node, &w->open->nodes.list)
		if (has_address(w, addrs, *node) &&
		    may_be_host(kinds, others, intern_find(&w->open->node_names, (*node)->on_node)))
			vec_push(w->arena, &out->endpoints, (*node)->name);
}

void open_list_known(struct diff_world *w, const struct region_box *box, enum diff_which end,
		     struct diff_end *out)
{
	const struct region_set *kinds = region_box_get(&w->space, box, (uint32_t)end);
	struct places others;

	find_places(w, box, (enum diff_which)(1 - end), &others);
	vec_each (const struct open_known, known, &w->open->known)
		if (known->kind == KIND_MANAGED
			    ? is_managed_in(w, box, end, known)
			    : may_be_host(kinds, &others, known->node) && is_at(w, box, end, known))
			vec_push(w->arena, &out->endpoints, known->ep->name);
	list_nodes(w, box, end, &others, out);
}
