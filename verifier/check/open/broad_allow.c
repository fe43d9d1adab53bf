/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `broad-allow`: a rule that lets the whole world, or the whole cluster, reach every port, or be
 * reached there. Sometimes meant, and then worth a word; often a peer that somebody forgot. It
 * counts what the peers of a rule come to together, however they are written.
 */
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "verifier/check/engine/checker.h"

enum whom { WHOM_CLUSTER, WHOM_V4, WHOM_V6, N_WHOM };

/* By bits of enum whom. */
static const char *const names[1 << N_WHOM] = {
	NULL,
	"the whole cluster",
	"every IPv4 address",
	"the whole cluster and every IPv4 address",
	"every IPv6 address",
	"the whole cluster and every IPv6 address",
	"the whole world",
	"everybody",
};

static bool has_every_port(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		struct ir_port_aspects a = ir_port_aspects(port);

		if (a.proto == IR_PROTO_ANY && ir_port_is_whole(&a))
			return true;
	}
	return rule->ports.n == 0;
}

/* --- could it be? A quick look, before the solver is asked ---------------------------------------
 */

/* An endpoint without labels of its own, in a namespace of which only the name is known. */
static bool takes_plain_endpoint(const struct ir *ir, const struct ir_selector *sel)
{
	uint32_t name = intern_find(&ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_req, req, &sel->reqs) {
		bool named = req->scope == IR_SCOPE_NAMESPACE && req->key == name;

		if (req->op == IR_IN || (req->op == IR_EXISTS && !named))
			return false;
	}
	return !sel->none;
}

static bool may_be_cluster(const struct ir *ir, const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers) {
		struct ir_aspects a = ir_peer_aspects(peer);

		if (a.sorts & IR_SORT_ENDPOINT && (!a.labels || takes_plain_endpoint(ir, a.labels)))
			return true;
	}
	return false;
}

/* Prefixes that are less than all addresses together cannot be. */
static bool may_be_family(const struct ir_rule *rule, enum net_family family)
{
	double share = 0;

	vec_each (const struct ir_peer, peer, &rule->peers) {
		struct ir_aspects a = ir_peer_aspects(peer);

		if (!(a.sorts & IR_SORT_OUTSIDE))
			continue;
		if (!a.addresses)
			return true;
		vec_each (const struct net_prefix, p, &a.addresses->in)
			share += p->addr.family == family ? 1.0 / (double)(1ull << (p->len & 63))
							  : 0;
	}
	return share >= 1;
}

/* --- is it? -------------------------------------------------------------------------------------
 */

static Z3_ast ends_of(struct checker *c, enum whom whom)
{
	struct encoding *e = checker_encoding(c);
	uint32_t name = intern_find(&c->ir->strings, IR_NS_NAME_KEY);
	const struct ir_req has_namespace = {
		.scope = IR_SCOPE_NAMESPACE, .op = IR_EXISTS, .key = name};
	struct terms all = {0};

	if (whom == WHOM_CLUSTER) {
		vec_push(c->arena, &all, e->managed);
		if (name != INTERN_NONE && encoding_find_key(e, IR_SCOPE_NAMESPACE, name))
			vec_push(c->arena, &all, encode_req(e, &has_namespace, SMT_PEER));
	} else {
		vec_push(c->arena, &all, smt_not(checker_smt(c), e->managed));
		vec_push(c->arena, &all, smt_not(checker_smt(c), e->host));
		vec_push(c->arena, &all, whom == WHOM_V6 ? e->v6 : smt_not(checker_smt(c), e->v6));
	}
	return smt_and(checker_smt(c), &all);
}

static bool is_all_of(struct checker *c, const struct ir_rule *rule, enum whom whom)
{
	struct terms peers = {0};
	enum smt_answer r;

	vec_each (const struct ir_peer, peer, &rule->peers)
		vec_push(c->arena, &peers, encode_peer(checker_encoding(c), peer));
	r = checker_ask(c, smt_both(checker_smt(c), ends_of(c, whom),
				    smt_not(checker_smt(c), smt_or(checker_smt(c), &peers))));
	if (r != SMT_YES && r != SMT_NO)
		checker_undecided(c, CHECK_ID_BROAD_ALLOW, rule->loc, r);
	return r == SMT_NO;
}

static const char *broad_name(struct checker *c, const struct ir_rule *rule)
{
	unsigned found = 0;

	if (may_be_cluster(c->ir, rule) && is_all_of(c, rule, WHOM_CLUSTER))
		found |= 1u << WHOM_CLUSTER;
	if (may_be_family(rule, NET_V4) && is_all_of(c, rule, WHOM_V4))
		found |= 1u << WHOM_V4;
	if (may_be_family(rule, NET_V6) && is_all_of(c, rule, WHOM_V6))
		found |= 1u << WHOM_V6;
	return names[found];
}

static void report(struct checker *c, const struct ir_rule *rule, const char *whom)
{
	struct rule_list involved = {.v = (const struct ir_rule *[]){rule}, .n = 1};
	struct diag_item *item;
	struct witness wit;
	enum smt_answer r;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), encode_rule(checker_encoding(c), rule));
	r = witness_find(checker_encoding(c), rule->dir, &involved, &wit);
	smt_pop(checker_smt(c), 1);
	if (r != SMT_YES) {
		checker_undecided(c, CHECK_ID_BROAD_ALLOW, rule->loc, r);
		return;
	}
	if (!witness_confirms(&wit, rule)) {
		checker_unconfirmed(c, CHECK_ID_BROAD_ALLOW, rule->loc,
				    witness_text(checker_encoding(c), &wit));
		return;
	}
	item = checker_report(c, CHECK_ID_BROAD_ALLOW, rule->loc, "%s opens every port %s %s",
			      checker_rule_text(c, rule), rule->dir == IR_INGRESS ? "to" : "of",
			      whom);
	checker_note(c, item, LOC_NONE,
		     "for example %s; name the ports or the peers that are meant",
		     witness_text(checker_encoding(c), &wit));
}

void check_broad_allow(struct checker *c)
{
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		const char *whom;

		if ((*rule)->action != IR_ALLOW || c->states[(*rule)->id] != RULE_LIVE ||
		    !has_every_port(*rule) || c->err)
			continue;
		whom = broad_name(c, *rule);
		if (whom)
			report(c, *rule, whom);
	}
}
