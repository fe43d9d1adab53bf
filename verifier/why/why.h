/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a flow passes or not: the reference interpreter's trace of one flow, told tier by tier
 * with the source line of every policy and rule that took part.
 */
#pragma once

#include "compiler/eval.h"
#include "verifier/flow/answer.h"

struct buf;
struct diag;
struct sources;
struct unread;

/* The one edit of one policy that would let a denied direction pass; the interpreter has tried it.
 * X(ENUM, "name in JSON", "in words, before the rule or the policy") */
#define WHY_CHANGES(X)                                                                             \
	X(NONE, "none", "one edit of one rule is not enough")                                      \
	X(ADD_PORT, "add-port", "add the port to this rule, which has the peer")                   \
	X(ADD_PEER, "add-peer", "add the peer to this rule, which has the port")                   \
	X(ADD_REQUEST, "add-request", "let this rule name the request")                            \
	X(DROP_ENTRY, "drop-entry", "take the request out of what this rule denies")               \
	X(ADD_RULE, "add-rule", "add an allow rule with the peer and the port to this policy")     \
	X(DROP_RULE, "drop-rule", "drop this rule, or take the flow out of it")

enum why_change_kind {
#define X(id, name, text) WHY_CHANGE_##id,
	WHY_CHANGES(X)
#undef X
};

struct why_change {
	enum why_change_kind kind;
	const struct ir_policy *policy; /* NULL: NONE */
	const struct ir_rule *rule;     /* NULL: NONE, ADD_RULE */
};

/* A number that stands for all that the policies of the source treat as they treat it. */
struct why_number {
	uint16_t number;
	enum flow_verdict egress;
};

struct why {
	const struct ir *ir;
	struct flow_end from, to;
	struct flow_port port;
	struct ir_request *request; /* NULL: none was asked about */
	/* False: a named port that the destination lacks, which denies there, without a trace. What
	 * egress does is told where it is the same with every number of the port. */
	bool exists;
	bool none; /* no such flow: nobody judges it, and there is no trace */
	struct ir_flow flow;
	struct ir_trace traces[IR_N_DIRS];
	enum ir_outcome verdicts[IR_N_DIRS];
	enum ir_outcome verdict;
	struct why_change nearest[IR_N_DIRS]; /* of a direction that is denied */
	/* It does not pass, but would if both ends ran on one node, as they may. */
	bool on_one_node[IR_N_DIRS];
	/* The caller sets both: what is not in the answer, and the verdict that it expects, or
	 * NULL. */
	const struct unread *unread;
	const enum flow_verdict *expected;
	/* Of a port that the destination lacks: each number that egress was judged with, if it
	 * tells any apart, and the name of a port nearest to the one asked for, NULL if none is. */
	VEC(struct why_number) numbers;
	const char *near;

	/* Where addresses make a difference, this is one story of several, each with another
	 * outcome: `given` says of which addresses, and is NULL where there is one story. */
	const char *given;
	enum flow_family family; /* of this story, with `given` */
	VEC(struct why) others;
	struct flow_answer answer; /* of all stories */
};

/* What is asked: texts as in flowspec.h and request.h. */
struct why_query {
	const char *from, *to, *port;
	const char *request; /* NULL: the flow as such */
	const char *const *headers;
	size_t n_headers;
};

/* Parses the texts and decides. Returns 0 or -EINVAL after reporting. */
int why_explain(const struct ir *ir, const struct why_query *query, struct arena *arena,
		struct diag *diag, struct why *out);

/* Fills in `nearest` of a direction whose trace is there. */
void why_find_nearest(struct why *w, enum ir_dir dir, struct arena *arena);

/* What settled one direction. X(ENUM, "name in JSON", "in words") */
#define WHY_REASONS(X)                                                                             \
	X(RULE, "rule", "a rule decides")                                                          \
	X(REQUESTS, "requests", "requests decide, each by itself")                                 \
	X(REQUEST_ALLOWED, "request-allowed", "a rule names the request")                          \
	X(REQUEST_DENIED, "request-denied", "a rule denies the request")                           \
	X(REQUEST_UNNAMED, "request-unnamed", "no rule names the request")                         \
	X(DEFAULT_DENY, "default-deny", "isolated, and no rule matches")                           \
	X(NO_POLICY, "no-policy", "no policy concerns it")                                         \
	X(NO_TIER, "no-tier-decides", "every tier passes the flow on")                             \
	X(SELF, "self", "a flow to oneself never leaves the endpoint")                             \
	X(UNMANAGED, "unmanaged", "no endpoint of the inventory, so no policy applies")            \
	X(HOST, "host", "host traffic, which no policy selects")                                   \
	X(NODE, "own-node", "Kubernetes lets the node of a pod reach it, and be reached")          \
	X(SAME_NODE, "same-node",                                                                  \
	  "the other end runs on the same node, with its network, and Kubernetes lets the two "    \
	  "talk")                                                                                  \
	X(ADDRESS, "address", "the addresses decide, which differ or are not known")               \
	X(NO_PORT, "no-such-port", "the destination has no port of this name")                     \
	X(NO_FAMILY, "no-common-family",                                                           \
	  "no family of addresses that both ends and the protocol have")                           \
	X(NO_NUMBER, "no-number", "it depends on the number, and there is no such port")

enum why_reason {
#define X(id, name, text) WHY_##id,
	WHY_REASONS(X)
#undef X
		WHY_N_REASONS
};

enum why_reason why_reason_of(const struct why *w, enum ir_dir dir);
/* What came of one direction of this story. */
enum flow_verdict why_verdict_of(const struct why *w, enum ir_dir dir);
/* What came of the flow: of all stories. */
enum flow_verdict why_verdict(const struct why *w);
/* Do the two families have other verdicts? */
bool why_families_differ(const struct why *w);
/* The addresses at the other end of a direction with which the flow passes, or, of one story, with
 * which it goes as that tells. False: see flow_addresses(). */
bool why_addresses(const struct why *w, bool story, enum ir_dir dir, struct arena *arena,
		   struct region_prefixes *out);
/* The end whose policy decides the direction. */
const struct flow_end *why_subject(const struct why *w, enum ir_dir dir);

void why_render_text(const struct why *w, const struct sources *sources, bool color,
		     struct buf *out);
/* {"from", "to", "replica"?: true, "port", "ingress", "egress", "verdict", "expected"?, "met"?,
 * "families"?: {"ipv4": VERDICTS, "ipv6": VERDICTS}, "if"?: {"from"?: ADDRESSES, "to"?: ADDRESSES},
 * "directions": [{"direction", "endpoint", "verdict", "reason",
 * "sameNode"?: "allow", "ports"?: [{"name", "port"}], "near"?, "numbers"?: [{"number", "verdict"}],
 * "nearest"?:
 * {"change", "policy"?: POLICY, "rule"?: PLACE}, "steps":
 * [{"tier", "action", "isolated", "governing": [POLICY], "rules": [{"action", "rank", "decides",
 * "asks"?: true, "entry"?: {"deny", PLACE, "source"}, "policy": POLICY, PLACE, "source"}]}]}]}
 * where POLICY is {"name", "kind", PLACE}, PLACE is "file", "line", "column", VERDICTS are
 * "ingress", "egress", "verdict", and ADDRESSES are {"in": [PREFIX], "except": [PREFIX]}. Egress
 * comes first, as a packet meets it. Of several stories there are "cases" instead of "directions",
 * each with "given", "family", "if"?, VERDICTS and its own directions. */
void why_render_json(const struct why *w, const struct sources *sources, struct buf *out);
