/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What if namespaces had labels that no object in the input says? An IR in which every endpoint of
 * such a namespace (ir.beside.unlabelled) stands once more for each choice of the labels that
 * selectors ask for. What becomes of a flow hangs on its two ends alone, so all that could be is
 * among the flows of that IR; those between two choices for one namespace could not.
 */
#pragma once

#include "compiler/ir.h"

struct ir_supposed {
	const struct ir *ir; /* all but its endpoints is the original's */
	/* By endpoint: its namespace if nobody says its labels, else INTERN_NONE, and the choice;
	 * 0: it has none of these labels, as in the original. */
	VEC(uint32_t) places, choices;
};

/*
 * `out` is zero at first; `ir` must outlive it. Endpoints more than the original has stand behind
 * the others, with the names of those that they are. Memory comes from `arena`.
 * Returns 0, or -E2BIG if there are too many choices.
 */
int ir_suppose_labels(const struct ir *ir, struct arena *arena, struct ir_supposed *out);

/* "namespace front has team=x"; NULL: nothing is supposed of it. */
const char *ir_supposed_text(const struct ir_supposed *s, const struct ir_endpoint *ep,
			     struct arena *arena);
