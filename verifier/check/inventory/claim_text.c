/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/inventory/claim_text.h"

#include <string.h>

#include "compiler/ir/suppose_labels.h"
#include "compiler/space/nodes.h"
#include "verifier/check/engine/assert.h"
#include "verifier/flow/flowspec.h"

/* Which one it is, of several nodes that share the address. */
static const char *node_text(struct checker *c, const struct ir_end *end)
{
	if (!ir_is_at_node(end->ep) || ir_node_at(c->ir, &end->addr, c->arena)->on_node)
		return "";
	return arena_printf(c->arena, " (if that is %s)", end->ep->name);
}

const char *claim_flow_text(struct checker *c, const struct ir_flow *flow)
{
	char port[FLOW_PORT_STRLEN];
	const char *text;

	text = arena_printf(
		c->arena, "from %s to %s on %s%s%s", flow_end_text(c->ir, &flow->src, c->arena),
		flow_to_text(flow, flow_end_text(c->ir, &flow->dst, c->arena), c->arena),
		flow_port_format(flow->proto, flow->port, port), node_text(c, &flow->src),
		node_text(c, &flow->dst));
	return assert_flow_text(c, flow, text);
}

typedef const char *supposed_text_fn(const struct ir_supposed *supposed,
				     const struct ir_endpoint *ep, struct arena *arena);

static void note_labels(struct checker *c, struct diag_item *item,
			const struct ir_supposed *supposed, supposed_text_fn *text_of,
			const struct ir_end *end)
{
	const char *text =
		end->ep && !ir_is_at_node(end->ep) ? text_of(supposed, end->ep, c->arena) : NULL;

	if (text)
		checker_note(c, item, LOC_NONE, "if %s, which no %s says", text,
			     text_of == ir_supposed_text ? "Namespace object" : "object");
}

void claim_note_supposed(struct checker *c, struct diag_item *item,
			 const struct ir_supposed *supposed, const struct ir_flow *flow)
{
	const struct ir_endpoint *src = flow->src.ep, *dst = flow->dst.ep;

	note_labels(c, item, supposed, ir_supposed_text, &flow->src);
	if (!dst || !src || !src->ns || !dst->ns || strcmp(src->ns, dst->ns) != 0)
		note_labels(c, item, supposed, ir_supposed_text, &flow->dst);
	note_labels(c, item, supposed, ir_supposed_own_text, &flow->src);
	if (src != dst)
		note_labels(c, item, supposed, ir_supposed_own_text, &flow->dst);
}
