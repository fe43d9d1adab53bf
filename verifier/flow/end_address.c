/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/end_address.h"

#include <errno.h>
#include <string.h>

#include "compiler/space/suppose.h"
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "verifier/flow/what.h"

static bool has_address(const struct ir_endpoint *ep, const struct net_addr *addr)
{
	vec_each (const struct net_addr, a, &ep->addrs)
		if (net_addr_eq(a, addr))
			return true;
	return false;
}

/* Whose address this is known to be; NULL: nobody's. */
static const struct ir_endpoint *owner_of(const struct ir *ir, const struct net_addr *addr)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (!(*ep)->supposed && has_address(*ep, addr))
			return *ep;
	vec_each (const struct ir_folded, f, &ir->folded)
		if (has_address(f->ep, addr))
			return f->into;
	return NULL;
}

static int parse_address(const char *ip, const char *like, const char *what, struct diag *diag,
			 struct net_addr *out)
{
	if (net_addr_parse(ip, out) == 0)
		return 0;
	diag_error(diag, LOC_NONE, CODE_BAD_ADDRESS,
		   WHAT_FMT "'%s' is no IP address; write one address, as in '%s'%s",
		   WHAT_ARG(what), ip, like, net_mapped_hint(ip));
	return -EINVAL;
}

bool flow_end_is_address(const char *text)
{
	return strncmp(text, FLOW_CIDR_PREFIX, strlen(FLOW_CIDR_PREFIX)) == 0;
}

/* A pod on the host's network may have an address of its node, and say of another one that it runs
 * there, or of none. */
static bool is_that_node(const struct ir_endpoint *owner, const struct ir_endpoint *at)
{
	return owner && owner->on_node && at->on_node && strcmp(owner->on_node, at->on_node) == 0;
}

/* Once, though it is asked about often. */
static void tell_shared(const struct ir_endpoint *at, const char *end, const char *what,
			struct arena *arena, struct diag *diag)
{
	const char *text = arena_printf(
		arena,
		WHAT_FMT
		"several nodes have '%s' (%s): it is taken for a host on another node than "
		"the pod's, which policies decide about; a pod's own node reaches it "
		"whatever those of Kubernetes say",
		WHAT_ARG(what), end, at->name);

	vec_each (struct diag_item *, item, &diag->items)
		if (strcmp((*item)->text, text) == 0)
			return;
	diag_info(diag, LOC_NONE, CODE_SHARED_ADDRESS, "%s", text);
}

int flow_end_parse_cidr(const struct ir *ir, const char *text, const char *what,
			struct arena *arena, struct diag *diag, struct flow_end *out)
{
	const struct ir_endpoint *at;
	char shown[NET_ADDR_STRLEN];
	int err = parse_address(text + strlen(FLOW_CIDR_PREFIX), "cidr:203.0.113.7", what, diag,
				&out->addr);

	if (err)
		return err;
	out->text = arena_printf(arena, FLOW_CIDR_PREFIX "%s", net_addr_format(&out->addr, shown));
	out->ep = owner_of(ir, &out->addr);
	at = ir_node_at(ir, &out->addr, arena);
	if (!at || is_that_node(out->ep, at))
		return 0;
	out->ep = at;
	if (!at->on_node)
		tell_shared(at, text, what, arena, diag);
	return 0;
}

/* --- where an end can be ---------------------------------------------------------------------- */

/* Its addresses are not those that the inventory has of it. */
static bool may_be_elsewhere(const struct ir *ir, const struct ir_endpoint *ep)
{
	return ep == ir->node || ep->supposed || !ep->addrs.n;
}

static bool is_among_pods(const struct ir *ir, const struct net_addr *addr)
{
	vec_each (const struct net_prefix, pods, &ir->pods)
		if (net_prefix_has_addr(pods, addr))
			return true;
	return !ir->pods.n;
}

static const char *list_addresses(const struct ir_endpoint *ep, struct arena *arena)
{
	_cleanup_buf_ struct buf out = {0};
	char shown[NET_ADDR_STRLEN];

	vec_each (const struct net_addr, addr, &ep->addrs)
		buf_printf(&out, "%s%s", addr == ep->addrs.v ? "" : " and ",
			   net_addr_format(addr, shown));
	return arena_strdup(arena, buf_str(&out));
}

static const char *list_pods(const struct ir *ir, struct arena *arena)
{
	char shown[NET_PREFIX_STRLEN];

	net_prefix_format(&ir->pods.v[0], shown);
	return ir->pods.n == 1
		       ? arena_strdup(arena, shown)
		       : arena_printf(arena, "%s and %zu more prefixes", shown, ir->pods.n - 1);
}

/* Why the end cannot be there; NULL: it can. */
static const char *refusal(const struct ir *ir, const struct flow_end *end,
			   const struct net_addr *addr, struct arena *arena)
{
	const struct ir_endpoint *ep = end->ep, *owner = owner_of(ir, addr), *at;
	char shown[NET_ADDR_STRLEN];

	if (end->outside)
		return arena_printf(arena, "for one address of the world write 'cidr:%s'",
				    net_addr_format(addr, shown));
	if (!may_be_elsewhere(ir, ep))
		return has_address(ep, addr) ? NULL
					     : arena_printf(arena, "%s is at %s", ep->name,
							    list_addresses(ep, arena));
	/* Pods on the host's network share its addresses. */
	if (owner && owner != ep && !(owner->host && ep->host))
		return arena_printf(arena, "this address is that of %s", owner->name);
	at = ep->host ? NULL : ir_node_at(ir, addr, arena);
	if (at)
		return arena_printf(arena, "this address is that of %s", at->name);
	if (!ep->host && !is_among_pods(ir, addr))
		return arena_printf(arena, "pods have their addresses in %s", list_pods(ir, arena));
	return NULL;
}

/* Who judges knows one address of each kind that an end may have: the one that is like this one. */
static struct net_addr address_like(const struct ir *ir, const struct ir_endpoint *ep,
				    const struct net_addr *addr)
{
	struct space_addresses kinds;
	uint32_t kind;

	if (!ep->supposed || ep->node)
		return *addr;
	space_supposed_kinds(&ir, 1, ep, &kinds);
	kind = space_piece_of(&kinds, addr);
	vec_each (const struct net_addr, a, &ep->addrs)
		if (space_piece_of(&kinds, a) == kind)
			return *a;
	return *addr;
}

int flow_end_place(const struct ir *ir, const char *text, const char *what, struct arena *arena,
		   struct diag *diag, struct flow_end *end)
{
	struct net_addr addr;
	const char *ip = strrchr(text, '@') + 1, *why_not;
	char shown[NET_ADDR_STRLEN];
	int err = parse_address(ip, "shop/web@10.0.0.7", what, diag, &addr);

	if (err)
		return err;
	why_not = refusal(ir, end, &addr, arena);
	if (why_not) {
		diag_error(diag, LOC_NONE, CODE_BAD_ADDRESS, WHAT_FMT "'%s' cannot be: %s",
			   WHAT_ARG(what), text, why_not);
		return -EINVAL;
	}
	end->addr = address_like(ir, end->ep, &addr);
	end->text = arena_printf(arena, "%s@%s", end->text, net_addr_format(&addr, shown));
	return 0;
}

/* --- the other way ---------------------------------------------------------------------------- */

const char *flow_end_text(const struct ir *ir, const struct ir_end *end, struct arena *arena)
{
	const struct ir_endpoint *ep = end->ep;
	char shown[NET_ADDR_STRLEN];
	const char *name;

	net_addr_format(&end->addr, shown);
	if (!ep || ir_is_at_node(ep))
		return arena_printf(arena, FLOW_CIDR_PREFIX "%s", shown);
	name = ep == ir->node && ir_find_endpoint(ir, ep->name) ? FLOW_HOST : ep->name;
	if (!end->addr.family || !ep->addrs.n || (ep->addrs.n == 1 && !may_be_elsewhere(ir, ep)))
		return name;
	return arena_printf(arena, "%s@%s", name, shown);
}
