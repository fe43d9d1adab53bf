/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open world: every endpoint that there could be. Each end has a kind, a value for every
 * label key that either policy mentions, and an address; the flow has a port, and the destination
 * may call it by the names that the policies mention, unless it is port 0.
 *
 * Namespaces are consistent: two ends in one namespace have the same namespace labels, and an
 * end without a namespace has none. Both ends are of one address family, and ICMP is of IPv4,
 * ICMPv6 of IPv6. Where it is known where pods have their addresses, endpoints have theirs there.
 * Private to verifier/diff/.
 */
#pragma once

#include "verifier/diff/world.h"

/* A node is the one that the other end runs on; KIND_HOST is every other host. */
enum open_kind { KIND_MANAGED, KIND_EXTERNAL, KIND_HOST, KIND_NODE, N_KINDS };

/* Numbers of label values: the values that are mentioned come behind these. */
enum { VALUE_ABSENT, VALUE_OTHER, VALUE_FIRST };

enum { FROM_KIND = DIFF_FROM, TO_KIND = DIFF_TO, FIRST_LABEL };

struct open_key {
	enum ir_scope scope;
	const char *name;
	struct intern values;
};

struct open_name {
	uint16_t proto;
	const char *name;
	const struct region_set *ports; /* that it may stand for: not 0 */
};

/* An endpoint of the files, as the numbers of its kind and of its labels' values, by key. */
struct open_known {
	const struct ir_endpoint *on[DIFF_N_SIDES]; /* NULL: not there */
	const struct ir_endpoint *ep;               /* that of NEW, if there is one */
	enum open_kind kind;
	uint32_t *values;
	uint32_t node; /* that it runs on, as of node_names; INTERN_NONE: not known */
};

struct open_world {
	struct intern key_names; /* "0app", "1kubernetes.io/...": scope and name */
	VEC(struct open_key) keys;
	uint32_t ns_name;         /* the key that is a namespace's name */
	struct intern port_names; /* "6http" */
	VEC(struct open_name) names;
	VEC(struct open_known) known; /* sorted by name */
	struct intern node_names;
	struct diff_nodes nodes; /* known, too, but nothing about them changes */
	const struct region_set *only[N_KINDS];
	const struct region_set *hosts;
	const struct region_set *families[2], *ports[2]; /* of addresses; what runs over them */
	const struct region_set *pods[2];                /* by family: where managed ends may be */
	VEC(struct net_prefix) pod_places; /* where pods have theirs; none: anywhere */
	const struct region_set *places;   /* the same of both families; NULL: everywhere */
	struct space_addresses told_apart; /* by rules alone */
};

static inline uint32_t open_label_dim(const struct open_world *o, enum diff_which end, uint32_t key)
{
	return FIRST_LABEL + (uint32_t)end * (uint32_t)o->keys.n + key;
}

static inline uint32_t open_addr_dim(const struct open_world *o, enum diff_which end)
{
	return FIRST_LABEL + DIFF_N_ENDS * (uint32_t)o->keys.n + (uint32_t)end;
}

static inline uint32_t open_name_dim(const struct open_world *o, uint32_t name)
{
	return open_addr_dim(o, DIFF_N_ENDS) + 1 + name;
}

static inline const struct region_set *open_labels(const struct diff_world *w,
						   const struct region_box *box,
						   enum diff_which end, uint32_t key)
{
	return region_box_get(&w->space, box, open_label_dim(w->open, end, key));
}

/* A label of the namespace, other than its name. */
static inline bool open_is_ns_label(const struct open_world *o, uint32_t key)
{
	return o->keys.v[key].scope == IR_SCOPE_NAMESPACE && key != o->ns_name;
}

/* Fills `known` and `nodes`. */
void open_learn(struct diff_world *w);
/* The number of a label's value; VALUE_ABSENT: the endpoint has none. */
uint32_t open_value_of(const struct open_key *key, const struct ir *ir,
		       const struct ir_endpoint *ep);
/* Names the known endpoints that an end of the box may be, and behind them the nodes, if it is
 * about some addresses. A host on the node of all that is known at the other end is their own node.
 */
void open_list_known(struct diff_world *w, const struct region_box *box, enum diff_which end,
		     struct diff_end *out);

/* Before the addresses are sealed: parts those that endpoints may have from the rest. */
void open_cut_pods(struct diff_world *w);
/* Fills `pods`. */
void open_place_pods(struct diff_world *w);

/* The operations of the world (see world.h). */

const struct region_box *open_selector(struct diff_world *w, enum diff_side side,
				       const struct ir_selector *sel, enum diff_which end);
const struct region_box *open_peer(struct diff_world *w, enum diff_side side,
				   const struct ir_peer *p, enum diff_which end);
void open_named_port(struct diff_world *w, enum diff_side side, uint16_t proto, const char *name,
		     struct region *out);
void open_not_own_node(struct diff_world *w, enum diff_side side, const struct region_box *subjects,
		       enum diff_which end, struct region *out);
void open_missing(struct diff_world *w, enum diff_side side, struct region *out);
bool open_inhabited(struct diff_world *w, const struct region_box *box);
/* What an end cannot be at its addresses goes from the boxes. */
void open_tidy(struct diff_world *w, struct region *r);
bool open_optional(const struct diff_world *w, const struct region_box *box, uint32_t dim);
void open_witness(struct diff_world *w, const struct region_box *box, struct diff_witness *out);
void open_describe(struct diff_world *w, const struct region_box *box, struct diff_region *out);
/* None of them is private, or at most some that are shared (RFC 6598). */
bool open_is_public(struct diff_world *w, const struct region_set *addrs);
void open_mark(struct diff_world *w, const struct region_box *box, struct diff_region *out);
void open_changed(struct diff_world *w, struct diff *out);
