/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions and their claims. Both ends of a claim are peers, as in a rule. */
#include <errno.h>

#include "compiler/resolve/resolve.h"

static int add_claim(struct resolve *r, struct ir_assert *to, const struct ast_claim *in)
{
	static const enum ir_claim_kind kinds[] = {[AST_CLAIM_NEVER] = IR_CLAIM_NEVER,
						   [AST_CLAIM_ALWAYS] = IR_CLAIM_ALWAYS,
						   [AST_CLAIM_ONLY] = IR_CLAIM_ONLY};
	struct ir_claim claim = {.kind = kinds[in->kind], .assertion = to, .loc = in->loc};
	struct resolve_peers ends = {0};
	struct resolve_ports ports = {0};
	int err = resolve_peer(r, &in->from, &ends);

	err |= resolve_peer(r, &in->to, &ends);
	err |= resolve_l7(r, &in->l7, &claim.l7);
	vec_each (const struct ast_port, port, &in->ports)
		err |= resolve_port(r, port, &ports);
	if (!err)
		err = resolve_l7_ports(r, &in->l7, &ports);
	if (err)
		return -EINVAL;
	claim.from = ends.list.v[0];
	claim.to = ends.list.v[1];
	vec_each (const struct ir_port, port, &ports.list)
		vec_push(r->arena, &claim.ports, *port);
	vec_push(r->arena, &to->claims, claim);
	return 0;
}

static int assert_item(struct resolve *r, const struct ast_file *file, const struct ast_item *item)
{
	const struct ast_assert *in = item->assertion;
	struct ir_assert *out;
	int err = 0;

	if (file->inventory_only)
		return 0;
	out = arena_new(r->arena, struct ir_assert);
	out->title = in->title.s;
	out->loc = in->loc;
	vec_each (const struct ast_claim, claim, &in->claims)
		err |= add_claim(r, out, claim);
	vec_push(r->arena, &r->ir->asserts, out);
	return err ? -EINVAL : 0;
}

int resolve_asserts(struct resolve *r)
{
	return resolve_each(r, AST_ITEM_ASSERT, assert_item);
}
