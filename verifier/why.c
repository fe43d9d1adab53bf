/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/why.h"

int why_explain(const struct ir *ir, const char *from, const char *to, const char *port,
		struct arena *arena, struct diag *diag, struct why *out)
{
	int bad_from, bad_to, bad_port;

	*out = (struct why){.ir = ir};
	bad_from = flow_end_parse(ir, from, "--from", arena, diag, &out->from);
	bad_to = flow_end_parse(ir, to, "--to", arena, diag, &out->to);
	bad_port = flow_port_parse(ir, port, "--port", arena, diag, &out->port);
	if (bad_from || bad_to || bad_port)
		return bad_from ? bad_from : bad_to ? bad_to : bad_port;
	out->exists = flow_make(&out->from, &out->to, &out->port, &out->flow) ||
		      (out->from.ep && out->from.ep == out->to.ep);
	if (!out->exists)
		return 0;
	out->verdict = IR_VERDICT_ALLOW;
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		out->traces[dir].arena = arena;
		out->verdicts[dir] = ir_eval_dir(ir, &out->flow, dir, &out->traces[dir]);
		if (out->verdicts[dir] == IR_VERDICT_DENY)
			out->verdict = IR_VERDICT_DENY;
		why_find_nearest(out, dir, arena);
	}
	return 0;
}

static enum why_reason decided_by(const struct ir_trace *trace)
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
	return ep->host ? WHY_HOST : decided_by(&w->traces[dir]);
}

const struct flow_end *why_subject(const struct why *w, enum ir_dir dir)
{
	return dir == IR_INGRESS ? &w->to : &w->from;
}
