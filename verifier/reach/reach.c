/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/reach.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/ir/port.h"
#include "compiler/l7.h"
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/suggest.h"
#include "lang/base/work.h"
#include "verifier/flow/end_address.h"
#include "verifier/flow/request.h"
#include "verifier/reach/conditions.h"
#include "verifier/reach/groups.h"
#include "verifier/reach/packed.h"
#include "verifier/reach/seen.h"
#include "verifier/reach/size.h"

enum { MAX_ROWS = 1 << 24 };

enum flow_verdict reach_row_verdict(const struct reach_row *row)
{
	return (enum flow_verdict)row->verdicts.all;
}

bool reach_row_is_met(const struct reach_row *row)
{
	return !row->expected || reach_row_verdict(row) == *row->expected;
}

bool reach_families_differ(const struct reach_row *row)
{
	const struct reach_verdicts *v = &row->verdicts;

	return v->possible[FLOW_V4] && v->possible[FLOW_V6] &&
	       memcmp(v->families[FLOW_V4], v->families[FLOW_V6], sizeof(v->families[0])) != 0;
}

/* --- who judges ---------------------------------------------------------------------- */

static enum ir_outcome by_interpreter(const void *ctx, const struct ir_flow *flow, enum ir_dir dir)
{
	const struct reach *r = ctx;

	return ir_judge_dir(r->ir, flow, dir, NULL);
}

bool reach_tables_know(const struct ir_flow *flow)
{
	return !ir_is_at_node(flow->src.ep) && !ir_is_at_node(flow->dst.ep);
}

static enum ir_outcome by_tables(const void *ctx, const struct ir_flow *flow, enum ir_dir dir)
{
	const struct reach *r = ctx;

	return reach_tables_know(flow) ? cls_outcome_dir(r->cls, flow, dir)
				       : by_interpreter(ctx, flow, dir);
}

struct flow_judge reach_judge(const struct reach *r)
{
	if (!r->cls)
		return (struct flow_judge){.dir = by_interpreter, .ctx = r};
	return (struct flow_judge){
		.dir = by_tables, .ctx = r, .all = reach_seen_all, .pieces = reach_seen_pieces};
}

struct flow_question reach_question(const struct reach *r, const struct reach_row *row)
{
	return (struct flow_question){.from = r->ends.v[row->from],
				      .to = r->ends.v[row->to],
				      .port = r->ports.v[row->port],
				      .request = row->request};
}

/* --- the question -------------------------------------------------------------------- */

/* What is being asked. Each distinct text is parsed, and complained about, once: its
 * interned number is its index into the ends or ports. */
struct question {
	struct diag *diag;
	struct reach *r;
	struct intern end_texts, port_texts;
	int err; /* the first error of any name */
};

static void question_init(struct question *q, const struct ir *ir, const struct cls *cls,
			  struct arena *arena, struct diag *diag, struct reach *out)
{
	*out = (struct reach){.ir = ir,
			      .cls = cls,
			      .arena = arena,
			      .seen = reach_seen_new(arena),
			      .conditions = reach_conditions_new(arena)};
	*q = (struct question){.diag = diag, .r = out};
	intern_init(&q->end_texts, arena);
	intern_init(&q->port_texts, arena);
}

static uint32_t ask_end(struct question *q, const char *text, const char *what)
{
	uint32_t i = intern_add(&q->end_texts, text);
	struct flow_end end;
	int r;

	if (i < q->r->ends.n)
		return i;
	r = flow_end_parse(q->r->ir, text, what, q->r->arena, q->diag, &end);
	q->err = q->err ? q->err : r;
	vec_push(q->r->arena, &q->r->ends, end);
	return i;
}

static uint32_t ask_port(struct question *q, const char *text, const char *what)
{
	uint32_t i = intern_add(&q->port_texts, text);
	struct flow_port port;
	int r;

	if (i < q->r->ports.n)
		return i;
	r = flow_port_parse(q->r->ir, text, what, q->r->arena, q->diag, &port);
	q->err = q->err ? q->err : r;
	vec_push(q->r->arena, &q->r->ports, port);
	return i;
}

static void set_verdicts(struct reach_verdicts *v, enum flow_verdict verdict)
{
	*v = (struct reach_verdicts){.dirs = {(uint8_t)verdict, (uint8_t)verdict},
				     .all = (uint8_t)verdict};
}

static void ask_flow(const struct reach *r, const struct flow_question *q,
		     struct reach_verdicts *out)
{
	struct flow_judge judge = reach_judge(r);
	struct flow_answer a;

	flow_answer(q, &judge, &a);
	set_verdicts(out, a.verdict);
	for (enum ir_dir d = IR_INGRESS; d < IR_N_DIRS; d++) {
		out->dirs[d] = (uint8_t)a.dirs[d];
		for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
			out->families[f][d] = (uint8_t)a.families[f][d];
	}
	memcpy(out->possible, a.possible, sizeof(out->possible));
}

/* Between two that are alike: one and its double, which tables know by its id. */
static void answer_twins(const struct reach *r, struct reach_row *row)
{
	struct flow_question q = reach_question(r, row);
	struct ir_endpoint twin = *q.to.ep;

	q.to.ep = &twin;
	ask_flow(r, &q, &row->twins);
}

/* Says of one endpoint, not of replicas, at both ends whether others are meant, too. */
static bool is_one_endpoint(const struct reach *r, struct reach_row *row)
{
	const struct ir_endpoint *from = r->ends.v[row->from].ep, *to = r->ends.v[row->to].ep;
	bool same = from && from == to;

	row->replica = same && from->workload;
	row->self =
		same && !row->replica && (!r->groups.n || r->groups.v[row->from].members.n == 1);
	return same && !row->replica;
}

static void answer(const struct reach *r, struct reach_row *row)
{
	struct flow_question q = reach_question(r, row);
	bool twins = is_one_endpoint(r, row) && r->groups.n;

	if (twins)
		answer_twins(r, row);
	if (row->self)
		set_verdicts(&row->verdicts, FLOW_ALLOW);
	else if (twins)
		row->verdicts = row->twins;
	else
		ask_flow(r, &q, &row->verdicts);
}

static int answer_probes(struct reach *r)
{
	work_step(r->work, "flows", r->rows.n);
	for (size_t i = 0; i < r->rows.n && !work_is_over(r->work); i++) {
		work_tell(r->work, i);
		answer(r, &r->rows.v[i]);
	}
	work_step_end(r->work);
	return work_is_over(r->work) ? -ETIME : 0;
}

/* --- a matrix ------------------------------------------------------------------------ */

static struct reach_indices ask_named(struct question *q, const char *const *texts, size_t n,
				      const char *what)
{
	struct reach_indices out = {.n = n, .v = arena_array(q->r->arena, uint32_t, n)};

	for (size_t i = 0; i < n; i++)
		out.v[i] = ask_end(q, texts[i], what);
	return out;
}

/* An end that is no endpoint; not an endpoint that is called so. */
static void ask_entity(struct question *q, const char *name, struct reach_indices *out)
{
	uint32_t i = ask_end(q, name, NULL);
	const struct flow_end *end = &q->r->ends.v[i];

	if (!end->ep || end->ep->node)
		out->v[out->n++] = i;
}

static struct reach_indices ask_all(struct question *q, bool entities)
{
	static const char *const names[] = {FLOW_WORLD, FLOW_HOST};
	enum { N_NAMES = sizeof(names) / sizeof(*names) };
	const struct ir *ir = q->r->ir;
	struct reach_indices out = {
		.v = arena_array(q->r->arena, uint32_t, ir->endpoints.n + N_NAMES)};

	for (size_t i = 0; i < ir->endpoints.n; i++)
		out.v[out.n++] = ask_end(q, ir->endpoints.v[i]->name, NULL);
	for (size_t i = 0; entities && ir->endpoints.n && i < N_NAMES; i++)
		ask_entity(q, names[i], &out);
	return out;
}

/* Those with a name come last. */
static int cmp_ports(const void *a, const void *b)
{
	const struct ir_port_aspects *p = a, *q = b;

	if (p->proto != q->proto)
		return p->proto < q->proto ? -1 : 1;
	if (p->name != q->name)
		return p->name == INTERN_NONE || (q->name != INTERN_NONE && p->name < q->name) ? -1
											       : 1;
	return (p->lo > q->lo) - (p->lo < q->lo);
}

/* A named port, or the first of a range. */
static const char *port_text(const struct question *q, const struct ir_port_aspects *p)
{
	char text[FLOW_PORT_STRLEN];

	if (p->name != INTERN_NONE)
		return arena_printf(q->r->arena, "%s/%s", ir_proto_name(p->proto),
				    intern_str(&q->r->ir->strings, p->name));
	return arena_strdup(q->r->arena, flow_port_format(p->proto, p->lo, text));
}

/* The ports that the policies mention, sorted; a default for a query that names none. */
static void ask_mentioned_ports(struct question *q)
{
	VEC(struct ir_port_aspects) ports = {0};

	vec_each (struct ir_rule *, rule, &q->r->ir->rules) {
		vec_each (const struct ir_port, p, &(*rule)->ports) {
			struct ir_port_aspects a = ir_port_aspects(p);

			if (!a.nothing && !ir_port_is_whole(&a))
				vec_push(q->r->arena, &ports, a);
		}
	}
	if (!ports.n) {
		ask_port(q, "tcp/80", NULL);
		return;
	}
	qsort(ports.v, ports.n, sizeof(*ports.v), cmp_ports);
	vec_each (const struct ir_port_aspects, p, &ports)
		ask_port(q, port_text(q, p), NULL);
}

/* Groups and rules that judge requests leave nothing to put together. */
static int check_rows(const struct question *q, size_t n_from, size_t n_to, bool can_group)
{
	size_t n = reach_product(reach_product(n_from, n_to), q->r->ports.n);

	return reach_limit(n, MAX_ROWS,
			   q->r->groups.n ? "flows between groups would be listed"
					  : "flows would be listed",
			   can_group ? "narrow the question with --from, --to and --port, or group "
				       "with --group"
				     : "narrow the question with --from, --to and --port",
			   q->diag);
}

size_t reach_n_rows(const struct reach *r)
{
	return r->rows.n ? r->rows.n : r->n_from * r->n_to * r->ports.n;
}

/* Of a matrix, without its answer. */
static void ask_row(const struct reach *r, size_t i, struct reach_row *out)
{
	*out = (struct reach_row){.from = r->from.v[i / r->n_to % r->n_from],
				  .to = r->to.v[i % r->n_to],
				  .port = (uint32_t)(i / r->n_to / r->n_from)};
}

void reach_row(const struct reach *r, size_t i, struct reach_row *out)
{
	if (r->rows.n) {
		*out = r->rows.v[i];
		return;
	}
	ask_row(r, i, out);
	if (!r->answers) {
		answer(r, out);
		return;
	}
	is_one_endpoint(r, out);
	reach_unpack(r->answers[i], &out->verdicts);
}

static int keep_answers(struct reach *r)
{
	size_t n = reach_n_rows(r);
	uint32_t *answers = arena_array(r->arena, uint32_t, n);

	work_step(r->work, "flows", n);
	for (size_t i = 0; i < n && !work_is_over(r->work); i++) {
		struct reach_row row;

		reach_row(r, i, &row);
		work_tell(r->work, i);
		answers[i] = reach_pack(&row.verdicts);
	}
	work_step_end(r->work);
	r->answers = answers;
	return work_is_over(r->work) ? -ETIME : 0;
}

static void ask_ports(struct question *q, const struct reach_query *query)
{
	for (size_t i = 0; i < query->n_ports; i++)
		ask_port(q, query->ports[i], "--port");
	if (!query->n_ports)
		ask_mentioned_ports(q);
}

int reach_matrix_check(const struct ir *ir, const struct reach_query *query, struct arena *arena,
		       struct diag *diag)
{
	bool can_group = !ir_has_l7(ir);
	struct reach asked;
	struct question q;

	question_init(&q, ir, NULL, arena, diag, &asked);
	for (size_t i = 0; i < query->n_from; i++)
		ask_end(&q, query->from[i], "--from");
	for (size_t i = 0; i < query->n_to; i++)
		ask_end(&q, query->to[i], "--to");
	ask_ports(&q, query);
	if (q.err || (query->group && can_group))
		return q.err;
	return check_rows(&q, query->n_from ? query->n_from : ir->endpoints.n,
			  query->n_to ? query->n_to : ir->endpoints.n, can_group);
}

int reach_matrix(const struct ir *ir, const struct cls *cls, const struct reach_query *query,
		 struct arena *arena, struct diag *diag, struct reach *out)
{
	struct question q;
	int r;

	question_init(&q, ir, cls, arena, diag, out);
	out->work = query->work;
	out->from = query->n_from ? ask_named(&q, query->from, query->n_from, "--from")
				  : ask_all(&q, query->entities);
	out->to = query->n_to ? ask_named(&q, query->to, query->n_to, "--to")
			      : ask_all(&q, query->entities);
	ask_ports(&q, query);
	if (query->group && cls && !q.err)
		reach_group_alike(out, cls, &out->from, &out->to);
	r = check_rows(&q, out->from.n, out->to.n, cls && !out->groups.n);
	if (r || q.err)
		return r ? r : q.err;
	out->n_from = out->from.n;
	out->n_to = out->to.n;
	/* Groups by what was asked, where everybody is asked about everybody. */
	if (out->groups.n && !query->n_from && !query->n_to)
		r = reach_merge_groups(out);
	return r || query->once ? r : keep_answers(out);
}

/* --- probes -------------------------------------------------------------------------- */

static const char *const probe_members[] = {"from", "to", "port", "expect", "request"};
enum {
	PROBE_FROM,
	PROBE_TO,
	PROBE_PORT,
	PROBE_EXPECT,
	PROBE_REQUEST,
	PROBE_N,
	PROBE_N_NEEDED = PROBE_EXPECT,
	PROBE_N_TEXTS = PROBE_REQUEST
};

static int find_member(const char *key)
{
	for (int i = 0; i < PROBE_N; i++) {
		if (strcmp(key, probe_members[i]) == 0)
			return i;
	}
	return -1;
}

static void unknown_member(struct diag *diag, const char *what, const char *key)
{
	struct suggest s;

	suggest_init(&s, key);
	for (int i = 0; i < PROBE_N; i++)
		suggest_offer(&s, probe_members[i]);
	diag_error(diag, LOC_NONE, CODE_UNKNOWN_FIELD, "%s: no member '%s'; %s%s%s", what, key,
		   s.best ? "did you mean '"
			  : "a probe has 'from', 'to' and 'port', and may have a 'request' and "
			    "an 'expect'",
		   s.best ? s.best : "", s.best ? "'?" : "");
}

/* A probe as it was written, borrowed from the JSON. */
struct probe {
	const char *texts[PROBE_N_TEXTS];
	json_t *request;
};

static int read_member(const char *key, json_t *value, const char *what, struct diag *diag,
		       struct probe *out)
{
	int i = find_member(key);

	if (i < 0) {
		unknown_member(diag, what, key);
		return -EINVAL;
	}
	if (i == PROBE_REQUEST) {
		out->request = value;
		return 0;
	}
	if (!json_is_string(value)) {
		diag_error(diag, LOC_NONE, CODE_BAD_TYPE, "%s: '%s' must be a string", what, key);
		return -EINVAL;
	}
	out->texts[i] = json_string_value(value);
	return 0;
}

/* Reports every fault of the probe. */
static int read_probe(json_t *probe, const char *what, struct diag *diag, struct probe *out)
{
	const char *key;
	json_t *value;
	int r = 0;

	if (!json_is_object(probe)) {
		diag_error(diag, LOC_NONE, CODE_BAD_TYPE,
			   "%s: a probe is an object with 'from', 'to' and 'port'", what);
		return -EINVAL;
	}
	json_object_foreach(probe, key, value) r |= read_member(key, value, what, diag, out);
	for (int i = 0; i < PROBE_N_NEEDED && !r; i++) {
		if (!out->texts[i]) {
			diag_error(diag, LOC_NONE, CODE_MISSING_FIELD, "%s: '%s' is missing", what,
				   probe_members[i]);
			r = -EINVAL;
		}
	}
	return r;
}

static int read_expected(const char *text, const char *what, struct question *q,
			 const enum flow_verdict **out)
{
	static const enum flow_verdict verdicts[] = {FLOW_ALLOW, FLOW_DENY};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		if (strcmp(text, flow_verdict_name(verdicts[i])) == 0) {
			*out = &verdicts[i];
			return 0;
		}
	}
	diag_error(q->diag, LOC_NONE, CODE_BAD_VALUE,
		   "%s: 'expect' takes \"allow\" or \"deny\", not \"%s\"", what, text);
	return -EINVAL;
}

static void ask_probe(struct question *q, json_t *json, const char *what)
{
	struct probe probe = {0};
	const enum flow_verdict *expected = NULL;
	struct ir_request *request = NULL;
	int r = read_probe(json, what, q->diag, &probe);

	if (!r && probe.request)
		r = request_read_json(probe.request, what, q->r->arena, q->diag, &request);
	if (!r && probe.texts[PROBE_EXPECT])
		r = read_expected(probe.texts[PROBE_EXPECT], what, q, &expected);
	if (r < 0) {
		q->err = r;
		return;
	}
	vec_push(q->r->arena, &q->r->rows,
		 (struct reach_row){.from = ask_end(q, probe.texts[PROBE_FROM], what),
				    .to = ask_end(q, probe.texts[PROBE_TO], what),
				    .port = ask_port(q, probe.texts[PROBE_PORT], what),
				    .request = request,
				    .expected = expected});
}

int reach_probes(const struct ir *ir, const struct cls *cls, const char *name, const char *json,
		 size_t len, struct work *work, struct arena *arena, struct diag *diag,
		 struct reach *out)
{
	struct question q;
	json_error_t err;
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err), *probe;
	size_t i;

	question_init(&q, ir, cls, arena, diag, out);
	out->work = work;
	if (!root) {
		diag_error(diag, LOC_NONE, CODE_SYNTAX, "%s:%d:%d: %s", name, err.line, err.column,
			   err.text);
		return -EINVAL;
	}
	if (!json_is_array(root)) {
		diag_error(diag, LOC_NONE, CODE_BAD_TYPE,
			   "%s: probes are an array of {\"from\", \"to\", \"port\"}", name);
		q.err = -EINVAL;
	}
	json_array_foreach(root, i, probe)
	{
		char what[320];

		snprintf(what, sizeof(what), "%.256s: probes[%zu]", name, i);
		ask_probe(&q, probe, what);
	}
	json_decref(root);
	return q.err ? q.err : answer_probes(out);
}

/* --- formats ------------------------------------------------------------------------- */

int reach_format_parse(const char *name)
{
	static const char *const names[] = {
#define X(id, text, help) text,
		REACH_FORMATS(X)
#undef X
	};

	for (int i = 0; i < REACH_N_FORMATS; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}
