/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions and their claims. */
#include "compiler/ir_json/read.h"

static const char *claim_word(unsigned i)
{
	return ir_claim_name((enum ir_claim_kind)i);
}

static int read_kind(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_claim *claim = to;
	unsigned kind;
	int err = ir_read_word(r, v, claim_word, IR_CLAIM_ONLY + 1, &kind);

	claim->kind = (enum ir_claim_kind)kind;
	return err;
}

static int read_port(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_claim *claim = to;
	struct ir_port port;
	int err = ir_read_port(r, v, &port);

	if (!err)
		vec_push(r->arena, &claim->ports, port);
	return err;
}

static int read_claim(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("claim", read_kind),
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_claim, loc)),
		IR_FIELD("from", ir_read_peer, .at = offsetof(struct ir_claim, from)),
		IR_FIELD("to", ir_read_peer, .at = offsetof(struct ir_claim, to)),
		IR_FIELD("ports", read_port, .list = true),
		IR_FIELD("l7", ir_read_l7, .at = offsetof(struct ir_claim, l7),
			 .need = IR_OPTIONAL),
		{0},
	};
	struct ir_assert *assertion = to;
	struct ir_claim claim = {.assertion = assertion};
	int err = ir_read_object(r, v, fields, &claim, NULL);

	if (err)
		return err;
	vec_each (const struct ir_l7_entry, entry, &claim.l7.entries)
		if (entry->deny)
			return ir_refuse(r, v, "the requests of a claim are not denied by it");
	vec_push(r->arena, &assertion->claims, claim);
	return 0;
}

int ir_read_assert(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("title", ir_read_text, .at = offsetof(struct ir_assert, title)),
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_assert, loc)),
		IR_FIELD("claims", read_claim, .list = true),
		{0},
	};
	struct ir *ir = to;
	struct ir_assert *assertion = arena_new(r->arena, struct ir_assert);

	vec_push(r->arena, &ir->asserts, assertion);
	return ir_read_object(r, v, fields, assertion, NULL);
}
