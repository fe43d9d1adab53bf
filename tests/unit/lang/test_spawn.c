/* SPDX-License-Identifier: Apache-2.0 */
/* Running other programs. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "lang/base/spawn.h"

#define SHELL(script) ((const char *const[]){"sh", "-c", (script), NULL})

TEST(both_streams_of_a_program_are_kept_apart)
{
	_cleanup_buf_ struct buf out = {0}, err = {0};
	struct spawn s = {
		.argv = SHELL("echo yes; echo no >&2"), .out = &out, .err = &err, .limit = 100};

	buf_puts(&out, "it says ");
	assert_int_equal(spawn_run(&s), 0);
	assert_string_equal(buf_str(&out), "it says yes\n");
	assert_string_equal(buf_str(&err), "no\n");
}

TEST(streams_in_one_buffer_are_in_the_order_of_writing)
{
	_cleanup_buf_ struct buf said = {0};
	struct spawn s = {.argv = SHELL("echo one; echo two >&2; echo three"),
			  .out = &said,
			  .err = &said,
			  .limit = 100};

	assert_int_equal(spawn_run(&s), 0);
	assert_string_equal(buf_str(&said), "one\ntwo\nthree\n");
}

/* As POSIX lets posix_spawn() say it where it cannot know in time (valgrind's fork): 127. */
static bool is_missing(int r)
{
	return r == -ENOENT || r == 127;
}

TEST(a_program_that_is_not_there_has_no_exit_status)
{
	struct spawn name = {.argv = (const char *const[]){"no-such-program", NULL}};
	struct spawn path = {.argv = (const char *const[]){"/no/such/program", NULL}};
	struct spawn dir = {.argv = SHELL("true"), .dir = "/no/such/directory"};

	assert_true(is_missing(spawn_run(&name)));
	assert_true(is_missing(spawn_run(&path)));
	assert_true(is_missing(spawn_run(&dir)));
}

TEST(an_exit_status_tells_how_a_program_ended)
{
	struct spawn exits = {.argv = SHELL("exit 7")};
	struct spawn dies = {.argv = SHELL("kill -TERM $$")};

	assert_int_equal(spawn_run(&exits), 7);
	assert_int_equal(spawn_run(&dies), 128 + SIGTERM);
}

/* More than a pipe holds, in both directions. */
TEST(large_input_and_output_make_nobody_wait)
{
	enum { SIZE = 1 << 20 };
	_cleanup_buf_ struct buf in = {0}, out = {0};
	struct spawn s = {.argv = SHELL("cat"), .out = &out, .limit = SIZE};

	for (int i = 0; i < SIZE; i++)
		buf_putc(&in, (char)('a' + i % 26));
	s.input = in.s;
	s.n_input = in.n;
	assert_int_equal(spawn_run(&s), 0);
	assert_int_equal(out.n, SIZE);
	assert_memory_equal(out.s, in.s, SIZE);
}

TEST(what_is_written_past_the_limit_is_dropped)
{
	_cleanup_buf_ struct buf out = {0};
	struct spawn s = {.argv = SHELL("echo 123456"), .out = &out, .limit = 3};

	assert_int_equal(spawn_run(&s), 0);
	assert_int_equal(spawn_run(&s), 0);
	assert_string_equal(buf_str(&out), "123123");
}

TEST(a_program_without_input_finds_none)
{
	_cleanup_buf_ struct buf out = {0};
	struct spawn s = {.argv = SHELL("cat; echo end; echo lost >&2"), .out = &out, .limit = 100};

	assert_int_equal(spawn_run(&s), 0);
	assert_string_equal(buf_str(&out), "end\n");
}

TEST(directory_and_environment_are_those_that_are_given)
{
	_cleanup_buf_ struct buf out = {0};
	struct spawn s = {.argv = SHELL("echo $PWD $LEFT$HOME"),
			  .env = (const char *const[]){"LEFT=right", NULL},
			  .dir = "/",
			  .out = &out,
			  .limit = 100};

	assert_int_equal(spawn_run(&s), 0);
	assert_string_equal(buf_str(&out), "/ right\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_streams_of_a_program_are_kept_apart),
		cmocka_unit_test(streams_in_one_buffer_are_in_the_order_of_writing),
		cmocka_unit_test(a_program_that_is_not_there_has_no_exit_status),
		cmocka_unit_test(an_exit_status_tells_how_a_program_ended),
		cmocka_unit_test(large_input_and_output_make_nobody_wait),
		cmocka_unit_test(what_is_written_past_the_limit_is_dropped),
		cmocka_unit_test(a_program_without_input_finds_none),
		cmocka_unit_test(directory_and_environment_are_those_that_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
