/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/image/ranges.h"

#include <arpa/inet.h>
#include <string.h>

static size_t high_bytes(const struct net_addr *a)
{
	return a->family == NET_V4 ? 0 : 12;
}

uint32_t gen_range_low(const struct net_addr *a)
{
	uint32_t low_be;

	memcpy(&low_be, a->bytes + high_bytes(a), sizeof(low_be));
	return ntohl(low_be);
}

static void offer(struct gen_ranges *best, const struct gen_range *r)
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

/* A range grows as long as it has credit: a known address earns what GEN_RANGE_DENSITY
 * addresses cost, so it never holds fewer than that share. */
void gen_ranges_find(const struct bundle_peer *peers, size_t n, struct gen_ranges *out)
{
	struct gen_range r = {0};
	uint64_t credit = 0;

	*out = (struct gen_ranges){0};
	for (size_t i = 0; i < n; i++) {
		const struct net_addr *a = &peers[i].addr;
		uint32_t low = gen_range_low(a);
		bool same = r.n && memcmp(a->bytes, peers[r.first].addr.bytes, high_bytes(a)) == 0;
		uint64_t cost = same ? (uint64_t)low - r.base - r.span + 1 : 0;

		if (!same || cost >= credit + GEN_RANGE_DENSITY) {
			if (r.n)
				offer(out, &r);
			r = (struct gen_range){.first = i, .base = low};
			credit = 0;
			cost = 1;
		}
		credit += GEN_RANGE_DENSITY - cost;
		r.span = low - r.base + 1;
		r.n++;
	}
	if (r.n)
		offer(out, &r);
}
