/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: where programs run (enum polc_hook). A row says what is different about one: its
 * program, and what policy judges there. Generator, proofs and loader go by these rows.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/shape.h"

struct gen_hook_ops {
	enum polc_hook hook;
	const char *macro;   /* "POLC_HOOK_EP_IN" */
	enum ir_dir dir;     /* what policy judges there; IR_N_DIRS: nothing */
	const char *section; /* of the object, which tells the kind of program */
	const char *program; /* its name */
	/* Appends the program, with the functions that only it calls before it. */
	void (*emit)(struct gen_shape s, const struct gen_hook_ops *ops, struct buf *out);
};

/* The row of a hook; NULL: no program runs there. The object of a shape holds the programs of
 * the POLC_N_EP_HOOKS hooks of an endpoint, which all have one. */
const struct gen_hook_ops *gen_hook(enum polc_hook hook);
