/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/diff/diff.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/work.h"
#include "verifier/diff/cause.h"
#include "verifier/diff/world.h"

static const char *const relation_names[] = {
	[DIFF_EQUAL] = "equal",         [DIFF_WIDER] = "wider",
	[DIFF_NARROWER] = "narrower",   [DIFF_INCOMPARABLE] = "incomparable",
	[DIFF_UNDECIDED] = "undecided",
};

const char *diff_relation_name(enum diff_relation relation)
{
	return relation_names[relation];
}

uint32_t diff_string(const struct ir *ir, const char *s)
{
	uint32_t id = intern_find(&ir->strings, s);

	return id == INTERN_NONE ? INTERN_NONE - 3 : id;
}

static enum ir_verdict replay(const struct diff_world *w, const struct diff_witness *wit,
			      enum diff_side side)
{
	return wit->missing[side] ? IR_VERDICT_DENY : ir_eval(w->ir[side], &wit->flow[side]);
}

/* The interpreters must say of the witness what the region says. */
static bool confirmed(const struct diff_world *w, const struct diff_witness *wit,
		      enum ir_verdict was)
{
	return replay(w, wit, DIFF_OLD) == was && replay(w, wit, DIFF_NEW) != was;
}

/* What few are interested in comes last; what reaches one destination stands together. */
static int region_order(const void *x, const void *y)
{
	const struct diff_region *a = x, *b = y;
	int order = a->public_endpoints - b->public_endpoints;

	if (!order)
		order = a->port_zero - b->port_zero;
	if (!order)
		order = strcmp(a->to.text, b->to.text);
	if (!order)
		order = strcmp(a->ports_text, b->ports_text);
	return order ? order : strcmp(a->from.text, b->from.text);
}

/* More regions than anybody reads get the causes of their witnesses only. */
enum { MAX_EXPLAINED = 96 };

/* What was found before it was given up is an example, and an answer of gigabytes helps nobody. */
enum { MAX_UNDECIDED = 200 };

static void shorten(struct region *r)
{
	if (r->list.n > MAX_UNDECIDED)
		r->list.n = MAX_UNDECIDED;
}

static int describe(struct diff_world *w, const struct diff_clauses *clauses,
		    const struct region *r, enum ir_verdict was, struct diff_regions *out)
{
	if (r->list.n > MAX_EXPLAINED)
		clauses = NULL;
	work_step(w->space.work, "regions described", r->list.n);
	vec_each (const struct region_box *, box, &r->list) {
		struct diff_region region = {.box = *box};

		if (work_is_over(w->space.work) && out->list.n >= MAX_UNDECIDED)
			break;
		work_tell(w->space.work, out->list.n);
		w->ops->witness(w, *box, &region.witness);
		if (!confirmed(w, &region.witness, was))
			return -EPROTO;
		w->ops->describe(w, *box, &region);
		region.port_zero =
			diff_ports_are_zero(region_box_get(&w->space, *box, w->port_dim));
		if (w->ops->mark)
			w->ops->mark(w, *box, &region);
		diff_find_causes(w, clauses, &region);
		vec_push(w->arena, &out->list, region);
	}
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), region_order);
	return 0;
}

static enum diff_relation relation_of(const struct diff *d, bool complete)
{
	if (!complete)
		return DIFF_UNDECIDED;
	if (d->added.list.n)
		return d->removed.list.n ? DIFF_INCOMPARABLE : DIFF_WIDER;
	return d->removed.list.n ? DIFF_NARROWER : DIFF_EQUAL;
}

/* Is the time up? Then what was found is not all. */
static bool is_late(struct diff *d)
{
	d->out_of_time = work_is_over(d->world->space.work);
	if (d->out_of_time)
		d->relation = DIFF_UNDECIDED;
	return d->out_of_time;
}

/* An inventory of hosts alone is none: policy has nobody to speak of. */
static bool has_endpoints(const struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (!(*ep)->host)
			return true;
	return false;
}

int diff_run(const struct ir *old, const struct ir *new, const struct diff_options *opts,
	     struct arena *arena, struct diff *out)
{
	struct diff_world *w = arena_new(arena, struct diff_world);
	struct region added = {0}, removed = {0};
	struct diff_clauses clauses;
	bool complete;
	int err;

	/* A clause passes its flows or it does not. */
	assert(!ir_has_l7(old) && !ir_has_l7(new));
	*out = (struct diff){.world = w,
			     .closed = opts->closed && (has_endpoints(old) || has_endpoints(new))};
	w->arena = arena;
	w->ir[DIFF_OLD] = old;
	w->ir[DIFF_NEW] = new;
	region_space_init(&w->space, arena, opts->limit);
	w->space.work = opts->work;
	if (out->closed)
		closed_world_init(w);
	else
		open_world_init(w);
	diff_clauses_init(&clauses, w);
	if (w->ops->changed)
		w->ops->changed(w, out);
	if (is_late(out))
		return 0;
	w->space.limit += w->space.made;
	out->some_known = !out->closed && (old->endpoints.n || new->endpoints.n);
	complete = diff_compare(w, &clauses, &added, &removed);
	diff_simplify(w, &added);
	diff_simplify(w, &removed);
	if (w->ops->tidy) {
		w->ops->tidy(w, &added);
		w->ops->tidy(w, &removed);
	}
	complete &= !work_is_over(opts->work);
	if (!complete) {
		shorten(&added);
		shorten(&removed);
	}
	err = describe(w, &clauses, &added, IR_VERDICT_DENY, &out->added);
	if (!err)
		err = describe(w, &clauses, &removed, IR_VERDICT_ALLOW, &out->removed);
	work_step_end(opts->work);
	out->relation = relation_of(out, complete);
	is_late(out);
	return err;
}
