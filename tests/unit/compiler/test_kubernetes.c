/* SPDX-License-Identifier: Apache-2.0 */
/* What implementers of NetworkPolicy get wrong, each as a test. Sources: the API reference of
 * networking.k8s.io/v1 and the Kubernetes documentation on network policies. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/world.h"

#define NS(name, labels)                                                                           \
	"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " name ", labels: {" labels "}}\n"
#define POD(ns, name, labels, ip)                                                                  \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name ", namespace: " ns                \
	", labels: {" labels "}}\nspec: {containers: [{name: c}]}\nstatus: {podIP: " ip "}\n"
#define PORT_POD(ns, name, labels, ip, port)                                                       \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name ", namespace: " ns                \
	", labels: {" labels "}}\nspec: {containers: [{name: c, ports: [{name: http, "             \
	"containerPort: " port "}]}]}\nstatus: {podIP: " ip "}\n"
#define CLUSTER                                                                                    \
	NS("x", "team: red")                                                                       \
	NS("y", "team: blue")                                                                      \
	POD("x", "a", "app: a", "10.0.0.1")                                                        \
	POD("x", "b", "app: b, tier: ''", "10.0.0.2")                                              \
	PORT_POD("y", "a", "app: a", "10.0.1.1", "8080")                                           \
	PORT_POD("y", "b", "app: b", "10.0.1.2", "9090")
#define POLICY(spec)                                                                               \
	"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"                             \
	"metadata: {name: p, namespace: x}\nspec: " spec "\n"

TEST(without_policy_types_a_policy_isolates_ingress)
{
	struct world w;

	world_init(&w, NULL, CLUSTER POLICY("{podSelector: {matchLabels: {app: a}}}"));
	world_denies(&w, "x/b", "x/a", "tcp/80");
	world_allows(&w, "x/a", "x/b", "tcp/80");
	world_fini(&w);
}

TEST(without_policy_types_egress_rules_isolate_both_directions)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {matchLabels: {app: a}}, egress: [{}]}"));
	world_denies(&w, "x/b", "x/a", "tcp/80");
	world_allows(&w, "x/a", "x/b", "tcp/80");
	world_fini(&w);
}

TEST(policy_types_egress_alone_leaves_ingress_open)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {matchLabels: {app: a}}, policyTypes: [Egress]}"));
	world_allows(&w, "x/b", "x/a", "tcp/80");
	world_denies(&w, "x/a", "x/b", "tcp/80");
	world_fini(&w);
}

TEST(an_empty_rule_list_denies_and_an_empty_rule_allows)
{
	struct world w;

	world_init(&w, NULL, CLUSTER POLICY("{podSelector: {}, ingress: []}"));
	world_denies(&w, "y/a", "x/a", "tcp/80");
	world_fini(&w);
	world_init(&w, NULL, CLUSTER POLICY("{podSelector: {}, ingress: [{}]}"));
	world_allows(&w, "y/a", "x/a", "tcp/80");
	world_allows(&w, "cidr:192.0.2.1", "x/a", "icmp/8");
	world_fini(&w);
}

TEST(both_selectors_in_one_peer_are_and)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{namespaceSelector: "
				  "{matchLabels: {team: blue}}, podSelector: {matchLabels: {app: "
				  "a}}}]}]}"));
	world_allows(&w, "y/a", "x/a", "tcp/80");
	world_denies(&w, "y/b", "x/a", "tcp/80");
	world_denies(&w, "x/b", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(two_peers_are_or)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{namespaceSelector: "
				  "{matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: "
				  "b}}}]}]}"));
	world_allows(&w, "y/b", "x/a", "tcp/80");
	world_allows(&w, "x/b", "x/a", "tcp/80");
	world_denies(&w, "x/a", "x/b", "tcp/80");
	world_fini(&w);
}

TEST(an_empty_pod_selector_means_this_namespace_only)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"));
	world_allows(&w, "x/b", "x/a", "tcp/80");
	world_denies(&w, "y/a", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(an_empty_namespace_selector_means_pods_and_nothing_outside)
{
	struct world w;

	world_init(
		&w, NULL,
		CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"));
	world_allows(&w, "y/a", "x/a", "tcp/80");
	world_denies(&w, "cidr:192.0.2.1", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(no_namespace_selector_means_what_is_in_no_namespace)
{
	static const char *const selectors[] = {
		"{}",
		"{matchExpressions: [{key: team, operator: NotIn, values: [green]}]}",
		"{matchExpressions: [{key: tier, operator: DoesNotExist}]}",
		"{matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}",
		"{matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, "
		"values: [z]}]}",
	};
	char text[4096];
	struct world w;

	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++) {
		snprintf(text, sizeof(text),
			 CLUSTER POLICY("{podSelector: {}, ingress: [{from: "
					"[{namespaceSelector: %s}]}]}"),
			 selectors[i]);
		world_init(&w, "endpoint bare {\n  address 10.9.0.1\n}\n", text);
		world_allows(&w, "y/a", "x/a", "tcp/80");
		world_denies(&w, "bare", "x/a", "tcp/80");
		world_fini(&w);
	}
}

TEST(no_ports_means_every_protocol)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: "
				  "[]}]}"));
	world_allows(&w, "x/b", "x/a", "sctp/9");
	world_allows(&w, "x/b", "x/a", "icmp/8");
	world_allows(&w, "x/b", "x/a", "proto/47");
	world_fini(&w);
}

TEST(a_port_without_protocol_is_tcp)
{
	struct world w;

	world_init(&w, NULL, CLUSTER POLICY("{podSelector: {}, ingress: [{ports: [{port: 53}]}]}"));
	world_allows(&w, "x/b", "x/a", "tcp/53");
	world_denies(&w, "x/b", "x/a", "udp/53");
	world_fini(&w);
}

TEST(a_protocol_without_port_is_every_port_of_it)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}"));
	world_allows(&w, "x/b", "x/a", "udp/1");
	world_allows(&w, "x/b", "x/a", "udp/65535");
	world_denies(&w, "x/b", "x/a", "tcp/1");
	world_fini(&w);
}

TEST(end_port_is_inclusive)
{
	struct world w;

	world_init(
		&w, NULL,
		CLUSTER POLICY("{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 82}]}]}"));
	world_denies(&w, "x/b", "x/a", "tcp/79");
	world_allows(&w, "x/b", "x/a", "tcp/80");
	world_allows(&w, "x/b", "x/a", "tcp/82");
	world_denies(&w, "x/b", "x/a", "tcp/83");
	world_fini(&w);
}

TEST(a_named_port_is_the_destinations_also_in_egress)
{
	struct world w;

	world_init(
		&w, NULL,
		CLUSTER POLICY("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: "
			       "http}]}]}"));
	world_allows(&w, "x/a", "y/a", "tcp/8080");
	world_denies(&w, "x/a", "y/a", "tcp/9090");
	world_allows(&w, "x/a", "y/b", "tcp/9090");
	world_denies(&w, "x/a", "y/b", "tcp/8080");
	world_denies(&w, "x/a", "x/b", "tcp/8080");
	world_allows(&w, "x/a", "y/b", "tcp/http");
	world_fini(&w);
}

TEST(a_named_port_that_the_destination_lacks_allows_nothing)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{ports: [{port: http}]}]}"));
	world_denies(&w, "y/a", "x/a", "tcp/8080");
	world_denies(&w, "y/a", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(except_is_no_deny)
{
	struct world w;

	world_init(
		&w, NULL,
		CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, "
			       "except: [192.0.2.128/25]}}]}, {from: [{ipBlock: {cidr: "
			       "192.0.2.200/32}}]}]}"));
	world_allows(&w, "cidr:192.0.2.1", "x/a", "tcp/80");
	world_denies(&w, "cidr:192.0.2.129", "x/a", "tcp/80");
	world_allows(&w, "cidr:192.0.2.200", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(isolation_is_per_direction)
{
	struct world w;

	world_init(&w, NULL, CLUSTER POLICY("{podSelector: {matchLabels: {app: a}}, ingress: []}"));
	world_denies_dir(&w, IR_INGRESS, "x/b", "x/a", "tcp/80");
	world_allows_dir(&w, IR_EGRESS, "x/b", "x/a", "tcp/80");
	world_allows(&w, "x/a", "y/a", "tcp/80");
	world_fini(&w);
}

TEST(a_policy_selects_only_pods_of_its_own_namespace)
{
	struct world w;

	world_init(&w, NULL, CLUSTER POLICY("{podSelector: {}}"));
	world_denies(&w, "y/b", "x/a", "tcp/80");
	world_allows(&w, "x/a", "y/b", "tcp/80");
	world_fini(&w);
}

TEST(an_ip_block_matches_pods_by_address_unless_told_otherwise)
{
	static const char text[] = CLUSTER POLICY(
		"{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.1.0/24}}]}]}");
	struct world w = {0};

	world_init(&w, NULL, text);
	world_allows(&w, "y/a", "x/a", "tcp/80");
	world_denies(&w, "x/b", "x/a", "tcp/80");
	world_fini(&w);
	lang_init(&w.lang);
	w.lang.ipblock = LANG_IPBLOCK_EXTERNAL;
	assert_int_equal(
		lang_read_text(&w.lang, "t.yaml", text, strlen(text), LANG_YAML, LANG_INPUT), 0);
	assert_int_equal(ir_resolve(&w.lang, &w.ir), 0);
	assert_int_equal(cls_build(w.ir, NULL, &w.lang.arena, &w.lang.diag, &w.cls), 0);
	world_denies(&w, "y/a", "x/a", "tcp/80");
	world_allows(&w, "cidr:10.0.1.77", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(not_in_matches_where_the_key_is_missing)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{podSelector: "
				  "{matchExpressions: [{key: tier, operator: NotIn, values: "
				  "[db]}]}}]}]}"));
	world_allows(&w, "x/a", "x/b", "tcp/80");
	world_allows(&w, "x/b", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(an_empty_label_value_needs_the_key)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: "
				  "{tier: ''}}}]}]}"));
	world_allows(&w, "x/b", "x/a", "tcp/80");
	world_denies(&w, "x/a", "x/b", "tcp/80");
	world_fini(&w);
}

TEST(a_namespace_can_be_selected_by_the_name_that_kubernetes_puts_on_it)
{
	struct world w;

	world_init(&w, NULL,
		   CLUSTER POLICY("{podSelector: {}, ingress: [{from: [{namespaceSelector: "
				  "{matchLabels: {kubernetes.io/metadata.name: y}}}]}]}"));
	world_allows(&w, "y/a", "x/a", "tcp/80");
	world_denies(&w, "x/b", "x/a", "tcp/80");
	world_fini(&w);
}

TEST(policies_of_one_tier_add_up)
{
	struct world w;

	world_init(
		&w, NULL,
		CLUSTER POLICY(
			"{podSelector: {}, ingress: [{ports: [{port: 80}]}]}") "---\napiVersion: "
									       "networking.k8s.io/"
									       "v1\nkind: "
									       "NetworkPolicy\nmeta"
									       "data: "
									       "{name: q, "
									       "namespace: "
									       "x}\nspec: "
									       "{podSelector: {}, "
									       "ingress: [{ports: "
									       "[{port: 81}]}]}\n");
	world_allows(&w, "y/a", "x/a", "tcp/80");
	world_allows(&w, "y/a", "x/a", "tcp/81");
	world_denies(&w, "y/a", "x/a", "tcp/82");
	world_fini(&w);
}

TEST(a_host_network_pod_is_host_traffic)
{
	static const char host[] =
		"---\napiVersion: v1\nkind: Pod\nmetadata: {name: h, namespace: x, labels: {app: "
		"a}}\n"
		"spec: {hostNetwork: true, containers: [{name: c}]}\nstatus: {podIP: 172.16.0.1}\n";
	char text[8192];
	struct world w;

	strcpy(text, CLUSTER);
	strcat(text, host);
	strcat(text, POLICY("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"));
	world_init(&w, NULL, text);
	world_allows_dir(&w, IR_INGRESS, "y/a", "x/h", "tcp/80");
	world_denies(&w, "x/h", "x/a", "tcp/80");
	world_fini(&w);
}

/* "Traffic to and from the node where a Pod is running is always allowed." */
TEST(a_host_network_pod_is_the_node_of_the_pods_beside_it)
{
#define ON(name, ns, spec, ip)                                                                     \
	"---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name ", namespace: " ns "}\n"          \
	"spec: {" spec ", containers: [{name: c}]}\nstatus: {podIP: " ip "}\n"
	static const char pods[] =
		ON("p", "x", "nodeName: n1", "10.0.0.1") ON("q", "x", "priority: 0", "10.0.0.2")
			ON("h1", "y", "hostNetwork: true, nodeName: n1", "172.16.0.1")
				ON("h2", "y", "hostNetwork: true, nodeName: n2", "172.16.0.2")
					ON("h", "y", "hostNetwork: true", "172.16.0.1")
						ON("r", "y", "nodeName: n1", "10.0.0.3");
#undef ON
	static const char *const strangers[] = {"y/h2", "y/h", "y/r"};
	char text[8192];
	struct world w;

	strcpy(text, pods);
	strcat(text, POLICY("{podSelector: {}, policyTypes: [Ingress, Egress]}"));
	world_init(&w, NULL, text);
	world_allows(&w, "y/h1", "x/p", "tcp/80");
	world_allows(&w, "x/p", "y/h1", "tcp/80");
	world_denies(&w, "y/h1", "x/q", "tcp/80");
	for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++) {
		world_denies(&w, strangers[i], "x/p", "tcp/80");
		world_denies(&w, "x/p", strangers[i], "tcp/80");
	}
	world_fini(&w);
}

/* What .pol isolates it isolates from everybody. */
TEST(only_policies_of_kubernetes_spare_the_node)
{
	static const char pods[] =
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: x}\n"
		"spec: {nodeName: n1}\nstatus: {podIP: 10.0.0.1}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: h, namespace: x}\n"
		"spec: {nodeName: n1, hostNetwork: true}\nstatus: {podIP: 172.16.0.1}\n";
	struct world w;

	world_init(&w, "policy a for endpoints { ingress { } }\n", pods);
	world_denies(&w, "x/h", "x/p", "tcp/80");
	world_allows(&w, "x/p", "x/h", "tcp/80");
	world_fini(&w);
}

TEST(a_flow_to_oneself_never_leaves_the_pod)
{
	struct world w;

	world_init(&w, NULL, CLUSTER POLICY("{podSelector: {}, policyTypes: [Ingress, Egress]}"));
	world_allows(&w, "x/a", "x/a", "tcp/80");
	world_denies(&w, "x/a", "x/b", "tcp/80");
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_policy_types_a_policy_isolates_ingress),
		cmocka_unit_test(without_policy_types_egress_rules_isolate_both_directions),
		cmocka_unit_test(policy_types_egress_alone_leaves_ingress_open),
		cmocka_unit_test(an_empty_rule_list_denies_and_an_empty_rule_allows),
		cmocka_unit_test(both_selectors_in_one_peer_are_and),
		cmocka_unit_test(two_peers_are_or),
		cmocka_unit_test(an_empty_pod_selector_means_this_namespace_only),
		cmocka_unit_test(an_empty_namespace_selector_means_pods_and_nothing_outside),
		cmocka_unit_test(no_namespace_selector_means_what_is_in_no_namespace),
		cmocka_unit_test(no_ports_means_every_protocol),
		cmocka_unit_test(a_port_without_protocol_is_tcp),
		cmocka_unit_test(a_protocol_without_port_is_every_port_of_it),
		cmocka_unit_test(end_port_is_inclusive),
		cmocka_unit_test(a_named_port_is_the_destinations_also_in_egress),
		cmocka_unit_test(a_named_port_that_the_destination_lacks_allows_nothing),
		cmocka_unit_test(except_is_no_deny),
		cmocka_unit_test(isolation_is_per_direction),
		cmocka_unit_test(a_policy_selects_only_pods_of_its_own_namespace),
		cmocka_unit_test(an_ip_block_matches_pods_by_address_unless_told_otherwise),
		cmocka_unit_test(not_in_matches_where_the_key_is_missing),
		cmocka_unit_test(an_empty_label_value_needs_the_key),
		cmocka_unit_test(
			a_namespace_can_be_selected_by_the_name_that_kubernetes_puts_on_it),
		cmocka_unit_test(policies_of_one_tier_add_up),
		cmocka_unit_test(a_host_network_pod_is_host_traffic),
		cmocka_unit_test(a_host_network_pod_is_the_node_of_the_pods_beside_it),
		cmocka_unit_test(only_policies_of_kubernetes_spare_the_node),
		cmocka_unit_test(a_flow_to_oneself_never_leaves_the_pod),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
