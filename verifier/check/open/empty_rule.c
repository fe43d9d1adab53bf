/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `empty-rule`: a rule, or a peer in it, that no address, endpoint and port can ever meet; and
 * with it the states of rules, as other checks leave out what can match nothing. Selectors that
 * contradict themselves are `contradiction`, in contradiction.c; a policy for `none` is
 * `empty-selector-match`. There is no witness, as nothing matches.
 */
#include <math.h>

#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/open/contradiction.h"

/* --- can it match at all? ------------------------------------------------------------------- */

/* Half of a prefix or more stays, whatever of the exceptions overlaps. */
static bool leaves_half(const struct net_prefix *p, const struct ir_cidr *addresses)
{
	double gone = 0;

	vec_each (const struct net_prefix, e, &addresses->except) {
		if (net_prefix_has_prefix(e, p))
			return false;
		if (net_prefix_has_prefix(p, e))
			gone += ldexp(1, p->len - e->len);
	}
	return gone <= 0.5;
}

static bool has_addresses(const struct ir_cidr *addresses)
{
	vec_each (const struct net_prefix, p, &addresses->in)
		if (leaves_half(p, addresses))
			return true;
	return false;
}

static enum smt_answer peer_possible(struct checker *c, const struct ir_peer *peer)
{
	struct ir_aspects a = ir_peer_aspects(peer);

	if (a.labels && !a.addresses)
		return contradiction_ask(c, a.labels, SMT_PEER);
	if (!a.labels && (a.addresses ? has_addresses(a.addresses) : a.sorts != 0))
		return SMT_YES;
	return checker_ask(c, encode_peer(checker_encoding(c), peer));
}

/* Labels of the subject's namespace other than its name can exclude a peer of the same
 * namespace. */
static bool has_namespace_labels(const struct ir *ir, const struct ir_policy *policy)
{
	uint32_t name = intern_find(&ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_selector, sel, &policy->subjects) {
		vec_each (const struct ir_req, req, &sel->reqs) {
			if (req->scope == IR_SCOPE_NAMESPACE && req->key != name)
				return true;
		}
	}
	return false;
}

/* A rule with ports of TCP, UDP or SCTP by number is as possible as its peers are. */
static bool has_plain_port(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		struct ir_port_aspects a = ir_port_aspects(port);

		if ((a.proto == IR_PROTO_ANY || ir_proto_has_names(a.proto)) && !a.nothing &&
		    a.name == INTERN_NONE)
			return true;
	}
	return rule->ports.n == 0;
}

/* --- findings ----------------------------------------------------------------------------------
 */

static void report_peer(struct checker *c, const struct ir_rule *rule, const struct ir_peer *peer)
{
	struct loc loc = peer->loc.line ? peer->loc : rule->loc;
	const struct ir_selector *labels = ir_peer_labels_alone(peer);
	const char *text = checker_rule_text(c, rule);

	if (labels && !labels->none)
		contradiction_report(c, labels, SMT_PEER, loc,
				     arena_printf(c->arena,
						  "a peer in %s matches nothing: no endpoint can "
						  "meet its selector",
						  text));
	else
		checker_report(
			c, CHECK_ID_EMPTY_RULE, loc, "a peer in %s matches nothing: %s", text,
			ir_peer_aspects(peer).addresses ? "no address is left of its prefixes"
							: "it is 'none'");
}

/* --- rules -------------------------------------------------------------------------------------
 */

/* Every flow dimension is possible by itself, but not together: ICMPv6 from IPv4 addresses,
 * a named port of an external address. */
static void check_combination(struct checker *c, const struct ir_rule *rule)
{
	bool plain = has_plain_port(rule) && !has_namespace_labels(c->ir, rule->policy);
	enum smt_answer r =
		plain ? SMT_YES : checker_ask(c, encode_rule(checker_encoding(c), rule));

	if (r == SMT_NO) {
		c->states[rule->id] = RULE_EMPTY;
		checker_report(
			c, CHECK_ID_EMPTY_RULE, rule->loc,
			"%s matches no flow: none of its peers can be met on one of its ports",
			checker_rule_text(c, rule));
	} else if (r != SMT_YES) {
		checker_undecided(c, CHECK_ID_EMPTY_RULE, rule->loc, r);
	}
}

static void check_rule(struct checker *c, const struct ir_rule *rule)
{
	size_t dead = 0;

	checker_about(c, rule, NULL);
	vec_each (const struct ir_peer, peer, &rule->peers) {
		enum smt_answer r = peer_possible(c, peer);

		if (r == SMT_NO) {
			dead++;
			report_peer(c, rule, peer);
		} else if (r != SMT_YES) {
			checker_undecided(c, CHECK_ID_EMPTY_RULE, peer->loc, r);
		}
	}
	if (dead == rule->peers.n)
		c->states[rule->id] = RULE_EMPTY;
	else
		check_combination(c, rule);
}

/* --- policies ----------------------------------------------------------------------------------
 */

static void bury_rules(struct checker *c, const struct ir_policy *policy)
{
	c->vain[policy->id] = true;
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			c->states[(*rule)->id] = RULE_EMPTY;
	}
}

static void report_subject(struct checker *c, const struct ir_policy *policy,
			   const struct ir_selector *sel)
{
	struct loc loc = sel->loc.line ? sel->loc : policy->loc;
	const char *text =
		arena_printf(c->arena, "%s %s can select nothing here", policy->kind, policy->name);

	if (sel->none)
		checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, loc, "%s: it is 'none'", text);
	else
		contradiction_report(
			c, sel, SMT_SUBJECT, loc,
			arena_printf(c->arena, "%s: no endpoint can meet the selector", text));
}

/* False: the policy selects nothing, so its rules do not matter. */
static bool check_subjects(struct checker *c, const struct ir_policy *policy)
{
	size_t dead = 0;

	vec_each (const struct ir_selector, sel, &policy->subjects) {
		enum smt_answer r = contradiction_ask(c, sel, SMT_SUBJECT);

		if (r == SMT_NO) {
			dead++;
			report_subject(c, policy, sel);
		} else if (r != SMT_YES) {
			checker_undecided(c, CHECK_ID_CONTRADICTION, sel->loc, r);
		}
	}
	return dead < policy->subjects.n;
}

void check_empty_rule(struct checker *c)
{
	vec_each (struct ir_policy *, policy, &c->ir->policies) {
		if (c->err)
			return;
		if (!check_subjects(c, *policy)) {
			bury_rules(c, *policy);
			continue;
		}
		for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
			vec_each (struct ir_rule *, rule, &(*policy)->rules[dir])
				check_rule(c, *rule);
		}
	}
}
