/* SPDX-License-Identifier: Apache-2.0 */
/* The time that work has, and how far it is. */
#include "tests/unit/unit.h"

#include "lang/base/buf.h"
#include "lang/base/work.h"

static void no_time_is_over_at_once(void **state)
{
	struct work w = {0};

	(void)state;
	work_begin(&w, 0);
	assert_true(work_is_over(&w));
	assert_int_equal(work_left_ms(&w), 0);
	work_begin(&w, 60000);
	assert_false(work_is_over(&w));
}

static void without_an_end_there_is_always_time(void **state)
{
	struct work w = {0};

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
	struct work w = {0};
	unsigned rounds = 0;

	(void)state;
	work_begin(&w, 20);
	while (!work_is_over(&w))
		rounds++;
	assert_true(rounds > 0);
	assert_int_equal(work_left_ms(&w), 0);
	assert_true(work_is_over(&w));
}

/* Whoever asks seldom has rounds that take long. */
static void a_round_that_takes_all_the_time_is_the_last(void **state)
{
	struct work w = {0};

	(void)state;
	work_begin(&w, 30);
	assert_false(work_is_over(&w));
	while (work_left_ms(&w))
		;
	w.over = false;
	assert_true(work_is_over(&w));
}

static void note(void *ctx, const struct work *w)
{
	struct buf *told = ctx;

	if (w->what)
		buf_printf(told, "%zu/%zu %s;", w->done, w->total, w->what);
	else
		buf_puts(told, "over;");
}

static void who_watches_is_told_each_round_and_the_end(void **state)
{
	_cleanup_buf_ struct buf told = {0};
	struct work w = {.watch = note, .watcher = &told};

	(void)state;
	work_begin(&w, WORK_ENDLESS);
	work_step(&w, "pairs", 2);
	for (size_t i = 0; i < 2; i++)
		work_tell(&w, i);
	work_begin(&w, 0);
	work_step_end(&w);
	assert_string_equal(buf_str(&told), "0/2 pairs;1/2 pairs;over;");
	work_step(NULL, "pairs", 2);
	work_tell(NULL, 1);
	work_step_end(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_time_is_over_at_once),
		cmocka_unit_test(without_an_end_there_is_always_time),
		cmocka_unit_test(a_loop_ends_when_the_time_is_up),
		cmocka_unit_test(a_round_that_takes_all_the_time_is_the_last),
		cmocka_unit_test(who_watches_is_told_each_round_and_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
