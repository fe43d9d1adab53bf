/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/suppose_labels.h"

#include <errno.h>

#include "lang/base/buf.h"

enum { MAX_ENDPOINTS = 4096 };

/* Of a namespace, or of an endpoint. */
struct labels {
	const struct ir_asked_label *v;
	size_t n;
};

#define LABELS(list) ((struct labels){(list)->v, (list)->n})

/* In how many ways they can be; 0: too many. */
static uint32_t count_choices(struct labels labels)
{
	uint32_t n = 1;

	for (size_t i = 0; i < labels.n; i++) {
		n *= (uint32_t)labels.v[i].values.n + 1;
		if (n > IR_MAX_ASKED_VALUES)
			return 0;
	}
	return n;
}

bool ir_is_asked(const struct ir_endpoint *ep)
{
	vec_each (const struct ir_asked_label, label, &ep->unsaid)
		if (label->values.n)
			return true;
	return false;
}

bool ir_labels_are_said(const struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (ir_is_asked(*ep))
			return false;
	return !ir->beside.unlabelled.n;
}

/* --- what may be --------------------------------------------------------------------------- */

static bool may_take(const struct ir_req *req, const struct ir_endpoint *ep)
{
	const struct ir_asked_label *label =
		req->scope == IR_SCOPE_ENDPOINT ? ir_find_unsaid(ep, req->key) : NULL;

	for (size_t i = 0; label && i < label->values.n; i++)
		if (ir_req_takes(req, label->values.v[i]))
			return true;
	return ir_req_matches(req, ep);
}

bool ir_selector_may_match(const struct ir_selector *sel, const struct ir_endpoint *ep)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (!may_take(req, ep))
			return false;
	return true;
}

/* --- endpoints ----------------------------------------------------------------------------- */

uint32_t ir_unsaid_namespace(const struct ir *ir, const struct ir_endpoint *ep)
{
	uint32_t name = ep->ns && !ep->host ? intern_find(&ir->strings, ep->ns) : INTERN_NONE;

	vec_each (const uint32_t, unlabelled, &ir->beside.unlabelled)
		if (*unlabelled == name)
			return name;
	return INTERN_NONE;
}

/* The value of one label in a choice, which is taken off it; INTERN_NONE: as in the original. */
static uint32_t take_value(const struct ir_asked_label *label, uint32_t *choice)
{
	uint32_t digit = *choice % ((uint32_t)label->values.n + 1);

	*choice /= (uint32_t)label->values.n + 1;
	return digit ? label->values.v[digit - 1] : INTERN_NONE;
}

static struct ir_endpoint *copy_of(const struct ir_endpoint *ep, struct arena *arena)
{
	struct ir_endpoint *copy = arena_new(arena, struct ir_endpoint);

	*copy = *ep;
	copy->labels.v = NULL;
	copy->labels.n = copy->labels.cap = 0;
	vec_each (const struct ir_label, label, &ep->labels)
		vec_push(arena, &copy->labels, *label);
	return copy;
}

static void set_label(struct ir_endpoint *ep, struct ir_label label, struct arena *arena)
{
	vec_each (struct ir_label, have, &ep->labels) {
		if (have->scope != label.scope || have->key != label.key)
			continue;
		*have = label;
		return;
	}
	vec_push(arena, &ep->labels, label);
}

static void choose(struct ir_endpoint *ep, enum ir_scope scope, struct labels labels,
		   uint32_t choice, struct arena *arena)
{
	for (size_t i = 0; i < labels.n; i++) {
		uint32_t value = take_value(&labels.v[i], &choice);

		if (value == INTERN_NONE)
			continue;
		set_label(ep, (struct ir_label){scope, labels.v[i].key, value}, arena);
		/* One pod, which reaches itself. */
		if (labels.v[i].apart)
			ep->workload = false;
	}
}

static void add(struct ir *to, struct ir_supposed *s, struct ir_endpoint *ep, uint32_t place)
{
	vec_push(to->arena, &to->endpoints, ep);
	vec_push(to->arena, &s->places, place);
	vec_push(to->arena, &s->choices, 0);
	vec_push(to->arena, &s->own, 0);
}

static void add_choice(const struct ir *ir, struct ir *to, struct ir_supposed *s, size_t i,
		       uint32_t choice, uint32_t own)
{
	struct ir_endpoint *ep = copy_of(ir->endpoints.v[i], to->arena);

	choose(ep, IR_SCOPE_NAMESPACE, LABELS(&ir->beside.asked), choice, to->arena);
	choose(ep, IR_SCOPE_ENDPOINT, LABELS(&ep->unsaid), own, to->arena);
	ir_endpoint_sort_labels(ep);
	ep->id = (uint32_t)to->endpoints.n;
	add(to, s, ep, s->places.v[i]);
	s->choices.v[ep->id] = choice;
	s->own.v[ep->id] = own;
}

static int add_choices(const struct ir *ir, struct ir *to, struct ir_supposed *s, uint32_t n)
{
	for (size_t i = 0; i < ir->endpoints.n; i++) {
		uint32_t n_own = count_choices(LABELS(&ir->endpoints.v[i]->unsaid));
		uint32_t n_all = (s->places.v[i] == INTERN_NONE ? 1 : n) * n_own;

		if (!n_own || to->endpoints.n + n_all - 1 > ir->endpoints.n + MAX_ENDPOINTS)
			return -E2BIG;
		for (uint32_t k = 1; k < n_all; k++)
			add_choice(ir, to, s, i, k / n_own, k % n_own);
	}
	return 0;
}

int ir_suppose_labels(const struct ir *ir, struct arena *arena, struct ir_supposed *out)
{
	struct ir *copy = arena_new(arena, struct ir);
	uint32_t n = count_choices(LABELS(&ir->beside.asked));

	if (!n)
		return -E2BIG;
	*copy = *ir;
	copy->arena = arena;
	copy->endpoints.v = NULL;
	copy->endpoints.n = copy->endpoints.cap = 0;
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		add(copy, out, *ep, ir_unsaid_namespace(ir, *ep));
	out->ir = copy;
	return add_choices(ir, copy, out, n);
}

/* --- in words ------------------------------------------------------------------------------ */

static const char *choice_text(const struct ir_supposed *s, const char *who, const char *name,
			       struct labels labels, uint32_t choice, struct arena *arena)
{
	_cleanup_buf_ struct buf b = {0};
	const char *sep = "";

	if (!choice)
		return NULL;
	buf_printf(&b, "%s %s has ", who, name);
	for (size_t i = 0; i < labels.n; i++) {
		uint32_t value = take_value(&labels.v[i], &choice);

		if (value == INTERN_NONE)
			continue;
		buf_printf(&b, "%s%s=%s", sep, intern_str(&s->ir->strings, labels.v[i].key),
			   intern_str(&s->ir->strings, value));
		sep = ", ";
	}
	return arena_strdup(arena, buf_str(&b));
}

const char *ir_supposed_text(const struct ir_supposed *s, const struct ir_endpoint *ep,
			     struct arena *arena)
{
	return choice_text(s, "namespace", ep->ns, LABELS(&s->ir->beside.asked),
			   ep->node ? 0 : s->choices.v[ep->id], arena);
}

const char *ir_supposed_own_text(const struct ir_supposed *s, const struct ir_endpoint *ep,
				 struct arena *arena)
{
	return choice_text(s, "a pod of", ep->name, LABELS(&ep->unsaid),
			   ep->node ? 0 : s->own.v[ep->id], arena);
}
