/* SPDX-License-Identifier: Apache-2.0 */
/* The story of one flow, for programs; its shape is documented in why.h. */
#include <jansson.h>
#include <stdlib.h>

#include "lang/base/buf.h"
#include "lang/base/diag_value.h"
#include "lang/base/unread.h"
#include "verifier/flow/assumes.h"
#include "verifier/why/why.h"

static void set_string(json_t *object, const char *key, const char *s)
{
	json_object_set_new(object, key, diag_value_text(s));
}

static void set_source_line(json_t *object, const struct sources *sources, struct loc loc)
{
	const struct source *src = sources_get(sources, loc.file);
	_cleanup_buf_ struct buf text = {0};
	const char *line;
	size_t len;

	if (!src || !loc.line)
		return;
	line = source_line(src, loc.line, &len);
	buf_add(&text, line, len);
	json_object_set_new(object, "source", diag_value_text(buf_str(&text)));
}

static json_t *policy_json(const struct ir_policy *policy, const struct sources *sources)
{
	json_t *out = json_object();

	set_string(out, "name", policy->name);
	set_string(out, "kind", policy->kind);
	diag_value_set_place(out, sources, policy->loc);
	return out;
}

/* Of the rules that ask, which entry decided about the request. */
static void set_request(json_t *out, const struct ir_rule *rule, const struct ir_step *step,
			const struct sources *sources)
{
	const struct ir_judgement *j = &step->judgement;
	json_t *entry;

	if (!ir_step_asks(step, rule))
		return;
	json_object_set_new(out, "asks", json_true());
	if (j->rule != rule)
		return;
	entry = json_object();
	json_object_set_new(entry, "deny", json_boolean(j->entry->deny));
	diag_value_set_place(entry, sources, j->entry->loc);
	set_source_line(entry, sources, j->entry->loc);
	json_object_set_new(out, "entry", entry);
}

static json_t *rule_json(const struct ir_rule *rule, const struct ir_step *step,
			 const struct sources *sources)
{
	json_t *out = json_object();

	set_string(out, "action", ir_action_name(rule->action));
	json_object_set_new(out, "rank", json_integer(rule->rank));
	json_object_set_new(out, "decides", json_boolean(rule == step->rule));
	set_request(out, rule, step, sources);
	json_object_set_new(out, "policy", policy_json(rule->policy, sources));
	diag_value_set_place(out, sources, rule->loc);
	set_source_line(out, sources, rule->loc);
	return out;
}

static json_t *step_json(const struct ir_step *step, const struct sources *sources)
{
	json_t *out = json_object(), *governing = json_array(), *rules = json_array();

	set_string(out, "tier", step->tier->name);
	set_string(out, "action", ir_action_name(step->action));
	json_object_set_new(out, "isolated",
			    json_boolean(step->tier->end == IR_DENY && step->governing.n > 0));
	vec_each (const struct ir_policy *, policy, &step->governing)
		json_array_append_new(governing, policy_json(*policy, sources));
	json_object_set_new(out, "governing", governing);
	vec_each (const struct ir_rule *, rule, &step->matched)
		json_array_append_new(rules, rule_json(*rule, step, sources));
	json_object_set_new(out, "rules", rules);
	return out;
}

static json_t *nearest_json(const struct why_change *c, const struct sources *sources)
{
	static const char *const names[] = {
#define X(id, name, text) name,
		WHY_CHANGES(X)
#undef X
	};
	json_t *out = json_object(), *rule;

	set_string(out, "change", names[c->kind]);
	if (c->policy)
		json_object_set_new(out, "policy", policy_json(c->policy, sources));
	if (c->rule) {
		rule = json_object();
		diag_value_set_place(rule, sources, c->rule->loc);
		json_object_set_new(out, "rule", rule);
	}
	return out;
}

static json_t *ports_json(const struct why *w)
{
	json_t *out = json_array();
	char text[FLOW_PORT_STRLEN];

	for (size_t i = 0; w->to.ep && i < w->to.ep->ports.n; i++) {
		const struct ir_named_port *port = &w->to.ep->ports.v[i];
		json_t *one = json_object();

		set_string(one, "name", intern_str(&w->ir->strings, port->name));
		set_string(one, "port", flow_port_format(port->proto, port->port, text));
		json_array_append_new(out, one);
	}
	return out;
}

static json_t *numbers_json(const struct why *w)
{
	json_t *out = json_array();

	vec_each (const struct why_number, number, &w->numbers) {
		json_t *one = json_object();

		json_object_set_new(one, "number", json_integer(number->number));
		set_string(one, "verdict", flow_verdict_name(number->egress));
		json_array_append_new(out, one);
	}
	return out;
}

static void set_absent(json_t *out, const struct why *w, enum ir_dir dir)
{
	if (w->exists || w->none)
		return;
	if (dir == IR_EGRESS) {
		json_object_set_new(out, "numbers", numbers_json(w));
		return;
	}
	json_object_set_new(out, "ports", ports_json(w));
	if (w->near)
		set_string(out, "near", w->near);
}

static json_t *dir_json(const struct why *w, enum ir_dir dir, const struct sources *sources)
{
	static const char *const reasons[] = {
#define X(id, name, text) name,
		WHY_REASONS(X)
#undef X
	};
	json_t *out = json_object(), *steps = json_array();

	set_string(out, "direction", ir_dir_name(dir));
	set_string(out, "endpoint", why_subject(w, dir)->text);
	set_string(out, "verdict", flow_verdict_name(why_verdict_of(w, dir)));
	set_string(out, "reason", reasons[why_reason_of(w, dir)]);
	if (w->on_one_node[dir])
		set_string(out, "sameNode", ir_outcome_name(IR_OUTCOME_ALLOW));
	set_absent(out, w, dir);
	if (w->exists && why_verdict_of(w, dir) == FLOW_DENY)
		json_object_set_new(out, "nearest", nearest_json(&w->nearest[dir], sources));
	vec_each (const struct ir_step, step, &w->traces[dir].steps)
		json_array_append_new(steps, step_json(step, sources));
	json_object_set_new(out, "steps", steps);
	return out;
}

static json_t *dirs_json(const struct why *w, const struct sources *sources)
{
	json_t *out = json_array();

	json_array_append_new(out, dir_json(w, IR_EGRESS, sources));
	json_array_append_new(out, dir_json(w, IR_INGRESS, sources));
	return out;
}

/* --- addresses --------------------------------------------------------------------------- */

static json_t *prefixes_json(const struct net_prefix *v, size_t n)
{
	json_t *out = json_array();
	char text[NET_PREFIX_STRLEN];

	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_string(net_prefix_format(&v[i], text)));
	return out;
}

static json_t *addresses_json(const struct region_prefixes *p)
{
	json_t *out = json_object();

	json_object_set_new(out, "in", prefixes_json(p->in.v, p->in.n));
	json_object_set_new(out, "except", prefixes_json(p->except.v, p->except.n));
	return out;
}

/* What the addresses of either end have to be. */
static void set_condition(json_t *out, const struct why *w, bool story)
{
	static const char *const ends[] = {[IR_INGRESS] = "from", [IR_EGRESS] = "to"};
	json_t *condition = json_object();
	struct region_prefixes p;
	struct arena arena;

	arena_init(&arena);
	for (enum ir_dir d = IR_INGRESS; d < IR_N_DIRS; d++)
		if (why_addresses(w, story, d, &arena, &p))
			json_object_set_new(condition, ends[d], addresses_json(&p));
	arena_fini(&arena);
	if (json_object_size(condition))
		json_object_set(out, "if", condition);
	json_decref(condition);
}

static const char *const families[] = {[FLOW_V4] = "ipv4", [FLOW_V6] = "ipv6"};

static json_t *family_json(const enum flow_verdict v[IR_N_DIRS])
{
	json_t *out = json_object();

	set_string(out, "ingress", flow_verdict_name(v[IR_INGRESS]));
	set_string(out, "egress", flow_verdict_name(v[IR_EGRESS]));
	set_string(out, "verdict", flow_verdict_name(flow_worse(v[IR_EGRESS], v[IR_INGRESS])));
	return out;
}

/* Where they differ. */
static void set_families(json_t *out, const struct why *w)
{
	json_t *both;

	if (!why_families_differ(w))
		return;
	both = json_object();
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
		json_object_set_new(both, families[f], family_json(w->answer.families[f]));
	json_object_set_new(out, "families", both);
}

/* One of several stories. */
static json_t *case_json(const struct why *w, const struct sources *sources)
{
	json_t *out = json_object();

	set_string(out, "given", w->given);
	set_string(out, "family", families[w->family]);
	set_condition(out, w, true);
	set_string(out, "ingress", ir_outcome_name(w->verdicts[IR_INGRESS]));
	set_string(out, "egress", ir_outcome_name(w->verdicts[IR_EGRESS]));
	set_string(out, "verdict", ir_outcome_name(w->verdict));
	json_object_set_new(out, "directions", dirs_json(w, sources));
	return out;
}

static json_t *cases_json(const struct why *w, const struct sources *sources)
{
	json_t *out = json_array();

	json_array_append_new(out, case_json(w, sources));
	vec_each (const struct why, other, &w->others)
		json_array_append_new(out, case_json(other, sources));
	return out;
}

/* Of all stories, or the one. */
static const char *verdict_name(const struct why *w, enum ir_dir dir)
{
	return flow_verdict_name(w->given ? w->answer.dirs[dir] : why_verdict_of(w, dir));
}

void why_render_json(const struct why *w, const struct sources *sources, struct buf *out)
{
	json_t *root = json_object();

	set_string(root, "from", w->from.text);
	set_string(root, "to", w->to.text);
	if (flow_is_to_replica(&w->flow))
		json_object_set_new(root, "replica", json_true());
	set_string(root, "port", w->port.text);
	set_string(root, "ingress", verdict_name(w, IR_INGRESS));
	set_string(root, "egress", verdict_name(w, IR_EGRESS));
	set_string(root, "verdict", flow_verdict_name(why_verdict(w)));
	if (w->expected) {
		set_string(root, "expected", flow_verdict_name(*w->expected));
		json_object_set_new(root, "met", json_boolean(why_verdict(w) == *w->expected));
	}
	set_families(root, w);
	if (why_verdict(w) == FLOW_DEPENDS)
		set_condition(root, w, false);
	json_object_set_new(root, w->given ? "cases" : "directions",
			    w->given ? cases_json(w, sources) : dirs_json(w, sources));
	unread_set_json(w->unread, root);
	flow_assumes_set_json(w->ir, root);
	diag_value_dump(root, JSON_INDENT(2), out);
	buf_putc(out, '\n');
	json_decref(root);
}
