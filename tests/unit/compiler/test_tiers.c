/* SPDX-License-Identifier: Apache-2.0 */
/* Tiers, ranks and actions: in which order the policies of one endpoint decide (DESIGN, section
 * 3). Each question is asked of the interpreter and of the verdict tables. */
#include "tests/unit/unit.h"
#include "tests/unit/world.h"

/* Whatever is no name here is an address outside. */
static const char cluster[] = "endpoint a { labels { app = a } address 10.0.0.1 }\n"
			      "endpoint b { labels { app = b } address 10.0.0.2 }\n"
			      "endpoint c { labels { app = c } address 10.0.0.3 }\n";

static void pol(struct world *w, const char *text)
{
	_cleanup_buf_ struct buf all = {0};

	buf_printf(&all, "%s%s", cluster, text);
	world_init(w, buf_str(&all), NULL);
}

TEST(at_one_rank_deny_comes_before_pass_and_pass_before_allow)
{
	struct world w;

	pol(&w, "tier t before default {\n"
		"policy p for { app = a } { ingress { allow from all on tcp/1-3\n"
		"pass from all on tcp/2-3\n deny from all on tcp/3 } } }\n"
		"policy q for { app = a } { ingress { allow from all on tcp/3 } }\n");
	world_allows(&w, "b", "a", "tcp/1");
	world_denies(&w, "b", "a", "tcp/2");
	world_denies(&w, "b", "a", "tcp/3");
	world_fini(&w);
}

TEST(a_lower_rank_decides_first_whatever_its_action)
{
	struct world w;

	pol(&w, "tier t before default {\n"
		"policy q rank 2 for { app = a } { ingress { deny from all } }\n"
		"policy p rank 1 for { app = a } { ingress { allow from all on tcp/80 } } }\n");
	world_allows(&w, "b", "a", "tcp/80");
	world_denies(&w, "b", "a", "tcp/81");
	world_fini(&w);
}

TEST(pass_goes_over_a_tier_without_a_say_to_the_next_that_has_one)
{
	struct world w;

	pol(&w,
	    "tier one before default { policy p for { app = a } { ingress {\n"
	    "pass from { app = b } } } }\n"
	    "tier two before default { policy q for { app = b } { ingress { deny from all } } }\n"
	    "tier three before default { policy r for { app = a } { ingress {\n"
	    "allow from all on tcp/80 } } }\n"
	    "policy s for { app = a } { ingress { } }\n");
	world_allows(&w, "b", "a", "tcp/80");
	world_denies(&w, "b", "a", "tcp/81");
	world_fini(&w);
}

TEST(pass_skips_the_end_of_its_own_tier)
{
	struct world w;

	pol(&w, "tier t before default end deny { policy p for { app = a } { ingress {\n"
		"pass from { app = b } } } }\n");
	world_allows(&w, "b", "a", "tcp/80");
	world_denies(&w, "c", "a", "tcp/80");
	world_fini(&w);
}

TEST(a_declared_tier_passes_what_no_rule_of_it_matches)
{
	struct world w;

	pol(&w, "tier t before default { policy p for { app = a } { ingress {\n"
		"deny from { app = b } } } }\n");
	world_denies(&w, "b", "a", "tcp/80");
	world_allows(&w, "cidr:192.0.2.1", "a", "tcp/80");
	world_fini(&w);
}

TEST(an_end_action_holds_only_for_the_subjects_that_the_tier_governs)
{
	struct world w;

	pol(&w, "tier t after default end deny { policy p for { app = a } { egress { } } }\n");
	world_denies(&w, "a", "b", "tcp/80");
	world_allows(&w, "b", "a", "tcp/80");
	world_allows(&w, "b", "c", "tcp/80");
	world_fini(&w);
}

TEST(a_flow_to_oneself_never_leaves)
{
	struct world w;

	pol(&w, "policy p for all { ingress { } egress { } }\n");
	world_allows(&w, "a", "a", "tcp/80");
	world_denies(&w, "a", "c", "tcp/80");
	world_fini(&w);
}

TEST(a_broad_deny_beats_a_narrower_allow)
{
	struct world w;

	pol(&w, "policy p for { app = a } { ingress { deny from cidr { 192.0.2.0/24 }\n"
		"allow from cidr { 192.0.2.1/32 } allow from { app = b } } }\n");
	world_denies(&w, "cidr:192.0.2.1", "a", "tcp/80");
	world_allows(&w, "b", "a", "tcp/80");
	world_fini(&w);
}

TEST(a_cidr_of_pol_matches_no_managed_endpoint)
{
	struct world w;

	pol(&w, "policy p for { app = a } { ingress { allow from cidr { 0.0.0.0/0 } } }\n");
	world_allows(&w, "cidr:192.0.2.1", "a", "tcp/80");
	world_denies(&w, "b", "a", "tcp/80");
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_one_rank_deny_comes_before_pass_and_pass_before_allow),
		cmocka_unit_test(a_lower_rank_decides_first_whatever_its_action),
		cmocka_unit_test(pass_goes_over_a_tier_without_a_say_to_the_next_that_has_one),
		cmocka_unit_test(pass_skips_the_end_of_its_own_tier),
		cmocka_unit_test(a_declared_tier_passes_what_no_rule_of_it_matches),
		cmocka_unit_test(an_end_action_holds_only_for_the_subjects_that_the_tier_governs),
		cmocka_unit_test(a_flow_to_oneself_never_leaves),
		cmocka_unit_test(a_broad_deny_beats_a_narrower_allow),
		cmocka_unit_test(a_cidr_of_pol_matches_no_managed_endpoint),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
