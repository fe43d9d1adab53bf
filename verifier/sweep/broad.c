/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `broad-allow`: a rule that lets the whole world, or the whole cluster, reach every port, or be
 * reached there. Sometimes meant, and then worth a word; often a peer that somebody forgot.
 */
#include "verifier/sweep/points.h"
#include "verifier/sweep/sweep.h"

static bool has_every_port(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports)
		if (port->kind == IR_PORT_ANY && port->proto == IR_PROTO_ANY)
			return true;
	return rule->ports.n == 0;
}

static bool is_every_address(const struct ir_cidr *cidr)
{
	vec_each (const struct net_prefix, p, &cidr->in)
		if (p->len == 0 && !cidr->except.n)
			return true;
	return false;
}

/* What the peer means, if it is broad; NULL if not. */
static const char *broad_name(const struct ir *ir, const struct ir_peer *peer)
{
	static const char *const entities[] = {[IR_ENTITY_ALL] = "everybody",
					       [IR_ENTITY_CLUSTER] = "the whole cluster",
					       [IR_ENTITY_WORLD] = "the whole world",
					       [IR_ENTITY_NONE] = NULL};

	switch (peer->kind) {
	case IR_PEER_SELECTOR:
		return sweep_is_every_endpoint(ir, &peer->selector)
			       ? "every endpoint of the cluster"
			       : NULL;
	case IR_PEER_CIDR:
		return is_every_address(&peer->cidr) ? "every address" : NULL;
	case IR_PEER_ENTITY:
		return entities[peer->entity];
	}
	return NULL;
}

static void report(struct sweep *s, const struct ir_rule *rule, const char *whom)
{
	struct points *points = arena_new(s->arena, struct points);
	struct point_ports ports = {0};
	struct diag_item *item;
	struct witness *point;

	points_of_rule(points, s->ir, rule, s->arena);
	if (!points->n)
		return;
	point = &points->v[0];
	points_ports(rule, &(struct rule_list){0}, NET_V4, s->arena, &ports);
	point->flow.proto = ports.list.v[0].proto;
	point->flow.port = ports.list.v[0].port;
	if (!witness_confirms(point, rule))
		return;
	item = sweep_report(s, CHECK_ID_BROAD_ALLOW, rule->loc, "%s opens every port %s %s",
			    sweep_rule_text(s, rule), rule->dir == IR_INGRESS ? "to" : "of", whom);
	sweep_note(s, item, LOC_NONE, "for example %s; name the ports or the peers that are meant",
		   witness_text(&s->world, point));
}

void sweep_broad(struct sweep *s)
{
	vec_each (struct ir_rule *, rule, &s->ir->rules) {
		const char *whom = NULL;

		if ((*rule)->action != IR_ALLOW || s->states[(*rule)->id] != RULE_LIVE ||
		    !has_every_port(*rule))
			continue;
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			whom = whom ? whom : broad_name(s->ir, peer);
		if (whom)
			report(s, *rule, whom);
	}
}
