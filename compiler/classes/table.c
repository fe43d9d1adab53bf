/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One verdict table: the rules that concern a subject in one direction, decided for every
 * class of peers and every interval of ports on which all rules agree; then equal rows and
 * equal columns are merged.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/growth.h"
#include "compiler/classes/table_work.h"
#include "compiler/ir/order.h"
#include "compiler/ir/port.h"
#include "compiler/space/ports.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/work.h"

/* What one table may cost before its equal rows and columns are merged. */
enum { MAX_RAW_CELLS = 1 << 26 };

/* --- rules ------------------------------------------------------------------------------- */

/* Of those that decide together the first in the sources is charged; those that look at requests
 * come last, as one that does not makes them moot. */
static int rule_order(const void *a, const void *b)
{
	const struct ir_rule *x = *(const struct ir_rule *const *)a;
	const struct ir_rule *y = *(const struct ir_rule *const *)b;
	bool ask_x = x->l7.kind != IR_L7_NONE, ask_y = y->l7.kind != IR_L7_NONE;
	int order = ir_rule_cmp(a, b);

	if (!order)
		order = ask_x - ask_y;
	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static void add_name(struct table_work *w, const struct ir_port *port)
{
	if (ir_port_name(port) == INTERN_NONE)
		return;
	vec_each (const struct cls_name, n, &w->names) {
		if (n->proto == port->proto && n->name == port->name)
			return;
	}
	vec_push(w->c->arena, &w->names,
		 (struct cls_name){.proto = port->proto, .name = port->name});
}

static void collect_rules(struct table_work *w)
{
	enum ir_dir dir = w->recipe->dir;

	for (size_t i = 0; i < w->recipe->n_policies; i++) {
		vec_each (struct ir_rule *, rule, &w->recipe->policies[i]->rules[dir]) {
			vec_push(w->c->arena, &w->rules, *rule);
			vec_each (const struct ir_port, port, &(*rule)->ports)
				add_name(w, port);
		}
	}
	if (w->rules.n)
		qsort(w->rules.v, w->rules.n, sizeof(*w->rules.v), rule_order);
	w->mask_words = w->rules.n / 64 + 1;
}

/* A part for each tier that a policy of the recipe stands in. */
static void collect_tiers(struct table_work *w)
{
	const struct cls_recipe *rc = w->recipe;
	size_t next = 0;

	for (size_t i = 0; i < rc->n_policies;) {
		const struct ir_tier *tier = rc->policies[i]->tier;
		struct tier_part part = {
			.tier = tier, .otherwise = IR_PASS, .otherwise_node = IR_PASS};

		for (; i < rc->n_policies && rc->policies[i]->tier == tier; i++) {
			if (!rc->policies[i]->governs[rc->dir])
				continue;
			part.otherwise = tier->end;
			if (!rc->policies[i]->spares_node)
				part.otherwise_node = tier->end;
		}
		while (next < w->rules.n && w->rules.v[next]->policy->tier == tier)
			next++;
		part.end = next;
		vec_push(w->c->arena, &w->tiers, part);
	}
}

/* --- columns --------------------------------------------------------------------------------- */

/* Wherever a rule, or a number that a peer gives to a name, begins or ends. */
static void cut_ports(struct table_work *w, struct space_ports *cuts)
{
	vec_each (const struct ir_rule *, rule, &w->rules)
		space_cut_rule(cuts, *rule);
	for (size_t i = 0; i < w->names.n; i++) {
		vec_each (const struct raw_row, row, &w->rows) {
			uint16_t port = (uint16_t)row->ports[i];

			if (row->ports[i] != CLS_NO_PORT)
				space_cut_range(cuts, w->names.v[i].proto, port, port);
		}
	}
}

static void build_spans(struct table_work *w)
{
	struct space_ports cuts = {.arena = w->c->arena};

	cut_ports(w, &cuts);
	for (enum cls_proto proto = 0; proto < CLS_N_PROTOS; proto++) {
		struct space_spans spans = {0};

		w->first_span[proto] = (uint32_t)w->spans.n;
		space_ports_spans(&cuts, cls_proto_number(proto), &spans);
		vec_each (const struct space_span, span, &spans.list)
			vec_push(w->c->arena, &w->spans,
				 (struct raw_span){proto, span->lo, span->hi});
	}
	w->first_span[CLS_N_PROTOS] = (uint32_t)w->spans.n;
}

/* --- minimising ------------------------------------------------------------------------------ */

/* Copies a line of cells: who decides them, where that is asked; else their verdicts. Returns
 * its size. */
static size_t copy_line(const struct table_work *w, size_t from, size_t n, size_t step, void *out)
{
	uint16_t *decided = out;
	uint8_t *cells = out;

	if (w->decided) {
		for (size_t i = 0; i < n; i++)
			decided[i] = w->decided[from + i * step];
		return n * sizeof(*decided);
	}
	for (size_t i = 0; i < n; i++)
		cells[i] = w->cells[from + i * step];
	return n;
}

/* Numbers the distinct lines of `n` cells each: rows (stride 1) or columns. */
static uint32_t *number_lines(struct table_work *w, size_t lines, size_t line_step, size_t n,
			      size_t step, uint32_t *n_distinct)
{
	uint32_t *ids = arena_array(w->c->arena, uint32_t, lines);
	uint16_t *line = arena_array(w->c->arena, uint16_t, n);
	struct keyset seen;

	keyset_init(&seen, w->c->arena);
	for (size_t i = 0; i < lines; i++) {
		size_t size = copy_line(w, i * line_step, n, step, line);

		ids[i] = keyset_add(&seen, line, size);
	}
	*n_distinct = (uint32_t)seen.keys.n;
	return ids;
}

/* Puts the cells of equal rows and columns on top of each other. */
static void merge_cells(struct table_work *w, const uint32_t *row, const uint32_t *col,
			struct cls_table *t)
{
	size_t from = 0;

	t->cells = arena_calloc(w->c->arena, t->n_rows, t->n_cols);
	if (w->decided)
		t->decided = arena_array(w->c->arena, uint16_t, (size_t)t->n_rows * t->n_cols);
	for (size_t r = 0; r < w->rows.n; r++) {
		for (size_t s = 0; s < w->spans.n; s++, from++) {
			size_t to = (size_t)row[r] * t->n_cols + col[s];

			t->cells[to] = w->cells[from];
			if (t->decided)
				t->decided[to] = w->decided[from];
		}
	}
}

static void minimise(struct table_work *w, struct cls_table *t)
{
	size_t n_rows = w->rows.n, n_spans = w->spans.n;
	uint32_t *row = number_lines(w, n_rows, n_spans, n_spans, 1, &t->n_rows);
	uint32_t *col = number_lines(w, n_spans, 1, n_rows, n_spans, &t->n_cols);

	assert(t->n_rows && t->n_cols);
	merge_cells(w, row, col, t);
	vec_each (const struct cls_run, run, &w->runs.list)
		cls_add_run(w->scratch, run->first, row[run->row], &t->runs);
	for (size_t s = 0; s < n_spans; s++) {
		struct cls_span span = {w->spans.v[s].proto, w->spans.v[s].lo, w->spans.v[s].hi,
					col[s]};
		struct cls_span *last = t->spans.n ? &t->spans.v[t->spans.n - 1] : NULL;

		if (last && last->proto == span.proto && last->col == span.col)
			last->hi = span.hi;
		else
			vec_push(w->c->arena, &t->spans, span);
	}
}

/* --- decisions ------------------------------------------------------------------------------- */

static void list_asked(struct table_work *w, size_t decider, struct cls_decision *d)
{
	const struct keyset_key *set = cls_decider_asked(w, decider);
	const uint32_t *rules = set->bytes;

	for (size_t i = 0; i < set->len / sizeof(*rules); i++)
		vec_push(w->c->arena, &d->asked, w->rules.v[rules[i]]);
	d->rule = d->asked.v[0];
}

static struct cls_decision decision_of(struct table_work *w, size_t decider)
{
	struct cls_decision d = {.outcome = cls_decider_outcome(w, decider)};
	const struct cls_recipe *rc = w->recipe;

	if (decider < w->rules.n || d.outcome == IR_OUTCOME_REDIRECT) {
		if (d.outcome == IR_OUTCOME_REDIRECT)
			list_asked(w, decider, &d);
		else
			d.rule = w->rules.v[decider];
		d.tier = d.rule->policy->tier;
		d.dir = rc->dir;
		return d;
	}
	if (decider == cls_decider_nobody(w))
		return d;
	d.tier = w->tiers.v[decider - w->rules.n].tier;
	d.dir = rc->dir;
	for (size_t i = 0; i < rc->n_policies; i++) {
		if (rc->policies[i]->tier == d.tier && rc->policies[i]->governs[rc->dir])
			vec_push(w->c->arena, &d.governing, rc->policies[i]);
	}
	return d;
}

/* Lists those who decide a cell, and numbers them anew. */
static void list_decisions(struct table_work *w, struct cls_table *t)
{
	size_t n_deciders = cls_decider_nobody(w) + 1 + w->asked.keys.n,
	       n_cells = (size_t)t->n_rows * t->n_cols;
	bool *decides = arena_array(w->c->arena, bool, n_deciders);
	uint16_t *number = arena_array(w->c->arena, uint16_t, n_deciders);

	for (size_t i = 0; i < n_cells; i++)
		decides[t->decided[i]] = true;
	for (size_t i = 0; i < n_deciders; i++) {
		if (!decides[i])
			continue;
		number[i] = (uint16_t)t->decisions.n;
		vec_push(w->c->arena, &t->decisions, decision_of(w, i));
	}
	for (size_t i = 0; i < n_cells; i++)
		t->decided[i] = number[t->decided[i]];
}

/* --- limits and sharing ---------------------------------------------------------------------- */

/* Who would make it smaller: the policies with the most rules, the largest first. */
static void note_largest(struct table_work *w, struct diag_item *d)
{
	const struct cls_recipe *rc = w->recipe;
	bool *told = arena_array(w->c->arena, bool, rc->n_policies);

	for (size_t n = 0; n < rc->n_policies && n < 5; n++) {
		size_t most = rc->n_policies;

		for (size_t i = 0; i < rc->n_policies; i++) {
			if (!told[i] && (most == rc->n_policies ||
					 rc->policies[i]->rules[rc->dir].n >
						 rc->policies[most]->rules[rc->dir].n))
				most = i;
		}
		told[most] = true;
		diag_note(w->c->diag, d, rc->policies[most]->loc,
			  "%s '%s' takes part with %zu rules", rc->policies[most]->kind,
			  rc->policies[most]->name, rc->policies[most]->rules[rc->dir].n);
	}
}

static int report_size(struct table_work *w, size_t n_rows, size_t n_cols)
{
	const struct cls_recipe *rc = w->recipe;

	note_largest(w, diag_error(w->c->diag, LOC_NONE, CODE_LIMIT,
				   "the %s table of '%s' needs %zu rows and %zu columns: use fewer "
				   "distinct peers and ports in the policies that select it",
				   ir_dir_name(rc->dir), rc->subject->name, n_rows, n_cols));
	return -E2BIG;
}

static int report_rules(struct table_work *w)
{
	const struct cls_recipe *rc = w->recipe;

	note_largest(w, diag_error(w->c->diag, LOC_NONE, CODE_LIMIT,
				   "the %s table of '%s' has %zu rules, and not so many can be "
				   "counted one by one: count none, or select it by fewer policies",
				   ir_dir_name(rc->dir), rc->subject->name, w->rules.n));
	return -E2BIG;
}

static void add_decisions(const struct cls_table *t, struct buf *key)
{
	buf_add(key, t->decided, (size_t)t->n_rows * t->n_cols * sizeof(*t->decided));
	vec_each (const struct cls_decision, d, &t->decisions) {
		uint32_t words[] = {d->rule ? d->rule->id : UINT32_MAX,
				    d->tier ? d->tier->id : UINT32_MAX, d->dir,
				    (uint32_t)d->governing.n, (uint32_t)d->asked.n};

		buf_add(key, words, sizeof(words));
		vec_each (const struct ir_rule *, r, &d->asked)
			buf_add(key, &(*r)->id, sizeof((*r)->id));
		vec_each (const struct ir_policy *, p, &d->governing)
			buf_add(key, &(*p)->id, sizeof((*p)->id));
	}
}

/* Equal tables are one, whatever policies they came from; but where it is asked who decides,
 * tables are equal only if the same rules do. */
static const struct cls_table *share(struct cls_build_ctx *c, struct cls_table *t)
{
	_cleanup_buf_ struct buf key = {0};
	struct cls_table *kept;
	uint32_t id;

	buf_add(&key, &t->n_rows, sizeof(t->n_rows));
	buf_add(&key, &t->n_cols, sizeof(t->n_cols));
	buf_add(&key, t->cells, (size_t)t->n_rows * t->n_cols);
	buf_add(&key, &t->runs.list.n, sizeof(t->runs.list.n));
	buf_add(&key, t->runs.list.v, t->runs.list.n * sizeof(*t->runs.list.v));
	vec_each (const struct cls_span, span, &t->spans) {
		uint32_t words[] = {span->proto, span->lo, span->hi, span->col};

		buf_add(&key, words, sizeof(words));
	}
	if (t->decided)
		add_decisions(t, &key);
	id = keyset_add(&c->tables, buf_str(&key), key.n);
	if (id == c->cls->tables.n) {
		kept = arena_new(c->arena, struct cls_table);
		*kept = *t;
		kept->id = id;
		kept->runs.list.v = arena_array(c->arena, struct cls_run, t->runs.list.n);
		kept->runs.list.cap = t->runs.list.n;
		memcpy(kept->runs.list.v, t->runs.list.v, t->runs.list.n * sizeof(*t->runs.list.v));
		vec_push(c->arena, &c->cls->tables, kept);
	}
	kept = c->cls->tables.v[id];
	kept->max_rows = t->max_rows > kept->max_rows ? t->max_rows : kept->max_rows;
	kept->max_cols = t->max_cols > kept->max_cols ? t->max_cols : kept->max_cols;
	return kept;
}

/* Endpoints to come can make rows, and set columns apart that are equal today. */
static void grow(struct table_work *w, struct cls_table *t)
{
	uint32_t rows = cls_growth_rows(w->c, w->recipe->dir, w->rules.v, w->rules.n);

	t->max_rows = rows > t->n_rows ? rows : t->n_rows;
	t->max_cols = t->max_rows > 1 ? (uint32_t)w->spans.n : t->n_cols;
}

static int build_table(struct cls_build_ctx *c, const struct cls_recipe *recipe,
		       struct arena *scratch, const struct cls_table **out)
{
	struct table_work w = {.c = c, .recipe = recipe, .scratch = scratch};
	struct cls_table t = {0};

	collect_rules(&w);
	collect_tiers(&w);
	cls_build_rows(&w);
	if (work_is_over(c->opts.work))
		return -ETIME;
	build_spans(&w);
	if (w.rows.n > MAX_RAW_CELLS / w.spans.n)
		return report_size(&w, w.rows.n, w.spans.n);
	if (c->opts.decisions && cls_decider_nobody(&w) >= CLS_MAX_DECISIONS)
		return report_rules(&w);
	cls_build_cells(&w);
	if (work_is_over(c->opts.work))
		return -ETIME;
	if (w.asked.keys.n && cls_decider_nobody(&w) + w.asked.keys.n >= CLS_MAX_DECISIONS)
		return report_rules(&w);
	minimise(&w, &t);
	if (t.decided)
		list_decisions(&w, &t);
	if (t.n_rows > CLS_MAX_ROWS || t.n_cols > CLS_MAX_COLS)
		return report_size(&w, t.n_rows, t.n_cols);
	if (c->opts.identities)
		grow(&w, &t);
	*out = share(c, &t);
	return 0;
}

int cls_build_table(struct cls_build_ctx *c, const struct cls_recipe *recipe,
		    const struct cls_table **out)
{
	struct arena scratch;
	int err;

	arena_init(&scratch);
	err = build_table(c, recipe, &scratch, out);
	arena_fini(&scratch);
	return err;
}
