/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir_json/write.h"
#include "lang/base/diag_value.h"

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

static json_t *entry_at(void *sources, struct loc loc)
{
	return at_json(sources, loc);
}

static json_t *rule_json(const struct ir *ir, const struct sources *sources,
			 const struct ir_rule *rule)
{
	json_t *peers = json_array(), *ports = json_array(), *obj;

	vec_each (const struct ir_peer, peer, &rule->peers)
		json_array_append_new(peers, ir_json_peer(&ir->strings, peer));
	vec_each (const struct ir_port, port, &rule->ports)
		json_array_append_new(ports, ir_json_port(&ir->strings, port));
	obj = json_pack("{s:I, s:s, s:I, s:o, s:o, s:o}", "id", (json_int_t)rule->id, "action",
			ir_action_name(rule->action), "rank", (json_int_t)rule->rank, "at",
			at_json(sources, rule->loc), "peers", peers, "ports", ports);
	if (rule->log)
		json_object_set_new(obj, "log", json_true());
	if (rule->l7.kind != IR_L7_NONE)
		json_object_set_new(obj, "l7", ir_json_l7(&rule->l7, entry_at, (void *)sources));
	return obj;
}

static json_t *policy_json(const struct ir *ir, const struct sources *sources,
			   const struct ir_policy *policy)
{
	json_t *subjects = json_array(), *obj;

	vec_each (const struct ir_selector, sel, &policy->subjects)
		json_array_append_new(subjects, ir_json_selector(&ir->strings, sel));
	obj = json_pack("{s:I, s:s, s:s, s:o, s:o}", "id", (json_int_t)policy->id, "name",
			policy->name, "kind", policy->kind, "at", at_json(sources, policy->loc),
			"subjects", subjects);
	if (policy->spares_node)
		json_object_set_new(obj, "sparesNode", json_true());
	if (policy->ignore)
		json_object_set_new(obj, "ignore",
				    json_pack("{s:o, s:o}", "findings",
					      diag_value_text(policy->ignore), "at",
					      at_json(sources, policy->ignore_loc)));
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
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "name", (*tier)->name,
						      "end", ir_action_name((*tier)->end), "at",
						      at_json(sources, (*tier)->loc), "policies",
						      policies));
	}
	return list;
}

/* NULL, and so left out, where there is none; as with assertions. */
static json_t *open_orders_json(const struct ir *ir)
{
	json_t *list = ir->open_orders.n ? json_array() : NULL;

	vec_each (const struct ir_open_order, order, &ir->open_orders) {
		json_t *runs = json_array();

		for (size_t i = 0; i < 2; i++)
			json_array_append_new(runs,
					      json_pack("{s:I, s:I}", "first",
							(json_int_t)order->runs[i].first, "tiers",
							(json_int_t)order->runs[i].n));
		json_array_append_new(list, runs);
	}
	return list;
}

static json_t *namespaces_json(const struct ir *ir)
{
	json_t *list = json_array();

	vec_each (const uint32_t, name, &ir->namespaces)
		json_array_append_new(list, ir_json_string(&ir->strings, *name));
	return list;
}

static json_t *endpoint_json(const struct ir *ir, const struct sources *sources,
			     const struct ir_endpoint *ep)
{
	json_t *obj = ir_json_endpoint(&ir->strings, ep, at_json(sources, ep->loc));

	if (ep->ns)
		json_object_set_new(obj, "namespace", json_string(ep->ns));
	return obj;
}

static json_t *claim_json(const struct ir *ir, const struct sources *sources,
			  const struct ir_claim *claim)
{
	json_t *ports = json_array(), *out;

	vec_each (const struct ir_port, port, &claim->ports)
		json_array_append_new(ports, ir_json_port(&ir->strings, port));
	out = json_pack("{s:s, s:o, s:o, s:o, s:o}", "claim", ir_claim_name(claim->kind), "at",
			at_json(sources, claim->loc), "from",
			ir_json_peer(&ir->strings, &claim->from), "to",
			ir_json_peer(&ir->strings, &claim->to), "ports", ports);
	if (claim->l7.kind != IR_L7_NONE)
		json_object_set_new(out, "l7", ir_json_l7(&claim->l7, entry_at, (void *)sources));
	return out;
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
		json_array_append_new(endpoints, endpoint_json(ir, sources, *ep));
	root = json_pack("{s:i, s:o, s:o*, s:o, s:o, s:o*}", "format", IR_JSON_FORMAT, "tiers",
			 tiers_json(ir, sources), "openOrders", open_orders_json(ir), "namespaces",
			 namespaces_json(ir), "endpoints", endpoints, "assertions",
			 asserts_json(ir, sources));
	text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	if (!text)
		abort();
	buf_puts(out, text);
	buf_putc(out, '\n');
	free(text);
	json_decref(root);
}
