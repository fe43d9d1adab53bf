/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a change made a region: the rules and isolations that decide about its witness on one
 * side and that the other side does not have. Private to verifier/diff/.
 */
#pragma once

#include <jansson.h>

#include "verifier/diff/world.h"

/* Fills in the causes of a region that has its witness, those of the witness first. There is always
 * one. Without clauses those of the witness are all. */
void diff_find_causes(struct diff_world *w, const struct diff_clauses *clauses,
		      struct diff_region *r);

/* [{"side", "direction", "policy": {"name", "kind", PLACE}, "rule"?: {"action", PLACE}}]; see
 * doc/diff.md. */
json_t *diff_causes_json(const struct diff *d, const struct diff_region *r);
/* An indented line for each, between the codes of a color. */
void diff_causes_text(const struct diff *d, const struct diff_region *r, const char *color,
		      const char *end, struct buf *out);
