/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of reasons are part of the ABI: none may change, whatever is added. */
#include "tests/unit/unit.h"

#include "runtime/runtime.h"

TEST(reasons_to_pass_count_from_0_and_reasons_to_drop_from_64)
{
	assert_int_equal(POLC_PASS_POLICY, 0);
	assert_int_equal(POLC_PASS_SELF, 5);
	assert_int_equal(POLC_FIRST_DROP, 64);
	assert_int_equal(POLC_DROP_POLICY, 64);
	assert_int_equal(POLC_DROP_INTERNAL, 72);
}

TEST(a_number_that_is_no_reason_has_no_name)
{
	assert_string_equal(rt_reason_name(POLC_PASS_SELF), "self");
	assert_string_equal(rt_reason_name(POLC_DROP_POLICY), "policy-denied");
	for (int r = 0; r < 2 * POLC_N_REASONS; r++) {
		bool known =
			r < POLC_END_OF_PASSES || (r >= POLC_FIRST_DROP && r < POLC_END_OF_DROPS);

		assert_int_equal(rt_reason_name((enum polc_reason)r) != NULL, known);
		assert_int_equal(rt_reason_text((enum polc_reason)r) != NULL, known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_to_pass_count_from_0_and_reasons_to_drop_from_64),
		cmocka_unit_test(a_number_that_is_no_reason_has_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
