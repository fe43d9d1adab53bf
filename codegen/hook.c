/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/hook.h"

#include <assert.h>

#include "codegen/emit_endpoint.h"

/* The order of rows is that of the hooks. */
static const struct gen_hook_ops rows[] = {
	{
		.hook = POLC_HOOK_EP_IN,
		.macro = "POLC_HOOK_EP_IN",
		.dir = IR_INGRESS,
		.section = "tc",
		.program = POLC_PROG_EP_IN,
		.emit = gen_emit_endpoint,
	},
	{
		.hook = POLC_HOOK_EP_OUT,
		.macro = "POLC_HOOK_EP_OUT",
		.dir = IR_EGRESS,
		.section = "tc",
		.program = POLC_PROG_EP_OUT,
		.emit = gen_emit_endpoint,
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
