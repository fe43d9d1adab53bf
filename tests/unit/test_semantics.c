/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What policies mean (DESIGN, section 3): a text, then questions of who reaches whom. Every
 * question is asked of the interpreter and of the verdict tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "tests/unit/unit.h"

struct world {
	struct lang lang;
	struct ir *ir;
	struct cls *cls;
};

/* Two namespaces; whatever is no name here is an address outside. */
static const char cluster[] =
	"namespace x { labels { team = red } }\n"
	"namespace y { labels { team = blue } }\n"
	"endpoint x/a { labels { app = a } address 10.0.0.1 port http = tcp/8080 }\n"
	"endpoint x/b { labels { app = b } address 10.0.0.2 port http = tcp/80 }\n"
	"endpoint y/a { labels { app = a } address 10.0.1.1 port http = tcp/9090 }\n"
	"endpoint y/b { labels { app = b } address 10.0.1.2 }\n";

static void finish(struct world *w)
{
	_cleanup_buf_ struct buf text = {0};

	if (ir_resolve(&w->lang, &w->ir) == 0 &&
	    cls_build(w->ir, &w->lang.arena, &w->lang.diag, &w->cls) == 0)
		return;
	diag_render_text(&w->lang.diag, &(struct diag_style){0}, &text);
	fail_msg("%s", buf_str(&text));
}

static void add(struct world *w, const char *text, enum lang_syntax syntax)
{
	const char *name = syntax == LANG_POL ? "test.pol" : "test.yaml";
	_cleanup_buf_ struct buf said = {0};

	if (lang_read_text(&w->lang, name, text, strlen(text), syntax, LANG_INPUT) == 0)
		return;
	diag_render_text(&w->lang.diag, &(struct diag_style){0}, &said);
	fail_msg("%s", buf_str(&said));
}

/* A NetworkPolicy of the namespace x for app=a with this as its `spec`, besides podSelector. */
static void k8s(struct world *w, const char *spec)
{
	_cleanup_buf_ struct buf yaml = {0};

	lang_init(&w->lang);
	buf_printf(&yaml,
		   "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, "
		   "namespace: x}, spec: {podSelector: {matchLabels: {app: a}}, %s}}\n",
		   spec);
	add(w, cluster, LANG_POL);
	add(w, buf_str(&yaml), LANG_YAML);
	finish(w);
}

static void pol(struct world *w, const char *text)
{
	lang_init(&w->lang);
	add(w, cluster, LANG_POL);
	add(w, text, LANG_POL);
	finish(w);
}

static struct ir_end end_named(const struct world *w, const char *name)
{
	struct ir_end end = {.ep = ir_find_endpoint(w->ir, name)};

	if (end.ep)
		return ir_end_of(end.ep, NET_V4);
	assert_int_equal(net_addr_parse(name, &end.addr), 0);
	return end;
}

static void ask(const struct world *w, const char *from, const char *to, const char *port,
		enum ir_verdict wanted)
{
	struct ir_flow f = {.src = end_named(w, from), .dst = end_named(w, to)};
	const char *slash = strchr(port, '/');
	char proto[16];

	snprintf(proto, sizeof(proto), "%.*s", (int)(slash - port), port);
	f.proto = (uint16_t)(ir_proto_parse(proto) < 0 ? atoi(proto) : ir_proto_parse(proto));
	f.port = (uint16_t)strtoul(slash + 1, NULL, 0);
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		assert_int_equal(ir_eval_dir(w->ir, &f, dir, NULL),
				 cls_verdict_dir(w->cls, &f, dir));
	if (ir_eval(w->ir, &f) != wanted)
		fail_msg("%s -> %s %s is not %s", from, to, port, ir_verdict_name(wanted));
}

#define allows(w, from, to, port) ask((w), (from), (to), (port), IR_VERDICT_ALLOW)
#define denies(w, from, to, port) ask((w), (from), (to), (port), IR_VERDICT_DENY)

/* --- Kubernetes ------------------------------------------------------------------------------- */

TEST(without_policy_types_egress_stays_open)
{
	struct world w;

	k8s(&w, "ingress: []");
	denies(&w, "x/b", "x/a", "tcp/80");
	allows(&w, "x/a", "x/b", "tcp/80");
	lang_fini(&w.lang);
}

TEST(isolation_is_per_direction)
{
	struct world w;

	k8s(&w, "policyTypes: [Egress]");
	denies(&w, "x/a", "x/b", "tcp/80");
	allows(&w, "x/b", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(an_empty_list_of_rules_denies_and_an_empty_rule_allows)
{
	struct world w;

	k8s(&w, "ingress: []");
	denies(&w, "192.0.2.1", "x/a", "udp/53");
	lang_fini(&w.lang);
	k8s(&w, "ingress: [{}]");
	allows(&w, "192.0.2.1", "x/a", "udp/53");
	allows(&w, "y/b", "x/a", "47/0");
	lang_fini(&w.lang);
}

TEST(both_selectors_in_one_peer_must_hold)
{
	struct world w;

	k8s(&w, "ingress: [{from: [{podSelector: {matchLabels: {app: b}}, namespaceSelector: "
		"{matchLabels: {team: blue}}}]}]");
	allows(&w, "y/b", "x/a", "tcp/80");
	denies(&w, "y/a", "x/a", "tcp/80");
	denies(&w, "x/b", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(of_two_peers_either_may_hold)
{
	struct world w;

	k8s(&w, "ingress: [{from: [{podSelector: {matchLabels: {app: b}}}, {namespaceSelector: "
		"{matchLabels: {team: blue}}}]}]");
	allows(&w, "y/b", "x/a", "tcp/80");
	allows(&w, "y/a", "x/a", "tcp/80");
	allows(&w, "x/b", "x/a", "tcp/80");
	denies(&w, "192.0.2.1", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(an_empty_pod_selector_is_this_namespace_only)
{
	struct world w;

	k8s(&w, "ingress: [{from: [{podSelector: {}}]}]");
	allows(&w, "x/b", "x/a", "tcp/80");
	denies(&w, "y/b", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(an_empty_namespace_selector_is_every_pod_and_nothing_outside)
{
	struct world w;

	k8s(&w, "ingress: [{from: [{namespaceSelector: {}}]}]");
	allows(&w, "y/b", "x/a", "tcp/80");
	denies(&w, "192.0.2.1", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(a_policy_selects_pods_of_its_own_namespace_only)
{
	struct world w;

	k8s(&w, "ingress: []");
	allows(&w, "x/b", "y/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(empty_ports_are_every_protocol)
{
	struct world w;

	k8s(&w, "ingress: [{from: [{podSelector: {}}], ports: []}]");
	allows(&w, "x/b", "x/a", "icmp/0x0800");
	allows(&w, "x/b", "x/a", "47/0");
	lang_fini(&w.lang);
}

TEST(a_port_without_a_protocol_is_tcp)
{
	struct world w;

	k8s(&w, "ingress: [{ports: [{port: 80}]}]");
	allows(&w, "x/b", "x/a", "tcp/80");
	denies(&w, "x/b", "x/a", "udp/80");
	denies(&w, "x/b", "x/a", "47/0");
	lang_fini(&w.lang);
}

TEST(an_end_port_is_inclusive)
{
	struct world w;

	k8s(&w, "ingress: [{ports: [{port: 80, endPort: 90}]}]");
	denies(&w, "x/b", "x/a", "tcp/79");
	allows(&w, "x/b", "x/a", "tcp/80");
	allows(&w, "x/b", "x/a", "tcp/90");
	denies(&w, "x/b", "x/a", "tcp/91");
	lang_fini(&w.lang);
}

TEST(a_named_port_of_egress_has_the_number_that_the_destination_gives_it)
{
	struct world w;

	k8s(&w, "policyTypes: [Egress], egress: [{ports: [{port: http}]}]");
	allows(&w, "x/a", "x/b", "tcp/80");
	denies(&w, "x/a", "x/b", "tcp/8080");
	allows(&w, "x/a", "y/a", "tcp/9090");
	denies(&w, "x/a", "y/b", "tcp/80");
	denies(&w, "x/a", "192.0.2.1", "tcp/80");
	lang_fini(&w.lang);
}

TEST(a_named_port_of_ingress_has_the_number_that_the_subject_gives_it)
{
	struct world w;

	k8s(&w, "ingress: [{ports: [{port: http}]}]");
	allows(&w, "x/b", "x/a", "tcp/8080");
	denies(&w, "x/b", "x/a", "tcp/80");
	denies(&w, "x/b", "x/a", "udp/8080");
	lang_fini(&w.lang);
}

TEST(an_exception_is_no_deny)
{
	struct world w;

	k8s(&w, "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}, "
		"{ipBlock: {cidr: 192.0.2.200/32}}]}]");
	allows(&w, "192.0.2.1", "x/a", "tcp/80");
	denies(&w, "192.0.2.129", "x/a", "tcp/80");
	allows(&w, "192.0.2.200", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(an_ip_block_matches_pods_by_their_address)
{
	struct world w;

	k8s(&w, "ingress: [{from: [{ipBlock: {cidr: 10.0.1.0/24}}]}]");
	allows(&w, "y/b", "x/a", "tcp/80");
	denies(&w, "x/b", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(policies_for_one_pod_add_up)
{
	struct world w;

	pol(&w, "policy p for { app = a } { ingress { allow from { app = b } on tcp/80 } }\n"
		"policy q for { app = a } { ingress { allow from { app = b } on tcp/81 } }\n");
	allows(&w, "x/b", "x/a", "tcp/80");
	allows(&w, "x/b", "x/a", "tcp/81");
	denies(&w, "x/b", "x/a", "tcp/82");
	lang_fini(&w.lang);
}

/* --- tiers and ranks -------------------------------------------------------------------------- */

TEST(at_one_rank_deny_comes_before_pass_and_pass_before_allow)
{
	struct world w;

	pol(&w, "tier t before default {\n"
		"policy p for { app = a } { ingress { allow from all on tcp/1-3\n"
		"pass from all on tcp/2-3\n deny from all on tcp/3 } } }\n"
		"policy q for { app = a } { ingress { allow from all on tcp/3 } }\n");
	allows(&w, "x/b", "x/a", "tcp/1");
	denies(&w, "x/b", "x/a", "tcp/2");
	denies(&w, "x/b", "x/a", "tcp/3");
	lang_fini(&w.lang);
}

TEST(a_lower_rank_decides_first_whatever_its_action)
{
	struct world w;

	pol(&w, "tier t before default {\n"
		"policy q rank 2 for { app = a } { ingress { deny from all } }\n"
		"policy p rank 1 for { app = a } { ingress { allow from all on tcp/80 } } }\n");
	allows(&w, "x/b", "x/a", "tcp/80");
	denies(&w, "x/b", "x/a", "tcp/81");
	lang_fini(&w.lang);
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
	allows(&w, "x/b", "x/a", "tcp/80");
	denies(&w, "x/b", "x/a", "tcp/81");
	lang_fini(&w.lang);
}

TEST(pass_skips_the_end_of_its_own_tier)
{
	struct world w;

	pol(&w, "tier t before default end deny { policy p for { app = a } { ingress {\n"
		"pass from { app = b } } } }\n");
	allows(&w, "x/b", "x/a", "tcp/80");
	denies(&w, "y/a", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(a_declared_tier_passes_what_no_rule_of_it_matches)
{
	struct world w;

	pol(&w, "tier t before default { policy p for { app = a } { ingress {\n"
		"deny from { app = b } } } }\n");
	denies(&w, "x/b", "x/a", "tcp/80");
	allows(&w, "192.0.2.1", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(an_end_action_holds_only_for_the_subjects_that_the_tier_governs)
{
	struct world w;

	pol(&w, "tier t after default end deny { policy p for { app = a } { egress { } } }\n");
	denies(&w, "x/a", "x/b", "tcp/80");
	allows(&w, "x/b", "x/a", "tcp/80");
	allows(&w, "x/b", "y/b", "tcp/80");
	lang_fini(&w.lang);
}

TEST(a_flow_to_oneself_never_leaves)
{
	struct world w;

	pol(&w, "policy p for all { ingress { } egress { } }\n");
	allows(&w, "x/a", "x/a", "tcp/80");
	denies(&w, "x/a", "y/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(a_broad_deny_beats_a_narrower_allow)
{
	struct world w;

	pol(&w, "policy p for { app = a } { ingress { deny from cidr { 192.0.2.0/24 }\n"
		"allow from cidr { 192.0.2.1/32 } allow from { app = b } } }\n");
	denies(&w, "192.0.2.1", "x/a", "tcp/80");
	allows(&w, "x/b", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

TEST(a_cidr_of_pol_matches_no_managed_endpoint)
{
	struct world w;

	pol(&w, "policy p for { app = a } { ingress { allow from cidr { 0.0.0.0/0 } } }\n");
	allows(&w, "192.0.2.1", "x/a", "tcp/80");
	denies(&w, "x/b", "x/a", "tcp/80");
	lang_fini(&w.lang);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_policy_types_egress_stays_open),
		cmocka_unit_test(isolation_is_per_direction),
		cmocka_unit_test(an_empty_list_of_rules_denies_and_an_empty_rule_allows),
		cmocka_unit_test(both_selectors_in_one_peer_must_hold),
		cmocka_unit_test(of_two_peers_either_may_hold),
		cmocka_unit_test(an_empty_pod_selector_is_this_namespace_only),
		cmocka_unit_test(an_empty_namespace_selector_is_every_pod_and_nothing_outside),
		cmocka_unit_test(a_policy_selects_pods_of_its_own_namespace_only),
		cmocka_unit_test(empty_ports_are_every_protocol),
		cmocka_unit_test(a_port_without_a_protocol_is_tcp),
		cmocka_unit_test(an_end_port_is_inclusive),
		cmocka_unit_test(
			a_named_port_of_egress_has_the_number_that_the_destination_gives_it),
		cmocka_unit_test(a_named_port_of_ingress_has_the_number_that_the_subject_gives_it),
		cmocka_unit_test(an_exception_is_no_deny),
		cmocka_unit_test(an_ip_block_matches_pods_by_their_address),
		cmocka_unit_test(policies_for_one_pod_add_up),
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
