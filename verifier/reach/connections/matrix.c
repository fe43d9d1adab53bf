/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/connections/matrix.h"

#include <errno.h>

#include "compiler/classes/classes.h"
#include "compiler/classes/keyset.h"
#include "compiler/space/suppose.h"
#include "lang/base/buf.h"
#include "lang/base/work.h"
#include "verifier/reach/connections/outside.h"
#include "verifier/reach/connections/pair.h"

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
};

struct filler {
	struct connections *c;
	struct connection_matrix *out;
	struct points *points; /* by end; NULL: the interpreter answers */
	struct keyset pairs;   /* as tables see them; the ids are indices into `cell_of` */
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

static struct points points_of(const struct filler *f, const struct flow_end *end)
{
	const struct cls *cls = f->c->reach.cls;
	struct points out = {.ep = end->ep};

	if (outside_of(cls, end, &out.outside)) {
		out.seen = outside_points(&out.outside, end->ep, cls, f->c->reach.arena);
		out.nature = end->ep ? 5 : 4;
		return out;
	}
	vec_each (const struct net_addr, addr, &end->ep->addrs)
		add_point(f, end, addr, &out);
	if (!end->ep->addrs.n)
		add_point(f, end, &end->addr, &out);
	out.nature = (end->ep->supposed ? 1u : 0u) | (end->ep->host ? 2u : 0u);
	for (enum ir_dir d = 0; d < IR_N_DIRS && !end->ep->host; d++)
		out.tables[d] = cls->subjects.v[cls->subject_of_endpoint[end->ep->id]]->tables[d];
	return out;
}

static void put_word(struct buf *key, uint32_t word)
{
	buf_add(key, &word, sizeof(word));
}

/* The table of a subject, and which of its rows the peer is on with each of its addresses; those of
 * the world and the node are the same for all. */
static void put_side(struct buf *key, const struct cls_table *t, const struct points *subject,
		     const struct points *peer)
{
	bool own = subject->ep && peer->ep && ir_is_own_node(subject->ep, peer->ep);

	put_word(key, t ? t->id : UINT32_MAX);
	put_word(key, peer->nature);
	put_word(key, (uint32_t)peer->list.n);
	vec_each (const struct point, p, &peer->list) {
		put_word(key, p->family);
		put_word(key, t ? cls_table_row(t, own ? p->own : p->cls) : 0);
	}
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

static uint32_t answer(struct filler *f, const struct flow_end *from, const struct flow_end *to)
{
	struct arena scratch;
	struct space_ports cuts = {.arena = &scratch};
	struct connection_parts parts = {0};
	uint32_t id;

	arena_init(&scratch);
	if (f->points)
		connection_cut_tables(f->c->reach.cls, from, to, &cuts);
	connection_find_parts(f->c, from, to, f->points ? &cuts : &f->rules, &parts);
	arena_fini(&scratch);
	f->key.n = 0;
	vec_each (const struct connection_part, p, &parts.list)
		put_part(&f->key, p);
	id = keyset_add(&f->contents, buf_str(&f->key), f->key.n);
	if (id == f->out->answers.n)
		vec_push(f->c->reach.arena, &f->out->answers, parts);
	return id;
}

/* Pairs that look alike to the tables are answered once. */
static uint32_t answer_by_tables(struct filler *f, size_t from, size_t to, struct flow_end ends[2])
{
	const struct points *src = &f->points[from], *dst = &f->points[to];
	uint32_t id;

	f->key.n = 0;
	put_side(&f->key, src->tables[IR_EGRESS], src, dst);
	put_side(&f->key, dst->tables[IR_INGRESS], dst, src);
	id = keyset_add(&f->pairs, buf_str(&f->key), f->key.n);
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
