/* SPDX-License-Identifier: Apache-2.0 */
/* Names of ports: which numbers they stand for, and at which destinations. */
#include <stdlib.h>

#include "verifier/diff/closed/closed.h"

/* A name has this number at this point. */
struct use {
	uint32_t number, point;
};

struct uses {
	VEC(struct use) list;
};

/* By the number of the name. */
struct all_uses {
	VEC(struct uses) list;
};

static int use_order(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->point > y->point) - (x->point < y->point);
}

static void add_points(struct diff_world *w, const struct closed_endpoint *e, uint32_t number,
		       struct uses *uses)
{
	for (uint32_t i = 0; i < e->n; i++)
		vec_push(w->arena, &uses->list, (struct use){number, e->first + i});
}

/* The port that counts of an endpoint that gives one name to several. */
static bool counts(const struct ir_endpoint *ep, const struct ir_named_port *port)
{
	return ir_endpoint_port(ep, port->proto, port->name) == port->port;
}

/* One box for each number. */
static void box_uses(struct diff_world *w, struct uses *uses, struct region *out)
{
	size_t n = uses->list.n;

	qsort(uses->list.v, n, sizeof(*uses->list.v), use_order);
	for (size_t i = 0; i < n;) {
		uint32_t number = uses->list.v[i].number;
		struct region_spans points = {0};
		const struct region_box *box;

		for (; i < n && uses->list.v[i].number == number; i++)
			vec_push(
				w->arena, &points.list,
				(struct region_span){uses->list.v[i].point, uses->list.v[i].point});
		box = region_box_with(&w->space, w->space.whole, DIFF_TO,
				      region_set(&w->space, &points));
		vec_push(w->arena, &out->list,
			 region_box_with(&w->space, box, w->port_dim,
					 region_set_of(&w->space, number, number)));
	}
}

/* Those of the name with this key. */
static struct uses *uses_of(struct diff_world *w, struct closed_side *s, struct all_uses *all,
			    const char *key)
{
	uint32_t id = intern_add(&s->port_names, key);

	if (id == all->list.n)
		vec_push(w->arena, &all->list, (struct uses){0});
	return &all->list.v[id];
}

static void add_endpoint(struct diff_world *w, enum diff_side side, const struct closed_endpoint *e,
			 struct all_uses *all)
{
	const struct ir_endpoint *ep = e->on[side];

	vec_each (const struct ir_named_port, port, &ep->ports) {
		const char *name = closed_known(&w->ir[side]->strings, port->name);

		if (name && counts(ep, port))
			add_points(w, e, diff_port_number(port->proto, port->port),
				   uses_of(w, &w->closed->sides[side], all,
					   arena_printf(w->arena, "%u/%s", port->proto, name)));
	}
}

void closed_name_ports(struct diff_world *w, enum diff_side side)
{
	struct closed_side *s = &w->closed->sides[side];
	struct all_uses all = {0};

	intern_init(&s->port_names, w->arena);
	vec_each (const struct closed_endpoint, e, &w->closed->endpoints)
		if (e->on[side] && !e->on[side]->host)
			add_endpoint(w, side, e, &all);
	vec_each (struct uses, uses, &all.list) {
		struct region boxes = {0};

		box_uses(w, uses, &boxes);
		vec_push(w->arena, &s->named, boxes);
	}
}
