/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the page of polc reach knows, as JSON: the ends with their labels and members, and for
 * every flow who decided it in each direction.
 *
 * A flow is two numbers of the list `reasons`. They are kept in runs: egress a line for each
 * source, over the destinations; ingress a line for each destination, over the sources. That is
 * how policy is written, so that most lines are one run, and most runs are alike ("3x40 7" is
 * forty times 3, then 7). Five hundred groups on twenty ports are a few hundred kilobytes.
 */
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/classes/keyset.h"
#include "lang/base/buf.h"
#include "lang/base/work.h"
#include "verifier/reach/render.h"
#include "verifier/why/why.h"

struct reason {
	enum flow_verdict verdict;
	enum why_reason why;
	const struct cls_decision *decision; /* NULL: nobody's, or not known */
};

struct numbered {
	bool there;
	struct reason reason;
	uint32_t number;
};

struct facts {
	const struct reach *r;
	struct buf *out;
	struct intern labels, namespaces;
	struct keyset reason_keys, runs;
	VEC(struct reason) reasons;
	struct keyset met; /* verdicts and decisions, of which several have the same words */
	VEC(uint32_t) number_of_met;
	struct numbered last[IR_N_DIRS];
};

/* --- JSON, piece by piece ----------------------------------------------------------------------
 */

/* Between the members of a list; the first follows a bracket. */
static void put_comma(struct buf *out)
{
	char last = out->n ? out->s[out->n - 1] : '[';

	if (last != '[' && last != '{')
		buf_putc(out, ',');
}

static void put_key(const char *key, struct buf *out)
{
	put_comma(out);
	buf_printf(out, "\"%s\":", key);
}

static void put_shown(const char *s, size_t n, struct buf *out)
{
	_cleanup_buf_ struct buf shown = {0};

	buf_add_shown(&shown, s, n);
	reach_json_string(buf_str(&shown), out);
}

static void put_string(const char *key, const char *s, struct buf *out)
{
	put_key(key, out);
	put_shown(s, strlen(s), out);
}

static void put_true(const char *key, struct buf *out)
{
	put_key(key, out);
	buf_puts(out, "true");
}

static void put_number(uint32_t n, struct buf *out)
{
	put_comma(out);
	buf_printf(out, "%u", n);
}

/* --- ends --------------------------------------------------------------------------------------
 */

/* The numbers of a group's labels and namespaces, each once. */
struct distinct {
	struct keyset seen;
	VEC(uint32_t) list;
};

static void distinct_add(struct distinct *d, struct arena *arena, uint32_t n)
{
	if (keyset_add(&d->seen, &n, sizeof(n)) == d->list.n)
		vec_push(arena, &d->list, n);
}

static void put_distinct(const char *key, const struct distinct *d, struct buf *out)
{
	put_key(key, out);
	buf_putc(out, '[');
	vec_each (const uint32_t, n, &d->list)
		put_number(*n, out);
	buf_putc(out, ']');
}

static void add_labels(struct facts *f, const struct ir_endpoint *ep, struct distinct *labels,
		       struct distinct *namespaces)
{
	const struct intern *strings = &f->r->ir->strings;
	struct arena *arena = f->r->arena;

	if (ep->ns)
		distinct_add(namespaces, arena, intern_add(&f->namespaces, ep->ns));
	vec_each (const struct ir_label, l, &ep->labels) {
		if (l->scope != IR_SCOPE_ENDPOINT)
			continue;
		distinct_add(labels, arena,
			     intern_add(&f->labels,
					arena_printf(arena, "%s=%s", intern_str(strings, l->key),
						     intern_str(strings, l->value))));
	}
}

static void put_end(struct facts *f, const struct flow_end *end, const struct reach_group *group)
{
	struct distinct labels = {0}, namespaces = {0};

	keyset_init(&labels.seen, f->r->arena);
	keyset_init(&namespaces.seen, f->r->arena);
	buf_puts(f->out, end == f->r->ends.v ? "\n{" : ",\n{");
	put_string("name", end->text, f->out);
	if (end->ep && end->ep->node)
		put_true("host", f->out);
	else if (end->ep)
		put_string("kind", end->ep->kind, f->out);
	else if (end->outside)
		put_true("world", f->out);
	if (group) {
		put_key("members", f->out);
		buf_putc(f->out, '[');
		vec_each (const struct flow_end, member, &group->members) {
			put_comma(f->out);
			put_shown(member->text, strlen(member->text), f->out);
			if (member->ep)
				add_labels(f, member->ep, &labels, &namespaces);
		}
		buf_putc(f->out, ']');
	} else if (end->ep) {
		add_labels(f, end->ep, &labels, &namespaces);
	}
	put_distinct("labels", &labels, f->out);
	put_distinct("namespaces", &namespaces, f->out);
	buf_putc(f->out, '}');
}

static void put_ends(struct facts *f)
{
	const struct reach *r = f->r;

	put_key("ends", f->out);
	buf_putc(f->out, '[');
	for (size_t i = 0; i < r->ends.n; i++)
		put_end(f, &r->ends.v[i], i < r->groups.n ? &r->groups.v[i] : NULL);
	buf_putc(f->out, ']');
}

static void put_strings(const char *key, const struct intern *strings, struct buf *out)
{
	put_key(key, out);
	buf_putc(out, '[');
	vec_each (const char *, s, &strings->strings) {
		put_comma(out);
		put_shown(*s, strlen(*s), out);
	}
	buf_putc(out, ']');
}

/* --- who decided -------------------------------------------------------------------------------
 */

/* The first outside address stands for the world, in the family of the port. */
static bool make_between(const struct flow_question *q, struct ir_flow *flow)
{
	bool outside = q->from.outside || q->to.outside;
	enum flow_family first = q->port.proto == IR_PROTO_ICMP6 ? FLOW_V6 : FLOW_V4;

	for (int i = 0; outside && i < FLOW_N_FAMILIES; i++)
		if (flow_candidate(q, (first + i) % FLOW_N_FAMILIES, 0, 0, flow))
			return true;
	return flow_make(&q->from, &q->to, &q->port, flow);
}

/* A cell of the matrix, or a probe, with the flow that stands for it. */
struct asked_flow {
	struct reach_row row;
	struct ir_endpoint twin;
	struct ir_flow flow;
	bool exists; /* or the destination has no port of this name */
};

/* Of a group to itself: one member and another one like it. A port that is not there has a number
 * that no rule speaks of. */
static void make_flow(const struct reach *r, struct asked_flow *a)
{
	struct flow_question q = {.from = r->ends.v[a->row.from],
				  .to = r->ends.v[a->row.to],
				  .port = r->ports.v[a->row.port]};

	if (q.from.ep && q.from.ep == q.to.ep) {
		a->twin = *q.to.ep;
		q.to.ep = &a->twin;
	}
	a->exists = make_between(&q, &a->flow);
	if (a->exists)
		return;
	q.port = flow_port_with(&q.port, flow_port_numbers(&q.port, &q.from)->v[0]);
	make_between(&q, &a->flow);
}

static bool is_concerned(const struct cls *cls, const struct ir_endpoint *subject, enum ir_dir dir)
{
	vec_each (const struct ir_policy *, policy,
		  &cls->subjects.v[cls->subject_of_endpoint[subject->id]]->policies) {
		if ((*policy)->governs[dir] || (*policy)->rules[dir].n)
			return true;
	}
	return false;
}

/* As why_reason_of() tells it from a trace. */
static enum why_reason reason_of_decision(const struct cls *cls, const struct cls_decision *d,
					  const struct ir_endpoint *subject,
					  const struct ir_endpoint *peer, enum ir_dir dir)
{
	if (d && d->rule)
		return WHY_RULE;
	if (d && d->governing.n)
		return WHY_DEFAULT_DENY;
	if (!is_concerned(cls, subject, dir))
		return WHY_NO_POLICY;
	if (!peer || !ir_is_own_node(subject, peer))
		return WHY_NO_TIER;
	return peer->node ? WHY_NODE : WHY_SAME_NODE;
}

static struct reason find_reason(const struct reach *r, const struct asked_flow *a, enum ir_dir dir)
{
	const struct reach_row *row = &a->row;
	const struct flow_end *subject = dir == IR_INGRESS ? reach_to(r, row) : reach_from(r, row);
	const struct flow_end *peer = dir == IR_INGRESS ? reach_from(r, row) : reach_to(r, row);
	struct reason reason = {.verdict = (enum flow_verdict)row->verdicts.dirs[dir]};
	bool depends = reason.verdict == FLOW_DEPENDS;

	/* Each family can be denied by another end. */
	if (a->exists && depends && reach_row_verdict(row) == FLOW_DENY)
		reason.verdict = FLOW_DENY;
	if (row->self) {
		reason.why = WHY_SELF;
	} else if (reason.verdict == FLOW_NONE) {
		reason.why = WHY_NO_FAMILY;
	} else if (!a->exists && dir == IR_INGRESS) {
		reason.why = WHY_NO_PORT;
	} else if (!subject->ep) {
		reason.why = WHY_UNMANAGED;
	} else if (subject->ep->host) {
		reason.why = WHY_HOST;
	} else if (depends) {
		reason.why = a->exists ? WHY_ADDRESS : WHY_NO_NUMBER;
	} else if (r->decisions && reach_tables_know(&a->flow)) {
		reason.decision = cls_decision_dir(r->decisions, &a->flow, dir);
		reason.why = reason_of_decision(r->decisions, reason.decision, subject->ep,
						peer->ep, dir);
	} else {
		reason.why = reason.verdict == FLOW_REDIRECT ? WHY_REQUESTS : WHY_N_REASONS;
	}
	return reason;
}

/* Equal keys: the same words. Tables have their own decisions, but share rules and policies. */
static uint32_t number_of_words(struct facts *f, const struct reason *reason)
{
	const struct cls_decision *d = reason->decision;
	_cleanup_buf_ struct buf key = {0};
	uint32_t words[] = {reason->verdict, reason->why}, n;

	buf_add(&key, words, sizeof(words));
	if (d) {
		buf_add(&key, &d->rule, sizeof(d->rule));
		if (!d->rule) {
			buf_add(&key, &d->tier, sizeof(d->tier));
			buf_add(&key, d->governing.v, d->governing.n * sizeof(*d->governing.v));
		}
	}
	n = keyset_add(&f->reason_keys, buf_str(&key), key.n);
	if (n == f->reasons.n)
		vec_push(f->r->arena, &f->reasons, *reason);
	return n;
}

static bool is_same(const struct reason *a, const struct reason *b)
{
	return a->decision == b->decision && a->verdict == b->verdict && a->why == b->why;
}

/* Of very many flows few are decided in ways of their own. */
static uint32_t number_of_reason(struct facts *f, const struct asked_flow *a, enum ir_dir dir)
{
	struct reason reason = find_reason(f->r, a, dir);
	struct numbered *last = &f->last[dir];
	struct {
		const struct cls_decision *decision;
		uint32_t verdict, why;
	} key = {reason.decision, reason.verdict, reason.why};
	uint32_t id;

	if (last->there && is_same(&last->reason, &reason))
		return last->number;
	id = keyset_add(&f->met, &key, sizeof(key));
	if (id == f->number_of_met.n)
		vec_push(f->r->arena, &f->number_of_met, number_of_words(f, &reason));
	*last = (struct numbered){true, reason, f->number_of_met.v[id]};
	return last->number;
}

/* The reasons of the i-th flow. */
static void number_reasons(struct facts *f, size_t i, uint32_t out[static IR_N_DIRS])
{
	struct asked_flow a; /* whose twin nobody looks at unless it is made */

	reach_row(f->r, i, &a.row);
	make_flow(f->r, &a);
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		out[dir] = number_of_reason(f, &a, dir);
}

static void put_place(const struct facts *f, struct loc loc)
{
	const struct source *src = f->r->sources ? sources_get(f->r->sources, loc.file) : NULL;

	if (!src || !loc.line)
		return;
	put_string("file", src->name, f->out);
	put_key("line", f->out);
	buf_printf(f->out, "%u", loc.line);
	put_key("column", f->out);
	buf_printf(f->out, "%u", loc.col);
}

/* Long lines, of generated JSON say, tell nothing in a small panel. */
static void put_source_line(const struct facts *f, struct loc loc)
{
	enum { SHOWN = 200 };
	const struct source *src = f->r->sources ? sources_get(f->r->sources, loc.file) : NULL;
	const char *line;
	size_t len;

	if (!src || !loc.line)
		return;
	line = source_line(src, loc.line, &len);
	if (len > SHOWN)
		return;
	put_key("text", f->out);
	put_shown(line, len, f->out);
}

static void put_policy(const struct facts *f, const struct ir_policy *policy)
{
	put_string("policy", policy->name, f->out);
	put_string("kind", policy->kind, f->out);
}

static void put_rule(const struct facts *f, const struct ir_rule *rule)
{
	put_string("action", ir_action_name(rule->action), f->out);
	put_string("tier", rule->policy->tier->name, f->out);
	put_policy(f, rule->policy);
	put_place(f, rule->loc);
	put_source_line(f, rule->loc);
}

static void put_isolation(const struct facts *f, const struct cls_decision *d)
{
	put_string("tier", d->tier->name, f->out);
	put_key("isolated", f->out);
	buf_putc(f->out, '[');
	vec_each (const struct ir_policy *, policy, &d->governing) {
		put_comma(f->out);
		buf_putc(f->out, '{');
		put_policy(f, *policy);
		put_place(f, (*policy)->loc);
		buf_putc(f->out, '}');
	}
	buf_putc(f->out, ']');
}

static void put_reason(const struct facts *f, const struct reason *reason)
{
	static const struct {
		const char *name, *text;
	} whys[] = {
#define X(id, name, text) [WHY_##id] = {name, text},
		WHY_REASONS(X)
#undef X
			[WHY_N_REASONS] = {"unknown", "not known here"},
	};

	buf_puts(f->out, reason == f->reasons.v ? "\n{" : ",\n{");
	put_string("verdict", flow_verdict_name(reason->verdict), f->out);
	put_string("why", whys[reason->why].name, f->out);
	put_string("words", whys[reason->why].text, f->out);
	if (reason->why == WHY_RULE)
		put_rule(f, reason->decision->rule);
	else if (reason->why == WHY_DEFAULT_DENY)
		put_isolation(f, reason->decision);
	buf_putc(f->out, '}');
}

static void put_reasons(const struct facts *f)
{
	put_key("reasons", f->out);
	buf_putc(f->out, '[');
	vec_each (const struct reason, reason, &f->reasons)
		put_reason(f, reason);
	buf_putc(f->out, ']');
}

/* --- flows -------------------------------------------------------------------------------------
 */

/* One line: the reasons of n flows. Its number; equal lines are one. */
static uint32_t number_of_line(struct facts *f, const uint32_t *reasons, size_t n)
{
	_cleanup_buf_ struct buf line = {0};

	for (size_t i = 0; i < n;) {
		size_t begin = i;

		while (++i < n && reasons[i] == reasons[begin])
			;
		buf_printf(&line, begin ? " %u" : "%u", reasons[begin]);
		if (i - begin > 1)
			buf_printf(&line, "x%zu", i - begin);
	}
	return keyset_add(&f->runs, buf_str(&line), line.n);
}

/* What there is of the matrix at a time. */
struct page_lines {
	uint32_t *egress;  /* the reasons of one source, by destination */
	uint32_t *ingress; /* of one port, by destination, then source */
	struct buf numbers[IR_N_DIRS];
};

static void add_port(struct facts *f, size_t port, struct page_lines *lines)
{
	const struct reach *r = f->r;
	size_t i = port * r->n_from * r->n_to;

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		put_comma(&lines->numbers[dir]);
		buf_putc(&lines->numbers[dir], '[');
	}
	for (size_t from = 0; from < r->n_from; from++) {
		work_tell(r->work, i);
		for (size_t to = 0; to < r->n_to; to++) {
			uint32_t reasons[IR_N_DIRS];

			number_reasons(f, i++, reasons);
			lines->egress[to] = reasons[IR_EGRESS];
			lines->ingress[to * r->n_from + from] = reasons[IR_INGRESS];
		}
		put_number(number_of_line(f, lines->egress, r->n_to), &lines->numbers[IR_EGRESS]);
	}
	for (size_t to = 0; to < r->n_to; to++)
		put_number(number_of_line(f, lines->ingress + to * r->n_from, r->n_from),
			   &lines->numbers[IR_INGRESS]);
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		buf_putc(&lines->numbers[dir], ']');
}

static void put_lines(struct facts *f)
{
	static const enum ir_dir order[] = {IR_EGRESS, IR_INGRESS};
	const struct reach *r = f->r;
	struct page_lines lines = {.egress = arena_array(r->arena, uint32_t, r->n_to),
				   .ingress = arena_array(r->arena, uint32_t, r->n_from * r->n_to)};

	work_step(r->work, "flows written", reach_n_rows(r));
	for (size_t port = 0; port < r->ports.n; port++)
		add_port(f, port, &lines);
	work_step_end(r->work);
	for (int i = 0; i < IR_N_DIRS; i++) {
		struct buf *numbers = &lines.numbers[order[i]];

		put_key(ir_dir_name(order[i]), f->out);
		buf_putc(f->out, '[');
		buf_add(f->out, buf_str(numbers), numbers->n);
		buf_putc(f->out, ']');
		buf_fini(numbers);
	}
}

static void put_runs(const struct facts *f)
{
	put_key("runs", f->out);
	buf_putc(f->out, '[');
	vec_each (const struct keyset_key, key, &f->runs.keys) {
		put_comma(f->out);
		buf_putc(f->out, '"');
		buf_add(f->out, key->bytes, key->len);
		buf_putc(f->out, '"');
	}
	buf_putc(f->out, ']');
}

static void put_sides(const struct reach *r, struct buf *out)
{
	put_key("from", out);
	buf_putc(out, '[');
	for (size_t i = 0; i < r->n_from && r->n_to && r->ports.n; i++)
		put_number(r->from.v[i], out);
	buf_putc(out, ']');
	put_key("to", out);
	buf_putc(out, '[');
	for (size_t i = 0; i < r->n_to && r->ports.n; i++)
		put_number(r->to.v[i], out);
	buf_putc(out, ']');
}

static void put_matrix(struct facts *f)
{
	put_sides(f->r, f->out);
	put_lines(f);
	put_runs(f);
}

/* Five numbers a flow: from, to, port, and the reasons of egress and ingress. */
static void put_probes(struct facts *f)
{
	put_key("probes", f->out);
	buf_putc(f->out, '[');
	for (size_t i = 0; i < f->r->rows.n; i++) {
		const struct reach_row *row = &f->r->rows.v[i];
		uint32_t reasons[IR_N_DIRS];

		number_reasons(f, i, reasons);
		put_number(row->from, f->out);
		put_number(row->to, f->out);
		put_number(row->port, f->out);
		put_number(reasons[IR_EGRESS], f->out);
		put_number(reasons[IR_INGRESS], f->out);
	}
	buf_putc(f->out, ']');
}

static void put_ports(const struct reach *r, struct buf *out)
{
	put_key("ports", out);
	buf_putc(out, '[');
	vec_each (const struct flow_port, port, &r->ports) {
		put_comma(out);
		put_shown(port->text, strlen(port->text), out);
	}
	buf_putc(out, ']');
}

void reach_render_data(const struct reach *r, struct buf *out)
{
	struct facts f = {.r = r, .out = out};

	intern_init(&f.labels, r->arena);
	intern_init(&f.namespaces, r->arena);
	keyset_init(&f.reason_keys, r->arena);
	keyset_init(&f.runs, r->arena);
	keyset_init(&f.met, r->arena);
	buf_putc(out, '{');
	put_ports(r, out);
	put_ends(&f);
	put_strings("labels", &f.labels, out);
	put_strings("namespaces", &f.namespaces, out);
	if (r->n_from)
		put_matrix(&f);
	else
		put_probes(&f);
	put_reasons(&f);
	buf_puts(out, "}\n");
}
