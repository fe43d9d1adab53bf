/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a flow passes or not: the reference interpreter's trace of one flow, told tier by tier
 * with the source line of every policy and rule that took part.
 */
#pragma once

#include "compiler/eval.h"
#include "verifier/flowspec.h"

struct buf;
struct diag;
struct sources;

struct why {
	const struct ir *ir;
	struct flow_end from, to;
	struct flow_port port;
	bool exists; /* false: a named port that the destination lacks; denied, no traces */
	struct ir_flow flow;
	struct ir_trace traces[IR_N_DIRS];
	enum ir_verdict verdicts[IR_N_DIRS];
	enum ir_verdict verdict;
};

/* Parses the names (see flowspec.h) and decides. Returns 0 or -EINVAL after reporting. */
int why_explain(const struct ir *ir, const char *from, const char *to, const char *port,
		struct arena *arena, struct diag *diag, struct why *out);

void why_render_text(const struct why *w, const struct sources *sources, bool color,
		     struct buf *out);
/* {"from","to","port","ingress","egress","verdict","directions":[{"direction","endpoint",
 *  "verdict","reason","steps":[{"tier","action","isolated","governing":[{"name","kind","file",
 *  "line","column"}],"rules":[{"action","rank","policy","file","line","column","source",
 *  "decides"}]}]}]} */
void why_render_json(const struct why *w, const struct sources *sources, struct buf *out);
