/* SPDX-License-Identifier: Apache-2.0 */
/* Which fixes a program carries out, and what becomes of the text. */
#include "tests/unit/unit.h"

#include "lang/base/edits.h"
#include "lang/lang.h"

static const char text[] = "one two three\nfour five\n";

/* On one line, from `col` up to `end`. */
static struct loc at(uint32_t line, uint32_t col, uint32_t end)
{
	return (struct loc){.line = line, .col = col, .end_line = line, .end_col = end};
}

static void begin(struct lang *l)
{
	lang_init(l);
	sources_add(&l->sources, "a.yaml", text, sizeof(text) - 1);
}

static void becomes(struct lang *l, edits_wanted *wanted, const char *want)
{
	_cleanup_buf_ struct buf out = {0};
	struct edits edits;

	edits_collect(&l->diag, wanted, &edits);
	edits_apply(sources_get(&l->sources, 0), edits.list.v, edits.list.n, &out);
	assert_string_equal(buf_str(&out), want);
	lang_fini(l);
}

static struct diag_item *item(struct lang *l)
{
	return diag_warning(&l->diag, at(1, 1, 2), "code", "text");
}

TEST(edits_are_carried_out_from_top_to_bottom)
{
	struct lang l;

	begin(&l);
	diag_safe_fix(&l.diag, item(&l), at(2, 1, 5), "4", "write");
	diag_safe_fix(&l.diag, item(&l), at(1, 5, 8), "", "write");
	diag_safe_fix(&l.diag, item(&l), at(2, 10, 10), "!", "write");
	becomes(&l, NULL, "one  three\n4 five!\n");
}

TEST(of_two_that_overlap_the_first_is_taken)
{
	struct lang l;

	begin(&l);
	diag_safe_fix(&l.diag, item(&l), at(1, 7, 10), "no", "write");
	diag_safe_fix(&l.diag, item(&l), at(1, 5, 8), "2", "write");
	diag_safe_fix(&l.diag, item(&l), at(1, 5, 8), "again", "write");
	becomes(&l, NULL, "one 2 three\nfour five\n");
}

TEST(of_an_item_all_edits_are_taken_or_none)
{
	struct diag_item *both;
	struct lang l;

	begin(&l);
	both = item(&l);
	diag_safe_fix(&l.diag, item(&l), at(1, 5, 8), "2", "write");
	diag_safe_fix(&l.diag, both, at(1, 6, 7), "no", "write");
	diag_safe_fix(&l.diag, both, at(2, 1, 5), "no", "write");
	becomes(&l, NULL, "one 2 three\nfour five\n");
	begin(&l);
	both = item(&l);
	diag_safe_fix(&l.diag, both, at(1, 5, 8), "no", "write");
	diag_fix(&l.diag, both, at(2, 1, 5), "no", "write");
	becomes(&l, NULL, text);
}

static bool is_error(const struct diag_item *item)
{
	return item->severity == DIAG_ERROR;
}

TEST(what_is_suppressed_or_not_wanted_stays)
{
	struct lang l;

	begin(&l);
	diag_safe_fix(&l.diag, item(&l), at(1, 5, 8), "no", "write");
	becomes(&l, is_error, text);
	begin(&l);
	diag_safe_fix(&l.diag, item(&l), at(1, 5, 8), "no", "write");
	diag_set_aside(&l.diag, l.diag.items.v[0], DIAG_SUPPRESSED, "so");
	becomes(&l, NULL, text);
}

TEST(a_place_that_is_not_there_is_left_alone)
{
	struct lang l;

	begin(&l);
	diag_safe_fix(&l.diag, item(&l), at(1, 5, 99), "no", "write");
	diag_safe_fix(&l.diag, item(&l), at(7, 1, 3), "no", "write");
	diag_safe_fix(&l.diag, item(&l), at(1, 8, 5), "no", "write");
	diag_safe_fix(&l.diag, item(&l), LOC_NONE, "no", "write");
	becomes(&l, NULL, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_are_carried_out_from_top_to_bottom),
		cmocka_unit_test(of_two_that_overlap_the_first_is_taken),
		cmocka_unit_test(of_an_item_all_edits_are_taken_or_none),
		cmocka_unit_test(what_is_suppressed_or_not_wanted_stays),
		cmocka_unit_test(a_place_that_is_not_there_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
