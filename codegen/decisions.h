/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of decisions. A rule, the end of a tier or nobody has one number in all tables of a
 * bundle, so that its counter sums over them and an event need name no table. They are given
 * here, once, and stored in the bundle: who reads it takes them as they are.
 */
#pragma once

#include "compiler/classes/classes.h"

struct gen_decisions {
	VEC(const struct cls_decision *) list; /* by number, each once */
	uint32_t **numbers; /* by table, and then by its own index of the decision */
};

/* Memory comes from `arena`. Nothing is in the list where the tables do not know who decided. */
void gen_decisions_number(const struct cls *cls, struct arena *arena, struct gen_decisions *out);
