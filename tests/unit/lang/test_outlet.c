/* SPDX-License-Identifier: Apache-2.0 */
/* Output that is written while it is made. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lang/base/outlet.h"

/* What came, and how. */
static struct buf written;
static size_t n_writes, largest, n_failing;

static int keep(const struct buf *text)
{
	n_writes++;
	largest = text->n > largest ? text->n : largest;
	buf_add(&written, buf_str(text), text->n);
	return 0;
}

/* The first works; the others fail, each with another error. */
static int fail_later(const struct buf *text)
{
	n_writes++;
	if (n_writes == 1)
		return keep(text);
	return -(int)(++n_failing + ENOSPC - 1);
}

static int setup(void **state)
{
	(void)state;
	n_writes = largest = n_failing = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&written);
	return 0;
}

static bool put_lines(struct outlet *out, int n, struct buf *all)
{
	bool open = true;

	for (int i = 0; i < n && open; i++) {
		buf_printf(&out->buf, "line %d\n", i);
		buf_printf(all, "line %d\n", i);
		open = outlet_pass(out);
	}
	return open;
}

TEST(all_comes_out_once_in_order_and_in_small_pieces)
{
	struct outlet out = {.write = keep};
	_cleanup_buf_ struct buf all = {0};

	assert_true(put_lines(&out, 100000, &all));
	assert_int_equal(outlet_close(&out), 0);
	assert_true(all.n > 1000000);
	assert_string_equal(buf_str(&written), buf_str(&all));
	assert_true(n_writes > 10);
	assert_true(largest < 128 * 1024);
}

TEST(little_is_written_at_the_end)
{
	struct outlet out = {.write = keep};
	_cleanup_buf_ struct buf all = {0};

	assert_true(put_lines(&out, 3, &all));
	assert_int_equal(n_writes, 0);
	assert_int_equal(outlet_close(&out), 0);
	assert_int_equal(n_writes, 1);
	assert_string_equal(buf_str(&written), "line 0\nline 1\nline 2\n");
}

TEST(nothing_is_written_after_the_first_error_which_is_told)
{
	struct outlet out = {.write = fail_later};
	_cleanup_buf_ struct buf all = {0};

	assert_false(put_lines(&out, 100000, &all));
	assert_true(all.n < 256 * 1024);
	buf_puts(&out.buf, "the end");
	assert_int_equal(outlet_close(&out), -ENOSPC);
	assert_int_equal(n_failing, 1);
}

TEST(without_a_writer_it_is_a_buffer)
{
	struct outlet out = {0};
	_cleanup_buf_ struct buf all = {0};

	assert_true(put_lines(&out, 100000, &all));
	assert_string_equal(buf_str(&out.buf), buf_str(&all));
	assert_int_equal(outlet_close(&out), 0);
}

#define OUTLET_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTLET_TEST(all_comes_out_once_in_order_and_in_small_pieces),
		OUTLET_TEST(little_is_written_at_the_end),
		OUTLET_TEST(nothing_is_written_after_the_first_error_which_is_told),
		OUTLET_TEST(without_a_writer_it_is_a_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
