/* SPDX-License-Identifier: Apache-2.0 */
/* Who decides each cell of a table: rule by rule, in order of decision, for a row at a time. */
#include "compiler/classes/table_work.h"
#include "compiler/ir/port.h"

#include <assert.h>
#include <string.h>

#include "lang/base/work.h"

static const uint16_t proto_numbers[CLS_N_PROTOS] = {
	[CLS_TCP] = IR_PROTO_TCP,   [CLS_UDP] = IR_PROTO_UDP,     [CLS_SCTP] = IR_PROTO_SCTP,
	[CLS_ICMP] = IR_PROTO_ICMP, [CLS_ICMP6] = IR_PROTO_ICMP6, [CLS_OTHER] = IR_PROTO_ANY,
};

uint16_t cls_proto_number(enum cls_proto proto)
{
	return proto_numbers[proto];
}

static uint32_t row_port(const struct table_work *w, const struct raw_row *row, uint16_t proto,
			 uint32_t name)
{
	for (size_t i = 0; i < w->names.n; i++) {
		if (w->names.v[i].proto == proto && w->names.v[i].name == name)
			return row->ports[i];
	}
	return CLS_NO_PORT;
}

/* The first span of a protocol that does not end before this port. */
static uint32_t find_span(const struct table_work *w, enum cls_proto proto, uint32_t port)
{
	uint32_t lo = w->first_span[proto], hi = w->first_span[proto + 1];

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (w->spans.v[mid].hi < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Spans first .. end - 1. */
struct reach {
	uint32_t first, end;
};

/* The spans of one protocol that a port of a rule means. Its ends are ends of spans, as
 * cut_ports() of table.c has seen to it. */
static struct reach port_reach(const struct table_work *w, const struct ir_port *port,
			       const struct raw_row *row, enum cls_proto proto)
{
	struct ir_port_aspects a = ir_port_aspects(port);
	uint32_t lo = a.lo, hi = a.hi;

	if (!ir_port_takes(&a, cls_proto_number(proto)))
		return (struct reach){0, 0};
	if (a.name != INTERN_NONE)
		lo = hi = row_port(w, row, a.proto, a.name);
	/* Of CLS_OTHER there is port 0 alone. */
	if (lo < a.lo || hi > a.hi || (proto == CLS_OTHER && lo > 0))
		return (struct reach){0, 0};
	if (proto == CLS_OTHER || ir_port_is_whole(&a))
		return (struct reach){w->first_span[proto], w->first_span[proto + 1]};
	return (struct reach){find_span(w, proto, lo), find_span(w, proto, hi) + 1};
}

/* The rules that match a row's peers, in order of decision. */
struct row_rules {
	uint32_t *v; /* into table_work.rules */
	size_t n;
};

static void list_rules(const struct table_work *w, const struct raw_row *row, struct row_rules *out)
{
	out->n = 0;
	for (size_t word = 0; word < w->mask_words; word++) {
		for (uint64_t bits = row->mask[word]; bits; bits &= bits - 1)
			out->v[out->n++] = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(bits);
	}
}

size_t cls_decider_nobody(const struct table_work *w)
{
	return w->rules.n + w->tiers.n;
}

/* One row while its spans are decided. The spans that the present tier has not matched are a
 * list in which what leaves is skipped, so each is looked at once and not by every rule. */
struct row_work {
	const struct raw_row *row;
	uint32_t *decider; /* by span; UNDECIDED */
	uint32_t *next;    /* by span: the first that is still open, from this one on, or nearer */
	uint32_t *asked; /* by span: the set of rules of this rank that look at requests; NOTHING */
	bool asking;     /* some span has a set */
};

enum { UNDECIDED = UINT32_MAX, NOTHING = UINT32_MAX };

static uint32_t next_open(struct row_work *r, uint32_t span)
{
	while (r->next[span] != span) {
		r->next[span] = r->next[r->next[span]];
		span = r->next[span];
	}
	return span;
}

struct asked_rules {
	VEC(uint32_t) list;
};

static bool same_rank(const struct table_work *w, uint32_t a, uint32_t b)
{
	return w->rules.v[a]->rank == w->rules.v[b]->rank &&
	       w->rules.v[a]->action == w->rules.v[b]->action;
}

static void match_spans(const struct table_work *w, struct row_work *r, struct reach reach,
			uint32_t rule)
{
	bool decides = w->rules.v[rule]->action != IR_PASS;

	for (uint32_t s = next_open(r, reach.first); s < reach.end; s = next_open(r, s)) {
		r->next[s] = s + 1;
		if (decides)
			r->decider[s] = rule;
	}
}

/* The set with one rule more; rules come in order, so equal sets have equal keys. */
static uint32_t extend(struct table_work *w, uint32_t set, uint32_t rule)
{
	struct asked_rules more = {0};
	const struct keyset_key *key = set == NOTHING ? NULL : &w->asked.keys.v[set];
	const uint32_t *had = key ? key->bytes : NULL;

	for (size_t i = 0; key && i < key->len / sizeof(*had); i++)
		vec_push(w->c->arena, &more.list, had[i]);
	vec_push(w->c->arena, &more.list, rule);
	return keyset_add(&w->asked, more.list.v, more.list.n * sizeof(*more.list.v));
}

/* Such a rule closes no span: others of its rank are asked as well. */
static void ask_spans(struct table_work *w, struct row_work *r, struct reach reach, uint32_t rule)
{
	for (uint32_t s = next_open(r, reach.first); s < reach.end; s = next_open(r, s + 1)) {
		r->asked[s] = extend(w, r->asked[s], rule);
		r->asking = true;
	}
}

/* A rule can name a port twice. */
static void ask_rule(struct table_work *w, struct row_work *r, uint32_t rule)
{
	const struct ir_rule *ir = w->rules.v[rule];
	bool *hit = arena_array(w->c->arena, bool, w->spans.n);

	vec_each (const struct ir_port, port, &ir->ports) {
		for (enum cls_proto proto = 0; proto < CLS_N_PROTOS; proto++) {
			struct reach reach = port_reach(w, port, r->row, proto);

			for (uint32_t s = reach.first; s < reach.end; s++)
				hit[s] = true;
		}
	}
	for (uint32_t s = 0; s < w->spans.n; s++)
		if (hit[s] || !ir->ports.n)
			ask_spans(w, r, (struct reach){s, s + 1}, rule);
}

/* The rank is over: who was asked decides. */
static void end_asking(const struct table_work *w, struct row_work *r)
{
	uint32_t first = (uint32_t)cls_decider_nobody(w) + 1;

	for (uint32_t s = 0; r->asking && s < w->spans.n; s++) {
		if (r->asked[s] == NOTHING)
			continue;
		r->decider[s] = first + r->asked[s];
		r->next[s] = s + 1;
		r->asked[s] = NOTHING;
	}
	r->asking = false;
}

static void match_plain_rule(const struct table_work *w, struct row_work *r, uint32_t rule)
{
	const struct ir_rule *ir = w->rules.v[rule];

	if (!ir->ports.n)
		match_spans(w, r, (struct reach){0, (uint32_t)w->spans.n}, rule);
	vec_each (const struct ir_port, port, &ir->ports) {
		for (enum cls_proto proto = 0; proto < CLS_N_PROTOS; proto++) {
			struct reach reach = port_reach(w, port, r->row, proto);

			if (reach.first < reach.end)
				match_spans(w, r, reach, rule);
		}
	}
}

/* Rules that look at requests stand behind the others of their rank (rule_order() of table.c):
 * where one of those allows, they are moot. */
static void match_rule(struct table_work *w, struct row_work *r, uint32_t rule, uint32_t before)
{
	if (before != NOTHING && !same_rank(w, before, rule))
		end_asking(w, r);
	if (w->rules.v[rule]->l7.kind == IR_L7_NONE)
		match_plain_rule(w, r, rule);
	else
		ask_rule(w, r, rule);
}

/* The rules from `i` on; returns the first one that belongs to a later tier. */
static size_t decide_tier(struct table_work *w, struct row_work *r, const struct row_rules *rules,
			  size_t i, const struct tier_part *part, uint32_t by)
{
	uint32_t n = (uint32_t)w->spans.n, before = NOTHING;

	for (uint32_t s = 0; s <= n; s++)
		r->next[s] = s < n && r->decider[s] != UNDECIDED ? s + 1 : s;
	for (; i < rules->n && rules->v[i] < part->end; i++) {
		match_rule(w, r, rules->v[i], before);
		before = rules->v[i];
	}
	end_asking(w, r);
	if ((r->row->node ? part->otherwise_node : part->otherwise) == IR_PASS)
		return i;
	for (uint32_t s = next_open(r, 0); s < n; s = next_open(r, s + 1))
		r->decider[s] = by;
	return i;
}

static void decide_row(struct table_work *w, struct row_work *r, const struct row_rules *rules)
{
	uint32_t by = (uint32_t)w->rules.n;
	size_t i = 0;

	for (size_t s = 0; s < w->spans.n; s++)
		r->decider[s] = UNDECIDED;
	vec_each (const struct tier_part, part, &w->tiers)
		i = decide_tier(w, r, rules, i, part, by++);
	for (size_t s = 0; s < w->spans.n; s++)
		if (r->decider[s] == UNDECIDED)
			r->decider[s] = (uint32_t)cls_decider_nobody(w);
}

const struct keyset_key *cls_decider_asked(const struct table_work *w, size_t decider)
{
	return &w->asked.keys.v[decider - cls_decider_nobody(w) - 1];
}

enum ir_outcome cls_decider_outcome(const struct table_work *w, size_t decider)
{
	enum ir_action action = IR_ALLOW;

	if (decider > cls_decider_nobody(w))
		return IR_OUTCOME_REDIRECT;
	if (decider < w->rules.n)
		action = w->rules.v[decider]->action;
	else if (decider < cls_decider_nobody(w))
		action = w->tiers.v[decider - w->rules.n].otherwise;
	return action == IR_ALLOW ? IR_OUTCOME_ALLOW : IR_OUTCOME_DENY;
}

void cls_build_cells(struct table_work *w)
{
	struct row_rules rules = {.v = arena_array(w->c->arena, uint32_t, w->rules.n)};
	struct row_work r = {.decider = arena_array(w->c->arena, uint32_t, w->spans.n),
			     .next = arena_array(w->c->arena, uint32_t, w->spans.n + 1)};
	size_t n = 0;

	r.asked = arena_array(w->c->arena, uint32_t, w->spans.n);
	memset(r.asked, 0xff, w->spans.n * sizeof(*r.asked)); /* NOTHING */
	keyset_init(&w->asked, w->c->arena);
	w->cells = arena_calloc(w->c->arena, w->rows.n, w->spans.n);
	if (w->c->opts.decisions)
		w->decided = arena_array(w->c->arena, uint16_t, w->rows.n * w->spans.n);
	vec_each (const struct raw_row, row, &w->rows) {
		if (work_is_over(w->c->opts.work))
			return;
		r.row = row;
		list_rules(w, row, &rules);
		decide_row(w, &r, &rules);
		for (size_t s = 0; s < w->spans.n; s++, n++) {
			assert(r.decider[s] <= cls_decider_nobody(w) + w->asked.keys.n);
			if (w->decided)
				w->decided[n] = (uint16_t)r.decider[s];
			w->cells[n] = (uint8_t)cls_decider_outcome(w, r.decider[s]);
		}
	}
}
