/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes that the inventory knows, by the pods that share their network. Nodes are alike if no
 * prefix of a rule tells them apart, and pods if no selector does, nor who is on the node of whom:
 * of those that are alike one is tried, by the policies that select the pod.
 */
#include "verifier/check/open/portability/nodes.h"

#include <stdlib.h>

#include "compiler/classes/by_label.h"
#include "compiler/ir/edit.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "compiler/space/addresses.h"
#include "compiler/space/alike.h"
#include "compiler/space/nodes.h"
#include "lang/base/diag.h"
#include "verifier/check/engine/checker.h"
#include "verifier/flow/flowspec.h"

/* So many rules the interpreter is asked about in all; what is left then has no answer. */
enum { MAX_COST = 20000000 };

/* Pods that are alike. */
struct pod {
	const struct ir_endpoint *ep;
	struct ir *kubernetes, *cilium; /* with the policies that select it; NULL: not made yet */
	size_t n_rules;                 /* of these */
	uint32_t stamp;                 /* the rule that it was last met for, + 1 */
};

struct nodes {
	struct checker *c;
	struct by_label *by_label;
	struct space_nodes by_name;
	const struct selecting *selecting;
	struct ir_policy **narrow;             /* as Cilium reads them, by id; or NULL */
	VEC(const struct ir_endpoint *) hosts; /* one of each group */
	VEC(struct pod) pods;
	uint32_t *pod_of;            /* by endpoint id */
	size_t cost;                 /* rules that were asked about */
	const struct ir_rule *first; /* that there was no time for */
	size_t left_out;             /* rules like that */
	/* Of the rule at hand. */
	const struct ir_rule *rule;
	VEC(uint32_t) own; /* pods that it protects */
};

static const struct portability_difference difference = {
	"whether its ipBlock matches nodes depends on the engine",
	"allowed by Calico, whose ipBlock matches every address; denied by Cilium, whose matches "
	"no node unless policy-cidr-match-mode says so; Kubernetes leaves it open",
	"keep nodes out of the block, or set policy-cidr-match-mode=nodes"};

/* --- who is alike --------------------------------------------------------------------------------
 */

static bool is_node(const struct ir_endpoint *ep)
{
	return ep->host && ep->addrs.n && !ep->supposed;
}

static bool has_node(const struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (is_node(*ep))
			return true;
	return false;
}

static void find_hosts(struct nodes *n)
{
	struct space_addresses space = {.arena = n->c->arena};
	struct alike alike;

	vec_each (struct ir_rule *, rule, &n->c->ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			space_cut_peer(&space, peer);
	space_addresses_seal(&space);
	alike_init(&alike, n->c->arena);
	vec_each (struct ir_endpoint *, ep, &n->c->ir->endpoints) {
		if (!is_node(*ep))
			continue;
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			alike_tell(&alike, space_piece_of(&space, addr));
		alike_tell(&alike, space_node_of(&n->by_name, *ep));
		if (alike_add(&alike, &(struct ir_end){.ep = *ep}) == n->hosts.n)
			vec_push(n->c->arena, &n->hosts, (const struct ir_endpoint *)*ep);
	}
}

static void find_pods(struct nodes *n)
{
	struct alike alike;

	alike_init(&alike, n->c->arena);
	n->pod_of = arena_array(n->c->arena, uint32_t, n->c->ir->endpoints.n + 1);
	vec_each (const struct ir_endpoint *, ep, &n->by_label->all.eps) {
		uint32_t id;

		alike_tell_labels(&alike, *ep);
		alike_tell(&alike, space_node_of(&n->by_name, *ep));
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			alike_tell(&alike, addr->family);
		id = alike_add(&alike, &(struct ir_end){.ep = *ep});
		if (id == n->pods.n)
			vec_push(n->c->arena, &n->pods, (struct pod){.ep = *ep});
		n->pod_of[(*ep)->id] = id;
	}
}

/* --- Cilium's meaning ----------------------------------------------------------------------------
 */

/* No prefix holds a node, and all flows here are with one. */
static struct ir_rule *narrow_rule(const struct ir_rule *rule, struct arena *arena)
{
	struct ir_rule *copy = ir_rule_copy(rule, arena);
	size_t kept = 0;

	vec_each (const struct ir_peer, peer, &rule->peers)
		if (!ir_peer_aspects(peer).addresses)
			copy->peers.v[kept++] = *peer;
	copy->peers.n = kept;
	return copy;
}

static struct ir_policy *narrow_policy(struct nodes *n, const struct ir_policy *policy)
{
	struct ir_policy **narrow = &n->narrow[policy->id];

	if (!*narrow)
		*narrow = portability_narrow(policy, narrow_rule, n->c->arena);
	return *narrow;
}

static void make_meanings(struct nodes *n, struct pod *pod)
{
	const struct selecting *by = &n->selecting[pod->ep->id];
	struct arena *arena = n->c->arena;
	const struct ir_policy **narrow;

	if (pod->kubernetes)
		return;
	narrow = arena_array(arena, const struct ir_policy *, by->policies.n + 1);
	for (size_t i = 0; i < by->policies.n; i++) {
		const struct ir_policy *policy = by->policies.v[i];

		narrow[i] = portability_concerns(policy) ? narrow_policy(n, policy) : policy;
		for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
			pod->n_rules += policy->rules[dir].n;
	}
	pod->kubernetes = ir_keep_policies(n->c->ir, by->policies.v, by->policies.n, arena);
	pod->cilium = ir_keep_policies(n->c->ir, narrow, by->policies.n, arena);
}

/* --- one rule ------------------------------------------------------------------------------------
 */

static bool try_flow(struct nodes *n, struct pod *pod, const struct ir_endpoint *node,
		     uint16_t proto, uint16_t number)
{
	struct ir_flow flow = {.proto = proto, .port = number};
	enum ir_dir dir = n->rule->dir;
	char text[FLOW_PORT_STRLEN];

	if (dir == IR_INGRESS)
		ir_flow_between(&flow, node, pod->ep);
	else
		ir_flow_between(&flow, pod->ep, node);
	n->cost++;
	if (!ir_rule_matches(n->rule, &flow))
		return false;
	make_meanings(n, pod);
	n->cost += 2 * pod->n_rules;
	if (ir_judge_dir(pod->kubernetes, &flow, dir, NULL) == IR_OUTCOME_DENY ||
	    ir_judge_dir(pod->cilium, &flow, dir, NULL) != IR_OUTCOME_DENY)
		return false;
	portability_report(n->c, n->rule, &difference,
			   arena_printf(n->c->arena, "from %s to %s on %s", flow.src.ep->name,
					flow.dst.ep->name,
					flow_port_format(flow.proto, flow.port, text)));
	return true;
}

/* The first and the last port of each range: others decide in between now and then. */
static bool try_ports(struct nodes *n, struct pod *pod, const struct ir_endpoint *node)
{
	vec_each (const struct ir_port, port, &n->rule->ports) {
		struct ir_port_aspects a = ir_port_aspects(port);
		uint16_t proto = a.proto == IR_PROTO_ANY ? IR_PROTO_TCP : a.proto;

		if (ir_port_is_part(&a) &&
		    (try_flow(n, pod, node, proto, a.lo) || try_flow(n, pod, node, proto, a.hi)))
			return true;
		if (ir_port_is_whole(&a) &&
		    (try_flow(n, pod, node, proto, 80) || try_flow(n, pod, node, proto, 65535)))
			return true;
	}
	return !n->rule->ports.n && (try_flow(n, pod, node, IR_PROTO_TCP, 80) ||
				     try_flow(n, pod, node, IR_PROTO_UDP, 65535));
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void find_own(struct nodes *n)
{
	n->own.n = 0;
	vec_each (const struct ir_selector, sel, &n->rule->policy->subjects) {
		vec_each (const struct ir_endpoint *, ep,
			  &by_label_candidates(n->by_label, sel)->eps) {
			uint32_t id = n->pod_of[(*ep)->id];

			n->cost++;
			if (n->pods.v[id].stamp == n->rule->id + 1 ||
			    !ir_selector_matches(sel, *ep))
				continue;
			n->pods.v[id].stamp = n->rule->id + 1;
			vec_push(n->c->arena, &n->own, id);
		}
	}
	if (n->own.n)
		qsort(n->own.v, n->own.n, sizeof(*n->own.v), by_id);
}

static bool holds_node(const struct ir_rule *rule, const struct ir_endpoint *node)
{
	vec_each (const struct ir_peer, peer, &rule->peers) {
		const struct ir_cidr *addresses = ir_peer_aspects(peer).addresses;

		if (addresses && ir_addresses_hold_any(addresses, node))
			return true;
	}
	return false;
}

/* True: one was found, or none is left to try. */
static bool seek(struct nodes *n)
{
	find_own(n);
	vec_each (const struct ir_endpoint *, node, &n->hosts) {
		n->cost++;
		if (!n->own.n || !holds_node(n->rule, *node))
			continue;
		vec_each (const uint32_t, own, &n->own) {
			if (n->cost > MAX_COST)
				return false;
			if (try_ports(n, &n->pods.v[*own], *node))
				return true;
		}
	}
	return true;
}

static bool has_block(const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (ir_peer_aspects(peer).addresses)
			return true;
	return false;
}

void nodes_seek(struct nodes *n, const struct ir_rule *rule)
{
	if (!n || !has_block(rule))
		return;
	n->rule = rule;
	if ((n->cost > MAX_COST || !seek(n)) && !n->left_out++)
		n->first = rule;
}

void nodes_end(const struct nodes *n)
{
	if (n && n->left_out)
		checker_left_out(n->c, CHECK_ID_PORTABILITY, n->first->loc,
				 "for %zu rule%s, of which %s is the first: %zu kinds of nodes and "
				 "%zu of pods make more flows than polc looks at; check fewer "
				 "policies at a time",
				 n->left_out, n->left_out == 1 ? "" : "s",
				 checker_rule_text(n->c, n->first), n->hosts.n, n->pods.n);
}

struct nodes *nodes_new(struct checker *c)
{
	struct nodes *n;

	if (!has_node(c->ir))
		return NULL;
	n = arena_new(c->arena, struct nodes);
	n->c = c;
	n->narrow = arena_array(c->arena, struct ir_policy *, c->ir->policies.n + 1);
	n->by_label = checker_by_label(c);
	n->selecting = checker_selecting(c);
	space_nodes_find(&n->by_name, n->c->ir, n->c->arena);
	find_hosts(n);
	find_pods(n);
	return n;
}
