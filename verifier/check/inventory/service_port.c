/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `service-port`: a rule names the port of a Service, and the pods behind it listen on another. The
 * Service has rewritten the port before a policy sees it, so the rule opens what nobody uses.
 */
#include "compiler/eval.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "verifier/check/engine/checker.h"

struct mapped {
	const struct ir_service *service;
	const struct ir_endpoint *backend;
	uint16_t target;
};

/* 0: the backend has no such port. */
static uint16_t target_of(const struct ir_service_port *port, const struct ir_endpoint *backend)
{
	int named;

	if (port->target)
		return port->target;
	named = ir_endpoint_port(backend, port->proto, port->target_name);
	return named < 0 ? 0 : (uint16_t)named;
}

static bool listens_on(const struct ir_endpoint *ep, const struct ir_port *port)
{
	vec_each (const struct ir_declared_port, declared, &ep->declared)
		if (declared->proto == port->proto && declared->port == port->lo)
			return true;
	return false;
}

static bool is_destination(const struct ir_rule *rule, const struct ir_endpoint *ep)
{
	if (ep->host)
		return false;
	if (rule->dir == IR_INGRESS)
		return ir_policy_selects(rule->policy, ep);
	vec_each (const struct ir_peer, peer, &rule->peers) {
		const struct ir_selector *labels = ir_peer_aspects(peer).labels;

		if (labels && ir_selector_matches(labels, ep))
			return true;
	}
	return false;
}

/* Does the rule name the port behind the Service as well? */
static bool rule_has(const struct ir_rule *rule, const struct ir_endpoint *ep, uint16_t proto,
		     uint16_t number)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		struct ir_port_aspects a = ir_port_aspects(port);

		if (ir_port_takes(&a, proto) && a.lo <= number && number <= a.hi &&
		    (a.name == INTERN_NONE || ir_endpoint_port(ep, proto, a.name) == number))
			return true;
	}
	return false;
}

/* Looks at the Services of one destination. False: one of them leads to this very port, or to one
 * that the rule names. */
static bool look_behind(const struct checker *c, const struct ir_rule *rule,
			const struct ir_port *port, const struct ir_endpoint *ep,
			struct mapped *out)
{
	vec_each (const struct ir_service, service, &c->ir->beside.services) {
		if (!ir_selector_matches(&service->selector, ep))
			continue;
		vec_each (const struct ir_service_port, p, &service->ports) {
			uint16_t target = target_of(p, ep);

			if (p->proto != port->proto || !target)
				continue;
			if (target == port->lo)
				return false;
			if (p->port != port->lo)
				continue;
			if (rule_has(rule, ep, p->proto, target))
				return false;
			if (!out->service)
				*out = (struct mapped){service, ep, target};
		}
	}
	return true;
}

/* Most ports of rules are no Service's, and nobody need be asked. */
static bool is_front(const struct ir *ir, const struct ir_port *port)
{
	vec_each (const struct ir_service, service, &ir->beside.services)
		vec_each (const struct ir_service_port, p, &service->ports)
			if (p->proto == port->proto && p->port == port->lo && p->target != port->lo)
				return true;
	return false;
}

static bool find_mapping(const struct checker *c, const struct ir_rule *rule,
			 const struct ir_port *port, struct mapped *out)
{
	*out = (struct mapped){0};
	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints)
		if (is_destination(rule, *ep) &&
		    (listens_on(*ep, port) || !look_behind(c, rule, port, *ep, out)))
			return false;
	return out->service != NULL;
}

static void report(struct checker *c, const struct ir_rule *rule, const struct ir_port *port,
		   const struct mapped *found)
{
	const char *proto = ir_proto_name(port->proto);
	struct diag_item *item =
		checker_report(c, CHECK_ID_SERVICE_PORT, port->loc.line ? port->loc : rule->loc,
			       "%s names %s/%u, the port of Service %s/%s: no pod that it is about "
			       "says that it listens there",
			       checker_rule_text(c, rule), proto, port->lo, found->service->ns,
			       found->service->name);

	checker_note(c, item, found->service->loc,
		     "the Service leads to %s/%u of %s, and policies see that port: name %u", proto,
		     found->target, found->backend->name, found->target);
}

void check_service_port(struct checker *c)
{
	if (!c->ir->beside.services.n)
		return;
	vec_each (struct ir_rule *, rule, &c->ir->rules)
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			struct mapped found;

			if (port->kind == IR_PORT_RANGE && port->lo == port->hi &&
			    is_front(c->ir, port) && find_mapping(c, *rule, port, &found))
				report(c, *rule, port, &found);
		}
}
