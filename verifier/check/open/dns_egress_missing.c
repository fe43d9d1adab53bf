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
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/engine/points.h"

/* The question to the whole of all policies is long, so it goes through so many rules at most;
 * without denies it hardly ever says more than a look, so in a large set it is not asked at all. */
enum { DNS_PORT = 53, OPENSHIFT_DNS_PORT = 5353, MAX_ASKED = 200000, SMALL_SET = 1000 };

static const struct {
	uint16_t proto, port;
} dns_ports[] = {{IR_PROTO_UDP, DNS_PORT},
		 {IR_PROTO_UDP, OPENSHIFT_DNS_PORT},
		 {IR_PROTO_TCP, DNS_PORT},
		 {IR_PROTO_TCP, OPENSHIFT_DNS_PORT}};
enum { N_DNS_PORTS = sizeof(dns_ports) / sizeof(*dns_ports) };

/* What was asked of all policies together, and what was left out. */
struct asked {
	size_t rules;                  /* that questions went through */
	const struct ir_policy *first; /* that no question was asked of */
	size_t left_out;               /* policies like that */
	struct points *points;         /* of one rule after the other */
};

static bool holds(const struct ir_port_aspects *a, uint16_t port)
{
	return a->lo <= port && port <= a->hi;
}

/* A name may stand for it. */
static bool port_takes_dns(const struct ir_port *port)
{
	struct ir_port_aspects a = ir_port_aspects(port);

	return (ir_port_takes(&a, IR_PROTO_UDP) || ir_port_takes(&a, IR_PROTO_TCP)) &&
	       (holds(&a, DNS_PORT) || holds(&a, OPENSHIFT_DNS_PORT));
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
static bool policy_takes_dns(struct checker *c, const struct ir_policy *policy)
{
	vec_each (struct ir_rule *, rule, &policy->rules[IR_EGRESS]) {
		if ((*rule)->action != IR_DENY && c->states[(*rule)->id] != RULE_EMPTY &&
		    rule_takes_dns(*rule))
			return true;
	}
	return false;
}

static bool is_found_by_name(const struct ir_peer *peer)
{
	struct ir_aspects a = ir_peer_aspects(peer);

	return !a.addresses && a.sorts & (IR_SORT_ENDPOINT | IR_SORT_OUTSIDE);
}

/* The first allow rule that is of little use without names. */
static const struct ir_rule *rule_in_need(struct checker *c, const struct ir_policy *policy)
{
	vec_each (struct ir_rule *, rule, &policy->rules[IR_EGRESS]) {
		if ((*rule)->action != IR_ALLOW || c->states[(*rule)->id] == RULE_EMPTY)
			continue;
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			if (is_found_by_name(peer))
				return *rule;
		}
	}
	return NULL;
}

/* A flow on udp/53 from a subject to an end that the rule lets it reach. */
static enum smt_answer find_witness(struct checker *c, const struct ir_rule *rule,
				    struct witness *out)
{
	const struct ir_port dns = ir_port_of(IR_PROTO_UDP, DNS_PORT);
	struct rule_list involved = {.v = (const struct ir_rule *[]){rule}, .n = 1};
	struct terms peers = {0};
	enum smt_answer r;

	vec_each (const struct ir_peer, peer, &rule->peers)
		vec_push(c->arena, &peers, encode_peer(checker_encoding(c), peer));
	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), encode_policy(checker_encoding(c), rule->policy));
	smt_assert(checker_smt(c), smt_or(checker_smt(c), &peers));
	smt_assert(checker_smt(c), smt_not(checker_smt(c), checker_encoding(c)->node));
	smt_assert(checker_smt(c), encode_port(checker_encoding(c), &dns, IR_EGRESS));
	r = witness_find(checker_encoding(c), IR_EGRESS, &involved, out);
	smt_pop(checker_smt(c), 1);
	return r;
}

static void report(struct checker *c, const struct ir_policy *policy, const struct ir_rule *rule)
{
	struct diag_item *item;
	struct witness wit;
	enum smt_answer r = find_witness(c, rule, &wit);

	if (r == SMT_NO)
		return;
	if (r != SMT_YES) {
		checker_undecided(c, CHECK_ID_DNS_EGRESS_MISSING, policy->loc, r);
		return;
	}
	if (ir_judge_dir(c->ir, &wit.flow, IR_EGRESS, NULL) != IR_OUTCOME_DENY) {
		checker_unconfirmed(c, CHECK_ID_DNS_EGRESS_MISSING, policy->loc,
				    witness_text(checker_encoding(c), &wit));
		return;
	}
	item = checker_report(c, CHECK_ID_DNS_EGRESS_MISSING, policy->loc,
			      "%s %s isolates egress, and nothing lets its subjects ask for DNS",
			      policy->kind, policy->name);
	checker_note(c, item, rule->loc,
		     "this lets them out to peers that are mostly found by name; "
		     "allow udp/53 and tcp/53 to the cluster's DNS as well");
	checker_note(c, item, LOC_NONE, "denied, for example, %s",
		     witness_text(checker_encoding(c), &wit));
}

/* A rule of each policy that takes DNS, by the subjects that it takes it for. */
static struct subject_index *index_takers(struct checker *c)
{
	struct rule_list takers = {0};

	vec_each (struct ir_policy *, policy, &c->ir->policies) {
		if (policy_takes_dns(c, *policy))
			vec_push(c->arena, &takers,
				 (const struct ir_rule *)(*policy)->rules[IR_EGRESS].v[0]);
	}
	return subject_index_new(&takers, c->ir, c->arena);
}

/* Everything with a say about some subject of the policy of the rule. */
static bool anything_takes_dns(struct checker *c, const struct ir_rule *rule,
			       const struct subject_index *takers)
{
	return policy_takes_dns(c, rule->policy) || subject_index_meets(takers, rule, c->arena);
}

/* Can something that takes DNS be overruled? */
static bool any_overrules(struct checker *c)
{
	size_t closed = 0;

	vec_each (struct ir_tier *, tier, &c->ir->tiers) {
		bool isolates = false;

		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			isolates |= (*policy)->governs[IR_EGRESS];
		closed += isolates && (*tier)->end == IR_DENY;
	}
	vec_each (struct ir_rule *, rule, &c->ir->rules)
		if ((*rule)->dir == IR_EGRESS && (*rule)->action == IR_DENY &&
		    c->states[(*rule)->id] != RULE_EMPTY && rule_takes_dns(*rule))
			return true;
	return closed > 1;
}

/* Does DNS pass at the point, where the destination calls the port by that name? */
static bool passes_as(struct checker *c, struct points *p, struct witness *point, uint32_t name)
{
	for (int i = 0; i < N_DNS_PORTS; i++) {
		const struct point_port port = {dns_ports[i].proto, dns_ports[i].port, name};

		points_set_port(p, point, &port);
		if (ir_eval_dir(c->ir, &point->flow, IR_EGRESS, NULL) == IR_VERDICT_ALLOW)
			return true;
	}
	return false;
}

/* The name by which the rule takes DNS, if it is by name. */
static uint32_t dns_name(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports)
		if (port_takes_dns(port))
			return ir_port_name(port);
	return INTERN_NONE;
}

/* Plain flows of the policy's rules show that DNS passes, as mostly they do. */
static bool some_point_passes(struct checker *c, const struct ir_policy *policy,
			      struct points *points)
{
	vec_each (struct ir_rule *, rule, &policy->rules[IR_EGRESS]) {
		if ((*rule)->action == IR_DENY || !rule_takes_dns(*rule))
			continue;
		points_of_rule(points, c->ir, *rule, c->arena);
		/* A host may be the node of the subject, which is nobody to ask for DNS. */
		for (size_t i = 0; i < points->n; i++)
			if (!points->v[i].peer.host &&
			    passes_as(c, points, &points->v[i], dns_name(*rule)))
				return true;
	}
	return false;
}

/* Does a flow of some subject on these ports pass, whatever decides it? */
static enum smt_answer ask_dns(struct checker *c, const struct ir_policy *policy)
{
	struct terms ports = {0}, all = {0};

	for (int i = 0; i < N_DNS_PORTS; i++) {
		const struct ir_port port = ir_port_of(dns_ports[i].proto, dns_ports[i].port);

		vec_push(c->arena, &ports, encode_port(checker_encoding(c), &port, IR_EGRESS));
	}
	vec_push(c->arena, &all, encode_policy(checker_encoding(c), policy));
	vec_push(c->arena, &all, smt_not(checker_smt(c), checker_encoding(c)->node));
	vec_push(c->arena, &all, smt_or(checker_smt(c), &ports));
	vec_push(c->arena, &all, encode_allows(checker_encoding(c), IR_EGRESS, SMT_SUBJECT));
	return checker_ask(c, smt_and(checker_smt(c), &all));
}

/* Something takes it, but may never have its say. */
static bool is_overruled(struct checker *c, const struct ir_policy *policy, struct asked *asked)
{
	enum smt_answer r;

	if (some_point_passes(c, policy, asked->points))
		return false;
	if (asked->rules + c->ir->rules.n > MAX_ASKED) {
		if (!asked->left_out++)
			asked->first = policy;
		return false;
	}
	asked->rules += c->ir->rules.n;
	r = ask_dns(c, policy);
	if (r != SMT_YES && r != SMT_NO)
		checker_undecided(c, CHECK_ID_DNS_EGRESS_MISSING, policy->loc, r);
	return r == SMT_NO;
}

static void report_left_out(struct checker *c, const struct asked *asked)
{
	if (asked->left_out)
		checker_left_out(c, CHECK_ID_DNS_EGRESS_MISSING, asked->first->loc,
				 "for %zu %s, of which %s %s is the first: whether rules overrule "
				 "what takes DNS is a question to all %zu rules, too long to ask "
				 "it that often; check fewer policies at a time",
				 asked->left_out, asked->left_out == 1 ? "policy" : "policies",
				 asked->first->kind, asked->first->name, c->ir->rules.n);
}

void check_dns_egress_missing(struct checker *c)
{
	const struct subject_index *takers = index_takers(c);
	bool overrules = c->ir->rules.n <= SMALL_SET || any_overrules(c);
	struct asked asked = {.points = arena_new(c->arena, struct points)};

	vec_each (struct ir_policy *, policy, &c->ir->policies) {
		bool isolates = (*policy)->governs[IR_EGRESS] && (*policy)->tier->end == IR_DENY;
		const struct ir_rule *rule = isolates && !c->err ? rule_in_need(c, *policy) : NULL;

		if (!rule || (anything_takes_dns(c, rule, takers) &&
			      (!overrules || !is_overruled(c, *policy, &asked))))
			continue;
		report(c, *policy, rule);
	}
	report_left_out(c, &asked);
}
