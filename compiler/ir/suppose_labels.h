/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What if namespaces and pods had labels that no object in the input says? An IR in which every
 * endpoint of a namespace that nobody describes (ir.beside.unlabelled) and every workload whose
 * controller gives its pods labels (ir_endpoint.unsaid) stands once more for each choice of what
 * selectors ask for. What becomes of a flow hangs on its two ends alone, so all that could be is
 * among the flows of that IR; those between two choices for one namespace could not.
 */
#pragma once

#include "compiler/ir.h"

struct ir_supposed {
	const struct ir *ir; /* all but its endpoints is the original's */
	/* By endpoint: its namespace if nobody says its labels, else INTERN_NONE, the choice for
	 * it, and that for the labels of its controller; 0: as in the original. */
	VEC(uint32_t) places, choices, own;
};

/* Is there nothing to suppose? */
bool ir_labels_are_said(const struct ir *ir);

/* The namespace of an endpoint if nobody says its labels, else INTERN_NONE; a host has none. */
uint32_t ir_unsaid_namespace(const struct ir *ir, const struct ir_endpoint *ep);

/* May its controller have given it a value that a selector asks for? */
bool ir_is_asked(const struct ir_endpoint *ep);

/* Does it, with some values of those that its controller may have given it? */
bool ir_selector_may_match(const struct ir_selector *sel, const struct ir_endpoint *ep);

/*
 * `out` is zero at first; `ir` must outlive it. Endpoints more than the original has stand behind
 * the others, with the names of those that they are. Memory comes from `arena`.
 * Returns 0, or -E2BIG if there are too many choices.
 */
int ir_suppose_labels(const struct ir *ir, struct arena *arena, struct ir_supposed *out);

/* "namespace front has team=x", "a pod of shop/web has pod-template-hash=5d9"; NULL: nothing is
 * supposed of it. */
const char *ir_supposed_text(const struct ir_supposed *s, const struct ir_endpoint *ep,
			     struct arena *arena);
const char *ir_supposed_own_text(const struct ir_supposed *s, const struct ir_endpoint *ep,
				 struct arena *arena);
