/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/image/trie.h"

#include <errno.h>

enum { LEVEL_BITS = 8 };

static int add_page(struct gen_trie *t, struct arena *arena, uint16_t fill)
{
	struct polc_page page;

	if (t->pages.n == POLC_TRIE_PAGES)
		return -E2BIG;
	for (int i = 0; i < POLC_PAGE; i++)
		page.v[i] = fill;
	vec_push(arena, &t->pages, page);
	return (int)t->pages.n - 1;
}

/* The page below this entry, made of what the entry said if there is none yet. */
static int child(struct gen_trie *t, struct arena *arena, int page, uint8_t entry)
{
	uint16_t value = t->pages.v[page].v[entry];
	int made;

	if (value & POLC_TRIE_CHILD)
		return value & ~POLC_TRIE_CHILD;
	made = add_page(t, arena, value);
	if (made >= 0)
		t->pages.v[page].v[entry] = POLC_TRIE_CHILD | made;
	return made;
}

/* A prefix comes after those that contain it, so what it covers has no pages below yet. */
static int put(struct gen_trie *t, struct arena *arena, const struct net_addr *addr, unsigned len,
	       uint32_t cls)
{
	unsigned level = 0, first, n;
	int page = 0;

	for (; len > (level + 1) * LEVEL_BITS && page >= 0; level++)
		page = child(t, arena, page, addr->bytes[level]);
	if (page < 0)
		return page;
	n = 1u << ((level + 1) * LEVEL_BITS - len);
	first = addr->bytes[level] & ~(n - 1);
	for (unsigned i = first; i < first + n; i++)
		t->pages.v[page].v[i] = (uint16_t)cls;
	return 0;
}

int gen_trie4_build(const struct bundle *b, struct arena *arena, struct gen_trie *out)
{
	int r;

	*out = (struct gen_trie){0};
	r = add_page(out, arena, 0);
	vec_each (struct bundle_cidr, c, &b->cidrs) {
		if (r >= 0 && c->prefix.addr.family == NET_V4)
			r = put(out, arena, &c->prefix.addr, c->prefix.len, c->cls);
	}
	vec_each (struct bundle_peer, p, &b->peers) {
		if (r >= 0 && p->addr.family == NET_V4)
			r = put(out, arena, &p->addr, net_family_bits(NET_V4), p->cls);
	}
	return r < 0 ? r : 0;
}
