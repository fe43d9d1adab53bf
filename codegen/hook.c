/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/hook.h"

#include <assert.h>

#define ENDPOINT_STAGES(main_name, related_name)                                                   \
	{                                                                                          \
		[POLC_STAGE_MAIN] = {NULL, main_name, NULL},                                       \
		[POLC_STAGE_RELATED] = {"related", related_name, gen_shape_has_related_stage},     \
	}

/* The order of rows is that of the hooks. */
static const struct gen_hook_ops rows[] = {
	{
		.hook = POLC_HOOK_EP_IN,
		.macro = "POLC_HOOK_EP_IN",
		.dir = IR_INGRESS,
		.section = "tc",
		.stages = ENDPOINT_STAGES(POLC_PROG_EP_IN, POLC_PROG_EP_IN_RELATED),
	},
	{
		.hook = POLC_HOOK_EP_OUT,
		.macro = "POLC_HOOK_EP_OUT",
		.dir = IR_EGRESS,
		.section = "tc",
		.stages = ENDPOINT_STAGES(POLC_PROG_EP_OUT, POLC_PROG_EP_OUT_RELATED),
	},
};

enum { N_ROWS = sizeof(rows) / sizeof(*rows) };

static_assert((int)N_ROWS >= (int)POLC_N_EP_HOOKS, "a hook of an endpoint has no row");

const struct gen_hook_ops *gen_hook(enum polc_hook hook)
{
	if ((int)hook >= (int)N_ROWS)
		return NULL;
	assert(rows[hook].hook == hook);
	return &rows[hook];
}

const struct gen_stage_ops *gen_stage(struct gen_shape s, enum polc_hook hook,
				      enum polc_stage stage)
{
	const struct gen_hook_ops *ops = gen_hook(hook);
	const struct gen_stage_ops *row = ops ? &ops->stages[stage] : NULL;

	if (!row || !row->program || (row->needed && !row->needed(s, ops->dir)))
		return NULL;
	return row;
}
