/* SPDX-License-Identifier: Apache-2.0 */
/* From policy to boxes. */
#include "compiler/ir/peer.h"
#include "verifier/diff/closed/closed.h"

static const struct region_box *of_ends(struct diff_world *w, enum diff_which end,
					const struct region_set *set)
{
	return region_box_with(&w->space, w->space.whole, (uint32_t)end, set);
}

static const struct region_set *req_set(struct diff_world *w, enum diff_side side,
					const struct ir_req *req)
{
	const struct closed_side *s = &w->closed->sides[side];
	const struct intern *strings = &w->ir[side]->strings;
	const char *key = intern_str(strings, req->key);
	const struct region_set *set;
	struct region_spans none = {0};

	if (req->op == IR_EXISTS || req->op == IR_ABSENT) {
		set = closed_index_get(w, &s->keys,
				       arena_printf(w->arena, "%d%s", req->scope, key));
		return req->op == IR_EXISTS ? set : region_set_minus(&w->space, s->managed, set);
	}
	set = region_set(&w->space, &none);
	vec_each (const uint32_t, value, &req->values)
		set = region_set_or(
			&w->space, set,
			closed_index_get(w, &s->labels,
					 arena_printf(w->arena, "%d%s=%s", req->scope, key,
						      intern_str(strings, *value))));
	return req->op == IR_IN ? set : region_set_minus(&w->space, s->managed, set);
}

/* Those of a set that have the labels. */
static const struct region_set *with_labels(struct diff_world *w, enum diff_side side,
					    const struct ir_selector *labels,
					    const struct region_set *set)
{
	struct region_spans none = {0};

	if (labels->none)
		return region_set(&w->space, &none);
	vec_each (const struct ir_req, req, &labels->reqs)
		set = region_set_and(&w->space, set, req_set(w, side, req));
	return set;
}

const struct region_box *closed_selector(struct diff_world *w, enum diff_side side,
					 const struct ir_selector *sel, enum diff_which end)
{
	return of_ends(w, end, with_labels(w, side, sel, w->closed->sides[side].managed));
}

/* The first point in `by_piece` with an address in this piece or behind it. */
static uint32_t first_at(const struct diff_world *w, uint32_t piece)
{
	const struct closed_world *c = w->closed;
	uint32_t lo = 0, hi = c->n_by_piece;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (space_piece_of(&w->addresses, &c->points.v[c->by_piece[mid]].addr) < piece)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Everything with an address in these prefixes, whatever it is. */
static const struct region_set *prefix_set(struct diff_world *w, const struct net_prefix *v,
					   size_t n)
{
	struct region_spans ends = {0};

	for (size_t i = 0; i < n; i++) {
		struct region_span s = region_address_span(&w->addresses, &v[i]);
		uint32_t last = first_at(w, s.hi + 1);

		for (uint32_t k = first_at(w, s.lo); k < last; k++) {
			uint32_t point = w->closed->by_piece[k];

			vec_push(w->arena, &ends.list, (struct region_span){point, point});
		}
		vec_push(w->arena, &ends.list,
			 (struct region_span){closed_piece_end(w->closed, s.lo),
					      closed_piece_end(w->closed, s.hi)});
	}
	return region_set(&w->space, &ends);
}

static const struct region_set *at_addresses(struct diff_world *w, const struct ir_cidr *addresses)
{
	return region_set_minus(&w->space, prefix_set(w, addresses->in.v, addresses->in.n),
				prefix_set(w, addresses->except.v, addresses->except.n));
}

/* Those of a set that are of the sorts. */
static const struct region_set *of_sorts(struct diff_world *w, enum diff_side side, unsigned sorts,
					 const struct region_set *set)
{
	const struct closed_side *s = &w->closed->sides[side];
	bool outside = sorts & IR_SORT_OUTSIDE;
	unsigned listed = outside ? ~sorts : sorts;
	struct region_spans none = {0};
	const struct region_set *any = region_set(&w->space, &none);

	/* An endpoint that this side lacks is not outside. */
	if (sorts == IR_SORT_OUTSIDE)
		return region_set_and(&w->space, set, w->closed->outside);
	if (listed & IR_SORT_ENDPOINT)
		any = region_set_or(&w->space, any, s->managed);
	if (listed & IR_SORT_HOST)
		any = region_set_or(&w->space, any, s->host);
	return outside ? region_set_minus(&w->space, set, any)
		       : region_set_and(&w->space, set, any);
}

const struct region_box *closed_peer(struct diff_world *w, enum diff_side side,
				     const struct ir_peer *p, enum diff_which end)
{
	struct ir_aspects a = ir_peer_aspects(p);
	const struct region_set *set =
		a.addresses ? at_addresses(w, a.addresses) : w->space.dims.v[end];

	if (a.sorts == IR_SORT_ALL && !a.addresses)
		return w->space.whole;
	set = of_sorts(w, side, a.sorts, set);
	if (a.labels)
		set = with_labels(w, side, a.labels, set);
	return of_ends(w, end, set);
}

void closed_named_port(struct diff_world *w, enum diff_side side, uint16_t proto, const char *name,
		       struct region *out)
{
	const struct closed_side *s = &w->closed->sides[side];
	uint32_t id = intern_find(&s->port_names, arena_printf(w->arena, "%u/%s", proto, name));

	if (id == INTERN_NONE)
		return;
	vec_each (const struct region_box *, box, &s->named.v[id].list)
		vec_push(w->arena, &out->list, *box);
}

static const struct region_set *not_node_set(struct diff_world *w, enum diff_which end)
{
	const struct closed_world *c = w->closed;
	const struct closed_endpoint *node = &c->endpoints.v[c->endpoints.n - 1];

	return region_set_minus(&w->space, w->space.dims.v[end],
				region_set_of(&w->space, node->first, node->first + node->n - 1));
}

const struct region_box *closed_not_node(struct diff_world *w, enum diff_which end)
{
	return of_ends(w, end, not_node_set(w, end));
}

static enum diff_which other_end(enum diff_which end)
{
	return end == DIFF_FROM ? DIFF_TO : DIFF_FROM;
}

static void add_isolated(struct diff_world *w, const struct region_box *subjects,
			 enum diff_which end, const struct region_set *on,
			 const struct region_set *others, struct region *out)
{
	const struct region_box *ends = of_ends(w, other_end(end), on);

	if (ends)
		ends = region_box_and(&w->space, subjects, ends);
	if (ends)
		ends = region_box_and(&w->space, ends, of_ends(w, end, others));
	if (ends)
		vec_push(w->arena, &out->list, ends);
}

/* Boxes ask for them again and again. */
static void make_node_sets(struct diff_world *w, struct closed_side *side, enum diff_which end)
{
	const struct region_set *rest = w->space.dims.v[other_end(end)];

	vec_each (struct closed_node, node, &side->on_nodes) {
		const struct region_set *hosts = region_set(&w->space, &node->hosts);

		node->on = region_set(&w->space, &node->managed);
		node->others[end] = region_set_minus(&w->space, not_node_set(w, end), hosts);
		rest = region_set_minus(&w->space, rest, node->on);
	}
	side->elsewhere[other_end(end)] = rest;
}

/* The subjects of each node by themselves, then all that run elsewhere. */
void closed_not_own_node(struct diff_world *w, enum diff_side side,
			 const struct region_box *subjects, enum diff_which end, struct region *out)
{
	struct closed_side *s = &w->closed->sides[side];

	if (!s->elsewhere[other_end(end)])
		make_node_sets(w, s, end);
	vec_each (const struct closed_node, node, &s->on_nodes)
		add_isolated(w, subjects, end, node->on, node->others[end], out);
	add_isolated(w, subjects, end, s->elsewhere[other_end(end)], not_node_set(w, end), out);
}

void closed_missing(struct diff_world *w, enum diff_side side, struct region *out)
{
	const struct region_set *set = w->closed->sides[side].missing;

	if (!set->n)
		return;
	vec_push(w->arena, &out->list, of_ends(w, DIFF_FROM, set));
	vec_push(w->arena, &out->list, of_ends(w, DIFF_TO, set));
}
