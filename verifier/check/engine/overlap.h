/* SPDX-License-Identifier: Apache-2.0 */
/* What two rules, or two policies, have in common, as far as that can be seen without the solver.
 * Private to verifier/check/. */
#pragma once

#include "compiler/ir.h"

/* overlap.c: cheap and on the safe side; false means that no flow can match both. */
bool overlap_subjects(const struct ir_policy *a, const struct ir_policy *b);
bool overlap_rules(const struct ir_rule *a, const struct ir_rule *b);
/* contains.c: true is a proof that every flow of `inner` is one of `outer`, with its subject. */
bool overlap_selects_all(const struct ir_policy *outer, const struct ir_policy *inner);
bool overlap_contains(const struct ir_rule *outer, const struct ir_rule *inner);
