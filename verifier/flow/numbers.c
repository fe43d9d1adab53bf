/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/numbers.h"

#include <stdlib.h>

#include "compiler/eval.h"
#include "compiler/ir/port.h"

static const uint16_t first_number = 1;
const struct flow_numbers flow_any_number = {&first_number, 1};

/* The numbers that a port of a rule matches, at any destination. */
struct span {
	uint16_t lo, hi;
};

/* A policy and what its egress rules ask of numbers. */
struct asker {
	const struct ir_policy *policy;
	VEC(struct span) spans;
};

struct askers {
	const struct ir *ir;
	struct arena *arena;
	uint16_t proto;
	VEC(struct asker) list;
};

/* --- what rules ask ----------------------------------------------------------------------------
 */

/* Most endpoints that have a port of some name agree on its number. */
static void add_span(const struct askers *a, int lo, int hi, struct asker *out)
{
	vec_each (const struct span, s, &out->spans)
		if (s->lo == lo && s->hi == hi)
			return;
	vec_push(a->arena, &out->spans, (struct span){(uint16_t)lo, (uint16_t)hi});
}

/* Whichever endpoint it is that has a port of this name. */
static void add_named(const struct askers *a, uint32_t name, struct asker *out)
{
	vec_each (struct ir_endpoint *, ep, &a->ir->endpoints) {
		int n = ir_endpoint_port(*ep, a->proto, name);

		if (n > 0)
			add_span(a, n, n, out);
	}
}

static void add_port(const struct askers *a, const struct ir_port *port, struct asker *out)
{
	struct ir_port_aspects p = ir_port_aspects(port);

	if (!ir_port_takes(&p, a->proto) || ir_port_is_whole(&p))
		return;
	if (p.name != INTERN_NONE)
		add_named(a, p.name, out);
	else
		add_span(a, p.lo, p.hi, out);
}

static void list_askers(struct askers *a)
{
	vec_each (struct ir_policy *, policy, &a->ir->policies) {
		struct asker asker = {.policy = *policy};

		vec_each (struct ir_rule *, rule, &(*policy)->rules[IR_EGRESS])
			vec_each (const struct ir_port, port, &(*rule)->ports)
				add_port(a, port, &asker);
		if (asker.spans.n)
			vec_push(a->arena, &a->list, asker);
	}
}

/* --- of one source ------------------------------------------------------------------------------
 */

struct numbers {
	VEC(uint16_t) list;
};

struct spans {
	VEC(struct span) list;
};

/* Where one of the spans may begin, or has just ended. */
static void add_edges(struct arena *arena, const struct span *span, struct numbers *out)
{
	if (span->lo > 0)
		vec_push(arena, &out->list, span->lo);
	if (span->hi < IR_PORT_LAST)
		vec_push(arena, &out->list, (uint16_t)(span->hi + 1));
}

static int cmp_numbers(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void sort(struct numbers *n)
{
	size_t kept = 0;

	qsort(n->list.v, n->list.n, sizeof(*n->list.v), cmp_numbers);
	vec_each (const uint16_t, number, &n->list)
		if (!kept || n->list.v[kept - 1] != *number)
			n->list.v[kept++] = *number;
	n->list.n = kept;
}

static bool is_spoken_of(const struct spans *spans, uint16_t number)
{
	vec_each (const struct span, s, &spans->list)
		if (s->lo <= number && number <= s->hi)
			return true;
	return false;
}

static void put_plain_first(const struct spans *spans, struct numbers *n)
{
	for (size_t i = 0; i < n->list.n; i++) {
		uint16_t number = n->list.v[i];

		if (is_spoken_of(spans, number))
			continue;
		n->list.v[i] = n->list.v[0];
		n->list.v[0] = number;
		return;
	}
}

static struct flow_numbers numbers_of(const struct askers *a, const struct ir_endpoint *ep)
{
	struct numbers out = {0};
	struct spans spans = {0};

	vec_each (const struct asker, asker, &a->list) {
		if (!ir_policy_selects(asker->policy, ep))
			continue;
		vec_each (const struct span, s, &asker->spans)
			vec_push(a->arena, &spans.list, *s);
	}
	if (!spans.list.n)
		return flow_any_number;
	vec_push(a->arena, &out.list, first_number);
	vec_each (const struct span, s, &spans.list)
		add_edges(a->arena, s, &out);
	sort(&out);
	put_plain_first(&spans, &out);
	return (struct flow_numbers){out.list.v, out.list.n};
}

const struct flow_numbers *flow_numbers_list(const struct ir *ir, uint16_t proto,
					     struct arena *arena)
{
	struct askers a = {.ir = ir, .arena = arena, .proto = proto};
	struct flow_numbers *out = arena_array(arena, struct flow_numbers, ir->endpoints.n + 1);

	list_askers(&a);
	for (size_t i = 0; i < ir->endpoints.n; i++)
		out[i] = numbers_of(&a, ir->endpoints.v[i]);
	return out;
}
