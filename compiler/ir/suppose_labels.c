/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/suppose_labels.h"

#include <errno.h>

#include "lang/base/buf.h"

enum { MAX_ENDPOINTS = 4096 };

/* In how many ways the labels can be there or not; 0: too many. */
static uint32_t count_choices(const struct ir *ir)
{
	uint32_t n = 1;

	vec_each (const struct ir_asked_label, label, &ir->beside.asked) {
		n *= (uint32_t)label->values.n + 1;
		if (n > IR_MAX_ASKED_VALUES)
			return 0;
	}
	return n;
}

static uint32_t place_of(const struct ir *ir, const struct ir_endpoint *ep)
{
	uint32_t name = ep->ns && !ep->host ? intern_find(&ir->strings, ep->ns) : INTERN_NONE;

	vec_each (const uint32_t, unlabelled, &ir->beside.unlabelled)
		if (*unlabelled == name)
			return name;
	return INTERN_NONE;
}

/* The value of one label in a choice, which is taken off it; INTERN_NONE: it is not there. */
static uint32_t take_value(const struct ir_asked_label *label, uint32_t *choice)
{
	uint32_t digit = *choice % ((uint32_t)label->values.n + 1);

	*choice /= (uint32_t)label->values.n + 1;
	return digit ? label->values.v[digit - 1] : INTERN_NONE;
}

static struct ir_endpoint *with_labels(const struct ir *ir, const struct ir_endpoint *ep,
				       uint32_t choice, struct arena *arena)
{
	struct ir_endpoint *copy = arena_new(arena, struct ir_endpoint);

	*copy = *ep;
	copy->labels.v = NULL;
	copy->labels.n = copy->labels.cap = 0;
	vec_each (const struct ir_label, label, &ep->labels)
		vec_push(arena, &copy->labels, *label);
	vec_each (const struct ir_asked_label, label, &ir->beside.asked) {
		uint32_t value = take_value(label, &choice);

		if (value != INTERN_NONE)
			vec_push(arena, &copy->labels,
				 ((struct ir_label){IR_SCOPE_NAMESPACE, label->key, value}));
	}
	ir_endpoint_sort_labels(copy);
	return copy;
}

static void add(struct ir *to, struct ir_supposed *s, struct ir_endpoint *ep, uint32_t place,
		uint32_t choice)
{
	vec_push(to->arena, &to->endpoints, ep);
	vec_push(to->arena, &s->places, place);
	vec_push(to->arena, &s->choices, choice);
}

static int add_choices(const struct ir *ir, struct ir *to, struct ir_supposed *s, uint32_t n)
{
	for (size_t i = 0; i < ir->endpoints.n; i++) {
		for (uint32_t choice = 1; s->places.v[i] != INTERN_NONE && choice < n; choice++) {
			struct ir_endpoint *ep;

			if (to->endpoints.n >= ir->endpoints.n + MAX_ENDPOINTS)
				return -E2BIG;
			ep = with_labels(ir, ir->endpoints.v[i], choice, to->arena);
			ep->id = (uint32_t)to->endpoints.n;
			add(to, s, ep, s->places.v[i], choice);
		}
	}
	return 0;
}

int ir_suppose_labels(const struct ir *ir, struct arena *arena, struct ir_supposed *out)
{
	struct ir *copy = arena_new(arena, struct ir);
	uint32_t n = count_choices(ir);

	if (!n)
		return -E2BIG;
	*copy = *ir;
	copy->arena = arena;
	copy->endpoints.v = NULL;
	copy->endpoints.n = copy->endpoints.cap = 0;
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		add(copy, out, *ep, place_of(ir, *ep), 0);
	out->ir = copy;
	return add_choices(ir, copy, out, n);
}

const char *ir_supposed_text(const struct ir_supposed *s, const struct ir_endpoint *ep,
			     struct arena *arena)
{
	uint32_t choice = ep->node ? 0 : s->choices.v[ep->id];
	_cleanup_buf_ struct buf b = {0};
	const char *sep = "";

	if (!choice)
		return NULL;
	buf_printf(&b, "namespace %s has ", ep->ns);
	vec_each (const struct ir_asked_label, label, &s->ir->beside.asked) {
		uint32_t value = take_value(label, &choice);

		if (value == INTERN_NONE)
			continue;
		buf_printf(&b, "%s%s=%s", sep, intern_str(&s->ir->strings, label->key),
			   intern_str(&s->ir->strings, value));
		sep = ", ";
	}
	return arena_strdup(arena, buf_str(&b));
}
