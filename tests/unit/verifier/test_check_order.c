/* SPDX-License-Identifier: Apache-2.0 */
/* ambiguous-order, from files: whose order is open, and where it matters. */
#include "tests/unit/unit.h"

#include <string.h>

#include "compiler/ir.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "verifier/check/check.h"

/* How often it is told of these files; NULL ends the list. `text` must be in the report. */
static size_t count(const char *const *files, const char *text)
{
	_cleanup_buf_ struct buf out = {0};
	struct check_result result = {0};
	struct check_options o;
	struct lang lang;
	struct ir *ir;

	lang_init(&lang);
	for (int i = 0; files[i]; i++)
		assert_int_equal(lang_read_text(&lang, i ? "b.pol" : "a.pol", files[i],
						strlen(files[i]), LANG_POL, LANG_INPUT),
				 0);
	assert_int_equal(ir_resolve(&lang, &ir), 0);
	check_options_init(&o);
	for (int i = 0; i < CHECK_N; i++)
		o.levels[i] = i == CHECK_ID_AMBIGUOUS_ORDER ? CHECK_WARNING : CHECK_OFF;
	assert_int_equal(check_run(ir, &o, &lang.diag, &result), 0);
	diag_render_text(&lang.diag, &(struct diag_style){0}, &out);
	if (text && !strstr(buf_str(&out), text))
		fail_msg("'%s' is not in:\n%s", text, buf_str(&out));
	lang_fini(&lang);
	return result.findings[CHECK_ID_AMBIGUOUS_ORDER];
}

#define TIER(name, place, rule)                                                                    \
	"tier " name " " place " { policy " name "-p for { app = db } { ingress { " rule " } } "   \
	"}\n"

#define DENY  TIER("a", "before default", "deny from { env = dev } on tcp/80-90")
#define ALLOW TIER("b", "before default", "allow from { team = x } on tcp/85-99")

TEST(tiers_of_two_files_at_one_place_that_disagree_are_told)
{
	assert_int_equal(count((const char *const[]){DENY, ALLOW, NULL},
			       "tier b decides after tier a only because its file is read later"),
			 1);
	count((const char *const[]){DENY, ALLOW, NULL},
	      "from { env = dev, team = x } to { app = db } on tcp/85: denied; in the other order "
	      "allowed");
}

TEST(a_text_that_says_the_order_is_enough)
{
	assert_int_equal(count((const char *const[]){DENY ALLOW, NULL}, NULL), 0);
	assert_int_equal(
		count((const char *const[]){DENY, TIER("b", "before a", "allow from { team = x }"),
					    NULL},
		      NULL),
		0);
	assert_int_equal(
		count((const char *const[]){DENY,
					    TIER("b", "after default", "allow from { team = x }"),
					    NULL},
		      NULL),
		0);
}

TEST(an_order_that_changes_nothing_is_not_told)
{
	static const char *const others[] = {
		TIER("b", "before default", "deny from { team = x }"),
		TIER("b", "before default", "allow from { env = prod }"),
		TIER("b", "before default", "allow from { env = dev } on tcp/91"),
		TIER("b", "before default", "pass from { env = dev }"),
	};

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(count((const char *const[]){DENY, others[i], NULL}, NULL), 0);
	/* A pass leaves to the tiers behind it what the deny would have decided either way. */
	assert_int_equal(count((const char *const[]){DENY, others[3], NULL}, NULL), 0);
}

TEST(what_hangs_on_a_tier_moves_with_it)
{
	assert_int_equal(
		count((const char *const[]){DENY,
					    "tier b before default { }\n" TIER(
						    "c", "after b", "allow from { env = dev }"),
					    NULL},
		      "tier b decides after tier a"),
		1);
}

TEST(with_a_third_tier_between_them_the_two_are_compared_all_the_same)
{
	assert_int_equal(
		count((const char *const[]){DENY TIER("m", "before default", "deny from { x = y }"),
					    ALLOW, NULL},
		      NULL),
		2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiers_of_two_files_at_one_place_that_disagree_are_told),
		cmocka_unit_test(a_text_that_says_the_order_is_enough),
		cmocka_unit_test(an_order_that_changes_nothing_is_not_told),
		cmocka_unit_test(what_hangs_on_a_tier_moves_with_it),
		cmocka_unit_test(with_a_third_tier_between_them_the_two_are_compared_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
