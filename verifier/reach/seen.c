/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/seen.h"

#include <stdlib.h>

#include "compiler/classes/classes.h"
#include "compiler/classes/keyset.h"
#include "compiler/space/suppose.h"
#include "lang/base/buf.h"
#include "verifier/reach/connections/outside.h"

/* Classes in a row. */
struct range {
	uint32_t lo, hi;
};

struct ranges {
	VEC(struct range) list; /* in order, none touches the next */
};

/* Addresses in order, IPv4 first; those of a kind are of one class. */
struct seen_space {
	const struct space_addresses *kinds;
	const uint32_t *pieces, *kind_of; /* by address */
	size_t n, n4, n_kinds;
};

struct seen_end {
	uint32_t id;
	const struct seen_space *space;
	const uint32_t *class_of; /* by kind */
	struct ranges classes[FLOW_N_FAMILIES];
};

/* The last answers, as several pairs ask the same. */
enum { N_REMEMBERED = 1 << 14 };

struct remembered {
	uint32_t end, table, port;
	uint16_t proto;
	uint8_t family;
	bool there;
	unsigned met;
};

struct reach_seen {
	struct arena *arena;
	const struct cls *cls; /* of which all below is */
	struct keyset known;   /* where endpoints are placed */
	VEC(const struct seen_end *) placed;
	struct seen_end *world, *node;
	VEC(const struct cls_anywhere *) anywhere;
	VEC(const struct seen_space *) spaces; /* of these */
	uint32_t n_ends;
	struct remembered *remembered;
};

struct reach_seen *reach_seen_new(struct arena *arena)
{
	struct reach_seen *out = arena_new(arena, struct reach_seen);

	out->arena = arena;
	return out;
}

static struct reach_seen *seen_of(const struct reach *r)
{
	struct reach_seen *s = r->seen;

	if (s->cls == r->cls)
		return s;
	*s = (struct reach_seen){.arena = s->arena, .cls = r->cls};
	keyset_init(&s->known, s->arena);
	s->remembered = arena_array(s->arena, struct remembered, N_REMEMBERED);
	return s;
}

/* --- what is seen -------------------------------------------------------------------------------
 */

static int cmp_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The classes of the addresses lo..hi-1. */
static void find_ranges(struct arena *arena, struct arena *scratch, const struct seen_end *end,
			size_t lo, size_t hi, struct ranges *out)
{
	const struct seen_space *space = end->space;
	uint32_t *sorted = arena_array(scratch, uint32_t, space->n_kinds + 1);
	bool *there = arena_array(scratch, bool, space->n_kinds + 1);
	size_t n = 0;

	for (size_t i = lo; i < hi; i++) {
		uint32_t kind = space->kind_of[i];

		if (!there[kind])
			sorted[n++] = end->class_of[kind];
		there[kind] = true;
	}
	qsort(sorted, n, sizeof(*sorted), cmp_numbers);
	for (size_t i = 0; i < n; i++) {
		struct range *last = out->list.n ? &out->list.v[out->list.n - 1] : NULL;

		if (last && sorted[i] <= last->hi + 1)
			last->hi = sorted[i];
		else
			vec_push(arena, &out->list, (struct range){sorted[i], sorted[i]});
	}
}

static struct seen_end *new_end(struct reach_seen *s, const struct seen_space *space,
				const uint32_t *class_of)
{
	struct seen_end *out = arena_new(s->arena, struct seen_end);
	struct arena scratch;

	arena_init(&scratch);
	*out = (struct seen_end){.id = s->n_ends++, .space = space, .class_of = class_of};
	find_ranges(s->arena, &scratch, out, 0, space->n4, &out->classes[FLOW_V4]);
	find_ranges(s->arena, &scratch, out, space->n4, space->n, &out->classes[FLOW_V6]);
	arena_fini(&scratch);
	return out;
}

/* Each address is a kind of its own. */
static const struct seen_end *see_outside(struct reach_seen *s, const struct flow_end *end,
					  struct seen_end **known)
{
	struct space_outside *outside;
	const struct outside_point *points;
	uint32_t *pieces, *own, *class_of;
	struct seen_space *space;

	if (*known)
		return *known;
	outside = arena_new(s->arena, struct space_outside);
	if (!outside_of(s->cls, end, outside))
		return NULL;
	points = outside_points(outside, end->ep, s->cls, s->arena);
	pieces = arena_array(s->arena, uint32_t, outside->addrs.n);
	own = arena_array(s->arena, uint32_t, outside->addrs.n);
	class_of = arena_array(s->arena, uint32_t, outside->addrs.n);
	for (uint32_t i = 0; i < outside->addrs.n; i++) {
		pieces[i] = points[i].piece;
		own[i] = i;
		class_of[i] = points[i].cls;
	}
	space = arena_new(s->arena, struct seen_space);
	*space = (struct seen_space){&outside->kinds,  pieces,      own,
				     outside->addrs.n, outside->n4, outside->addrs.n};
	*known = new_end(s, space, class_of);
	return *known;
}

static const struct seen_space *new_space(struct reach_seen *s, const struct ir_endpoint *ep,
					  const struct cls_anywhere *where)
{
	struct space_addresses *kinds = arena_new(s->arena, struct space_addresses);
	uint32_t *pieces = arena_array(s->arena, uint32_t, where->n);
	struct seen_space *out = arena_new(s->arena, struct seen_space);

	space_supposed_kinds(&s->cls->ir, 1, ep, kinds);
	*out = (struct seen_space){.kinds = kinds,
				   .pieces = pieces,
				   .kind_of = where->kind_of,
				   .n = where->n,
				   .n_kinds = where->first.n};
	for (size_t i = 0; i < where->n; i++) {
		pieces[i] = space_piece_of(kinds, &where->addrs[i]);
		out->n4 += where->addrs[i].family == NET_V4;
	}
	return out;
}

static const struct seen_space *space_of(struct reach_seen *s, const struct ir_endpoint *ep,
					 const struct cls_anywhere *where)
{
	for (size_t i = 0; i < s->anywhere.n; i++)
		if (s->anywhere.v[i] == where)
			return s->spaces.v[i];
	vec_push(s->arena, &s->anywhere, where);
	vec_push(s->arena, &s->spaces, new_space(s, ep, where));
	return s->spaces.v[s->spaces.n - 1];
}

static const struct seen_end *see_endpoint(struct reach_seen *s, const struct ir_endpoint *ep)
{
	const struct cls_placed *placed = cls_placed_of(s->cls, ep);
	uint32_t id;

	if (!placed)
		return NULL;
	id = keyset_add(&s->known, &placed->classes, sizeof(placed->classes));
	if (id == s->placed.n)
		vec_push(s->arena, &s->placed,
			 new_end(s, space_of(s, ep, placed->where), placed->classes));
	return s->placed.v[id];
}

static bool varies(const struct flow_end *end)
{
	return !end->folded && end->addr.family == NET_NONE &&
	       (end->outside || (end->ep && end->ep->supposed));
}

static bool is_at_node(const struct flow_side *side)
{
	return ir_is_at_node(side->q->from.ep) || ir_is_at_node(side->q->to.ep);
}

/* NULL: its addresses are to be judged one by one. */
static const struct seen_end *see(const struct reach *r, const struct flow_side *side,
				  const struct flow_end *subject, const struct flow_end *peer)
{
	struct reach_seen *s;

	if (!varies(peer) || is_at_node(side))
		return NULL;
	s = seen_of(r);
	if (peer->outside)
		return see_outside(s, peer, &s->world);
	if (peer->ep->node)
		return see_outside(s, peer, &s->node);
	/* To those on its node it is that node, wherever that is. */
	if (subject->ep && ir_is_own_node(subject->ep, peer->ep))
		return NULL;
	return see_endpoint(s, peer->ep);
}

/* --- what tables say ----------------------------------------------------------------------------
 */

/* NULL: all passes, as no table decides. */
static const struct cls_table *table_of(const struct reach *r, const struct flow_end *subject,
					const struct flow_end *peer, enum ir_dir dir)
{
	const struct ir_endpoint *ep = subject->ep;

	if (!r->cls || !ep || ep->host || (ep == peer->ep && !ep->workload))
		return NULL;
	return r->cls->subjects.v[r->cls->subject_of_endpoint[ep->id]]->tables[dir];
}

/* Is any of the classes among those of the run, of which `end` is the first behind it? */
static bool meets(const struct ranges *classes, uint32_t first, uint32_t end)
{
	size_t lo = 0, hi = classes->list.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (classes->list.v[mid].hi < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < classes->list.n && classes->list.v[lo].lo < end;
}

static uint32_t run_end(const struct cls_table *t, size_t run)
{
	return run + 1 < t->runs.list.n ? t->runs.list.v[run + 1].first : UINT32_MAX;
}

static unsigned outcome_of(const struct cls_table *t, size_t run, uint32_t col)
{
	return 1u << t->cells[(size_t)t->runs.list.v[run].row * t->n_cols + col];
}

/* The run of a class; that of the point before is mostly the same. */
static size_t run_of(const struct cls_table *t, uint32_t cls, size_t last)
{
	return t->runs.list.v[last].first <= cls && cls < run_end(t, last) ? last
									   : cls_run_of(t, cls);
}

/* The longer of the two lists is not gone through. */
static unsigned find_outcomes(const struct cls_table *t, uint32_t col, const struct ranges *classes)
{
	unsigned met = 0;
	size_t run = 0;

	for (size_t i = 0; i < t->runs.list.n && t->runs.list.n <= classes->list.n; i++)
		if (!(met & outcome_of(t, i, col)) &&
		    meets(classes, t->runs.list.v[i].first, run_end(t, i)))
			met |= outcome_of(t, i, col);
	if (t->runs.list.n <= classes->list.n)
		return met;
	vec_each (const struct range, range, &classes->list) {
		run = run_of(t, range->lo, run);
		met |= outcome_of(t, run, col);
		for (; run_end(t, run) <= range->hi; run++)
			met |= outcome_of(t, run + 1, col);
	}
	return met;
}

static struct remembered *place_of(struct reach_seen *s, const struct remembered *key)
{
	const uint32_t words[] = {key->end, key->table, key->port,
				  (uint32_t)key->proto << 1 | key->family};

	return &s->remembered[hash_bytes(words, sizeof(words)) % N_REMEMBERED];
}

static unsigned outcomes_of(struct reach_seen *s, const struct cls_table *t,
			    const struct flow_side *side, const struct seen_end *peer)
{
	struct remembered new = {.end = peer->id,
				 .table = t->id,
				 .port = side->port,
				 .proto = side->proto,
				 .family = (uint8_t)side->family,
				 .there = true};
	struct remembered *old = place_of(s, &new);

	if (old->there && old->end == new.end && old->table == new.table && old->port == new.port &&
	    old->proto == new.proto && old->family == new.family)
		return old->met;
	new.met = find_outcomes(t, cls_table_col(t, cls_proto_of(side->proto), side->port),
				&peer->classes[side->family]);
	*old = new;
	return new.met;
}

bool reach_seen_all(const void *ctx, const struct flow_side *side, unsigned *met)
{
	const struct reach *r = ctx;
	const struct flow_end *subject = flow_side_subject(side), *peer = flow_side_peer(side);
	const struct seen_end *seen = see(r, side, subject, peer);
	const struct cls_table *t;

	if (!seen || !seen->classes[side->family].list.n)
		return false;
	t = table_of(r, subject, peer, side->dir);
	*met = t ? outcomes_of(r->seen, t, side, seen) : 1u << IR_OUTCOME_ALLOW;
	return true;
}

/* --- at which addresses -------------------------------------------------------------------------
 */

static void add_piece(struct arena *arena, uint32_t piece, struct region_spans *out)
{
	struct region_span *last = out->list.n ? &out->list.v[out->list.n - 1] : NULL;

	if (last && last->hi + 1 == piece)
		last->hi = piece;
	else
		vec_push(arena, &out->list, (struct region_span){piece, piece});
}

const struct space_addresses *reach_seen_pieces(const void *ctx, const struct flow_side *side,
						unsigned outcomes, struct arena *arena,
						struct flow_pieces *out)
{
	const struct reach *r = ctx;
	const struct flow_end *subject = flow_side_subject(side), *peer = flow_side_peer(side);
	const struct seen_end *seen = see(r, side, subject, peer);
	const struct cls_table *t = table_of(r, subject, peer, side->dir);
	const struct seen_space *space;
	size_t run = 0, end;
	uint32_t col;

	if (!seen || !t)
		return NULL;
	space = seen->space;
	col = cls_table_col(t, cls_proto_of(side->proto), side->port);
	end = side->family == FLOW_V4 ? space->n4 : space->n;
	for (size_t i = side->family == FLOW_V4 ? 0 : space->n4; i < end; i++) {
		run = run_of(t, seen->class_of[space->kind_of[i]], run);
		out->n++;
		if (!(outcomes & outcome_of(t, run, col)))
			continue;
		out->n_some++;
		add_piece(arena, space->pieces[i], &out->some);
	}
	return space->kinds;
}

bool reach_seen_ids(const struct reach *r, const struct flow_side *side, struct reach_seen_ids *out)
{
	const struct flow_end *subject = flow_side_subject(side), *peer = flow_side_peer(side);
	const struct seen_end *seen = r->cls ? see(r, side, subject, peer) : NULL;
	const struct cls_table *t = table_of(r, subject, peer, side->dir);

	if (!seen || !t)
		return false;
	*out = (struct reach_seen_ids){seen->id, t->id,
				       cls_table_col(t, cls_proto_of(side->proto), side->port)};
	return true;
}

bool reach_seen_key(const struct reach *r, const struct flow_side *side, unsigned outcomes,
		    struct buf *key)
{
	const struct flow_end *subject = flow_side_subject(side), *peer = flow_side_peer(side);
	const struct seen_end *seen = r->cls ? see(r, side, subject, peer) : NULL;
	const struct cls_table *t = table_of(r, subject, peer, side->dir);
	uint64_t bits = 0;
	size_t run = 0;
	uint32_t col;

	if (!seen || !t)
		return false;
	col = cls_table_col(t, cls_proto_of(side->proto), side->port);
	buf_add(key, &seen->space, sizeof(seen->space));
	for (size_t kind = 0; kind < seen->space->n_kinds; kind++) {
		run = run_of(t, seen->class_of[kind], run);
		bits = bits << 1 | ((outcomes & outcome_of(t, run, col)) != 0);
		if (kind % 64 == 63 || kind + 1 == seen->space->n_kinds)
			buf_add(key, &bits, sizeof(bits));
	}
	return true;
}
