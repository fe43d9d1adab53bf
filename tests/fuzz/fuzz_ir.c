/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of an IR on hostile documents. What it refuses it must have explained, once. What it
 * accepts must hold together: it can be asked about flows and compiled, and is the same after
 * writing and reading.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/eval.h"
#include "compiler/ir_json.h"
#include "lang/lang.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int ok)
{
	if (!ok)
		abort();
}

static void check_policies(const struct ir *ir)
{
	for (uint32_t i = 0; i < ir->tiers.n; i++) {
		require(ir->tiers.v[i]->id == i && ir->tiers.v[i]->end != IR_ALLOW);
		vec_each (struct ir_policy *, p, &ir->tiers.v[i]->policies)
			require((*p)->tier == ir->tiers.v[i]);
	}
	for (uint32_t i = 0; i < ir->policies.n; i++)
		require(ir->policies.v[i]->id == i && ir->policies.v[i]->name);
	for (uint32_t i = 0; i < ir->rules.n; i++)
		require(ir->rules.v[i]->id == i && ir->rules.v[i]->policy);
	vec_each (const struct ir_open_order, o, &ir->open_orders) {
		require(o->runs[0].first + o->runs[0].n <= o->runs[1].first);
		require(o->runs[1].first + o->runs[1].n <= ir->tiers.n);
	}
}

static void check_endpoints(const struct ir *ir)
{
	for (uint32_t i = 0; i < ir->endpoints.n; i++) {
		const struct ir_endpoint *ep = ir->endpoints.v[i];

		require(ep->id == i && ir_find_endpoint(ir, ep->name) == ep);
		vec_each (const struct ir_label, label, &ep->labels)
			require(intern_str(&ir->strings, label->value) != NULL);
	}
}

/* Between the first endpoints, the node and an address outside. */
static void ask(const struct ir *ir)
{
	enum { MAX_ENDS = 6 };
	struct ir_end ends[MAX_ENDS] = {{.ep = ir->node}, {.addr = {NET_V4, {192, 0, 2, 1}}}};
	size_t n = 2;

	for (size_t i = 0; n < MAX_ENDS && i < ir->endpoints.n; i++)
		ends[n++] = ir_end_of(ir->endpoints.v[i], NET_NONE);
	for (size_t i = 0; i < n * n; i++) {
		const struct ir_flow flow = {ends[i / n], ends[i % n], IR_PROTO_TCP, 80};

		ir_judge_dir(ir, &flow, IR_INGRESS, NULL);
		ir_judge_dir(ir, &flow, IR_EGRESS, NULL);
		vec_each (struct ir_assert *, a, &ir->asserts) {
			vec_each (const struct ir_claim, c, &(*a)->claims)
				ir_claim_covers(c, &flow);
		}
	}
}

static void check_again(const struct lang *l, const struct ir *ir)
{
	_cleanup_buf_ struct buf first = {0}, second = {0};
	struct lang again;
	struct ir *read;

	ir_json(ir, &l->sources, &first);
	lang_init(&again);
	require(ir_json_read(&again, "again", buf_str(&first), first.n, &read) == 0);
	ir_json(read, &again.sources, &second);
	require(strcmp(buf_str(&first), buf_str(&second)) == 0);
	lang_fini(&again);
}

/* What is whole can also be compiled; only its size may be too much. */
static void compile(struct lang *l, const struct ir *ir)
{
	struct cls *cls = NULL;
	int err = cls_build(ir, NULL, &l->arena, &l->diag, &cls);

	require(err == -E2BIG ? l->diag.errors > 0 : err == 0 && cls != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf text = {0}, json = {0};
	struct lang l;
	struct ir *ir;

	lang_init(&l);
	if (ir_json_read(&l, "fuzz", (const char *)data, size, &ir)) {
		require(ir == NULL && l.diag.errors == 1);
		diag_render_text(&l.diag, &(struct diag_style){0}, &text);
		diag_render_json(&l.diag, NULL, &json);
	} else {
		require(l.diag.errors == 0);
		check_policies(ir);
		check_endpoints(ir);
		ask(ir);
		check_again(&l, ir);
		compile(&l, ir);
	}
	lang_fini(&l);
	return 0;
}
