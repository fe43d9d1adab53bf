/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir.h"

#include <stdlib.h>
#include <string.h>

static const char *const dir_names[] = {[IR_INGRESS] = "ingress", [IR_EGRESS] = "egress"};
static const char *const action_names[] = {
	[IR_ALLOW] = "allow", [IR_DENY] = "deny", [IR_PASS] = "pass"};
static const char *const verdict_names[] = {
	[IR_VERDICT_DENY] = "deny", [IR_VERDICT_ALLOW] = "allow"};
static const char *const outcome_names[] = {
	[IR_OUTCOME_DENY] = "deny", [IR_OUTCOME_ALLOW] = "allow", [IR_OUTCOME_REDIRECT] = "l7"};
static const char *const claim_names[] = {
	[IR_CLAIM_NEVER] = "never", [IR_CLAIM_ALWAYS] = "always", [IR_CLAIM_ONLY] = "only"};
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
static const struct {
	uint16_t number;
	const char *name;
} protos[] = {
	{IR_PROTO_TCP, "tcp"},   {IR_PROTO_UDP, "udp"},     {IR_PROTO_SCTP, "sctp"},
	{IR_PROTO_ICMP, "icmp"}, {IR_PROTO_ICMP6, "icmp6"}, {IR_PROTO_ANY, "any"},
};

enum { N_PROTOS = sizeof(protos) / sizeof(*protos) };

const char *ir_dir_name(enum ir_dir d)
{
	return dir_names[d];
}

const char *ir_action_name(enum ir_action a)
{
	return action_names[a];
}

const char *ir_verdict_name(enum ir_verdict v)
{
	return verdict_names[v];
}

const char *ir_outcome_name(enum ir_outcome o)
{
	return outcome_names[o];
}

const char *ir_claim_name(enum ir_claim_kind k)
{
	return claim_names[k];
}

const char *ir_op_name(enum ir_op op)
{
	return op_names[op];
}

const char *ir_scope_name(enum ir_scope scope)
{
	return scope_names[scope];
}

const char *ir_entity_name(enum ir_entity entity)
{
	return entity_names[entity];
}

const char *ir_proto_name(uint16_t proto)
{
	for (size_t i = 0; i < N_PROTOS; i++) {
		if (protos[i].number == proto)
			return protos[i].name;
	}
	return NULL;
}

int ir_proto_parse(const char *name)
{
	for (size_t i = 0; i < N_PROTOS; i++) {
		if (strcmp(protos[i].name, name) == 0)
			return protos[i].number;
	}
	return -1;
}

bool ir_is_own_node(const struct ir_endpoint *ep, const struct ir_endpoint *peer)
{
	return peer->node || (peer->host && peer->on_node && ep->on_node &&
			      strcmp(peer->on_node, ep->on_node) == 0);
}

struct ir_endpoint *ir_make_node(struct arena *arena)
{
	struct ir_endpoint *node = arena_new(arena, struct ir_endpoint);

	*node = (struct ir_endpoint){
		.id = UINT32_MAX, .name = "node", .kind = "node", .host = true, .node = true};
	return node;
}

struct ir_endpoint *ir_make_node_of(const char *name, struct arena *arena)
{
	struct ir_endpoint *ep = arena_new(arena, struct ir_endpoint);

	*ep = (struct ir_endpoint){.id = UINT32_MAX,
				   .name = arena_printf(arena, "node %s", name ? name : ""),
				   .kind = "Node",
				   .host = true,
				   .at_node = true,
				   .on_node = name};
	return ep;
}

/* Only so many of those that share an address are named. */
enum { MAX_NAMED = 3 };

struct sharing {
	const char *names[MAX_NAMED];
	size_t n; /* all */
};

/* The names of those at one address are in order. */
static void find_sharing(const struct ir *ir, const struct net_addr *addr, struct sharing *out)
{
	const char *last = NULL;

	*out = (struct sharing){0};
	vec_each (const struct ir_node_address, at, &ir->nodes) {
		if (!net_addr_eq(&at->addr, addr) || (last && strcmp(last, at->node) == 0))
			continue;
		last = at->node;
		if (out->n < MAX_NAMED)
			out->names[out->n] = last;
		out->n++;
	}
}

static const char *sharing_text(const struct sharing *s, struct arena *arena)
{
	if (s->n == 2)
		return arena_printf(arena, "node %s or %s", s->names[0], s->names[1]);
	if (s->n == MAX_NAMED)
		return arena_printf(arena, "node %s, %s or %s", s->names[0], s->names[1],
				    s->names[2]);
	return arena_printf(arena, "node %s, %s or %zu others", s->names[0], s->names[1], s->n - 2);
}

const struct ir_endpoint *ir_node_at(const struct ir *ir, const struct net_addr *addr,
				     struct arena *arena)
{
	struct ir_endpoint *ep;
	struct sharing sharing;

	find_sharing(ir, addr, &sharing);
	if (!sharing.n)
		return NULL;
	ep = ir_make_node_of(sharing.n == 1 ? sharing.names[0] : NULL, arena);
	if (sharing.n > 1)
		ep->name = sharing_text(&sharing, arena);
	vec_push(arena, &ep->addrs, *addr);
	return ep;
}

bool ir_is_at_node(const struct ir_endpoint *ep)
{
	return ep && ep->at_node;
}

bool ir_node_has(const struct ir *ir, const char *name, const struct net_addr *addr)
{
	vec_each (const struct ir_node_address, at, &ir->nodes)
		if (strcmp(at->node, name) == 0 && net_addr_eq(&at->addr, addr))
			return true;
	return false;
}

bool ir_has_inventory(const struct ir *ir)
{
	return ir->endpoints.n || ir->none.n;
}

const struct ir_endpoint *ir_find_endpoint(const struct ir *ir, const char *name)
{
	size_t lo = 0, hi = ir->endpoints.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(name, ir->endpoints.v[mid]->name);

		if (order == 0)
			return ir->endpoints.v[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct ir_endpoint *ir_find_none(const struct ir *ir, const char *name)
{
	vec_each (struct ir_endpoint *, ep, &ir->none)
		if (strcmp((*ep)->name, name) == 0)
			return *ep;
	return NULL;
}

const struct ir_endpoint *ir_find_replaced(const struct ir *ir, const char *name)
{
	vec_each (struct ir_endpoint *, ep, &ir->replaced)
		if (strcmp((*ep)->name, name) == 0)
			return *ep;
	return NULL;
}

const struct ir_endpoint *ir_find_folded(const struct ir *ir, const char *name)
{
	vec_each (const struct ir_folded, f, &ir->folded)
		if (strcmp(f->ep->name, name) == 0)
			return f->into;
	return NULL;
}

static int label_order(const void *a, const void *b)
{
	const struct ir_label *x = a, *y = b;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

void ir_endpoint_sort_labels(struct ir_endpoint *ep)
{
	if (ep->labels.n)
		qsort(ep->labels.v, ep->labels.n, sizeof(*ep->labels.v), label_order);
}

struct ir_asked_label *ir_find_unsaid(const struct ir_endpoint *ep, uint32_t key)
{
	vec_each (struct ir_asked_label, label, &ep->unsaid)
		if (label->key == key)
			return label;
	return NULL;
}

static int endpoint_order(const void *a, const void *b)
{
	const struct ir_endpoint *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void ir_sort_endpoints(struct ir *ir)
{
	if (ir->endpoints.n)
		qsort(ir->endpoints.v, ir->endpoints.n, sizeof(*ir->endpoints.v), endpoint_order);
}

uint32_t ir_endpoint_label(const struct ir_endpoint *ep, enum ir_scope scope, uint32_t key)
{
	vec_each (const struct ir_label, label, &ep->labels) {
		if (label->scope == scope && label->key == key)
			return label->value;
	}
	return INTERN_NONE;
}

bool ir_req_takes(const struct ir_req *req, uint32_t value)
{
	bool listed = false;

	vec_each (const uint32_t, v, &req->values)
		listed |= *v == value;
	switch (req->op) {
	case IR_IN:
		return value != INTERN_NONE && listed;
	case IR_NOT_IN:
		return value == INTERN_NONE || !listed;
	case IR_EXISTS:
		return value != INTERN_NONE;
	case IR_ABSENT:
		return value == INTERN_NONE;
	}
	return false;
}

bool ir_req_matches(const struct ir_req *req, const struct ir_endpoint *ep)
{
	return ir_req_takes(req, ir_endpoint_label(ep, req->scope, req->key));
}

bool ir_selector_matches(const struct ir_selector *sel, const struct ir_endpoint *ep)
{
	if (sel->none)
		return false;
	vec_each (const struct ir_req, req, &sel->reqs) {
		if (!ir_req_matches(req, ep))
			return false;
	}
	return true;
}

int ir_endpoint_port(const struct ir_endpoint *ep, uint16_t proto, uint32_t name)
{
	vec_each (const struct ir_named_port, port, &ep->ports) {
		if (port->proto == proto && port->name == name)
			return port->port;
	}
	return -1;
}
