/* SPDX-License-Identifier: Apache-2.0 */
/* Resolution: AST -> IR. What its parts share; the entry is ir_resolve() in ir.h. */
#pragma once

#include "compiler/ir.h"
#include "lang/lang.h"

enum {
	RESOLVE_MAX_DEPTH = 64,       /* of definitions that name other definitions */
	RESOLVE_MAX_PORTS = 1u << 20, /* of all rules together, names expanded */
};

struct resolve_let {
	const struct ast_let *let;
	bool open;   /* being expanded: meeting it again is a cycle */
	bool seen;   /* was expanded at least once */
	bool failed; /* its error is reported: whoever uses it stays silent */
	bool known;  /* `peer` is what it stands for; all uses share its lists */
	struct ir_peer peer;
};

/* The definitions of one name. */
struct resolve_named {
	const struct ast_policy *last;
	const struct ir_policy *before; /* the last that was resolved; NULL: none yet */
	struct loc before_loc;          /* of all of it */
	bool differ;                    /* some do */
};

struct resolve {
	struct lang *lang;
	struct arena *arena;
	struct diag *diag;
	struct ir *ir;
	struct intern let_names; /* index into lets */
	VEC(struct resolve_let) lets;
	unsigned depth; /* of open lets */
	size_t n_ports;
	struct intern tier_names; /* index into named_tiers */
	VEC(struct ir_tier *) named_tiers;
	struct intern policy_names; /* "ORIGIN NAME"; index into `named` */
	VEC(struct resolve_named) named;
};

/* Every part reports what is wrong and returns -EINVAL, having done all it could. */

int resolve_inventory(struct resolve *r);
/* What is beside the inventory; it has no errors. */
void resolve_beside(struct resolve *r);
/* Labels of namespaces that selectors ask for and that nothing in the input says: that is told, as
 * they are taken to be missing. When all policies and assertions are known. */
void resolve_ns_labels(struct resolve *r);
/* The labels that the controller of a workload gives to its pods, beside those of the template:
 * those with one value are added, of the others it is noted that they are there. */
void resolve_controller_labels(struct resolve *r, const struct ast_endpoint *in,
			       struct ir_endpoint *ep);
/* Those of them that selectors ask for and of which nothing says the value: that is told. After
 * resolve_ns_labels(). */
void resolve_unsaid_labels(struct resolve *r);
int resolve_tiers(struct resolve *r);
int resolve_policies(struct resolve *r);
int resolve_asserts(struct resolve *r);
/* The definitions that nothing has used: what is wrong in them is told all the same. */
int resolve_unused(struct resolve *r);

/* Calls `fn` for each item of this kind, in the order of the input; the first error is
 * returned after all were visited. */
typedef int resolve_item_fn(struct resolve *r, const struct ast_file *file,
			    const struct ast_item *item);
int resolve_each(struct resolve *r, enum ast_item_kind kind, resolve_item_fn *fn);

/* --- labels that are asked for (asked.c) ------------------------------------------------- */

struct buf;

/* Calls `fn` for each selector of a policy, a rule or a claim that may match something. */
typedef void resolve_selector_fn(void *ctx, const struct ir_selector *sel);
void resolve_each_selector(const struct ir *ir, resolve_selector_fn *fn, void *ctx);
void resolve_ask_value(struct resolve *r, struct ir_asked_label *label, uint32_t value);
/* The name with number `i` of a list of which the first few are told. */
void resolve_put_name(size_t i, const char *name, struct buf *out);

/* --- expressions ---------------------------------------------------------------------- */

struct resolve_peers {
	VEC(struct ir_peer) list;
};
struct resolve_ports {
	VEC(struct ir_port) list;
};

/* Appends what the node stands for; names of lets are expanded. */
int resolve_peer(struct resolve *r, const struct ast_peer *peer, struct resolve_peers *out);
int resolve_port(struct resolve *r, const struct ast_port *port, struct resolve_ports *out);
int resolve_l7(struct resolve *r, const struct ast_l7 *in, struct ir_l7 *out);
/* May what is about these ports look at requests? */
int resolve_l7_ports(struct resolve *r, const struct ast_l7 *in, const struct resolve_ports *ports);
/* The same where only selectors make sense. */
int resolve_subject(struct resolve *r, const struct ast_peer *peer, struct ir_policy *out);

uint16_t resolve_proto(enum ast_proto proto);
struct ir_tier *resolve_find_tier(const struct resolve *r, const char *name);
