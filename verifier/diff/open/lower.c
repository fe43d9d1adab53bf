/* SPDX-License-Identifier: Apache-2.0 */
/* From policy to boxes. */
#include "compiler/ir/peer.h"
#include "verifier/diff/open/open.h"

static uint32_t find_key(const struct diff_world *w, enum ir_scope scope, const char *name)
{
	return intern_find(&w->open->key_names, arena_printf(w->arena, "%d%s", scope, name));
}

static const struct region_set *values_of(struct diff_world *w, const struct ir *ir,
					  const struct ir_req *req, uint32_t key)
{
	const struct region_set *all = w->space.dims.v[open_label_dim(w->open, DIFF_FROM, key)];
	const struct region_set *absent = region_set_of(&w->space, VALUE_ABSENT, VALUE_ABSENT);
	struct region_spans listed = {0};

	if (req->op == IR_ABSENT)
		return absent;
	if (req->op == IR_EXISTS)
		return region_set_minus(&w->space, all, absent);
	vec_each (const uint32_t, value, &req->values) {
		uint32_t n = VALUE_FIRST + intern_find(&w->open->keys.v[key].values,
						       intern_str(&ir->strings, *value));

		vec_push(w->arena, &listed.list, (struct region_span){n, n});
	}
	if (req->op == IR_IN)
		return region_set(&w->space, &listed);
	return region_set_minus(&w->space, all, region_set(&w->space, &listed));
}

static const struct region_box *of_kind(struct diff_world *w, enum diff_which end,
					const struct region_set *kinds)
{
	return region_box_with(&w->space, w->space.whole, (uint32_t)end, kinds);
}

/* What of a box has the labels; NULL: nothing. */
static const struct region_box *with_labels(struct diff_world *w, enum diff_side side,
					    const struct ir_selector *labels, enum diff_which end,
					    const struct region_box *box)
{
	const struct ir *ir = w->ir[side];

	if (labels->none)
		return NULL;
	vec_each (const struct ir_req, req, &labels->reqs) {
		uint32_t key = find_key(w, req->scope, intern_str(&ir->strings, req->key));
		const struct region_set *have = open_labels(w, box, end, key);

		box = region_box_with(&w->space, box, open_label_dim(w->open, end, key),
				      region_set_and(&w->space, have, values_of(w, ir, req, key)));
		if (!box)
			return NULL;
	}
	return box;
}

const struct region_box *open_selector(struct diff_world *w, enum diff_side side,
				       const struct ir_selector *sel, enum diff_which end)
{
	return with_labels(w, side, sel, end, of_kind(w, end, w->open->only[KIND_MANAGED]));
}

static const struct region_box *at_addresses(struct diff_world *w, const struct ir_cidr *addresses,
					     enum diff_which end, const struct region_box *box)
{
	struct region_space *s = &w->space;
	struct region_spans in = {0}, except = {0};

	vec_each (const struct net_prefix, p, &addresses->in)
		vec_push(w->arena, &in.list, region_address_span(&w->addresses, p));
	vec_each (const struct net_prefix, p, &addresses->except)
		vec_push(w->arena, &except.list, region_address_span(&w->addresses, p));
	return region_box_with(s, box, open_addr_dim(w->open, end),
			       region_set_minus(s, region_set(s, &in), region_set(s, &except)));
}

static const struct region_set *kinds_of(struct diff_world *w, unsigned sorts, enum diff_which end)
{
	const struct open_world *o = w->open;
	const struct region_set *kinds = w->space.dims.v[end];

	if (!(sorts & IR_SORT_ENDPOINT))
		kinds = region_set_minus(&w->space, kinds, o->only[KIND_MANAGED]);
	if (!(sorts & IR_SORT_HOST))
		kinds = region_set_minus(&w->space, kinds, o->hosts);
	if (!(sorts & IR_SORT_OUTSIDE))
		kinds = region_set_minus(&w->space, kinds, o->only[KIND_EXTERNAL]);
	return kinds;
}

const struct region_box *open_peer(struct diff_world *w, enum diff_side side,
				   const struct ir_peer *p, enum diff_which end)
{
	struct ir_aspects a = ir_peer_aspects(p);
	const struct region_box *box = w->space.whole;

	if (a.sorts != IR_SORT_ALL)
		box = of_kind(w, end, kinds_of(w, a.sorts, end));
	if (box && a.labels)
		box = with_labels(w, side, a.labels, end, box);
	if (box && a.addresses)
		box = at_addresses(w, a.addresses, end, box);
	return box;
}

void open_named_port(struct diff_world *w, enum diff_side side, uint16_t proto, const char *name,
		     struct region *out)
{
	struct region_span ports = diff_port_proto(proto);
	uint32_t id =
		intern_find(&w->open->port_names, arena_printf(w->arena, "%u/%s", proto, name));
	const struct region_box *box = of_kind(w, DIFF_TO, w->open->only[KIND_MANAGED]);

	(void)side;
	box = region_box_with(&w->space, box, w->port_dim,
			      region_set_of(&w->space, ports.lo, ports.hi));
	box = region_box_with(&w->space, box, open_name_dim(w->open, id),
			      region_set_of(&w->space, 1, 1));
	vec_push(w->arena, &out->list, box);
}

/* A pod on the host's network of the same node is one more node. */
void open_not_own_node(struct diff_world *w, enum diff_side side, const struct region_box *subjects,
		       enum diff_which end, struct region *out)
{
	const struct region_box *others = of_kind(
		w, end,
		region_set_minus(&w->space, w->space.dims.v[end], w->open->only[KIND_NODE]));
	const struct region_box *box = region_box_and(&w->space, subjects, others);

	(void)side;
	if (box)
		vec_push(w->arena, &out->list, box);
}

/* Every side has all endpoints that there could be. */
void open_missing(struct diff_world *w, enum diff_side side, struct region *out)
{
	(void)w, (void)side, (void)out;
}
