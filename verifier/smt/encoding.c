/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/smt/encoding.h"

#include <stdlib.h>

#include "compiler/ir/order.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"

enum { PROTO_WIDTH = 8, PORT_WIDTH = 16, ADDR4_WIDTH = 32, ADDR6_WIDTH = 128 };

/* --- what the policies mention --------------------------------------------------------- */

static int cmp_keys(const void *a, const void *b)
{
	const struct encoding_key *p = a, *q = b;

	if (p->scope != q->scope)
		return p->scope < q->scope ? -1 : 1;
	return (p->key > q->key) - (p->key < q->key);
}

/* Filled unsorted with one entry a requirement, then merged. */
static void mention_selector(struct encoding *e, const struct ir_selector *sel)
{
	vec_each (const struct ir_req, req, &sel->reqs) {
		struct encoding_key key = {.scope = req->scope, .key = req->key};

		vec_each (const uint32_t, value, &req->values)
			vec_push(e->smt->arena, &key.mentioned, *value);
		vec_push(e->smt->arena, &e->keys, key);
	}
}

static void mention_port(struct encoding *e, const struct ir_port *port)
{
	struct encoding_name name = {.proto = port->proto, .name = port->name};

	if (ir_port_name(port) == INTERN_NONE)
		return;
	vec_each (const struct encoding_name, known, &e->names) {
		if (known->proto == name.proto && known->name == name.name)
			return;
	}
	vec_push(e->smt->arena, &e->names, name);
}

static void mention_claim(struct encoding *e, const struct ir_claim *claim)
{
	mention_selector(e, &claim->from.selector);
	mention_selector(e, &claim->to.selector);
	vec_each (const struct ir_port, port, &claim->ports)
		mention_port(e, port);
}

static void merge_keys(struct encoding *e)
{
	size_t n = 0;

	if (!e->keys.n)
		return;
	qsort(e->keys.v, e->keys.n, sizeof(*e->keys.v), cmp_keys);
	for (size_t i = 1; i < e->keys.n; i++) {
		struct encoding_key *into = &e->keys.v[n], *from = &e->keys.v[i];

		if (cmp_keys(into, from) != 0) {
			e->keys.v[++n] = *from;
			continue;
		}
		vec_each (const uint32_t, value, &from->mentioned)
			vec_push(e->smt->arena, &into->mentioned, *value);
	}
	e->keys.n = n + 1;
}

static void mention_all(struct encoding *e)
{
	uint32_t ns_name = intern_find(&e->ir->strings, IR_NS_NAME_KEY);

	if (ns_name != INTERN_NONE)
		vec_push(e->smt->arena, &e->keys,
			 (struct encoding_key){.scope = IR_SCOPE_NAMESPACE, .key = ns_name});
	vec_each (struct ir_policy *, policy, &e->ir->policies) {
		vec_each (const struct ir_selector, sel, &(*policy)->subjects)
			mention_selector(e, sel);
	}
	vec_each (struct ir_rule *, rule, &e->ir->rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			mention_selector(e, &peer->selector);
		vec_each (const struct ir_port, port, &(*rule)->ports)
			mention_port(e, port);
	}
	vec_each (struct ir_assert *, assertion, &e->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims)
			mention_claim(e, claim);
	}
	merge_keys(e);
}

/* --- variables and what always holds of them -------------------------------------------- */

static Z3_ast label_number(struct encoding *e, uint64_t value)
{
	return smt_number(e->smt, e->label_width, value);
}

/* Neither containers nor policies can give port 0 a name. */
static void assert_not_zero(struct encoding *e, Z3_ast port)
{
	Z3_ast zero = smt_number(e->smt, PORT_WIDTH, 0);

	smt_assert(e->smt, smt_not(e->smt, smt_eq(e->smt, port, zero)));
}

static void make_variables(struct encoding *e)
{
	static const char *const ends[] = {"subject", "peer"};
	struct arena *a = e->smt->arena;

	while (1ull << e->label_width < e->ir->strings.strings.n + 3)
		e->label_width++;
	for (int end = 0; end < SMT_N_ENDS; end++) {
		vec_each (struct encoding_key, key, &e->keys) {
			key->value[end] = smt_bits(
				e->smt,
				arena_printf(a, "%s.%d.%u", ends[end], key->scope, key->key),
				e->label_width);
		}
		vec_each (struct encoding_name, name, &e->names) {
			const char *id =
				arena_printf(a, "%s.%u.%u", ends[end], name->proto, name->name);

			name->has[end] = smt_bool(e->smt, arena_printf(a, "%s.has", id));
			name->port[end] = smt_bits(e->smt, id, PORT_WIDTH);
			assert_not_zero(e, name->port[end]);
		}
		e->addr4[end] =
			smt_bits(e->smt, arena_printf(a, "%s.addr4", ends[end]), ADDR4_WIDTH);
		e->addr6[end] =
			smt_bits(e->smt, arena_printf(a, "%s.addr6", ends[end]), ADDR6_WIDTH);
	}
	e->managed = smt_bool(e->smt, "managed");
	e->host = smt_bool(e->smt, "host");
	e->node = smt_bool(e->smt, "node");
	e->v6 = smt_bool(e->smt, "v6");
	e->proto = smt_bits(e->smt, "proto", PROTO_WIDTH);
	e->port = smt_bits(e->smt, "port", PORT_WIDTH);
}

static Z3_ast is_proto(struct encoding *e, uint16_t proto)
{
	return smt_eq(e->smt, e->proto, smt_number(e->smt, PROTO_WIDTH, proto));
}

/* ICMP runs over IPv4 and ICMPv6 over IPv6; a protocol without ports has port 0. */
static void assert_protocols(struct encoding *e)
{
	static const uint16_t with_port[] = {IR_PROTO_ICMP, IR_PROTO_TCP, IR_PROTO_UDP,
					     IR_PROTO_ICMP6, IR_PROTO_SCTP};
	struct smt *s = e->smt;
	struct terms known = {0};

	for (size_t i = 0; i < sizeof(with_port) / sizeof(*with_port); i++)
		vec_push(s->arena, &known, is_proto(e, with_port[i]));
	vec_push(s->arena, &known, smt_eq(s, e->port, smt_number(s, PORT_WIDTH, 0)));
	smt_assert(s, smt_or(s, &known));
	smt_assert(s, smt_implies(s, is_proto(e, IR_PROTO_ICMP), smt_not(s, e->v6)));
	smt_assert(s, smt_implies(s, is_proto(e, IR_PROTO_ICMP6), e->v6));
}

static void assert_namespaces(struct encoding *e)
{
	uint32_t name = intern_find(&e->ir->strings, IR_NS_NAME_KEY);
	const struct encoding_key *ns = encoding_find_key(e, IR_SCOPE_NAMESPACE, name);
	struct smt *s = e->smt;
	Z3_ast same;

	if (!ns)
		return;
	same = smt_eq(s, ns->value[SMT_SUBJECT], ns->value[SMT_PEER]);
	vec_each (const struct encoding_key, key, &e->keys) {
		if (key->scope != IR_SCOPE_NAMESPACE || key == ns)
			continue;
		smt_assert(s,
			   smt_implies(s, smt_both(s, e->managed, same),
				       smt_eq(s, key->value[SMT_SUBJECT], key->value[SMT_PEER])));
		for (int end = 0; end < SMT_N_ENDS; end++)
			smt_assert(s, smt_implies(s, smt_eq(s, ns->value[end], label_number(e, 0)),
						  smt_eq(s, key->value[end], label_number(e, 0))));
	}
}

/* Where all endpoints are in namespaces, both that a flow is between are; see ir.namespaced. */
static void assert_namespaced(struct encoding *e)
{
	uint32_t name = intern_find(&e->ir->strings, IR_NS_NAME_KEY);
	const struct encoding_key *ns = encoding_find_key(e, IR_SCOPE_NAMESPACE, name);
	struct smt *s = e->smt;
	Z3_ast none = label_number(e, 0);

	if (!ns || !e->ir->namespaced)
		return;
	smt_assert(s, smt_not(s, smt_eq(s, ns->value[SMT_SUBJECT], none)));
	smt_assert(s, smt_implies(s, e->managed, smt_not(s, smt_eq(s, ns->value[SMT_PEER], none))));
}

void encoding_init(struct encoding *e, const struct ir *ir, struct smt *smt)
{
	*e = (struct encoding){.ir = ir, .smt = smt, .label_width = 1};
	for (int end = 0; end < SMT_N_ENDS; end++) {
		e->policies[end] = arena_array(smt->arena, Z3_ast, ir->policies.n + 1);
		e->rules[end] = arena_array(smt->arena, Z3_ast, ir->rules.n + 1);
	}
	mention_all(e);
	make_variables(e);
	smt_assert(smt, smt_not(smt, smt_both(smt, e->managed, e->host)));
	smt_assert(smt, smt_implies(smt, e->node, e->host));
	assert_protocols(e);
	assert_namespaces(e);
	assert_namespaced(e);
}

const struct encoding_key *encoding_find_key(const struct encoding *e, enum ir_scope scope,
					     uint32_t key)
{
	const struct encoding_key wanted = {.scope = scope, .key = key};

	if (!e->keys.n)
		return NULL;
	return bsearch(&wanted, e->keys.v, e->keys.n, sizeof(wanted), cmp_keys);
}

/* --- selectors, peers, ports ------------------------------------------------------------ */

static Z3_ast label_in(struct encoding *e, Z3_ast label, const struct ir_req *req)
{
	struct terms any = {0};

	vec_each (const uint32_t, value, &req->values)
		vec_push(e->smt->arena, &any,
			 smt_eq(e->smt, label, label_number(e, (uint64_t)*value + 1)));
	return smt_or(e->smt, &any);
}

Z3_ast encode_req(struct encoding *e, const struct ir_req *req, enum smt_end end)
{
	Z3_ast label = encoding_find_key(e, req->scope, req->key)->value[end];

	switch (req->op) {
	case IR_IN:
		return label_in(e, label, req);
	case IR_NOT_IN:
		return smt_not(e->smt, label_in(e, label, req));
	case IR_EXISTS:
		return smt_not(e->smt, smt_eq(e->smt, label, label_number(e, 0)));
	case IR_ABSENT:
		return smt_eq(e->smt, label, label_number(e, 0));
	}
	return smt_const(e->smt, false);
}

static Z3_ast is_managed(struct encoding *e, enum smt_end end)
{
	return end == SMT_PEER ? e->managed : smt_const(e->smt, true);
}

static Z3_ast is_host(struct encoding *e, enum smt_end end)
{
	return end == SMT_PEER ? e->host : smt_const(e->smt, false);
}

static void add_labels(struct encoding *e, const struct ir_selector *labels, enum smt_end end,
		       struct terms *all)
{
	vec_each (const struct ir_req, req, &labels->reqs)
		vec_push(e->smt->arena, all, encode_req(e, req, end));
}

Z3_ast encode_selector(struct encoding *e, const struct ir_selector *sel, enum smt_end end)
{
	struct terms all = {0};

	if (sel->none)
		return smt_const(e->smt, false);
	add_labels(e, sel, end, &all);
	vec_push(e->smt->arena, &all, is_managed(e, end));
	return smt_and(e->smt, &all);
}

static Z3_ast in_prefix(struct encoding *e, const struct net_prefix *p, enum smt_end end)
{
	bool v6 = p->addr.family == NET_V6;
	Z3_ast bits = smt_has_prefix(e->smt, v6 ? e->addr6[end] : e->addr4[end],
				     v6 ? ADDR6_WIDTH : ADDR4_WIDTH, p->addr.bytes, p->len);

	return smt_both(e->smt, v6 ? e->v6 : smt_not(e->smt, e->v6), bits);
}

static void add_addresses(struct encoding *e, const struct ir_cidr *addresses, enum smt_end end,
			  struct terms *all)
{
	struct arena *a = e->smt->arena;
	struct terms in = {0};

	vec_each (const struct net_prefix, p, &addresses->in)
		vec_push(a, &in, in_prefix(e, p, end));
	vec_push(a, all, smt_or(e->smt, &in));
	vec_each (const struct net_prefix, p, &addresses->except)
		vec_push(a, all, smt_not(e->smt, in_prefix(e, p, end)));
}

/* Not all of them. Whoever is outside is neither managed nor a host. */
static Z3_ast is_of_sorts(struct encoding *e, unsigned sorts, enum smt_end end)
{
	bool outside = sorts & IR_SORT_OUTSIDE;
	unsigned listed = outside ? ~sorts : sorts;
	struct terms any = {0};

	if (listed & IR_SORT_ENDPOINT)
		vec_push(e->smt->arena, &any, is_managed(e, end));
	if (listed & IR_SORT_HOST)
		vec_push(e->smt->arena, &any, is_host(e, end));
	return outside ? smt_not(e->smt, smt_or(e->smt, &any)) : smt_or(e->smt, &any);
}

Z3_ast encode_peer_at(struct encoding *e, const struct ir_peer *peer, enum smt_end end)
{
	struct ir_aspects a = ir_peer_aspects(peer);
	struct terms all = {0};

	if (a.labels && a.labels->none)
		return smt_const(e->smt, false);
	if (a.labels)
		add_labels(e, a.labels, end, &all);
	if (a.addresses)
		add_addresses(e, a.addresses, end, &all);
	if (a.sorts != IR_SORT_ALL)
		vec_push(e->smt->arena, &all, is_of_sorts(e, a.sorts, end));
	return smt_and(e->smt, &all);
}

Z3_ast encode_peer(struct encoding *e, const struct ir_peer *peer)
{
	return encode_peer_at(e, peer, SMT_PEER);
}

/* The destination calls the flow's port by this name. */
static Z3_ast named_port(struct encoding *e, const struct ir_port_aspects *port, enum smt_end dst)
{
	struct smt *s = e->smt;
	struct terms all = {0};

	vec_each (const struct encoding_name, name, &e->names) {
		if (name->proto != port->proto || name->name != port->name)
			continue;
		vec_push(s->arena, &all, name->has[dst]);
		vec_push(s->arena, &all, smt_eq(s, name->port[dst], e->port));
	}
	vec_push(s->arena, &all, is_managed(e, dst));
	return smt_and(s, &all);
}

Z3_ast encode_port_at(struct encoding *e, const struct ir_port *port, enum smt_end dst)
{
	struct ir_port_aspects a = ir_port_aspects(port);
	struct smt *s = e->smt;
	Z3_ast term;

	if (a.nothing)
		return smt_const(s, false);
	term = a.proto == IR_PROTO_ANY ? smt_const(s, true) : is_proto(e, a.proto);
	if (a.lo > 0 || a.hi < IR_PORT_LAST)
		term = smt_both(s, term, smt_in_range(s, e->port, PORT_WIDTH, a.lo, a.hi));
	if (a.name != INTERN_NONE)
		term = smt_both(s, term, named_port(e, &a, dst));
	return term;
}

Z3_ast encode_port(struct encoding *e, const struct ir_port *port, enum ir_dir dir)
{
	return encode_port_at(e, port, dir == IR_INGRESS ? SMT_SUBJECT : SMT_PEER);
}

/* --- policies and rules ------------------------------------------------------------------ */

Z3_ast encode_policy_at(struct encoding *e, const struct ir_policy *policy, enum smt_end end)
{
	Z3_ast *known = &e->policies[end][policy->id];
	struct terms any = {0};

	if (*known)
		return *known;
	vec_each (const struct ir_selector, sel, &policy->subjects)
		vec_push(e->smt->arena, &any, encode_selector(e, sel, end));
	return *known = smt_or(e->smt, &any);
}

Z3_ast encode_policy(struct encoding *e, const struct ir_policy *policy)
{
	return encode_policy_at(e, policy, SMT_SUBJECT);
}

Z3_ast encode_rule_at(struct encoding *e, const struct ir_rule *rule, enum smt_end end)
{
	enum smt_end other = smt_end_other(end), dst = rule->dir == IR_INGRESS ? end : other;
	Z3_ast *known = &e->rules[end][rule->id];
	struct terms peers = {0}, ports = {0}, all = {0};
	struct smt *s = e->smt;

	if (*known)
		return *known;
	vec_each (const struct ir_peer, peer, &rule->peers)
		vec_push(s->arena, &peers, encode_peer_at(e, peer, other));
	vec_each (const struct ir_port, port, &rule->ports)
		vec_push(s->arena, &ports, encode_port_at(e, port, dst));
	vec_push(s->arena, &all, encode_policy_at(e, rule->policy, end));
	vec_push(s->arena, &all, smt_or(s, &peers));
	if (rule->ports.n)
		vec_push(s->arena, &all, smt_or(s, &ports));
	return *known = smt_and(s, &all);
}

Z3_ast encode_isolates(struct encoding *e, const struct ir_policy *policy, enum ir_dir dir,
		       enum smt_end end)
{
	Z3_ast selected;

	if (!policy->governs[dir])
		return smt_const(e->smt, false);
	selected = encode_policy_at(e, policy, end);
	/* Only the peer can be a node. */
	if (!policy->spares_node || end == SMT_PEER)
		return selected;
	return smt_both(e->smt, selected, smt_not(e->smt, e->node));
}

Z3_ast encode_rule(struct encoding *e, const struct ir_rule *rule)
{
	return encode_rule_at(e, rule, SMT_SUBJECT);
}

/* --- verdicts ---------------------------------------------------------------------------- */

struct ranked_rules {
	const struct ir_rule **v;
	size_t n, cap;
};

static Z3_ast verdict_of(struct encoding *e, enum ir_action action, Z3_ast later)
{
	return action == IR_PASS ? later : smt_const(e->smt, action == IR_ALLOW);
}

/* What a tier does where none of its rules matches. */
static Z3_ast tier_end(struct encoding *e, const struct ir_tier *tier, enum ir_dir dir,
		       enum smt_end end, Z3_ast later)
{
	struct terms governed = {0};

	if (tier->end == IR_PASS)
		return later;
	vec_each (struct ir_policy *, policy, &tier->policies)
		vec_push(e->smt->arena, &governed, encode_isolates(e, *policy, dir, end));
	return smt_if(e->smt, smt_or(e->smt, &governed), verdict_of(e, tier->end, later), later);
}

/* Where these match, which have one precedence. A plain allow makes those about requests moot. */
static Z3_ast rules_allow(struct encoding *e, const struct ir_rule *const *rules, size_t n,
			  enum smt_end end, bool judged, Z3_ast later, Z3_ast otherwise)
{
	struct terms plain = {0}, asking = {0};

	for (size_t i = 0; i < n; i++)
		vec_push(e->smt->arena, rules[i]->l7.kind == IR_L7_NONE ? &plain : &asking,
			 encode_rule_at(e, rules[i], end));
	if (asking.n)
		otherwise = smt_if(e->smt, smt_or(e->smt, &asking), smt_const(e->smt, judged),
				   otherwise);
	if (!plain.n)
		return otherwise;
	return smt_if(e->smt, smt_or(e->smt, &plain), verdict_of(e, rules[0]->action, later),
		      otherwise);
}

/* The verdict from this tier on; `later` is that of the tiers behind it, `judged` what it is where
 * rules judge requests. */
static Z3_ast tier_allows(struct encoding *e, const struct ir_tier *tier, enum ir_dir dir,
			  enum smt_end end, bool judged, Z3_ast later)
{
	struct ranked_rules rules = {0};
	Z3_ast verdict = tier_end(e, tier, dir, end, later);

	vec_each (struct ir_policy *, policy, &tier->policies) {
		vec_each (struct ir_rule *, rule, &(*policy)->rules[dir])
			vec_push(e->smt->arena, &rules, *rule);
	}
	if (rules.n)
		qsort(rules.v, rules.n, sizeof(*rules.v), ir_rule_cmp);
	for (size_t i = rules.n, end_of; i > 0;) {
		end_of = i;
		while (i > 0 && ir_rule_cmp(&rules.v[i - 1], &rules.v[end_of - 1]) == 0)
			i--;
		verdict = rules_allow(e, &rules.v[i], end_of - i, end, judged, later, verdict);
	}
	return verdict;
}

static Z3_ast allows(struct encoding *e, enum ir_dir dir, enum smt_end end, bool judged)
{
	Z3_ast verdict = smt_const(e->smt, true);

	for (size_t i = e->ir->tiers.n; i-- > 0;)
		verdict = tier_allows(e, e->ir->tiers.v[i], dir, end, judged, verdict);
	return smt_implies(e->smt, is_managed(e, end), verdict);
}

Z3_ast encode_allows(struct encoding *e, enum ir_dir dir, enum smt_end end)
{
	Z3_ast *known = &e->allows[end][dir];

	return *known ? *known : (*known = allows(e, dir, end, true));
}

Z3_ast encode_allows_every(struct encoding *e, enum ir_dir dir, enum smt_end end)
{
	Z3_ast *known = &e->allows_every[end][dir];

	return *known ? *known : (*known = allows(e, dir, end, false));
}
