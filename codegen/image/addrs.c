/* SPDX-License-Identifier: Apache-2.0 */
#include "codegen/image/addrs.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { LEVELS = 4, LEVEL_BITS = 8 };

/* --- pages --------------------------------------------------------------------------------- */

static bool grow(struct gen_addrs *a)
{
	uint32_t cap = a->cap ? 2 * a->cap : 64;
	struct polc_page *pages;

	if (!a->arena || a->n == POLC_ADDR_PAGES)
		return false;
	pages = arena_array(a->arena, struct polc_page, cap);
	if (a->n)
		memcpy(pages, a->pages, a->n * sizeof(*pages));
	a->pages = pages;
	a->cap = cap;
	return true;
}

static int add_page(struct gen_addrs *a, uint16_t fill)
{
	struct polc_page *page;

	if (a->n == a->cap && !grow(a))
		return -E2BIG;
	page = &a->pages[a->n];
	for (int i = 0; i < POLC_PAGE; i++)
		page->v[i] = fill;
	return (int)a->n++;
}

/* A program that sees the entry sees what was written before. */
static void set_entry(uint16_t *entry, uint32_t value)
{
	__atomic_store_n(entry, (uint16_t)value, __ATOMIC_RELEASE);
}

/* --- the trie ------------------------------------------------------------------------------ */

/* The page below this entry, made of what the entry said if there is none yet. */
static int child(struct gen_addrs *a, int page, uint8_t entry)
{
	uint16_t value = a->pages[page].v[entry];
	int made;

	assert(page < (int)a->n);
	if (value & POLC_TRIE_CHILD)
		return value & ~POLC_TRIE_CHILD;
	made = add_page(a, value);
	if (made >= 0)
		set_entry(&a->pages[page].v[entry], (uint32_t)(POLC_TRIE_CHILD | made));
	return made;
}

/* A prefix comes after those that contain it, so what it covers has no pages below yet. */
static int put4(struct gen_addrs *a, const struct net_addr *addr, unsigned len, uint32_t cls)
{
	unsigned level = 0, first, n;
	int page = 0;

	for (; len > (level + 1) * LEVEL_BITS && page >= 0; level++)
		page = child(a, page, addr->bytes[level]);
	if (page < 0)
		return page;
	n = 1u << ((level + 1) * LEVEL_BITS - len);
	first = addr->bytes[level] & ~(n - 1);
	for (unsigned i = first; i < first + n; i++)
		set_entry(&a->pages[page].v[i], cls);
	return 0;
}

int gen_addrs_build4(const struct bundle *b, struct arena *arena, struct gen_addrs *out)
{
	int r;

	*out = (struct gen_addrs){.arena = arena};
	r = add_page(out, 0);
	vec_each (struct bundle_cidr, c, &b->cidrs) {
		if (r >= 0 && c->prefix.addr.family == NET_V4)
			r = put4(out, &c->prefix.addr, c->prefix.len, c->cls);
	}
	vec_each (struct bundle_peer, p, &b->peers) {
		if (r >= 0 && p->addr.family == NET_V4)
			r = put4(out, &p->addr, net_family_bits(NET_V4), p->cls);
	}
	return r < 0 ? r : 0;
}

/* The entry of an address, where the trie goes down to addresses; else NULL. */
static uint16_t *find4(const struct gen_addrs *a, const struct net_addr *addr)
{
	uint16_t *entry = &a->pages[0].v[addr->bytes[0]];

	for (int level = 1; level < LEVELS; level++) {
		if (!(*entry & POLC_TRIE_CHILD))
			return NULL;
		entry = &a->pages[*entry & ~POLC_TRIE_CHILD].v[addr->bytes[level]];
	}
	return entry;
}

/* --- ranges -------------------------------------------------------------------------------- */

int gen_addrs_add_range(struct gen_addrs *a, const struct bundle_peer *peers,
			const struct gen_range *r)
{
	uint32_t first = a->n, n = (r->span + POLC_PAGE - 1) / POLC_PAGE;

	for (uint32_t i = 0; i < n; i++) {
		if (add_page(a, POLC_NO_CLASS) < 0) {
			a->n = first;
			return -E2BIG;
		}
	}
	for (size_t i = r->first; i < r->first + r->n; i++) {
		uint32_t at = gen_range_low(&peers[i].addr) - r->base;

		a->pages[first + at / POLC_PAGE].v[at % POLC_PAGE] = (uint16_t)peers[i].cls;
	}
	return (int)first;
}

static uint16_t *entry_of(const struct gen_addrs_view *at, uint32_t page, uint32_t offset)
{
	uint32_t number = page - at->base + offset / POLC_PAGE;

	assert(number < at->pages.n);
	return &at->pages.pages[number].v[offset % POLC_PAGE];
}

/* The entry of an address in a range; NULL: no range holds it. */
static uint16_t *find_in_ranges(const struct gen_addrs_view *at, const struct net_addr *addr)
{
	const struct polc_bank *b = at->bank;
	uint32_t low = gen_range_low(addr);

	for (int i = 0; i < POLC_RANGES; i++) {
		const struct polc_range4 *r4 = &b->range4[i];
		const struct polc_range6 *r6 = &b->range6[i];

		if (addr->family == NET_V4 && low - r4->base < r4->n)
			return entry_of(at, r4->page, low - r4->base);
		if (addr->family == NET_V6 && low - r6->base < r6->n &&
		    memcmp(addr->bytes, r6->high_be, sizeof(r6->high_be)) == 0)
			return entry_of(at, r6->page, low - r6->base);
	}
	return NULL;
}

/* --- in place ------------------------------------------------------------------------------- */

int gen_addrs_set(struct gen_addrs_view *at, const struct net_addr *addr, uint32_t cls)
{
	uint16_t *entry = find_in_ranges(at, addr);

	assert(cls < POLC_TRIE_CHILD);
	if (!entry && addr->family == NET_V4)
		return put4(&at->pages, addr, net_family_bits(NET_V4), cls);
	if (!entry)
		return 1;
	set_entry(entry, cls);
	return 0;
}

/* The trie first: it knows the endpoints of ranges as well, and speaks where these have a gap. */
int gen_addrs_clear(struct gen_addrs_view *at, const struct net_addr *addr, uint32_t cls)
{
	uint16_t *entry = addr->family == NET_V4 ? find4(&at->pages, addr) : NULL;

	if (entry)
		set_entry(entry, cls);
	entry = find_in_ranges(at, addr);
	if (entry)
		set_entry(entry, POLC_NO_CLASS);
	return !entry && addr->family == NET_V6;
}
