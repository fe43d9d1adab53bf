/* SPDX-License-Identifier: Apache-2.0 */
/* Rule sets in a directory: who asks has them whole or not at all, and each change with the next
 * request. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/file.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/buf.h"
#include "runtime/proxy/sets.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/polc-sets.XXXXXX";

static int setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) && proxy_sets_make(dir) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return gen_dir_remove(dir);
}

/* A rule set with so many entries. */
static void make_file(size_t entries, struct buf *out)
{
	struct arena arena;
	struct l7_fault fault;
	const struct ir_rule *rule;

	arena_init(&arena);
	rule = l7_every_request(&arena, IR_L7_HTTP);
	for (size_t i = 1; i < entries; i++)
		vec_push(&arena, &((struct ir_rule *)rule)->l7.entries, rule->l7.entries.v[0]);
	assert_null(flat_write(l7_ruleset_build(&arena, &rule, 1, &fault), out));
	arena_fini(&arena);
}

static void publish(const char *name, size_t entries, size_t n)
{
	_cleanup_buf_ struct buf file = {0};

	make_file(entries, &file);
	assert_int_equal(
		proxy_sets_publish(dir, &(struct proxy_set_file){name, file.s, n ? n : file.n}, 1),
		0);
}

TEST(a_set_is_there_from_its_publication_until_it_goes)
{
	struct proxy_sets *s = proxy_sets_open(dir, NULL);
	const struct flat_header *set;
	const char *why;

	assert_non_null(s);
	assert_null(proxy_sets_find(s, "R1", &why));
	assert_string_equal(why, "there is no such rule set");
	for (size_t n = 1; n < 40; n++) {
		publish("R1", n, 0);
		publish("other", 1, 0);
		set = proxy_sets_find(s, "R1", &why);
		assert_non_null(set);
		assert_int_equal(set->n_entries, n);
		assert_ptr_equal(proxy_sets_find(s, "R1", &why), set);
	}
	assert_int_equal(proxy_sets_publish(dir, &(struct proxy_set_file){.name = "R1"}, 1), 0);
	assert_null(proxy_sets_find(s, "R1", &why));
	assert_non_null(proxy_sets_find(s, "other", &why));
	proxy_sets_close(s);
}

TEST(half_a_file_is_no_set)
{
	struct proxy_sets *s = proxy_sets_open(dir, NULL);
	const char *why;

	publish("half", 3, 100);
	assert_null(proxy_sets_find(s, "half", &why));
	assert_non_null(why);
	publish("half", 3, 0);
	assert_non_null(proxy_sets_find(s, "half", &why));
	proxy_sets_close(s);
}

TEST(names_stay_in_the_directory)
{
	static const char *const bad[] = {
		"",
		"../x",
		"a/b",
		"a.l7",
		".",
		"a b",
		"0123456789012345678901234567890123456789012345678901234567890"
		"1234"};
	struct proxy_sets *s = proxy_sets_open(dir, NULL);
	const char *why;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(proxy_set_name_is_good(bad[i]));
		assert_null(proxy_sets_find(s, bad[i], &why));
		assert_int_equal(
			proxy_sets_publish(dir, &(struct proxy_set_file){bad[i], "x", 1}, 1),
			-EINVAL);
	}
	assert_true(proxy_set_name_is_good("R-1_a"));
	proxy_sets_close(s);
}

TEST(without_its_directory_nothing_opens)
{
	assert_null(proxy_sets_open("/nonexistent", NULL));
	assert_int_equal(proxy_sets_make("/nonexistent/sets"), -ENOENT);
	assert_int_equal(proxy_sets_publish("/nonexistent", NULL, 0), -ENOENT);
	/* A directory that holds something else. */
	assert_null(proxy_sets_open("/", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_set_is_there_from_its_publication_until_it_goes,
						setup, teardown),
		cmocka_unit_test_setup_teardown(half_a_file_is_no_set, setup, teardown),
		cmocka_unit_test_setup_teardown(names_stay_in_the_directory, setup, teardown),
		cmocka_unit_test(without_its_directory_nothing_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
