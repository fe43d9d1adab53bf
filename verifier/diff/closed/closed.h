/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed world: exactly the endpoints of the inventories, the node that the other end runs on,
 * and every address that is none of theirs. An end is a number: one for each address of each
 * endpoint (or one for an endpoint without an address), in the order of names, then the pieces of
 * the outside address space.
 *
 * An endpoint of one side only has flows on that side only: what a new workload may do is newly
 * allowed.
 * Private to verifier/diff/.
 */
#pragma once

#include "compiler/space/address_kinds.h"
#include "compiler/space/nodes.h"
#include "verifier/diff/world.h"

/* One endpoint, as each side knows it. */
struct closed_endpoint {
	const char *name;
	const struct ir_endpoint *on[DIFF_N_SIDES]; /* NULL: not there */
	uint32_t first, n;                          /* its points */
	bool supposed; /* its addresses are one of each kind that it may get */
};

struct closed_point {
	uint32_t endpoint;
	struct net_addr addr; /* family NET_NONE: the endpoint has no address */
};

/* The points that have something in common, by its name. */
struct closed_index {
	struct intern names;
	VEC(struct region_spans) spans;
	VEC(const struct region_set *) sets;
};

/* Those that run on a node: pods, and pods on its network. */
struct closed_node {
	struct region_spans managed, hosts;
	/* Made with the first question: the pods, and what is not their node, by its end. */
	const struct region_set *on, *others[DIFF_N_ENDS];
};

struct closed_side {
	struct closed_index labels; /* "0app=web" */
	struct closed_index keys;   /* "0app" */
	struct intern port_names;   /* "6/http" */
	VEC(struct region)
	named; /* of each of them: a box a number, with the points that have it */
	/* By node on which there are both. */
	struct space_nodes nodes;
	VEC(struct closed_node) on_nodes;
	const struct region_set *elsewhere[DIFF_N_ENDS]; /* by the end of who is on none of them */
	const struct region_set *managed, *host, *missing;
};

/* Ends that can talk to each other in a family, and what of ports this has. */
struct closed_match {
	const struct region_set *ends, *ports;
};

/* What follows takes about a kilobyte for each. */
enum { CLOSED_MAX_POINTS = 400000 };

enum { N_MATCHES = 2, FROM_DIM = DIFF_FROM, TO_DIM = DIFF_TO };

struct closed_world {
	/* Sorted by name; then Nodes by themselves, at most one of a name; the last is the node. */
	VEC(struct closed_endpoint) endpoints;
	VEC(struct closed_point) points;
	struct space_address_kinds_list kinds; /* of supposed addresses */
	/* Sets of these, and their prefixes in words. */
	struct keyset places;
	VEC(const char *) place_texts;
	uint32_t *by_piece; /* points with an address, sorted by its piece */
	uint32_t n_by_piece;
	uint32_t n_ends;                          /* points, then pieces */
	const struct region_set *outside, *holes; /* ends; pieces that are endpoints */
	struct closed_side sides[DIFF_N_SIDES];
	struct closed_match matches[N_MATCHES];
};

/* On each side that has it. */
static inline bool closed_is_workload(const struct closed_endpoint *e)
{
	return (!e->on[DIFF_OLD] || e->on[DIFF_OLD]->workload) &&
	       (!e->on[DIFF_NEW] || e->on[DIFF_NEW]->workload);
}

static inline bool closed_is_supposed(const struct closed_world *c, uint32_t point)
{
	return c->endpoints.v[c->points.v[point].endpoint].supposed;
}

/* The kinds of addresses that a supposed endpoint may have on a side, a point each, in order; those
 * of the new side follow, if they are others. NULL: it is not there. */
const struct space_address_kinds *closed_kinds_of(struct diff_world *w, enum diff_side side,
						  const struct closed_endpoint *e);

/* NULL for a number that is no string: a translated endpoint may have such labels, which the
 * policies of that side cannot ask for. */
static inline const char *closed_known(const struct intern *strings, uint32_t id)
{
	return id < strings->strings.n ? intern_str(strings, id) : NULL;
}

/* The number of an outside piece as an end. */
static inline uint32_t closed_piece_end(const struct closed_world *c, uint32_t piece)
{
	return (uint32_t)c->points.n + piece;
}

static inline bool closed_is_point(const struct closed_world *c, uint32_t end)
{
	return end < c->points.n;
}

/* The empty set for a name that no endpoint has. */
const struct region_set *closed_index_get(struct diff_world *w, const struct closed_index *index,
					  const char *name);

/* Fills what the endpoints of a side have in common. */
void closed_index_side(struct diff_world *w, enum diff_side side);
/* Fills what its names of ports stand for. */
void closed_name_ports(struct diff_world *w, enum diff_side side);

/* The operations of the world (see world.h). */

const struct region_box *closed_selector(struct diff_world *w, enum diff_side side,
					 const struct ir_selector *sel, enum diff_which end);
const struct region_box *closed_peer(struct diff_world *w, enum diff_side side,
				     const struct ir_peer *p, enum diff_which end);
void closed_named_port(struct diff_world *w, enum diff_side side, uint16_t proto, const char *name,
		       struct region *out);
const struct region_box *closed_not_node(struct diff_world *w, enum diff_which end);
void closed_not_own_node(struct diff_world *w, enum diff_side side,
			 const struct region_box *subjects, enum diff_which end,
			 struct region *out);
void closed_missing(struct diff_world *w, enum diff_side side, struct region *out);
bool closed_inhabited(struct diff_world *w, const struct region_box *box);
bool closed_optional(const struct diff_world *w, const struct region_box *box, uint32_t dim);
void closed_tidy(struct diff_world *w, struct region *r);
void closed_witness(struct diff_world *w, const struct region_box *box, struct diff_witness *out);
void closed_describe(struct diff_world *w, const struct region_box *box, struct diff_region *out);
