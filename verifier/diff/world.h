/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows as boxes: what the dimensions are, how selectors, peers and ports become boxes, and how
 * a box becomes words and a concrete flow. There are two worlds, open/ and closed/; clauses.c
 * and compare.c work in either. Private to verifier/diff/.
 */
#pragma once

#include "compiler/classes/keyset.h"
#include "compiler/ir/order.h"
#include "verifier/diff/diff.h"
#include "verifier/diff/ports.h"
#include "verifier/region/addresses.h"

enum diff_which { DIFF_FROM, DIFF_TO, DIFF_N_ENDS };

struct diff_world_ops {
	/* The end is a managed endpoint that the selector matches. NULL: there is none. */
	const struct region_box *(*selector)(struct diff_world *w, enum diff_side side,
					     const struct ir_selector *sel, enum diff_which end);
	const struct region_box *(*peer)(struct diff_world *w, enum diff_side side,
					 const struct ir_peer *peer, enum diff_which end);
	/* Appends the boxes of a named port. */
	void (*named_port)(struct diff_world *w, enum diff_side side, uint16_t proto,
			   const char *name, struct region *out);
	/* Appends what of a box of subjects has at `end` not the node that they run on. */
	void (*not_own_node)(struct diff_world *w, enum diff_side side,
			     const struct region_box *subjects, enum diff_which end,
			     struct region *out);
	/* Flows that one side cannot have, as an endpoint of theirs is not there. */
	void (*missing)(struct diff_world *w, enum diff_side side, struct region *out);
	/* Is there any flow in the box at all? Not every combination of numbers is one. */
	bool (*inhabited)(struct diff_world *w, const struct region_box *box);
	/* May the part be dropped from a box that stays meaningful? */
	bool (*optional)(const struct diff_world *w, const struct region_box *box, uint32_t dim);
	/* Boxes that say no more than there are flows, for people; NULL: they do. */
	void (*tidy)(struct diff_world *w, struct region *r);
	/* Makes a flow of an inhabited box. */
	void (*witness)(struct diff_world *w, const struct region_box *box,
			struct diff_witness *out);
	void (*describe)(struct diff_world *w, const struct region_box *box,
			 struct diff_region *out);
	/* Says what kind of region it is; NULL: all are alike. */
	void (*mark)(struct diff_world *w, const struct region_box *box, struct diff_region *out);
	/* Lists the known endpoints that changed; NULL: regions tell what that does. */
	void (*changed)(struct diff_world *w, struct diff *out);
};

/* What rules ask of requests (requests.h). */
struct diff_requests {
	struct keyset texts;               /* of entries; equal ones say the same */
	VEC(const struct ir_rule *) rules; /* by text: the first that has it */
	struct keyset sets;                /* of texts that judge together */
};

struct diff_world {
	const struct diff_world_ops *ops;
	struct region_space space;
	struct arena *arena;
	const struct ir *ir[DIFF_N_SIDES];
	bool too_large; /* for an answer: nothing else is there */
	struct space_addresses addresses;
	uint32_t port_dim;
	/* The IR with the policies of one endpoint alone, by its id; NULL: not asked for yet. */
	struct ir **views[DIFF_N_SIDES];
	struct diff_requests requests;
	struct open_world *open; /* one of these */
	struct closed_world *closed;
};

/* A flow of an inhabited box, with this request or none. */
void diff_make_witness(struct diff_world *w, const struct region_box *box,
		       const struct ir_request *request, struct diff_witness *out);

void open_world_init(struct diff_world *w);
void closed_world_init(struct diff_world *w);

/* Nodes as ends at those of their addresses that rules tell from others; elsewhere they are like
 * others outside. In the closed world at all of their addresses if a pod came there or went, or if
 * rules tell hosts from others outside. One that a side has is there on the other one, too, at the
 * addresses of both: what a side does not say of nodes is no change of policy. */
struct diff_nodes {
	VEC(struct ir_endpoint *) list;
};

void diff_find_nodes(struct diff_world *w, struct diff_nodes *out);

/* The label of a word that an IR does not know: no string has such a number. */
uint32_t diff_string(const struct ir *ir, const char *s);

/* --- clauses: one box of one rule, or of a policy that isolates ----------------------------- */

struct diff_clause {
	const struct region_box *box;
	enum ir_dir dir;
	struct ir_precedence precedence; /* tiers in the common order of both sides */
	bool on[DIFF_N_SIDES];
	uint32_t asks;  /* what of requests (diff_asks()); NO_REQUESTS: nothing */
	uint64_t place; /* which part of which policy says it, as a hash; for diff_clauses_init() */
};

struct diff_clauses {
	VEC(struct diff_clause) list;           /* in the order of decision */
	VEC(const struct region_box *) changed; /* of clauses that only one side has */
};

/* Only some of them if the time for the work is up. */
void diff_clauses_init(struct diff_clauses *c, struct diff_world *w);

/* --- the comparison --------------------------------------------------------------------------- */

/* What a side does with flows, by number: those from FIRST on are rules that judge requests. */
enum { DIFF_DENIES, DIFF_ALLOWS, DIFF_FIRST_JUDGES };

/* One for each direction, the lower number first. What one direction denies, both do; what both
 * judge alike, the other one allows. So it is one and the same only if the numbers are. */
struct diff_passage {
	uint32_t outcomes[IR_N_DIRS];
};

/* Flows that the sides treat as these do, which are not the same. */
struct diff_change {
	struct diff_passage of[DIFF_N_SIDES];
	struct region region;
};

struct diff_changes {
	VEC(struct diff_change) list; /* in the order in which they were met */
};

/* Fills what may have changed. False: given up, what was found is true. */
bool diff_compare(struct diff_world *w, const struct diff_clauses *clauses,
		  struct diff_changes *out);

/* Fewer and wider boxes for the same flows. */
void diff_simplify(struct diff_world *w, struct region *r);
