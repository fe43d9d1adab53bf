/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules can meet a rule in a flow, found without looking at all of them: most rules name a
 * value of one label key for their subjects, such as the namespace, and of one for their peers,
 * such as the application. Private to verifier/check/.
 */
#pragma once

#include "verifier/flow/witness.h"

struct arena;

struct rule_index {
	struct index_part *parts; /* by tier * IR_N_DIRS + direction */
	uint32_t *seen;           /* by rule id: the question that found it last */
	uint32_t question;
};

/* Memory comes from `arena`. */
void rule_index_init(struct rule_index *x, const struct ir *ir, struct arena *arena);

/* The rules of a tier, other than `rule`, that can match a flow of it as far as selectors, prefixes
 * and ports tell by themselves; in order of id. The list comes from `arena`. */
void rule_index_meeting(struct rule_index *x, const struct ir_tier *tier,
			const struct ir_rule *rule, struct arena *arena, struct rule_list *out);
