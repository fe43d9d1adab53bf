/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/node/kernel/features.h"

static int asked;

static int there(void)
{
	asked++;
	return 1;
}

static int lacking(void)
{
	asked++;
	return 0;
}

static int denied(void)
{
	asked++;
	return -EPERM;
}

static const struct rt_feature *missing(const struct rt_feature *f, size_t n)
{
	asked = 0;
	return rt_feature_missing(f, n);
}

TEST(a_kernel_that_has_everything_lacks_nothing)
{
	const struct rt_feature f[] = {{"a", "5.12", there}, {"b", "5.8", there}};

	assert_null(missing(f, 2));
	assert_int_equal(asked, 2);
}

TEST(the_first_that_is_not_there_is_told_and_no_more_are_asked_for)
{
	const struct rt_feature f[] = {
		{"a", "5.12", there}, {"b", "5.11", lacking}, {"c", "5.8", lacking}};

	assert_ptr_equal(missing(f, 3), &f[1]);
	assert_int_equal(asked, 2);
}

TEST(who_may_not_ask_is_not_told_that_the_kernel_is_too_old)
{
	const struct rt_feature f[] = {{"a", "5.12", denied}, {"b", "5.8", denied}};

	assert_null(missing(f, 2));
	assert_int_equal(asked, 2);
}

TEST(what_cannot_be_told_hides_nothing_that_is_missing)
{
	const struct rt_feature f[] = {{"a", "5.12", denied}, {"b", "5.8", lacking}};

	assert_ptr_equal(missing(f, 2), &f[1]);
}

static int version(const char *text)
{
	int major = 0, minor = 0;

	assert_int_equal(sscanf(text, "%d.%d", &major, &minor), 2);
	return major * 1000 + minor;
}

TEST(the_newest_comes_first_as_it_is_what_a_node_must_have)
{
	for (int i = 0; i + 1 < RT_N_FEATURES; i++)
		assert_true(version(rt_features[i].since) >= version(rt_features[i + 1].since));
}

/* As root the kernel answers; others may not ask. */
TEST(this_kernel_is_new_enough)
{
	assert_null(rt_feature_missing(rt_features, RT_N_FEATURES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_that_has_everything_lacks_nothing),
		cmocka_unit_test(the_first_that_is_not_there_is_told_and_no_more_are_asked_for),
		cmocka_unit_test(who_may_not_ask_is_not_told_that_the_kernel_is_too_old),
		cmocka_unit_test(what_cannot_be_told_hides_nothing_that_is_missing),
		cmocka_unit_test(the_newest_comes_first_as_it_is_what_a_node_must_have),
		cmocka_unit_test(this_kernel_is_new_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
