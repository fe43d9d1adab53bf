/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/smt/encoding.h"

#include <stdlib.h>

#include "compiler/ir/order.h"

enum { PROTO_WIDTH = 8, PORT_WIDTH = 16, ADDR4_WIDTH = 32, ADDR6_WIDTH = 128 };

/* --- what the policies mention --------------------------------------------------------- */

static int cmp_keys(const void *a, const void *b)
{
	const struct world_key *p = a, *q = b;

	if (p->scope != q->scope)
		return p->scope < q->scope ? -1 : 1;
	return (p->key > q->key) - (p->key < q->key);
}

/* Filled unsorted with one entry a requirement, then merged. */
static void mention_selector(struct world *w, const struct ir_selector *sel)
{
	vec_each (const struct ir_req, req, &sel->reqs) {
		struct world_key key = {.scope = req->scope, .key = req->key};

		vec_each (const uint32_t, value, &req->values)
			vec_push(w->smt->arena, &key.mentioned, *value);
		vec_push(w->smt->arena, &w->keys, key);
	}
}

static void mention_port(struct world *w, const struct ir_port *port)
{
	struct world_name name = {.proto = port->proto, .name = port->name};

	if (port->kind != IR_PORT_NAMED)
		return;
	vec_each (const struct world_name, known, &w->names) {
		if (known->proto == name.proto && known->name == name.name)
			return;
	}
	vec_push(w->smt->arena, &w->names, name);
}

static void mention_claim(struct world *w, const struct ir_claim *claim)
{
	mention_selector(w, &claim->from.selector);
	mention_selector(w, &claim->to.selector);
	vec_each (const struct ir_port, port, &claim->ports)
		mention_port(w, port);
}

static void merge_keys(struct world *w)
{
	size_t n = 0;

	if (!w->keys.n)
		return;
	qsort(w->keys.v, w->keys.n, sizeof(*w->keys.v), cmp_keys);
	for (size_t i = 1; i < w->keys.n; i++) {
		struct world_key *into = &w->keys.v[n], *from = &w->keys.v[i];

		if (cmp_keys(into, from) != 0) {
			w->keys.v[++n] = *from;
			continue;
		}
		vec_each (const uint32_t, value, &from->mentioned)
			vec_push(w->smt->arena, &into->mentioned, *value);
	}
	w->keys.n = n + 1;
}

static void mention_all(struct world *w)
{
	uint32_t ns_name = intern_find(&w->ir->strings, IR_NS_NAME_KEY);

	if (ns_name != INTERN_NONE)
		vec_push(w->smt->arena, &w->keys,
			 (struct world_key){.scope = IR_SCOPE_NAMESPACE, .key = ns_name});
	vec_each (struct ir_policy *, policy, &w->ir->policies) {
		vec_each (const struct ir_selector, sel, &(*policy)->subjects)
			mention_selector(w, sel);
	}
	vec_each (struct ir_rule *, rule, &w->ir->rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			mention_selector(w, &peer->selector);
		vec_each (const struct ir_port, port, &(*rule)->ports)
			mention_port(w, port);
	}
	vec_each (struct ir_assert *, assertion, &w->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims)
			mention_claim(w, claim);
	}
	merge_keys(w);
}

/* --- variables and what always holds of them -------------------------------------------- */

static Z3_ast label_number(struct world *w, uint64_t value)
{
	return smt_number(w->smt, w->label_width, value);
}

static void make_variables(struct world *w)
{
	static const char *const ends[] = {"subject", "peer"};
	struct arena *a = w->smt->arena;

	while (1ull << w->label_width < w->ir->strings.strings.n + 3)
		w->label_width++;
	for (int end = 0; end < WORLD_N_ENDS; end++) {
		vec_each (struct world_key, key, &w->keys) {
			key->value[end] = smt_bits(
				w->smt,
				arena_printf(a, "%s.%d.%u", ends[end], key->scope, key->key),
				w->label_width);
		}
		vec_each (struct world_name, name, &w->names) {
			const char *id =
				arena_printf(a, "%s.%u.%u", ends[end], name->proto, name->name);

			name->has[end] = smt_bool(w->smt, arena_printf(a, "%s.has", id));
			name->port[end] = smt_bits(w->smt, id, PORT_WIDTH);
		}
		w->addr4[end] =
			smt_bits(w->smt, arena_printf(a, "%s.addr4", ends[end]), ADDR4_WIDTH);
		w->addr6[end] =
			smt_bits(w->smt, arena_printf(a, "%s.addr6", ends[end]), ADDR6_WIDTH);
	}
	w->managed = smt_bool(w->smt, "managed");
	w->host = smt_bool(w->smt, "host");
	w->node = smt_bool(w->smt, "node");
	w->v6 = smt_bool(w->smt, "v6");
	w->proto = smt_bits(w->smt, "proto", PROTO_WIDTH);
	w->port = smt_bits(w->smt, "port", PORT_WIDTH);
}

static Z3_ast is_proto(struct world *w, uint16_t proto)
{
	return smt_eq(w->smt, w->proto, smt_number(w->smt, PROTO_WIDTH, proto));
}

/* ICMP runs over IPv4 and ICMPv6 over IPv6; a protocol without ports has port 0. */
static void assert_protocols(struct world *w)
{
	static const uint16_t with_port[] = {IR_PROTO_ICMP, IR_PROTO_TCP, IR_PROTO_UDP,
					     IR_PROTO_ICMP6, IR_PROTO_SCTP};
	struct smt *s = w->smt;
	struct terms known = {0};

	for (size_t i = 0; i < sizeof(with_port) / sizeof(*with_port); i++)
		vec_push(s->arena, &known, is_proto(w, with_port[i]));
	vec_push(s->arena, &known, smt_eq(s, w->port, smt_number(s, PORT_WIDTH, 0)));
	smt_assert(s, smt_or(s, &known));
	smt_assert(s, smt_implies(s, is_proto(w, IR_PROTO_ICMP), smt_not(s, w->v6)));
	smt_assert(s, smt_implies(s, is_proto(w, IR_PROTO_ICMP6), w->v6));
}

static void assert_namespaces(struct world *w)
{
	uint32_t name = intern_find(&w->ir->strings, IR_NS_NAME_KEY);
	const struct world_key *ns = world_find_key(w, IR_SCOPE_NAMESPACE, name);
	struct smt *s = w->smt;
	Z3_ast same;

	if (!ns)
		return;
	same = smt_eq(s, ns->value[WORLD_SUBJECT], ns->value[WORLD_PEER]);
	vec_each (const struct world_key, key, &w->keys) {
		if (key->scope != IR_SCOPE_NAMESPACE || key == ns)
			continue;
		smt_assert(s, smt_implies(s, smt_both(s, w->managed, same),
					  smt_eq(s, key->value[WORLD_SUBJECT],
						 key->value[WORLD_PEER])));
		for (int end = 0; end < WORLD_N_ENDS; end++)
			smt_assert(s, smt_implies(s, smt_eq(s, ns->value[end], label_number(w, 0)),
						  smt_eq(s, key->value[end], label_number(w, 0))));
	}
}

void world_init(struct world *w, const struct ir *ir, struct smt *smt)
{
	*w = (struct world){.ir = ir, .smt = smt, .label_width = 1};
	for (int end = 0; end < WORLD_N_ENDS; end++) {
		w->policies[end] = arena_array(smt->arena, Z3_ast, ir->policies.n + 1);
		w->rules[end] = arena_array(smt->arena, Z3_ast, ir->rules.n + 1);
	}
	mention_all(w);
	make_variables(w);
	smt_assert(smt, smt_not(smt, smt_both(smt, w->managed, w->host)));
	smt_assert(smt, smt_implies(smt, w->node, w->host));
	assert_protocols(w);
	assert_namespaces(w);
}

const struct world_key *world_find_key(const struct world *w, enum ir_scope scope, uint32_t key)
{
	const struct world_key wanted = {.scope = scope, .key = key};

	if (!w->keys.n)
		return NULL;
	return bsearch(&wanted, w->keys.v, w->keys.n, sizeof(wanted), cmp_keys);
}

/* --- selectors, peers, ports ------------------------------------------------------------ */

static Z3_ast label_in(struct world *w, Z3_ast label, const struct ir_req *req)
{
	struct terms any = {0};

	vec_each (const uint32_t, value, &req->values)
		vec_push(w->smt->arena, &any,
			 smt_eq(w->smt, label, label_number(w, (uint64_t)*value + 1)));
	return smt_or(w->smt, &any);
}

Z3_ast world_req(struct world *w, const struct ir_req *req, enum world_end end)
{
	Z3_ast label = world_find_key(w, req->scope, req->key)->value[end];

	switch (req->op) {
	case IR_IN:
		return label_in(w, label, req);
	case IR_NOT_IN:
		return smt_not(w->smt, label_in(w, label, req));
	case IR_EXISTS:
		return smt_not(w->smt, smt_eq(w->smt, label, label_number(w, 0)));
	case IR_ABSENT:
		return smt_eq(w->smt, label, label_number(w, 0));
	}
	return smt_const(w->smt, false);
}

static Z3_ast is_managed(struct world *w, enum world_end end)
{
	return end == WORLD_PEER ? w->managed : smt_const(w->smt, true);
}

static Z3_ast is_host(struct world *w, enum world_end end)
{
	return end == WORLD_PEER ? w->host : smt_const(w->smt, false);
}

Z3_ast world_selector(struct world *w, const struct ir_selector *sel, enum world_end end)
{
	struct terms all = {0};

	if (sel->none)
		return smt_const(w->smt, false);
	vec_each (const struct ir_req, req, &sel->reqs)
		vec_push(w->smt->arena, &all, world_req(w, req, end));
	vec_push(w->smt->arena, &all, is_managed(w, end));
	return smt_and(w->smt, &all);
}

static Z3_ast in_prefix(struct world *w, const struct net_prefix *p, enum world_end end)
{
	bool v6 = p->addr.family == NET_V6;
	Z3_ast bits = smt_has_prefix(w->smt, v6 ? w->addr6[end] : w->addr4[end],
				     v6 ? ADDR6_WIDTH : ADDR4_WIDTH, p->addr.bytes, p->len);

	return smt_both(w->smt, v6 ? w->v6 : smt_not(w->smt, w->v6), bits);
}

static Z3_ast peer_cidr(struct world *w, const struct ir_cidr *cidr, enum world_end end)
{
	struct arena *a = w->smt->arena;
	struct terms in = {0}, all = {0};

	vec_each (const struct net_prefix, p, &cidr->in)
		vec_push(a, &in, in_prefix(w, p, end));
	vec_push(a, &all, smt_or(w->smt, &in));
	vec_each (const struct net_prefix, p, &cidr->except)
		vec_push(a, &all, smt_not(w->smt, in_prefix(w, p, end)));
	if (!cidr->match_endpoints)
		vec_push(a, &all, smt_not(w->smt, is_managed(w, end)));
	return smt_and(w->smt, &all);
}

static Z3_ast peer_entity(struct world *w, enum ir_entity entity, enum world_end end)
{
	Z3_ast cluster = smt_either(w->smt, is_managed(w, end), is_host(w, end));

	switch (entity) {
	case IR_ENTITY_ALL:
		return smt_const(w->smt, true);
	case IR_ENTITY_CLUSTER:
		return cluster;
	case IR_ENTITY_HOST:
		return is_host(w, end);
	case IR_ENTITY_WORLD:
		return smt_not(w->smt, cluster);
	case IR_ENTITY_NONE:
		break;
	}
	return smt_const(w->smt, false);
}

Z3_ast world_peer_at(struct world *w, const struct ir_peer *peer, enum world_end end)
{
	switch (peer->kind) {
	case IR_PEER_SELECTOR:
		return world_selector(w, &peer->selector, end);
	case IR_PEER_CIDR:
		return peer_cidr(w, &peer->cidr, end);
	case IR_PEER_ENTITY:
		return peer_entity(w, peer->entity, end);
	}
	return smt_const(w->smt, false);
}

Z3_ast world_peer(struct world *w, const struct ir_peer *peer)
{
	return world_peer_at(w, peer, WORLD_PEER);
}

/* The destination calls the flow's port by this name. */
static Z3_ast named_port(struct world *w, const struct ir_port *port, enum world_end dst)
{
	struct smt *s = w->smt;
	struct terms all = {0};

	vec_each (const struct world_name, name, &w->names) {
		if (name->proto != port->proto || name->name != port->name)
			continue;
		vec_push(s->arena, &all, name->has[dst]);
		vec_push(s->arena, &all, smt_eq(s, name->port[dst], w->port));
	}
	vec_push(s->arena, &all, is_managed(w, dst));
	return smt_and(s, &all);
}

Z3_ast world_port_at(struct world *w, const struct ir_port *port, enum world_end dst)
{
	Z3_ast proto =
		port->proto == IR_PROTO_ANY ? smt_const(w->smt, true) : is_proto(w, port->proto);

	switch (port->kind) {
	case IR_PORT_ANY:
		return proto;
	case IR_PORT_RANGE:
		return smt_both(w->smt, proto,
				smt_in_range(w->smt, w->port, PORT_WIDTH, port->lo, port->hi));
	case IR_PORT_NAMED:
		return smt_both(w->smt, proto, named_port(w, port, dst));
	case IR_PORT_NONE:
		break;
	}
	return smt_const(w->smt, false);
}

Z3_ast world_port(struct world *w, const struct ir_port *port, enum ir_dir dir)
{
	return world_port_at(w, port, dir == IR_INGRESS ? WORLD_SUBJECT : WORLD_PEER);
}

/* --- policies and rules ------------------------------------------------------------------ */

Z3_ast world_policy_at(struct world *w, const struct ir_policy *policy, enum world_end end)
{
	Z3_ast *known = &w->policies[end][policy->id];
	struct terms any = {0};

	if (*known)
		return *known;
	vec_each (const struct ir_selector, sel, &policy->subjects)
		vec_push(w->smt->arena, &any, world_selector(w, sel, end));
	return *known = smt_or(w->smt, &any);
}

Z3_ast world_policy(struct world *w, const struct ir_policy *policy)
{
	return world_policy_at(w, policy, WORLD_SUBJECT);
}

Z3_ast world_rule_at(struct world *w, const struct ir_rule *rule, enum world_end end)
{
	enum world_end other = world_other(end), dst = rule->dir == IR_INGRESS ? end : other;
	Z3_ast *known = &w->rules[end][rule->id];
	struct terms peers = {0}, ports = {0}, all = {0};
	struct smt *s = w->smt;

	if (*known)
		return *known;
	vec_each (const struct ir_peer, peer, &rule->peers)
		vec_push(s->arena, &peers, world_peer_at(w, peer, other));
	vec_each (const struct ir_port, port, &rule->ports)
		vec_push(s->arena, &ports, world_port_at(w, port, dst));
	vec_push(s->arena, &all, world_policy_at(w, rule->policy, end));
	vec_push(s->arena, &all, smt_or(s, &peers));
	if (rule->ports.n)
		vec_push(s->arena, &all, smt_or(s, &ports));
	return *known = smt_and(s, &all);
}

Z3_ast world_isolates(struct world *w, const struct ir_policy *policy, enum ir_dir dir,
		      enum world_end end)
{
	Z3_ast selected;

	if (!policy->governs[dir])
		return smt_const(w->smt, false);
	selected = world_policy_at(w, policy, end);
	/* Only the peer can be a node. */
	if (!policy->spares_node || end == WORLD_PEER)
		return selected;
	return smt_both(w->smt, selected, smt_not(w->smt, w->node));
}

Z3_ast world_rule(struct world *w, const struct ir_rule *rule)
{
	return world_rule_at(w, rule, WORLD_SUBJECT);
}

/* --- verdicts ---------------------------------------------------------------------------- */

struct ranked_rules {
	const struct ir_rule **v;
	size_t n, cap;
};

static Z3_ast verdict_of(struct world *w, enum ir_action action, Z3_ast later)
{
	return action == IR_PASS ? later : smt_const(w->smt, action == IR_ALLOW);
}

/* What a tier does where none of its rules matches. */
static Z3_ast tier_end(struct world *w, const struct ir_tier *tier, enum ir_dir dir,
		       enum world_end end, Z3_ast later)
{
	struct terms governed = {0};

	if (tier->end == IR_PASS)
		return later;
	vec_each (struct ir_policy *, policy, &tier->policies)
		vec_push(w->smt->arena, &governed, world_isolates(w, *policy, dir, end));
	return smt_if(w->smt, smt_or(w->smt, &governed), verdict_of(w, tier->end, later), later);
}

/* The verdict from this tier on; `later` is that of the tiers behind it. */
static Z3_ast tier_allows(struct world *w, const struct ir_tier *tier, enum ir_dir dir,
			  enum world_end end, Z3_ast later)
{
	struct ranked_rules rules = {0};
	Z3_ast verdict = tier_end(w, tier, dir, end, later);

	vec_each (struct ir_policy *, policy, &tier->policies) {
		vec_each (struct ir_rule *, rule, &(*policy)->rules[dir])
			vec_push(w->smt->arena, &rules, *rule);
	}
	if (rules.n)
		qsort(rules.v, rules.n, sizeof(*rules.v), ir_rule_cmp);
	for (size_t i = rules.n; i > 0;) {
		const struct ir_rule *last = rules.v[i - 1];
		struct terms any = {0};

		for (; i > 0 && ir_rule_cmp(&rules.v[i - 1], &last) == 0; i--)
			vec_push(w->smt->arena, &any, world_rule_at(w, rules.v[i - 1], end));
		verdict = smt_if(w->smt, smt_or(w->smt, &any), verdict_of(w, last->action, later),
				 verdict);
	}
	return verdict;
}

Z3_ast world_allows(struct world *w, enum ir_dir dir, enum world_end end)
{
	Z3_ast *known = &w->allows[end][dir], verdict = smt_const(w->smt, true);

	if (*known)
		return *known;
	for (size_t i = w->ir->tiers.n; i-- > 0;)
		verdict = tier_allows(w, w->ir->tiers.v[i], dir, end, verdict);
	return *known = smt_implies(w->smt, is_managed(w, end), verdict);
}
