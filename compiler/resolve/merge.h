/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same object twice, as in overlays and beside a dump of a cluster: whether two say the same,
 * and what both say together. Private to compiler/resolve/.
 */
#pragma once

#include "compiler/ir.h"
#include "lang/ast.h"

/* But for names and places, and for the order of what has none, such as peers, ports and rules. */
bool merge_same_policy(const struct ir *ir, const struct ir_policy *a, const struct ir_policy *b);

/* Do they differ in something that both say? Addresses, and ports with a name, may be left to one.
 */
bool merge_contradicts(const struct ir_endpoint *a, const struct ir_endpoint *b);

/* What two definitions of a namespace say together; of a label that both have, the later counts.
 * *contradicts: one has another value in each. */
const struct ast_namespace *merge_namespaces(const struct ast_namespace *earlier,
					     const struct ast_namespace *later, struct arena *arena,
					     bool *contradicts);
