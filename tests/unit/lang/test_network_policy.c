/* SPDX-License-Identifier: Apache-2.0 */
/* The details of NetworkPolicy that implementers get wrong, one test each. */
#include "tests/unit/ast_text.h"
#include "tests/unit/unit.h"

#include <errno.h>

#include "lang/base/codes.h"

#define POLICY                                                                                     \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"                                  \
	"metadata: {name: p, namespace: shop}\nspec:\n"
#define SPEC(s)    POLICY "  podSelector: {}\n" s
#define INGRESS(s) SPEC("  ingress:\n" s)
#define PORTS(s)   INGRESS("  - ports: " s "\n")

TEST(without_policy_types_a_policy_governs_ingress)
{
	assert_reads(SPEC(""), "policy shop/p for shop{}; ingress");
}

TEST(without_policy_types_egress_rules_make_it_govern_egress_too)
{
	assert_reads(SPEC("  egress: [{}]\n"), "policy shop/p for shop{}; ingress; egress [all]");
}

TEST(without_policy_types_an_empty_egress_list_does_not_govern_egress)
{
	assert_reads(SPEC("  egress: []\n"), "policy shop/p for shop{}; ingress");
}

TEST(an_empty_list_of_policy_types_is_as_none)
{
	assert_reads(SPEC("  policyTypes: []\n"), "policy shop/p for shop{}; ingress");
}

TEST(a_policy_type_without_rules_isolates)
{
	assert_reads(SPEC("  policyTypes: [Egress]\n"), "policy shop/p for shop{}; egress");
	assert_reads(SPEC("  policyTypes: [Egress, Ingress]\n"),
		     "policy shop/p for shop{}; ingress; egress");
}

TEST(rules_of_a_type_that_is_not_listed_have_no_effect_and_a_warning)
{
	assert_warns(SPEC("  policyTypes: [Egress]\n  ingress: [{}]\n"), CODE_BAD_VALUE,
		     "the ingress rules have no effect");
	assert_reads(SPEC("  policyTypes: [Egress]\n  ingress: [{}]\n"),
		     "policy shop/p for shop{}; egress");
}

TEST(no_ingress_rule_denies_all_and_an_empty_rule_allows_all)
{
	assert_reads(SPEC("  ingress: []\n"), "policy shop/p for shop{}; ingress");
	assert_reads(SPEC("  ingress:\n"), "policy shop/p for shop{}; ingress");
	assert_reads(SPEC("  ingress:\n  - {}\n"), "policy shop/p for shop{}; ingress [all]");
}

TEST(an_empty_from_is_every_peer_also_outside_the_cluster)
{
	assert_reads(INGRESS("  - from: []\n"), "policy shop/p for shop{}; ingress [all]");
}

TEST(a_from_without_a_value_is_every_peer_with_a_warning)
{
	assert_warns(INGRESS("  - from:\n    ports: [{port: 1}]\n"), CODE_BAD_VALUE,
		     "'from' has no value");
}

TEST(both_selectors_in_one_peer_narrow_each_other)
{
	assert_reads(INGRESS("  - from:\n"
			     "    - namespaceSelector: {matchLabels: {team: a}}\n"
			     "      podSelector: {matchLabels: {app: web}}\n"),
		     "policy shop/p for shop{}; ingress [(team=a){app=web}]");
}

TEST(two_peers_are_alternatives)
{
	assert_reads(INGRESS("  - from:\n"
			     "    - namespaceSelector: {matchLabels: {team: a}}\n"
			     "    - podSelector: {matchLabels: {app: web}}\n"),
		     "policy shop/p for shop{}; ingress [(team=a){} | shop{app=web}]");
}

TEST(a_pod_selector_alone_stays_in_the_policys_namespace)
{
	assert_reads(INGRESS("  - from: [{podSelector: {}}]\n"),
		     "policy shop/p for shop{}; ingress [shop{}]");
}

TEST(an_empty_namespace_selector_is_all_pods_and_nothing_external)
{
	assert_reads(INGRESS("  - from: [{namespaceSelector: {}}]\n"),
		     "policy shop/p for shop{}; ingress [(kubernetes.io/metadata.name){}]");
}

TEST(a_namespace_selector_asks_for_a_namespace_whatever_it_excludes)
{
	assert_reads(INGRESS("  - from: [{namespaceSelector: {matchExpressions: ["
			     "{key: team, operator: NotIn, values: [a]}]}}]\n"),
		     "policy shop/p for shop{}; ingress "
		     "[(team notin a; kubernetes.io/metadata.name){}]");
	assert_reads(INGRESS("  - from: [{namespaceSelector: {matchExpressions: ["
			     "{key: team, operator: DoesNotExist}, "
			     "{key: env, operator: In, values: [a]}]}}]\n"),
		     "policy shop/p for shop{}; ingress [(!team; env=a){}]");
}

TEST(every_namespace_has_its_name_as_a_label)
{
	assert_reads(INGRESS("  - from: [{namespaceSelector: {matchExpressions: ["
			     "{key: kubernetes.io/metadata.name, operator: Exists}]}}]\n"),
		     "policy shop/p for shop{}; ingress [(kubernetes.io/metadata.name){}]");
	assert_reads(INGRESS("  - from: [{namespaceSelector: {matchExpressions: ["
			     "{key: kubernetes.io/metadata.name, operator: Exists}, "
			     "{key: team, operator: Exists}]}}]\n"),
		     "policy shop/p for shop{}; ingress [(team){}]");
	assert_reads(INGRESS("  - from: [{namespaceSelector: {matchExpressions: ["
			     "{key: kubernetes.io/metadata.name, operator: DoesNotExist}]}}]\n"),
		     "policy shop/p for shop{}; ingress "
		     "[(!kubernetes.io/metadata.name; kubernetes.io/metadata.name){}]");
	/* Of pods it is a label like any other. */
	assert_reads(INGRESS("  - from: [{podSelector: {matchExpressions: ["
			     "{key: kubernetes.io/metadata.name, operator: Exists}]}}]\n"),
		     "policy shop/p for shop{}; ingress [shop{kubernetes.io/metadata.name}]");
}

TEST(no_ports_are_every_protocol_and_an_empty_port_is_all_of_tcp)
{
	assert_reads(PORTS("[]"), "policy shop/p for shop{}; ingress [all]");
	assert_reads(PORTS("[{}]"), "policy shop/p for shop{}; ingress [all : tcp]");
	assert_reads(PORTS("[{protocol: UDP}]"), "policy shop/p for shop{}; ingress [all : udp]");
}

TEST(the_protocol_defaults_to_tcp)
{
	assert_reads(PORTS("[{port: 80}, {port: dns, protocol: UDP}, {port: 9, protocol: SCTP}]"),
		     "policy shop/p for shop{}; ingress [all : tcp/80 udp/dns sctp/9]");
}

TEST(an_end_port_is_inclusive_and_may_equal_its_port)
{
	assert_reads(PORTS("[{port: 80, endPort: 90}, {port: 7, endPort: 7}]"),
		     "policy shop/p for shop{}; ingress [all : tcp/80-90 tcp/7]");
}

TEST(an_end_port_needs_a_numeric_port_not_above_it)
{
	assert_refuses(PORTS("[{endPort: 90}]"), CODE_BAD_PORT, "add 'port'");
	assert_refuses(PORTS("[{port: web, endPort: 90}]"), CODE_BAD_PORT, "named port 'web'");
	assert_refuses(PORTS("[{port: 91, endPort: 90}]"), CODE_BAD_PORT, "lies below");
}

TEST(a_quoted_number_is_the_name_of_a_port_and_no_valid_one)
{
	assert_refuses(PORTS("[{port: \"80\"}]"), CODE_BAD_PORT, "without quotes");
	assert_refuses(PORTS("[{port: Web}]"), CODE_BAD_PORT, "not a valid port name");
	assert_refuses(PORTS("[{port: a--b}]"), CODE_BAD_PORT, "not a valid port name");
	assert_refuses(PORTS("[{port: sixteen-letters-}]"), CODE_BAD_PORT, "15 characters");
}

TEST(a_port_number_lies_between_1_and_65535)
{
	assert_refuses(PORTS("[{port: 0}]"), CODE_BAD_PORT, "from 1 to 65535");
	assert_refuses(PORTS("[{port: 65536}]"), CODE_BAD_PORT, "from 1 to 65535");
	assert_refuses(PORTS("[{port: -1}]"), CODE_BAD_PORT, "from 1 to 65535");
	assert_refuses(PORTS("[{port: 80.5}]"), CODE_BAD_TYPE, "'port' must be");
	assert_refuses(PORTS("[{port: 010}]"), CODE_BAD_PORT, "octal number 8");
	assert_reads(PORTS("[{port: 80.0}]"), "policy shop/p for shop{}; ingress [all : tcp/80]");
	assert_reads(PORTS("[{port: 1e3}]"), "policy shop/p for shop{}; ingress [all : tcp/1000]");
	assert_reads(PORTS("[{port: 65535}]"),
		     "policy shop/p for shop{}; ingress [all : tcp/65535]");
}

TEST(protocols_are_written_in_capitals_and_icmp_is_none)
{
	assert_refuses(PORTS("[{protocol: tcp}]"), CODE_BAD_PROTOCOL, "write TCP, UDP or SCTP");
	assert_refuses(PORTS("[{protocol: ICMP}]"), CODE_BAD_PROTOCOL, "'ICMP'");
}

TEST(an_ip_block_matches_pods_by_address_unless_asked_otherwise)
{
	assert_reads(INGRESS("  - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]\n"),
		     "policy shop/p for shop{}; ingress [&10.0.0.0/8-10.1.0.0/16]");
	assert_reads(INGRESS("  - from: [{ipBlock: {cidr: '2001:db8::/32'}}]\n"),
		     "policy shop/p for shop{}; ingress [&2001:db8::/32]");
}

#define BLOCK(s) INGRESS("  - from: [{ipBlock: {" s "}}]\n")

TEST(an_exception_lies_strictly_within_its_range)
{
	assert_refuses(BLOCK("cidr: 10.0.0.0/8, except: [10.0.0.0/8]"), CODE_BAD_ADDRESS,
		       "leaves nothing");
	assert_refuses(BLOCK("cidr: 10.0.0.0/8, except: [0.0.0.0/0]"), CODE_BAD_ADDRESS,
		       "leaves nothing");
	assert_refuses(BLOCK("cidr: 10.0.0.0/8, except: [11.0.0.0/9]"), CODE_BAD_ADDRESS,
		       "takes nothing away");
	assert_refuses(BLOCK("cidr: 10.0.0.0/8, except: ['::/1']"), CODE_BAD_ADDRESS,
		       "another address family");
}

TEST(a_range_has_a_length_and_its_host_bits_are_masked_with_a_warning)
{
	assert_refuses(BLOCK("cidr: 10.0.0.1"), CODE_BAD_ADDRESS, "ADDRESS/LENGTH");
	assert_refuses(BLOCK("cidr: ''"), CODE_BAD_ADDRESS, "not an address range");
	assert_refuses(BLOCK("except: []"), CODE_MISSING_FIELD, "'cidr'");
	assert_warns(BLOCK("cidr: 10.0.0.1/8"), CODE_HOST_BITS, "10.0.0.0/8");
	assert_reads(BLOCK("cidr: 10.0.0.1/8"), "policy shop/p for shop{}; ingress [&10.0.0.0/8]");
}

TEST(a_peer_is_pods_or_addresses_and_never_empty)
{
	assert_refuses(INGRESS("  - from: [{}]\n"), CODE_MISSING_FIELD, "a peer needs");
	assert_refuses(INGRESS("  - from: [{podSelector: null}]\n"), CODE_MISSING_FIELD,
		       "a peer needs");
	assert_refuses(INGRESS("  - from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]\n"),
		       CODE_BAD_VALUE, "not both");
}

TEST(an_empty_list_item_is_the_empty_object_where_that_is_one)
{
	assert_warns(INGRESS("  -\n"), CODE_BAD_VALUE, "which allows everything");
	assert_warns(SPEC("  policyTypes: [Egress]\n  egress: [null]\n"), CODE_BAD_VALUE,
		     "which allows everything");
	assert_warns(PORTS("[null]"), CODE_BAD_VALUE, "every port of TCP");
	assert_refuses(INGRESS("  - from: [null]\n"), CODE_BAD_VALUE, "an item of 'from' is empty");
	assert_refuses(BLOCK("cidr: 10.0.0.0/8, except: [null]"), CODE_BAD_VALUE,
		       "an item of 'except' is empty");
}

#define SELECTOR(s) POLICY "  podSelector: {" s "}\n"

TEST(match_labels_and_expressions_are_one_conjunction)
{
	assert_reads(SELECTOR("matchLabels: {app: web, tier: ''}, matchExpressions: ["
			      "{key: env, operator: In, values: [a, b]},"
			      "{key: old, operator: NotIn, values: [x]},"
			      "{key: team, operator: Exists},"
			      "{key: legacy, operator: DoesNotExist}]"),
		     "policy shop/p for shop{app=web; tier=; env in a,b; old notin x; team; "
		     "!legacy}; ingress");
}

TEST(operators_take_values_or_none)
{
	assert_refuses(SELECTOR("matchExpressions: [{key: a, operator: In}]"), CODE_MISSING_FIELD,
		       "In needs at least one");
	assert_refuses(SELECTOR("matchExpressions: [{key: a, operator: NotIn, values: []}]"),
		       CODE_MISSING_FIELD, "NotIn needs at least one");
	assert_refuses(SELECTOR("matchExpressions: [{key: a, operator: Exists, values: [x]}]"),
		       CODE_BAD_VALUE, "takes no 'values'");
	assert_refuses(SELECTOR("matchExpressions: [{key: a, operator: Is}]"), CODE_BAD_VALUE,
		       "not an operator");
	assert_refuses(SELECTOR("matchExpressions: [{operator: Exists}]"), CODE_MISSING_FIELD,
		       "'key'");
}

TEST(labels_of_a_selector_obey_kubernetes)
{
	assert_refuses(SELECTOR("matchLabels: {-a: b}"), CODE_BAD_LABEL, "label key");
	assert_refuses(SELECTOR("matchLabels: {a/b/c: b}"), CODE_BAD_LABEL, "label key");
	assert_refuses(SELECTOR("matchLabels: {a: b c}"), CODE_BAD_LABEL, "label value");
	assert_refuses(SELECTOR("matchLabels: {a: 1}"), CODE_BAD_TYPE, "quote it");
	assert_refuses(SELECTOR("matchLabels: {a: yes}"), CODE_BAD_TYPE, "boolean true");
	assert_reads(SELECTOR("matchLabels: {example.com/a_B.c: X-1_y.z}"),
		     "policy shop/p for shop{example.com/a_B.c=X-1_y.z}; ingress");
}

TEST(labels_outside_match_labels_get_a_hint)
{
	assert_refuses(SELECTOR("app: web"), CODE_UNKNOWN_FIELD, "below 'matchLabels'");
}

TEST(a_missing_namespace_is_default)
{
	assert_reads("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
		     "spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}\n",
		     "policy default/p for default{}; ingress [default{}]");
}

TEST(a_missing_pod_selector_selects_every_pod_of_the_namespace)
{
	assert_reads(POLICY "  ingress: []\n", "policy shop/p for shop{}; ingress");
	assert_warns(POLICY "  podSelector:\n", CODE_BAD_VALUE, "selects every pod");
}

TEST(a_missing_spec_denies_all_ingress_with_a_warning)
{
	static const char input[] = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
				    "metadata: {name: p, namespace: shop}\n";

	assert_reads(input, "policy shop/p for shop{}; ingress");
	assert_warns(input, CODE_MISSING_FIELD, "denies ingress to every pod");
}

TEST(a_label_of_null_is_empty_and_not_absent)
{
	assert_reads(SELECTOR("matchLabels: {app: null}"), "policy shop/p for shop{app=}; ingress");
}

TEST(the_order_of_the_fields_does_not_matter)
{
	assert_reads("spec: {ingress: [{from: [{podSelector: {}}]}], podSelector: {}}\n"
		     "metadata: {namespace: shop, name: p}\n"
		     "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\n",
		     "policy shop/p for shop{}; ingress [shop{}]");
}

TEST(a_misspelt_field_is_an_error_with_a_suggestion)
{
	assert_refuses(SPEC("  ingres: []\n"), CODE_UNKNOWN_FIELD, "did you mean 'ingress'");
	assert_refuses(SPEC("  policytypes: []\n"), CODE_UNKNOWN_FIELD, "'policyTypes'");
	assert_refuses(PORTS("[{prot: TCP}]"), CODE_UNKNOWN_FIELD, "'prot'");
	assert_refuses(POLICY "  podSelector: {}\nstaus: {}\n", CODE_UNKNOWN_FIELD, "'status'");
}

TEST(standard_metadata_and_status_are_accepted)
{
	assert_reads("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		     "metadata: {name: p, namespace: shop, uid: x, creationTimestamp: null,"
		     " annotations: {a: 'b'}, managedFields: [{}], generation: 3}\n"
		     "spec: {podSelector: {}}\nstatus: {conditions: []}\n",
		     "policy shop/p for shop{}; ingress");
}

TEST(another_version_of_the_api_is_an_error_that_says_what_to_write)
{
	assert_refuses("apiVersion: extensions/v1beta1\nkind: NetworkPolicy\n", CODE_BAD_VALUE,
		       "write 'networking.k8s.io/v1'");
}

TEST(a_name_that_kubernetes_would_refuse_is_refused)
{
	assert_refuses("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		       "metadata: {name: My_Policy}\nspec: {podSelector: {}}\n",
		       CODE_BAD_NAME, "My_Policy");
	assert_refuses("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		       "metadata: {name: 'a */ b'}\nspec: {podSelector: {}}\n",
		       CODE_BAD_NAME, "not a valid name");
	assert_refuses("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		       "metadata: {}\nspec: {podSelector: {}}\n",
		       CODE_MISSING_FIELD, "metadata.name");
}

TEST(one_run_reports_independent_mistakes_together)
{
	struct lang l;
	static const char input[] =
		INGRESS("  - from: [{}]\n    ports: [{port: 0}]\n  - to: []\n") "---\nkind: "
										"[\n---\n" SELECTOR(
											"app: web");

	lang_init(&l);
	assert_int_equal(lang_read_text(&l, "t", input, sizeof(input) - 1, LANG_YAML, LANG_INPUT),
			 -EINVAL);
	assert_int_equal(l.diag.errors, 4);
	assert_int_equal(l.skipped.broken.n, 1);
	lang_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_policy_types_a_policy_governs_ingress),
		cmocka_unit_test(without_policy_types_egress_rules_make_it_govern_egress_too),
		cmocka_unit_test(without_policy_types_an_empty_egress_list_does_not_govern_egress),
		cmocka_unit_test(an_empty_list_of_policy_types_is_as_none),
		cmocka_unit_test(a_policy_type_without_rules_isolates),
		cmocka_unit_test(rules_of_a_type_that_is_not_listed_have_no_effect_and_a_warning),
		cmocka_unit_test(no_ingress_rule_denies_all_and_an_empty_rule_allows_all),
		cmocka_unit_test(an_empty_from_is_every_peer_also_outside_the_cluster),
		cmocka_unit_test(a_from_without_a_value_is_every_peer_with_a_warning),
		cmocka_unit_test(both_selectors_in_one_peer_narrow_each_other),
		cmocka_unit_test(two_peers_are_alternatives),
		cmocka_unit_test(a_pod_selector_alone_stays_in_the_policys_namespace),
		cmocka_unit_test(an_empty_namespace_selector_is_all_pods_and_nothing_external),
		cmocka_unit_test(a_namespace_selector_asks_for_a_namespace_whatever_it_excludes),
		cmocka_unit_test(every_namespace_has_its_name_as_a_label),
		cmocka_unit_test(no_ports_are_every_protocol_and_an_empty_port_is_all_of_tcp),
		cmocka_unit_test(the_protocol_defaults_to_tcp),
		cmocka_unit_test(an_end_port_is_inclusive_and_may_equal_its_port),
		cmocka_unit_test(an_end_port_needs_a_numeric_port_not_above_it),
		cmocka_unit_test(a_quoted_number_is_the_name_of_a_port_and_no_valid_one),
		cmocka_unit_test(a_port_number_lies_between_1_and_65535),
		cmocka_unit_test(protocols_are_written_in_capitals_and_icmp_is_none),
		cmocka_unit_test(an_ip_block_matches_pods_by_address_unless_asked_otherwise),
		cmocka_unit_test(an_exception_lies_strictly_within_its_range),
		cmocka_unit_test(a_range_has_a_length_and_its_host_bits_are_masked_with_a_warning),
		cmocka_unit_test(a_peer_is_pods_or_addresses_and_never_empty),
		cmocka_unit_test(an_empty_list_item_is_the_empty_object_where_that_is_one),
		cmocka_unit_test(match_labels_and_expressions_are_one_conjunction),
		cmocka_unit_test(operators_take_values_or_none),
		cmocka_unit_test(labels_of_a_selector_obey_kubernetes),
		cmocka_unit_test(labels_outside_match_labels_get_a_hint),
		cmocka_unit_test(a_missing_namespace_is_default),
		cmocka_unit_test(a_missing_pod_selector_selects_every_pod_of_the_namespace),
		cmocka_unit_test(a_missing_spec_denies_all_ingress_with_a_warning),
		cmocka_unit_test(a_label_of_null_is_empty_and_not_absent),
		cmocka_unit_test(the_order_of_the_fields_does_not_matter),
		cmocka_unit_test(a_misspelt_field_is_an_error_with_a_suggestion),
		cmocka_unit_test(standard_metadata_and_status_are_accepted),
		cmocka_unit_test(another_version_of_the_api_is_an_error_that_says_what_to_write),
		cmocka_unit_test(a_name_that_kubernetes_would_refuse_is_refused),
		cmocka_unit_test(one_run_reports_independent_mistakes_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
