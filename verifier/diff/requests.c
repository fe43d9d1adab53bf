/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/diff/requests.h"

#include <string.h>

#include "lang/base/buf.h"

void diff_requests_init(struct diff_world *w)
{
	keyset_init(&w->requests.texts, w->arena);
	keyset_init(&w->requests.sets, w->arena);
}

/* --- what a rule asks ------------------------------------------------------------------------ */

uint32_t diff_asks(struct diff_world *w, const struct ir_rule *rule)
{
	_cleanup_buf_ struct buf text = {0};
	uint32_t number;

	if (rule->l7.kind == IR_L7_NONE)
		return DIFF_NO_REQUESTS;
	ir_l7_put_key(&rule->l7, &text);
	number = keyset_add(&w->requests.texts, buf_str(&text), text.n);
	if (number == w->requests.rules.n)
		vec_push(w->arena, &w->requests.rules, rule);
	return number + 1;
}

const struct ir_rule *diff_asking_rule(const struct diff_world *w, uint32_t asks)
{
	return w->requests.rules.v[asks - 1];
}

uint32_t diff_judges(struct diff_world *w, const uint32_t *asks, size_t n)
{
	return DIFF_FIRST_JUDGES + keyset_add(&w->requests.sets, asks, n * sizeof(*asks));
}
