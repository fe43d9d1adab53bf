/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules can meet a rule in a flow, found without looking at all of them: most rules name a
 * value of one label key for their subjects, such as the namespace, and of one for their peers,
 * such as the application; or it is about few ports. Private to verifier/check/.
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

/* Rules of any tier and direction, of which it is asked whether one has a subject in common with
 * another rule. Borrows the list; memory comes from `arena`. */
struct subject_index *subject_index_new(const struct rule_list *rules, const struct ir *ir,
					struct arena *arena);
/* Has one of them, as far as selectors tell by themselves? `arena` is for the question. */
bool subject_index_meets(const struct subject_index *x, const struct ir_rule *rule,
			 struct arena *arena);
