/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `dns-egress-missing`: a policy lets its subjects out to peers that are found by name, and
 * nothing that concerns them lets them ask for a name: no rule for port 53 of UDP or TCP, to
 * anywhere, nor for 5353, where OpenShift's DNS pods listen (its service translates 53 before
 * policy looks). Then the connections that it allows fail before they begin.
 *
 * Where denies or several closed tiers can overrule the rule that would, all policies together are
 * asked.
 *
 * A policy that lets nothing out, or only to prefixes, may well be meant to do without names.
 */
#include "verifier/sweep/sweep.h"

/* Where that many lack it, a policy for all of them is missing, and the list tells no more. The
 * question to the whole of all policies is long, so it goes through so many rules at most; without
 * denies it hardly ever says more than a look, so in a large set it is not asked at all. */
enum {
	DNS_PORT = 53,
	OPENSHIFT_DNS_PORT = 5353,
	MAX_FINDINGS = 32,
	MAX_ASKED = 200000,
	SMALL_SET = 1000
};

static bool holds(const struct ir_port *range, uint16_t port)
{
	return range->lo <= port && port <= range->hi;
}

static bool port_takes_dns(const struct ir_port *port)
{
	if (port->proto != IR_PROTO_ANY && port->proto != IR_PROTO_UDP &&
	    port->proto != IR_PROTO_TCP)
		return false;
	if (port->kind == IR_PORT_RANGE)
		return holds(port, DNS_PORT) || holds(port, OPENSHIFT_DNS_PORT);
	/* A name may stand for it. */
	return port->kind != IR_PORT_NONE;
}

static bool rule_takes_dns(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		if (port_takes_dns(port))
			return true;
	}
	return rule->ports.n == 0;
}

/* A pass leaves the flow to the next tier, and in the end everything is allowed. */
static bool policy_takes_dns(struct sweep *s, const struct ir_policy *policy)
{
	vec_each (struct ir_rule *, rule, &policy->rules[IR_EGRESS]) {
		if ((*rule)->action != IR_DENY && s->states[(*rule)->id] != RULE_EMPTY &&
		    rule_takes_dns(*rule))
			return true;
	}
	return false;
}

static bool is_found_by_name(const struct ir_peer *peer)
{
	if (peer->kind == IR_PEER_ENTITY)
		return peer->entity != IR_ENTITY_HOST && peer->entity != IR_ENTITY_NONE;
	return peer->kind == IR_PEER_SELECTOR;
}

/* The first allow rule that is of little use without names. */
static const struct ir_rule *rule_in_need(struct sweep *s, const struct ir_policy *policy)
{
	vec_each (struct ir_rule *, rule, &policy->rules[IR_EGRESS]) {
		if ((*rule)->action != IR_ALLOW || s->states[(*rule)->id] == RULE_EMPTY)
			continue;
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			if (is_found_by_name(peer))
				return *rule;
		}
	}
	return NULL;
}

/* A flow on udp/53 from a subject to an end that the rule lets it reach. */
static enum smt_answer find_witness(struct sweep *s, const struct ir_rule *rule,
				    struct witness *out)
{
	const struct ir_port dns = {
		.kind = IR_PORT_RANGE, .proto = IR_PROTO_UDP, .lo = DNS_PORT, .hi = DNS_PORT};
	struct rule_list involved = {.v = (const struct ir_rule *[]){rule}, .n = 1};
	struct terms peers = {0};
	enum smt_answer r;

	vec_each (const struct ir_peer, peer, &rule->peers)
		vec_push(s->arena, &peers, world_peer(&s->world, peer));
	smt_push(&s->smt);
	smt_assert(&s->smt, world_policy(&s->world, rule->policy));
	smt_assert(&s->smt, smt_or(&s->smt, &peers));
	smt_assert(&s->smt, smt_not(&s->smt, s->world.node));
	smt_assert(&s->smt, world_port(&s->world, &dns, IR_EGRESS));
	r = witness_find(&s->world, IR_EGRESS, &involved, out);
	smt_pop(&s->smt, 1);
	return r;
}

static struct diag_item *report(struct sweep *s, const struct ir_policy *policy,
				const struct ir_rule *rule)
{
	struct diag_item *item;
	struct witness wit;
	enum smt_answer r = find_witness(s, rule, &wit);

	if (r == SMT_NO)
		return NULL;
	if (r != SMT_YES) {
		sweep_undecided(s, CHECK_ID_DNS_EGRESS_MISSING, policy->loc, r);
		return NULL;
	}
	if (ir_eval_dir(s->ir, &wit.flow, IR_EGRESS, NULL) != IR_VERDICT_DENY) {
		sweep_unconfirmed(s, CHECK_ID_DNS_EGRESS_MISSING, policy->loc,
				  witness_text(&s->world, &wit));
		return NULL;
	}
	item = sweep_report(s, CHECK_ID_DNS_EGRESS_MISSING, policy->loc,
			    "%s %s isolates egress, and nothing lets its subjects ask for DNS",
			    policy->kind, policy->name);
	sweep_note(s, item, rule->loc,
		   "this lets them out to peers that are mostly found by name; "
		   "allow udp/53 and tcp/53 to the cluster's DNS as well");
	sweep_note(s, item, LOC_NONE, "denied, for example, %s", witness_text(&s->world, &wit));
	return item;
}

/* Everything with a say about some subject of the policy. */
static bool anything_takes_dns(struct sweep *s, const struct ir_policy *policy,
			       const struct ir_policy *const *candidates, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (overlap_subjects(candidates[i], policy))
			return true;
	}
	return policy_takes_dns(s, policy);
}

/* Can something that takes DNS be overruled? */
static bool any_overrules(struct sweep *s)
{
	size_t closed = 0;

	vec_each (struct ir_tier *, tier, &s->ir->tiers) {
		bool isolates = false;

		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			isolates |= (*policy)->governs[IR_EGRESS];
		closed += isolates && (*tier)->end == IR_DENY;
	}
	vec_each (struct ir_rule *, rule, &s->ir->rules)
		if ((*rule)->dir == IR_EGRESS && (*rule)->action == IR_DENY &&
		    s->states[(*rule)->id] != RULE_EMPTY && rule_takes_dns(*rule))
			return true;
	return closed > 1;
}

/* Does a flow of some subject on these ports pass, whatever decides it? */
static enum smt_answer ask_dns(struct sweep *s, const struct ir_policy *policy)
{
	static const uint16_t protos[] = {IR_PROTO_UDP, IR_PROTO_TCP},
			      numbers[] = {DNS_PORT, OPENSHIFT_DNS_PORT};
	struct terms ports = {0}, all = {0};

	for (int i = 0; i < 4; i++) {
		const struct ir_port port = {.kind = IR_PORT_RANGE,
					     .proto = protos[i / 2],
					     .lo = numbers[i % 2],
					     .hi = numbers[i % 2]};

		vec_push(s->arena, &ports, world_port(&s->world, &port, IR_EGRESS));
	}
	vec_push(s->arena, &all, world_policy(&s->world, policy));
	vec_push(s->arena, &all, smt_not(&s->smt, s->world.node));
	vec_push(s->arena, &all, smt_or(&s->smt, &ports));
	vec_push(s->arena, &all, world_allows(&s->world, IR_EGRESS, WORLD_SUBJECT));
	return sweep_ask(s, smt_and(&s->smt, &all));
}

/* Something takes it, but may never have its say. */
static bool is_overruled(struct sweep *s, const struct ir_policy *policy, size_t *asked)
{
	enum smt_answer r;

	*asked += s->ir->rules.n;
	if (*asked > MAX_ASKED)
		return false;
	r = ask_dns(s, policy);
	if (r != SMT_YES && r != SMT_NO)
		sweep_undecided(s, CHECK_ID_DNS_EGRESS_MISSING, policy->loc, r);
	return r == SMT_NO;
}

void sweep_dns(struct sweep *s)
{
	VEC(const struct ir_policy *) candidates = {0};
	bool overrules = s->ir->rules.n <= SMALL_SET || any_overrules(s);
	size_t found = 0, asked = 0;

	vec_each (struct ir_policy *, policy, &s->ir->policies) {
		if (policy_takes_dns(s, *policy))
			vec_push(s->arena, &candidates, *policy);
	}
	vec_each (struct ir_policy *, policy, &s->ir->policies) {
		bool isolates = (*policy)->governs[IR_EGRESS] && (*policy)->tier->end == IR_DENY;
		const struct ir_rule *rule = isolates && !s->err ? rule_in_need(s, *policy) : NULL;
		struct diag_item *item;

		if (!rule || (anything_takes_dns(s, *policy, candidates.v, candidates.n) &&
			      (!overrules || !is_overruled(s, *policy, &asked))))
			continue;
		item = report(s, *policy, rule);
		if (item && ++found == MAX_FINDINGS) {
			sweep_note(s, item, LOC_NONE,
				   "this is number %d; further ones are not sought",
				   (int)MAX_FINDINGS);
			return;
		}
	}
}
