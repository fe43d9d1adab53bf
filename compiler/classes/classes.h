/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes: the policy of every endpoint as small constant tables.
 *
 * A peer class is an equivalence class of peers under every peer predicate of the loaded
 * policies (and under the named ports that rules refer to). A subject is a set of endpoints
 * that the same policies select in the same way; it has one table a direction:
 *
 *     outcome = cells[row(peer class) * n_cols + column(protocol, port)]
 *
 * Rows and columns are minimal: no two rows and no two columns of a table are equal. A table
 * can also know who decided each cell; then cells are equal only if the same one did.
 */
#pragma once

#include "compiler/classes/classifier.h"
#include "compiler/eval.h"
#include "compiler/ir.h"

struct diag;
struct work;

enum {
	CLS_MAX_CLASSES = 32767, /* as many as an address trie can name (bpf/abi.h) */
	CLS_MAX_ROWS = 65535,
	CLS_MAX_COLS = 65535,
	CLS_MAX_DECISIONS = 65535,
};

/* What cls_build() is to make; all zero (or NULL) is the cheapest. */
struct cls_options {
	bool decisions; /* tables know who decided each cell */

	/* Endpoints may come that the inventory does not know, with whatever labels: their
	 * classes are made as well, and a classifier that tells them. */
	bool open;

	/* So many endpoints, each with labels of its own: what will the tables be then? The
	 * endpoints to come have addresses in the prefixes, and named ports, that endpoints of
	 * today have. 0: nobody asks. */
	uint32_t identities;

	struct work *work; /* borrowed; NULL: it may take as long as it does */
};

/* A known address of an endpoint (family NET_NONE: the endpoint has none) and its class. */
struct cls_point {
	const struct ir_endpoint *ep;
	struct net_addr addr;
	uint32_t cls;
};

/* The addresses that endpoints may have whose own nobody knows (compiler/space/suppose.h), by
 * kinds: no predicate tells two of a kind apart. */
struct cls_anywhere {
	const struct net_addr *addrs; /* borrowed; in order, so that IPv4 comes first */
	size_t n;
	const uint32_t *kind_of; /* by address */
	VEC(uint32_t) first;     /* by kind: its first address */
};

/* Such an endpoint, in place of points: its class at an address of each kind. */
struct cls_placed {
	const struct cls_anywhere
		*where;          /* NULL: it has points; so it is if strangers are asked for */
	const uint32_t *classes; /* by kind; the same list for all that are alike */
};

/* The class of the addresses that have this as their longest matching prefix and are no
 * point. The list always holds 0.0.0.0/0 and ::/0, and no entry whose parent says the same. */
struct cls_cidr {
	struct net_prefix prefix;
	uint32_t cls;
	uint32_t node;   /* the class of an address in it that is the subject's own node's */
	uint32_t parent; /* the longest other prefix of the list that holds it; none: itself */
};

/* Protocols with port columns of their own; everything else is OTHER and has port 0. */
enum cls_proto { CLS_TCP, CLS_UDP, CLS_SCTP, CLS_ICMP, CLS_ICMP6, CLS_OTHER, CLS_N_PROTOS };

/* Ports lo..hi of a protocol share a column. */
struct cls_span {
	enum cls_proto proto;
	uint16_t lo, hi;
	uint32_t col;
};

/*
 * Who decided a cell: a rule, the end of a tier that isolates the subject, or nobody, when no
 * tier had the last word. Of several rules that agree at the deciding rank it is the first in
 * the order of sources, as in the interpreter; rules that pass on have decided nothing. Where
 * requests decide, it is the rules that look at them, all of R (ir_step_asks()).
 */
struct cls_decision {
	enum ir_outcome outcome;
	enum ir_dir dir; /* of the rule, or in which the tier isolates */
	const struct ir_rule *rule;
	const struct ir_tier *tier;              /* its end, if no rule */
	VEC(const struct ir_policy *) governing; /* that isolate the subject in this tier */
	VEC(const struct ir_rule *) asked;       /* of a redirect: R; the first is `rule` */
};

/* Classes from one on, up to the next run. */
struct cls_run {
	uint32_t first, row;
};

struct cls_runs {
	VEC(struct cls_run) list; /* sorted, from class 0 on; neighbours are on other rows */
};

struct cls_table {
	uint32_t id; /* index into cls.tables; equal tables are one */
	uint32_t n_rows, n_cols;
	uint8_t *cells;             /* n_rows * n_cols of enum ir_outcome */
	struct cls_runs runs;       /* the rows of classes, of which most are on the same few */
	VEC(struct cls_span) spans; /* sorted; cover 0..65535 of each protocol (OTHER: 0..0) */

	/* Only with cls_options.decisions, or if the IR has rules about requests: redirects
	 * are told apart by what they ask. */
	VEC(struct cls_decision) decisions; /* distinct, in order of decision, each of some cell */
	uint16_t *decided;                  /* n_rows * n_cols: indices into `decisions` */

	/* Only with cls_options.identities: what it can become, whatever endpoints come. */
	uint32_t max_rows, max_cols;
};

/* Endpoints with the same two tables. */
struct cls_subject {
	uint32_t id;
	const struct cls_table *tables[IR_N_DIRS];
	VEC(const struct ir_endpoint *) endpoints; /* sorted by name */
	VEC(const struct ir_policy *) policies;    /* that select them, in order of id */
};

struct cls {
	const struct ir *ir;
	uint32_t n_classes;
	uint32_t max_classes;         /* with cls_options.identities: what n_classes can become */
	uint32_t node;                /* the class of the subject's own node without an address */
	VEC(struct cls_point) points; /* sorted by endpoint, then by address as given */
	uint32_t *first_point;        /* by endpoint id; each has one, or is placed */
	struct cls_placed *placed;    /* by endpoint id */
	VEC(struct cls_cidr) cidrs;   /* sorted by net_prefix_cmp() */
	VEC(struct cls_table *) tables;
	VEC(struct cls_subject *) subjects;      /* of the managed endpoints */
	uint32_t *subject_of_endpoint;           /* by endpoint id; UINT32_MAX for hosts */
	const struct cls_classifier *classifier; /* only with cls_options.open */
};

/*
 * Compiles the IR for the endpoints of its inventory. Memory comes from `arena`; `opts` may be
 * NULL.
 * Returns 0, -E2BIG after reporting a table that is over its limits, naming the policies, or
 * -ETIME, of which nothing is reported, if the time for the work is up.
 */
int cls_build(const struct ir *ir, const struct cls_options *opts, struct arena *arena,
	      struct diag *diag, struct cls **out);

/* NULL: it has points. */
const struct cls_placed *cls_placed_of(const struct cls *cls, const struct ir_endpoint *ep);

/* The compiled counterparts of the interpreter's answers. Both ends must be known to the
 * inventory or be plain addresses. */
uint32_t cls_of_end(const struct cls *cls, const struct ir_end *end);
/* The same of a host for those who run on it, or beside it on its node (ir_is_own_node()). */
uint32_t cls_of_own_node(const struct cls *cls, const struct ir_end *end);
enum ir_outcome cls_outcome_dir(const struct cls *cls, const struct ir_flow *flow, enum ir_dir dir);
/* The same where no rule looks at requests. */
enum ir_verdict cls_verdict_dir(const struct cls *cls, const struct ir_flow *flow, enum ir_dir dir);

/* Who decided; NULL where no table does (an end without a policy, a flow to oneself) and where
 * the tables do not know. */
const struct cls_decision *cls_decision_dir(const struct cls *cls, const struct ir_flow *flow,
					    enum ir_dir dir);

enum cls_proto cls_proto_of(uint16_t proto);
/* The protocol number; IR_PROTO_ANY for CLS_OTHER. */
uint16_t cls_proto_number(enum cls_proto proto);
uint32_t cls_table_col(const struct cls_table *t, enum cls_proto proto, uint16_t port);
uint32_t cls_table_row(const struct cls_table *t, uint32_t cls);
/* The run that the class is in, by its place in the list. */
size_t cls_run_of(const struct cls_table *t, uint32_t cls);
/* Of each of the classes. */
uint32_t *cls_table_rows(const struct cls_table *t, uint32_t n_classes, struct arena *arena);
/* Is every cell of the table this outcome? */
bool cls_table_is_constant(const struct cls_table *t, enum ir_outcome *outcome);
