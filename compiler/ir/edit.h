/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of an IR in which something is otherwise: "what if". A copy is for whoever judges flows,
 * which goes by tiers; its lists of all policies and rules are those of the original. It shares
 * whatever is not changed, and the copy of a policy or rule has the id of the original, so what is
 * known by id of the one holds of the other. The original stays as it is, and must outlive the
 * copy. Memory comes from `arena`.
 */
#pragma once

#include "compiler/ir.h"

/* Lists of its own, of the same items: peers, ports, entries. */
struct ir_rule *ir_rule_copy(const struct ir_rule *rule, struct arena *arena);

/* The same policy, without rules yet. */
struct ir_policy *ir_policy_copy_bare(const struct ir_policy *policy, struct arena *arena);
/* The policy with `new`, behind all others of its direction, instead of `old`. Either may be NULL:
 * one rule less, or one more. */
struct ir_policy *ir_policy_replace_rule(const struct ir_policy *policy, const struct ir_rule *old,
					 struct ir_rule *new, struct arena *arena);

/* With another policy in the place of some: `instead`, by id of the policy; NULL: it stays. */
struct ir *ir_replace_policies(const struct ir *ir, struct ir_policy *const *instead,
			       struct arena *arena);
/* With these policies alone, which are in the order of their tiers; other tiers are left out. */
struct ir *ir_keep_policies(const struct ir *ir, const struct ir_policy *const *policies, size_t n,
			    struct arena *arena);
/* The second run of tiers stands right before the first. */
struct ir *ir_swap_order(const struct ir *ir, const struct ir_open_order *order,
			 struct arena *arena);
