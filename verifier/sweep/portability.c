/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `portability`: a rule of a Kubernetes NetworkPolicy that engines read differently. Kubernetes and
 * Calico are the policies as they are; Cilium is the same policies with another meaning, and the
 * interpreter decides one flow by both.
 *
 * Sources: Kubernetes, "Network Policies" (ipBlock is meant for addresses outside the cluster, SCTP
 * needs a plugin that supports it); Cilium, "Layer 3 policies", CIDR based (never for pods, nor for
 * nodes), and "SCTP support (beta)", which is off by default.
 *
 * Not told, as engines agree or do not say: ICMP and other protocols without ports, traffic of the
 * node that a pod runs on, named ports of addresses outside.
 */
#include <string.h>

#include "lang/base/diag.h"
#include "verifier/flowspec.h"
#include "verifier/sweep/sweep.h"

/* Whoever has that many knows by then. */
enum { MAX_FINDINGS = 32 };

struct portability {
	struct sweep *s;
	struct ir *cilium;
	struct ir_peer private; /* where pods have their addresses */
	size_t found;
};

struct difference {
	const char *what;
	const char *words; /* how the engines decide the example */
	const char *advice;
};

static const struct difference pods = {
	"whether its ipBlock matches pods depends on the engine",
	"allowed by Calico, whose ipBlock matches every address; denied by Cilium, whose matches "
	"no "
	"pod; Kubernetes leaves it open",
	"'except' the range of the pods, or select the pods by labels"};
static const struct difference nodes = {
	"whether its ipBlock matches nodes depends on the engine",
	"allowed by Calico, whose ipBlock matches every address; denied by Cilium, whose matches "
	"no "
	"node unless policy-cidr-match-mode says so; Kubernetes leaves it open",
	"keep nodes out of the block, or set policy-cidr-match-mode=nodes"};
static const struct difference sctp = {
	"whether SCTP passes depends on the engine",
	"allowed by Kubernetes and Calico; Cilium drops SCTP unless it was installed with "
	"sctp.enabled=true",
	"make sure that every cluster has it"};

/* --- Cilium's meaning --------------------------------------------------------------------------
 */

/* Prefixes hold neither pods nor nodes. */
static void narrow_peer(struct portability *p, struct ir_peer *peer)
{
	struct arena *arena = p->s->arena;
	struct ir_cidr narrow = {.in = peer->cidr.in};

	if (peer->kind != IR_PEER_CIDR)
		return;
	vec_each (const struct net_prefix, prefix, &peer->cidr.except)
		vec_push(arena, &narrow.except, *prefix);
	vec_each (struct ir_endpoint *, ep, &p->s->ir->endpoints) {
		vec_each (const struct net_addr, addr, &(*ep)->addrs) {
			const struct net_prefix host = {
				.addr = *addr, .len = (uint8_t)net_family_bits(addr->family)};

			if ((*ep)->host)
				vec_push(arena, &narrow.except, host);
		}
	}
	peer->cidr = narrow;
}

static struct ir_rule *narrow_rule(struct portability *p, const struct ir_rule *rule)
{
	struct ir_rule *copy = arena_new(p->s->arena, struct ir_rule);

	*copy = *rule;
	memset(&copy->peers, 0, sizeof(copy->peers));
	memset(&copy->ports, 0, sizeof(copy->ports));
	vec_each (const struct ir_peer, peer, &rule->peers) {
		struct ir_peer narrow = *peer;

		narrow_peer(p, &narrow);
		vec_push(p->s->arena, &copy->peers, narrow);
	}
	vec_each (const struct ir_port, port, &rule->ports) {
		struct ir_port narrow = *port;

		if (narrow.proto == IR_PROTO_SCTP)
			narrow.kind = IR_PORT_NONE;
		vec_push(p->s->arena, &copy->ports, narrow);
	}
	return copy;
}

static bool is_kubernetes(const struct ir_policy *policy)
{
	return strcmp(policy->kind, "NetworkPolicy") == 0;
}

static struct ir_policy *narrow_policy(struct portability *p, struct ir_policy *policy)
{
	struct ir_policy *copy;

	if (!is_kubernetes(policy))
		return policy;
	copy = arena_new(p->s->arena, struct ir_policy);
	*copy = *policy;
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		memset(&copy->rules[dir], 0, sizeof(copy->rules[dir]));
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			vec_push(p->s->arena, &copy->rules[dir], narrow_rule(p, *rule));
	}
	return copy;
}

static void make_cilium(struct portability *p)
{
	struct arena *arena = p->s->arena;

	if (p->cilium)
		return;
	p->cilium = arena_new(arena, struct ir);
	*p->cilium = *p->s->ir;
	memset(&p->cilium->tiers, 0, sizeof(p->cilium->tiers));
	vec_each (struct ir_tier *, tier, &p->s->ir->tiers) {
		struct ir_tier *copy = arena_new(arena, struct ir_tier);

		*copy = **tier;
		memset(&copy->policies, 0, sizeof(copy->policies));
		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			vec_push(arena, &copy->policies, narrow_policy(p, *policy));
		vec_push(arena, &p->cilium->tiers, copy);
	}
}

/* --- one rule ------------------------------------------------------------------------------------
 */

/* Do the meanings part at this flow? */
static bool parts(struct portability *p, const struct ir_flow *flow, enum ir_dir dir)
{
	make_cilium(p);
	return ir_eval_dir(p->s->ir, flow, dir, NULL) == IR_VERDICT_ALLOW &&
	       ir_eval_dir(p->cilium, flow, dir, NULL) == IR_VERDICT_DENY;
}

static void report(struct portability *p, const struct ir_rule *rule, const struct difference *d,
		   const char *flow)
{
	struct diag_item *item = sweep_report(p->s, CHECK_ID_PORTABILITY, rule->loc, "%s: %s",
					      sweep_rule_text(p->s, rule), d->what);

	sweep_note(p->s, item, LOC_NONE, "for example %s: %s", flow, d->words);
	sweep_note(p->s, item, LOC_NONE, "%s", d->advice);
	if (++p->found == MAX_FINDINGS)
		sweep_note(p->s, item, LOC_NONE, "this is number %d; further ones are not sought",
			   (int)MAX_FINDINGS);
}

/* A flow of which the term holds, and the rule. */
static void seek(struct portability *p, const struct ir_rule *rule, Z3_ast term,
		 const struct difference *d)
{
	struct rule_list involved = {.v = (const struct ir_rule *[]){rule}, .n = 1};
	struct sweep *s = p->s;
	struct witness wit;
	enum smt_answer r;

	smt_push(&s->smt);
	smt_assert(&s->smt, world_rule(&s->world, rule));
	smt_assert(&s->smt, term);
	r = witness_find(&s->world, rule->dir, &involved, &wit);
	smt_pop(&s->smt, 1);
	if (r == SMT_YES && parts(p, &wit.flow, rule->dir))
		report(p, rule, d, witness_text(&s->world, &wit));
	else if (r != SMT_YES && r != SMT_NO)
		sweep_undecided(s, CHECK_ID_PORTABILITY, rule->loc, r);
}

/* Over an inventory `cidr-covers-pods` tells of these. */
static void seek_pods(struct portability *p, const struct ir_rule *rule)
{
	struct world *w = &p->s->world;
	struct terms blocks = {0}, all = {0};

	vec_each (const struct ir_peer, peer, &rule->peers) {
		if (peer->kind == IR_PEER_CIDR && peer->cidr.match_endpoints)
			vec_push(p->s->arena, &blocks, world_peer(w, peer));
		else if (peer->kind == IR_PEER_SELECTOR)
			vec_push(p->s->arena, &all, smt_not(&p->s->smt, world_peer(w, peer)));
	}
	if (!blocks.n || p->s->ir->endpoints.n)
		return;
	vec_push(p->s->arena, &all, smt_or(&p->s->smt, &blocks));
	vec_push(p->s->arena, &all, w->managed);
	vec_push(p->s->arena, &all, world_peer(w, &p->private));
	seek(p, rule, smt_and(&p->s->smt, &all), &pods);
}

static void seek_sctp(struct portability *p, const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		if (port->proto != IR_PROTO_SCTP || port->kind == IR_PORT_NONE)
			continue;
		seek(p, rule, world_port(&p->s->world, port, rule->dir), &sctp);
		return;
	}
}

static void plain_port(const struct ir_rule *rule, struct ir_flow *flow)
{
	*flow = (struct ir_flow){.proto = IR_PROTO_TCP, .port = 80};
	vec_each (const struct ir_port, port, &rule->ports) {
		if (port->kind != IR_PORT_RANGE && port->kind != IR_PORT_ANY)
			continue;
		flow->proto = port->proto == IR_PROTO_ANY ? IR_PROTO_TCP : port->proto;
		flow->port = port->kind == IR_PORT_RANGE ? port->lo : 80;
		return;
	}
}

static bool seek_node(struct portability *p, const struct ir_rule *rule,
		      const struct ir_endpoint *node, const struct ir_endpoint *ep)
{
	char text[FLOW_PORT_STRLEN];
	struct ir_flow flow;

	plain_port(rule, &flow);
	if (rule->dir == IR_INGRESS)
		ir_flow_between(&flow, node, ep);
	else
		ir_flow_between(&flow, ep, node);
	if (!ir_rule_matches(rule, &flow) || !parts(p, &flow, rule->dir))
		return false;
	report(p, rule, &nodes,
	       arena_printf(p->s->arena, "from %s to %s on %s", flow.src.ep->name,
			    flow.dst.ep->name, flow_port_format(flow.proto, flow.port, text)));
	return true;
}

/* The nodes that the inventory knows, by the pods that share their network. */
static void seek_nodes(struct portability *p, const struct ir_rule *rule)
{
	const struct ir_endpoint *own = NULL;
	bool has_block = false;

	vec_each (const struct ir_peer, peer, &rule->peers)
		has_block |= peer->kind == IR_PEER_CIDR;
	if (!has_block)
		return;
	vec_each (struct ir_endpoint *, ep, &p->s->ir->endpoints)
		if (!own && !(*ep)->host && ir_policy_selects(rule->policy, *ep))
			own = *ep;
	vec_each (struct ir_endpoint *, node, &p->s->ir->endpoints)
		if (own && (*node)->host && (*node)->addrs.n && seek_node(p, rule, *node, own))
			return;
}

/* RFC 1918, RFC 6598, RFC 4193. */
static void find_private(struct portability *p)
{
	static const char *const ranges[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
					     "100.64.0.0/10", "fc00::/7"};

	p->private = (struct ir_peer){.kind = IR_PEER_CIDR, .cidr = {.match_endpoints = true}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		struct net_prefix prefix;

		if (net_prefix_parse(ranges[i], &prefix) == 0)
			vec_push(p->s->arena, &p->private.cidr.in, prefix);
	}
}

void sweep_portability(struct sweep *s)
{
	static void (*const seekers[])(struct portability * p, const struct ir_rule *rule) = {
		seek_pods, seek_nodes, seek_sctp};
	struct portability p = {.s = s};

	find_private(&p);
	vec_each (struct ir_rule *, rule, &s->ir->rules) {
		if (!is_kubernetes((*rule)->policy) || (*rule)->action != IR_ALLOW ||
		    s->states[(*rule)->id] != RULE_LIVE)
			continue;
		for (size_t i = 0; i < sizeof(seekers) / sizeof(*seekers); i++)
			if (!s->err && p.found < MAX_FINDINGS)
				seekers[i](&p, *rule);
	}
}
