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
#include "verifier/check/open/portability/nodes.h"

/* Questions to all policies go through so many rules at most; what is left then has no answer. */
enum { MAX_ASKED = 200000 };

struct portability {
	struct checker *c;
	struct ir *cilium;
	struct encoding encoding;    /* of `cilium`; made with it */
	size_t asked;                /* rules that questions went through */
	const struct ir_rule *first; /* that no question was asked of */
	size_t left_out;             /* rules like that */
	struct ir_peer private;      /* where pods have their addresses */
};

static const struct portability_difference pods = {
	"whether its ipBlock matches pods depends on the engine",
	"allowed by Calico, whose ipBlock matches every address; denied by Cilium, whose matches "
	"no "
	"pod; Kubernetes leaves it open",
	"'except' the range of the pods, or select the pods by labels"};
static const struct portability_difference sctp = {
	"whether SCTP passes depends on the engine",
	"allowed by Kubernetes and Calico; Cilium drops SCTP unless it was installed with "
	"sctp.enabled=true",
	"make sure that every cluster has it"};

/* --- Cilium's meaning --------------------------------------------------------------------------
 */

static struct ir_rule *narrow_rule(const struct ir_rule *rule, struct arena *arena)
{
	struct ir_rule *copy = ir_rule_copy(rule, arena);

	/* A prefix holds no pods; nodes are in nodes.c. */
	vec_each (struct ir_peer, peer, &copy->peers)
		if (peer->kind == IR_PEER_CIDR)
			peer->cidr.match_endpoints = false;
	return copy;
}

bool portability_concerns(const struct ir_policy *policy)
{
	return strcmp(policy->kind, "NetworkPolicy") == 0;
}

struct ir_policy *portability_narrow(const struct ir_policy *policy,
				     portability_narrow_rule *narrow, struct arena *arena)
{
	struct ir_policy *copy = ir_policy_copy_bare(policy, arena);

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			vec_push(arena, &copy->rules[dir], narrow(*rule, arena));
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
		if (portability_concerns(*policy))
			narrow[(*policy)->id] =
				portability_narrow(*policy, narrow_rule, p->c->arena);
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
	return ir_judge_dir(p->c->ir, flow, dir, NULL) != IR_OUTCOME_DENY &&
	       ir_judge_dir(p->cilium, flow, dir, NULL) == IR_OUTCOME_DENY;
}

void portability_report(struct checker *c, const struct ir_rule *rule,
			const struct portability_difference *d, const char *flow)
{
	struct diag_item *item = checker_report(c, CHECK_ID_PORTABILITY, rule->loc, "%s: %s",
						checker_rule_text(c, rule), d->what);

	checker_note(c, item, LOC_NONE, "for example %s: %s", flow, d->words);
	checker_note(c, item, LOC_NONE, "%s", d->advice);
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
	if (p->asked + c->ir->rules.n > MAX_ASKED) {
		if (!p->left_out++)
			p->first = rule;
		return SMT_NO;
	}
	p->asked += c->ir->rules.n;
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
		portability_report(p->c, rule, &pods, witness_text(e, &wit));
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
		    ir_judge_dir(c->ir, &wit.flow, rule->dir, NULL) != IR_OUTCOME_DENY) {
			portability_report(p->c, rule, &sctp,
					   witness_text(checker_encoding(c), &wit));
			return;
		}
		if (r != SMT_YES && r != SMT_NO)
			checker_undecided(c, CHECK_ID_PORTABILITY, rule->loc, r);
	}
}

static void report_left_out(const struct portability *p)
{
	if (p->left_out)
		checker_left_out(p->c, CHECK_ID_PORTABILITY, p->first->loc,
				 "for %zu rule%s, of which %s is the first: whether rules decide "
				 "alike what pods of its ipBlock send and get is a question to all "
				 "%zu rules, too long to ask it that often; check fewer policies "
				 "at a time",
				 p->left_out, p->left_out == 1 ? "" : "s",
				 checker_rule_text(p->c, p->first), p->c->ir->rules.n);
}

static void find_private(struct portability *p)
{
	p->private = (struct ir_peer){.kind = IR_PEER_CIDR, .cidr = {.match_endpoints = true}};
	for (size_t i = 0; i < NET_N_PRIVATE; i++)
		vec_push(p->c->arena, &p->private.cidr.in, net_private[i]);
}

void check_portability(struct checker *c)
{
	struct portability p = {.c = c};
	struct nodes *nodes = nodes_new(c);

	find_private(&p);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if (c->err)
			return;
		if (!portability_concerns((*rule)->policy) || (*rule)->action != IR_ALLOW ||
		    c->states[(*rule)->id] != RULE_LIVE)
			continue;
		seek_pods(&p, *rule);
		nodes_seek(nodes, *rule);
		seek_sctp(&p, *rule);
	}
	report_left_out(&p);
	nodes_end(nodes);
}
