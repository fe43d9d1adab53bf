/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections: what may pass between whom, on which ports, of all there are. Answers for every
 * ordered pair of endpoints, the world outside and the node, from the intervals of ports that
 * policies tell apart, so that no port is missing because nobody named it.
 */
#pragma once

#include "verifier/diff/ports.h"
#include "verifier/reach/reach.h"

/* Ports of a pair that are treated alike. */
struct connection_part {
	const struct region_set *ports; /* numbers of verifier/diff/ports.h; never empty */
	bool l7;                        /* requests decide, each by itself */
	/* The addresses that an end must have: ingress restricts those of the source, egress those
	 * of the destination. */
	bool restricted[IR_N_DIRS];
	struct region_prefixes addresses[IR_N_DIRS];
	/* Where no address says so: does it pass over one family only? */
	bool one_family;
	enum flow_family family;
};

struct connection_parts {
	VEC(struct connection_part) list; /* by their first ports; empty: nothing passes */
};

struct connection {
	uint32_t from, to; /* indices into reach.ends; equal: between two of a group, or replicas */
	const struct connection_parts *parts; /* not empty */
};

struct connection_ends {
	VEC(uint32_t) list;
};

struct connections {
	struct reach reach; /* the ends, `world` and `host` last, and their groups; no rows */
	struct region_space space;
	/* Sorted by from, then to; without those from an end of free[IR_EGRESS] to one of
	 * free[IR_INGRESS]. */
	VEC(struct connection) list;
	/* Whom no policy concerns in this direction. Any two of them have a family in common, which
	 * takes some out whose pairs are then in the list. */
	struct connection_ends free[IR_N_DIRS];
};

/* Returns -E2BIG after reporting that there are too many pairs, as far as that is known before the
 * classes are built, which takes long; 0 otherwise. */
int connections_check(const struct ir *ir, bool group, struct diag *diag);

/*
 * Answers from `cls` unless it is NULL, as it must be where rules judge requests. `group`: ends
 * that nothing here tells apart are one; needs the classes. Memory comes from `arena`. Returns 0,
 * -E2BIG after reporting that there are too many pairs, or -ETIME, of which nothing is reported, if
 * the time for the work is up (`work` is NULL: it has no end).
 */
int connections_find(const struct ir *ir, const struct cls *cls, bool group, struct work *work,
		     struct arena *arena, struct diag *diag, struct connections *out);

/* `shop/db is in 10.0.0.0/8`: the addresses that the ends must have, with `world` also those of the
 * world; nothing if any will do. */
void connection_put_condition(const struct connections *c, const struct connection *con,
			      const struct connection_part *part, bool world, struct buf *out);
/* `tcp/80 with some requests over IPv4 if`, and that. */
void connection_put_terms(struct connections *c, const struct connection *con,
			  const struct connection_part *part, bool world, struct buf *out);
/* Of two ends that no policy restricts: is there a flow between them that a policy could? */
bool connection_is_pair(const struct connections *c, uint32_t from, uint32_t to);

/* Ports are words with a space between them; the family is there where it is the only one. */
#define CONNECTIONS_CSV_HEAD "from,to,ports,verdict,family,condition\n"

/* A line for people or of CSV, or an object, a pair and part, or an edge a pair; passed on as they
 * are made. */
void connections_render_text(struct connections *c, struct outlet *out);
void connections_render_json(const struct connections *c, struct outlet *out);
void connections_render_csv(const struct connections *c, struct outlet *out);
void connections_render_dot(struct connections *c, struct outlet *out);
