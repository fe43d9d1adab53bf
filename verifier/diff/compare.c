/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparison: a box of flows whose verdicts may have changed is split along the clauses that
 * reach into it, in the order in which they decide, until each piece has one outcome on either
 * side, or until both sides say the same about it with the same words.
 *
 * The pieces wait on a stack, each with the clauses that reach into it; these only get fewer.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/base/work.h"
#include "verifier/diff/index.h"
#include "verifier/diff/requests.h"

enum { N_LISTS = DIFF_N_SIDES * IR_N_DIRS };

/* Clauses by number, in the order of decision. */
struct clause_list {
	uint32_t *v;
	size_t n;
};

struct piece {
	const struct region_box *box;
	struct clause_list lists[DIFF_N_SIDES][IR_N_DIRS];
};

struct comparison {
	struct diff_world *w;
	const struct diff_clauses *clauses;
	VEC(struct piece) stack;
	struct box_index index; /* of the clauses, by their number */
	struct box_index done;  /* roots that were compared before this one */
	VEC(uint32_t) asks;     /* of rules that judge together, while they are looked for */
	struct keyset passages; /* of both sides: numbers of changes */
	struct diff_changes *out;
};

/* What a list of clauses says about a box: an outcome, or where to split it next. */
struct opinion {
	bool settled;
	uint32_t outcome; /* as in struct diff_passage */
	const struct diff_clause *split;
};

/* --- what a list says ------------------------------------------------------------------------ */

static const struct diff_clause *clause_at(const struct comparison *cmp,
					   const struct clause_list *list, size_t i)
{
	return &cmp->clauses->list.v[list->v[i]];
}

/* Behind the last clause from `i` on that judges requests together with it. */
static size_t end_of_judges(const struct comparison *cmp, const struct clause_list *list, size_t i)
{
	const struct diff_clause *first = clause_at(cmp, list, i), *c = first;

	while (c->asks && ir_precedence_cmp(&c->precedence, &first->precedence) == 0 &&
	       ++i < list->n)
		c = clause_at(cmp, list, i);
	return i;
}

static bool is_judge(const struct comparison *cmp, uint32_t asks)
{
	vec_each (const uint32_t, other, &cmp->asks)
		if (*other == asks)
			return true;
	return false;
}

/* What clauses from..to, which judge together, ask of the whole box; returns the first that asks
 * something else of a part of it, or NULL. */
static const struct diff_clause *collect_judges(struct comparison *cmp,
						const struct clause_list *list, size_t from,
						size_t to, const struct region_box *box)
{
	cmp->asks.n = 0;
	/* The clauses of one number stand together, and these in order. */
	for (size_t i = from; i < to; i++) {
		const struct diff_clause *c = clause_at(cmp, list, i);

		if (region_box_covers(c->box, box) &&
		    (!cmp->asks.n || cmp->asks.v[cmp->asks.n - 1] != c->asks))
			vec_push(cmp->w->arena, &cmp->asks, c->asks);
	}
	for (size_t i = from; i < to; i++) {
		const struct diff_clause *c = clause_at(cmp, list, i);

		if (!is_judge(cmp, c->asks))
			return c;
	}
	return NULL;
}

/* The first clauses that hold in a part of the box only, by what they do. */
enum { ASKS = IR_PASS + 1, N_PARTS };

struct parts {
	const struct diff_clause *v[N_PARTS];
};

static void note_part(struct parts *parts, int what, const struct diff_clause *clause)
{
	if (!parts->v[what])
		parts->v[what] = clause;
}

/* The outcome that a list comes to, and what it has met on the way. */
static uint32_t find_outcome(struct comparison *cmp, const struct clause_list *list,
			     const struct region_box *box, struct parts *parts)
{
	uint32_t passed_tier = UINT32_MAX;

	for (size_t i = 0, next; i < list->n; i = next) {
		const struct diff_clause *c = clause_at(cmp, list, i);

		next = i + 1;
		if (c->precedence.tier == passed_tier)
			continue;
		if (c->asks) {
			next = end_of_judges(cmp, list, i);
			c = collect_judges(cmp, list, i, next, box);
			if (c)
				note_part(parts, ASKS, c);
			if (cmp->asks.n)
				return diff_judges(cmp->w, cmp->asks.v, cmp->asks.n);
			continue;
		}
		if (!region_box_covers(c->box, box))
			note_part(parts, (int)c->precedence.action, c);
		else if (c->precedence.action == IR_PASS)
			passed_tier = c->precedence.tier;
		else
			return c->precedence.action == IR_ALLOW ? DIFF_ALLOWS : DIFF_DENIES;
	}
	return DIFF_ALLOWS;
}

/*
 * The first clause that covers the whole box and does not pass on is final, together with those
 * that judge requests with it. Those before it that hold in a part of the box only do not matter if
 * they say the same; else the box must be split along the first that does not.
 */
static struct opinion ask(struct comparison *cmp, const struct clause_list *list,
			  const struct region_box *box)
{
	struct parts parts = {0};
	struct opinion out = {.outcome = find_outcome(cmp, list, box, &parts)};

	if (out.outcome == DIFF_ALLOWS)
		parts.v[IR_ALLOW] = NULL;
	if (out.outcome == DIFF_DENIES)
		parts.v[IR_DENY] = NULL;
	for (int what = 0; what < N_PARTS; what++) {
		/* The clauses are an array in the order of decision. */
		if (parts.v[what] && (!out.split || parts.v[what] < out.split))
			out.split = parts.v[what];
	}
	out.settled = !out.split;
	return out;
}

static bool same_list(const struct clause_list *a, const struct clause_list *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

/* --- pieces ---------------------------------------------------------------------------------- */

static void piece_fini(struct piece *p)
{
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		for (int dir = 0; dir < IR_N_DIRS; dir++)
			free(p->lists[side][dir].v);
	}
}

/* Those of a list that reach into the box. */
static struct clause_list narrow(const struct comparison *cmp, const struct clause_list *from,
				 const struct region_box *box)
{
	struct clause_list out = {0};

	if (!from->n)
		return out;
	out.v = malloc(from->n * sizeof(*out.v));
	if (!out.v)
		abort();
	cmp->w->space.made += from->n / 64;
	for (size_t i = 0; i < from->n; i++) {
		if (region_box_meets(cmp->clauses->list.v[from->v[i]].box, box))
			out.v[out.n++] = from->v[i];
	}
	return out;
}

static void push(struct comparison *cmp, const struct region_box *box, const struct piece *from)
{
	struct piece p = {.box = box};

	if (!cmp->w->ops->inhabited(cmp->w, box) || box_index_covers(&cmp->done, box))
		return;
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		for (int dir = 0; dir < IR_N_DIRS; dir++)
			p.lists[side][dir] = narrow(cmp, &from->lists[side][dir], box);
	}
	vec_push(cmp->w->arena, &cmp->stack, p);
}

/* --- halves ---------------------------------------------------------------------------------- */

/*
 * Where very many clauses reach into a piece, splitting along one after the other would look at all
 * of them each time. Such a piece is halved first, in a dimension and at a number that part the
 * clauses best, as far as a sample of them tells.
 */
enum { MANY_CLAUSES = 48, SAMPLE = 64, MAX_DIMS = 8 };

struct halves {
	uint32_t dim;
	const struct region_box *box[2];
	size_t parted; /* clauses of the sample that keep out of a half, counted for both */
};

struct sample {
	const struct region_box *v[SAMPLE];
	size_t n;
};

static const struct clause_list *longest(const struct piece *p)
{
	const struct clause_list *best = &p->lists[0][0];

	for (int i = 1; i < N_LISTS; i++) {
		const struct clause_list *list = &p->lists[i / IR_N_DIRS][i % IR_N_DIRS];

		best = list->n > best->n ? list : best;
	}
	return best;
}

static void take_sample(const struct comparison *cmp, const struct clause_list *list,
			struct sample *out)
{
	out->n = list->n < SAMPLE ? list->n : SAMPLE;
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = cmp->clauses->list.v[list->v[i * list->n / out->n]].box;
}

static int number_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The middle one of the numbers at which the sets of the sample begin inside the piece. */
static bool middle(const struct region_space *s, const struct region_box *box,
		   const struct sample *sample, uint32_t dim, uint32_t *at)
{
	const struct region_set *have = region_box_get(s, box, dim);
	uint32_t numbers[SAMPLE];
	size_t n = 0;

	for (size_t i = 0; i < sample->n; i++) {
		const struct region_set *set = region_box_get(s, sample->v[i], dim);

		if (set->v[0].lo > have->v[0].lo && set->v[0].lo <= have->v[have->n - 1].hi)
			numbers[n++] = set->v[0].lo;
	}
	if (!n)
		return false;
	qsort(numbers, n, sizeof(*numbers), number_order);
	*at = numbers[n / 2];
	return true;
}

static void try_dim(struct region_space *s, const struct region_box *box,
		    const struct sample *sample, uint32_t dim, struct halves *best)
{
	const struct region_set *have = region_box_get(s, box, dim);
	struct halves h = {.dim = dim};
	uint32_t at;

	if (!middle(s, box, sample, dim, &at))
		return;
	for (int i = 0; i < 2; i++) {
		const struct region_set *side = i ? region_set_of(s, at, have->v[have->n - 1].hi)
						  : region_set_of(s, 0, at - 1);

		h.box[i] = region_box_with(s, box, dim, region_set_and(s, have, side));
		if (!h.box[i])
			return;
		for (size_t k = 0; k < sample->n; k++)
			h.parted += !region_box_meets(sample->v[k], h.box[i]);
	}
	if (h.parted > best->parted)
		*best = h;
}

/* The dimensions of the sample's clauses, each once, as many as fit. */
static size_t dims_of(const struct sample *sample, uint32_t dims[MAX_DIMS])
{
	size_t n = 0;

	for (size_t i = 0; i < sample->n; i++) {
		for (size_t k = 0; k < sample->v[i]->n && n < MAX_DIMS; k++) {
			size_t j = 0;

			while (j < n && dims[j] != sample->v[i]->v[k].dim)
				j++;
			if (j == n)
				dims[n++] = sample->v[i]->v[k].dim;
		}
	}
	return n;
}

/* False: the clauses are few, or they lie too close to be parted. */
static bool halve(struct comparison *cmp, const struct piece *p)
{
	const struct clause_list *list = longest(p);
	struct halves best = {0};
	struct sample sample;
	uint32_t dims[MAX_DIMS];
	size_t n;

	if (list->n < MANY_CLAUSES)
		return false;
	take_sample(cmp, list, &sample);
	n = dims_of(&sample, dims);
	for (size_t i = 0; i < n; i++)
		try_dim(&cmp->w->space, p->box, &sample, dims[i], &best);
	if (best.parted < sample.n * 3 / 4)
		return false;
	push(cmp, best.box[0], p);
	push(cmp, best.box[1], p);
	return true;
}

/* --- splits ----------------------------------------------------------------------------------- */

/* What they have in common is looked at first, as it is settled soonest. */
static void split(struct comparison *cmp, const struct piece *p, const struct region_box *along)
{
	struct region_space *s = &cmp->w->space;
	struct region outside = {0};

	region_box_minus(s, p->box, along, &outside);
	vec_each (const struct region_box *, box, &outside.list)
		push(cmp, *box, p);
	push(cmp, region_box_and(s, p->box, along), p);
}

/* Is it denied, whatever the directions do that are open? */
static bool is_denied(const struct opinion dirs[IR_N_DIRS])
{
	for (int dir = 0; dir < IR_N_DIRS; dir++)
		if (dirs[dir].settled && dirs[dir].outcome == DIFF_DENIES)
			return true;
	return false;
}

/* Where to split for what one side does over both directions, those first that the sides see
 * differently; NULL: that is known. */
static const struct diff_clause *find_split(const struct opinion dirs[IR_N_DIRS],
					    const bool same[IR_N_DIRS])
{
	const struct diff_clause *out = NULL;

	if (is_denied(dirs))
		return NULL;
	for (int dir = 0; dir < IR_N_DIRS; dir++)
		if (!dirs[dir].settled && (!out || !same[dir]))
			out = dirs[dir].split;
	return out;
}

static struct diff_passage passage_of(const struct opinion dirs[IR_N_DIRS])
{
	uint32_t a = dirs[0].outcome, b = dirs[1].outcome;

	if (is_denied(dirs))
		return (struct diff_passage){{DIFF_DENIES, DIFF_DENIES}};
	if (a == b)
		return (struct diff_passage){{DIFF_ALLOWS, a}};
	return a < b ? (struct diff_passage){{a, b}} : (struct diff_passage){{b, a}};
}

/* Nothing can differ where each direction has one outcome of both sides, known or not. */
static bool agree(struct opinion said[DIFF_N_SIDES][IR_N_DIRS], const bool same[IR_N_DIRS])
{
	bool all = true;

	for (int dir = 0; dir < IR_N_DIRS; dir++) {
		const struct opinion *old = &said[DIFF_OLD][dir], *new = &said[DIFF_NEW][dir];

		all &= same[dir] || (old->settled && new->settled && old->outcome == new->outcome);
	}
	return all;
}

static void add_change(struct comparison *cmp, const struct diff_passage of[DIFF_N_SIDES],
		       const struct region_box *box)
{
	struct diff_change change = {.of = {of[DIFF_OLD], of[DIFF_NEW]}};
	uint32_t number = keyset_add(&cmp->passages, change.of, sizeof(change.of));

	if (number == cmp->out->list.n)
		vec_push(cmp->w->arena, &cmp->out->list, change);
	vec_push(cmp->w->arena, &cmp->out->list.v[number].region.list, box);
}

static void compare_piece(struct comparison *cmp, const struct piece *p)
{
	struct opinion said[DIFF_N_SIDES][IR_N_DIRS];
	struct diff_passage of[DIFF_N_SIDES];
	const struct diff_clause *old, *new;
	bool same[IR_N_DIRS];

	for (int dir = 0; dir < IR_N_DIRS; dir++) {
		same[dir] = same_list(&p->lists[DIFF_OLD][dir], &p->lists[DIFF_NEW][dir]);
		said[DIFF_OLD][dir] = ask(cmp, &p->lists[DIFF_OLD][dir], p->box);
		said[DIFF_NEW][dir] = same[dir] ? said[DIFF_OLD][dir]
						: ask(cmp, &p->lists[DIFF_NEW][dir], p->box);
	}
	if (agree(said, same))
		return;
	old = find_split(said[DIFF_OLD], same);
	new = find_split(said[DIFF_NEW], same);
	if (old || new) {
		if (!halve(cmp, p))
			split(cmp, p, (old ? old : new)->box);
		return;
	}
	for (int side = 0; side < DIFF_N_SIDES; side++)
		of[side] = passage_of(said[side]);
	if (memcmp(&of[DIFF_OLD], &of[DIFF_NEW], sizeof(*of)) != 0)
		add_change(cmp, of, p->box);
}

/* --- all pieces ------------------------------------------------------------------------------ */

static void add_number(struct clause_list *list, uint32_t number, size_t cap)
{
	if (!list->v)
		list->v = malloc(cap * sizeof(*list->v));
	if (!list->v)
		abort();
	list->v[list->n++] = number;
}

static void push_root(struct comparison *cmp, const struct region_box *box,
		      struct box_numbers *scratch)
{
	struct piece p = {.box = box};

	if (!cmp->w->ops->inhabited(cmp->w, box) || box_index_covers(&cmp->done, box))
		return;
	box_index_meeting(&cmp->index, box, scratch);
	cmp->w->space.made += scratch->list.n / 64;
	vec_each (const uint32_t, number, &scratch->list) {
		const struct diff_clause *clause = &cmp->clauses->list.v[*number];

		for (int side = 0; side < DIFF_N_SIDES; side++)
			if (clause->on[side])
				add_number(&p.lists[side][clause->dir], *number, scratch->list.n);
	}
	vec_push(cmp->w->arena, &cmp->stack, p);
}

static void drain(struct comparison *cmp)
{
	while (cmp->stack.n) {
		struct piece p = cmp->stack.v[--cmp->stack.n];

		work_tell(cmp->w->space.work, cmp->done.boxes.n);
		if (!region_space_exhausted(&cmp->w->space))
			compare_piece(cmp, &p);
		piece_fini(&p);
	}
}

bool diff_compare(struct diff_world *w, const struct diff_clauses *clauses,
		  struct diff_changes *out)
{
	struct comparison cmp = {.w = w, .clauses = clauses, .out = out};
	struct box_numbers scratch = {0};

	keyset_init(&cmp.passages, w->arena);
	box_index_init(&cmp.index, &w->space);
	box_index_init(&cmp.done, &w->space);
	vec_each (const struct diff_clause, clause, &clauses->list)
		box_index_add(&cmp.index, clause->box);
	work_step(w->space.work, "changed clauses", clauses->changed.n);
	vec_each (const struct region_box *, root, &clauses->changed) {
		if (region_space_exhausted(&w->space))
			break;
		push_root(&cmp, *root, &scratch);
		drain(&cmp);
		box_index_add(&cmp.done, *root);
	}
	work_step_end(w->space.work);
	return !region_space_exhausted(&w->space);
}
