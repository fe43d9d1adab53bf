/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"

/* Of an interface; NET_NONE if it is none that a packet from the node to an endpoint can have. A
 * link-local one can be all that a node has of IPv6, and is not forwarded for anybody else. */
static struct net_addr address_of(const struct ifaddrs *i)
{
	const struct sockaddr *sa = i->ifa_addr;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in4 = (const void *)sa;
	struct net_addr addr = {.family = NET_NONE};

	if (sa && sa->sa_family == AF_INET && ntohl(in4->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET) {
		addr.family = NET_V4;
		memcpy(addr.bytes, &in4->sin_addr, 4);
	} else if (sa && sa->sa_family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)) {
		addr.family = NET_V6;
		memcpy(addr.bytes, &in6->sin6_addr, 16);
	}
	return addr;
}

static int find_interfaces(struct arena *arena, struct rt_node_addrs *out)
{
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return -errno;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct net_addr addr = address_of(i);

		if (addr.family != NET_NONE)
			vec_push(arena, &out->list, addr);
	}
	freeifaddrs(all);
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	return net_addr_cmp(a, b);
}

/* Routed veths often have the same address all. */
static void drop_doubles(struct rt_node_addrs *addrs)
{
	size_t n = 0;

	if (addrs->list.n)
		qsort(addrs->list.v, addrs->list.n, sizeof(*addrs->list.v), by_addr);
	vec_each (const struct net_addr, a, &addrs->list)
		if (!n || !net_addr_eq(a, &addrs->list.v[n - 1]))
			addrs->list.v[n++] = *a;
	addrs->list.n = n;
}

int rt_node_addrs_find(const struct rt_load_options *opts, struct arena *arena, struct diag *diag,
		       struct rt_node_addrs *out)
{
	int r = 0;

	*out = (struct rt_node_addrs){0};
	for (size_t i = 0; opts->node_addrs && i < opts->n_node_addrs; i++)
		vec_push(arena, &out->list, opts->node_addrs[i]);
	if (!opts->node_addrs)
		r = find_interfaces(arena, out);
	drop_doubles(out);
	return r ? rt_fail(diag, r, RT_CODE_NODE_ADDRESS,
			   "cannot find out the addresses of this node")
		 : 0;
}
