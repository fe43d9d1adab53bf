/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/connections/matrix.h"

#include <errno.h>

#include "compiler/classes/classes.h"
#include "compiler/classes/keyset.h"
#include "compiler/space/suppose.h"
#include "lang/base/buf.h"
#include "lang/base/work.h"
#include "verifier/reach/conditions.h"
#include "verifier/reach/connections/outside.h"
#include "verifier/reach/connections/pair.h"
#include "verifier/reach/size.h"

/* What tables see of an address: its class, and that for those on its node. */
struct point {
	enum net_family family;
	uint32_t cls, own;
};

struct points {
	const struct ir_endpoint *ep; /* whose they are; NULL: the world's */
	VEC(struct point) list;
	/* Instead, of the world and of the node whose address nobody knows; NULL: another end. */
	const struct outside_point *seen;
	struct space_outside outside;
	const struct cls_table *tables[IR_N_DIRS]; /* NULL: no policy */
	uint32_t nature; /* of its addresses: known, or one of each kind, or the end that has all */
	uint32_t view;   /* ends with equal points have one */
};

struct filler {
	struct connections *c;
	struct connection_matrix *out;
	struct points *points; /* by end; NULL: the interpreter answers */
	struct keyset placed;  /* lists of classes of those that may be anywhere */
	VEC(struct points) points_of_placed;
	struct keyset views; /* points, but for whose they are */
	struct keyset sides; /* tables and views; the ids are indices into `seen_of` */
	VEC(uint32_t) seen_of;
	struct keyset seen;  /* which rows of a table a view is on */
	struct keyset pairs; /* of two of these; the ids are indices into `cell_of` */
	VEC(uint32_t) cell_of;
	struct keyset contents; /* of out->answers */
	struct space_ports rules;
	struct buf key;
};

/* --- what tables see ----------------------------------------------------------------------------
 */

static void add_point(const struct filler *f, const struct flow_end *end,
		      const struct net_addr *addr, struct points *out)
{
	const struct ir_end at = {.ep = end->ep, .addr = *addr};
	struct point point = {.family = addr->family, .cls = cls_of_end(f->c->reach.cls, &at)};

	if (end->ep->host)
		point.own = cls_of_own_node(f->c->reach.cls, &at);
	vec_push(f->c->reach.arena, &out->list, point);
}

static void put_word(struct buf *key, uint32_t word)
{
	buf_add(key, &word, sizeof(word));
}

/* Pods that may be anywhere: a point for each kind of addresses, as all of them have the same
 * kinds. */
static void add_kinds(const struct filler *f, const struct flow_end *end,
		      const struct cls_placed *placed, struct points *out)
{
	vec_each (const uint32_t, first, &placed->where->first)
		add_point(f, end, &placed->where->addrs[*first], out);
}

static void add_all(struct filler *f, const struct flow_end *end, struct points *out)
{
	const struct cls_placed *placed = cls_placed_of(f->c->reach.cls, end->ep);

	if (placed && !end->ep->host) {
		add_kinds(f, end, placed, out);
		return;
	}
	vec_each (const struct net_addr, addr, &end->ep->addrs)
		add_point(f, end, addr, out);
	if (!end->ep->addrs.n)
		add_point(f, end, &end->addr, out);
}

/* Those that are alike to the classes share their points. */
static void find_points(struct filler *f, const struct flow_end *end, struct points *out)
{
	const struct cls_placed *placed = cls_placed_of(f->c->reach.cls, end->ep);
	uint32_t id;

	if (!placed) {
		add_all(f, end, out);
		return;
	}
	id = keyset_add(&f->placed, &placed->classes, sizeof(placed->classes));
	if (id == f->points_of_placed.n) {
		add_all(f, end, out);
		vec_push(f->c->reach.arena, &f->points_of_placed, *out);
	}
	out->list = f->points_of_placed.v[id].list;
}

/* The world and the node are the same for all. */
static uint32_t view_of(struct filler *f, const struct points *points)
{
	f->key.n = 0;
	put_word(&f->key, points->nature);
	vec_each (const struct point, p, &points->list) {
		put_word(&f->key, p->family);
		put_word(&f->key, p->cls);
		put_word(&f->key, p->own);
	}
	return keyset_add(&f->views, buf_str(&f->key), f->key.n);
}

static struct points points_of(struct filler *f, const struct flow_end *end)
{
	const struct cls *cls = f->c->reach.cls;
	struct points out = {.ep = end->ep};

	if (outside_of(cls, end, &out.outside)) {
		out.seen = outside_points(&out.outside, end->ep, cls, f->c->reach.arena);
		out.nature = end->ep ? 5 : 4;
		out.view = view_of(f, &out);
		return out;
	}
	find_points(f, end, &out);
	out.nature = (end->ep->supposed ? 1u : 0u) | (end->ep->host ? 2u : 0u);
	out.view = view_of(f, &out);
	for (enum ir_dir d = 0; d < IR_N_DIRS && !end->ep->host; d++)
		out.tables[d] = cls->subjects.v[cls->subject_of_endpoint[end->ep->id]]->tables[d];
	return out;
}

/* The table of a subject, and which of its rows the peer is on with each of its addresses; those of
 * the world and the node are the same for all. */
static uint32_t look(struct filler *f, const struct cls_table *t, bool own,
		     const struct points *peer)
{
	f->key.n = 0;
	put_word(&f->key, t ? t->id : UINT32_MAX);
	put_word(&f->key, peer->nature);
	put_word(&f->key, (uint32_t)peer->list.n);
	vec_each (const struct point, p, &peer->list) {
		put_word(&f->key, p->family);
		put_word(&f->key, t ? cls_table_row(t, own ? p->own : p->cls) : 0);
	}
	return keyset_add(&f->seen, buf_str(&f->key), f->key.n);
}

/* The same of pairs that were looked at before. */
static uint32_t side_of(struct filler *f, const struct cls_table *t, const struct points *subject,
			const struct points *peer)
{
	bool own = subject->ep && peer->ep && ir_is_own_node(subject->ep, peer->ep);
	const uint32_t key[] = {t ? t->id : UINT32_MAX, peer->view, own};
	uint32_t id = keyset_add(&f->sides, key, sizeof(key));

	if (id == f->seen_of.n) {
		uint32_t seen = look(f, t, own, peer);

		vec_push(f->c->reach.arena, &f->seen_of, seen);
	}
	return f->seen_of.v[id];
}

/* --- answers ------------------------------------------------------------------------------------
 */

static void put_prefixes(struct buf *key, const struct region_prefixes *p)
{
	put_word(key, (uint32_t)p->in.n);
	vec_each (const struct net_prefix, in, &p->in) {
		put_word(key, in->len);
		buf_add(key, &in->addr, sizeof(in->addr));
	}
	put_word(key, (uint32_t)p->except.n);
	vec_each (const struct net_prefix, e, &p->except) {
		put_word(key, e->len);
		buf_add(key, &e->addr, sizeof(e->addr));
	}
}

/* Sets of ports are the same object if they are the same. */
static void put_part(struct buf *key, const struct connection_part *p)
{
	buf_add(key, &p->ports, sizeof(p->ports));
	put_word(key, p->l7 | p->one_family << 1 | (uint32_t)p->family << 2);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		put_word(key, p->restricted[d]);
		put_prefixes(key, &p->addresses[d]);
	}
}

/* What the other end's table tells apart of the world and of the node. */
static void fold(const struct points *points, const struct cls_table *t, struct arena *arena,
		 struct flow_end *end)
{
	struct space_outside *folded;

	if (!points->seen)
		return;
	folded = arena_new(arena, struct space_outside);
	outside_fold(&points->outside, points->seen, t, arena, folded);
	end->folded = folded;
}

static void keep_prefixes(struct filler *f, struct region_prefixes *p)
{
	reach_keep_prefixes(f->c->reach.arena, p);
	f->out->n_prefixes += p->in.n + p->except.n;
}

static void keep(struct filler *f, const struct connection_parts *parts)
{
	struct arena *arena = f->c->reach.arena;
	struct connection_parts kept = {0};

	vec_each (const struct connection_part, p, &parts->list) {
		struct connection_part part = *p;

		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			keep_prefixes(f, &part.addresses[d]);
		vec_push(arena, &kept.list, part);
	}
	vec_push(arena, &f->out->answers, kept);
}

/* Few answers are new. */
static uint32_t answer(struct filler *f, const struct flow_end *from, const struct flow_end *to)
{
	struct arena scratch, *arena = f->c->reach.arena;
	struct space_ports cuts = {.arena = &scratch};
	struct connection_parts parts = {0};
	uint32_t id;

	arena_init(&scratch);
	f->c->reach.arena = &scratch;
	if (f->points)
		connection_cut_tables(f->c->reach.cls, from, to, &cuts);
	connection_find_parts(f->c, from, to, f->points ? &cuts : &f->rules, &parts);
	f->c->reach.arena = arena;
	f->key.n = 0;
	vec_each (const struct connection_part, p, &parts.list)
		put_part(&f->key, p);
	id = keyset_add(&f->contents, buf_str(&f->key), f->key.n);
	if (id == f->out->answers.n)
		keep(f, &parts);
	arena_fini(&scratch);
	return id;
}

/* Pairs that look alike to the tables are answered once. */
static uint32_t answer_by_tables(struct filler *f, size_t from, size_t to, struct flow_end ends[2])
{
	const struct points *src = &f->points[from], *dst = &f->points[to];
	const uint32_t key[] = {side_of(f, src->tables[IR_EGRESS], src, dst),
				side_of(f, dst->tables[IR_INGRESS], dst, src)};
	uint32_t id = keyset_add(&f->pairs, key, sizeof(key));

	if (id == f->cell_of.n) {
		struct arena arena;
		uint32_t cell;

		arena_init(&arena);
		fold(src, dst->tables[IR_INGRESS], &arena, &ends[0]);
		fold(dst, src->tables[IR_EGRESS], &arena, &ends[1]);
		cell = answer(f, &ends[0], &ends[1]);
		vec_push(f->c->reach.arena, &f->cell_of, cell);
		arena_fini(&arena);
	}
	return f->cell_of.v[id];
}

static uint32_t cell(struct filler *f, size_t from, size_t to)
{
	const struct flow_end *v = f->c->reach.ends.v;
	struct flow_end ends[2] = {v[from], v[to]};
	struct ir_endpoint twin;

	/* One and its double, which tables know by its id. */
	if (from == to && ends[1].ep) {
		twin = *ends[1].ep;
		ends[1].ep = &twin;
	}
	return f->points ? answer_by_tables(f, from, to, ends) : answer(f, &ends[0], &ends[1]);
}

/* All cells from one end. */
static int fill_row(struct filler *f, size_t from, struct work *work)
{
	size_t n = f->out->n;

	for (size_t to = 0; to < n; to++) {
		work_tell(work, from * n + to);
		if (work_is_over(work))
			return -ETIME;
		if (f->out->n_prefixes > REACH_MAX_PREFIXES)
			return -E2BIG;
		f->out->cells[from * n + to] = cell(f, from, to);
	}
	return 0;
}

int connection_matrix_fill(struct connections *c, struct work *work, struct connection_matrix *out)
{
	struct arena *arena = c->reach.arena;
	size_t n = c->reach.ends.n;
	struct filler f = {.c = c, .out = out, .rules = {.arena = arena}};
	int err = 0;

	*out = (struct connection_matrix){.n = n, .cells = arena_array(arena, uint32_t, n * n)};
	keyset_init(&f.placed, arena);
	keyset_init(&f.views, arena);
	keyset_init(&f.sides, arena);
	keyset_init(&f.seen, arena);
	keyset_init(&f.pairs, arena);
	keyset_init(&f.contents, arena);
	if (c->reach.cls)
		f.points = arena_array(arena, struct points, n);
	else
		connection_cut_rules(c->reach.ir, &f.rules);
	for (size_t i = 0; i < n && f.points; i++)
		f.points[i] = points_of(&f, &c->reach.ends.v[i]);
	work_step(work, "pairs", n * n);
	for (size_t from = 0; from < n && !err; from++)
		err = fill_row(&f, from, work);
	work_step_end(work);
	buf_fini(&f.key);
	return err;
}
