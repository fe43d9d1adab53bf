/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open world as terms: one symbolic flow between a managed subject and a peer that may
 * be managed, external or the host, with every label that a policy mentions.
 *
 * A label is a number: 0 is absent, an interned string is its id + 1, anything else stands
 * for a value that no policy mentions. Namespaces are kept consistent: two ends of one
 * namespace have the same namespace labels, an end without a namespace has none. Private to
 * verifier/.
 */
#pragma once

#include "compiler/ir.h"
#include "verifier/smt/smt.h"

enum world_end { WORLD_SUBJECT, WORLD_PEER, WORLD_N_ENDS };

struct world_key {
	enum ir_scope scope;
	uint32_t key;
	Z3_ast value[WORLD_N_ENDS];
	VEC(uint32_t) mentioned; /* values */
};

/* What a port name means at the destination: the subject of ingress, the peer of egress. */
struct world_name {
	uint16_t proto;
	uint32_t name;
	Z3_ast has[WORLD_N_ENDS], port[WORLD_N_ENDS];
};

struct world {
	const struct ir *ir;
	struct smt *smt;
	unsigned label_width;
	VEC(struct world_key) keys; /* sorted by scope, key */
	VEC(struct world_name) names;
	Z3_ast managed, host; /* the peer; external if neither */
	Z3_ast node;          /* the peer is a host, and the node that the subject runs on */
	Z3_ast v6, addr4, addr6;
	Z3_ast proto, port;
	Z3_ast *policies; /* by id: the subject is selected; NULL until asked for */
	Z3_ast *rules;    /* by id: the peer and the port match, and the subject is selected */
};

/* Collects what the policies mention and asserts what always holds. */
void world_init(struct world *w, const struct ir *ir, struct smt *smt);

Z3_ast world_req(struct world *w, const struct ir_req *req, enum world_end end);
Z3_ast world_selector(struct world *w, const struct ir_selector *sel, enum world_end end);
Z3_ast world_peer(struct world *w, const struct ir_peer *peer);
Z3_ast world_port(struct world *w, const struct ir_port *port, enum ir_dir dir);
/* Is the subject selected by the policy? */
Z3_ast world_policy(struct world *w, const struct ir_policy *policy);
/* Does the policy isolate the subject from the peer in this direction? */
Z3_ast world_isolates(struct world *w, const struct ir_policy *policy, enum ir_dir dir);
/* Is the subject selected by the rule's policy, and does the rule match? */
Z3_ast world_rule(struct world *w, const struct ir_rule *rule);

const struct world_key *world_find_key(const struct world *w, enum ir_scope scope, uint32_t key);
