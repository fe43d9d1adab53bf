/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/decisions.h"

#include "compiler/classes/keyset.h"
#include "lang/base/buf.h"

/* What tells a decision from others: numbers of the policy's things, ended by the policies, or by
 * the rules that are asked. */
static uint32_t number_of(struct keyset *known, const struct cls_decision *d)
{
	_cleanup_buf_ struct buf key = {0};
	const uint32_t who[] = {d->outcome, d->dir, d->rule ? d->rule->id : UINT32_MAX,
				d->tier ? d->tier->id : UINT32_MAX};

	buf_add(&key, who, sizeof(who));
	vec_each (const struct ir_policy *, policy, &d->governing)
		buf_add(&key, &(*policy)->id, sizeof((*policy)->id));
	vec_each (const struct ir_rule *, rule, &d->asked)
		buf_add(&key, &(*rule)->id, sizeof((*rule)->id));
	return keyset_add(known, buf_str(&key), key.n);
}

void gen_decisions_number(const struct cls *cls, struct arena *arena, struct gen_decisions *out)
{
	struct keyset known;

	*out = (struct gen_decisions){.numbers = arena_array(arena, uint32_t *, cls->tables.n)};
	keyset_init(&known, arena);
	for (size_t i = 0; i < cls->tables.n; i++) {
		const struct cls_table *t = cls->tables.v[i];

		out->numbers[i] = arena_array(arena, uint32_t, t->decisions.n);
		for (size_t k = 0; k < t->decisions.n; k++) {
			out->numbers[i][k] = number_of(&known, &t->decisions.v[k]);
			if (out->numbers[i][k] == out->list.n)
				vec_push(arena, &out->list, &t->decisions.v[k]);
		}
	}
}
