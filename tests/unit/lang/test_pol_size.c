/* SPDX-License-Identifier: Apache-2.0 */
/* The .pol reader and text by the megabyte: refused soon, with as many messages as are kept. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lang/lang_internal.h"

static size_t errors_of(const char *text, size_t n)
{
	struct ast_file *file;
	struct lang l;
	size_t errors;

	lang_init(&l);
	assert_int_equal(
		lang_parse_text(&l, LOC_NONE, "t.pol", text, n, LANG_POL, LANG_INPUT, &file),
		-EINVAL);
	errors = l.diag.errors;
	lang_fini(&l);
	return errors;
}

static void put_repeated(struct buf *out, const char *piece, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_puts(out, piece);
}

/* A text of one piece repeated behind a head, put together by the thousand: ten million pieces one
 * by one are a minute under valgrind. */
static size_t errors_of_repeated(const char *head, const char *piece, size_t times)
{
	_cleanup_buf_ struct buf text = {0}, thousand = {0};

	buf_puts(&text, head);
	put_repeated(&thousand, piece, 1000);
	put_repeated(&text, buf_str(&thousand), times / 1000);
	put_repeated(&text, piece, times % 1000);
	return errors_of(text.s, text.n);
}

TEST(megabytes_of_one_token_are_refused_soon)
{
	assert_in_range(errors_of_repeated("", "{", 1 << 20), 1, 200);
	assert_in_range(errors_of_repeated("", "}", 1 << 20), 1, 200);
	assert_in_range(errors_of_repeated("", "a", 10 << 20), 1, 2);
	assert_in_range(errors_of_repeated("import \"", "a", 10 << 20), 1, 2);
	assert_in_range(errors_of_repeated("", "\xff", 1 << 20), 1, 200);
	assert_int_equal(errors_of_repeated("", "let x = { a b }\n", 1 << 16), 1 << 16);
	assert_int_equal(errors_of_repeated("", "let x = { a b }\n", 2 * DIAG_MAX_ITEMS),
			 DIAG_MAX_ITEMS + 1);
	assert_in_range(errors_of_repeated("let x = ", "{ a = (", 1 << 18), 1, 200);
	assert_in_range(errors_of_repeated("let x = ports { tcp/1", ", tcp/1", 70000), 1, 2);
	assert_in_range(errors_of_repeated("endpoint e { ", "port tcp/1 ", 70000), 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(megabytes_of_one_token_are_refused_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
