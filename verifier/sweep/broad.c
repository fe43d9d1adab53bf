/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `broad-allow`: a rule that lets the whole world, or the whole cluster, reach every port, or be
 * reached there. Sometimes meant, and then worth a word; often a peer that somebody forgot. It
 * counts what the peers of a rule come to together, however they are written.
 */
#include "verifier/sweep/sweep.h"

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
	vec_each (const struct ir_port, port, &rule->ports)
		if (port->kind == IR_PORT_ANY && port->proto == IR_PROTO_ANY)
			return true;
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

static bool is_entity(const struct ir_peer *peer, enum ir_entity entity)
{
	return peer->kind == IR_PEER_ENTITY &&
	       (peer->entity == IR_ENTITY_ALL || peer->entity == entity);
}

static bool may_be_cluster(const struct ir *ir, const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (is_entity(peer, IR_ENTITY_CLUSTER) ||
		    (peer->kind == IR_PEER_SELECTOR && takes_plain_endpoint(ir, &peer->selector)) ||
		    (peer->kind == IR_PEER_CIDR && peer->cidr.match_endpoints))
			return true;
	return false;
}

/* Prefixes that are less than all addresses together cannot be. */
static bool may_be_family(const struct ir_rule *rule, enum net_family family)
{
	double share = 0;

	vec_each (const struct ir_peer, peer, &rule->peers) {
		if (is_entity(peer, IR_ENTITY_WORLD))
			return true;
		if (peer->kind != IR_PEER_CIDR)
			continue;
		vec_each (const struct net_prefix, p, &peer->cidr.in)
			share += p->addr.family == family ? 1.0 / (double)(1ull << (p->len & 63))
							  : 0;
	}
	return share >= 1;
}

/* --- is it? -------------------------------------------------------------------------------------
 */

static Z3_ast ends_of(struct sweep *s, enum whom whom)
{
	struct world *w = &s->world;
	uint32_t name = intern_find(&s->ir->strings, IR_NS_NAME_KEY);
	const struct ir_req has_namespace = {
		.scope = IR_SCOPE_NAMESPACE, .op = IR_EXISTS, .key = name};
	struct terms all = {0};

	if (whom == WHOM_CLUSTER) {
		vec_push(s->arena, &all, w->managed);
		if (name != INTERN_NONE && world_find_key(w, IR_SCOPE_NAMESPACE, name))
			vec_push(s->arena, &all, world_req(w, &has_namespace, WORLD_PEER));
	} else {
		vec_push(s->arena, &all, smt_not(&s->smt, w->managed));
		vec_push(s->arena, &all, smt_not(&s->smt, w->host));
		vec_push(s->arena, &all, whom == WHOM_V6 ? w->v6 : smt_not(&s->smt, w->v6));
	}
	return smt_and(&s->smt, &all);
}

static bool is_all_of(struct sweep *s, const struct ir_rule *rule, enum whom whom)
{
	struct terms peers = {0};
	enum smt_answer r;

	vec_each (const struct ir_peer, peer, &rule->peers)
		vec_push(s->arena, &peers, world_peer(&s->world, peer));
	r = sweep_ask(
		s, smt_both(&s->smt, ends_of(s, whom), smt_not(&s->smt, smt_or(&s->smt, &peers))));
	if (r != SMT_YES && r != SMT_NO)
		sweep_undecided(s, CHECK_ID_BROAD_ALLOW, rule->loc, r);
	return r == SMT_NO;
}

static const char *broad_name(struct sweep *s, const struct ir_rule *rule)
{
	unsigned found = 0;

	if (may_be_cluster(s->ir, rule) && is_all_of(s, rule, WHOM_CLUSTER))
		found |= 1u << WHOM_CLUSTER;
	if (may_be_family(rule, NET_V4) && is_all_of(s, rule, WHOM_V4))
		found |= 1u << WHOM_V4;
	if (may_be_family(rule, NET_V6) && is_all_of(s, rule, WHOM_V6))
		found |= 1u << WHOM_V6;
	return names[found];
}

static void report(struct sweep *s, const struct ir_rule *rule, const char *whom)
{
	struct rule_list involved = {.v = (const struct ir_rule *[]){rule}, .n = 1};
	struct diag_item *item;
	struct witness wit;
	enum smt_answer r;

	smt_push(&s->smt);
	smt_assert(&s->smt, world_rule(&s->world, rule));
	r = witness_find(&s->world, rule->dir, &involved, &wit);
	smt_pop(&s->smt, 1);
	if (r != SMT_YES) {
		sweep_undecided(s, CHECK_ID_BROAD_ALLOW, rule->loc, r);
		return;
	}
	if (!witness_confirms(&wit, rule)) {
		sweep_unconfirmed(s, CHECK_ID_BROAD_ALLOW, rule->loc,
				  witness_text(&s->world, &wit));
		return;
	}
	item = sweep_report(s, CHECK_ID_BROAD_ALLOW, rule->loc, "%s opens every port %s %s",
			    sweep_rule_text(s, rule), rule->dir == IR_INGRESS ? "to" : "of", whom);
	sweep_note(s, item, LOC_NONE, "for example %s; name the ports or the peers that are meant",
		   witness_text(&s->world, &wit));
}

void sweep_broad(struct sweep *s)
{
	vec_each (struct ir_rule *, rule, &s->ir->rules) {
		const char *whom;

		if ((*rule)->action != IR_ALLOW || s->states[(*rule)->id] != RULE_LIVE ||
		    !has_every_port(*rule) || s->err)
			continue;
		whom = broad_name(s, *rule);
		if (whom)
			report(s, *rule, whom);
	}
}
