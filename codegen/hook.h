/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: where programs run (enum polc_hook). A row says what is different about one: its
 * program, the stages of it, and what policy judges there. Generator (whose emitters are a table
 * beside it, in emit.c, as a node generates nothing), proofs and loader go by these rows.
 */
#pragma once

#include "bpf/abi.h"
#include "codegen/shape.h"

struct gen_stage_ops {
	const char *name;    /* of the stage, in reports; NULL: the hook's program itself */
	const char *program; /* its name in the object */
	bool (*needed)(struct gen_shape s, enum ir_dir d); /* NULL: always */
};

struct gen_hook_ops {
	enum polc_hook hook;
	const char *macro;   /* "POLC_HOOK_EP_IN" */
	enum ir_dir dir;     /* what policy judges there; IR_N_DIRS: nothing */
	const char *section; /* of the object, which tells the kind of program */
	struct gen_stage_ops stages[POLC_N_STAGES];
};

/* The row of a hook; NULL: no program runs there. The object of a shape holds the programs of
 * the POLC_N_EP_HOOKS hooks of an endpoint, which all have one. */
const struct gen_hook_ops *gen_hook(enum polc_hook hook);

/* The row of a stage; NULL: a program of this shape does without it. */
const struct gen_stage_ops *gen_stage(struct gen_shape s, enum polc_hook hook,
				      enum polc_stage stage);
