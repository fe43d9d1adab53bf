/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference interpreter: (IR, flow) -> outcome and the rules that took part. It is the
 * specification in executable form. It is plain on purpose: no caches, no tables, nothing
 * shared with the compiler that it is used to check.
 */
#pragma once

#include "compiler/ir.h"

/* One end of a flow. */
struct ir_end {
	const struct ir_endpoint *ep; /* NULL: an address that is no known endpoint */
	struct net_addr addr;         /* family NET_NONE: unknown (an endpoint without one) */
};

struct ir_flow {
	struct ir_end src, dst;
	uint16_t proto;                   /* an IP protocol number */
	uint16_t port;                    /* destination port; ICMP: type << 8 | code; else 0 */
	const struct ir_request *request; /* NULL: the flow as such, whatever is asked over it */
};

/* What one tier did with a flow. */
struct ir_step {
	const struct ir_tier *tier;
	const struct ir_rule *rule; /* the rule that won in this tier; NULL: none matched */
	enum ir_action action;      /* of the rule, or the tier's end action */
	VEC(const struct ir_rule *) matched;     /* every rule that matched, the winner included */
	VEC(const struct ir_policy *) governing; /* policies that isolate the subject here */
	bool spared;                             /* from all but its node, which this is */
	/* The rule is an allow that looks at requests: those of R decide, which is every rule
	 * of `matched` with the same rank. */
	bool asks;
	struct ir_judgement judgement; /* with `asks`, if the flow has a request */
};

/* Is the rule one of R? */
bool ir_step_asks(const struct ir_step *step, const struct ir_rule *rule);

/* Why a direction was decided as it was: the tiers that had a say, in order. */
struct ir_trace {
	struct arena *arena;
	VEC(struct ir_step) steps; /* empty: no policy concerns the subject */
	bool self;                 /* a flow to oneself never leaves the endpoint */
};

/*
 * Decides one direction: egress at flow->src, ingress at flow->dst. An end without a managed
 * endpoint has no policy: allow. A flow with a request is denied or allowed, never redirected: a
 * request that R does not let pass ends there, no later rank and no later tier has a say.
 * `trace` may be NULL.
 */
enum ir_outcome ir_judge_dir(const struct ir *ir, const struct ir_flow *flow, enum ir_dir dir,
			     struct ir_trace *trace);
/* Both directions together: deny before redirect before allow. */
enum ir_outcome ir_outcome_worse(enum ir_outcome a, enum ir_outcome b);
enum ir_outcome ir_judge_both(const struct ir *ir, const struct ir_flow *flow);

/* The same where no request has a say: !ir_has_l7(), or a flow that has its request. */
enum ir_verdict ir_eval_dir(const struct ir *ir, const struct ir_flow *flow, enum ir_dir dir,
			    struct ir_trace *trace);
/* Both directions: a flow passes when egress and ingress let it pass. */
enum ir_verdict ir_eval(const struct ir *ir, const struct ir_flow *flow);

/* Do a peer and a port set of a rule match? `self` is the end that the policy protects. */
bool ir_peer_matches(const struct ir_peer *peer, const struct ir_end *end);
bool ir_rule_matches(const struct ir_rule *rule, const struct ir_flow *flow);
bool ir_policy_selects(const struct ir_policy *policy, const struct ir_endpoint *ep);
/* Does the policy, which selects the end that it protects, isolate it from the other one? */
bool ir_policy_isolates(const struct ir_policy *policy, const struct ir_flow *flow,
			enum ir_dir dir);

/*
 * Does the claim say something of the flow? Of flows between two ends that no policy governs
 * (addresses outside, hosts), and of an endpoint to itself, no claim says anything. The node
 * that an endpoint runs on (ir_is_own_node()) counts only where the claim names the host, or names
 * addresses of which it is known to have one. `only` speaks of those who are not in `from`.
 */
bool ir_claim_covers(const struct ir_claim *claim, const struct ir_flow *flow);
/* Does the peer hold this address, and not as one of all addresses of a family? */
bool ir_peer_names_address(const struct ir_peer *peer, const struct net_addr *addr);
/* The verdict that a claim asks for of the flows that it covers. */
enum ir_verdict ir_claim_wants(const struct ir_claim *claim);

/* The end of an endpoint in a flow of this family: its first address of the family; with
 * NET_NONE its first address at all. The address is unknown if it has none. */
struct ir_end ir_end_of(const struct ir_endpoint *ep, enum net_family family);
/* The ends of a flow between two endpoints: a family that both have, IPv4 first. */
void ir_flow_between(struct ir_flow *flow, const struct ir_endpoint *src,
		     const struct ir_endpoint *dst);
