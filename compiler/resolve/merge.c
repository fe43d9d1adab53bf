/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/resolve/merge.h"

#include <string.h>

#include "compiler/ir_json/write.h"

/* --- policies --------------------------------------------------------------------------------- */

/* Takes over both: what the bundle's JSON says of a part is all of its meaning, without its place.
 */
static bool equal(json_t *a, json_t *b)
{
	bool same = json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return same;
}

static bool same_peers(const struct ir *ir, const struct ir_rule *a, const struct ir_rule *b)
{
	if (a->peers.n != b->peers.n)
		return false;
	for (size_t i = 0; i < a->peers.n; i++)
		if (!equal(ir_json_peer(&ir->strings, &a->peers.v[i]),
			   ir_json_peer(&ir->strings, &b->peers.v[i])))
			return false;
	return true;
}

static bool same_ports(const struct ir *ir, const struct ir_rule *a, const struct ir_rule *b)
{
	if (a->ports.n != b->ports.n)
		return false;
	for (size_t i = 0; i < a->ports.n; i++)
		if (!equal(ir_json_port(&ir->strings, &a->ports.v[i]),
			   ir_json_port(&ir->strings, &b->ports.v[i])))
			return false;
	return true;
}

/* Rules about requests are not compared, and so never the same. */
static bool same_rule(const struct ir *ir, const struct ir_rule *a, const struct ir_rule *b)
{
	return a->action == b->action && a->rank == b->rank && a->log == b->log &&
	       a->l7.kind == IR_L7_NONE && b->l7.kind == IR_L7_NONE && same_peers(ir, a, b) &&
	       same_ports(ir, a, b);
}

static bool same_subjects(const struct ir *ir, const struct ir_policy *a, const struct ir_policy *b)
{
	if (a->subjects.n != b->subjects.n)
		return false;
	for (size_t i = 0; i < a->subjects.n; i++)
		if (!equal(ir_json_selector(&ir->strings, &a->subjects.v[i]),
			   ir_json_selector(&ir->strings, &b->subjects.v[i])))
			return false;
	return true;
}

static bool same_rules(const struct ir *ir, const struct ir_policy *a, const struct ir_policy *b,
		       enum ir_dir dir)
{
	if (a->governs[dir] != b->governs[dir] || a->rules[dir].n != b->rules[dir].n)
		return false;
	for (size_t i = 0; i < a->rules[dir].n; i++)
		if (!same_rule(ir, a->rules[dir].v[i], b->rules[dir].v[i]))
			return false;
	return true;
}

bool merge_same_policy(const struct ir *ir, const struct ir_policy *a, const struct ir_policy *b)
{
	return a->tier == b->tier && a->spares_node == b->spares_node && same_subjects(ir, a, b) &&
	       same_rules(ir, a, b, IR_INGRESS) && same_rules(ir, a, b, IR_EGRESS);
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
