/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/taken.h"

#include <assert.h>
#include <stdlib.h>

#include "compiler/space/addresses.h"

static int addr_order(const void *a, const void *b)
{
	return net_addr_cmp(a, b);
}

void space_take_endpoints(struct space_taken *t, const struct ir *ir)
{
	vec_each (const struct ir_folded, f, &ir->folded)
		vec_each (const struct net_addr, addr, &f->ep->addrs)
			vec_push(t->arena, &t->list, *addr);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			if (!(*ep)->supposed)
				vec_push(t->arena, &t->list, *addr);
	vec_each (const struct ir_node_address, at, &ir->nodes)
		vec_push(t->arena, &t->list, at->addr);
}

void space_taken_seal(struct space_taken *t)
{
	if (t->list.n)
		qsort(t->list.v, t->list.n, sizeof(*t->list.v), addr_order);
}

static bool is_taken(const struct space_taken *t, const struct net_addr *addr)
{
	return t->list.n && bsearch(addr, t->list.v, t->list.n, sizeof(*t->list.v), addr_order);
}

static bool is_free(const struct space_taken *t, const struct net_addr *addr,
		    const struct net_addr *from, const struct net_addr *to)
{
	return addr->family == from->family && net_addr_cmp(from, addr) <= 0 &&
	       net_addr_cmp(addr, to) <= 0 && !is_taken(t, addr);
}

/* The first free one from `out` on. */
static bool seek_free(const struct space_taken *t, const struct net_addr *to, struct net_addr *out)
{
	while (is_taken(t, out))
		if (net_addr_eq(out, to) || !net_addr_next(out))
			return false;
	return true;
}

bool space_pick(const struct space_taken *t, const struct net_addr *from, const struct net_addr *to,
		const struct net_addr *plain, struct net_addr *out)
{
	bool real;

	assert(from->family == to->family);
	*out = *plain;
	if (is_free(t, out, from, to))
		return true;
	real = space_plain_address(from, to, out);
	if (is_free(t, out, from, to))
		return true;
	*out = *from;
	if (real && net_addr_skip_nobody(out) && seek_free(t, to, out))
		return true;
	*out = *from;
	return seek_free(t, to, out);
}
