/* SPDX-License-Identifier: Apache-2.0 */
/* How a bundle names sources: the same wherever they lie. */
#include "tests/unit/unit.h"

#include <string.h>

#include "codegen/source_names.h"
#include "lang/base/buf.h"

/* Names, with a space behind each, as they are in a bundle. */
static void assert_named(const char *cwd, const char *const *names, const char *want)
{
	_cleanup_buf_ struct buf got = {0};
	struct sources sources, out;
	struct arena arena;

	arena_init(&arena);
	sources_init(&sources, &arena);
	for (; *names; names++)
		sources_add(&sources, *names, "text", 4);
	gen_source_names(&sources, cwd, &arena, &out);
	assert_int_equal(out.list.n, sources.list.n);
	vec_each (const struct source, s, &out.list) {
		buf_printf(&got, "%s ", s->name);
		assert_string_equal(s->text, "text");
	}
	assert_string_equal(buf_str(&got), want);
	arena_fini(&arena);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

TEST(names_do_not_tell_from_where_or_how_they_were_given)
{
	static const char want[] = "a.pol k8s/b.yaml ";

	assert_named("/x", NAMES("/p/shop/a.pol", "/p/shop/k8s/b.yaml"), want);
	assert_named("/p", NAMES("shop/a.pol", "shop/k8s/b.yaml"), want);
	assert_named("/p/shop", NAMES("./a.pol", "k8s/b.yaml"), want);
	assert_named("/p/shop/", NAMES("a.pol", "/p//shop/./k8s/b.yaml"), want);
	assert_named("/p/shop/k8s", NAMES("../a.pol", "b.yaml"), want);
	assert_named("/q/r", NAMES("../../p/shop/a.pol", "../../p/shop/k8s/../k8s/b.yaml"), want);
	assert_named("/", NAMES("p/shop/a.pol", "p/shop/k8s/b.yaml"), want);
}

TEST(one_source_has_the_name_of_its_file)
{
	assert_named("/p", NAMES("/a/b/c.pol"), "c.pol ");
	assert_named("/p", NAMES("c.pol"), "c.pol ");
	assert_named("/p", NAMES("/c.pol"), "c.pol ");
}

TEST(a_name_that_begins_like_another_is_in_a_directory_of_its_own)
{
	assert_named("/", NAMES("/p/shop/a.pol", "/p/shop2/b.pol"), "shop/a.pol shop2/b.pol ");
	assert_named("/", NAMES("/p/shop2/b.pol", "/p/shop/a.pol"), "shop2/b.pol shop/a.pol ");
	assert_named("/", NAMES("/p/a.pol", "/q/a.pol"), "p/a.pol q/a.pol ");
}

TEST(standard_input_keeps_its_name_and_changes_no_other)
{
	assert_named("/p", NAMES("-"), "- ");
	assert_named("/p", NAMES("-", "shop/a.pol", "shop/b.pol"), "- a.pol b.pol ");
}

TEST(without_a_current_directory_relative_names_have_one_in_common)
{
	assert_named("", NAMES("shop/a.pol", "shop/b.pol"), "a.pol b.pol ");
	assert_named("", NAMES("../../a.pol", ".."), "a.pol  ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_do_not_tell_from_where_or_how_they_were_given),
		cmocka_unit_test(one_source_has_the_name_of_its_file),
		cmocka_unit_test(a_name_that_begins_like_another_is_in_a_directory_of_its_own),
		cmocka_unit_test(standard_input_keeps_its_name_and_changes_no_other),
		cmocka_unit_test(without_a_current_directory_relative_names_have_one_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
