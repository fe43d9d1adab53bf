/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A witness: one concrete flow between made-up ends, taken from a model of the solver, that
 * the reference interpreter can judge and a person can read. Private to verifier/.
 */
#pragma once

#include "compiler/eval.h"
#include "verifier/smt/encoding.h"

struct buf;

struct witness {
	struct ir_endpoint subject, peer; /* the flow points to them: do not copy */
	enum ir_dir dir;
	bool show_addr; /* a rule looks at the address of managed peers */
	struct ir_flow flow;
};

/* A growing list for vec_push(). */
struct rule_list {
	const struct ir_rule **v;
	size_t n, cap;
};

/*
 * Takes a model of what is asserted right now, as plain as it can be had: few labels, IPv4,
 * tcp/80. `involved` are the rules that the question is about. Leaves the assertions as they
 * were. Returns SMT_YES, or the answer that came instead.
 */
enum smt_answer witness_find(struct encoding *e, enum ir_dir dir, const struct rule_list *involved,
			     struct witness *out);

/* The same for a flow through the policies of both ends, `dir` as the subject has it. Any label
 * and both addresses may matter; `like` are rules whose ports and addresses read well. */
enum smt_answer witness_find_flow(struct encoding *e, enum ir_dir dir, const struct rule_list *like,
				  struct witness *out);

/* Does the rule look at the addresses of managed peers? Then a witness shows them. */
bool witness_looks_at_addresses(const struct ir_rule *rule);

/* Does the interpreter say that the rule applies to the flow? */
bool witness_confirms(const struct witness *wit, const struct ir_rule *rule);
/* `from { env = dev } to { app = web } on tcp/80` */
const char *witness_text(const struct encoding *e, const struct witness *wit);
