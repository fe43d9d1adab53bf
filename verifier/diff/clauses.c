/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both policies as clauses in one order. A clause is the least that a policy says: these
 * subjects, this peer, these ports. What both sides say alike, whatever the policies are called
 * and wherever they stand, is one clause of both; only where the others reach can a verdict
 * have changed.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir/port.h"
#include "lang/base/work.h"
#include "verifier/diff/requests.h"

enum { NO_TIER = UINT32_MAX, MAX_ALIGNED = 1000 };

struct build {
	struct diff_world *w;
	struct diff_clauses *out;
	uint32_t *tiers[DIFF_N_SIDES]; /* number of a tier in the common order, by id */
	uint32_t n_tiers;
};

/* --- one order for the tiers of both sides -------------------------------------------------- */

/* A side's tiers that hold policies. */
struct tier_row {
	VEC(const struct ir_tier *) list;
};

static void collect_tiers(struct build *b, enum diff_side side, struct tier_row *out)
{
	const struct ir *ir = b->w->ir[side];

	b->tiers[side] = arena_array(b->w->arena, uint32_t, ir->tiers.n);
	vec_each (struct ir_tier *, tier, &ir->tiers) {
		b->tiers[side][(*tier)->id] = NO_TIER;
		if ((*tier)->policies.n)
			vec_push(b->w->arena, &out->list, *tier);
	}
}

static bool same_tier(const struct ir_tier *a, const struct ir_tier *b)
{
	return strcmp(a->name, b->name) == 0;
}

/* longest[i * (m + 1) + j]: how many tiers from i and j on can stand together. */
static uint32_t *longest_common(struct build *b, const struct tier_row *old,
				const struct tier_row *new)
{
	size_t n = old->list.n, m = new->list.n;
	uint32_t *l = arena_array(b->w->arena, uint32_t, (n + 1) * (m + 1));

	for (size_t i = n; i-- > 0;) {
		for (size_t j = m; j-- > 0;) {
			uint32_t skip_old = l[(i + 1) * (m + 1) + j],
				 skip_new = l[i * (m + 1) + j + 1];

			if (same_tier(old->list.v[i], new->list.v[j]))
				l[i * (m + 1) + j] = 1 + l[(i + 1) * (m + 1) + j + 1];
			else
				l[i * (m + 1) + j] = skip_old > skip_new ? skip_old : skip_new;
		}
	}
	return l;
}

/* Tiers of one name become one, as many as the two orders allow; any other order that keeps
 * both would be right, too, only slower. */
static void align_tiers(struct build *b)
{
	struct tier_row old = {0}, new = {0};
	const uint32_t *l = NULL;
	size_t i = 0, j = 0;

	collect_tiers(b, DIFF_OLD, &old);
	collect_tiers(b, DIFF_NEW, &new);
	if (old.list.n <= MAX_ALIGNED && new.list.n <= MAX_ALIGNED)
		l = longest_common(b, &old, &new);
	while (i < old.list.n || j < new.list.n) {
		size_t m = new.list.n + 1;
		bool both = l && i < old.list.n &&
			    j < new.list.n &&same_tier(old.list.v[i], new.list.v[j]);
		bool take_old = j == new.list.n ||
				(i < old.list.n && (!l || l[(i + 1) * m + j] == l[i * m + j]));

		if (both || take_old)
			b->tiers[DIFF_OLD][old.list.v[i++]->id] = b->n_tiers;
		if (both || !take_old)
			b->tiers[DIFF_NEW][new.list.v[j++]->id] = b->n_tiers;
		b->n_tiers++;
	}
}

/* --- clauses of one side --------------------------------------------------------------------- */

/* One step further into a policy. */
static uint64_t place_in(uint64_t place, size_t n)
{
	return hash_bytes((const uint64_t[]){place, n}, 2 * sizeof(uint64_t));
}

static void add_clause(struct build *b, enum diff_side side, const struct diff_clause *like,
		       const struct region_box *box)
{
	struct diff_clause clause = *like;

	clause.box = box;
	clause.on[side] = true;
	if (b->w->ops->inhabited(b->w, box))
		vec_push(b->w->arena, &b->out->list, clause);
}

static void named_port(struct build *b, enum diff_side side, const struct ir_port *port,
		       struct region *out)
{
	struct ir_port_aspects a = ir_port_aspects(port);
	const char *name = intern_str(&b->w->ir[side]->strings, a.name);

	assert(a.lo == 0 && a.hi == IR_PORT_LAST);
	for (int i = 0; i < IR_N_NAMED_PROTOS; i++) {
		if (ir_port_takes(&a, ir_named_protos[i]))
			b->w->ops->named_port(b->w, side, ir_named_protos[i], name, out);
	}
}

/* The ports of a rule: one box for all numbers, one or more for each name. */
static void port_boxes(struct build *b, enum diff_side side, const struct ir_rule *rule,
		       struct region *out)
{
	struct region_space *s = &b->w->space;
	struct region_spans spans = {0};

	if (!rule->ports.n)
		vec_push(s->arena, &out->list, s->whole);
	vec_each (const struct ir_port, port, &rule->ports) {
		if (ir_port_name(port) != INTERN_NONE)
			named_port(b, side, port, out);
		else
			diff_port_add(s, port, &spans);
	}
	if (spans.list.n)
		vec_push(s->arena, &out->list,
			 region_box_with(s, s->whole, b->w->port_dim, region_set(s, &spans)));
}

static void rule_clauses(struct build *b, enum diff_side side, const struct ir_rule *rule,
			 const struct region *subjects, uint64_t place)
{
	enum diff_which peer_end = rule->dir == IR_INGRESS ? DIFF_FROM : DIFF_TO;
	struct diff_clause clause = {.dir = rule->dir,
				     .precedence = ir_rule_precedence(rule),
				     .asks = diff_asks(b->w, rule)};
	struct region_space *s = &b->w->space;
	struct region ports = {0};

	clause.precedence.tier = b->tiers[side][rule->policy->tier->id];
	port_boxes(b, side, rule, &ports);
	vec_each (const struct ir_peer, p, &rule->peers) {
		const struct region_box *peer = b->w->ops->peer(b->w, side, p, peer_end);
		uint64_t peer_place = place_in(place, (size_t)(p - rule->peers.v));

		for (size_t i = 0; peer && i < subjects->list.n; i++) {
			const struct region_box *ends =
				region_box_and(s, subjects->list.v[i], peer);

			for (size_t j = 0; ends && j < ports.list.n; j++) {
				const struct region_box *box =
					region_box_and(s, ends, ports.list.v[j]);

				if (!box)
					continue;
				clause.place = place_in(place_in(peer_place, i), j);
				add_clause(b, side, &clause, box);
			}
		}
	}
}

/* The policy's end: its subjects are isolated. */
static void end_clauses(struct build *b, enum diff_side side, const struct ir_policy *policy,
			enum ir_dir dir, const struct region *subjects, uint64_t place)
{
	enum diff_which peer_end = dir == IR_INGRESS ? DIFF_FROM : DIFF_TO;
	struct diff_clause end = {.dir = dir,
				  .precedence = {.tier = b->tiers[side][policy->tier->id],
						 .end = true,
						 .action = IR_DENY}};

	for (size_t i = 0; i < subjects->list.n; i++) {
		struct region parts = {0};

		if (policy->spares_node)
			b->w->ops->not_own_node(b->w, side, subjects->list.v[i], peer_end, &parts);
		else
			vec_push(b->w->arena, &parts.list, subjects->list.v[i]);
		for (size_t j = 0; j < parts.list.n; j++) {
			end.place = place_in(place_in(place, i), j);
			add_clause(b, side, &end, parts.list.v[j]);
		}
	}
}

static void policy_clauses(struct build *b, enum diff_side side, const struct ir_policy *policy,
			   enum ir_dir dir)
{
	enum diff_which subject_end = dir == IR_INGRESS ? DIFF_TO : DIFF_FROM;
	uint64_t place = place_in(hash_bytes(policy->name, strlen(policy->name)), dir);
	struct region subjects = {0};

	if (!policy->governs[dir] && !policy->rules[dir].n)
		return;
	vec_each (const struct ir_selector, sel, &policy->subjects) {
		const struct region_box *box = b->w->ops->selector(b->w, side, sel, subject_end);

		if (box)
			vec_push(b->w->arena, &subjects.list, box);
	}
	vec_each (struct ir_rule *, rule, &policy->rules[dir])
		rule_clauses(b, side, *rule, &subjects,
			     place_in(place, 1 + (size_t)(rule - policy->rules[dir].v)));
	if (policy->governs[dir] && policy->tier->end == IR_DENY)
		end_clauses(b, side, policy, dir, &subjects, place_in(place, 0));
}

/* What a side cannot have at all is denied before anything else. */
static void missing_clauses(struct build *b, enum diff_side side)
{
	struct diff_clause clause = {.dir = IR_EGRESS,
				     .precedence = {.tier = 0, .action = IR_DENY}};
	struct region missing = {0};

	b->w->ops->missing(b->w, side, &missing);
	vec_each (const struct region_box *, box, &missing.list)
		add_clause(b, side, &clause, *box);
}

/* --- both sides in order --------------------------------------------------------------------- */

#define ORDER(a, b)                                                                                \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

/* In the order of decision, where a plain allow has its say before those that ask about requests;
 * then whatever brings equal ones together. */
static int clause_order(const void *x, const void *y)
{
	const struct diff_clause *a = x, *b = y;
	int order;

	ORDER(a->dir, b->dir);
	order = ir_precedence_cmp(&a->precedence, &b->precedence);
	if (order)
		return order;
	ORDER(a->asks, b->asks);
	ORDER(a->box->n, b->box->n); /* wide ones first */
	ORDER(region_box_hash(a->box), region_box_hash(b->box));
	return 0;
}

static void join_equal(struct diff_clauses *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->list.n; i++) {
		struct diff_clause *last = n ? &c->list.v[n - 1] : NULL;

		if (last && clause_order(last, &c->list.v[i]) == 0 &&
		    region_box_eq(last->box, c->list.v[i].box)) {
			last->on[DIFF_OLD] |= c->list.v[i].on[DIFF_OLD];
			last->on[DIFF_NEW] |= c->list.v[i].on[DIFF_NEW];
			continue;
		}
		c->list.v[n++] = c->list.v[i];
	}
	c->list.n = n;
}

/* --- what one place says differently --------------------------------------------------------- */

struct clause_list {
	VEC(struct diff_clause) list;
};

static int place_order(const void *x, const void *y)
{
	const struct diff_clause *a = x, *b = y;

	ORDER(a->place, b->place);
	ORDER(a->on[DIFF_NEW], b->on[DIFF_NEW]);
	return clause_order(a, b);
}

/* Takes the clauses of one side out of the list. */
static void take_changed(struct build *b, struct clause_list *changed)
{
	struct diff_clauses *c = b->out;
	size_t n = 0;

	for (size_t i = 0; i < c->list.n; i++) {
		if (c->list.v[i].on[DIFF_OLD] != c->list.v[i].on[DIFF_NEW])
			vec_push(b->w->arena, &changed->list, c->list.v[i]);
		else
			c->list.v[n++] = c->list.v[i];
	}
	c->list.n = n;
	if (changed->list.n)
		qsort(changed->list.v, changed->list.n, sizeof(*changed->list.v), place_order);
}

static bool is_pair(const struct diff_clause *a, const struct diff_clause *b)
{
	return a->place == b->place && a->dir == b->dir && a->on[DIFF_OLD] && b->on[DIFF_NEW] &&
	       ir_precedence_cmp(&a->precedence, &b->precedence) == 0 && a->asks == b->asks &&
	       region_box_meets(a->box, b->box);
}

static void add_rest(struct build *b, const struct diff_clause *clause,
		     const struct region_box *common)
{
	struct region rest = {0};

	region_box_minus(&b->w->space, clause->box, common, &rest);
	vec_each (const struct region_box *, box, &rest.list)
		add_clause(b, clause->on[DIFF_OLD] ? DIFF_OLD : DIFF_NEW, clause, *box);
}

/*
 * Where one place says something else on either side, most of it is often the same: all but the
 * flows of one endpoint that got another label. So the pair becomes what both say, and the rest.
 */
static void share_places(struct build *b)
{
	struct clause_list changed = {0};
	struct diff_clause *v;
	size_t n;

	take_changed(b, &changed);
	v = changed.list.v;
	n = changed.list.n;
	for (size_t i = 0; i < n; i++) {
		struct diff_clause both;

		if (i + 1 == n || !is_pair(&v[i], &v[i + 1])) {
			vec_push(b->w->arena, &b->out->list, v[i]);
			continue;
		}
		both = v[i];
		both.on[DIFF_NEW] = true;
		add_clause(b, DIFF_OLD, &both,
			   region_box_and(&b->w->space, v[i].box, v[i + 1].box));
		add_rest(b, &v[i], v[i + 1].box);
		add_rest(b, &v[i + 1], v[i].box);
		i++;
	}
}

/* --- both together --------------------------------------------------------------------------- */

static void put_in_order(struct diff_clauses *c)
{
	if (c->list.n)
		qsort(c->list.v, c->list.n, sizeof(*c->list.v), clause_order);
	join_equal(c);
}

static int width_order(const void *x, const void *y)
{
	const struct region_box *const *a = x, *const *b = y;

	ORDER((*a)->n, (*b)->n);
	ORDER(region_box_hash(*a), region_box_hash(*b));
	return 0;
}

static void collect_changed(struct diff_clauses *c, struct diff_world *w)
{
	vec_each (const struct diff_clause, clause, &c->list) {
		if (clause->on[DIFF_OLD] != clause->on[DIFF_NEW])
			vec_push(w->arena, &c->changed, clause->box);
	}
	if (c->changed.n)
		qsort(c->changed.v, c->changed.n, sizeof(*c->changed.v), width_order);
}

void diff_clauses_init(struct diff_clauses *c, struct diff_world *w)
{
	/* Place 0 in the order of tiers is that of what a side cannot have. */
	struct build b = {.w = w, .out = c, .n_tiers = 1};

	*c = (struct diff_clauses){0};
	align_tiers(&b);
	for (int side = 0; side < DIFF_N_SIDES; side++) {
		missing_clauses(&b, (enum diff_side)side);
		vec_each (struct ir_policy *, policy, &w->ir[side]->policies) {
			if (work_is_over(w->space.work))
				return;
			for (int dir = 0; dir < IR_N_DIRS; dir++)
				policy_clauses(&b, (enum diff_side)side, *policy, (enum ir_dir)dir);
		}
	}
	put_in_order(c);
	share_places(&b);
	put_in_order(c);
	collect_changed(c, w);
}
