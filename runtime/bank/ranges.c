/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/bank/ranges.h"

#include <arpa/inet.h>
#include <string.h>

static size_t high_bytes(const struct net_addr *a)
{
	return a->family == NET_V4 ? 0 : 12;
}

uint32_t rt_range_low(const struct net_addr *a)
{
	uint32_t low_be;

	memcpy(&low_be, a->bytes + high_bytes(a), sizeof(low_be));
	return ntohl(low_be);
}

static void offer(struct rt_ranges *best, const struct rt_range *r)
{
	size_t at = best->n;

	while (at > 0 && best->v[at - 1].n < r->n)
		at--;
	if (at == POLC_RANGES)
		return;
	if (best->n < POLC_RANGES)
		best->n++;
	memmove(&best->v[at + 1], &best->v[at], (best->n - 1 - at) * sizeof(best->v[0]));
	best->v[at] = *r;
}

/* A range grows as long as it has credit: a known address earns what RT_RANGE_DENSITY
 * addresses cost, so it never holds fewer than that share. */
void rt_ranges_find(const struct bundle_peer *peers, size_t n, struct rt_ranges *out)
{
	struct rt_range r = {0};
	uint64_t credit = 0;

	*out = (struct rt_ranges){0};
	for (size_t i = 0; i < n; i++) {
		const struct net_addr *a = &peers[i].addr;
		uint32_t low = rt_range_low(a);
		bool same = r.n && memcmp(a->bytes, peers[r.first].addr.bytes, high_bytes(a)) == 0;
		uint64_t cost = same ? (uint64_t)low - r.base - r.span + 1 : 0;

		if (!same || cost >= credit + RT_RANGE_DENSITY) {
			if (r.n)
				offer(out, &r);
			r = (struct rt_range){.first = i, .base = low};
			credit = 0;
			cost = 1;
		}
		credit += RT_RANGE_DENSITY - cost;
		r.span = low - r.base + 1;
		r.n++;
	}
	if (r.n)
		offer(out, &r);
}
