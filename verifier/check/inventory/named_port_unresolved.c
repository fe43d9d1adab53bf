/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `named-port-unresolved`: the inventory has destinations of a rule, and none of them calls a
 * port by the name that the rule asks for, so that the rule matches nothing there. Without
 * an inventory a name may stand for any port.
 *
 * `named-port-ambiguous`: one of them calls several ports by this name.
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
	uint32_t *seen, *heard; /* by endpoint and by name: the rule or port that met it last */
	uint32_t rule, port;
	struct by_label_list sure, perhaps; /* the destinations of the rule, by id */
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

static void gather(struct checker *c, struct inventory *inv, const struct ir_rule *rule,
		   const struct by_label_list *list)
{
	vec_each (const struct ir_endpoint *, ep, &list->eps) {
		enum destination is;

		if (inv->seen[(*ep)->id] == inv->rule)
			continue;
		inv->seen[(*ep)->id] = inv->rule;
		is = is_destination(rule, *ep);
		if (is == SURELY)
			vec_push(c->arena, &inv->sure.eps, *ep);
		if (is == PERHAPS)
			vec_push(c->arena, &inv->perhaps.eps, *ep);
	}
}

static int by_id(const void *a, const void *b)
{
	const struct ir_endpoint *x = *(const struct ir_endpoint *const *)a;
	const struct ir_endpoint *y = *(const struct ir_endpoint *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Once for all ports of the rule. */
static void find_destinations(struct checker *c, struct inventory *inv, const struct ir_rule *rule)
{
	inv->rule++;
	inv->sure.eps.n = inv->perhaps.eps.n = 0;
	if (rule->dir == IR_INGRESS) {
		vec_each (const struct ir_selector, sel, &rule->policy->subjects)
			gather(c, inv, rule, by_label_candidates(inv->by_label, sel));
	} else {
		vec_each (const struct ir_peer, peer, &rule->peers)
			gather(c, inv, rule, candidates_of(inv, peer));
	}
	if (inv->sure.eps.n)
		qsort(inv->sure.eps.v, inv->sure.eps.n, sizeof(*inv->sure.eps.v), by_id);
}

/* --- who has the port ----------------------------------------------------------------------------
 */

/* Of the destinations that lack the port. */
struct search {
	struct checker *c;
	struct inventory *inv;
	const struct ir_rule *rule;
	const struct ir_port *port;
	const struct ir_endpoint *example; /* NULL: there is no destination at all */
	const struct ir_endpoint *other;   /* has the name, but of another protocol */
	uint16_t other_proto;
	struct suggest names;
};

static bool has_port(const struct by_label_list *list, const struct ir_port *port)
{
	vec_each (const struct ir_endpoint *, ep, &list->eps)
		if (ir_endpoint_port(*ep, port->proto, port->name) >= 0)
			return true;
	return false;
}

static void look_closer(struct search *s, const struct ir_endpoint *ep)
{
	struct inventory *inv = s->inv;

	s->example = s->example ? s->example : ep;
	vec_each (const struct ir_named_port, have, &ep->ports) {
		if (have->name == s->port->name) {
			s->other = ep;
			s->other_proto = have->proto;
		} else if (have->proto == s->port->proto && inv->heard[have->name] != inv->port) {
			inv->heard[have->name] = inv->port;
			suggest_offer(&s->names, intern_str(&s->c->ir->strings, have->name));
		}
	}
}

/* There are destinations, and all of them lack the port. */
static bool is_missing(struct search *s)
{
	struct inventory *inv = s->inv;

	if (has_port(&inv->sure, s->port) || has_port(&inv->perhaps, s->port))
		return false;
	inv->port++;
	vec_each (const struct ir_endpoint *, ep, &inv->sure.eps)
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

/* --- who has several -----------------------------------------------------------------------------
 */

/* Another number of the name than the one that counts; -1: there is none. */
static int other_number(const struct ir_endpoint *ep, const struct ir_port *port)
{
	int first = ir_endpoint_port(ep, port->proto, port->name);

	vec_each (const struct ir_declared_port, declared, &ep->declared)
		if (declared->name == port->name && declared->proto == port->proto &&
		    declared->port != first)
			return declared->port;
	return -1;
}

static void report_ambiguous(struct checker *c, const struct ir_rule *rule,
			     const struct ir_port *port, const struct ir_endpoint *ep)
{
	const char *name = intern_str(&c->ir->strings, port->name);
	int first = ir_endpoint_port(ep, port->proto, port->name), other = other_number(ep, port);
	struct diag_item *item = checker_report(
		c, CHECK_ID_NAMED_PORT_AMBIGUOUS, port->loc.line ? port->loc : rule->loc,
		"containers of %s give the name '%s' to the ports %d and %d: which of them %s is "
		"about is not the same everywhere",
		ep->name, name, first, other, checker_rule_text(c, rule));

	checker_note(c, item, ep->loc,
		     "here it is %d, as for Kubernetes; others may take each, or "
		     "the last one",
		     first);
}

static void check_ambiguous(struct checker *c, const struct inventory *inv,
			    const struct ir_rule *rule, const struct ir_port *port)
{
	vec_each (const struct ir_endpoint *, ep, &inv->sure.eps) {
		if (other_number(*ep, port) < 0)
			continue;
		report_ambiguous(c, rule, port, *ep);
		return;
	}
}

static bool names_ports(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports)
		if (ir_port_name(port) != INTERN_NONE)
			return true;
	return false;
}

static void check_ports(struct checker *c, struct inventory *inv, const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		struct search s = {.c = c, .inv = inv, .rule = rule, .port = port};

		if (ir_port_name(port) == INTERN_NONE)
			continue;
		suggest_init(&s.names, intern_str(&c->ir->strings, port->name));
		if (is_missing(&s))
			report(c, &s);
		else
			check_ambiguous(c, inv, rule, port);
	}
}

void check_named_port_unresolved(struct checker *c)
{
	struct inventory inv;

	inventory_init(&inv, c);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if (c->states[(*rule)->id] == RULE_EMPTY || !names_ports(*rule))
			continue;
		find_destinations(c, &inv, *rule);
		check_ports(c, &inv, *rule);
	}
}
