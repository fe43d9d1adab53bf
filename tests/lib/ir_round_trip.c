/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/ir_round_trip.h"

#include <string.h>

#include "compiler/ir_json.h"
#include "tests/lib/random_flow.h"

enum { N_FLOWS = 200 };

/* The same endpoint of the other IR; both have them in the order of their names. */
static const struct ir_endpoint *endpoint_of(const struct ir *ir, const struct ir_endpoint *ep)
{
	if (!ep || ep->node)
		return ep ? ir->node : NULL;
	return ir->endpoints.v[ep->id];
}

static bool same_claims(const struct ir *a, const struct ir_flow *flow, const struct ir *b,
			const struct ir_flow *same)
{
	for (size_t i = 0; i < a->asserts.n; i++) {
		for (size_t k = 0; k < a->asserts.v[i]->claims.n; k++) {
			if (ir_claim_covers(&a->asserts.v[i]->claims.v[k], flow) !=
			    ir_claim_covers(&b->asserts.v[i]->claims.v[k], same))
				return false;
		}
	}
	return true;
}

static const char *compare_flows(struct lang *lang, const struct ir *a, const struct ir *b,
				 struct random *r)
{
	struct random_flows flows;

	random_flows_init(&flows, a, &lang->arena);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		enum ir_dir dir = i % IR_N_DIRS;
		struct ir_flow flow, same;

		if (!random_flow(&flows, r, dir, &flow))
			return NULL;
		same = flow;
		same.src.ep = endpoint_of(b, flow.src.ep);
		same.dst.ep = endpoint_of(b, flow.dst.ep);
		if (ir_judge_dir(a, &flow, dir, NULL) != ir_judge_dir(b, &same, dir, NULL))
			return arena_printf(&lang->arena, "%s of flow %u has another outcome",
					    ir_dir_name(dir), i);
		if (!same_claims(a, &flow, b, &same))
			return arena_printf(&lang->arena, "flow %u is under another claim", i);
	}
	return NULL;
}

/* The first line that differs. */
static const char *difference(struct arena *arena, const char *a, const char *b)
{
	size_t same = 0, begin;

	while (a[same] && a[same] == b[same])
		same++;
	for (begin = same; begin && a[begin - 1] != '\n';)
		begin--;
	return arena_printf(arena, "written: %.*s\nread and written again: %.*s",
			    (int)strcspn(a + begin, "\n"), a + begin, (int)strcspn(b + begin, "\n"),
			    b + begin);
}

const char *ir_round_trip(struct lang *lang, const struct ir *ir, struct random *r)
{
	_cleanup_buf_ struct buf first = {0}, second = {0}, errors = {0};
	const char *differs = NULL;
	struct lang again;
	struct ir *read;

	lang_init(&again);
	ir_json(ir, &lang->sources, &first);
	if (ir_json_read(&again, "ir.json", buf_str(&first), first.n, &read)) {
		diag_render_text(&again.diag, &(struct diag_style){0}, &errors);
		differs = arena_strdup(&lang->arena, buf_str(&errors));
	} else {
		ir_json(read, &again.sources, &second);
		if (strcmp(buf_str(&first), buf_str(&second)) != 0)
			differs = difference(&lang->arena, buf_str(&first), buf_str(&second));
		else
			differs = compare_flows(lang, ir, read, r);
	}
	lang_fini(&again);
	return differs;
}
