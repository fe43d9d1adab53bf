/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/universe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENDS = 64 };

const struct ir_flow universe_ports[] = {
	/* No name stands for it. */
	{.proto = IR_PROTO_TCP, .port = 0},
	{.proto = IR_PROTO_TCP, .port = 1},
	{.proto = IR_PROTO_TCP, .port = 80},
	{.proto = IR_PROTO_TCP, .port = 82},
	{.proto = IR_PROTO_TCP, .port = 85},
	/* Of two that no range tells apart, one may be what somebody calls http. */
	{.proto = IR_PROTO_TCP, .port = 95},
	{.proto = IR_PROTO_TCP, .port = 97},
	{.proto = IR_PROTO_UDP, .port = 53},
	{.proto = IR_PROTO_ICMP, .port = 0x800},
	{.proto = IR_PROTO_ICMP, .port = 0x300},
	{.proto = IR_PROTO_ICMP6, .port = 0x8000},
	{.proto = 47},
};

const size_t universe_n_ports = sizeof(universe_ports) / sizeof(*universe_ports);

/* What the destination may call its port `http`, which is not 0; -1: it has none. */
static const int https[] = {-1, 1, 80, 82, 85, 95};

static bool proto_runs_over(uint16_t proto, bool v6)
{
	return proto != (v6 ? IR_PROTO_ICMP : IR_PROTO_ICMP6);
}

/* Two ends of one namespace have the same namespace labels. */
static bool consistent(const struct universe *u, const struct ir_endpoint *p,
		       const struct ir_endpoint *q)
{
	if (!q || q->host)
		return true;
	return ir_endpoint_label(p, IR_SCOPE_NAMESPACE, u->ns_name) !=
		       ir_endpoint_label(q, IR_SCOPE_NAMESPACE, u->ns_name) ||
	       ir_endpoint_label(p, IR_SCOPE_NAMESPACE, u->ns_t) ==
		       ir_endpoint_label(q, IR_SCOPE_NAMESPACE, u->ns_t);
}

static void add_managed(struct irb *b, struct universe *u, const char *labels)
{
	vec_push(&b->arena, &u->managed, irb_endpoint(b, "e", labels, "", ""));
}

static void make_managed(struct irb *b, struct universe *u, bool ns)
{
	static const char *const as[] = {"", "a=x,", "a=y,", "a=z,"};
	static const char *const bs[] = {"", "b=x,", "b=y,", "b=z,"};
	static const char *const names[] = {"n", "m", "o"};
	static const char *const ts[] = {"", ",ns:t=x", ",ns:t=z"};
	char labels[128];

	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4 && !ns; k++) {
			snprintf(labels, sizeof(labels), "%s%s", as[i], bs[k]);
			labels[strlen(labels) - (*labels != '\0')] = '\0';
			add_managed(b, u, labels);
		}
		for (size_t k = 0; k < 9 && ns; k++) {
			snprintf(labels, sizeof(labels), "%sns:" IR_NS_NAME_KEY "=%s%s", as[i],
				 names[k / 3], ts[k % 3]);
			add_managed(b, u, labels);
		}
	}
	if (ns && !b->ir.namespaced) {
		add_managed(b, u, "");
		add_managed(b, u, "a=x");
		add_managed(b, u, "a=z");
	}
}

static void make_peers(struct irb *b, struct universe *u)
{
	static const char *const addrs[] = {"10.1.1.1", "10.1.2.1",    "10.2.0.1",
					    "11.0.0.1", "2001:db8::1", "2001:db9::1"};
	struct ir_endpoint *host = irb_endpoint(b, "host", "", "", "");

	host->host = true;
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		struct net_addr addr;

		net_addr_parse(addrs[i], &addr);
		vec_push(&b->arena, &u->peers, (struct ir_end){.addr = addr});
		vec_push(&b->arena, &u->peers, (struct ir_end){.ep = host, .addr = addr});
		vec_push(&b->arena, &u->peers, (struct ir_end){.ep = b->ir.node, .addr = addr});
		vec_each (struct ir_endpoint *, ep, &u->managed)
			vec_push(&b->arena, &u->peers, (struct ir_end){.ep = *ep, .addr = addr});
	}
}

/* The policies that select an endpoint, their rules with them. */
static uint32_t subject_mask(const struct irb *b, const struct ir_endpoint *ep, enum ir_dir dir)
{
	uint32_t mask = 0;

	vec_each (struct ir_policy *, p, &b->ir.policies) {
		if (!ir_policy_selects(*p, ep))
			continue;
		mask |= POLICY_BIT((*p)->id);
		vec_each (struct ir_rule *, rule, &(*p)->rules[dir])
			mask |= 1u << (*rule)->id;
	}
	return mask;
}

static uint32_t flow_mask(const struct irb *b, const struct ir_flow *flow, enum ir_dir dir)
{
	const struct ir_end *peer = dir == IR_INGRESS ? &flow->src : &flow->dst;
	uint32_t mask = ~0u << MAX_RULES;

	/* A policy's bit is only looked at for whether it isolates. */
	vec_each (struct ir_policy *, p, &b->ir.policies) {
		if ((*p)->spares_node && peer->ep && peer->ep->node)
			mask &= ~POLICY_BIT((*p)->id);
	}
	vec_each (struct ir_rule *, rule, &b->ir.rules) {
		if ((*rule)->dir == dir && ir_rule_matches(*rule, flow))
			mask |= 1u << (*rule)->id;
	}
	return mask;
}

/* Peer and subject meet on one port; `http` is the destination's port of this name or -1. */
static void visit_peer(struct irb *b, struct universe *u, const uint32_t *subjects,
		       const struct ir_end *peer, struct ir_flow flow, int http)
{
	struct ir_endpoint dst = {.kind = "endpoint"}, managed;
	struct ir_end far = *peer;
	struct ir_endpoint *named = &dst;
	uint32_t mask;

	if (far.ep && u->dir == IR_EGRESS) {
		managed = *far.ep;
		far.ep = named = &managed;
	}
	if (http >= 0 && !named->host)
		vec_push(&b->arena, &named->ports,
			 (struct ir_named_port){
				 .name = u->http, .proto = IR_PROTO_TCP, .port = (uint16_t)http});
	flow.src = u->dir == IR_INGRESS ? far : (struct ir_end){.ep = &dst};
	flow.dst = u->dir == IR_INGRESS ? (struct ir_end){.ep = &dst} : far;
	mask = flow_mask(b, &flow, u->dir);
	for (size_t i = 0; i < u->managed.n; i++) {
		uint32_t both = mask & subjects[i];

		if (!u->seen[both] && consistent(u, u->managed.v[i], peer->ep)) {
			u->seen[both] = true;
			vec_push(&b->arena, &u->masks, both);
		}
	}
}

void universe_visit(struct universe *u, struct irb *b, enum ir_dir dir)
{
	uint32_t subjects[MAX_ENDS];

	u->dir = dir;
	u->masks.n = 0;
	memset(u->seen, 0, sizeof(*u->seen) << (MAX_RULES + MAX_POLICIES));
	for (size_t i = 0; i < u->managed.n; i++)
		subjects[i] = subject_mask(b, u->managed.v[i], dir);
	vec_each (const struct ir_end, peer, &u->peers) {
		for (size_t i = 0; i < universe_n_ports; i++) {
			bool v6 = peer->addr.family == NET_V6;

			if (!proto_runs_over(universe_ports[i].proto, v6))
				continue;
			for (size_t k = 0; k < sizeof(https) / sizeof(*https); k++)
				visit_peer(b, u, subjects, peer, universe_ports[i], https[k]);
		}
	}
}

void universe_init(struct universe *u, struct irb *b, bool ns)
{
	*u = (struct universe){0};
	u->seen = calloc(1u << (MAX_RULES + MAX_POLICIES), sizeof(bool));
	u->ns_name = intern_add(&b->ir.strings, IR_NS_NAME_KEY);
	u->ns_t = intern_add(&b->ir.strings, "t");
	u->http = intern_add(&b->ir.strings, "http");
	make_managed(b, u, ns);
	make_peers(b, u);
	/* What there can be, not what there is. */
	b->ir.endpoints.n = 0;
}

void universe_fini(struct universe *u)
{
	free(u->seen);
}

/* --- flows through both ends ---------------------------------------------------------------------
 */

/* All that policies and claims see of an end. */
struct end_kind {
	uint32_t family, managed, host, node;
	uint32_t ns, ns_label;
	uint32_t policies, rules; /* that select it; that have it as a peer */
	uint32_t by_name;         /* of these, that have it other than by its address */
	uint32_t claims_from, claims_to;
};

struct end_sample {
	struct end_kind kind;
	struct ir_end end;
};

/* All that they see of a port, and of what the destination calls `http`. */
struct port_kind {
	uint32_t rules, claims;
	uint32_t v4, v6; /* the families that it exists in */
	uint32_t named;  /* only a managed destination has names */
};

struct port_sample {
	struct port_kind kind;
	struct ir_flow port;
	int http;
};

struct samples {
	VEC(struct end_sample) ends;
	VEC(struct port_sample) ports;
};

static void sample_end(const struct universe *u, struct irb *b, const struct ir_end *end,
		       struct samples *out)
{
	struct end_sample sample = {.end = *end};
	struct end_kind *k = &sample.kind;
	uint32_t bit = 1;

	k->family = end->addr.family;
	k->host = end->ep && end->ep->host;
	k->node = end->ep && end->ep->node;
	k->managed = end->ep && !end->ep->host;
	if (k->managed) {
		k->ns = ir_endpoint_label(end->ep, IR_SCOPE_NAMESPACE, u->ns_name);
		k->ns_label = ir_endpoint_label(end->ep, IR_SCOPE_NAMESPACE, u->ns_t);
		k->policies = subject_mask(b, end->ep, IR_INGRESS) >> MAX_RULES;
	}
	vec_each (struct ir_rule *, rule, &b->ir.rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			if (!ir_peer_matches(peer, end))
				continue;
			k->rules |= 1u << (*rule)->id;
			if (peer->kind != IR_PEER_CIDR)
				k->by_name |= 1u << (*rule)->id;
		}
	}
	vec_each (struct ir_assert *, assertion, &b->ir.asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			k->claims_from |= ir_peer_matches(&claim->from, end) ? bit : 0;
			k->claims_to |= ir_peer_matches(&claim->to, end) ? bit : 0;
			bit <<= 1;
		}
	}
	vec_each (const struct end_sample, known, &out->ends) {
		if (memcmp(&known->kind, k, sizeof(*k)) == 0)
			return;
	}
	vec_push(&b->arena, &out->ends, sample);
}

/* The named endpoint needs no labels here: only its name for a port counts. */
static struct ir_flow with_port(const struct universe *u, struct irb *b, struct ir_flow flow,
				int http, struct ir_endpoint *dst)
{
	if (http >= 0)
		vec_push(&b->arena, &dst->ports,
			 (struct ir_named_port){
				 .name = u->http, .proto = IR_PROTO_TCP, .port = (uint16_t)http});
	flow.dst.ep = dst;
	return flow;
}

static void sample_port(const struct universe *u, struct irb *b, const struct ir_flow *port,
			int http, struct samples *out)
{
	const struct ir_peer all = {.kind = IR_PEER_ENTITY, .entity = IR_ENTITY_ALL};
	struct port_sample sample = {.port = *port, .http = http};
	struct ir_endpoint dst = {.kind = "endpoint"};
	struct ir_flow flow = with_port(u, b, *port, http, &dst);
	struct port_kind *k = &sample.kind;
	uint32_t bit = 1;

	k->v4 = proto_runs_over(port->proto, false);
	k->v6 = proto_runs_over(port->proto, true);
	k->named = http >= 0;
	vec_each (struct ir_rule *, rule, &b->ir.rules) {
		struct ir_rule any = {.dir = IR_EGRESS, .ports = (*rule)->ports};

		vec_push(&b->arena, &any.peers, all);
		k->rules |= ir_rule_matches(&any, &flow) ? 1u << (*rule)->id : 0;
	}
	vec_each (struct ir_assert *, assertion, &b->ir.asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			struct ir_claim any = *claim;

			any.kind = IR_CLAIM_NEVER;
			any.from = any.to = all;
			k->claims |= ir_claim_covers(&any, &flow) ? bit : 0;
			bit <<= 1;
		}
	}
	vec_each (const struct port_sample, known, &out->ports) {
		if (memcmp(&known->kind, k, sizeof(*k)) == 0)
			return;
	}
	vec_push(&b->arena, &out->ports, sample);
}

static bool visit_pair(const struct universe *u, struct irb *b, const struct samples *samples,
		       const struct end_sample *src, const struct end_sample *dst,
		       universe_flow_fn *visit, void *arg)
{
	if (src->kind.family != dst->kind.family || !(src->kind.managed || dst->kind.managed))
		return true;
	if (src->kind.managed && dst->kind.managed && !consistent(u, src->end.ep, dst->end.ep))
		return true;
	vec_each (const struct port_sample, p, &samples->ports) {
		struct ir_endpoint copy;
		struct ir_flow flow = p->port;

		if (!(src->kind.family == NET_V6 ? p->kind.v6 : p->kind.v4) ||
		    (p->kind.named && !dst->kind.managed))
			continue;
		flow.dst = dst->end;
		if (dst->end.ep) {
			copy = *dst->end.ep;
			flow = with_port(u, b, flow, p->http, &copy);
		}
		flow.src = src->end;
		if (!visit(arg, &flow))
			return false;
	}
	return true;
}

void universe_flows(const struct universe *u, struct irb *b, universe_flow_fn *visit, void *arg)
{
	struct samples samples = {0};

	vec_each (const struct ir_end, end, &u->peers)
		sample_end(u, b, end, &samples);
	for (size_t i = 0; i < universe_n_ports; i++) {
		for (size_t k = 0; k < sizeof(https) / sizeof(*https); k++)
			sample_port(u, b, &universe_ports[i], https[k], &samples);
	}
	vec_each (const struct end_sample, src, &samples.ends) {
		vec_each (const struct end_sample, dst, &samples.ends) {
			if (!visit_pair(u, b, &samples, src, dst, visit, arg))
				return;
		}
	}
}
