/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/resolve/merge.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/ir_json/write.h"

/* --- policies --------------------------------------------------------------------------------- */

/* With sorted keys, so that what is equal has one text. */
static char *text_of(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	if (!text)
		abort();
	return text;
}

struct piece {
	char *text;
	json_t *value;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct piece *)a)->text, ((const struct piece *)b)->text);
}

static void settle(json_t *value);

/* No list in the meaning of a policy has an order, or tells more for saying something twice. */
static void settle_list(json_t *list)
{
	size_t n = json_array_size(list);
	struct piece *pieces = calloc(n + 1, sizeof(*pieces));

	if (!pieces)
		abort();
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_array_get(list, i);

		settle(value);
		pieces[i] = (struct piece){text_of(value), json_incref(value)};
	}
	qsort(pieces, n, sizeof(*pieces), by_text);
	json_array_clear(list);
	for (size_t i = 0; i < n; i++)
		if (!i || by_text(&pieces[i - 1], &pieces[i]) != 0)
			json_array_append(list, pieces[i].value);
	for (size_t i = 0; i < n; i++) {
		free(pieces[i].text);
		json_decref(pieces[i].value);
	}
	free(pieces);
}

static void settle(json_t *value)
{
	const char *key;
	json_t *member;

	if (json_is_array(value))
		settle_list(value);
	json_object_foreach(value, key, member) settle(member);
}

static json_t *rule_json(const struct ir *ir, const struct ir_rule *rule)
{
	json_t *peers = json_array(), *ports = json_array();

	vec_each (const struct ir_peer, peer, &rule->peers)
		json_array_append_new(peers, ir_json_peer(&ir->strings, peer));
	vec_each (const struct ir_port, port, &rule->ports)
		json_array_append_new(ports, ir_json_port(&ir->strings, port));
	return json_pack("{s:s, s:i, s:b, s:o, s:o}", "action", ir_action_name(rule->action),
			 "rank", (int)rule->rank, "log", rule->log, "peers", peers, "ports", ports);
}

/* What the bundle's JSON says of a part is all of its meaning, without its place. */
static json_t *policy_json(const struct ir *ir, const struct ir_policy *policy)
{
	json_t *out = json_object(), *subjects = json_array();

	vec_each (const struct ir_selector, subject, &policy->subjects)
		json_array_append_new(subjects, ir_json_selector(&ir->strings, subject));
	json_object_set_new(out, "subjects", subjects);
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		json_t *rules = json_array();

		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			json_array_append_new(rules, rule_json(ir, *rule));
		json_object_set_new(out, ir_dir_name(dir), rules);
	}
	settle(out);
	return out;
}

/* Rules about requests are not compared, and so never the same. */
static bool asks(const struct ir_policy *policy)
{
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			if ((*rule)->l7.kind != IR_L7_NONE)
				return true;
	return false;
}

bool merge_same_policy(const struct ir *ir, const struct ir_policy *a, const struct ir_policy *b)
{
	json_t *x, *y;
	bool same;

	if (a->tier != b->tier || a->spares_node != b->spares_node || asks(a) || asks(b) ||
	    a->governs[IR_INGRESS] != b->governs[IR_INGRESS] ||
	    a->governs[IR_EGRESS] != b->governs[IR_EGRESS])
		return false;
	x = policy_json(ir, a);
	y = policy_json(ir, b);
	same = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

/* --- endpoints -------------------------------------------------------------------------------- */

/* Labels are in one order. */
static bool same_labels(const struct ir_endpoint *a, const struct ir_endpoint *b)
{
	if (a->labels.n != b->labels.n)
		return false;
	for (size_t i = 0; i < a->labels.n; i++) {
		const struct ir_label *x = &a->labels.v[i], *y = &b->labels.v[i];

		if (x->scope != y->scope || x->key != y->key || x->value != y->value)
			return false;
	}
	return true;
}

static bool has_all_ports(const struct ir_endpoint *a, const struct ir_endpoint *b)
{
	vec_each (const struct ir_named_port, p, &b->ports)
		if (ir_endpoint_port(a, p->proto, p->name) != p->port)
			return false;
	return true;
}

static bool has_all_addrs(const struct ir_endpoint *a, const struct ir_endpoint *b)
{
	vec_each (const struct net_addr, addr, &b->addrs) {
		bool have = false;

		vec_each (const struct net_addr, other, &a->addrs)
			have |= net_addr_eq(addr, other);
		if (!have)
			return false;
	}
	return true;
}

bool merge_contradicts(const struct ir_endpoint *a, const struct ir_endpoint *b)
{
	bool ports = a->ports.n && b->ports.n && !(has_all_ports(a, b) && has_all_ports(b, a));
	bool addrs = a->addrs.n && b->addrs.n && !(has_all_addrs(a, b) && has_all_addrs(b, a));
	bool nodes = a->on_node && b->on_node && strcmp(a->on_node, b->on_node) != 0;

	return !same_labels(a, b) || a->host != b->host || a->workload != b->workload ||
	       a->none != b->none || ports || addrs || nodes;
}

/* --- namespaces ------------------------------------------------------------------------------- */

static const struct ast_label *find_label(const struct ast_namespace *ns, const char *key)
{
	vec_each (const struct ast_label, label, &ns->labels)
		if (strcmp(label->key.s, key) == 0)
			return label;
	return NULL;
}

const struct ast_namespace *merge_namespaces(const struct ast_namespace *earlier,
					     const struct ast_namespace *later, struct arena *arena,
					     bool *contradicts)
{
	struct ast_namespace *both = arena_new(arena, struct ast_namespace);

	*contradicts = false;
	both->loc = earlier->loc;
	both->name = earlier->name;
	vec_each (const struct ast_label, label, &earlier->labels) {
		const struct ast_label *other = find_label(later, label->key.s);

		*contradicts |= other && strcmp(other->value.s, label->value.s) != 0;
		vec_push(arena, &both->labels, other ? *other : *label);
	}
	vec_each (const struct ast_label, label, &later->labels)
		if (!find_label(earlier, label->key.s))
			vec_push(arena, &both->labels, *label);
	return both;
}
