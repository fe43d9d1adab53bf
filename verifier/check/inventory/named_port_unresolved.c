/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `named-port-unresolved`: the inventory has destinations of a rule, and none of them calls a
 * port by the name that the rule asks for, so that the rule matches nothing there. Without
 * an inventory a name may stand for any port.
 */
#include "compiler/ir/port.h"
#include "verifier/check/engine/checker.h"

#include "lang/base/suggest.h"

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

/* Of the destinations that lack the port. */
struct search {
	const struct ir_endpoint *example; /* NULL: there is no destination at all */
	const struct ir_endpoint *other;   /* has the name, but of another protocol */
	uint16_t other_proto;
	struct suggest names;
};

static void look_closer(struct checker *c, const struct ir_endpoint *ep, const struct ir_port *port,
			struct search *out)
{
	out->example = out->example ? out->example : ep;
	vec_each (const struct ir_named_port, have, &ep->ports) {
		if (have->name == port->name) {
			out->other = ep;
			out->other_proto = have->proto;
		} else if (have->proto == port->proto) {
			suggest_offer(&out->names, intern_str(&c->ir->strings, have->name));
		}
	}
}

/* False: a destination has the port. */
static bool is_missing(struct checker *c, const struct ir_rule *rule, const struct ir_port *port,
		       struct search *out)
{
	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints) {
		bool has = ir_endpoint_port(*ep, port->proto, port->name) >= 0;
		enum destination is = is_destination(rule, *ep);

		if (is != NEVER && has)
			return false;
		if (is == SURELY)
			look_closer(c, *ep, port, out);
	}
	return out->example != NULL;
}

static void report(struct checker *c, const struct ir_rule *rule, const struct ir_port *port,
		   const struct search *found)
{
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
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if (c->states[(*rule)->id] == RULE_EMPTY)
			continue;
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			struct search found = {0};

			if (ir_port_name(port) == INTERN_NONE)
				continue;
			suggest_init(&found.names, intern_str(&c->ir->strings, port->name));
			if (is_missing(c, *rule, port, &found))
				report(c, *rule, port, &found);
		}
	}
}
