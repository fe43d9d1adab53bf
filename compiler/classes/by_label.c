/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/by_label.h"

static struct by_label_list *list_of(struct by_label *x, enum ir_scope scope, uint32_t key,
				     uint32_t value)
{
	const uint32_t label[] = {scope, key, value};
	uint32_t id = keyset_add(&x->labels, label, sizeof(label));

	while (x->lists.n <= id)
		vec_push(x->arena, &x->lists, (struct by_label_list){0});
	return &x->lists.v[id];
}

void by_label_init(struct by_label *x, const struct ir *ir, struct arena *arena)
{
	*x = (struct by_label){.ir = ir, .arena = arena};
	keyset_init(&x->labels, arena);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		if ((*ep)->host)
			continue;
		vec_push(arena, &x->all.eps, *ep);
		vec_each (const struct ir_label, label, &(*ep)->labels) {
			struct by_label_list *list =
				list_of(x, label->scope, label->key, label->value);

			vec_push(arena, &list->eps, *ep);
		}
	}
}

static size_t count(struct by_label *x, const struct ir_req *req)
{
	size_t n = 0;

	vec_each (const uint32_t, value, &req->values)
		n += list_of(x, req->scope, req->key, *value)->eps.n;
	return n;
}

static bool is_repeated(const struct ir_req *req, const uint32_t *value)
{
	for (const uint32_t *before = req->values.v; before < value; before++)
		if (*before == *value)
			return true;
	return false;
}

const struct by_label_list *by_label_candidates(struct by_label *x, const struct ir_selector *sel)
{
	const struct ir_req *best = NULL;
	size_t n = x->all.eps.n;

	vec_each (const struct ir_req, req, &sel->reqs) {
		size_t some = req->op == IR_IN ? count(x, req) : x->all.eps.n;

		if (some < n) {
			best = req;
			n = some;
		}
	}
	if (!best)
		return &x->all;
	if (best->values.n == 1)
		return list_of(x, best->scope, best->key, best->values.v[0]);
	x->several.eps.n = 0;
	vec_each (const uint32_t, value, &best->values) {
		const struct by_label_list *list = list_of(x, best->scope, best->key, *value);

		if (is_repeated(best, value))
			continue;

		vec_each (const struct ir_endpoint *, ep, &list->eps)
			vec_push(x->arena, &x->several.eps, *ep);
	}
	return &x->several;
}

static void add_policy(struct by_label *x, const struct ir_policy *policy, struct selecting *out)
{
	vec_each (const struct ir_selector, sel, &policy->subjects) {
		vec_each (const struct ir_endpoint *, ep, &by_label_candidates(x, sel)->eps) {
			struct selecting *one = &out[(*ep)->id];
			size_t n = one->policies.n;

			if (ir_selector_matches(sel, *ep) &&
			    !(n && one->policies.v[n - 1] == policy))
				vec_push(x->arena, &one->policies, policy);
		}
	}
}

struct selecting *selecting_find(const struct ir *ir, struct arena *arena)
{
	struct selecting *out = arena_array(arena, struct selecting, ir->endpoints.n + 1);
	struct by_label x;

	by_label_init(&x, ir, arena);
	vec_each (struct ir_tier *, tier, &ir->tiers)
		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			add_policy(&x, *policy, out);
	return out;
}
