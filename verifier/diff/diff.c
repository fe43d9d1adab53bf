/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/diff/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/work.h"
#include "verifier/diff/cause.h"
#include "verifier/diff/requests.h"

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

static enum ir_outcome replay(const struct diff_world *w, const struct diff_witness *wit,
			      enum diff_side side)
{
	const struct ir_flow *flow = &wit->flow[side];

	if (wit->missing[side])
		return IR_OUTCOME_DENY;
	return ir_judge_both(w->ir[side], flow);
}

void diff_make_witness(struct diff_world *w, const struct region_box *box,
		       const struct ir_request *request, struct diff_witness *out)
{
	w->ops->witness(w, box, out);
	out->request = request;
	for (int side = 0; side < DIFF_N_SIDES; side++)
		out->flow[side].request = request;
}

/* What has become of the flows of a region, or of a request over them. */
enum fate { ADDED, REMOVED, OPEN };

/* The interpreters must say of the witness what the region says. */
static bool confirmed(const struct diff_world *w, const struct diff_witness *wit, enum fate fate)
{
	enum ir_outcome old = replay(w, wit, DIFF_OLD), new = replay(w, wit, DIFF_NEW);

	switch (fate) {
	case ADDED:
		return old == IR_OUTCOME_DENY && new == IR_OUTCOME_ALLOW;
	case REMOVED:
		return old == IR_OUTCOME_ALLOW && new == IR_OUTCOME_DENY;
	case OPEN:
		return old == IR_OUTCOME_REDIRECT || new == IR_OUTCOME_REDIRECT;
	}
	return false;
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

/* What of a world with these clauses becomes regions for readers; `complete`: they are all. */
struct description {
	struct diff_world *w;
	const struct diff_clauses *clauses;
	bool complete;
	struct diff *out;
};

static struct diff_regions *regions_of(struct diff *d, enum fate fate)
{
	struct diff_regions *const of[] = {
		[ADDED] = &d->added, [REMOVED] = &d->removed, [OPEN] = &d->undecided};

	return of[fate];
}

static int describe(const struct description *d, const struct region *r, enum fate fate,
		    const struct ir_request *request)
{
	const struct diff_clauses *clauses = r->list.n > MAX_EXPLAINED ? NULL : d->clauses;
	struct diff_regions *out = regions_of(d->out, fate);
	struct diff_world *w = d->w;

	work_step(w->space.work, "regions described", r->list.n);
	vec_each (const struct region_box *, box, &r->list) {
		struct diff_region region = {.box = *box};

		if ((!d->complete || work_is_over(w->space.work)) && out->list.n >= MAX_UNDECIDED)
			break;
		work_tell(w->space.work, out->list.n);
		diff_make_witness(w, *box, request, &region.witness);
		if (!confirmed(w, &region.witness, fate))
			return -EPROTO;
		w->ops->describe(w, *box, &region);
		region.port_zero =
			diff_ports_are_zero(region_box_get(&w->space, *box, w->port_dim));
		if (w->ops->mark)
			w->ops->mark(w, *box, &region);
		diff_find_causes(w, clauses, &region);
		vec_push(w->arena, &out->list, region);
	}
	return 0;
}

static bool judges(const struct diff_passage *p)
{
	/* The higher number is behind. */
	return p->outcomes[IR_N_DIRS - 1] >= DIFF_FIRST_JUDGES;
}

/* Some requests over these flows may be judged otherwise, in either way. */
static int describe_requests(const struct description *d, const struct diff_change *change)
{
	const struct diff_passage *old = &change->of[DIFF_OLD], *new = &change->of[DIFF_NEW];
	const struct ir_request *request;
	enum l7_answer added, removed;
	int err = 0;

	added = diff_find_request(d->w, new, old, &request);
	if (added == L7_FOUND)
		err |= describe(d, &change->region, ADDED, request);
	removed = diff_find_request(d->w, old, new, &request);
	if (removed == L7_FOUND)
		err |= describe(d, &change->region, REMOVED, request);
	if (added == L7_UNDECIDED || removed == L7_UNDECIDED)
		err |= describe(d, &change->region, OPEN, NULL);
	return err;
}

static int describe_change(const struct description *d, struct diff_change *change)
{
	struct region *r = &change->region;

	diff_simplify(d->w, r);
	if (d->w->ops->tidy)
		d->w->ops->tidy(d->w, r);
	if (judges(&change->of[DIFF_OLD]) || judges(&change->of[DIFF_NEW]))
		return describe_requests(d, change);
	return describe(d, r, change->of[DIFF_OLD].outcomes[0] == DIFF_DENIES ? ADDED : REMOVED,
			NULL);
}

static int describe_all(const struct description *d, struct diff_changes *changes)
{
	int err = 0;

	vec_each (struct diff_change, change, &changes->list)
		err |= describe_change(d, change);
	for (enum fate fate = ADDED; fate <= OPEN; fate++) {
		struct diff_regions *r = regions_of(d->out, fate);

		if (r->list.n)
			qsort(r->list.v, r->list.n, sizeof(*r->list.v), region_order);
	}
	return err;
}

static enum diff_relation relation_of(const struct diff *d)
{
	if (d->incomplete || d->undecided.list.n)
		return DIFF_UNDECIDED;
	if (d->added.list.n)
		return d->removed.list.n ? DIFF_INCOMPARABLE : DIFF_WIDER;
	return d->removed.list.n ? DIFF_NARROWER : DIFF_EQUAL;
}

/* Is the time up? Then what was found is not all. */
static bool is_late(struct diff *d)
{
	d->out_of_time = work_is_over(d->world->space.work);
	d->incomplete |= d->out_of_time;
	d->relation = relation_of(d);
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
	struct diff_changes changes = {0};
	struct diff_clauses clauses;
	struct description d = {.w = w, .clauses = &clauses, .out = out};
	int err;

	*out = (struct diff){.world = w,
			     .closed = opts->closed && (has_endpoints(old) || has_endpoints(new))};
	w->arena = arena;
	w->ir[DIFF_OLD] = old;
	w->ir[DIFF_NEW] = new;
	region_space_init(&w->space, arena, opts->limit);
	w->space.work = opts->work;
	diff_requests_init(w);
	if (out->closed)
		closed_world_init(w);
	else
		open_world_init(w);
	if (w->too_large) {
		out->incomplete = true;
		out->relation = relation_of(out);
		return 0;
	}
	diff_clauses_init(&clauses, w);
	if (w->ops->changed)
		w->ops->changed(w, out);
	if (is_late(out))
		return 0;
	w->space.limit += w->space.made;
	out->some_known = !out->closed && (old->endpoints.n || new->endpoints.n);
	d.complete = diff_compare(w, &clauses, &changes) && !work_is_over(opts->work);
	out->incomplete = !d.complete;
	err = describe_all(&d, &changes);
	work_step_end(opts->work);
	is_late(out);
	return err;
}
