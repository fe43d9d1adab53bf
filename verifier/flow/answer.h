/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes of a flow between two ends that may have several addresses: of two families, or any of
 * a kind because nobody knows them yet (compiler/space/suppose.h). A flow has one address at each
 * end, and for each the interpreter has one outcome; an answer holds for all of them, or says what
 * it depends on.
 */
#pragma once

#include "verifier/flow/flowspec.h"
#include "verifier/region/addresses.h"

struct buf;

enum flow_family { FLOW_V4, FLOW_V6, FLOW_N_FAMILIES };

/* An outcome, or several: of one address this, of another that; or none, as there is no such flow.
 */
enum flow_verdict {
	FLOW_DENY = IR_OUTCOME_DENY,
	FLOW_ALLOW = IR_OUTCOME_ALLOW,
	FLOW_REDIRECT = IR_OUTCOME_REDIRECT,
	FLOW_DEPENDS,
	FLOW_NONE,
	FLOW_N_VERDICTS,
};

/* "allow", "deny", "l7", "depends", "none" */
const char *flow_verdict_name(enum flow_verdict v);

/* What is asked. */
struct flow_question {
	struct flow_end from, to;
	struct flow_port port;
	const struct ir_request *request; /* NULL: the flow as such */
};

/* One direction, whose peer may have several addresses of a family. */
struct flow_side {
	const struct flow_question *q;
	enum flow_family family;
	enum ir_dir dir;
	uint16_t proto, port; /* a port that has a name: its number */
};

static inline const struct flow_end *flow_side_peer(const struct flow_side *side)
{
	return side->dir == IR_INGRESS ? &side->q->from : &side->q->to;
}

static inline const struct flow_end *flow_side_subject(const struct flow_side *side)
{
	return side->dir == IR_INGRESS ? &side->q->to : &side->q->from;
}

/* The outcomes of all addresses of the peer, as bits. False: they are to be judged one by one. */
typedef bool flow_all_fn(const void *ctx, const struct flow_side *side, unsigned *met);

/* Which kinds of addresses these are. */
struct flow_pieces {
	struct region_spans some; /* those with one of the outcomes */
	size_t n_some, n;         /* how many these are, and all */
};

/* Adds the pieces of the peer's addresses whose outcome is one of these; returns their space. NULL,
 * with nothing added: they are to be judged one by one. */
typedef const struct space_addresses *flow_pieces_fn(const void *ctx, const struct flow_side *side,
						     unsigned outcomes, struct arena *arena,
						     struct flow_pieces *out);

/* Who judges one flow: the interpreter, or tables. */
struct flow_judge {
	enum ir_outcome (*dir)(const void *ctx, const struct ir_flow *flow, enum ir_dir dir);
	const void *ctx;
	/* Quicker where there are very many addresses; or NULL. */
	flow_all_fn *all;
	flow_pieces_fn *pieces;
};

struct flow_answer {
	/* False: the port is named and the destination has none of this name. So ingress denies
	 * and no number is known: egress has the verdict that it has for every number, or depends.
	 */
	bool exists;
	/* Can such a flow have this family? Neither, of ends that have no family in common or not
	 * that of the protocol, whose verdicts are FLOW_NONE; and of two that nobody knows an
	 * address of, where nothing looks at them. */
	bool possible[FLOW_N_FAMILIES];
	enum flow_verdict families[FLOW_N_FAMILIES][IR_N_DIRS];
	enum flow_verdict dirs[IR_N_DIRS], verdict; /* of all families */
};

void flow_answer(const struct flow_question *q, const struct flow_judge *judge,
		 struct flow_answer *out);

/* Both directions of one family, or of all. */
enum flow_verdict flow_worse(enum flow_verdict egress, enum flow_verdict ingress);

/* Sets of families and of outcomes are bits. */
enum {
	FLOW_ALL_FAMILIES = (1 << FLOW_N_FAMILIES) - 1,
	FLOW_PASSES = 1 << IR_OUTCOME_ALLOW | 1 << IR_OUTCOME_REDIRECT,
};

/* The addresses at the other end of a direction, `from` of ingress and `to` of egress, with which
 * it has one of these outcomes in one of these families. False: it has them with all
 * or with none, or the addresses are known. */
bool flow_addresses(const struct ir *ir, const struct flow_question *q,
		    const struct flow_judge *judge, enum ir_dir dir, unsigned families,
		    unsigned outcomes, struct arena *arena, struct region_prefixes *out);

/* All that an end whose address is not known may have in a family, in the same words. */
void flow_end_addresses(const struct ir *ir, const struct flow_end *end, enum flow_family family,
			struct arena *arena, struct region_prefixes *out);

/* "shop/web is in 10.0.0.0/8 and shop/db is in ::/0", of those directions that depend on something;
 * "" if none does. */
void flow_addresses_text(const struct ir *ir, const struct flow_question *q,
			 const struct flow_judge *judge, unsigned families,
			 const unsigned outcomes[IR_N_DIRS], struct arena *arena, struct buf *out);

/* A flow of this family with these outcomes. False: there is none. */
bool flow_example(const struct flow_question *q, const struct flow_judge *judge,
		  enum flow_family family, const enum ir_outcome outcomes[IR_N_DIRS],
		  struct ir_flow *out);

/* The flow with the ends' addresses of this family; of several, `src` and `dst` say which. False:
 * there are not so many. */
bool flow_candidate(const struct flow_question *q, enum flow_family family, size_t src, size_t dst,
		    struct ir_flow *out);
