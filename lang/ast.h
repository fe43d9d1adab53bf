/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The abstract syntax: what a user wrote, whichever language they wrote it in.
 *
 * The .pol parser and the YAML readers build these nodes; compiler/resolve.c reads them.
 * Nothing here is resolved: names are text, selectors are unmatched. All nodes live in the
 * arena of their `struct lang` and point to nothing that outlives it. Every node knows its
 * place in the source.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lang/base/arena.h"
#include "lang/base/net.h"
#include "lang/base/source.h"

struct ast_name {
	struct loc loc;
	const char *s; /* NULL where an optional name was not written */
};

/* --- selectors -------------------------------------------------------------------- */

/* One requirement on a label, as in a Kubernetes LabelSelectorRequirement. NOT_IN also
 * matches where the key is missing. */
enum ast_op { AST_IN, AST_NOT_IN, AST_EXISTS, AST_ABSENT };

struct ast_req {
	struct loc loc;
	enum ast_op op;
	struct ast_name key;
	VEC(struct ast_name) values; /* AST_IN, AST_NOT_IN: at least one */
};

/* `all`, `none`, or a conjunction of requirements. */
enum ast_labels_kind { AST_LABELS_ALL, AST_LABELS_NONE, AST_LABELS_REQS };

struct ast_labels {
	struct loc loc;
	enum ast_labels_kind kind;
	VEC(struct ast_req) reqs;
};

/* The namespaces of a selector: any, one of these names, or those with these labels. */
enum ast_ns_kind { AST_NS_ANY, AST_NS_NAMES, AST_NS_LABELS };

struct ast_selector {
	struct loc loc;
	enum ast_ns_kind ns_kind;
	VEC(struct ast_name) ns_names;
	struct ast_labels ns_labels;
	struct ast_labels labels; /* of the endpoint */
};

/* --- peers ------------------------------------------------------------------------ */

struct ast_prefix {
	struct loc loc;
	struct net_prefix prefix;
};

/* The addresses in one of `in` and in none of `except`. */
struct ast_cidr {
	struct loc loc;
	bool match_endpoints; /* also managed endpoints, by address (Kubernetes ipBlock) */
	VEC(struct ast_prefix) in, except;
};

/* all: everything. cluster: every managed endpoint, and the host. host: the node itself.
 * world: every address that is neither a managed endpoint nor the host. none: nothing. */
enum ast_entity {
	AST_ENTITY_ALL,
	AST_ENTITY_CLUSTER,
	AST_ENTITY_HOST,
	AST_ENTITY_WORLD,
	AST_ENTITY_NONE
};

enum ast_peer_kind {
	AST_PEER_REF,
	AST_PEER_SELECTOR,
	AST_PEER_CIDR,
	AST_PEER_ENTITY,
	AST_PEER_FQDN
};

struct ast_peer {
	struct loc loc;
	enum ast_peer_kind kind;
	struct ast_name name; /* REF: of a let; FQDN: the pattern */
	struct ast_selector *selector;
	struct ast_cidr *cidr;
	enum ast_entity entity;
};

/* --- ports ------------------------------------------------------------------------ */

enum ast_proto {
	AST_PROTO_ANY,
	AST_PROTO_TCP,
	AST_PROTO_UDP,
	AST_PROTO_SCTP,
	AST_PROTO_ICMP,
	AST_PROTO_ICMP6
};

enum ast_port_kind {
	AST_PORT_REF,   /* `rest`: the name of a let */
	AST_PORT_ANY,   /* `tcp`: the protocol, every port; `any`: every protocol */
	AST_PORT_RANGE, /* `tcp/80-90`, `icmp/8`, `icmp/3/4` */
	AST_PORT_NAMED, /* `tcp/http`: resolved on the destination endpoint */
	AST_PORT_NONE,  /* `none`: no flow at all */
};

struct ast_port {
	struct loc loc;
	enum ast_port_kind kind;
	enum ast_proto proto;
	/* RANGE, inclusive. ICMP and ICMPv6 count type << 8 | code, so `icmp/8` is
	 * 0x0800..0x08ff. */
	uint16_t lo, hi;
	struct loc number; /* RANGE: where that is written, alone; line 0: nowhere in one place */
	bool quotes_names; /* a name in its place stands in quotes */
	struct ast_name name; /* REF, NAMED */
};

/* --- L7 (parsed and kept; this version refuses to enforce it) ----------------------- */

enum ast_l7_kind { AST_L7_NONE, AST_L7_HTTP, AST_L7_GRPC, AST_L7_KAFKA };
enum ast_match_op { AST_MATCH_EQ, AST_MATCH_REGEX };

/* `header "X-Token" =~ "[0-9]+"`, `host "cart.shop"`, `client "web-1"`. */
struct ast_l7_cond {
	struct loc loc;
	struct ast_name what; /* "header", "host", "client", ... */
	struct ast_name name; /* of the header */
	enum ast_match_op op;
	struct ast_name value;
};

/* `GET "/path" where ...`, `deny any "/internal/.*"`, `call "pkg.Svc/Method"`,
 * `produce topic "orders" client "web-1"`. */
struct ast_l7_rule {
	struct loc loc;
	bool deny;
	struct ast_name verb;   /* "GET", "any", "call", "produce", "consume" */
	struct ast_name object; /* path, method or topic */
	VEC(struct ast_l7_cond) conds;
};

struct ast_l7 {
	struct loc loc;
	enum ast_l7_kind kind;
	VEC(struct ast_l7_rule) rules;
};

/* --- policies --------------------------------------------------------------------- */

enum ast_action { AST_ALLOW, AST_DENY, AST_PASS };
enum ast_dir { AST_INGRESS, AST_EGRESS };

struct ast_rule {
	struct loc loc;
	enum ast_action action;
	VEC(struct ast_peer) peers; /* any of; never empty: `all` and `none` are written */
	VEC(struct ast_port) ports; /* any of; empty: every protocol and port */
	struct ast_l7 l7;
	bool log;
};

struct ast_section {
	struct loc loc;
	enum ast_dir dir;
	VEC(struct ast_rule) rules; /* may be empty: isolates and allows nothing */
};

/* Where the text came from, for messages and for what each source format leaves unsaid. */
enum ast_origin { AST_ORIGIN_POL, AST_ORIGIN_NETWORK_POLICY };

struct ast_policy {
	struct loc loc;
	enum ast_origin origin;
	struct ast_name ns; /* Kubernetes namespace; s is NULL in .pol */
	struct ast_name name;
	struct ast_name tier; /* s is NULL: the tier `default` */
	bool has_rank;
	uint32_t rank;                 /* lower decides first; 0 if not written */
	VEC(struct ast_peer) subjects; /* any of; REF or SELECTOR only */
	/* A direction with a section is governed. In a tier that ends in deny this isolates
	 * the subjects there. The readers add an empty section for a `policyTypes` entry
	 * without rules. */
	VEC(struct ast_section) sections;
	struct ast_name ignore; /* findings not to tell; s is NULL: none (.pol has comments) */
};

enum ast_tier_place { AST_TIER_BEFORE, AST_TIER_AFTER };
enum ast_tier_end { AST_END_DEFAULT, AST_END_DENY, AST_END_PASS };

/* `tier guardrails before default [end deny|pass] { policy ... }`. The policies inside stand
 * here and not among the file's items; their `tier` names this one. */
struct ast_tier {
	struct loc loc;
	struct ast_name name;
	enum ast_tier_place place;
	struct ast_name anchor;
	enum ast_tier_end end; /* DEFAULT: deny for the tier `default`, else pass */
	VEC(struct ast_policy *) policies;
};

/* --- inventory -------------------------------------------------------------------- */

struct ast_label {
	struct loc loc;
	struct ast_name key, value;
};

struct ast_namespace {
	struct loc loc;
	struct ast_name name;
	VEC(struct ast_label) labels; /* kubernetes.io/metadata.name is added if missing */
};

struct ast_endpoint_port {
	struct loc loc;
	struct ast_name name; /* s is NULL: a declared port without a name */
	enum ast_proto proto; /* TCP, UDP or SCTP */
	uint16_t port;
	bool sidecar; /* of an init container that stays */
};

struct ast_address {
	struct loc loc;
	struct net_addr addr;
};

/* What made a pod or a workload, and undoes it. */
struct ast_owner {
	const char *kind, *name; /* NULL: nothing */
	const char *uid;         /* NULL: not said */
};

/* A Pod, the pods of a workload's template, or an `endpoint` block. */
struct ast_endpoint {
	struct loc loc;
	struct ast_name ns, name;
	const char *kind;      /* "Pod", "Deployment", ..., "endpoint" */
	const char *generated; /* how a generated name begins; NULL: `name` is its name */
	const char *uid;       /* NULL: not said */
	struct ast_owner owner;
	VEC(struct ast_label) labels;
	VEC(struct ast_label) object_labels; /* of a workload, which its pods need not have */
	VEC(struct ast_address) addresses;
	VEC(struct ast_endpoint_port) ports;
	bool workload;       /* the pods of a template, of which there may be several at a time */
	bool none;           /* of these, none: `replicas: 0` */
	bool picks_pods;     /* a Job that selects its pods itself (manualSelector) */
	bool indexed;        /* a Job each pod of which has a number (completionMode) */
	bool host_network;   /* host traffic: no policy selects it */
	const char *node;    /* the name of the node that it runs on; NULL: not said */
	struct loc host_loc; /* .pol: where that is said */
};

/* A machine that pods run on. */
struct ast_node {
	const char *name;
	VEC(struct ast_address) addresses; /* those within the cluster come first */
};

/* --- other statements --------------------------------------------------------------- */

struct ast_let {
	struct loc loc;
	struct ast_name name;
	enum { AST_LET_PEER, AST_LET_PORTS } kind;
	struct ast_peer peer;       /* PEER: selector, cidr, entity, fqdn or reference */
	VEC(struct ast_port) ports; /* PORTS */
};

struct ast_import {
	struct loc loc;
	struct ast_name path; /* as written; relative to the importing file */
};

struct ast_service_port {
	struct loc loc;
	struct ast_port front;
	struct ast_peer backends;
	struct ast_port target;
};

struct ast_service {
	struct loc loc;
	struct ast_name ns, name;
	VEC(struct ast_address) addresses;
	VEC(struct ast_service_port) ports;
	struct ast_name algorithm; /* "maglev", ...; may be missing */
};

enum ast_claim_kind { AST_CLAIM_NEVER, AST_CLAIM_ALWAYS, AST_CLAIM_ONLY };

struct ast_claim {
	struct loc loc;
	enum ast_claim_kind kind;
	struct ast_peer from, to;
	VEC(struct ast_port) ports; /* empty: any */
	struct ast_l7 l7;           /* of none that denies; NONE: of flows, whatever is asked */
};

struct ast_assert {
	struct loc loc;
	struct ast_name title;
	VEC(struct ast_claim) claims;
};

/* --- files ------------------------------------------------------------------------ */

enum ast_item_kind {
	AST_ITEM_IMPORT,
	AST_ITEM_LET,
	AST_ITEM_POLICY,
	AST_ITEM_TIER,
	AST_ITEM_ENDPOINT,
	AST_ITEM_NAMESPACE,
	AST_ITEM_SERVICE,
	AST_ITEM_ASSERT,
};

struct ast_item {
	enum ast_item_kind kind;
	struct loc loc;
	union {
		struct ast_import *import;
		struct ast_let *let;
		struct ast_policy *policy;
		struct ast_tier *tier;
		struct ast_endpoint *endpoint;
		struct ast_namespace *ns;
		struct ast_service *service;
		struct ast_assert *assertion;
	};
};

/* A comment with its '#', without the newline. */
struct ast_comment {
	struct loc loc;
	const char *text;
	bool own_line; /* nothing but white space before it */
};

struct ast_file {
	uint32_t file;                    /* index into the sources */
	bool inventory_only;              /* given with -i: its policies do not count */
	VEC(struct ast_item) items;       /* in the order of the text */
	VEC(struct ast_comment) comments; /* .pol only */
};
