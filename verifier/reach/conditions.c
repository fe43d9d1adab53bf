/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/conditions.h"

#include <errno.h>

#include "compiler/classes/keyset.h"
#include "lang/base/buf.h"
#include "lang/base/work.h"
#include "verifier/reach/seen.h"
#include "verifier/reach/size.h"

/* What may be remembered, in prefixes: memory is not given back. */
enum { MAX_REMEMBERED = 1 << 21 };

struct condition {
	bool known, is_some;
	struct region_prefixes prefixes;
};

/* The last ones that were asked for, as it takes a while to say which addresses they are. */
enum { N_LAST = 1 << 12 };

struct last {
	struct reach_seen_ids ids;
	unsigned families, outcomes;
	size_t behind; /* its index in the list; 0: nothing is there */
};

struct reach_conditions {
	struct arena *arena;
	struct last last[N_LAST];
	struct keyset keys;
	VEC(struct condition) list; /* by key */
	size_t n_remembered;
};

struct reach_conditions *reach_conditions_new(struct arena *arena)
{
	struct reach_conditions *out = arena_new(arena, struct reach_conditions);

	out->arena = arena;
	keyset_init(&out->keys, arena);
	return out;
}

void reach_keep_prefixes(struct arena *arena, struct region_prefixes *p)
{
	struct region_prefixes kept = {0};

	vec_each (const struct net_prefix, in, &p->in)
		vec_push(arena, &kept.in, *in);
	vec_each (const struct net_prefix, except, &p->except)
		vec_push(arena, &kept.except, *except);
	*p = kept;
}

/* What it takes to find one is not kept. */
static struct condition find(const struct reach *r, const struct flow_question *q, enum ir_dir dir,
			     unsigned families, unsigned outcomes, struct arena *arena)
{
	struct flow_judge judge = reach_judge(r);
	struct condition out = {.known = true};
	struct arena scratch;

	arena_init(&scratch);
	out.is_some =
		flow_addresses(r->ir, q, &judge, dir, families, outcomes, &scratch, &out.prefixes);
	reach_keep_prefixes(arena, &out.prefixes);
	arena_fini(&scratch);
	return out;
}

/* Which families the subject has tells which of the peer count. */
static bool find_side(const struct flow_question *q, enum ir_dir dir, unsigned *families,
		      struct flow_side *out)
{
	struct ir_flow flow;

	if (!flow_make(&q->from, &q->to, &q->port, &flow))
		return false;
	*out = (struct flow_side){.q = q, .dir = dir, .proto = flow.proto, .port = flow.port};
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
		if (*families & 1u << f && !flow_candidate(q, f, 0, 0, &flow))
			*families &= ~(1u << f);
	return true;
}

/* NULL: there is no room. */
static struct condition *remembered(struct reach_conditions *all, const struct buf *key)
{
	struct condition none = {0};
	uint32_t id;

	if (all->n_remembered > MAX_REMEMBERED) {
		id = keyset_find(&all->keys, buf_str(key), key->n);
		return id == KEYSET_NONE ? NULL : &all->list.v[id];
	}
	id = keyset_add(&all->keys, buf_str(key), key->n);
	if (id == all->list.n) {
		vec_push(all->arena, &all->list, none);
		all->n_remembered += key->n / sizeof(struct net_prefix) + 1;
	}
	return &all->list.v[id];
}

static struct last *last_of(struct reach_conditions *all, const struct last *key)
{
	const uint32_t words[] = {key->ids.end, key->ids.table, key->ids.col, key->families,
				  key->outcomes};

	return &all->last[hash_bytes(words, sizeof(words)) % N_LAST];
}

static bool is_same(const struct last *a, const struct last *b)
{
	return a->ids.end == b->ids.end && a->ids.table == b->ids.table &&
	       a->ids.col == b->ids.col && a->families == b->families && a->outcomes == b->outcomes;
}

static struct condition *recall(const struct reach *r, const struct flow_side *side,
				unsigned families, unsigned outcomes)
{
	struct last key = {.families = families, .outcomes = outcomes}, *last;
	_cleanup_buf_ struct buf text = {0};
	struct condition *c;

	if (!reach_seen_ids(r, side, &key.ids))
		return NULL;
	last = last_of(r->conditions, &key);
	if (last->behind && is_same(last, &key))
		return &r->conditions->list.v[last->behind - 1];
	buf_add(&text, &families, sizeof(families));
	reach_seen_key(r, side, outcomes, &text);
	c = remembered(r->conditions, &text);
	if (c) {
		*last = key;
		last->behind = (size_t)(c - r->conditions->list.v) + 1;
	}
	return c;
}

bool reach_find_condition(const struct reach *r, const struct flow_question *q, enum ir_dir dir,
			  unsigned families, unsigned outcomes, struct arena *arena,
			  struct region_prefixes *out)
{
	unsigned possible = families;
	struct condition *c = NULL, one;
	struct flow_side side;

	if (find_side(q, dir, &possible, &side))
		c = recall(r, &side, possible, outcomes);
	if (c && !c->known) {
		*c = find(r, q, dir, families, outcomes, r->conditions->arena);
		r->conditions->n_remembered += c->prefixes.in.n + c->prefixes.except.n;
	}
	one = c ? *c : find(r, q, dir, families, outcomes, arena);
	*out = one.prefixes;
	return one.is_some;
}

bool reach_condition_of(const struct reach *r, const struct reach_row *row, enum ir_dir dir,
			struct arena *arena, struct region_prefixes *out)
{
	struct flow_question q = reach_question(r, row);

	return !row->self &&
	       reach_find_condition(r, &q, dir, FLOW_ALL_FAMILIES, FLOW_PASSES, arena, out);
}

void reach_put_condition(const struct reach *r, const struct reach_row *row, struct buf *out)
{
	static const enum ir_dir order[] = {IR_INGRESS, IR_EGRESS}; /* `from` comes first */
	const struct flow_question q = reach_question(r, row);
	const char *sep = "";
	struct arena arena; /* of this row: there may be many */

	arena_init(&arena);
	for (int i = 0; i < IR_N_DIRS; i++) {
		struct region_prefixes p;

		if (!reach_condition_of(r, row, order[i], &arena, &p))
			continue;
		buf_printf(out, "%s%s is in ", sep, (i ? &q.to : &q.from)->text);
		region_put_prefixes(&p, out);
		sep = " and ";
	}
	arena_fini(&arena);
}

/* --- how long they are --------------------------------------------------------------------------
 */

static bool tells_all(enum reach_format format)
{
	return format == REACH_JSON || format == REACH_CSV || format == REACH_DOT;
}

static size_t count_prefixes(const struct reach *r, const struct reach_row *row)
{
	struct arena arena;
	size_t n = 0;

	arena_init(&arena);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		struct region_prefixes p;

		if (reach_condition_of(r, row, d, &arena, &p))
			n += p.in.n + p.except.n;
	}
	arena_fini(&arena);
	return n;
}

static bool any_varies(const struct reach *r)
{
	vec_each (const struct flow_end, end, &r->ends)
		if (end->outside || (end->ep && end->ep->supposed))
			return true;
	return false;
}

int reach_check_conditions(const struct reach *r, enum reach_format format, struct diag *diag)
{
	size_t n_rows = tells_all(format) && any_varies(r) ? reach_n_rows(r) : 0, n = 0;

	for (size_t i = 0; i < n_rows && n <= REACH_MAX_PREFIXES; i++) {
		struct reach_row row;

		if (work_is_over(r->work))
			return -ETIME;
		reach_row(r, i, &row);
		if (reach_row_verdict(&row) == FLOW_DEPENDS)
			n += count_prefixes(r, &row);
	}
	return reach_limit(
		n, REACH_MAX_PREFIXES, "prefixes at least would be listed, on which flows depend",
		r->groups.n ? "narrow the question with --from, --to and --port"
			    : "narrow the question with --from, --to and --port, or group "
			      "with --group",
		diag);
}
