/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check/inventory/addresses.h"

#include <stdlib.h>

#include "compiler/ir/peer.h"

static int cmp_addresses(const void *a, const void *b)
{
	const struct address_of *x = a, *y = b;
	int r = net_addr_cmp(&x->addr, &y->addr);

	return r ? r : (x->ep->id > y->ep->id) - (x->ep->id < y->ep->id);
}

void addresses_list(struct addresses *x, const struct ir *ir, addresses_take_fn *takes,
		    struct arena *arena)
{
	const struct net_addr *supposed = NULL;

	*x = (struct addresses){0};
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		/* Those that may be anywhere have one list, and the first of them speaks for all.
		 */
		if ((*ep)->host || ((*ep)->supposed && (*ep)->addrs.v == supposed))
			continue;
		if ((*ep)->supposed)
			supposed = (*ep)->addrs.v;
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			if (!takes || takes(*ep, addr))
				vec_push(arena, &x->list, (struct address_of){*addr, *ep});
	}
	if (x->list.n)
		qsort(x->list.v, x->list.n, sizeof(*x->list.v), cmp_addresses);
}

/* The place of the first that is not before the address. */
static size_t place_of(const struct addresses *x, const struct net_addr *addr)
{
	size_t lo = 0, hi = x->list.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (net_addr_cmp(&x->list.v[mid].addr, addr) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct address_of *addresses_find(const struct addresses *x, const struct ir_cidr *cidr)
{
	vec_each (const struct net_prefix, prefix, &cidr->in) {
		for (size_t i = place_of(x, &prefix->addr);
		     i < x->list.n && net_prefix_has_addr(prefix, &x->list.v[i].addr); i++) {
			const struct net_prefix at = net_prefix_of_addr(&x->list.v[i].addr);

			if (ir_addresses_hold(cidr, &at))
				return &x->list.v[i];
		}
	}
	return NULL;
}
