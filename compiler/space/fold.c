/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/fold.h"

#include <string.h>

#include "compiler/space/places.h"

struct port_name {
	uint16_t proto;
	const char *name;
};

/* What selectors and ports of all IRs ask for. IRs have numbers of their own for texts. */
struct asked {
	struct arena *arena;
	struct intern keys;
	struct intern labels; /* "app=web": values that are named */
	struct intern ports;  /* "tcp http" */
	VEC(struct port_name) names;
	struct space_places places;
};

/* --- what is asked -----------------------------------------------------------------------------
 */

static const char *label_text(const struct asked *a, const struct ir *ir, uint32_t key,
			      uint32_t value)
{
	return arena_printf(a->arena, "%s=%s", intern_str(&ir->strings, key),
			    intern_str(&ir->strings, value));
}

static void ask_label(struct asked *a, const struct ir *ir, const struct ir_req *req)
{
	intern_add(&a->keys, intern_str(&ir->strings, req->key));
	vec_each (const uint32_t, value, &req->values)
		intern_add(&a->labels, label_text(a, ir, req->key, *value));
}

static void ask_selector(struct asked *a, const struct ir *ir, const struct ir_selector *sel)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_ENDPOINT)
			ask_label(a, ir, req);
}

static void ask_peer(struct asked *a, const struct ir *ir, const struct ir_peer *peer)
{
	if (peer->kind == IR_PEER_SELECTOR)
		ask_selector(a, ir, &peer->selector);
}

static void ask_port(struct asked *a, const struct ir *ir, const struct ir_port *port)
{
	struct port_name p = {.proto = port->proto};
	uint32_t id;

	if (port->kind != IR_PORT_NAMED)
		return;
	p.name = intern_str(&ir->strings, port->name);
	id = intern_add(&a->ports, arena_printf(a->arena, "%d %s", p.proto, p.name));
	if (id == a->names.n)
		vec_push(a->arena, &a->names, p);
}

static void ask_policies(struct asked *a, const struct ir *ir)
{
	vec_each (struct ir_policy *, p, &ir->policies)
		vec_each (const struct ir_selector, sel, &(*p)->subjects)
			ask_selector(a, ir, sel);
	vec_each (struct ir_rule *, rule, &ir->rules) {
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			ask_peer(a, ir, peer);
		vec_each (const struct ir_port, port, &(*rule)->ports)
			ask_port(a, ir, port);
	}
}

static void ask_asserts(struct asked *a, const struct ir *ir)
{
	vec_each (struct ir_assert *, assertion, &ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			ask_peer(a, ir, &claim->from);
			ask_peer(a, ir, &claim->to);
			vec_each (const struct ir_port, port, &claim->ports)
				ask_port(a, ir, port);
		}
	}
}

/* --- alike -------------------------------------------------------------------------------------
 */

/* The label is there, with a value that no selector names. */
static bool is_unnamed(const struct asked *a, const struct ir *ir, const struct ir_endpoint *ep,
		       uint32_t key)
{
	uint32_t value = ir_endpoint_label(ep, IR_SCOPE_ENDPOINT, key);

	if (ir_find_unsaid(ep, key))
		return true;
	return value != INTERN_NONE &&
	       intern_find(&a->labels, label_text(a, ir, key, value)) == INTERN_NONE;
}

static bool same_label(const struct asked *a, const struct ir *ir, const struct ir_endpoint *x,
		       const struct ir_endpoint *y, uint32_t key)
{
	return ir_endpoint_label(x, IR_SCOPE_ENDPOINT, key) ==
		       ir_endpoint_label(y, IR_SCOPE_ENDPOINT, key) ||
	       (is_unnamed(a, ir, x, key) && is_unnamed(a, ir, y, key));
}

static bool same_labels(const struct asked *a, const struct ir *ir, const struct ir_endpoint *x,
			const struct ir_endpoint *y)
{
	vec_each (const char *, text, &a->keys.strings) {
		uint32_t key = intern_find(&ir->strings, *text);

		if (key != INTERN_NONE && !same_label(a, ir, x, y, key))
			return false;
	}
	return true;
}

static bool same_ports(const struct asked *a, const struct ir *ir, const struct ir_endpoint *x,
		       const struct ir_endpoint *y)
{
	vec_each (const struct port_name, p, &a->names) {
		uint32_t name = intern_find(&ir->strings, p->name);

		if (name != INTERN_NONE &&
		    ir_endpoint_port(x, p->proto, name) != ir_endpoint_port(y, p->proto, name))
			return false;
	}
	return true;
}

static bool is_pod_address(const struct ir *ir, const struct net_addr *addr)
{
	vec_each (const struct net_prefix, pods, &ir->pods)
		if (net_prefix_has_addr(pods, addr))
			return true;
	return !ir->pods.n;
}

/* The addresses of hosts are anywhere. */
static bool may_have_addresses(const struct ir *ir, const struct ir_endpoint *ep)
{
	vec_each (const struct net_addr, addr, &ep->addrs)
		if (!ep->host && !is_pod_address(ir, addr))
			return false;
	return true;
}

/* Replicas run on any node, unless the template names one. */
static bool may_be_on_node(const struct asked *a, const struct ir *ir, const struct ir_endpoint *ep,
			   const struct ir_endpoint *owner)
{
	if (ep->on_node && owner->on_node)
		return strcmp(ep->on_node, owner->on_node) == 0;
	return !space_is_placed(&a->places, ir, ep) && !space_is_replaced(&a->places, owner);
}

static bool alike(const struct asked *a, const struct ir *ir, const struct ir_endpoint *ep,
		  const struct ir_endpoint *owner)
{
	return owner->workload && !owner->none && !owner->addrs.n && ep->host == owner->host &&
	       may_be_on_node(a, ir, ep, owner) && may_have_addresses(ir, ep) &&
	       same_labels(a, ir, ep, owner) && same_ports(a, ir, ep, owner);
}

/* The highest of its owners that `ep` is like; NULL: it stands by itself. */
static const struct ir_endpoint *find_into(const struct asked *a, const struct ir *ir,
					   const struct ir_endpoint *ep)
{
	const struct ir_endpoint *into = NULL, *owner = ep->owner;
	unsigned n = 0;

	for (; owner; owner = owner->owner) {
		if (owner == ep || n++ == IR_MAX_OWNERS)
			return NULL;
		if (alike(a, ir, ep, owner))
			into = owner;
	}
	return into;
}

/* --- all of them -------------------------------------------------------------------------------
 */

static bool agrees(const struct asked *a, const struct ir *other, const char *name,
		   const struct ir_endpoint *into)
{
	const struct ir_endpoint *same = ir_find_endpoint(other, name), *there;

	if (!same)
		return true;
	there = find_into(a, other, same);
	return there && strcmp(there->name, into->name) == 0;
}

/* What of each IR goes where, before any does. */
struct plan {
	VEC(struct ir_folded) list;
};

static void make_plan(const struct asked *a, struct ir *const *irs, size_t n, size_t own,
		      struct plan *out)
{
	vec_each (struct ir_endpoint *, ep, &irs[own]->endpoints) {
		const struct ir_endpoint *into = find_into(a, irs[own], *ep);
		bool all = into && !space_is_replaced(&a->places, *ep);

		for (size_t i = 0; all && i < n; i++)
			all = i == own || agrees(a, irs[i], (*ep)->name, into);
		if (all)
			vec_push(a->arena, &out->list, (struct ir_folded){*ep, into});
	}
}

/* Both lists are in the order of the endpoints. */
static void carry_out(const struct asked *a, struct ir *ir, const struct plan *plan)
{
	size_t kept = 0, next = 0;

	for (size_t i = 0; i < ir->endpoints.n; i++) {
		struct ir_endpoint *ep = ir->endpoints.v[i];

		if (next < plan->list.n && plan->list.v[next].ep == ep) {
			vec_push(ir->arena, &ir->folded, plan->list.v[next++]);
			continue;
		}
		if (space_is_replaced(&a->places, ep)) {
			vec_push(ir->arena, &ir->replaced, ep);
			continue;
		}
		ep->id = (uint32_t)kept;
		ir->endpoints.v[kept++] = ep;
	}
	ir->endpoints.n = kept;
}

void space_fold(struct ir *const *irs, size_t n, bool by_address)
{
	struct asked a = {.arena = irs[0]->arena};
	struct plan *plans = arena_alloc(a.arena, n * sizeof(*plans));

	intern_init(&a.keys, a.arena);
	intern_init(&a.labels, a.arena);
	intern_init(&a.ports, a.arena);
	space_places_find(&a.places, irs, n, by_address, a.arena);
	for (size_t i = 0; i < n; i++) {
		ask_policies(&a, irs[i]);
		ask_asserts(&a, irs[i]);
		plans[i] = (struct plan){0};
	}
	for (size_t i = 0; i < n; i++)
		make_plan(&a, irs, n, i, &plans[i]);
	for (size_t i = 0; i < n; i++)
		carry_out(&a, irs[i], &plans[i]);
}
