/* SPDX-License-Identifier: Apache-2.0 */
/* How the loader lays out a bank: shared runs, and ranges of addresses. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "codegen/image/pool.h"
#include "codegen/image/ranges.h"

enum { SEED = 20261123, MAX_PEERS = 600 };

/* --- pools ------------------------------------------------------------------------------- */

struct unit {
	uint64_t word[4];
};

TEST(equal_runs_are_stored_once_and_others_apart)
{
	struct unit runs[200][3];
	uint32_t first[200];
	struct gen_pool pool;
	struct arena arena;

	srand(SEED);
	arena_init(&arena);
	gen_pool_init(&pool, sizeof(struct unit), &arena);
	for (size_t i = 0; i < 200; i++) {
		for (size_t w = 0; w < 12; w++)
			runs[i][w / 4].word[w % 4] = (uint64_t)rand() % 2;
		first[i] = gen_pool_put(&pool, runs[i], 1 + i % 3);
	}
	for (size_t i = 0; i < 200; i++) {
		size_t n = 1 + i % 3;

		assert_true(first[i] + n <= pool.n);
		assert_memory_equal(pool.data + first[i] * pool.unit, runs[i], n * pool.unit);
		assert_int_equal(gen_pool_put(&pool, runs[i], n), first[i]);
		for (size_t k = 0; k < i; k++)
			if (k % 3 == i % 3 && !memcmp(runs[i], runs[k], n * pool.unit))
				assert_int_equal(first[i], first[k]);
	}
	/* 16 units of four bits each: most of the first runs occur again. */
	assert_true(pool.n < 16 + 2 * 67 + 3 * 67);
	arena_fini(&arena);
}

/* --- ranges --------------------------------------------------------------------------------- */

static struct bundle_peer peer4(uint32_t addr)
{
	struct bundle_peer p = {.addr = {.family = NET_V4}};

	for (int i = 0; i < 4; i++)
		p.addr.bytes[i] = (uint8_t)(addr >> (24 - 8 * i));
	return p;
}

static struct bundle_peer peer6(uint8_t net, uint32_t low)
{
	struct bundle_peer p = {.addr = {.family = NET_V6, .bytes = {0xfd, [11] = net}}};

	for (int i = 0; i < 4; i++)
		p.addr.bytes[12 + i] = (uint8_t)(low >> (24 - 8 * i));
	return p;
}

TEST(there_are_no_ranges_without_addresses)
{
	struct gen_ranges r;

	gen_ranges_find(NULL, 0, &r);
	assert_int_equal(r.n, 0);
}

TEST(a_range_spans_gaps_but_not_deserts)
{
	struct bundle_peer peers[40];
	struct gen_ranges r;

	for (uint32_t i = 0; i < 20; i++)
		peers[i] = peer4(0x0a000000 + 4 * i);
	for (uint32_t i = 20; i < 40; i++)
		peers[i] = peer4(0x0a800000 + i);
	gen_ranges_find(peers, 40, &r);
	assert_int_equal(r.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(r.v[i].n, 20);
	assert_int_equal(r.v[0].base, 0x0a000000);
	assert_int_equal(r.v[0].span, 77);
	assert_int_equal(r.v[1].base, 0x0a800014);
	assert_int_equal(r.v[1].span, 20);
}

TEST(a_range_may_end_at_the_last_address)
{
	struct bundle_peer peers[2] = {peer4(0xfffffffe), peer4(0xffffffff)};
	struct gen_ranges r;

	gen_ranges_find(peers, 2, &r);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.v[0].base, 0xfffffffe);
	assert_int_equal(r.v[0].span, 2);
}

TEST(ranges_of_ipv6_stay_within_their_first_96_bits)
{
	struct bundle_peer peers[8];
	struct gen_ranges r;

	for (uint32_t i = 0; i < 4; i++) {
		peers[i] = peer6(1, i);
		peers[4 + i] = peer6(2, i + 4);
	}
	gen_ranges_find(peers, 8, &r);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.v[0].n, 4);
	assert_int_equal(r.v[1].first, 4);
	assert_int_equal(r.v[1].base, 4);
}

TEST(the_fullest_ranges_are_taken)
{
	struct bundle_peer peers[MAX_PEERS];
	struct gen_ranges r;
	size_t n = 0;

	/* Seven clusters of 10, 20, ... 70. */
	for (uint32_t c = 1; c <= 7; c++)
		for (uint32_t i = 0; i < 10 * c; i++)
			peers[n++] = peer4(c << 24 | i);
	gen_ranges_find(peers, n, &r);
	assert_int_equal(r.n, POLC_RANGES);
	for (size_t i = 0; i < r.n; i++)
		assert_int_equal(r.v[i].n, 70 - 10 * i);
}

TEST(ranges_are_dense_and_disjoint_whatever_the_addresses)
{
	srand(SEED);
	for (int round = 0; round < 500; round++) {
		struct bundle_peer peers[MAX_PEERS];
		struct gen_ranges r;
		uint32_t addr = 0;
		size_t n = 1 + (size_t)rand() % MAX_PEERS;

		for (size_t i = 0; i < n; i++) {
			addr += 1 + (uint32_t)rand() % (rand() % 8 ? 6 : 3000);
			peers[i] = peer4(addr);
		}
		gen_ranges_find(peers, n, &r);
		assert_true(r.n > 0);
		for (size_t i = 0; i < r.n; i++) {
			const struct gen_range *v = &r.v[i];

			assert_true(v->n > 0 && v->first + v->n <= n);
			assert_true(v->span <= GEN_RANGE_DENSITY * v->n);
			assert_int_equal(v->base, gen_range_low(&peers[v->first].addr));
			assert_int_equal(v->base + v->span - 1,
					 gen_range_low(&peers[v->first + v->n - 1].addr));
			for (size_t k = 0; k < i; k++)
				assert_true(v->first >= r.v[k].first + r.v[k].n ||
					    r.v[k].first >= v->first + v->n);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_runs_are_stored_once_and_others_apart),
		cmocka_unit_test(there_are_no_ranges_without_addresses),
		cmocka_unit_test(a_range_spans_gaps_but_not_deserts),
		cmocka_unit_test(a_range_may_end_at_the_last_address),
		cmocka_unit_test(ranges_of_ipv6_stay_within_their_first_96_bits),
		cmocka_unit_test(the_fullest_ranges_are_taken),
		cmocka_unit_test(ranges_are_dense_and_disjoint_whatever_the_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
