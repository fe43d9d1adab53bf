/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir_json.h"

#include <jansson.h>
#include <stdlib.h>

#include "lang/base/diag_value.h"

static const char *const op_names[] = {
	[IR_IN] = "In",
	[IR_NOT_IN] = "NotIn",
	[IR_EXISTS] = "Exists",
	[IR_ABSENT] = "DoesNotExist",
};
static const char *const scope_names[] = {
	[IR_SCOPE_ENDPOINT] = "endpoint",
	[IR_SCOPE_NAMESPACE] = "namespace",
};
static const char *const entity_names[] = {
	[IR_ENTITY_ALL] = "all",     [IR_ENTITY_CLUSTER] = "cluster", [IR_ENTITY_HOST] = "host",
	[IR_ENTITY_WORLD] = "world", [IR_ENTITY_NONE] = "none",
};

static json_t *string_of(const struct ir *ir, uint32_t id)
{
	return json_string(intern_str(&ir->strings, id));
}

static json_t *at_json(const struct sources *sources, struct loc loc)
{
	const struct source *src = sources_get(sources, loc.file);

	_cleanup_buf_ struct buf at = {0};

	if (!src || !loc.line)
		return json_string("");
	buf_printf(&at, "%s:%u:%u", src->name, loc.line, loc.col);
	/* The name of a file may be any bytes. */
	return diag_value_text(buf_str(&at));
}

static json_t *selector_json(const struct ir *ir, const struct ir_selector *sel)
{
	json_t *reqs;

	if (sel->none)
		return json_string("none");
	reqs = json_array();
	vec_each (const struct ir_req, req, &sel->reqs) {
		json_t *obj = json_pack("{s:s, s:o, s:s}", "scope", scope_names[req->scope], "key",
					string_of(ir, req->key), "op", op_names[req->op]);
		json_t *values = json_array();

		vec_each (const uint32_t, v, &req->values)
			json_array_append_new(values, string_of(ir, *v));
		json_object_set_new(obj, "values", values);
		json_array_append_new(reqs, obj);
	}
	return reqs;
}

static json_t *prefixes_json(const struct net_prefix *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		char text[NET_PREFIX_STRLEN];

		json_array_append_new(list, json_string(net_prefix_format(&v[i], text)));
	}
	return list;
}

static json_t *peer_json(const struct ir *ir, const struct ir_peer *peer)
{
	const struct ir_cidr *cidr = &peer->cidr;

	switch (peer->kind) {
	case IR_PEER_SELECTOR:
		return json_pack("{s:o}", "selector", selector_json(ir, &peer->selector));
	case IR_PEER_ENTITY:
		return json_pack("{s:s}", "entity", entity_names[peer->entity]);
	case IR_PEER_CIDR:
		return json_pack("{s:{s:o, s:o, s:b}}", "cidr", "in",
				 prefixes_json(cidr->in.v, cidr->in.n), "except",
				 prefixes_json(cidr->except.v, cidr->except.n), "matchEndpoints",
				 cidr->match_endpoints);
	}
	return json_null();
}

static json_t *port_json(const struct ir *ir, const struct ir_port *port)
{
	const char *proto = ir_proto_name(port->proto);

	switch (port->kind) {
	case IR_PORT_ANY:
		return json_pack("{s:s}", "proto", proto);
	case IR_PORT_RANGE:
		return json_pack("{s:s, s:i, s:i}", "proto", proto, "lo", port->lo, "hi", port->hi);
	case IR_PORT_NAMED:
		return json_pack("{s:s, s:o}", "proto", proto, "name", string_of(ir, port->name));
	case IR_PORT_NONE:
		return json_pack("{s:b}", "none", 1);
	}
	return json_null();
}

static json_t *rule_json(const struct ir *ir, const struct sources *sources,
			 const struct ir_rule *rule)
{
	json_t *peers = json_array(), *ports = json_array(), *obj;

	vec_each (const struct ir_peer, peer, &rule->peers)
		json_array_append_new(peers, peer_json(ir, peer));
	vec_each (const struct ir_port, port, &rule->ports)
		json_array_append_new(ports, port_json(ir, port));
	obj = json_pack("{s:I, s:s, s:I, s:o, s:o, s:o}", "id", (json_int_t)rule->id, "action",
			ir_action_name(rule->action), "rank", (json_int_t)rule->rank, "at",
			at_json(sources, rule->loc), "peers", peers, "ports", ports);
	if (rule->log)
		json_object_set_new(obj, "log", json_true());
	return obj;
}

static json_t *policy_json(const struct ir *ir, const struct sources *sources,
			   const struct ir_policy *policy)
{
	json_t *subjects = json_array(), *obj;

	vec_each (const struct ir_selector, sel, &policy->subjects)
		json_array_append_new(subjects, selector_json(ir, sel));
	obj = json_pack("{s:I, s:s, s:s, s:o, s:o}", "id", (json_int_t)policy->id, "name",
			policy->name, "kind", policy->kind, "at", at_json(sources, policy->loc),
			"subjects", subjects);
	if (policy->spares_node)
		json_object_set_new(obj, "sparesNode", json_true());
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		json_t *rules;

		if (!policy->governs[dir] && !policy->rules[dir].n)
			continue;
		rules = json_array();
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			json_array_append_new(rules, rule_json(ir, sources, *rule));
		json_object_set_new(
			obj, ir_dir_name(dir),
			json_pack("{s:b, s:o}", "governs", policy->governs[dir], "rules", rules));
	}
	return obj;
}

static json_t *tiers_json(const struct ir *ir, const struct sources *sources)
{
	json_t *list = json_array();

	vec_each (struct ir_tier *, tier, &ir->tiers) {
		json_t *policies = json_array();

		vec_each (struct ir_policy *, policy, &(*tier)->policies)
			json_array_append_new(policies, policy_json(ir, sources, *policy));
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", (*tier)->name,
						      "end", ir_action_name((*tier)->end),
						      "policies", policies));
	}
	return list;
}

static json_t *labels_json(const struct ir *ir, const struct ir_endpoint *ep, enum ir_scope scope)
{
	json_t *obj = json_object();

	vec_each (const struct ir_label, label, &ep->labels) {
		if (label->scope == scope)
			json_object_set_new(obj, intern_str(&ir->strings, label->key),
					    string_of(ir, label->value));
	}
	return obj;
}

static json_t *endpoint_json(const struct ir *ir, const struct ir_endpoint *ep)
{
	json_t *addrs = json_array(), *ports = json_array(), *obj;

	vec_each (const struct net_addr, addr, &ep->addrs) {
		char text[NET_ADDR_STRLEN];

		json_array_append_new(addrs, json_string(net_addr_format(addr, text)));
	}
	vec_each (const struct ir_named_port, port, &ep->ports)
		json_array_append_new(
			ports, json_pack("{s:o, s:s, s:i}", "name", string_of(ir, port->name),
					 "proto", ir_proto_name(port->proto), "port", port->port));
	obj = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", ep->name, "kind", ep->kind,
			"labels", labels_json(ir, ep, IR_SCOPE_ENDPOINT), "namespaceLabels",
			labels_json(ir, ep, IR_SCOPE_NAMESPACE), "addresses", addrs, "ports",
			ports);
	if (ep->host)
		json_object_set_new(obj, "host", json_true());
	return obj;
}

static json_t *claim_json(const struct ir *ir, const struct sources *sources,
			  const struct ir_claim *claim)
{
	json_t *ports = json_array();

	vec_each (const struct ir_port, port, &claim->ports)
		json_array_append_new(ports, port_json(ir, port));
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "claim", ir_claim_name(claim->kind), "at",
			 at_json(sources, claim->loc), "from", peer_json(ir, &claim->from), "to",
			 peer_json(ir, &claim->to), "ports", ports);
}

static json_t *assert_json(const struct ir *ir, const struct sources *sources,
			   const struct ir_assert *assertion)
{
	json_t *claims = json_array();

	vec_each (const struct ir_claim, claim, &assertion->claims)
		json_array_append_new(claims, claim_json(ir, sources, claim));
	return json_pack("{s:o, s:o, s:o}", "title", diag_value_text(assertion->title), "at",
			 at_json(sources, assertion->loc), "claims", claims);
}

/* NULL, and so left out, where there is none. */
static json_t *asserts_json(const struct ir *ir, const struct sources *sources)
{
	json_t *list = ir->asserts.n ? json_array() : NULL;

	vec_each (struct ir_assert *, assertion, &ir->asserts)
		json_array_append_new(list, assert_json(ir, sources, *assertion));
	return list;
}

void ir_json(const struct ir *ir, const struct sources *sources, struct buf *out)
{
	json_t *endpoints = json_array(), *root;
	char *text;

	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		json_array_append_new(endpoints, endpoint_json(ir, *ep));
	root = json_pack("{s:o, s:o, s:o*}", "tiers", tiers_json(ir, sources), "endpoints",
			 endpoints, "assertions", asserts_json(ir, sources));
	text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	if (!text)
		abort();
	buf_puts(out, text);
	buf_putc(out, '\n');
	free(text);
	json_decref(root);
}
