/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reachability: which flows between known ends pass. Answers a matrix (all ordered pairs on
 * some ports) or a list of probes, from the compiled classes where they are given and from
 * the reference interpreter otherwise; the renderers turn the answers into text.
 */
#pragma once

#include <stddef.h>

#include "compiler/eval.h"
#include "verifier/flow/answer.h"

struct buf;
struct cls;
struct diag;
struct outlet;
struct reach_conditions;
struct reach_seen;
struct sources;
struct unread;
struct work;

/* X(ENUM, "name", "what it is") */
#define REACH_FORMATS(X)                                                                           \
	X(LIST, "list", "connections for people")                                                  \
	X(TABLE, "table", "a matrix for people")                                                   \
	X(JSON, "json", "one object a flow")                                                       \
	X(CSV, "csv", "one line a flow")                                                           \
	X(DOT, "dot", "a Graphviz graph of the allowed flows")                                     \
	X(HTML, "html", "a page that needs nothing else")

enum reach_format {
#define X(id, name, text) REACH_##id,
	REACH_FORMATS(X)
#undef X
		REACH_N_FORMATS
};

/* A struct flow_answer in little room. */
struct reach_verdicts {
	uint8_t dirs[IR_N_DIRS], all; /* enum flow_verdict */
	uint8_t families[FLOW_N_FAMILIES][IR_N_DIRS];
	bool possible[FLOW_N_FAMILIES];
};

/* One answer. The ends and the port are indices into the lists of `struct reach`. */
struct reach_row {
	uint32_t from, to, port;
	bool self;    /* an endpoint to itself: always allowed */
	bool replica; /* a replica of a workload to another one */
	struct reach_verdicts verdicts;
	struct reach_verdicts twins; /* with self and groups: what another one like it would get */
	const struct ir_request *request;  /* of a probe; NULL: none */
	const enum flow_verdict *expected; /* of a probe: allow or deny; NULL: whatever comes */
};

/* Endpoints that no flow of the matrix tells apart. */
struct reach_group {
	VEC(struct flow_end) members;
	size_t n_from, n_to; /* the members that are asked about as sources, as destinations */
	size_t n_self;       /* their pairs that are one endpoint and itself, not replicas */
};

struct reach_indices {
	size_t n;
	uint32_t *v;
};

struct reach {
	const struct ir *ir;
	const struct cls *cls; /* what answers; NULL: the interpreter */
	struct arena *arena;
	VEC(struct flow_end) ends;
	VEC(struct flow_port) ports;
	VEC(struct reach_row) rows;     /* a list of probes; empty: a matrix */
	VEC(struct reach_group) groups; /* by end; empty: each end stands for itself */
	/* Of a matrix; 0: there are only probes. */
	size_t n_from, n_to;
	struct reach_indices from, to; /* the ends to ask about */
	const uint32_t *answers; /* by port, from, to (packed.h); NULL with reach_query.once */
	struct reach_seen *seen; /* of `cls`, what was looked at so far (seen.h) */
	struct reach_conditions *conditions; /* and which conditions were found (conditions.h) */
	struct work *work; /* borrowed: who watches how far answers and rows are; or NULL */

	/* For the page, which tells who decided and where it is written; the caller sets them,
	 * or leaves them NULL, as where rules judge requests. The classes are to be built with
	 * their decisions. */
	const struct cls *decisions;
	const struct sources *sources;
	const struct unread *unread; /* what is not in the answer; the caller sets it, too */
	VEC(const char *) inputs;    /* also the caller's: what was read, as it was named */
};

/* What a matrix covers. Empty lists mean: every endpoint of the inventory, and the ports
 * that the policies mention (tcp/80 if they mention none). */
struct reach_query {
	const char *const *from, *const *to, *const *ports;
	size_t n_from, n_to, n_ports;
	bool group;    /* put together who is treated alike; needs the classes */
	bool once;     /* rows are read once, one by one, and answered then */
	bool entities; /* every endpoint, and `world` and `host`, unless an endpoint is called so */
	struct work *work; /* borrowed; NULL: it may take as long as it does */
};

/*
 * What can be refused before the classes are built, which takes long. Returns 0, -EINVAL after
 * reporting names that do not parse, or -E2BIG after reporting a query with too many flows, were
 * they listed one by one as `query` says. Memory comes from `arena`.
 */
int reach_matrix_check(const struct ir *ir, const struct reach_query *query, struct arena *arena,
		       struct diag *diag);

/*
 * Both answer from `cls` unless it is NULL, as it must be where rules judge requests. Memory comes
 * from `arena`. Return 0, -EINVAL after reporting a name or a probe that does not parse, -E2BIG
 * after reporting a query with too many flows, or -ETIME, of which nothing is reported, if the time
 * for the work is up: then there is no answer.
 */
int reach_matrix(const struct ir *ir, const struct cls *cls, const struct reach_query *query,
		 struct arena *arena, struct diag *diag, struct reach *out);
/* `json`: an array of {"from": , "to": , "port": , "request"?: , "expect"?: "allow" | "deny"} (see
 * request.h); `name` is the file's, for messages. */
int reach_probes(const struct ir *ir, const struct cls *cls, const char *name, const char *json,
		 size_t len, struct work *work, struct arena *arena, struct diag *diag,
		 struct reach *out);

/* False: the node of an address is none of the ends that tables are made of. */
bool reach_tables_know(const struct ir_flow *flow);
/* Who answers: its classes or the interpreter. */
struct flow_judge reach_judge(const struct reach *r);

/* What a row asks. */
struct flow_question reach_question(const struct reach *r, const struct reach_row *row);
/* How many rows there are, and the i-th of them, in the order asked for; of a matrix by port, from,
 * to. It is answered now if it is to be read once. */
size_t reach_n_rows(const struct reach *r);
void reach_row(const struct reach *r, size_t i, struct reach_row *out);
/* Of both directions, and all addresses. */
enum flow_verdict reach_row_verdict(const struct reach_row *row);
/* Is it as expected, if anything is? What depends on something, or on the request, is neither. */
bool reach_row_is_met(const struct reach_row *row);
/* How many rows have other verdicts than expected, and the rows and what came, a line each. */
size_t reach_put_unmet(const struct reach *r, struct buf *out);
/* Do its two families have other verdicts? */
bool reach_families_differ(const struct reach_row *row);
/* What it depends on, as flow_addresses_text() says it; nothing if on nothing that is known. */
void reach_put_condition(const struct reach *r, const struct reach_row *row, struct buf *out);
/* The addresses at the peer's end of the direction that let it pass: flow_addresses(). They stay
 * until the next row is asked about. */
bool reach_condition_of(const struct reach *r, const struct reach_row *row, enum ir_dir dir,
			struct arena *arena, struct region_prefixes *out);
/* Formats that tell the conditions of all rows tell no more than so many prefixes. Returns 0,
 * -E2BIG after reporting it, or -ETIME. */
int reach_check_conditions(const struct reach *r, enum reach_format format, struct diag *diag);

int reach_format_parse(const char *name); /* -1: no such format */
/* What grows with the rows is passed on as it is made. A list is of connections, not of flows:
 * connections_render_text(). */
void reach_render(const struct reach *r, enum reach_format format, struct outlet *out);
/* What stands there if there is no answer, about flows or, as a list, about connections; `why` is
 * plain text without quotes or markup. */
void reach_render_undecided(const char *why, enum reach_format format, bool list, struct buf *out);
