/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/image/trie.h"
#include "lang/base/arena.h"

enum { SEED = 20261124 };

/* What the datapath does (bpf/peer.h), in plain C. */
static uint32_t trie_class(const struct gen_trie *t, const struct net_addr *a)
{
	uint16_t entry = POLC_TRIE_CHILD;

	for (int level = 0; level < 4 && (entry & POLC_TRIE_CHILD); level++) {
		assert_true((entry & ~POLC_TRIE_CHILD) < (int)t->pages.n);
		entry = t->pages.v[entry & ~POLC_TRIE_CHILD].v[a->bytes[level]];
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
	srand(SEED);
	uint64_t rounds = test_number("POLC_ROUNDS", 500);

	for (uint64_t round = 0; round < rounds; round++) {
		struct gen_trie trie;
		struct arena arena;
		struct bundle b;

		arena_init(&arena);
		random_bundle(&b, &arena);
		assert_int_equal(gen_trie4_build(&b, &arena, &trie), 0);
		for (int i = 0; i < 1000; i++) {
			struct net_addr a = random_addr();

			if (trie_class(&trie, &a) != plain_class(&b, &a))
				fail_msg("round %d, address %d", round, i);
		}
		arena_fini(&arena);
	}
}

TEST(a_trie_without_prefixes_is_one_page)
{
	struct bundle_cidr all = {.prefix.addr.family = NET_V4, .cls = 3};
	struct net_addr a = {.family = NET_V4, .bytes = {192, 0, 2, 1}};
	struct bundle b = {.cidrs = {.v = &all, .n = 1}};
	struct gen_trie trie;
	struct arena arena;

	arena_init(&arena);
	assert_int_equal(gen_trie4_build(&b, &arena, &trie), 0);
	assert_int_equal(trie.pages.n, 1);
	assert_int_equal(trie_class(&trie, &a), 3);
	arena_fini(&arena);
}

TEST(a_trie_that_is_too_large_is_refused)
{
	struct gen_trie trie;
	struct bundle b = {0};
	struct arena arena;

	arena_init(&arena);
	/* A page each, below 129 that they share. */
	for (uint32_t i = 0; i < POLC_TRIE_PAGES; i++)
		vec_push(&arena, &b.peers,
			 (struct bundle_peer){{NET_V4, {10, (uint8_t)(i >> 8), (uint8_t)i, 1}}, 1});
	assert_int_equal(gen_trie4_build(&b, &arena, &trie), -E2BIG);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_the_class_of_its_endpoint_or_longest_prefix),
		cmocka_unit_test(a_trie_without_prefixes_is_one_page),
		cmocka_unit_test(a_trie_that_is_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
