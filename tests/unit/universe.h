/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every flow of a small world: one representative of all that the policies of
 * test_check_random.c can tell apart. For one direction, what becomes of a flow depends only on the
 * rules and policies that apply to it, so the flows are kept as sets of these.
 */
#pragma once

#include "compiler/eval.h"
#include "tests/unit/irb.h"

enum { MAX_RULES = 12, MAX_POLICIES = 5 };

struct universe {
	VEC(struct ir_endpoint *) managed;
	VEC(struct ir_end) peers;
	VEC(uint32_t) masks; /* of rules and policies that meet in some flow; distinct */
	bool *seen;          /* by mask */
	enum ir_dir dir;
	uint32_t ns_name, ns_t, http; /* interned */
};

/* The policies' bits stand above the rules'. */
#define POLICY_BIT(id) (1u << (MAX_RULES + (id)))

/* All ends, of labels a and b, or of namespaces and label a. The policies must be there. */
void universe_init(struct universe *u, struct irb *b, bool ns);
void universe_fini(struct universe *u);
/* Fills `masks` with what meets in one direction. */
void universe_visit(struct universe *u, struct irb *b, enum ir_dir dir);

/*
 * The flows themselves, judged at both ends: calls `visit` with one of each kind that the
 * policies and claims of `b` can tell apart, until it returns false. Flows between two ends
 * that are no managed endpoints are left out.
 */
typedef bool universe_flow_fn(void *arg, const struct ir_flow *flow);
void universe_flows(const struct universe *u, struct irb *b, universe_flow_fn *visit, void *arg);

/* The ports that stand for all, each a flow without ends; and how many. */
extern const struct ir_flow universe_ports[];
extern const size_t universe_n_ports;
