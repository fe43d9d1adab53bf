/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world outside, and the node of which nobody knows the address, as one table sees them.
 * Policies name thousands of prefixes, of which each table knows a few: of all addresses on one of
 * its rows, one speaks for all. Private to verifier/reach/.
 */
#pragma once

#include "compiler/space/suppose.h"
#include "verifier/flow/flowspec.h"

struct cls;
struct cls_table;

/* An address: where it is, and what tables see of it. */
struct outside_point {
	uint32_t piece, cls;
};

/* What such an end may be: all outside, or all that is supposed of the node. False: it is another
 * end, or a node that has no addresses. */
bool outside_of(const struct cls *cls, const struct flow_end *end, struct space_outside *out);
/* By address of `outside`. Memory comes from `arena`. */
const struct outside_point *outside_points(const struct space_outside *outside,
					   const struct ir_endpoint *ep, const struct cls *cls,
					   struct arena *arena);

/* One address of each family and row; the pieces that it stands for are those of `outside`. No
 * table: all are alike. Memory comes from `arena`. */
void outside_fold(const struct space_outside *outside, const struct outside_point *points,
		  const struct cls_table *t, struct arena *arena, struct space_outside *out);
