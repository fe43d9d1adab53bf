/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `service-port`: a rule names the port of a Service, and the pods behind it listen on another. The
 * Service, or the node whose port it has, has rewritten the port before a policy sees it, so the
 * rule opens what nobody uses.
 */
#include "compiler/eval.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "verifier/check/engine/checker.h"

struct mapped {
	const struct ir_service *service;
	const struct ir_endpoint *backend;
	uint16_t front, target;
	bool node;     /* `front` is the port of the nodes */
	uint32_t name; /* that the Service calls it by; INTERN_NONE: it says the number */
	bool several;  /* one port will not do for all */
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

static bool holds(const struct ir_port *port, uint16_t number)
{
	return port->lo <= number && number <= port->hi;
}

static bool listens_on(const struct ir_endpoint *ep, const struct ir_port *port)
{
	vec_each (const struct ir_declared_port, declared, &ep->declared)
		if (declared->proto == port->proto && holds(port, declared->port))
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

static uint32_t name_of(const struct ir_service_port *port)
{
	return port->target ? INTERN_NONE : port->target_name;
}

/* Behind a name each backend may have a number of its own. */
static void add_mapping(struct mapped *out, const struct mapped *other)
{
	if (!out->service)
		*out = *other;
	else if (out->name != other->name)
		out->several = true;
	else if (out->name == INTERN_NONE && out->target != other->target)
		out->several = true;
}

/* 0: the Service has no port in this one. */
static uint16_t front_in(const struct ir_service_port *p, const struct ir_port *port)
{
	if (p->proto != port->proto)
		return 0;
	return holds(port, p->port) ? p->port : p->node && holds(port, p->node) ? p->node : 0;
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
			uint16_t target = target_of(p, ep), front = front_in(p, port);

			if (p->proto != port->proto || !target)
				continue;
			if (holds(port, target))
				return false;
			if (!front)
				continue;
			if (rule_has(rule, ep, p->proto, target))
				return false;
			add_mapping(out, &(struct mapped){.service = service,
							  .backend = ep,
							  .front = front,
							  .node = front != p->port,
							  .target = target,
							  .name = name_of(p)});
		}
	}
	return true;
}

/* Most ports of rules are no Service's, and nobody need be asked. */
static bool is_front(const struct ir *ir, const struct ir_port *port)
{
	vec_each (const struct ir_service, service, &ir->beside.services)
		vec_each (const struct ir_service_port, p, &service->ports)
			if (front_in(p, port) && !(p->target && holds(port, p->target)))
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

/* "tcp/80", or "tcp/80-90 with tcp/80" */
static const char *port_text(struct checker *c, const struct ir_port *port, uint16_t front)
{
	const char *proto = ir_proto_name(port->proto);

	return port->lo == port->hi ? arena_printf(c->arena, "%s/%u", proto, front)
				    : arena_printf(c->arena, "%s/%u-%u with %s/%u", proto, port->lo,
						   port->hi, proto, front);
}

/* Not a safe one: it opens what was denied, and denies what was open. */
static void propose(struct checker *c, struct diag_item *item, const struct ir_port *port,
		    const struct mapped *found)
{
	const char *text, *quote = port->quotes_names ? "\"" : "";

	if (!item || !port->number.line || port->lo != port->hi || found->several)
		return;
	if (found->name == INTERN_NONE)
		text = arena_printf(c->arena, "%u", found->target);
	else
		text = arena_printf(c->arena, "%s%s%s", quote,
				    intern_str(&c->ir->strings, found->name), quote);
	diag_fix(c->diag, item, port->number, text, "write port %s", text);
}

static void report(struct checker *c, const struct ir_rule *rule, const struct ir_port *port,
		   const struct mapped *found)
{
	const char *proto = ir_proto_name(port->proto);
	struct diag_item *item = checker_report(
		c, CHECK_ID_SERVICE_PORT, port->loc.line ? port->loc : rule->loc,
		"%s names %s, the %s of Service %s/%s: no pod that it is about "
		"says that it listens there",
		checker_rule_text(c, rule), port_text(c, port, found->front),
		found->node ? "node port" : "port", found->service->ns, found->service->name);

	if (found->service->headless) {
		checker_note(c, item, found->service->loc,
			     "the Service is headless and translates no port, so that %s/%u of %s "
			     "is reached by this number: name %u",
			     proto, found->target, found->backend->name, found->target);
		return;
	}
	checker_note(c, item, found->service->loc,
		     "the Service leads to %s/%u of %s, and policies see that port: name %u", proto,
		     found->target, found->backend->name, found->target);
	propose(c, item, port, found);
}

void check_service_port(struct checker *c)
{
	if (!c->ir->beside.services.n)
		return;
	vec_each (struct ir_rule *, rule, &c->ir->rules)
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			struct mapped found;

			if (port->kind == IR_PORT_RANGE && is_front(c->ir, port) &&
			    find_mapping(c, *rule, port, &found))
				report(c, *rule, port, &found);
		}
}
