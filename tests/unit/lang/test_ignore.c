/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of files to leave out. That they mean what they mean to git is tried by
 * tests/suites/ignore.sh; here is what a reader would like to look up. */
#include "tests/unit/unit.h"

#include <string.h>

#include "lang/ignore.h"

/* Does this file in /r leave out the path? */
static bool leaves_out(const char *lines, const char *path, bool is_directory)
{
	struct ignore_list list = {.base = "/r"};
	const struct ignore_pattern *p;
	struct arena a;
	bool out;

	arena_init(&a);
	ignore_add_lines(&list, &a, ".gitignore", lines, strlen(lines));
	p = ignore_match(&list, path, is_directory);
	out = p && !p->keep;
	arena_fini(&a);
	return out;
}

static bool file(const char *lines, const char *path)
{
	return leaves_out(lines, path, false);
}

TEST(a_name_matches_at_any_depth)
{
	assert_true(file("a.yaml", "/r/a.yaml"));
	assert_true(file("*.yaml", "/r/x/y/a.yaml"));
	assert_false(file("a.yaml", "/r/a.yaml.pol"));
}

TEST(a_slash_anchors_to_the_directory_of_the_list)
{
	assert_true(file("/a", "/r/a"));
	assert_false(file("/a", "/r/x/a"));
	assert_true(file("x/a", "/r/x/a"));
	assert_false(file("x/a", "/r/y/x/a"));
	assert_false(file("x/*", "/r/x/y/a"));
	assert_false(file("/a", "/elsewhere/a"));
}

TEST(a_slash_at_the_end_is_for_directories)
{
	assert_false(leaves_out("a/", "/r/a", false));
	assert_true(leaves_out("a/", "/r/x/a", true));
}

TEST(two_stars_are_any_number_of_directories)
{
	assert_true(file("**/a", "/r/a"));
	assert_true(file("**/a", "/r/x/y/a"));
	assert_true(file("x/**/a", "/r/x/a"));
	assert_true(file("x/**/a", "/r/x/1/2/a"));
	assert_true(file("x/**", "/r/x/1/2"));
	assert_false(leaves_out("x/**", "/r/x", true));
	assert_true(file("**/x/**/a", "/r/x/1/x/2/a"));
}

/* git compares what stands before the first wildcard as text, and takes the rest for a pattern of
 * its own, in which "**" then comes first. */
TEST(two_stars_behind_a_text_are_any_number_of_directories_too)
{
	assert_true(file("a**/*", "/r/ab"));
	assert_true(file("x/a**/b", "/r/x/ab"));
	assert_true(file("a**/b", "/r/a/b"));
	assert_true(file("a**/b", "/r/ax/y/b"));
	assert_true(file("/a**", "/r/a"));
	assert_false(file("*a**/*", "/r/ab"));
	assert_false(file("ab**/c", "/r/a/c"));
}

TEST(the_last_pattern_that_matches_decides)
{
	assert_false(file("*.yaml\n!keep.yaml", "/r/keep.yaml"));
	assert_true(file("!keep.yaml\n*.yaml", "/r/keep.yaml"));
}

TEST(comments_blanks_and_line_ends_are_no_part_of_a_pattern)
{
	assert_false(file("# a\n\n   \n", "/r/# a"));
	assert_true(file("\\#a", "/r/#a"));
	assert_true(file("\\!a", "/r/!a"));
	assert_true(file("a  \r\nb", "/r/b"));
	assert_true(file("a  ", "/r/a"));
	assert_true(file("a\\ ", "/r/a "));
	assert_true(file("\xef\xbb\xbf"
			 "a\r\n",
			 "/r/a"));
}

TEST(a_pattern_that_breaks_off_matches_nothing)
{
	assert_false(file("a[", "/r/a["));
	assert_false(file("a\\", "/r/a\\"));
	assert_false(file("/", "/r/a"));
	assert_false(file("!", "/r/!"));
}

TEST(a_stronger_list_decides_and_a_weaker_one_where_it_says_nothing)
{
	struct ignore_list weak = {.base = "/r"}, strong = {.base = "/r/x", .weaker = &weak};
	struct arena a;

	arena_init(&a);
	ignore_add_lines(&weak, &a, "weak", "*.pol\nb", 7);
	ignore_add_lines(&strong, &a, "strong", "# 1\n!/a.pol", 11);
	assert_true(ignore_match(&strong, "/r/x/a.pol", false)->keep);
	assert_int_equal(ignore_match(&strong, "/r/x/a.pol", false)->line, 2);
	assert_string_equal(ignore_match(&strong, "/r/a.pol", false)->text, "*.pol");
	assert_string_equal(ignore_match(&strong, "/r/x/b", false)->origin, "weak");
	assert_null(ignore_match(&strong, "/r/x/c", false));
	arena_fini(&a);
}

/* Would take longer than the test may, if every "**" were tried with every directory. */
TEST(many_stars_cost_little)
{
	char lines[4096] = "", path[4096] = "/r";

	for (int i = 0; i < 60; i++) {
		strcat(lines, "**/a*a*a*a/");
		strcat(path, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	}
	strcat(lines, "b");
	assert_false(file(lines, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_matches_at_any_depth),
		cmocka_unit_test(a_slash_anchors_to_the_directory_of_the_list),
		cmocka_unit_test(a_slash_at_the_end_is_for_directories),
		cmocka_unit_test(two_stars_are_any_number_of_directories),
		cmocka_unit_test(two_stars_behind_a_text_are_any_number_of_directories_too),
		cmocka_unit_test(the_last_pattern_that_matches_decides),
		cmocka_unit_test(comments_blanks_and_line_ends_are_no_part_of_a_pattern),
		cmocka_unit_test(a_pattern_that_breaks_off_matches_nothing),
		cmocka_unit_test(a_stronger_list_decides_and_a_weaker_one_where_it_says_nothing),
		cmocka_unit_test(many_stars_cost_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
