/* SPDX-License-Identifier: Apache-2.0 */
/* The time that work has. */
#include "tests/unit/unit.h"

#include "lang/base/work.h"

static void no_time_is_over_at_once(void **state)
{
	struct work w;

	(void)state;
	work_begin(&w, 0);
	assert_true(work_is_over(&w));
	assert_int_equal(work_left_ms(&w), 0);
	work_begin(&w, 60000);
	assert_false(work_is_over(&w));
}

static void without_an_end_there_is_always_time(void **state)
{
	struct work w;

	(void)state;
	work_begin(&w, WORK_ENDLESS);
	for (int i = 0; i < 1000; i++)
		assert_false(work_is_over(&w));
	assert_int_equal(work_left_ms(&w), WORK_ENDLESS);
	assert_false(work_is_over(NULL));
	assert_int_equal(work_left_ms(NULL), WORK_ENDLESS);
}

static void a_loop_ends_when_the_time_is_up(void **state)
{
	struct work w;
	unsigned rounds = 0;

	(void)state;
	work_begin(&w, 20);
	while (!work_is_over(&w))
		rounds++;
	assert_true(rounds > 0);
	assert_int_equal(work_left_ms(&w), 0);
	assert_true(work_is_over(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_time_is_over_at_once),
		cmocka_unit_test(without_an_end_there_is_always_time),
		cmocka_unit_test(a_loop_ends_when_the_time_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
