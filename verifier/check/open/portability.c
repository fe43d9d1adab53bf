/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `portability`: a rule of a Kubernetes NetworkPolicy that engines read differently. Kubernetes and
 * Calico are the policies as they are; Cilium is the same policies with another meaning, and the
 * interpreter decides one flow by both.
 *
 * Sources: Kubernetes, "Network Policies" (ipBlock is meant for addresses outside the cluster, SCTP
 * needs a plugin that supports it); Cilium, "Layer 3 policies", CIDR based (never for pods; for
 * nodes only with policy-cidr-match-mode, since 1.15), its issue 9209, and "SCTP support (beta)",
 * which is off by default.
 *
 * Not told: ICMP and other protocols without ports, of which Kubernetes says nothing and engines
 * not enough.
 */
#include <string.h>

#include "compiler/ir/edit.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "lang/base/diag.h"
#include "verifier/check/engine/checker.h"
#include "verifier/flow/flowspec.h"

/* A question to all policies goes through so many rules at
 * most; what is left then has no answer. A node is tried with so many flows of a rule. */
enum { MAX_ASKED = 200000, MAX_TRIED = 20000 };

struct portability {
	struct checker *c;
	struct ir *cilium;
	struct encoding encoding; /* of `cilium`; made with it */
	size_t asked;
	struct ir_peer private; /* where pods have their addresses */
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
	struct arena *arena = p->c->arena;
	struct ir_cidr narrow = {.in = peer->cidr.in};

	if (peer->kind != IR_PEER_CIDR)
		return;
	vec_each (const struct net_prefix, prefix, &peer->cidr.except)
		vec_push(arena, &narrow.except, *prefix);
	vec_each (struct ir_endpoint *, ep, &p->c->ir->endpoints) {
		vec_each (const struct net_addr, addr, &(*ep)->addrs) {
			if ((*ep)->host && !(*ep)->supposed)
				vec_push(arena, &narrow.except, net_prefix_of_addr(addr));
		}
	}
	peer->cidr = narrow;
}

static struct ir_rule *narrow_rule(struct portability *p, const struct ir_rule *rule)
{
	struct ir_rule *copy = ir_rule_copy(rule, p->c->arena);

	vec_each (struct ir_peer, peer, &copy->peers)
		narrow_peer(p, peer);
	return copy;
}

static bool is_kubernetes(const struct ir_policy *policy)
{
	return strcmp(policy->kind, "NetworkPolicy") == 0;
}

static struct ir_policy *narrow_policy(struct portability *p, const struct ir_policy *policy)
{
	struct ir_policy *copy = ir_policy_copy_bare(policy, p->c->arena);

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			vec_push(p->c->arena, &copy->rules[dir], narrow_rule(p, *rule));
	return copy;
}

static void make_cilium(struct portability *p)
{
	const struct ir *ir = p->c->ir;
	struct ir_policy **narrow;

	if (p->cilium)
		return;
	narrow = arena_array(p->c->arena, struct ir_policy *, ir->policies.n);
	vec_each (struct ir_policy *, policy, &ir->policies)
		if (is_kubernetes(*policy))
			narrow[(*policy)->id] = narrow_policy(p, *policy);
	p->cilium = ir_replace_policies(ir, narrow, p->c->arena);
	/* The terms of the same names are the same, so one flow has both verdicts. */
	encoding_init(&p->encoding, p->cilium, checker_smt(p->c));
}

/* --- one rule ------------------------------------------------------------------------------------
 */

/* Do the meanings part at this flow? */
static bool parts(struct portability *p, const struct ir_flow *flow, enum ir_dir dir)
{
	make_cilium(p);
	return ir_eval_dir(p->c->ir, flow, dir, NULL) == IR_VERDICT_ALLOW &&
	       ir_eval_dir(p->cilium, flow, dir, NULL) == IR_VERDICT_DENY;
}

static void report(struct portability *p, const struct ir_rule *rule, const struct difference *d,
		   const char *flow)
{
	struct diag_item *item = checker_report(p->c, CHECK_ID_PORTABILITY, rule->loc, "%s: %s",
						checker_rule_text(p->c, rule), d->what);

	checker_note(p->c, item, LOC_NONE, "for example %s: %s", flow, d->words);
	checker_note(p->c, item, LOC_NONE, "%s", d->advice);
}

/* A flow of which both terms hold, and the rule. */
static enum smt_answer find(struct portability *p, const struct ir_rule *rule, Z3_ast term,
			    Z3_ast other, struct witness *out)
{
	struct rule_list involved = {.v = (const struct ir_rule *[]){rule}, .n = 1};
	struct checker *c = p->c;
	enum smt_answer r;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), encode_rule(checker_encoding(c), rule));
	smt_assert(checker_smt(c), term);
	smt_assert(checker_smt(c), other);
	r = witness_find(checker_encoding(c), rule->dir, &involved, out);
	smt_pop(checker_smt(c), 1);
	return r;
}

/* One at which the verdicts part, if not the first that comes. */
static enum smt_answer find_parting(struct portability *p, const struct ir_rule *rule, Z3_ast term,
				    struct witness *out)
{
	struct checker *c = p->c;
	enum smt_answer r = find(p, rule, term, smt_const(checker_smt(c), true), out);

	if (r != SMT_YES || parts(p, &out->flow, rule->dir))
		return r;
	p->asked += c->ir->rules.n;
	if (p->asked > MAX_ASKED)
		return SMT_UNKNOWN;
	r = find(p, rule, term,
		 smt_both(checker_smt(c),
			  encode_allows(checker_encoding(c), rule->dir, SMT_SUBJECT),
			  smt_not(checker_smt(c),
				  encode_allows(&p->encoding, rule->dir, SMT_SUBJECT))),
		 out);
	if (r == SMT_YES && !parts(p, &out->flow, rule->dir)) {
		checker_unconfirmed(c, CHECK_ID_PORTABILITY, rule->loc,
				    witness_text(checker_encoding(c), out));
		return SMT_NO;
	}
	return r;
}

/* Over an inventory `cidr-covers-pods` tells of these. */
static void seek_pods(struct portability *p, const struct ir_rule *rule)
{
	struct encoding *e = checker_encoding(p->c);
	struct terms blocks = {0}, all = {0};
	struct witness wit;
	enum smt_answer r;

	vec_each (const struct ir_peer, peer, &rule->peers) {
		if (ir_peer_places_endpoints(peer))
			vec_push(p->c->arena, &blocks, encode_peer(e, peer));
		else if (ir_peer_aspects(peer).labels)
			vec_push(p->c->arena, &all,
				 smt_not(checker_smt(p->c), encode_peer(e, peer)));
	}
	if (!blocks.n || p->c->ir->endpoints.n)
		return;
	vec_push(p->c->arena, &all, smt_or(checker_smt(p->c), &blocks));
	vec_push(p->c->arena, &all, e->managed);
	vec_push(p->c->arena, &all, encode_peer(e, &p->private));
	r = find_parting(p, rule, smt_and(checker_smt(p->c), &all), &wit);
	if (r == SMT_YES)
		report(p, rule, &pods, witness_text(e, &wit));
	else if (r != SMT_NO)
		checker_undecided(p->c, CHECK_ID_PORTABILITY, rule->loc, r);
}

/* Cilium drops all of it. The rule is live, so what it says of SCTP most likely is, too. */
static void seek_sctp(struct portability *p, const struct ir_rule *rule)
{
	struct checker *c = p->c;

	vec_each (const struct ir_port, port, &rule->ports) {
		struct witness wit;
		enum smt_answer r;

		if (port->proto != IR_PROTO_SCTP || ir_port_aspects(port).nothing)
			continue;
		r = find(p, rule, encode_port(checker_encoding(c), port, rule->dir),
			 smt_const(checker_smt(c), true), &wit);
		if (r == SMT_YES &&
		    ir_eval_dir(c->ir, &wit.flow, rule->dir, NULL) == IR_VERDICT_ALLOW) {
			report(p, rule, &sctp, witness_text(checker_encoding(c), &wit));
			return;
		}
		if (r != SMT_YES && r != SMT_NO)
			checker_undecided(c, CHECK_ID_PORTABILITY, rule->loc, r);
	}
}

struct node_search {
	const struct ir_rule *rule;
	const struct ir_endpoint *node, *ep;
	size_t tried;
};

static bool try_node(struct portability *p, struct node_search *search, uint16_t proto,
		     uint16_t number)
{
	const struct ir_rule *rule = search->rule;
	struct ir_flow flow = {.proto = proto, .port = number};
	char text[FLOW_PORT_STRLEN];

	if (rule->dir == IR_INGRESS)
		ir_flow_between(&flow, search->node, search->ep);
	else
		ir_flow_between(&flow, search->ep, search->node);
	if (++search->tried > MAX_TRIED || !ir_rule_matches(rule, &flow) ||
	    !parts(p, &flow, rule->dir))
		return false;
	report(p, rule, &nodes,
	       arena_printf(p->c->arena, "from %s to %s on %s", flow.src.ep->name,
			    flow.dst.ep->name, flow_port_format(flow.proto, flow.port, text)));
	return true;
}

/* The first and the last port of each range: others decide in between now and then. */
static bool try_ports(struct portability *p, struct node_search *search)
{
	vec_each (const struct ir_port, port, &search->rule->ports) {
		struct ir_port_aspects a = ir_port_aspects(port);
		uint16_t proto = a.proto == IR_PROTO_ANY ? IR_PROTO_TCP : a.proto;

		if (ir_port_is_part(&a) &&
		    (try_node(p, search, proto, a.lo) || try_node(p, search, proto, a.hi)))
			return true;
		if (ir_port_is_whole(&a) &&
		    (try_node(p, search, proto, 80) || try_node(p, search, proto, 65535)))
			return true;
	}
	return !search->rule->ports.n &&
	       (try_node(p, search, IR_PROTO_TCP, 80) || try_node(p, search, IR_PROTO_UDP, 65535));
}

/* The nodes that the inventory knows, by the pods that share their network. */
static void seek_nodes(struct portability *p, const struct ir_rule *rule)
{
	struct node_search search = {.rule = rule};
	bool has_block = false;

	vec_each (const struct ir_peer, peer, &rule->peers)
		has_block |= ir_peer_aspects(peer).addresses != NULL;
	vec_each (struct ir_endpoint *, node, &p->c->ir->endpoints) {
		if (!has_block || !(*node)->host || !(*node)->addrs.n || (*node)->supposed)
			continue;
		search.node = *node;
		vec_each (struct ir_endpoint *, ep, &p->c->ir->endpoints) {
			search.ep = *ep;
			if (!(*ep)->host && search.tried <= MAX_TRIED &&
			    ir_policy_selects(rule->policy, *ep) && try_ports(p, &search))
				return;
		}
	}
}

static void find_private(struct portability *p)
{
	p->private = (struct ir_peer){.kind = IR_PEER_CIDR, .cidr = {.match_endpoints = true}};
	for (size_t i = 0; i < NET_N_PRIVATE; i++)
		vec_push(p->c->arena, &p->private.cidr.in, net_private[i]);
}

void check_portability(struct checker *c)
{
	static void (*const seekers[])(struct portability * p, const struct ir_rule *rule) = {
		seek_pods, seek_nodes, seek_sctp};
	struct portability p = {.c = c};

	find_private(&p);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if (!is_kubernetes((*rule)->policy) || (*rule)->action != IR_ALLOW ||
		    c->states[(*rule)->id] != RULE_LIVE)
			continue;
		for (size_t i = 0; i < sizeof(seekers) / sizeof(*seekers); i++)
			if (!c->err)
				seekers[i](&p, *rule);
	}
}
