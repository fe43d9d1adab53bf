/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/why/why.h"

#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/suggest.h"
#include "verifier/flow/request.h"

static int parse(const struct ir *ir, const struct why_query *q, struct arena *arena,
		 struct diag *diag, struct why *out)
{
	int bad_from = flow_end_parse(ir, q->from, "--from", arena, diag, &out->from);
	int bad_to = flow_end_parse(ir, q->to, "--to", arena, diag, &out->to);
	int bad_port = flow_port_parse(ir, q->port, "--port", arena, diag, &out->port);
	int bad_request = 0;

	if (q->request)
		bad_request = request_read_text(q->request, q->headers, q->n_headers, arena, diag,
						&out->request);
	return bad_from ? bad_from : bad_to ? bad_to : bad_port ? bad_port : bad_request;
}

static enum ir_outcome judge(const void *ctx, const struct ir_flow *flow, enum ir_dir dir)
{
	return ir_judge_dir(ctx, flow, dir, NULL);
}

static struct flow_question question_of(const struct why *w)
{
	return (struct flow_question){w->from, w->to, w->port, w->request};
}

/* Only where the input does not say that they run on one node, or that they do not. */
static bool passes_on_one_node(const struct why *w, enum ir_dir dir)
{
	struct ir_flow flow = w->flow;
	const struct ir_endpoint *ep = dir == IR_INGRESS ? flow.dst.ep : flow.src.ep;
	struct ir_end *peer = dir == IR_INGRESS ? &flow.src : &flow.dst;

	if (w->verdicts[dir] == IR_OUTCOME_ALLOW || !peer->ep || !peer->ep->host ||
	    peer->ep->node || (ep->on_node && peer->ep->on_node))
		return false;
	/* One of those that share the address. */
	if (ep->on_node && ir_is_at_node(peer->ep) && !ir_node_has(w->ir, ep->on_node, &peer->addr))
		return false;
	peer->ep = w->ir->node;
	return ir_judge_dir(w->ir, &flow, dir, NULL) == IR_OUTCOME_ALLOW;
}

/* The story of one flow. */
static void tell(struct why *w, const struct ir_flow *flow, struct arena *arena)
{
	w->flow = *flow;
	w->flow.request = w->request;
	w->verdict = IR_OUTCOME_ALLOW;
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		w->traces[dir].arena = arena;
		w->verdicts[dir] = ir_judge_dir(w->ir, &w->flow, dir, &w->traces[dir]);
		w->verdict = ir_outcome_worse(w->verdict, w->verdicts[dir]);
		w->on_one_node[dir] = passes_on_one_node(w, dir);
		why_find_nearest(w, dir, arena);
	}
}

static void judge_numbers(struct why *w, const struct flow_numbers *numbers, struct arena *arena)
{
	const struct flow_judge j = {.dir = judge, .ctx = w->ir};
	struct flow_question q = question_of(w);
	struct flow_answer answer;

	for (size_t i = 0; numbers->n > 1 && i < numbers->n; i++) {
		q.port = flow_port_with(&w->port, numbers->v[i]);
		flow_answer(&q, &j, &answer);
		vec_push(arena, &w->numbers,
			 (struct why_number){numbers->v[i], answer.dirs[IR_EGRESS]});
	}
}

static const char *nearest_port(const struct why *w)
{
	const struct ir_endpoint *to = w->to.ep;
	struct suggest near;

	suggest_init(&near, strchr(w->port.text, '/') + 1);
	for (size_t i = 0; to && i < to->ports.n; i++)
		suggest_offer(&near, intern_str(&w->ir->strings, to->ports.v[i].name));
	return near.best;
}

/* The world has addresses in a family only: an example of them. */
static void make_flow(const struct why *w, const struct flow_port *port, struct ir_flow *out)
{
	const struct flow_question q = {w->from, w->to, *port, w->request};
	struct ir_flow flow;

	flow_make(&w->from, &w->to, port, out);
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		if ((w->from.outside || w->to.outside) && flow_candidate(&q, f, 0, 0, &flow)) {
			*out = flow;
			return;
		}
	}
}

/* Of a port that the destination lacks. */
static void tell_absent(struct why *w, struct arena *arena)
{
	const struct flow_numbers *numbers = flow_port_numbers(&w->port, &w->from);
	struct flow_port port = flow_port_with(&w->port, numbers->v[0]);

	judge_numbers(w, numbers, arena);
	w->near = nearest_port(w);
	make_flow(w, &port, &w->flow);
	w->flow.request = w->request;
	w->verdict = w->verdicts[IR_INGRESS] = IR_OUTCOME_DENY;
	if (w->answer.dirs[IR_EGRESS] == FLOW_DEPENDS)
		return;
	w->traces[IR_EGRESS].arena = arena;
	w->verdicts[IR_EGRESS] = ir_judge_dir(w->ir, &w->flow, IR_EGRESS, &w->traces[IR_EGRESS]);
}

/* "over IPv4, if shop/web is in 10.0.0.0/8" */
static const char *given(const struct why *w, enum flow_family family,
			 const enum ir_outcome outcomes[IR_N_DIRS], struct arena *arena)
{
	static const char *const families[] = {[FLOW_V4] = "over IPv4", [FLOW_V6] = "over IPv6"};
	const unsigned bits[IR_N_DIRS] = {
		[IR_INGRESS] = 1u << outcomes[IR_INGRESS], [IR_EGRESS] = 1u << outcomes[IR_EGRESS]};
	const struct flow_judge j = {.dir = judge, .ctx = w->ir};
	struct flow_question q = question_of(w);
	_cleanup_buf_ struct buf where = {0};

	flow_addresses_text(w->ir, &q, &j, 1u << family, bits, arena, &where);
	return arena_printf(arena, "%s%s%s", families[family], where.n ? ", if " : "",
			    buf_str(&where));
}

struct stories {
	VEC(struct why) list;
};

/* One of each pair of outcomes that some addresses have. */
static void tell_family(const struct why *w, enum flow_family family, struct arena *arena,
			struct stories *out)
{
	const struct flow_judge j = {.dir = judge, .ctx = w->ir};
	struct flow_question q = question_of(w);

	for (int i = 0; i < IR_N_OUTCOMES * IR_N_OUTCOMES; i++) {
		const enum ir_outcome outcomes[IR_N_DIRS] = {
			[IR_INGRESS] = (enum ir_outcome)(i % IR_N_OUTCOMES),
			[IR_EGRESS] = (enum ir_outcome)(i / IR_N_OUTCOMES)};
		struct why one = *w;
		struct ir_flow flow;

		if (!flow_example(&q, &j, family, outcomes, &flow))
			continue;
		one.given = given(w, family, outcomes, arena);
		one.family = family;
		tell(&one, &flow, arena);
		vec_push(arena, &out->list, one);
	}
}

/* No direction depends on an address. */
static bool is_one_story(const struct flow_answer *a)
{
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		if (a->dirs[d] == FLOW_DEPENDS)
			return false;
	return true;
}

static void tell_all(struct why *w, struct arena *arena)
{
	struct stories stories = {0};

	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
		if (w->answer.possible[f])
			tell_family(w, f, arena, &stories);
	*w = stories.list.v[0];
	for (size_t i = 1; i < stories.list.n; i++)
		vec_push(arena, &w->others, stories.list.v[i]);
}

int why_explain(const struct ir *ir, const struct why_query *query, struct arena *arena,
		struct diag *diag, struct why *out)
{
	const struct flow_judge j = {.dir = judge, .ctx = ir};
	struct flow_question q;
	struct ir_flow flow;
	int err;
	bool self;

	*out = (struct why){.ir = ir};
	err = parse(ir, query, arena, diag, out);
	if (err)
		return err;
	self = out->from.ep && out->from.ep == out->to.ep && !out->from.ep->workload;
	out->exists = flow_make(&out->from, &out->to, &out->port, &flow) || self;
	make_flow(out, &out->port, &flow);
	q = question_of(out);
	flow_answer(&q, &j, &out->answer);
	out->none = !self && out->answer.verdict == FLOW_NONE;
	if (out->none)
		out->flow = flow;
	else if (!out->exists)
		tell_absent(out, arena);
	else if (self || is_one_story(&out->answer))
		tell(out, &flow, arena);
	else
		tell_all(out, arena);
	return 0;
}

static enum why_reason asked(const struct ir_step *step, bool request)
{
	const struct ir_l7_entry *entry = step->judgement.entry;

	if (!request)
		return WHY_REQUESTS;
	if (!entry)
		return WHY_REQUEST_UNNAMED;
	return entry->deny ? WHY_REQUEST_DENIED : WHY_REQUEST_ALLOWED;
}

static enum why_reason spared_as(const struct why *w, enum ir_dir dir)
{
	const struct ir_end *peer = dir == IR_INGRESS ? &w->flow.src : &w->flow.dst;

	return peer->ep->node || ir_is_at_node(peer->ep) ? WHY_NODE : WHY_SAME_NODE;
}

static enum why_reason decided_by(const struct why *w, enum ir_dir dir)
{
	const struct ir_trace *trace = &w->traces[dir];
	const struct ir_step *last;

	if (!trace->steps.n)
		return WHY_NO_POLICY;
	last = &trace->steps.v[trace->steps.n - 1];
	if (last->action == IR_PASS) {
		vec_each (const struct ir_step, step, &trace->steps)
			if (step->spared)
				return spared_as(w, dir);
		return WHY_NO_TIER;
	}
	if (last->asks)
		return asked(last, w->request != NULL);
	return last->rule ? WHY_RULE : WHY_DEFAULT_DENY;
}

enum why_reason why_reason_of(const struct why *w, enum ir_dir dir)
{
	const struct ir_endpoint *ep = why_subject(w, dir)->ep;

	if (w->none)
		return WHY_NO_FAMILY;
	if (!w->exists && dir == IR_INGRESS)
		return WHY_NO_PORT;
	if (!w->exists && w->answer.dirs[dir] == FLOW_DEPENDS)
		return WHY_NO_NUMBER;
	if (w->traces[dir].self)
		return WHY_SELF;
	if (!ep)
		return WHY_UNMANAGED;
	return ep->host ? WHY_HOST : decided_by(w, dir);
}

enum flow_verdict why_verdict_of(const struct why *w, enum ir_dir dir)
{
	return w->exists && !w->none ? (enum flow_verdict)w->verdicts[dir] : w->answer.dirs[dir];
}

enum flow_verdict why_verdict(const struct why *w)
{
	return w->given || w->none ? w->answer.verdict : (enum flow_verdict)w->verdict;
}

bool why_families_differ(const struct why *w)
{
	const struct flow_answer *a = &w->answer;

	return a->possible[FLOW_V4] && a->possible[FLOW_V6] &&
	       memcmp(a->families[FLOW_V4], a->families[FLOW_V6], sizeof(a->families[0])) != 0;
}

bool why_addresses(const struct why *w, bool story, enum ir_dir dir, struct arena *arena,
		   struct region_prefixes *out)
{
	const struct flow_judge j = {.dir = judge, .ctx = w->ir};
	struct flow_question q = question_of(w);

	return flow_addresses(w->ir, &q, &j, dir, story ? 1u << w->family : FLOW_ALL_FAMILIES,
			      story ? 1u << w->verdicts[dir] : FLOW_PASSES, arena, out);
}

const struct flow_end *why_subject(const struct why *w, enum ir_dir dir)
{
	return dir == IR_INGRESS ? &w->to : &w->from;
}
