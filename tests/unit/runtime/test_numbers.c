/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of listeners: each stays with its rules, and comes again when nobody uses it. */
#include "runtime/node/load/bank/numbers.h"

#include <string.h>

#include "tests/unit/unit.h"

enum { LIMIT = 4 }; /* from 1 on: three of them */

static struct rt_listener known[LIMIT];
static bool in_use[LIMIT];

/* As a load begins: nothing is known to be in use. */
static void begin(struct rt_numbers *n)
{
	memset(in_use, 0, sizeof(in_use));
	rt_numbers_init(n, known, in_use, LIMIT);
}

static void fill(struct rt_numbers *n)
{
	memset(known, 0, sizeof(known));
	begin(n);
	assert_int_equal(rt_numbers_fresh(n, "a"), 1);
	assert_int_equal(rt_numbers_fresh(n, "b"), 2);
	assert_int_equal(rt_numbers_fresh(n, "c"), 3);
}

TEST(a_number_stays_with_its_rules)
{
	struct rt_numbers n;

	fill(&n);
	begin(&n);
	assert_int_equal(rt_numbers_find(&n, "c"), 3);
	assert_int_equal(rt_numbers_find(&n, "a"), 1);
	assert_int_equal(rt_numbers_find(&n, "d"), 0);
	assert_int_equal(rt_numbers_fresh(&n, "d"), 0);
}

TEST(numbers_come_again_where_nobody_uses_them)
{
	struct rt_numbers n;

	fill(&n);
	begin(&n);
	in_use[1] = true; /* by a connection, say */
	assert_int_equal(rt_numbers_find(&n, "b"), 2);
	assert_int_equal(rt_numbers_again(&n, "d"), 3);
	assert_int_equal(rt_numbers_find(&n, "d"), 3);
	assert_int_equal(rt_numbers_find(&n, "c"), 0);
	begin(&n);
	assert_int_equal(rt_numbers_again(&n, "e"), 1);
	assert_int_equal(rt_numbers_find(&n, "a"), 0);
}

TEST(what_is_in_use_is_given_to_nobody)
{
	struct rt_numbers n;

	fill(&n);
	assert_int_equal(rt_numbers_again(&n, "d"), 0);
	begin(&n);
	in_use[1] = in_use[2] = in_use[3] = true;
	assert_int_equal(rt_numbers_again(&n, "d"), 0);
	assert_int_equal(rt_numbers_find(&n, "a"), 1);
	assert_int_equal(rt_numbers_find(&n, "b"), 2);
	assert_int_equal(rt_numbers_find(&n, "c"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_stays_with_its_rules),
		cmocka_unit_test(numbers_come_again_where_nobody_uses_them),
		cmocka_unit_test(what_is_in_use_is_given_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
