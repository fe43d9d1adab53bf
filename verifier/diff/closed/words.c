/* SPDX-License-Identifier: Apache-2.0 */
/* A box in words: a selector that says just this, or names. */
#include <string.h>

#include "compiler/space/suppose.h"
#include "lang/base/buf.h"
#include "verifier/diff/closed/closed.h"

/* The pieces at which the set has a point of the kind. */
static void add_pieces(struct diff_world *w, const struct space_address_kinds *kinds,
		       uint32_t first, const struct region_set *set,
		       const struct space_addresses *space, struct region_spans *out)
{
	for (size_t i = 0; i < kinds->n; i++) {
		uint32_t piece;

		if (!region_set_has(set, first + kinds->kind_of[i]))
			continue;
		piece = space_piece_of(space, &kinds->addrs[i]);
		vec_push(w->arena, &out->list, (struct region_span){piece, piece});
	}
}

static const char *make_place(struct diff_world *w, const struct closed_endpoint *e,
			      const struct region_set *set)
{
	const struct ir_endpoint *ep = e->on[DIFF_OLD] ? e->on[DIFF_OLD] : e->on[DIFF_NEW];
	struct region_spans pieces = {0};
	struct region_prefixes prefixes = {0};
	const struct space_address_kinds *kinds, *before = NULL;
	struct space_addresses space;
	uint32_t first = e->first;
	_cleanup_buf_ struct buf b = {0};

	space_supposed_kinds(w->ir, DIFF_N_SIDES, ep, &space);
	for (int side = 0; side < DIFF_N_SIDES; side++, before = kinds) {
		kinds = closed_kinds_of(w, (enum diff_side)side, e);
		if (!kinds || kinds == before)
			continue;
		add_pieces(w, kinds, first, set, &space, &pieces);
		first += (uint32_t)kinds->firsts.n;
	}
	region_address_prefixes(&space, &w->space, region_set(&w->space, &pieces), &prefixes);
	region_put_prefixes(&prefixes, &b);
	return arena_strdup(w->arena, buf_str(&b));
}

/* `shop/web in 10.0.0.0/8`: where it would have to be. Hundreds are in the same prefixes, and these
 * may be thousands. */
static const char *supposed_name(struct diff_world *w, const struct closed_endpoint *e,
				 const struct region_set *set)
{
	struct closed_world *c = w->closed;
	_cleanup_buf_ struct buf key = {0};
	uint32_t id;

	for (int side = 0; side < DIFF_N_SIDES; side++) {
		const struct space_address_kinds *kinds =
			closed_kinds_of(w, (enum diff_side)side, e);

		buf_add(&key, &kinds, sizeof(kinds));
	}
	for (uint32_t i = 0; i < e->n; i++) {
		const bool in = region_set_has(set, e->first + i);

		buf_add(&key, &in, sizeof(in));
	}
	id = keyset_add(&c->places, buf_str(&key), key.n);
	if (id == c->place_texts.n)
		vec_push(w->arena, &c->place_texts, make_place(w, e, set));
	return arena_printf(w->arena, "%s in %s", e->name, c->place_texts.v[id]);
}

/* Endpoints that have all their points in the set; the parts of others go by address. */
static void list_members(struct diff_world *w, const struct region_set *set, struct diff_end *out)
{
	const struct closed_world *c = w->closed;
	char text[NET_ADDR_STRLEN];

	vec_each (const struct closed_endpoint, e, &c->endpoints) {
		uint32_t have = 0;

		for (uint32_t i = 0; i < e->n; i++)
			have += region_set_has(set, e->first + i);
		if (have == e->n)
			vec_push(w->arena, &out->endpoints, e->name);
		if (have && have < e->n && e->supposed)
			vec_push(w->arena, &out->endpoints, supposed_name(w, e, set));
		for (uint32_t i = 0; have && have < e->n && !e->supposed && i < e->n; i++) {
			if (region_set_has(set, e->first + i))
				vec_push(w->arena, &out->endpoints,
					 arena_printf(
						 w->arena, "%s at %s", e->name,
						 net_addr_format(&c->points.v[e->first + i].addr,
								 text)));
		}
	}
}

/* Outside pieces, with the addresses of endpoints between them: those are no outside addresses,
 * and the prefixes get fewer. */
static const struct region_set *outside_pieces(struct diff_world *w, const struct region_set *set)
{
	struct closed_world *c = w->closed;
	struct region_spans pieces = {0};

	set = region_set_and(&w->space, set, c->outside);
	for (size_t i = 0; i < set->n; i++)
		vec_push(w->arena, &pieces.list,
			 (struct region_span){set->v[i].lo - (uint32_t)c->points.n,
					      set->v[i].hi - (uint32_t)c->points.n});
	for (size_t i = 0; set->n && i < c->holes->n; i++) {
		struct region_span hole = c->holes->v[i];
		bool before = hole.lo == 0 || hole.lo == w->addresses.n4 ||
			      region_set_has(set, closed_piece_end(c, hole.lo - 1));
		bool behind = hole.hi + 1 == w->addresses.starts.n ||
			      hole.hi + 1 == w->addresses.n4 ||
			      region_set_has(set, closed_piece_end(c, hole.hi + 1));

		if (before && behind)
			vec_push(w->arena, &pieces.list, hole);
	}
	return region_set(&w->space, &pieces);
}

static void put_outside(struct diff_world *w, const struct region_set *set, struct diff_end *end,
			const char *sep, struct buf *out)
{
	const struct region_set *pieces = outside_pieces(w, set);
	struct region_prefixes prefixes = {0};
	char text[NET_PREFIX_STRLEN];

	if (!pieces->n)
		return;
	region_address_cover(&w->addresses, w->arena, pieces, &prefixes);
	vec_each (const struct net_prefix, p, &prefixes.in)
		vec_push(w->arena, &end->cidrs, arena_strdup(w->arena, net_prefix_format(p, text)));
	buf_puts(out, sep);
	if (region_set_covers(set, w->closed->outside))
		buf_puts(out, "world");
	else
		region_address_put(&w->addresses, &w->space, pieces, out);
}

/* A selector that says just this, if a short one does. */
static bool put_selector(struct diff_world *w, enum diff_side side, const struct region_set *set,
			 struct buf *out)
{
	const struct closed_side *s = &w->closed->sides[side];
	const struct closed_point *point = &w->closed->points.v[set->v[0].lo];
	const struct ir_endpoint *ep = w->closed->endpoints.v[point->endpoint].on[side];
	const struct intern *strings = &w->ir[side]->strings;
	const struct region_set *ns_set = NULL;

	if (set == s->managed) {
		buf_puts(out, "endpoints");
		return true;
	}
	if (!ep || ep->host)
		return false;
	if (ep->ns)
		ns_set = closed_index_get(w, &s->labels,
					  arena_printf(w->arena, "%d%s=%s", IR_SCOPE_NAMESPACE,
						       IR_NS_NAME_KEY, ep->ns));
	if (ns_set == set) {
		buf_printf(out, "namespace %s all", ep->ns);
		return true;
	}
	vec_each (const struct ir_label, label, &ep->labels) {
		const char *key = closed_known(strings, label->key);
		const char *value = closed_known(strings, label->value);
		const struct region_set *have;

		if (!key || !value || label->scope != IR_SCOPE_ENDPOINT ||
		    strcmp(value, IR_ANOTHER_VALUE) == 0)
			continue;
		have = closed_index_get(
			w, &s->labels, arena_printf(w->arena, "%d%s=%s", label->scope, key, value));
		if (have == set) {
			buf_printf(out, "{ %s = %s }", key, value);
			return true;
		}
		if (ns_set && region_set_and(&w->space, have, ns_set) == set) {
			buf_printf(out, "namespace %s { %s = %s }", ep->ns, key, value);
			return true;
		}
	}
	return false;
}

static void put_names(const struct diff_end *end, struct buf *out)
{
	vec_each (const char *, name, &end->endpoints)
		buf_printf(out, "%s%s", name == end->endpoints.v ? "" : ", ", *name);
}

/* What is left of a set if it is the other end that is just one endpoint: it never talks to
 * itself. */
static const struct region_set *without_self(struct diff_world *w, const struct region_set *set,
					     const struct region_set *other)
{
	const struct closed_world *c = w->closed;
	const struct closed_endpoint *e;
	const struct region_set *rest;

	if (!closed_is_point(c, other->v[0].lo))
		return set;
	e = &c->endpoints.v[c->points.v[other->v[0].lo].endpoint];
	if (other->n > 1 || other->v[0].hi >= e->first + e->n || closed_is_workload(e))
		return set;
	rest = region_set_minus(&w->space, set,
				region_set_of(&w->space, e->first, e->first + e->n - 1));
	return rest->n ? rest : set;
}

/* A selector may well take in the other end itself. */
static void describe_end(struct diff_world *w, const struct region_set *all,
			 const struct region_set *set, struct diff_end *end)
{
	const struct region_set *points =
		region_set_of(&w->space, 0, (uint32_t)w->closed->points.n - 1);
	const struct region_set *sets[] = {region_set_and(&w->space, set, points),
					   region_set_and(&w->space, all, points)};
	_cleanup_buf_ struct buf b = {0};
	bool said = false;

	list_members(w, set, end);
	for (int i = 0; i < 4 && end->endpoints.n > 1 && !said; i++)
		said = put_selector(w, i % 2 ? DIFF_OLD : DIFF_NEW, sets[i / 2], &b);
	if (!said)
		put_names(end, &b);
	put_outside(w, set, end, end->endpoints.n ? ", " : "", &b);
	end->text = arena_strdup(w->arena, buf_str(&b));
}

void closed_describe(struct diff_world *w, const struct region_box *box, struct diff_region *out)
{
	const struct region_set *from = region_box_get(&w->space, box, DIFF_FROM);
	const struct region_set *to = region_box_get(&w->space, box, DIFF_TO);
	const struct region_set *ports = region_box_get(&w->space, box, w->port_dim);
	struct diff_words words = {0};

	describe_end(w, from, without_self(w, from, to), &out->from);
	describe_end(w, to, without_self(w, to, from), &out->to);
	if (from == to && out->to.endpoints.n == 1 && !out->to.cidrs.n)
		out->to.text = arena_printf(w->arena, "another replica of %s", out->to.text);
	diff_port_words(ports, w->arena, &words);
	vec_each (const char *, word, &words.list)
		vec_push(w->arena, &out->ports, *word);
	out->ports_text = diff_port_text(&w->space, ports);
}
