/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/why/why.h"

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

int why_explain(const struct ir *ir, const struct why_query *query, struct arena *arena,
		struct diag *diag, struct why *out)
{
	int err;

	*out = (struct why){.ir = ir};
	err = parse(ir, query, arena, diag, out);
	if (err)
		return err;
	out->exists = flow_make(&out->from, &out->to, &out->port, &out->flow) ||
		      (out->from.ep && out->from.ep == out->to.ep);
	if (!out->exists)
		return 0;
	out->flow.request = out->request;
	out->verdict = IR_OUTCOME_ALLOW;
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		out->traces[dir].arena = arena;
		out->verdicts[dir] = ir_judge_dir(ir, &out->flow, dir, &out->traces[dir]);
		out->verdict = ir_outcome_worse(out->verdict, out->verdicts[dir]);
		why_find_nearest(out, dir, arena);
	}
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

static enum why_reason decided_by(const struct ir_trace *trace, bool request)
{
	const struct ir_step *last;

	if (!trace->steps.n)
		return WHY_NO_POLICY;
	last = &trace->steps.v[trace->steps.n - 1];
	if (last->action == IR_PASS) {
		vec_each (const struct ir_step, step, &trace->steps)
			if (step->spared)
				return WHY_NODE;
		return WHY_NO_TIER;
	}
	if (last->asks)
		return asked(last, request);
	return last->rule ? WHY_RULE : WHY_DEFAULT_DENY;
}

enum why_reason why_reason_of(const struct why *w, enum ir_dir dir)
{
	const struct ir_endpoint *ep = why_subject(w, dir)->ep;

	if (!w->exists)
		return WHY_NO_PORT;
	if (w->traces[dir].self)
		return WHY_SELF;
	if (!ep)
		return WHY_UNMANAGED;
	return ep->host ? WHY_HOST : decided_by(&w->traces[dir], w->request != NULL);
}

const struct flow_end *why_subject(const struct why *w, enum ir_dir dir)
{
	return dir == IR_INGRESS ? &w->to : &w->from;
}
