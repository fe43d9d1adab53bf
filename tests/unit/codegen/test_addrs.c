/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/image/addrs.h"
#include "lang/base/arena.h"
#include "tests/lib/campaign.h"

/* What the datapath does (bpf/peer.h), in plain C. */
static uint32_t trie_class(const struct gen_addrs *t, const struct net_addr *a)
{
	uint16_t entry = POLC_TRIE_CHILD;

	for (int level = 0; level < 4 && (entry & POLC_TRIE_CHILD); level++) {
		assert_true((entry & ~POLC_TRIE_CHILD) < (int)t->n);
		entry = t->pages[entry & ~POLC_TRIE_CHILD].v[a->bytes[level]];
	}
	assert_false(entry & POLC_TRIE_CHILD);
	return entry;
}

/* What it should find: the endpoint, else the longest prefix. */
static uint32_t plain_class(const struct bundle *b, const struct net_addr *a)
{
	uint32_t cls = UINT32_MAX;

	vec_each (const struct bundle_cidr, c, &b->cidrs)
		if (net_prefix_has_addr(&c->prefix, a))
			cls = c->cls;
	vec_each (const struct bundle_peer, p, &b->peers)
		if (net_addr_eq(&p->addr, a))
			cls = p->cls;
	return cls;
}

static struct net_addr random_addr(void)
{
	struct net_addr a = {.family = NET_V4};

	/* Few values a byte: prefixes and endpoints are to meet. */
	for (int i = 0; i < 4; i++)
		a.bytes[i] = rand() % 4 ? rand() % 3 : rand() % 256;
	return a;
}

static struct net_prefix random_prefix(void)
{
	struct net_prefix p = {.addr = random_addr(), .len = 1 + rand() % 32};

	for (int bit = p.len; bit < 32; bit++)
		p.addr.bytes[bit / 8] &= ~(0x80 >> bit % 8);
	return p;
}

static int by_prefix(const void *a, const void *b)
{
	return net_prefix_cmp(&((const struct bundle_cidr *)a)->prefix,
			      &((const struct bundle_cidr *)b)->prefix);
}

/* Sorted and without doubles, as a bundle is. */
static void random_bundle(struct bundle *b, struct arena *arena)
{
	struct bundle_cidr all[200] = {{.prefix.addr.family = NET_V4, .cls = 7}};
	size_t n = 1 + rand() % 199;

	*b = (struct bundle){0};
	for (size_t i = 1; i < n; i++)
		all[i] = (struct bundle_cidr){random_prefix(), rand() % 0x8000, 0};
	qsort(all, n, sizeof(*all), by_prefix);
	for (size_t i = 0; i < n; i++)
		if (!i || by_prefix(&all[i - 1], &all[i]))
			vec_push(arena, &b->cidrs, all[i]);
	for (int i = rand() % 300; i > 0; i--)
		vec_push(arena, &b->peers, (struct bundle_peer){random_addr(), rand() % 0x8000});
}

TEST(an_address_has_the_class_of_its_endpoint_or_longest_prefix)
{
	struct campaign c = campaign_begin(500, 0.1);
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct gen_addrs trie;
		struct arena arena;
		struct bundle b;

		srand((unsigned)seed);
		arena_init(&arena);
		random_bundle(&b, &arena);
		assert_int_equal(gen_addrs_build4(&b, &arena, &trie), 0);
		for (int i = 0; i < 1000; i++) {
			struct net_addr a = random_addr();

			if (trie_class(&trie, &a) != plain_class(&b, &a))
				fail_msg("seed %" PRIu64 ": address %d", seed, i);
		}
		arena_fini(&arena);
	}
}

/* --- in place ------------------------------------------------------------------------------- */

/* A bank's pages in memory of a fixed size, as in a map; ranges as a loader makes them. */
static void make_view(const struct bundle *b, struct arena *arena, struct polc_bank *bank,
		      struct gen_addrs_view *out)
{
	enum { BASE = POLC_ADDR_PAGES };
	struct polc_page *room = arena_array(arena, struct polc_page, 4096);
	struct gen_addrs made;
	struct gen_ranges ranges;

	assert_int_equal(gen_addrs_build4(b, arena, &made), 0);
	gen_ranges_find(b->peers.v, b->peers.n, &ranges);
	for (size_t i = 0; i < ranges.n; i++) {
		const struct gen_range *r = &ranges.v[i];
		int page = gen_addrs_add_range(&made, b->peers.v, r);

		assert_true(page > 0);
		bank->range4[i] = (struct polc_range4){r->base, r->span, BASE + (uint32_t)page};
	}
	memcpy(room, made.pages, made.n * sizeof(*room));
	*out = (struct gen_addrs_view){
		{.pages = room, .n = made.n, .cap = 4096}, .bank = bank, .base = BASE};
}

static uint32_t placed_class(const struct gen_addrs_view *at, const struct net_addr *a)
{
	uint32_t low = gen_range_low(a);

	for (int i = 0; i < POLC_RANGES; i++) {
		const struct polc_range4 *r = &at->bank->range4[i];
		uint32_t offset = low - r->base, page = r->page - at->base + offset / POLC_PAGE;

		if (offset < r->n && at->pages.pages[page].v[offset % POLC_PAGE] != POLC_NO_CLASS)
			return at->pages.pages[page].v[offset % POLC_PAGE];
	}
	return trie_class(&at->pages, a);
}

static int by_peer(const void *a, const void *b)
{
	return net_addr_cmp(&((const struct bundle_peer *)a)->addr,
			    &((const struct bundle_peer *)b)->addr);
}

/* Each once, sorted. */
static void sort_peers(struct bundle *b)
{
	size_t n = 0;

	if (b->peers.n)
		qsort(b->peers.v, b->peers.n, sizeof(*b->peers.v), by_peer);
	for (size_t i = 0; i < b->peers.n; i++)
		if (!n || by_peer(&b->peers.v[n - 1], &b->peers.v[i]))
			b->peers.v[n++] = b->peers.v[i];
	b->peers.n = n;
}

/* Sets or clears an address, in the pages and in the bundle that says what they should be. */
static void change_one(struct gen_addrs_view *at, struct bundle *b, struct arena *arena)
{
	struct bundle_peer peer = {random_addr(), rand() % 0x7fff};
	struct bundle without = *b;
	size_t i = 0;

	while (i < b->peers.n && !net_addr_eq(&b->peers.v[i].addr, &peer.addr))
		i++;
	if (rand() % 2) {
		assert_int_equal(gen_addrs_set(at, &peer.addr, peer.cls), 0);
		if (i == b->peers.n)
			vec_push(arena, &b->peers, peer);
		b->peers.v[i] = peer;
		return;
	}
	without.peers.n = 0;
	assert_int_equal(gen_addrs_clear(at, &peer.addr, plain_class(&without, &peer.addr)), 0);
	if (i < b->peers.n)
		b->peers.v[i] = b->peers.v[--b->peers.n];
}

TEST(an_address_set_or_cleared_in_place_changes_no_other)
{
	struct campaign c = campaign_begin(200, 0.1);
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct polc_bank bank = {0};
		struct gen_addrs_view at;
		struct arena arena;
		struct bundle b;

		srand((unsigned)seed);
		arena_init(&arena);
		random_bundle(&b, &arena);
		sort_peers(&b);
		make_view(&b, &arena, &bank, &at);
		for (int i = 0; i < 200; i++) {
			struct net_addr a = random_addr();

			change_one(&at, &b, &arena);
			if (placed_class(&at, &a) != plain_class(&b, &a))
				fail_msg("seed %" PRIu64 ": change %d", seed, i);
		}
		arena_fini(&arena);
	}
}

TEST(pages_that_are_used_up_refuse_an_address_and_stay_as_they_were)
{
	struct bundle_cidr all = {.prefix.addr.family = NET_V4, .cls = 3};
	struct net_addr a = {.family = NET_V4, .bytes = {192, 0, 2, 1}};
	struct bundle b = {.cidrs = {.v = &all, .n = 1}};
	struct polc_bank bank = {0};
	struct gen_addrs_view at;
	struct arena arena;

	arena_init(&arena);
	make_view(&b, &arena, &bank, &at);
	at.pages.cap = 3;
	assert_int_equal(gen_addrs_set(&at, &a, 5), -E2BIG);
	assert_int_equal(placed_class(&at, &a), 3);
	at.pages.cap = 4;
	assert_int_equal(gen_addrs_set(&at, &a, 5), 0);
	assert_int_equal(placed_class(&at, &a), 5);
	assert_int_equal(gen_addrs_clear(&at, &a, 3), 0);
	assert_int_equal(placed_class(&at, &a), 3);
	arena_fini(&arena);
}

TEST(an_ipv6_address_in_no_range_is_not_the_pages_business)
{
	struct bundle_cidr all = {.prefix.addr.family = NET_V4, .cls = 3};
	struct net_addr in = {.family = NET_V6, .bytes = {0xfd, [15] = 9}}, out = in;
	struct bundle b = {.cidrs = {.v = &all, .n = 1}};
	struct polc_bank bank = {0};
	struct gen_addrs_view at;
	struct arena arena;

	arena_init(&arena);
	make_view(&b, &arena, &bank, &at);
	out.bytes[8] = 1;
	at.pages.n = 2;
	bank.range6[0] = (struct polc_range6){.base = 8, .n = 4, .page = at.base + 1};
	memcpy(bank.range6[0].high_be, in.bytes, sizeof(bank.range6[0].high_be));
	assert_int_equal(gen_addrs_set(&at, &out, 5), 1);
	assert_int_equal(gen_addrs_set(&at, &in, 5), 0);
	assert_int_equal(at.pages.pages[1].v[1], 5);
	assert_int_equal(gen_addrs_clear(&at, &out, 3), 1);
	assert_int_equal(gen_addrs_clear(&at, &in, 3), 0);
	assert_int_equal(at.pages.pages[1].v[1], POLC_NO_CLASS);
	arena_fini(&arena);
}

TEST(a_trie_without_prefixes_is_one_page)
{
	struct bundle_cidr all = {.prefix.addr.family = NET_V4, .cls = 3};
	struct net_addr a = {.family = NET_V4, .bytes = {192, 0, 2, 1}};
	struct bundle b = {.cidrs = {.v = &all, .n = 1}};
	struct gen_addrs trie;
	struct arena arena;

	arena_init(&arena);
	assert_int_equal(gen_addrs_build4(&b, &arena, &trie), 0);
	assert_int_equal(trie.n, 1);
	assert_int_equal(trie_class(&trie, &a), 3);
	arena_fini(&arena);
}

TEST(a_trie_that_is_too_large_is_refused)
{
	struct gen_addrs trie;
	struct bundle b = {0};
	struct arena arena;

	arena_init(&arena);
	/* A page each, below 129 that they share. */
	for (uint32_t i = 0; i < POLC_ADDR_PAGES; i++)
		vec_push(&arena, &b.peers,
			 (struct bundle_peer){{NET_V4, {10, (uint8_t)(i >> 8), (uint8_t)i, 1}}, 1});
	assert_int_equal(gen_addrs_build4(&b, &arena, &trie), -E2BIG);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_the_class_of_its_endpoint_or_longest_prefix),
		cmocka_unit_test(an_address_set_or_cleared_in_place_changes_no_other),
		cmocka_unit_test(pages_that_are_used_up_refuse_an_address_and_stay_as_they_were),
		cmocka_unit_test(an_ipv6_address_in_no_range_is_not_the_pages_business),
		cmocka_unit_test(a_trie_without_prefixes_is_one_page),
		cmocka_unit_test(a_trie_that_is_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
