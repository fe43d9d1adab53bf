/* SPDX-License-Identifier: Apache-2.0 */
/* Labels that selectors ask for and that the input does not say: what those of namespaces and those
 * of pods share. */
#include "compiler/ir/peer.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/buf.h"

enum { MAX_NAMED = 3 };

static void visit(const struct ir_selector *sel, resolve_selector_fn *fn, void *ctx)
{
	if (sel && !sel->none)
		fn(ctx, sel);
}

void resolve_each_selector(const struct ir *ir, resolve_selector_fn *fn, void *ctx)
{
	vec_each (struct ir_policy *, policy, &ir->policies)
		vec_each (const struct ir_selector, sel, &(*policy)->subjects)
			visit(sel, fn, ctx);
	vec_each (struct ir_rule *, rule, &ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			visit(ir_peer_aspects(peer).labels, fn, ctx);
	vec_each (struct ir_assert *, assertion, &ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			visit(ir_peer_aspects(&claim->from).labels, fn, ctx);
			visit(ir_peer_aspects(&claim->to).labels, fn, ctx);
		}
	}
}

void resolve_ask_value(struct resolve *r, struct ir_asked_label *label, uint32_t value)
{
	/* More are more than anybody tries. */
	if (label->values.n > IR_MAX_ASKED_VALUES)
		return;
	vec_each (const uint32_t, have, &label->values)
		if (*have == value)
			return;
	vec_push(r->arena, &label->values, value);
}

void resolve_put_name(size_t i, const char *name, struct buf *out)
{
	if (i < MAX_NAMED)
		buf_printf(out, "%s%s", i ? ", " : "", name);
	else if (i == MAX_NAMED)
		buf_puts(out, ", ...");
}
