/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of `portability` that is about the nodes of an inventory, and what it shares with the
 * rest. Private to this directory.
 */
#pragma once

#include <stdbool.h>

struct arena;
struct checker;
struct ir_policy;
struct ir_rule;

struct portability_difference {
	const char *what;
	const char *words; /* how the engines decide the example */
	const char *advice;
};

void portability_report(struct checker *c, const struct ir_rule *rule,
			const struct portability_difference *d, const char *flow);
/* Do engines read the policy by themselves? */
bool portability_concerns(const struct ir_policy *policy);

/* What a rule matches to an engine that reads less into it. */
typedef struct ir_rule *portability_narrow_rule(const struct ir_rule *rule, struct arena *arena);
/* A copy of the policy with the rules like that. */
struct ir_policy *portability_narrow(const struct ir_policy *policy,
				     portability_narrow_rule *narrow, struct arena *arena);

struct nodes;

/* Memory is the checker's. NULL, which the others take, too: no node is known. */
struct nodes *nodes_new(struct checker *c);
/* Reports a flow with a node, if there is one, that engines decide differently. */
void nodes_seek(struct nodes *n, const struct ir_rule *rule);
/* Reports what there was no time for. */
void nodes_end(const struct nodes *n);
