/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/eval.h"

#include <assert.h>

static bool cidr_has(const struct ir_cidr *cidr, const struct net_addr *addr)
{
	bool in = false;

	vec_each (const struct net_prefix, p, &cidr->in)
		in |= net_prefix_has_addr(p, addr);
	vec_each (const struct net_prefix, p, &cidr->except)
		in &= !net_prefix_has_addr(p, addr);
	return in;
}

static bool entity_has(enum ir_entity entity, const struct ir_end *end)
{
	bool host = end->ep && end->ep->host;

	switch (entity) {
	case IR_ENTITY_ALL:
		return true;
	case IR_ENTITY_CLUSTER:
		return end->ep != NULL;
	case IR_ENTITY_HOST:
		return host;
	case IR_ENTITY_WORLD:
		return end->ep == NULL;
	case IR_ENTITY_NONE:
		return false;
	}
	return false;
}

static bool is_managed(const struct ir_end *end)
{
	return end->ep && !end->ep->host;
}

bool ir_peer_matches(const struct ir_peer *peer, const struct ir_end *end)
{
	bool managed = is_managed(end);

	switch (peer->kind) {
	case IR_PEER_SELECTOR:
		return managed && ir_selector_matches(&peer->selector, end->ep);
	case IR_PEER_CIDR:
		return (!managed || peer->cidr.match_endpoints) &&
		       cidr_has(&peer->cidr, &end->addr);
	case IR_PEER_ENTITY:
		return entity_has(peer->entity, end);
	}
	return false;
}

static bool port_matches(const struct ir_port *port, const struct ir_flow *flow)
{
	bool same_proto = port->proto == IR_PROTO_ANY || port->proto == flow->proto;

	switch (port->kind) {
	case IR_PORT_ANY:
		return same_proto;
	case IR_PORT_RANGE:
		return same_proto && port->lo <= flow->port && flow->port <= port->hi;
	case IR_PORT_NAMED:
		return same_proto && flow->dst.ep && !flow->dst.ep->host &&
		       ir_endpoint_port(flow->dst.ep, flow->proto, port->name) == flow->port;
	case IR_PORT_NONE:
		return false;
	}
	return false;
}

bool ir_rule_matches(const struct ir_rule *rule, const struct ir_flow *flow)
{
	const struct ir_end *end = rule->dir == IR_INGRESS ? &flow->src : &flow->dst;
	bool port = rule->ports.n == 0;

	vec_each (const struct ir_port, p, &rule->ports)
		port |= port_matches(p, flow);
	if (!port)
		return false;
	vec_each (const struct ir_peer, p, &rule->peers)
		if (ir_peer_matches(p, end))
			return true;
	return false;
}

/* Of a workload, two ends are two replicas. */
static bool is_self(const struct ir_flow *flow)
{
	return flow->src.ep && flow->src.ep == flow->dst.ep && !flow->src.ep->workload;
}

static bool is_own_node(const struct ir_end *of, const struct ir_end *end)
{
	return of->ep && end->ep && ir_is_own_node(of->ep, end->ep);
}

/* All addresses are everybody. */
bool ir_peer_names_address(const struct ir_peer *peer, const struct net_addr *addr)
{
	return peer->kind == IR_PEER_CIDR && !peer->cidr.everybody && cidr_has(&peer->cidr, addr);
}

/* Kubernetes policies let a node reach its pods whatever they say, so that no claim about
 * everybody could hold if nodes were part of it. */
static bool is_meant(const struct ir_peer *peer, const struct ir_end *end,
		     const struct ir_end *other)
{
	bool known = end->ep && !end->ep->node && !end->ep->supposed;

	return !is_own_node(other, end) ||
	       (peer->kind == IR_PEER_ENTITY && peer->entity == IR_ENTITY_HOST) ||
	       (known && ir_peer_names_address(peer, &end->addr));
}

static bool is_claimed(const struct ir_claim *claim, const struct ir_request *request)
{
	vec_each (const struct ir_l7_entry, entry, &claim->l7.entries)
		if (ir_entry_matches(claim->l7.kind, entry, request))
			return true;
	return claim->l7.kind == IR_L7_NONE;
}

bool ir_claim_covers(const struct ir_claim *claim, const struct ir_flow *flow)
{
	bool port = claim->ports.n == 0;

	if (flow->request && !is_claimed(claim, flow->request))
		return false;
	if (is_self(flow))
		return false;
	if (!is_managed(&flow->src) && !is_managed(&flow->dst))
		return false;
	if (!is_meant(&claim->from, &flow->src, &flow->dst) ||
	    !is_meant(&claim->to, &flow->dst, &flow->src))
		return false;
	vec_each (const struct ir_port, p, &claim->ports)
		port |= port_matches(p, flow);
	return port && ir_peer_matches(&claim->to, &flow->dst) &&
	       ir_peer_matches(&claim->from, &flow->src) == (claim->kind != IR_CLAIM_ONLY);
}

enum ir_verdict ir_claim_wants(const struct ir_claim *claim)
{
	return claim->kind == IR_CLAIM_ALWAYS ? IR_VERDICT_ALLOW : IR_VERDICT_DENY;
}

bool ir_policy_selects(const struct ir_policy *policy, const struct ir_endpoint *ep)
{
	if (ep->host)
		return false;
	vec_each (const struct ir_selector, sel, &policy->subjects) {
		if (ir_selector_matches(sel, ep))
			return true;
	}
	return false;
}

/* Deny before pass before allow. Whoever may send everything need not ask about requests, so a
 * plain allow comes before one that looks at them. */
static int order_in_rank(const struct ir_rule *rule)
{
	static const int places[] = {[IR_DENY] = 0, [IR_PASS] = 1, [IR_ALLOW] = 2};

	return places[rule->action] + (rule->l7.kind != IR_L7_NONE);
}

/* Does `a` decide before `b`? */
static bool rule_before(const struct ir_rule *a, const struct ir_rule *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return order_in_rank(a) < order_in_rank(b);
}

bool ir_step_asks(const struct ir_step *step, const struct ir_rule *rule)
{
	return step->asks && rule->rank == step->rule->rank && rule->l7.kind != IR_L7_NONE;
}

bool ir_policy_isolates(const struct ir_policy *policy, const struct ir_flow *flow, enum ir_dir dir)
{
	const struct ir_end *subject = dir == IR_INGRESS ? &flow->dst : &flow->src;
	const struct ir_end *peer = dir == IR_INGRESS ? &flow->src : &flow->dst;

	return policy->governs[dir] && !(policy->spares_node && is_own_node(subject, peer));
}

/* What a tier does; false if no policy of it concerns the subject in this direction. */
static bool eval_tier(const struct ir_tier *tier, const struct ir_flow *flow, enum ir_dir dir,
		      const struct ir_endpoint *subject, struct arena *arena, struct ir_step *step)
{
	bool concerned = false, isolated = false;

	*step = (struct ir_step){.tier = tier};
	vec_each (struct ir_policy *, policy, &tier->policies) {
		bool isolates;

		if (!ir_policy_selects(*policy, subject))
			continue;
		isolates = ir_policy_isolates(*policy, flow, dir);
		concerned |= (*policy)->governs[dir] || (*policy)->rules[dir].n;
		isolated |= isolates;
		step->spared |= (*policy)->governs[dir] && !isolates;
		if (arena && (*policy)->governs[dir])
			vec_push(arena, &step->governing, *policy);
		vec_each (struct ir_rule *, rule, &(*policy)->rules[dir]) {
			if (!ir_rule_matches(*rule, flow))
				continue;
			if (arena)
				vec_push(arena, &step->matched, *rule);
			if (!step->rule || rule_before(*rule, step->rule))
				step->rule = *rule;
		}
	}
	if (step->rule)
		step->action = step->rule->action;
	else
		step->action = isolated ? tier->end : IR_PASS;
	step->asks = step->rule && step->rule->l7.kind != IR_L7_NONE;
	return concerned;
}

/* The rule that won looks at requests, and with it every rule of its rank that matches. */
static void judge_request(const struct ir_tier *tier, const struct ir_flow *flow, enum ir_dir dir,
			  const struct ir_endpoint *subject, struct ir_step *step)
{
	vec_each (struct ir_policy *, policy, &tier->policies) {
		if (!ir_policy_selects(*policy, subject))
			continue;
		vec_each (struct ir_rule *, rule, &(*policy)->rules[dir])
			if (ir_step_asks(step, *rule) && ir_rule_matches(*rule, flow))
				ir_judge(&step->judgement, *rule, flow->request);
	}
}

static enum ir_outcome outcome_of(const struct ir_step *step, const struct ir_flow *flow)
{
	if (step->action == IR_DENY)
		return IR_OUTCOME_DENY;
	if (!step->asks)
		return IR_OUTCOME_ALLOW;
	if (!flow->request)
		return IR_OUTCOME_REDIRECT;
	return step->judgement.passes ? IR_OUTCOME_ALLOW : IR_OUTCOME_DENY;
}

enum ir_outcome ir_judge_dir(const struct ir *ir, const struct ir_flow *flow, enum ir_dir dir,
			     struct ir_trace *trace)
{
	const struct ir_endpoint *subject = dir == IR_INGRESS ? flow->dst.ep : flow->src.ep;
	struct arena *arena = trace ? trace->arena : NULL;

	if (is_self(flow)) {
		if (trace)
			trace->self = true;
		return IR_OUTCOME_ALLOW;
	}
	if (!subject || subject->host)
		return IR_OUTCOME_ALLOW;
	vec_each (struct ir_tier *, tier, &ir->tiers) {
		struct ir_step step;

		if (!eval_tier(*tier, flow, dir, subject, arena, &step))
			continue;
		if (step.asks && flow->request)
			judge_request(*tier, flow, dir, subject, &step);
		if (trace)
			vec_push(arena, &trace->steps, step);
		if (step.action != IR_PASS)
			return outcome_of(&step, flow);
	}
	return IR_OUTCOME_ALLOW;
}

enum ir_outcome ir_outcome_worse(enum ir_outcome a, enum ir_outcome b)
{
	static const int places[] = {
		[IR_OUTCOME_DENY] = 0, [IR_OUTCOME_REDIRECT] = 1, [IR_OUTCOME_ALLOW] = 2};

	return places[a] < places[b] ? a : b;
}

enum ir_outcome ir_judge_both(const struct ir *ir, const struct ir_flow *flow)
{
	return ir_outcome_worse(ir_judge_dir(ir, flow, IR_EGRESS, NULL),
				ir_judge_dir(ir, flow, IR_INGRESS, NULL));
}

enum ir_verdict ir_eval_dir(const struct ir *ir, const struct ir_flow *flow, enum ir_dir dir,
			    struct ir_trace *trace)
{
	enum ir_outcome outcome = ir_judge_dir(ir, flow, dir, trace);

	/* Whoever calls this knows of no third answer, and has asked ir_has_l7(). */
	assert(outcome != IR_OUTCOME_REDIRECT);
	return outcome == IR_OUTCOME_ALLOW ? IR_VERDICT_ALLOW : IR_VERDICT_DENY;
}

enum ir_verdict ir_eval(const struct ir *ir, const struct ir_flow *flow)
{
	if (ir_eval_dir(ir, flow, IR_EGRESS, NULL) == IR_VERDICT_DENY)
		return IR_VERDICT_DENY;
	return ir_eval_dir(ir, flow, IR_INGRESS, NULL);
}

/* Its first address of this family, or of all. */
static const struct net_addr *find_addr(const struct ir_endpoint *ep, enum net_family family)
{
	vec_each (const struct net_addr, addr, &ep->addrs)
		if (family == NET_NONE || addr->family == family)
			return addr;
	return NULL;
}

static void set_end(const struct ir_endpoint *ep, enum net_family family, struct ir_end *out)
{
	const struct net_addr *addr = find_addr(ep, family);

	out->ep = ep;
	out->addr = addr ? *addr : (struct net_addr){0};
}

struct ir_end ir_end_of(const struct ir_endpoint *ep, enum net_family family)
{
	struct ir_end end;

	set_end(ep, family, &end);
	return end;
}

void ir_flow_between(struct ir_flow *flow, const struct ir_endpoint *src,
		     const struct ir_endpoint *dst)
{
	static const enum net_family order[] = {NET_V4, NET_V6, NET_NONE};
	size_t i = 0;

	while (order[i] != NET_NONE && !(find_addr(src, order[i]) && find_addr(dst, order[i])))
		i++;
	set_end(src, order[i], &flow->src);
	set_end(dst, order[i], &flow->dst);
}
