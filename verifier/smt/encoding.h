/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open world as terms: one symbolic flow between a managed subject and a peer that may
 * be managed, external or the host, with every label that a policy or a claim mentions. Both
 * ends have policies: those of the peer hold where it is managed.
 *
 * A label is a number: 0 is absent, an interned string is its id + 1, anything else stands
 * for a value that no policy mentions. Namespaces are kept consistent: two ends of one
 * namespace have the same namespace labels, an end without a namespace has none. Private to
 * verifier/.
 */
#pragma once

#include "compiler/ir.h"
#include "verifier/smt/smt.h"

enum smt_end { SMT_SUBJECT, SMT_PEER, SMT_N_ENDS };

struct encoding_key {
	enum ir_scope scope;
	uint32_t key;
	Z3_ast value[SMT_N_ENDS];
	VEC(uint32_t) mentioned; /* values */
};

/* What a port name means at the destination: the subject of ingress, the peer of egress. */
struct encoding_name {
	uint16_t proto;
	uint32_t name;
	Z3_ast has[SMT_N_ENDS], port[SMT_N_ENDS];
};

struct encoding {
	const struct ir *ir;
	struct smt *smt;
	unsigned label_width;
	VEC(struct encoding_key) keys; /* sorted by scope, key */
	VEC(struct encoding_name) names;
	Z3_ast managed, host; /* the peer; external if neither */
	Z3_ast node;          /* the peer is a host, and the node that the subject runs on */
	Z3_ast v6, addr4[SMT_N_ENDS], addr6[SMT_N_ENDS];
	Z3_ast proto, port;
	/* By the end that they protect and their id; NULL until asked for. */
	Z3_ast *policies[SMT_N_ENDS]; /* the end is selected */
	Z3_ast *rules[SMT_N_ENDS];    /* it is selected, and the other end and the port match */
	Z3_ast allows[SMT_N_ENDS][IR_N_DIRS];
	Z3_ast allows_every[SMT_N_ENDS][IR_N_DIRS];
};

/* Collects what the policies mention and asserts what always holds. */
void encoding_init(struct encoding *e, const struct ir *ir, struct smt *smt);

static inline enum smt_end smt_end_other(enum smt_end end)
{
	return end == SMT_SUBJECT ? SMT_PEER : SMT_SUBJECT;
}

Z3_ast encode_req(struct encoding *e, const struct ir_req *req, enum smt_end end);
Z3_ast encode_selector(struct encoding *e, const struct ir_selector *sel, enum smt_end end);
/* Does the end meet the peer of a rule? */
Z3_ast encode_peer_at(struct encoding *e, const struct ir_peer *peer, enum smt_end end);
Z3_ast encode_peer(struct encoding *e, const struct ir_peer *peer); /* at SMT_PEER */
/* `dst`: the end whose names of ports count. */
Z3_ast encode_port_at(struct encoding *e, const struct ir_port *port, enum smt_end dst);
/* The same where `dir` is the direction at the subject. */
Z3_ast encode_port(struct encoding *e, const struct ir_port *port, enum ir_dir dir);
/* Is the end selected by the policy? */
Z3_ast encode_policy_at(struct encoding *e, const struct ir_policy *policy, enum smt_end end);
Z3_ast encode_policy(struct encoding *e, const struct ir_policy *policy); /* at SMT_SUBJECT */
/* Does the policy isolate the end from the other one, in the direction that the flow has there? */
Z3_ast encode_isolates(struct encoding *e, const struct ir_policy *policy, enum ir_dir dir,
		       enum smt_end end);
/* Is the end selected by the rule's policy, and does the rule match? */
Z3_ast encode_rule_at(struct encoding *e, const struct ir_rule *rule, enum smt_end end);
Z3_ast encode_rule(struct encoding *e, const struct ir_rule *rule); /* at SMT_SUBJECT */

/* The verdict of all tiers at one end, in the direction that the flow has there. An end that is
 * not managed has no policy: true. Where rules judge requests it is true, whether or not any
 * request passes. */
Z3_ast encode_allows(struct encoding *e, enum ir_dir dir, enum smt_end end);
/* The same, but where rules judge requests it is false. */
Z3_ast encode_allows_every(struct encoding *e, enum ir_dir dir, enum smt_end end);

const struct encoding_key *encoding_find_key(const struct encoding *e, enum ir_scope scope,
					     uint32_t key);
