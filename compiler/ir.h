/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intermediate representation: policy as ordered tiers of rules over label predicates,
 * address sets and ports, plus the inventory it is applied to. It is the meaning of the
 * input; which language it was written in no longer matters.
 *
 * An IR is built once by ir_resolve(), lives in the arena of its `struct lang`, and is
 * never changed afterwards. Label keys, values and port names are interned in `strings`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compiler/l7.h"
#include "lang/base/arena.h"
#include "lang/base/intern.h"
#include "lang/base/net.h"
#include "lang/base/source.h"

struct lang;

enum ir_dir { IR_INGRESS, IR_EGRESS, IR_N_DIRS };
enum ir_action { IR_ALLOW, IR_DENY, IR_PASS };
/* Of a table's cell, of a packet: of whatever no request has a say in. */
enum ir_verdict { IR_VERDICT_DENY, IR_VERDICT_ALLOW };
/* Of a flow. REDIRECT: its requests decide, each by itself (l7.h). The other two are the verdicts
 * of the same name. */
enum ir_outcome { IR_OUTCOME_DENY, IR_OUTCOME_ALLOW, IR_OUTCOME_REDIRECT, IR_N_OUTCOMES };

_Static_assert((int)IR_OUTCOME_DENY == (int)IR_VERDICT_DENY &&
		       (int)IR_OUTCOME_ALLOW == (int)IR_VERDICT_ALLOW,
	       "an outcome reads like a verdict");

static inline enum ir_dir ir_dir_other(enum ir_dir dir)
{
	return dir == IR_INGRESS ? IR_EGRESS : IR_INGRESS;
}

/* IP protocol numbers (IANA), plus one that no packet has. */
enum {
	IR_PROTO_ICMP = 1,
	IR_PROTO_TCP = 6,
	IR_PROTO_UDP = 17,
	IR_PROTO_ICMP6 = 58,
	IR_PROTO_SCTP = 132,
	IR_PROTO_ANY = 256,
};

/* The label that Kubernetes sets on every namespace; polc selects namespaces by name with it. */
#define IR_NS_NAME_KEY "kubernetes.io/metadata.name"

/* --- selectors -------------------------------------------------------------------- */

/* A label belongs to the endpoint itself or to its namespace. */
enum ir_scope { IR_SCOPE_ENDPOINT, IR_SCOPE_NAMESPACE };
enum ir_op { IR_IN, IR_NOT_IN, IR_EXISTS, IR_ABSENT };

struct ir_req {
	enum ir_scope scope;
	enum ir_op op; /* NOT_IN and ABSENT hold where the key is missing */
	uint32_t key;
	VEC(uint32_t) values; /* IN, NOT_IN */
	struct loc loc;
};

/* A conjunction; with no requirement it matches every managed endpoint, unless `none`. */
struct ir_selector {
	bool none;
	VEC(struct ir_req) reqs;
	struct loc loc;
};

/* --- peers and ports -------------------------------------------------------------- */

enum ir_entity {
	IR_ENTITY_ALL,
	IR_ENTITY_CLUSTER,
	IR_ENTITY_HOST,
	IR_ENTITY_WORLD,
	IR_ENTITY_NONE
};
enum ir_peer_kind { IR_PEER_SELECTOR, IR_PEER_CIDR, IR_PEER_ENTITY };

/* In one of `in`, in none of `except`. Matches every end by its address, but a managed
 * endpoint only if `match_endpoints`. */
struct ir_cidr {
	bool match_endpoints;
	bool everybody; /* `in` are together all addresses of a family: ir_cidr_seal() */
	VEC(struct net_prefix) in, except;
};

struct ir_peer {
	enum ir_peer_kind kind;
	struct ir_selector selector;
	struct ir_cidr cidr;
	enum ir_entity entity;
	struct loc loc;
};

enum ir_port_kind { IR_PORT_ANY, IR_PORT_RANGE, IR_PORT_NAMED, IR_PORT_NONE };

/* A set of (protocol, port). The port of ICMP and ICMPv6 is type << 8 | code. */
struct ir_port {
	enum ir_port_kind kind;
	uint16_t proto;  /* ANY: IR_PROTO_ANY or one protocol, all its ports */
	uint16_t lo, hi; /* RANGE, inclusive */
	uint32_t name;   /* NAMED: the destination's port of this name and protocol */
	struct loc loc;
	struct loc number; /* RANGE: as in struct ast_port */
	bool quotes_names;
};

/* --- policies --------------------------------------------------------------------- */

struct ir_policy;

struct ir_rule {
	uint32_t id; /* index into ir.rules */
	const struct ir_policy *policy;
	enum ir_dir dir;
	enum ir_action action;
	uint32_t rank; /* lower decides first; equal: deny before pass before allow */
	bool log;
	VEC(struct ir_peer) peers; /* any of */
	VEC(struct ir_port) ports; /* any of; empty: every protocol and port */
	struct ir_l7 l7;           /* of an allow rule; kind NONE: whatever the request */
	struct loc loc;
};

struct ir_tier;

struct ir_policy {
	uint32_t id;      /* index into ir.policies */
	const char *name; /* "shop/allow-web", or "web-front" where there is no namespace */
	const char *kind; /* "policy", "NetworkPolicy", for messages */
	const struct ir_tier *tier;
	VEC(struct ir_selector) subjects; /* any of */
	bool governs[IR_N_DIRS];          /* isolates its subjects, where the tier ends in deny */
	bool spares_node;                 /* but from the node that a subject runs on; Kubernetes:
					   * "traffic to and from the node where a Pod is running
					   * is always allowed" (Network Policies, concepts) */
	VEC(struct ir_rule *) rules[IR_N_DIRS];
	struct loc loc; /* of the name */

	/* Of a Kubernetes object; the checks alone look at it. */
	struct {
		const char *name; /* NULL: there is none */
		bool written;     /* else it is `default` */
		struct loc loc;
	} ns;

	/* Findings about it that its owner does not want to be told, as behind the mark of a
	 * comment `# polc:ignore`, one a line; NULL: none are named here. */
	const char *ignore;
	struct loc ignore_loc;
};

struct ir_tier {
	uint32_t id; /* index into ir.tiers: the order of decision */
	const char *name;
	enum ir_action end; /* for subjects that a policy here governs: IR_DENY or IR_PASS */
	VEC(struct ir_policy *) policies;
	struct loc loc;
};

/* Two runs of tiers, ir.tiers[first .. first + n - 1], that stand in this order only because the
 * file of the one was read before that of the other: no text says which decides first. Tiers may
 * stand between. */
struct ir_open_order {
	struct {
		uint32_t first, n;
	} runs[2];
};

/* --- inventory -------------------------------------------------------------------- */

struct ir_label {
	enum ir_scope scope;
	uint32_t key, value;
};

struct ir_named_port {
	uint32_t name;
	uint16_t proto, port;
};

/* What a container says that it listens on. It binds nobody. */
struct ir_declared_port {
	uint16_t proto, port;
	uint32_t name; /* which the port of another container may have as well; INTERN_NONE: none */
};

/* Nothing that Kubernetes has is owned by more levels; a circle is endless. */
enum { IR_MAX_OWNERS = 16 };

/* More choices than these nobody tries. */
enum { IR_MAX_ASKED_VALUES = 64 };

/* Stands for every value that no selector names; no label can have it. */
#define IR_ANOTHER_VALUE "(another value)"

/* A label of which the input does not say the value. */
struct ir_asked_label {
	uint32_t key;
	VEC(uint32_t)
	values;     /* that selectors ask for, each once, so that it may as well have them */
	bool apart; /* of an endpoint: no two of its replicas have one value */
};

struct ir_endpoint {
	uint32_t id;      /* index into ir.endpoints; UINT32_MAX: it is none of them */
	const char *name; /* "shop/cart-1" */
	const char *ns;   /* NULL: none */
	bool ns_assumed;  /* `default`, as none is written; for checks, and in no document */
	const char *kind; /* "Pod", "Deployment", "endpoint", ... */
	bool workload; /* stands for any number of replicas, alike in all that is here; what one of
			* them sends to `workload` goes to another one, never to itself */
	bool none;     /* a workload without pods, as its replicas are 0; only of ir.none */
	bool host;     /* host traffic: never selected by labels, matched by `host` */
	bool node;     /* only of ir.node */
	bool at_node;  /* a Node of the input, at addresses that it has; in no document */
	const char *on_node; /* the name of the node that it runs on; NULL: unknown. Of a workload:
			      * all its replicas do */
	VEC(struct ir_label) labels; /* its own and its namespace's; sorted by scope, key */
	/* Those that its controller gives it with a value that only a cluster knows, in no
	 * document; among `labels`, with IR_ANOTHER_VALUE, if a selector asks for the key. */
	VEC(struct ir_asked_label) unsaid;
	VEC(uint32_t)
	replicas;              /* numbers of pods of a StatefulSet that selectors name, each once;
				* see compiler/ir/replica.h */
	const char *generated; /* how its name begins in a cluster, which chooses the rest; NULL: it
				* has the name that it has here */
	VEC(struct net_addr) addrs;
	bool supposed; /* it has none, and these are one of each kind that it may get; see
			* compiler/space/suppose.h */
	VEC(struct ir_named_port) ports;       /* those with a name */
	VEC(struct ir_declared_port) declared; /* all; for checks, and in no document */
	/* What made it, if that is here, too: the ReplicaSet of a Pod, the Deployment of a
	 * ReplicaSet. It may lead in a circle. */
	struct ir_endpoint *owner;
	struct loc loc;
};

/* An endpoint that another one stands for; see compiler/space/fold.h. */
struct ir_folded {
	const struct ir_endpoint *ep, *into;
};

/* --- beside the inventory ----------------------------------------------------------- */

/* How a namespace is known: a policy is in it, another object is, a kustomization puts what it
 * names there, or it is an object itself. */
enum ir_namespace_proof { IR_NS_OF_POLICY, IR_NS_OF_OBJECT, IR_NS_TARGET, IR_NS_DECLARED };

struct ir_namespace {
	uint32_t name;
	enum ir_namespace_proof proof;
	VEC(struct ir_label) labels; /* DECLARED, with its name; sorted */
	struct loc loc;              /* DECLARED */
};

struct ir_service_port {
	uint16_t proto, port, target; /* target 0: the backend's port of this name */
	uint16_t node;                /* on every node; 0: none is written */
	uint32_t target_name;
};

/* A Service of Kubernetes. Policies never see it: they apply behind it. */
struct ir_service {
	const char *ns, *name;
	struct ir_selector selector; /* its backends, in its namespace */
	VEC(struct ir_service_port) ports;
	bool headless; /* it has no address, and nothing translates its ports */
	struct loc loc;
};

/* A label of a workload itself, which selects nothing. */
struct ir_object_label {
	const char *kind, *ns, *name; /* the workload's */
	uint32_t key, value;
	struct loc loc;
};

/* An object that would be an endpoint, or several, if it were read. */
struct ir_unread_object {
	const char *kind, *name; /* NAMESPACE/NAME */
	struct loc loc;
};

/* What the input shows beside policies and endpoints. No verdict depends on it, but some checks
 * do; it is in no document. */
struct ir_beside {
	bool complete; /* an inventory was named as such (-i): what is not in it is not there */
	VEC(struct ir_namespace) namespaces; /* a name may come several times */
	/* Namespaces of endpoints, by name, of which no object says the labels, though a selector
	 * that may mean them asks for some. */
	VEC(uint32_t) unlabelled;
	/* Those labels, other than its name. Of the values one stands for all others where it
	 * matters that the label is there. */
	VEC(struct ir_asked_label) asked;
	/* Workloads, by name, whose pods have labels of unknown values that selectors ask for, and
	 * the keys of these. */
	VEC(const char *) unsaid_of;
	VEC(uint32_t) unsaid;
	VEC(struct ir_label) added; /* labels that endpoints may get when they are applied */
	VEC(struct ir_service) services;
	VEC(struct ir_unread_object) unread;
	VEC(struct ir_object_label) object_labels;
};

/* An address that a Node has, and no pod by itself. */
struct ir_node_address {
	struct net_addr addr;
	const char *node; /* its name */
};

/* --- assertions ------------------------------------------------------------------- */

/* NEVER: no flow from `from` to `to` passes. ALWAYS: each does. ONLY: no flow to `to` passes
 * that is not from `from`. */
enum ir_claim_kind { IR_CLAIM_NEVER, IR_CLAIM_ALWAYS, IR_CLAIM_ONLY };

struct ir_assert;

struct ir_claim {
	enum ir_claim_kind kind;
	const struct ir_assert *assertion;
	struct ir_peer from, to;
	VEC(struct ir_port) ports; /* any of; empty: every protocol and port */
	struct ir_l7
		l7; /* it speaks of requests that an entry matches, none denies; NONE: of all */
	struct loc loc;
};

/* What must hold whatever the policies say. It changes no verdict. */
struct ir_assert {
	const char *title;
	VEC(struct ir_claim) claims;
	struct loc loc;
};

struct ir {
	struct arena *arena; /* borrowed from the lang */
	struct intern strings;
	VEC(struct ir_tier *) tiers; /* in order; `default` is always there */
	VEC(struct ir_open_order) open_orders;
	VEC(struct ir_policy *) policies;
	VEC(struct ir_rule *) rules;
	VEC(struct ir_endpoint *) endpoints; /* sorted by name */
	VEC(struct ir_folded) folded;        /* none of `endpoints` */
	VEC(struct ir_endpoint *) none;      /* none of these, either; sorted by name */
	VEC(struct ir_endpoint *) replaced; /* nor of these: DaemonSets that their pods stand for */
	VEC(struct ir_assert *) asserts;    /* in the order of the input */

	/* Where pods have their addresses, as the nodes of the inventory or the caller say; empty:
	 * anywhere. */
	VEC(struct net_prefix) pods;

	VEC(struct ir_node_address) nodes; /* sorted by address, name; one may be of several */

	VEC(uint32_t) namespaces; /* names, interned, of all that the inventory has; each once */

	/* Nothing that was read is written for endpoints without a namespace, as Kubernetes has
	 * none: of all endpoints that there could be, these are not. In no document. */
	bool namespaced;

	struct ir_beside beside;

	/* Stands for the node that the other end of a flow runs on: host traffic, with whatever
	 * address the node has. Not one of `endpoints`. */
	struct ir_endpoint *node;
};

/*
 * Resolves everything that `lang` has read. Undefined names, cycles and constructs that
 * this version cannot enforce are reported to lang->diag.
 *
 * Returns 0 and an IR, or -EINVAL after reporting.
 */
int ir_resolve(struct lang *lang, struct ir **out);

/* Is `peer` the node that `ep` runs on, or a pod on that node's network, as which it is the node
 * itself? Where the name of either node is unknown they are on different ones. */
bool ir_is_own_node(const struct ir_endpoint *ep, const struct ir_endpoint *peer);

/* What ir.node points to. */
struct ir_endpoint *ir_make_node(struct arena *arena);

/* The node that is known to have this address, as an end by itself, none of ir.endpoints; of
 * several a host that runs on no node that is known. NULL: none has it. */
const struct ir_endpoint *ir_node_at(const struct ir *ir, const struct net_addr *addr,
				     struct arena *arena);
/* A node as an end, without an address yet; `name` NULL: which one is not known. */
struct ir_endpoint *ir_make_node_of(const char *name, struct arena *arena);
/* Is this such an end? NULL is none. */
bool ir_is_at_node(const struct ir_endpoint *ep);
/* May the node of this name be at the address? */
bool ir_node_has(const struct ir *ir, const char *name, const struct net_addr *addr);

/* Does the input say anything of endpoints, be it that there are none? */
bool ir_has_inventory(const struct ir *ir);
const struct ir_endpoint *ir_find_endpoint(const struct ir *ir, const char *name);
/* The workload of this name that is scaled to none, or NULL. */
const struct ir_endpoint *ir_find_none(const struct ir *ir, const char *name);
/* The DaemonSet of this name that its pods stand for, or NULL. */
const struct ir_endpoint *ir_find_replaced(const struct ir *ir, const char *name);
/* The endpoint that stands for one of this name, or NULL. */
const struct ir_endpoint *ir_find_folded(const struct ir *ir, const char *name);
/* Puts the labels in the order that an IR has them in. */
void ir_endpoint_sort_labels(struct ir_endpoint *ep);
/* The value of a label, or INTERN_NONE. */
uint32_t ir_endpoint_label(const struct ir_endpoint *ep, enum ir_scope scope, uint32_t key);
/* What its controller gives its pods by this key, with a value that the input does not say; NULL:
 * nothing. */
struct ir_asked_label *ir_find_unsaid(const struct ir_endpoint *ep, uint32_t key);
/* Puts the endpoints in the order that an IR has them in; to number them is the caller's. */
void ir_sort_endpoints(struct ir *ir);
/* Is this value of its label, INTERN_NONE if it is not there, what is required? */
bool ir_req_takes(const struct ir_req *req, uint32_t value);
bool ir_req_matches(const struct ir_req *req, const struct ir_endpoint *ep);
bool ir_selector_matches(const struct ir_selector *sel, const struct ir_endpoint *ep);
/* The number of a named port, or -1. */
int ir_endpoint_port(const struct ir_endpoint *ep, uint16_t proto, uint32_t name);

const char *ir_dir_name(enum ir_dir d);          /* "ingress", "egress" */
const char *ir_action_name(enum ir_action a);    /* "allow", "deny", "pass" */
const char *ir_verdict_name(enum ir_verdict v);  /* "deny", "allow" */
const char *ir_outcome_name(enum ir_outcome o);  /* "deny", "allow", "l7" */
const char *ir_claim_name(enum ir_claim_kind k); /* "never", "always", "only" */
const char *ir_op_name(enum ir_op op);           /* "In", "NotIn", "Exists", "DoesNotExist" */
const char *ir_scope_name(enum ir_scope s);      /* "endpoint", "namespace" */
const char *ir_entity_name(enum ir_entity e);    /* "all", "cluster", "host", "world", "none" */
/* "tcp", or NULL for a protocol without a name here. */
const char *ir_proto_name(uint16_t proto);
/* -1 for an unknown name. */
int ir_proto_parse(const char *name);
