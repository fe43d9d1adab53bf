/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `named-port-unresolved`: the inventory has destinations of a rule, and none of them calls a
 * port by the name that the rule asks for, so that the rule matches nothing there. Without
 * an inventory a name may stand for any port.
 */
#include <stdlib.h>

#include "compiler/classes/by_label.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "lang/base/suggest.h"
#include "verifier/check/engine/checker.h"

enum destination { NEVER, PERHAPS, SURELY };

static bool peers_match(const struct ir_rule *rule, const struct ir_end *end)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (ir_peer_matches(peer, end))
			return true;
	return false;
}

/* By some of its addresses, or by whichever it may get. */
static enum destination is_peer(const struct ir_rule *rule, const struct ir_endpoint *ep)
{
	size_t n = 0;

	if (!ep->addrs.n)
		return peers_match(rule, &(struct ir_end){.ep = ep}) ? SURELY : NEVER;
	vec_each (const struct net_addr, addr, &ep->addrs)
		n += peers_match(rule, &(struct ir_end){.ep = ep, .addr = *addr});
	if (!n)
		return NEVER;
	return ep->supposed && n < ep->addrs.n ? PERHAPS : SURELY;
}

/* Whose names of ports count for this rule? */
static enum destination is_destination(const struct ir_rule *rule, const struct ir_endpoint *ep)
{
	if (rule->dir == IR_INGRESS)
		return !ep->host && ir_policy_selects(rule->policy, ep) ? SURELY : NEVER;
	return is_peer(rule, ep);
}

/* --- who may be one ------------------------------------------------------------------------------
 */

struct inventory {
	struct by_label *by_label;
	struct by_label_list all, hosts;
	uint32_t *seen, *heard; /* by endpoint and by name: the question that met it last */
	uint32_t question;
	struct by_label_list found;
};

static void inventory_init(struct inventory *inv, struct checker *c)
{
	*inv = (struct inventory){
		.seen = arena_array(c->arena, uint32_t, c->ir->endpoints.n + 1),
		.heard = arena_array(c->arena, uint32_t, c->ir->strings.strings.n + 1)};
	inv->by_label = checker_by_label(c);
	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints) {
		vec_push(c->arena, &inv->all.eps, *ep);
		if ((*ep)->host)
			vec_push(c->arena, &inv->hosts.eps, *ep);
	}
}

/* Some endpoints, among them all that the peer matches; valid until the next call. */
static const struct by_label_list *candidates_of(struct inventory *inv, const struct ir_peer *peer)
{
	static const struct by_label_list nobody = {0};
	struct ir_aspects a = ir_peer_aspects(peer);

	if (a.labels)
		return by_label_candidates(inv->by_label, a.labels);
	if (a.sorts & IR_SORT_ENDPOINT)
		return &inv->all;
	return a.sorts & IR_SORT_HOST ? &inv->hosts : &nobody;
}

/* False: enough. */
typedef bool visit_candidates(void *ctx, const struct by_label_list *list);

/* All that may be destinations, some perhaps in several lists. */
static void each_candidates(struct inventory *inv, const struct ir_rule *rule,
			    visit_candidates *visit, void *ctx)
{
	if (rule->dir == IR_INGRESS) {
		vec_each (const struct ir_selector, sel, &rule->policy->subjects)
			if (!visit(ctx, by_label_candidates(inv->by_label, sel)))
				return;
		return;
	}
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (!visit(ctx, candidates_of(inv, peer)))
			return;
}

/* --- who has the port ----------------------------------------------------------------------------
 */

/* Of the destinations that lack the port. */
struct search {
	struct checker *c;
	struct inventory *inv;
	const struct ir_rule *rule;
	const struct ir_port *port;
	bool resolved;
	const struct ir_endpoint *example; /* NULL: there is no destination at all */
	const struct ir_endpoint *other;   /* has the name, but of another protocol */
	uint16_t other_proto;
	struct suggest names;
};

static bool seek_port(void *ctx, const struct by_label_list *list)
{
	struct search *s = ctx;

	vec_each (const struct ir_endpoint *, ep, &list->eps) {
		s->resolved = ir_endpoint_port(*ep, s->port->proto, s->port->name) >= 0 &&
			      is_destination(s->rule, *ep) != NEVER;
		if (s->resolved)
			return false;
	}
	return true;
}

static bool gather(void *ctx, const struct by_label_list *list)
{
	struct search *s = ctx;
	struct inventory *inv = s->inv;

	vec_each (const struct ir_endpoint *, ep, &list->eps) {
		if (inv->seen[(*ep)->id] == inv->question)
			continue;
		inv->seen[(*ep)->id] = inv->question;
		if (is_destination(s->rule, *ep) == SURELY)
			vec_push(s->c->arena, &inv->found.eps, *ep);
	}
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct ir_endpoint *x = *(const struct ir_endpoint *const *)a;
	const struct ir_endpoint *y = *(const struct ir_endpoint *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void look_closer(struct search *s, const struct ir_endpoint *ep)
{
	struct inventory *inv = s->inv;

	s->example = s->example ? s->example : ep;
	vec_each (const struct ir_named_port, have, &ep->ports) {
		if (have->name == s->port->name) {
			s->other = ep;
			s->other_proto = have->proto;
		} else if (have->proto == s->port->proto &&
			   inv->heard[have->name] != inv->question) {
			inv->heard[have->name] = inv->question;
			suggest_offer(&s->names, intern_str(&s->c->ir->strings, have->name));
		}
	}
}

/* There are destinations, and all of them lack the port. */
static bool is_missing(struct search *s)
{
	struct inventory *inv = s->inv;

	each_candidates(inv, s->rule, seek_port, s);
	if (s->resolved)
		return false;
	inv->question++;
	inv->found.eps.n = 0;
	each_candidates(inv, s->rule, gather, s);
	if (inv->found.eps.n)
		qsort(inv->found.eps.v, inv->found.eps.n, sizeof(*inv->found.eps.v), by_id);
	vec_each (const struct ir_endpoint *, ep, &inv->found.eps)
		look_closer(s, *ep);
	return s->example != NULL;
}

static void report(struct checker *c, const struct search *found)
{
	const struct ir_rule *rule = found->rule;
	const struct ir_port *port = found->port;
	const char *name = intern_str(&c->ir->strings, port->name);
	const char *proto = ir_proto_name(port->proto);
	struct diag_item *item = checker_report(
		c, CHECK_ID_NAMED_PORT_UNRESOLVED, port->loc.line ? port->loc : rule->loc,
		"no destination of %s has a %s port '%s', so nothing matches it",
		checker_rule_text(c, rule), proto ? proto : "matching", name);

	checker_note(c, item, found->example->loc, "for example %s has none", found->example->name);
	if (found->other && ir_proto_name(found->other_proto))
		checker_note(c, item, found->other->loc, "%s has a port '%s', but of %s",
			     found->other->name, name, ir_proto_name(found->other_proto));
	else if (found->names.best)
		checker_note(c, item, LOC_NONE, "did you mean '%s'?", found->names.best);
}

void check_named_port_unresolved(struct checker *c)
{
	struct inventory inv;

	inventory_init(&inv, c);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if (c->states[(*rule)->id] == RULE_EMPTY)
			continue;
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			struct search s = {.c = c, .inv = &inv, .rule = *rule, .port = port};

			if (ir_port_name(port) == INTERN_NONE)
				continue;
			suggest_init(&s.names, intern_str(&c->ir->strings, port->name));
			if (is_missing(&s))
				report(c, &s);
		}
	}
}
