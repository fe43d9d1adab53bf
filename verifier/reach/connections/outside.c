/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/connections/outside.h"

#include "compiler/classes/classes.h"

bool outside_of(const struct cls *cls, const struct flow_end *end, struct space_outside *out)
{
	const struct ir_endpoint *ep = end->ep;

	*out = (struct space_outside){0};
	if (end->outside)
		*out = *end->outside;
	if (end->outside || !ep->node || !ep->supposed)
		return end->outside;
	space_supposed_kinds(&cls->ir, 1, ep, &out->kinds);
	out->addrs.v = ep->addrs.v;
	out->addrs.n = out->addrs.cap = ep->addrs.n;
	while (out->n4 < ep->addrs.n && ep->addrs.v[out->n4].family == NET_V4)
		out->n4++;
	return true;
}

const struct outside_point *outside_points(const struct space_outside *outside,
					   const struct ir_endpoint *ep, const struct cls *cls,
					   struct arena *arena)
{
	struct outside_point *out = arena_array(arena, struct outside_point, outside->addrs.n);

	for (size_t i = 0; i < outside->addrs.n; i++) {
		const struct ir_end end = {.ep = ep, .addr = outside->addrs.v[i]};

		out[i] = (struct outside_point){space_piece_of(&outside->kinds, &end.addr),
						cls_of_end(cls, &end)};
	}
	return out;
}

struct fold {
	const struct space_outside *outside;
	const struct outside_point *points;
	const struct cls_table *t;
	struct arena *arena;
	VEC(struct space_runs) stands_for; /* by address of `out` */
	struct space_outside *out;
};

static void add_piece(struct fold *f, struct space_runs *runs, uint32_t piece)
{
	struct space_run *last = runs->list.n ? &runs->list.v[runs->list.n - 1] : NULL;

	if (last && last->last + 1 == piece)
		last->last = piece;
	else
		vec_push(f->arena, &runs->list, (struct space_run){piece, piece});
}

/* The addresses lo..hi-1, which are of one family. */
static void fold_family(struct fold *f, size_t lo, size_t hi)
{
	enum { NOT_YET = 0 };
	size_t n_rows = f->t ? f->t->n_rows : 1;
	size_t *place = arena_array(f->arena, size_t, n_rows); /* of a row, behind its index */

	for (size_t i = lo; i < hi; i++) {
		uint32_t row = f->t ? cls_table_row(f->t, f->points[i].cls) : 0;

		if (place[row] == NOT_YET) {
			vec_push(f->arena, &f->out->addrs, f->outside->addrs.v[i]);
			vec_push(f->arena, &f->stands_for, (struct space_runs){0});
			place[row] = f->out->addrs.n;
		}
		add_piece(f, &f->stands_for.v[place[row] - 1], f->points[i].piece);
	}
}

void outside_fold(const struct space_outside *outside, const struct outside_point *points,
		  const struct cls_table *t, struct arena *arena, struct space_outside *out)
{
	struct fold f = {.outside = outside, .points = points, .t = t, .arena = arena, .out = out};

	*out = (struct space_outside){.kinds = outside->kinds};
	fold_family(&f, 0, outside->n4);
	out->n4 = out->addrs.n;
	fold_family(&f, outside->n4, outside->addrs.n);
	out->stands_for = f.stands_for.v;
}
