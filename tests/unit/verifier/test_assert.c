/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions: what fails, what holds and what says nothing, in the open world and over an
 * inventory. That nothing is missed or invented, test_check_random.c shows. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/buf.h"
#include "tests/unit/irb.h"
#include "verifier/check/check.h"

static struct irb b;
static struct check_result result;

static int setup(void **state)
{
	(void)state;
	irb_init(&b);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	irb_fini(&b);
	return 0;
}

static void run(void)
{
	struct check_options o;

	check_options_init(&o);
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
}

static void expect_text(const char *part)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&b.diag, &(struct diag_style){0}, &out);
	if (!strstr(buf_str(&out), part))
		fail_msg("'%s' is not in:\n%s", part, buf_str(&out));
}

static void expect(size_t failed, size_t vacuous)
{
	run();
	if (result.findings[CHECK_ID_ASSERT_FAILED] != failed ||
	    result.findings[CHECK_ID_ASSERT_VACUOUS] != vacuous)
		expect_text("other findings");
}

static void db_is_for_the_shop(void)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "db", "app=db");

	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "sel:app=shop", "tcp/5432");
}

/* --- the open world --------------------------------------------------------------------------- */

TEST(claims_that_the_policies_keep_are_quiet)
{
	db_is_for_the_shop();
	irb_claim(&b, IR_CLAIM_NEVER, "world", "sel:app=db", "");
	irb_claim(&b, IR_CLAIM_ALWAYS, "sel:app=shop", "sel:app=db", "tcp/5432");
	irb_claim(&b, IR_CLAIM_ONLY, "sel:app=shop", "sel:app=db", "");
	expect(0, 0);
}

TEST(a_flow_that_never_must_pass_names_the_rules_that_let_it)
{
	db_is_for_the_shop();
	irb_claim(&b, IR_CLAIM_NEVER, "sel:app=shop", "sel:app=db", "");
	expect(1, 0);
	expect_text("error: \"what must hold\" does not hold: a flow passes that never must");
	expect_text("nothing denies it at the source (egress)");
	expect_text("the allow rule of policy db (ingress) lets it pass");
	expect_text("for example from { app = shop } to { app = db } on tcp/5432");
}

TEST(a_flow_that_must_always_pass_names_what_stops_it)
{
	db_is_for_the_shop();
	irb_claim(&b, IR_CLAIM_ALWAYS, "sel:app=shop", "sel:app=db", "tcp/5432|tcp/9187");
	expect(1, 0);
	expect_text("policy db isolates the destination (ingress), and no rule of tier default");
	expect_text("on tcp/9187");
}

TEST(only_finds_whoever_else_may_come)
{
	db_is_for_the_shop();
	irb_claim(&b, IR_CLAIM_ONLY, "sel:app=shop,env=prod", "sel:app=db", "");
	expect(1, 0);
	expect_text("a flow passes that comes from elsewhere");
	expect_text("from { app = shop } to { app = db } on tcp/5432");
}

TEST(the_egress_policy_of_the_source_counts_as_well)
{
	struct ir_policy *shop = irb_policy(&b, b.tier, "shop", "app=shop");

	db_is_for_the_shop();
	irb_rule(&b, shop, IR_EGRESS, IR_ALLOW, 0, "sel:app=cache", "");
	irb_claim(&b, IR_CLAIM_ALWAYS, "sel:app=shop", "sel:app=db", "tcp/5432");
	irb_claim(&b, IR_CLAIM_NEVER, "sel:app=shop", "world", "");
	expect(1, 0);
	expect_text("policy shop isolates the source (egress)");
}

TEST(what_leaves_for_addresses_outside_is_judged_at_its_source)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "all", "");

	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "cidr:198.51.100.0/24", "tcp/443");
	irb_claim(&b, IR_CLAIM_NEVER, "cluster", "world", "");
	irb_claim(&b, IR_CLAIM_NEVER, "cluster", "cidr:203.0.113.0/24", "");
	expect(1, 0);
	expect_text("to 198.51.100.");
}

TEST(a_claim_about_a_named_port_means_what_the_destination_calls_so)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "web", "app=web");

	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "all", "tcp/http");
	irb_claim(&b, IR_CLAIM_ALWAYS, "all", "sel:app=web", "tcp/http");
	irb_claim(&b, IR_CLAIM_ALWAYS, "all", "sel:app=web", "tcp/80");
	expect(1, 0);
}

TEST(a_claim_that_nothing_can_meet_is_told)
{
	db_is_for_the_shop();
	irb_claim(&b, IR_CLAIM_NEVER, "sel:app=shop,!app", "sel:app=db", "");
	irb_claim(&b, IR_CLAIM_NEVER, "world", "none", "");
	irb_claim(&b, IR_CLAIM_NEVER, "world", "host", "");
	irb_claim(&b, IR_CLAIM_ONLY, "all", "sel:app=db", "");
	expect(0, 4);
	expect_text("nothing can be its source");
	expect_text("nothing can be its destination");
	expect_text("there is no flow that it speaks of");
}

TEST(an_assertion_that_the_solver_gives_up_on_has_not_passed)
{
	struct check_options o;

	for (unsigned i = 0; i < 60; i++) {
		char subject[32], peer[32];

		snprintf(subject, sizeof(subject), "k%u=v,app=db", i);
		snprintf(peer, sizeof(peer), "sel:k%u!=v,m%u=w", i + 1, i * 7 % 60);
		irb_rule(&b, irb_policy(&b, b.tier, "p", subject), IR_INGRESS,
			 i % 3 ? IR_ALLOW : IR_PASS, i % 5, peer, "tcp/1-9000");
	}
	irb_claim(&b, IR_CLAIM_NEVER, "sel:app=shop,k1", "sel:app=db", "");
	check_options_init(&o);
	for (int i = 0; i < CHECK_N; i++)
		o.levels[i] = i == CHECK_ID_ASSERT_FAILED || i == CHECK_ID_UNDECIDED ? CHECK_ERROR
										     : CHECK_OFF;
	o.timeout_ms = 1;
	if (check_run(&b.ir, &o, &b.diag, &result) < 0)
		expect_text("no internal error");
	/* Answered in time, or said to be undecided: never silent, as the claim is false. */
	assert_int_equal(
		result.findings[CHECK_ID_ASSERT_FAILED] + result.findings[CHECK_ID_UNDECIDED], 1);
}

/* --- an inventory ----------------------------------------------------------------------------- */

TEST(with_an_inventory_only_what_is_in_it_counts)
{
	db_is_for_the_shop();
	irb_endpoint(&b, "db-1", "app=db", "10.0.0.1", "");
	irb_endpoint(&b, "shop-1", "app=shop,env=prod", "10.0.0.2", "");
	irb_claim(&b, IR_CLAIM_ONLY, "sel:app=shop,env=prod", "sel:app=db", "");
	irb_claim(&b, IR_CLAIM_NEVER, "world", "sel:app=db", "");
	expect(0, 0);
}

TEST(a_broken_claim_names_endpoints_of_the_inventory)
{
	db_is_for_the_shop();
	irb_endpoint(&b, "db-1", "app=db", "10.0.0.1", "");
	irb_endpoint(&b, "shop-1", "app=shop", "10.0.0.2", "");
	irb_endpoint(&b, "shop-2", "app=shop", "10.0.0.3", "");
	irb_claim(&b, IR_CLAIM_NEVER, "sel:app=shop", "sel:app=db", "");
	irb_claim(&b, IR_CLAIM_ALWAYS, "world", "sel:app=db", "tcp/5432");
	expect(2, 0);
	expect_text("for example from shop-1 to db-1 on tcp/5432");
	expect_text("for example from cidr:203.0.113.10 to db-1 on tcp/5432");
}

TEST(an_endpoint_alone_talks_to_nobody_of_its_kind)
{
	irb_policy(&b, b.tier, "quiet", "app=db")->governs[IR_INGRESS] = true;
	irb_endpoint(&b, "db-1", "app=db", "10.0.0.1", "");
	irb_claim(&b, IR_CLAIM_ALWAYS, "sel:app=db", "sel:app=db", "");
	expect(0, 1);
	expect_text("there is no flow that it speaks of");
}

TEST(two_endpoints_of_a_kind_do_talk)
{
	irb_policy(&b, b.tier, "quiet", "app=db")->governs[IR_INGRESS] = true;
	irb_endpoint(&b, "db-1", "app=db", "10.0.0.1", "");
	irb_endpoint(&b, "db-2", "app=db", "10.0.0.2", "");
	irb_claim(&b, IR_CLAIM_ALWAYS, "sel:app=db", "sel:app=db", "");
	expect(1, 0);
}

TEST(an_end_that_nothing_is_today_is_told)
{
	db_is_for_the_shop();
	irb_endpoint(&b, "db-1", "app=db", "10.0.0.1", "");
	irb_claim(&b, IR_CLAIM_NEVER, "world", "sel:app=bd", "");
	expect(0, 1);
	expect_text("nothing in the inventory is its destination");
}

TEST(an_address_of_an_endpoint_is_not_outside)
{
	irb_policy(&b, b.tier, "quiet", "")->governs[IR_EGRESS] = true;
	irb_endpoint(&b, "db-1", "app=db", "10.0.0.1", "");
	irb_endpoint(&b, "db-2", "app=db", "10.0.0.2", "");
	irb_claim(&b, IR_CLAIM_ALWAYS, "sel:app=db", "cidr:10.0.0.1/32", "");
	irb_claim(&b, IR_CLAIM_ALWAYS, "sel:app=db", "cidr:10.0.0.0/30", "tcp/80");
	expect(1, 1);
	expect_text("to cidr:10.0.0.0 on tcp/80");
}

TEST(a_named_port_is_that_of_each_destination)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "web", "app=web");

	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "all", "tcp/8080");
	irb_endpoint(&b, "web-1", "app=web", "10.0.0.1", "http=tcp/8080");
	irb_claim(&b, IR_CLAIM_ALWAYS, "all", "sel:app=web", "tcp/http");
	expect(0, 0);
	irb_endpoint(&b, "web-2", "app=web", "10.0.0.2", "http=tcp/80");
	expect(1, 0);
	expect_text("to web-2 on tcp/80");
}

TEST(endpoints_without_addresses_and_of_other_families_are_judged_too)
{
	db_is_for_the_shop();
	irb_endpoint(&b, "db-1", "app=db", "fd00::1", "");
	irb_endpoint(&b, "shop-1", "app=shop", "", "");
	irb_endpoint(&b, "shop-2", "app=shop,env=dev", "10.0.0.2", "");
	irb_claim(&b, IR_CLAIM_NEVER, "sel:app=shop", "sel:app=db", "");
	irb_claim(&b, IR_CLAIM_NEVER, "sel:env=dev", "sel:app=db", "");
	expect(1, 1);
	expect_text("from shop-1 to db-1");
}

/* --- nodes -------------------------------------------------------------------------------------
 */

TEST(the_node_of_an_endpoint_counts_only_where_the_claim_names_the_host)
{
	db_is_for_the_shop();
	b.ir.policies.v[0]->spares_node = true;
	irb_claim(&b, IR_CLAIM_ONLY, "sel:app=shop", "sel:app=db", "");
	irb_claim(&b, IR_CLAIM_NEVER, "cluster", "sel:app=db", "tcp/80");
	irb_claim(&b, IR_CLAIM_NEVER, "host", "sel:app=db", "tcp/80");
	expect(1, 0);
	expect_text("from its own node at");
	expect_text("the destination's policies spare the node that it runs on (ingress)");
	irb_endpoint(&b, "db-1", "app=db", "10.0.0.1", "");
	irb_endpoint(&b, "shop-1", "app=shop", "10.0.0.2", "");
	expect(1, 0);
}

#define ASSERT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ASSERT_TEST(claims_that_the_policies_keep_are_quiet),
		ASSERT_TEST(a_flow_that_never_must_pass_names_the_rules_that_let_it),
		ASSERT_TEST(a_flow_that_must_always_pass_names_what_stops_it),
		ASSERT_TEST(only_finds_whoever_else_may_come),
		ASSERT_TEST(the_egress_policy_of_the_source_counts_as_well),
		ASSERT_TEST(what_leaves_for_addresses_outside_is_judged_at_its_source),
		ASSERT_TEST(a_claim_about_a_named_port_means_what_the_destination_calls_so),
		ASSERT_TEST(a_claim_that_nothing_can_meet_is_told),
		ASSERT_TEST(an_assertion_that_the_solver_gives_up_on_has_not_passed),
		ASSERT_TEST(with_an_inventory_only_what_is_in_it_counts),
		ASSERT_TEST(a_broken_claim_names_endpoints_of_the_inventory),
		ASSERT_TEST(an_endpoint_alone_talks_to_nobody_of_its_kind),
		ASSERT_TEST(two_endpoints_of_a_kind_do_talk),
		ASSERT_TEST(an_end_that_nothing_is_today_is_told),
		ASSERT_TEST(an_address_of_an_endpoint_is_not_outside),
		ASSERT_TEST(a_named_port_is_that_of_each_destination),
		ASSERT_TEST(the_node_of_an_endpoint_counts_only_where_the_claim_names_the_host),
		ASSERT_TEST(endpoints_without_addresses_and_of_other_families_are_judged_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
