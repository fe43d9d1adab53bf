/* SPDX-License-Identifier: Apache-2.0 */
/* The hash tables, and what stands on them. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "compiler/classes/keyset.h"
#include "lang/base/hash.h"
#include "lang/base/intern.h"

/* Numbers in a table, which may all have one hash. */
struct numbers {
	struct arena arena;
	struct hash ids;
	VEC(uint32_t) items;
	unsigned asked; /* how often two were compared */
};

struct wanted {
	struct numbers *n;
	uint32_t number;
};

static bool equals(const void *key, uint32_t item)
{
	const struct wanted *w = key;

	w->n->asked++;
	return w->n->items.v[item] == w->number;
}

static uint32_t put(struct numbers *n, uint32_t number, uint64_t hash)
{
	struct wanted w = {n, number};
	struct hash_key key = {hash, equals, &w};
	uint32_t id = hash_put(&n->ids, &n->arena, &key);

	if (id == n->items.n)
		vec_push(&n->arena, &n->items, number);
	assert_int_equal(hash_find(&n->ids, &key), id);
	return id;
}

TEST(items_are_numbered_in_the_order_of_first_use)
{
	enum { N = 10000 };
	struct numbers n = {0};

	arena_init(&n.arena);
	for (uint32_t twice = 0; twice < 2; twice++) {
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(put(&n, 7 * i, hash_bytes(&i, sizeof(i))), i);
	}
	assert_int_equal(n.items.n, N);
	arena_fini(&n.arena);
}

/* Wherever texts differ, few have one hash, so few are compared for nothing. */
static void check_spread(const char *format)
{
	enum { N = 20000 };
	struct numbers n = {0};
	char text[64];

	arena_init(&n.arena);
	for (uint32_t i = 0; i < N; i++) {
		int len = snprintf(text, sizeof(text), format, i);

		put(&n, i, hash_bytes(text, (size_t)len));
	}
	assert_int_equal(n.items.n, N);
	/* hash_find() compares each with itself. */
	assert_in_range(n.asked, N, N + 10);
	arena_fini(&n.arena);
}

TEST(texts_that_differ_anywhere_have_other_hashes)
{
	check_spread("%u");
	check_spread("%05u");
	check_spread("10.0.%04u");
	check_spread("10.0.0.%08u");
	check_spread("shop/%06u-cart-of-a-long-name");
	check_spread("a-name-of-many-letters-%u");
	check_spread("%u-before-many-letters");
}

TEST(items_of_one_hash_are_told_apart)
{
	struct numbers n = {0};

	arena_init(&n.arena);
	for (uint32_t twice = 0; twice < 2; twice++) {
		for (uint32_t i = 0; i < 300; i++)
			assert_int_equal(put(&n, i, UINT64_MAX), i);
	}
	arena_fini(&n.arena);
}

TEST(items_of_other_hashes_are_not_compared)
{
	struct numbers n = {0};

	arena_init(&n.arena);
	put(&n, 1, 1);
	put(&n, 2, 1 + 64); /* the same slot */
	n.asked = 0;
	put(&n, 3, 1 + 128);
	assert_int_equal(n.asked, 1); /* hash_find(), with itself */
	arena_fini(&n.arena);
}

TEST(nothing_is_found_in_an_empty_table)
{
	struct numbers n = {0};
	struct wanted w = {&n, 1};
	struct hash_key key = {1, equals, &w};

	assert_int_equal(hash_find(&n.ids, &key), HASH_NONE);
}

TEST(a_hash_is_of_all_bytes_and_of_their_number)
{
	char bytes[24] = {0};
	uint64_t of_none = hash_bytes(bytes, 0), before = of_none;

	for (size_t n = 1; n <= sizeof(bytes); n++) {
		uint64_t zeros = hash_bytes(bytes, n);

		assert_true(zeros != before);
		before = zeros;
		for (size_t i = 0; i < n; i++) {
			bytes[i] = 1;
			assert_true(hash_bytes(bytes, n) != zeros);
			bytes[i] = 0;
		}
	}
}

TEST(strings_are_found_by_their_text)
{
	struct arena arena;
	struct intern t;
	char text[] = "web";

	arena_init(&arena);
	intern_init(&t, &arena);
	assert_int_equal(intern_find(&t, "web"), INTERN_NONE);
	assert_int_equal(intern_add(&t, text), 0);
	assert_int_equal(intern_add(&t, ""), 1);
	text[0] = 'x';
	assert_int_equal(intern_find(&t, "web"), 0);
	assert_int_equal(intern_find(&t, "xeb"), INTERN_NONE);
	assert_string_equal(intern_str(&t, 0), "web");
	arena_fini(&arena);
}

TEST(keys_differ_by_length_too)
{
	static const char bytes[16] = {0};
	struct keyset ks;
	struct arena arena;

	arena_init(&arena);
	keyset_init(&ks, &arena);
	for (uint32_t n = 0; n <= sizeof(bytes); n++)
		assert_int_equal(keyset_add(&ks, bytes, n), n);
	assert_int_equal(keyset_add(&ks, bytes, 8), 8);
	assert_int_equal(ks.keys.v[8].len, 8);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_numbered_in_the_order_of_first_use),
		cmocka_unit_test(texts_that_differ_anywhere_have_other_hashes),
		cmocka_unit_test(items_of_one_hash_are_told_apart),
		cmocka_unit_test(items_of_other_hashes_are_not_compared),
		cmocka_unit_test(nothing_is_found_in_an_empty_table),
		cmocka_unit_test(a_hash_is_of_all_bytes_and_of_their_number),
		cmocka_unit_test(strings_are_found_by_their_text),
		cmocka_unit_test(keys_differ_by_length_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
