/* SPDX-License-Identifier: Apache-2.0 */
/* The checks for what breaks at run time: pass-without-effect, pass-opens, named-port-unresolved,
 * dns-egress-missing; and for what was left open: no-default-deny. */
#include "tests/unit/unit.h"

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

static size_t run(enum check_id id)
{
	struct check_options o;

	check_options_init(&o);
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
	return result.findings[id];
}

static void expect_text(const char *part)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&b.diag, &(struct diag_style){0}, &out);
	if (!strstr(buf_str(&out), part))
		fail_msg("'%s' is not in:\n%s", part, buf_str(&out));
}

/* --- pass-without-effect -----------------------------------------------------------------------
 */

TEST(a_pass_after_the_rule_it_excepts_from_has_no_effect)
{
	struct ir_tier *t = irb_tier_before(&b, "guardrails", IR_PASS);
	struct ir_policy *p = irb_policy(&b, t, "p", "env=prod");

	irb_rule(&b, p, IR_INGRESS, IR_DENY, 0, "sel:env=dev", "");
	irb_rule(&b, p, IR_INGRESS, IR_PASS, 10, "sel:team=sre", "");
	assert_int_equal(run(CHECK_ID_PASS_WITHOUT_EFFECT), 1);
	expect_text("the pass rule of policy p (ingress) has no effect: nothing after it in tier "
		    "guardrails would decide its flows");
	expect_text("for example from { team = sre } to { env = prod }");
}

TEST(a_pass_before_a_rule_or_the_end_of_its_tier_has_an_effect)
{
	static const struct {
		enum ir_action end;
		const char *denied, *ports;
		size_t found;
	} cases[] = {
		{IR_PASS, "sel:env=dev", "", 0},
		{IR_PASS, "sel:team!=sre", "", 1},
		{IR_PASS, "sel:env=dev", "udp", 1},
		{IR_DENY, "sel:team!=sre", "", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ir_tier *t;
		struct ir_policy *p;

		irb_fini(&b);
		irb_init(&b);
		t = irb_tier_before(&b, "guardrails", cases[i].end);
		p = irb_policy(&b, t, "p", "env=prod");
		irb_rule(&b, p, IR_INGRESS, IR_PASS, 1, "sel:team=sre", "tcp");
		irb_rule(&b, p, IR_INGRESS, IR_DENY, 2, cases[i].denied, cases[i].ports);
		assert_int_equal(run(CHECK_ID_PASS_WITHOUT_EFFECT), cases[i].found);
	}
}

/* --- pass-opens --------------------------------------------------------------------------------
 */

TEST(a_pass_in_the_last_tier_opens_what_its_policy_would_deny)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "p", "app=db");

	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "sel:app=web", "tcp/5432");
	irb_rule(&b, p, IR_INGRESS, IR_PASS, 0, "all", "");
	assert_int_equal(run(CHECK_ID_PASS_OPENS), 1);
	expect_text("the pass rule of policy p (ingress) opens what it matches: no tier after "
		    "default decides, and what nobody decides is allowed");
	expect_text("write allow if that is meant");
}

TEST(a_pass_opens_nothing_where_a_later_tier_has_a_say_or_its_own_denies_nothing)
{
	static const struct {
		enum ir_action end;
		const char *denied, *subject; /* in its own tier; of a policy in the last */
		size_t found;
	} cases[] = {
		{IR_PASS, "all", NULL, 1},       {IR_PASS, "all", "app=web", 1},
		{IR_PASS, "all", "env=prod", 0}, {IR_PASS, "sel:team!=sre", NULL, 0},
		{IR_DENY, NULL, NULL, 1},        {IR_DENY, NULL, "env", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ir_tier *t;
		struct ir_policy *p;

		irb_fini(&b);
		irb_init(&b);
		t = irb_tier_before(&b, "guardrails", cases[i].end);
		p = irb_policy(&b, t, "p", "env=prod,app=db");
		irb_rule(&b, p, IR_INGRESS, IR_PASS, 1, "sel:team=sre", "");
		if (cases[i].denied)
			irb_rule(&b, p, IR_INGRESS, IR_DENY, 2, cases[i].denied, "");
		if (cases[i].subject)
			irb_policy(&b, b.tier, "q", cases[i].subject)->governs[IR_INGRESS] = true;
		assert_int_equal(run(CHECK_ID_PASS_OPENS), cases[i].found);
	}
}

/* --- named-port-unresolved ---------------------------------------------------------------------
 */

static void named_port(enum ir_dir dir, const char *subject, const char *peer, const char *port)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "p", subject);

	irb_endpoint(&b, "shop/web", "app=web", "10.0.0.1", "http=tcp/8080,quic=udp/443");
	irb_endpoint(&b, "shop/cart", "app=cart", "10.0.0.2", "api=tcp/7070");
	irb_rule(&b, p, dir, IR_ALLOW, 0, peer, port);
}

TEST(a_port_name_is_looked_up_at_the_destinations_of_the_inventory)
{
	static const struct {
		enum ir_dir dir;
		const char *subject, *peer, *port;
		size_t found;
	} cases[] = {
		{IR_INGRESS, "app=web", "world", "tcp/http", 0},
		{IR_INGRESS, "app=web", "world", "tcp/htpp", 1},
		{IR_INGRESS, "app=web", "world", "tcp/quic", 1},
		{IR_INGRESS, "app=cart", "sel:app=web", "tcp/http", 1},
		{IR_EGRESS, "app=cart", "sel:app=web", "tcp/http|udp/53", 0},
		{IR_EGRESS, "app=web", "sel:app=cart", "tcp/http|udp/53", 1},
		{IR_EGRESS, "app=web", "pods:10.0.0.2/32", "tcp/http|udp/53", 1},
		/* Some have it. */
		{IR_INGRESS, "app", "world", "tcp/http", 0},
		/* No destination is there today. */
		{IR_INGRESS, "app=db", "world", "tcp/pg", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		irb_fini(&b);
		irb_init(&b);
		named_port(cases[i].dir, cases[i].subject, cases[i].peer, cases[i].port);
		if (run(CHECK_ID_NAMED_PORT_UNRESOLVED) != cases[i].found)
			fail_msg("case %zu: %zu findings", i,
				 result.findings[CHECK_ID_NAMED_PORT_UNRESOLVED]);
	}
}

TEST(an_unresolved_name_comes_with_the_name_or_protocol_that_was_meant)
{
	named_port(IR_INGRESS, "app=web", "world", "tcp/htpp|tcp/quic");
	assert_int_equal(run(CHECK_ID_NAMED_PORT_UNRESOLVED), 2);
	expect_text("no destination of the allow rule of policy p (ingress) has a tcp port 'htpp'");
	expect_text("did you mean 'http'?");
	expect_text("shop/web has a port 'quic', but of udp");
}

TEST(without_an_inventory_a_name_may_stand_for_any_port)
{
	irb_rule(&b, irb_policy(&b, b.tier, "p", ""), IR_INGRESS, IR_ALLOW, 0, "world", "tcp/x");
	assert_int_equal(run(CHECK_ID_NAMED_PORT_UNRESOLVED), 0);
}

/* --- dns-egress-missing ------------------------------------------------------------------------
 */

TEST(egress_by_name_without_dns_is_found)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "shop/web", "app=web");

	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "sel:app=cart", "tcp/7070");
	assert_int_equal(run(CHECK_ID_DNS_EGRESS_MISSING), 1);
	expect_text("policy shop/web isolates egress, and nothing lets its subjects ask for DNS");
	expect_text("denied, for example, from { app = web } to { app = cart } on udp/53");
}

TEST(any_way_to_port_53_of_the_same_subjects_is_enough)
{
	static const struct {
		const char *subject, *peer, *ports; /* of a second policy */
		enum ir_action action;
		size_t found;
	} cases[] = {
		{"", "sel:k8s-app=kube-dns", "udp/53", IR_ALLOW, 0},
		{"app=web,tier=x", "all", "tcp/50-60", IR_ALLOW, 0},
		{"app", "cidr:169.254.20.10/32", "udp", IR_PASS, 0},
		{"", "sel:k8s-app=kube-dns", "udp/5353", IR_ALLOW, 0},
		{"", "sel:k8s-app=kube-dns", "", IR_ALLOW, 0},
		{"", "sel:k8s-app=kube-dns", "udp/dns", IR_ALLOW, 0},
		{"app=db", "all", "udp/53", IR_ALLOW, 1},
		{"", "all", "udp/53", IR_DENY, 1},
		{"", "cidr:10.0.0.0/8", "udp/54", IR_ALLOW, 1},
		{"", "cidr:10.0.0.0/8", "sctp/53", IR_ALLOW, 1},
		{"", "none", "udp/53", IR_ALLOW, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ir_policy *p, *q;

		irb_fini(&b);
		irb_init(&b);
		p = irb_policy(&b, b.tier, "p", "app=web");
		q = irb_policy(&b, b.tier, "q", cases[i].subject);
		irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "sel:app=cart", "tcp/7070");
		irb_rule(&b, q, IR_EGRESS, cases[i].action, 0, cases[i].peer, cases[i].ports);
		if (run(CHECK_ID_DNS_EGRESS_MISSING) != cases[i].found)
			fail_msg("case %zu: %zu findings", i,
				 result.findings[CHECK_ID_DNS_EGRESS_MISSING]);
	}
}

TEST(egress_that_needs_no_names_is_left_alone)
{
	struct ir_tier *open = irb_tier(&b, "open", IR_PASS);

	irb_policy(&b, b.tier, "closed", "app=db")->governs[IR_EGRESS] = true;
	irb_rule(&b, irb_policy(&b, b.tier, "cidr", "app=a"), IR_EGRESS, IR_ALLOW, 0,
		 "cidr:10.0.0.0/8", "tcp/443");
	irb_rule(&b, irb_policy(&b, b.tier, "in", "app=b"), IR_INGRESS, IR_ALLOW, 0, "sel:app=a",
		 "tcp/443");
	irb_rule(&b, irb_policy(&b, open, "open", "app=c"), IR_EGRESS, IR_ALLOW, 0, "sel:app=a",
		 "tcp/443");
	assert_int_equal(run(CHECK_ID_DNS_EGRESS_MISSING), 0);
}

/* Only another policy takes DNS, so all rules together are asked: for 203 of 980 policies. */
TEST(policies_that_nobody_was_asked_about_are_counted_and_the_first_is_named)
{
	enum { N = 980, ASKED = 200000 / (N + 1) };
	struct check_options o;

	for (int i = 0; i < N; i++) {
		struct ir_policy *p =
			irb_policy(&b, b.tier, arena_printf(&b.arena, "p%d", i), "app=web");

		irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "sel:app=cart", "tcp/7070");
	}
	irb_rule(&b, irb_policy(&b, b.tier, "dns", "app=web"), IR_EGRESS, IR_ALLOW, 0, "all",
		 "udp/53");
	check_options_init(&o);
	for (int i = 0; i < CHECK_N; i++)
		if (i != CHECK_ID_UNDECIDED && i != CHECK_ID_DNS_EGRESS_MISSING)
			o.levels[i] = CHECK_OFF;
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
	assert_int_equal(result.findings[CHECK_ID_DNS_EGRESS_MISSING], 0);
	assert_int_equal(result.findings[CHECK_ID_UNDECIDED], 1);
	assert_int_equal(b.diag.items.v[0]->loc.line, b.ir.policies.v[ASKED]->loc.line);
	expect_text(arena_printf(&b.arena,
				 "check 'dns-egress-missing' has no answer for %d policies, of "
				 "which policy p%d is the first",
				 N - ASKED, ASKED));
}

/* --- no-default-deny ---------------------------------------------------------------------------
 */

static void endpoint(const char *ns, const char *name, const char *labels, const char *addr)
{
	irb_endpoint(&b, name, labels, addr, "")->ns = ns;
}

TEST(a_namespace_with_policies_and_an_open_endpoint_is_found_once)
{
	endpoint("shop", "shop/db", "app=db,ns:kubernetes.io/metadata.name=shop", "10.0.0.1");
	endpoint("shop", "shop/web1", "app=web,ns:kubernetes.io/metadata.name=shop", "10.0.0.2");
	endpoint("shop", "shop/web2", "app=web,ns:kubernetes.io/metadata.name=shop", "10.0.0.3");
	irb_rule(&b, irb_policy(&b, b.tier, "db", "app=db"), IR_INGRESS, IR_ALLOW, 0, "sel:app=web",
		 "tcp/5432");
	assert_int_equal(run(CHECK_ID_NO_DEFAULT_DENY), 1);
	assert_int_equal(b.diag.warnings, 0);
	expect_text("namespace shop has policies, but 2 of its 3 endpoints are open to everybody");
	expect_text("for example from 198.51.100.1 to shop/web1 on tcp/80");
}

TEST(closed_untouched_and_guarded_namespaces_are_left_alone)
{
	struct ir_tier *guards = irb_tier_before(&b, "guards", IR_PASS);

	endpoint("closed", "closed/a", "app=a", "10.0.0.1");
	endpoint("closed", "closed/b", "app=a", "10.0.0.2");
	endpoint("guarded", "guarded/a", "app=a", "10.0.0.3");
	endpoint("guarded", "guarded/b", "app=g", "10.0.0.4");
	endpoint("untouched", "untouched/a", "app=u", "10.0.0.5");
	irb_policy(&b, b.tier, "closed", "app=a")->governs[IR_INGRESS] = true;
	irb_rule(&b, irb_policy(&b, guards, "g", "app=g"), IR_INGRESS, IR_DENY, 0, "world", "");
	assert_int_equal(run(CHECK_ID_NO_DEFAULT_DENY), 0);
}

#define CHECK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_TEST(a_pass_after_the_rule_it_excepts_from_has_no_effect),
		CHECK_TEST(a_pass_before_a_rule_or_the_end_of_its_tier_has_an_effect),
		CHECK_TEST(a_pass_in_the_last_tier_opens_what_its_policy_would_deny),
		CHECK_TEST(
			a_pass_opens_nothing_where_a_later_tier_has_a_say_or_its_own_denies_nothing),
		CHECK_TEST(a_port_name_is_looked_up_at_the_destinations_of_the_inventory),
		CHECK_TEST(an_unresolved_name_comes_with_the_name_or_protocol_that_was_meant),
		CHECK_TEST(without_an_inventory_a_name_may_stand_for_any_port),
		CHECK_TEST(egress_by_name_without_dns_is_found),
		CHECK_TEST(any_way_to_port_53_of_the_same_subjects_is_enough),
		CHECK_TEST(egress_that_needs_no_names_is_left_alone),
		CHECK_TEST(policies_that_nobody_was_asked_about_are_counted_and_the_first_is_named),
		CHECK_TEST(a_namespace_with_policies_and_an_open_endpoint_is_found_once),
		CHECK_TEST(closed_untouched_and_guarded_namespaces_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
