/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
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
	/* What they say of the policies here is another test's. */
	o.levels[CHECK_ID_BROAD_ALLOW] = o.levels[CHECK_ID_REDUNDANT_POLICY] = CHECK_OFF;
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
}

static size_t found(enum check_id id)
{
	return result.findings[id];
}

static size_t found_any(void)
{
	size_t n = 0;

	for (int i = 0; i < CHECK_N; i++)
		n += result.findings[i];
	return n;
}

/* The whole output as a person sees it. */
static void expect_text(const char *part)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&b.diag, &(struct diag_style){0}, &out);
	if (!strstr(buf_str(&out), part))
		fail_msg("'%s' is not in:\n%s", part, buf_str(&out));
}

static struct ir_policy *policy(const char *name, const char *subject)
{
	return irb_policy(&b, b.tier, name, subject);
}

static struct ir_rule *ingress(struct ir_policy *p, enum ir_action action, uint32_t rank,
			       const char *peers, const char *ports)
{
	return irb_rule(&b, p, IR_INGRESS, action, rank, peers, ports);
}

/* --- conflict --------------------------------------------------------------------------------- */

TEST(an_allow_and_a_deny_that_cross_are_a_conflict)
{
	ingress(policy("a", "app=web"), IR_ALLOW, 0, "sel:env=dev", "");
	ingress(policy("b", "app=web"), IR_DENY, 0, "sel:team=x", "");
	run();
	assert_int_equal(found(CHECK_ID_CONFLICT), 1);
	assert_int_equal(found_any(), 1);
	expect_text("the allow rule of policy a (ingress) is partly overruled by the deny rule of "
		    "policy b (ingress)");
	expect_text("from { env = dev, team = x } to { app = web } on tcp/80");
	expect_text("test.pol:5:1: deny wins");
}

TEST(a_conflict_may_come_from_ports_alone)
{
	ingress(policy("a", ""), IR_ALLOW, 0, "all", "tcp/80-90");
	ingress(policy("b", ""), IR_DENY, 0, "all", "tcp/85-95");
	run();
	assert_int_equal(found(CHECK_ID_CONFLICT), 1);
	expect_text("on tcp/85");
}

TEST(an_exception_inside_an_allow_is_no_conflict)
{
	ingress(policy("a", "app=web"), IR_ALLOW, 0, "all", "");
	ingress(policy("b", "app=web"), IR_DENY, 0, "sel:env=dev", "");
	run();
	assert_int_equal(found_any(), 0);
}

TEST(rules_of_different_rank_tier_or_direction_do_not_conflict)
{
	struct ir_policy *p = policy("a", "app=web");
	struct ir_tier *after = irb_tier(&b, "after", IR_PASS);

	ingress(p, IR_ALLOW, 5, "sel:env=dev", "");
	ingress(p, IR_DENY, 6, "sel:team=x", "");
	irb_rule(&b, p, IR_EGRESS, IR_DENY, 5, "sel:team=x", "");
	irb_rule(&b, irb_policy(&b, after, "c", "app=web"), IR_INGRESS, IR_DENY, 5, "sel:team=x",
		 "");
	run();
	assert_int_equal(found(CHECK_ID_CONFLICT), 0);
}

TEST(rules_for_different_subjects_do_not_conflict)
{
	ingress(policy("a", "app=web"), IR_ALLOW, 0, "sel:env=dev", "");
	ingress(policy("b", "app=db"), IR_DENY, 0, "sel:team=x", "");
	run();
	assert_int_equal(found_any(), 0);
}

TEST(two_ends_of_one_namespace_cannot_disagree_on_its_labels)
{
	/* Both hold only for a peer and a subject of namespace shop with team x and y. */
	ingress(policy("a", "ns:kubernetes.io/metadata.name=shop,ns:team=x"), IR_ALLOW, 0,
		"sel:ns:kubernetes.io/metadata.name=shop,env=dev", "");
	ingress(policy("b", "app"), IR_DENY, 0, "sel:ns:team=y,tier=1", "");
	run();
	assert_int_equal(found_any(), 0);
}

TEST(a_conflict_over_addresses_has_an_address_in_its_witness)
{
	ingress(policy("a", ""), IR_ALLOW, 0, "cidr:10.0.0.0/8;192.168.0.0/16", "");
	ingress(policy("b", ""), IR_DENY, 0, "cidr:10.1.0.0/16-10.1.0.0/17|cidr:172.16.0.0/12", "");
	run();
	assert_int_equal(found(CHECK_ID_CONFLICT), 1);
	expect_text("from 10.1.1");
}

TEST(a_conflict_in_ipv6_is_found)
{
	ingress(policy("a", ""), IR_ALLOW, 0, "cidr:2001:db8::/32", "tcp/443");
	ingress(policy("b", ""), IR_DENY, 0, "cidr:2001:db8:1::/48", "");
	run();
	assert_int_equal(found(CHECK_ID_CONFLICT), 1);
	expect_text("from 2001:db8:1:");
}

TEST(a_named_port_conflicts_with_a_number_it_may_stand_for)
{
	ingress(policy("a", ""), IR_ALLOW, 0, "sel:env=dev", "tcp/http");
	ingress(policy("b", ""), IR_DENY, 0, "all", "tcp/8080");
	run();
	assert_int_equal(found(CHECK_ID_CONFLICT), 1);
	expect_text("on tcp/8080, its port 'http'");
}

/* --- shadowed --------------------------------------------------------------------------------- */

TEST(an_allow_inside_a_deny_is_shadowed)
{
	ingress(policy("a", "app=web"), IR_DENY, 0, "sel:env=dev", "");
	ingress(policy("b", "app=web"), IR_ALLOW, 0, "sel:env=dev,team=x", "tcp/80");
	run();
	assert_int_equal(found(CHECK_ID_SHADOWED), 1);
	assert_int_equal(found_any(), 1);
	expect_text("test.pol:5:1: warning: the allow rule of policy b (ingress) can never decide");
	expect_text("test.pol:3:1: the deny rule of policy a (ingress) in tier default, rank 0, "
		    "decides all of it");
	expect_text("from { env = dev, team = x } to { app = web } on tcp/80");
}

TEST(two_rules_together_shadow_a_third_and_are_both_named)
{
	ingress(policy("a", ""), IR_DENY, 1, "sel:env=dev", "");
	ingress(policy("b", ""), IR_PASS, 2, "sel:env!=dev", "");
	ingress(policy("unrelated", ""), IR_ALLOW, 3, "sel:env=dev", "udp");
	ingress(policy("c", ""), IR_ALLOW, 4, "sel:app=x", "tcp");
	run();
	assert_int_equal(found(CHECK_ID_SHADOWED), 2);
	expect_text("the allow rule of policy c (ingress) can never decide");
	expect_text(
		"the pass rule of policy b (ingress) in tier default, rank 2, decides part of it");
}

TEST(a_rule_with_one_free_flow_is_not_shadowed)
{
	ingress(policy("a", ""), IR_DENY, 1, "sel:env=dev", "tcp/1-65535");
	ingress(policy("b", ""), IR_ALLOW, 2, "sel:env=dev", "tcp");
	run();
	assert_int_equal(found_any(), 0);
}

TEST(an_earlier_tier_shadows_unless_it_passes)
{
	struct ir_tier *before = irb_tier_before(&b, "guardrails", IR_PASS);
	struct ir_policy *g = irb_policy(&b, before, "g", "");

	ingress(g, IR_DENY, 1, "sel:env=dev", "");
	ingress(policy("a", ""), IR_ALLOW, 0, "sel:env=dev", "");
	run();
	assert_int_equal(found(CHECK_ID_SHADOWED), 1);
	expect_text("in tier guardrails, rank 1");
	ingress(g, IR_PASS, 0, "sel:env=dev,team=sre", "");
	run();
	assert_int_equal(found(CHECK_ID_SHADOWED), 0);
}

TEST(the_end_of_an_earlier_tier_shadows_what_comes_after)
{
	struct ir_tier *before = irb_tier_before(&b, "lockdown", IR_DENY);
	struct ir_policy *g = irb_policy(&b, before, "g", "");

	ingress(g, IR_ALLOW, 1, "sel:env=prod", "");
	ingress(policy("a", "app=web"), IR_ALLOW, 0, "sel:env=dev", "");
	run();
	assert_int_equal(found(CHECK_ID_SHADOWED), 1);
	expect_text("tier lockdown decides all of it: it ends in deny");
}

/* --- redundant -------------------------------------------------------------------------------- */

TEST(of_two_equal_rules_the_later_one_is_redundant)
{
	ingress(policy("a", "app=web"), IR_ALLOW, 0, "sel:env=dev", "tcp/80");
	ingress(policy("b", "app=web"), IR_ALLOW, 0, "sel:env=dev", "tcp/80");
	run();
	assert_int_equal(found(CHECK_ID_REDUNDANT), 1);
	assert_int_equal(b.diag.warnings, 0);
	expect_text("test.pol:5:1: note: the allow rule of policy b (ingress) changes nothing");
	expect_text(
		"test.pol:3:1: the allow rule of policy a (ingress) says the same for all of it");
}

TEST(allows_that_only_overlap_are_ordinary)
{
	ingress(policy("a", "app=web"), IR_ALLOW, 0, "sel:env=dev", "tcp/80|tcp/443");
	ingress(policy("b", ""), IR_ALLOW, 0, "sel:team=x", "tcp/80");
	ingress(policy("c", "app=web"), IR_ALLOW, 0, "cidr:10.0.0.0/8", "");
	run();
	assert_int_equal(found_any(), 0);
}

TEST(a_rule_that_logs_is_not_redundant_to_one_that_does_not)
{
	ingress(policy("a", ""), IR_ALLOW, 0, "all", "");
	ingress(policy("b", ""), IR_ALLOW, 0, "sel:env=dev", "")->log = true;
	run();
	assert_int_equal(found_any(), 0);
}

/* --- contradiction, empty-rule, empty-selector-match -------------------------------------------
 */

TEST(contradicting_requirements_select_nothing)
{
	static const char *const subjects[] = {
		"a=x,a=y",         "a,!a",
		"a=x,!a",          "a=x,a!=x",
		"a=x;y,a!=y,a!=x", "ns:a=x,ns:!kubernetes.io/metadata.name"};
	size_t n = sizeof(subjects) / sizeof(*subjects);

	for (size_t i = 0; i < n; i++)
		ingress(policy("p", subjects[i]), IR_ALLOW, 0, "all", "");
	run();
	assert_int_equal(found(CHECK_ID_CONTRADICTION), n);
	assert_int_equal(found_any(), n);
	expect_text("policy p can select nothing here: no endpoint can meet the selector");
	expect_text("'a in (x)' excludes the others named here");
}

TEST(a_policy_for_none_is_told_as_such)
{
	ingress(policy("p", "none"), IR_ALLOW, 0, "all", "");
	run();
	assert_int_equal(found(CHECK_ID_EMPTY_SELECTOR_MATCH), 1);
	assert_int_equal(found_any(), 1);
	expect_text("policy p can select nothing here: it is 'none'");
}

TEST(requirements_that_can_be_met_are_left_alone)
{
	static const char *const subjects[] = {"a=x;y,a!=y", "a!=x,a!=y", "a,a!=x",
					       "!a,a!=x",    "a=x,b=y",   "ns:a=x,a=y"};

	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		policy("p", subjects[i]);
	run();
	assert_int_equal(found_any(), 0);
}

TEST(peers_that_match_nothing_are_named_one_by_one)
{
	struct ir_policy *p = policy("p", "");

	ingress(p, IR_ALLOW, 0, "all|sel:a,!a", "");
	ingress(p, IR_ALLOW, 1, "cidr:10.0.0.0/8-10.0.0.0/9;10.128.0.0/9", "");
	ingress(p, IR_ALLOW, 2, "none", "");
	ingress(p, IR_DENY, 3, "all", "none");
	run();
	assert_int_equal(found(CHECK_ID_CONTRADICTION), 1);
	assert_int_equal(found(CHECK_ID_EMPTY_RULE), 3);
	expect_text("no address is left of its prefixes");
	expect_text("matches nothing: it is 'none'");
	expect_text("the deny rule of policy p (ingress) matches no flow");
}

TEST(peers_and_ports_that_never_meet_are_found)
{
	struct ir_policy *p = policy("p", "");

	ingress(p, IR_ALLOW, 0, "cidr:10.0.0.0/8", "icmp6/128");
	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "cidr:10.0.0.0/8", "tcp/http");
	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "pods:10.0.0.0/8", "tcp/http");
	ingress(p, IR_ALLOW, 0, "cidr:10.0.0.0/8", "tcp/http");
	run();
	assert_int_equal(found(CHECK_ID_EMPTY_RULE), 2);
	assert_int_equal(found_any(), 2);
	expect_text("none of its peers can be met on one of its ports");
}

TEST(an_except_that_leaves_an_address_is_no_finding)
{
	ingress(policy("p", ""), IR_ALLOW, 0,
		"cidr:10.0.0.0/31-10.0.0.0/32|cidr:::/0-2001:db8::/32", "");
	run();
	assert_int_equal(found_any(), 0);
}

/* --- the whole ------------------------------------------------------------------------------- */

TEST(an_ordinary_kubernetes_set_is_quiet)
{
	struct ir_policy *deny = policy("shop/default-deny", "ns:kubernetes.io/metadata.name=shop");
	struct ir_policy *dns = policy("shop/dns", "ns:kubernetes.io/metadata.name=shop");
	struct ir_policy *web = policy("shop/web", "ns:kubernetes.io/metadata.name=shop,app=web");

	deny->governs[IR_INGRESS] = deny->governs[IR_EGRESS] = true;
	irb_rule(&b, dns, IR_EGRESS, IR_ALLOW, 0, "sel:ns:kubernetes.io/metadata.name=kube-system",
		 "udp/53|tcp/53");
	irb_rule(&b, web, IR_EGRESS, IR_ALLOW, 0, "pods:0.0.0.0/0-10.0.0.0/8", "tcp/443");
	ingress(web, IR_ALLOW, 0, "pods:0.0.0.0/0;::/0", "tcp/http");
	ingress(web, IR_ALLOW, 0, "sel:ns:kubernetes.io/metadata.name=shop,app=cart", "");
	run();
	assert_int_equal(found_any(), 0);
	assert_int_equal(b.diag.items.n, 0);
}

TEST(findings_come_in_the_order_of_the_source)
{
	struct ir_policy *p = policy("p", "");

	ingress(p, IR_ALLOW, 0, "sel:a=x", "tcp/80");
	ingress(p, IR_ALLOW, 0, "sel:a=x", "tcp/80");
	ingress(p, IR_ALLOW, 1, "sel:a=x", "tcp/80|udp");
	ingress(p, IR_ALLOW, 1, "sel:a=x", "udp");
	ingress(p, IR_DENY, 2, "none", "");
	run();
	assert_int_equal(b.diag.items.n, 3);
	for (size_t i = 1; i < b.diag.items.n; i++)
		assert_true(b.diag.items.v[i - 1]->loc.line < b.diag.items.v[i]->loc.line);
}

TEST(a_witness_is_as_plain_as_can_be)
{
	ingress(policy("a", "app=web"), IR_ALLOW, 0, "cidr:10.8.0.0/14|sel:x", "udp/99|udp/53-60");
	ingress(policy("b", "app!=db,y"), IR_DENY, 0, "cidr:10.8.0.0/16", "udp");
	run();
	expect_text("for example from 10.8.0.10 to { app = web, y = <other> } on udp/99\n");
}

TEST(no_policy_is_no_finding)
{
	run();
	assert_int_equal(found_any(), 0);
}

TEST(a_check_can_be_silenced_raised_and_is_known_by_name)
{
	struct check_options o;

	check_options_init(&o);
	ingress(policy("a", ""), IR_ALLOW, 0, "none", "");
	assert_int_equal(check_options_set(&o, "no-empty-rule", &b.diag), 0);
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
	assert_int_equal(b.diag.items.n, 0);
	assert_int_equal(check_options_set(&o, "empty-rule", &b.diag), 0);
	check_options_werror(&o);
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
	assert_int_equal(b.diag.errors, 1);
	assert_int_equal(check_options_set(&o, "redundant=error", &b.diag), 0);
	assert_int_equal(o.levels[CHECK_ID_REDUNDANT], CHECK_ERROR);
	assert_int_equal(check_options_set(&o, "no-conflit", &b.diag), -EINVAL);
	expect_text("no check or warning 'conflit'; did you mean 'conflict'?");
	assert_int_equal(check_options_set(&o, "everything", &b.diag), -EINVAL);
	expect_text(
		"no check or warning 'everything'; there are conflict, ambiguous-order, shadowed,");
	assert_int_equal(check_options_set(&o, "conflict=loud", &b.diag), -EINVAL);
}

/* Twelve labels with eleven values each, no two of which may be equal: true of no endpoint,
 * but the proof by cases is far beyond the time given. */
TEST(a_question_without_an_answer_is_reported_and_no_pass)
{
	enum { LABELS = 12 };
	struct check_options o;
	_cleanup_buf_ struct buf subject = {0};

	for (int i = 0; i < LABELS; i++)
		buf_printf(&subject, "%sk%d=a;b;c;d;e;f;g;h;i;j;k", i ? "," : "", i);
	for (int i = 0; i < LABELS; i++) {
		for (int k = 0; k < i; k++) {
			for (char v = 'a'; v <= 'k'; v++) {
				_cleanup_buf_ struct buf clash = {0};

				buf_printf(&clash, "k%d=%c,k%d=%c", i, v, k, v);
				ingress(policy("clash", buf_str(&clash)), IR_DENY, 0, "all", "");
			}
		}
	}
	ingress(policy("all-different", buf_str(&subject)), IR_ALLOW, 1, "all", "");
	check_options_init(&o);
	assert_int_equal(check_options_set(&o, "no-redundant", &b.diag), 0);
	assert_int_equal(check_options_set_timeout(&o, "50", &b.diag), 0);
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
	assert_int_equal(found(CHECK_ID_SHADOWED), 0);
	/* On a slow machine it may not be the only one. */
	assert_true(found(CHECK_ID_UNDECIDED) >= 1);
	expect_text("check 'shadowed' has no answer here: the solver gave up after 50 ms");
}

TEST(a_time_limit_is_a_number_of_milliseconds)
{
	static const char *const bad[] = {"", "0", "-1", "1s", "3600001", "99999999999999999999"};
	struct check_options o;

	check_options_init(&o);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(check_options_set_timeout(&o, bad[i], &b.diag), -EINVAL);
	assert_int_equal(check_options_set_timeout(&o, "3600000", &b.diag), 0);
	assert_int_equal(o.timeout_ms, 3600000);
}

#define CHECK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_TEST(an_allow_and_a_deny_that_cross_are_a_conflict),
		CHECK_TEST(a_conflict_may_come_from_ports_alone),
		CHECK_TEST(an_exception_inside_an_allow_is_no_conflict),
		CHECK_TEST(rules_of_different_rank_tier_or_direction_do_not_conflict),
		CHECK_TEST(rules_for_different_subjects_do_not_conflict),
		CHECK_TEST(two_ends_of_one_namespace_cannot_disagree_on_its_labels),
		CHECK_TEST(a_conflict_over_addresses_has_an_address_in_its_witness),
		CHECK_TEST(a_conflict_in_ipv6_is_found),
		CHECK_TEST(a_named_port_conflicts_with_a_number_it_may_stand_for),
		CHECK_TEST(an_allow_inside_a_deny_is_shadowed),
		CHECK_TEST(two_rules_together_shadow_a_third_and_are_both_named),
		CHECK_TEST(a_rule_with_one_free_flow_is_not_shadowed),
		CHECK_TEST(an_earlier_tier_shadows_unless_it_passes),
		CHECK_TEST(the_end_of_an_earlier_tier_shadows_what_comes_after),
		CHECK_TEST(of_two_equal_rules_the_later_one_is_redundant),
		CHECK_TEST(allows_that_only_overlap_are_ordinary),
		CHECK_TEST(a_rule_that_logs_is_not_redundant_to_one_that_does_not),
		CHECK_TEST(contradicting_requirements_select_nothing),
		CHECK_TEST(a_policy_for_none_is_told_as_such),
		CHECK_TEST(requirements_that_can_be_met_are_left_alone),
		CHECK_TEST(peers_that_match_nothing_are_named_one_by_one),
		CHECK_TEST(peers_and_ports_that_never_meet_are_found),
		CHECK_TEST(an_except_that_leaves_an_address_is_no_finding),
		CHECK_TEST(an_ordinary_kubernetes_set_is_quiet),
		CHECK_TEST(findings_come_in_the_order_of_the_source),
		CHECK_TEST(a_witness_is_as_plain_as_can_be),
		CHECK_TEST(no_policy_is_no_finding),
		CHECK_TEST(a_check_can_be_silenced_raised_and_is_known_by_name),
		CHECK_TEST(a_question_without_an_answer_is_reported_and_no_pass),
		CHECK_TEST(a_time_limit_is_a_number_of_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
