/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, pods and workloads, lists of them, and what is skipped. */
#include "tests/unit/ast_text.h"
#include "tests/unit/unit.h"

#include <string.h>

#include "lang/base/codes.h"

#define POD(meta, rest) "apiVersion: v1\nkind: Pod\nmetadata: {name: a, " meta "}\n" rest
#define DEPLOYMENT(template)                                                                       \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"          \
	"spec: {replicas: 3, template: {" template "}}\n"

TEST(a_namespace_always_has_the_label_with_its_name)
{
	assert_reads("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n",
		     "namespace shop {team=a; kubernetes.io/metadata.name=shop}");
	assert_reads("apiVersion: v1\nkind: Namespace\n"
		     "metadata: {name: shop, labels: {kubernetes.io/metadata.name: other}}\n",
		     "namespace shop {kubernetes.io/metadata.name=shop}");
}

TEST(a_pod_has_labels_addresses_and_ports)
{
	assert_reads(
		POD("namespace: shop, labels: {app: web}",
		    "spec: {containers: [{name: c, image: i, ports: ["
		    "{name: http, containerPort: 80}, {containerPort: 53, protocol: UDP}]}]}\n"
		    "status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: '2001:db8::1'}]}\n"),
		"Pod shop/a {app=web} 10.0.0.1 2001:db8::1 http=tcp/80 udp/53");
}

TEST(a_pod_without_a_namespace_is_in_default)
{
	assert_reads(POD("", ""), "Pod default/a {}");
	assert_reads(POD("namespace: ''", ""), "Pod default/a {}");
}

TEST(a_pod_without_an_address_yet_is_read)
{
	assert_reads(POD("", "status: {podIP: '', podIPs: null}\n"), "Pod default/a {}");
}

TEST(a_host_network_pod_says_so)
{
	assert_reads(POD("", "spec: {hostNetwork: true}\n"), "Pod default/a {} host");
	assert_refuses(POD("", "spec: {hostNetwork: 'true'}\n"), CODE_BAD_TYPE, "true or false");
}

TEST(a_pod_says_on_which_node_it_runs)
{
	assert_reads(POD("", "spec: {nodeName: worker-1.example}\n"),
		     "Pod default/a {} on worker-1.example");
	assert_reads(POD("", "spec: {nodeName: ''}\n"), "Pod default/a {}");
	assert_reads(POD("", "spec: {nodeName: null}\n"), "Pod default/a {}");
	assert_reads(DEPLOYMENT("spec: {nodeName: worker-1, hostNetwork: true}"),
		     "Deployment shop/web {} host on worker-1");
	assert_refuses(POD("", "spec: {nodeName: [a]}\n"), CODE_BAD_TYPE, "");
}

TEST(a_name_that_no_node_has_is_left_out)
{
	static const char *const names[] = {"Worker_1", "'a b'", "\"a\\tb\"", "-a", "a..b"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[256];

		snprintf(text, sizeof(text), POD("", "spec: {nodeName: %s}\n"), names[i]);
		assert_reads(text, "Pod default/a {}");
		assert_warns(text, CODE_BAD_NAME, "no name of a node");
	}
}

#define NODE(name, addresses)                                                                      \
	"---\napiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n"                            \
	"status: {addresses: [" addresses "]}\n"

TEST(a_node_has_the_addresses_of_its_status)
{
	static const char text[] = NODE(
		"n1",
		"{type: ExternalIP, address: 198.51.100.7}, {type: Hostname, address: n1},"
		"{type: InternalIP, address: 10.9.0.1}, {type: InternalIP, address: 'fd00::1'}")
		NODE("n2", "") NODE("n3", "{type: Hostname, address: 10.9.0.3}");
	char out[NET_ADDR_STRLEN];
	struct lang l;

	lang_init(&l);
	assert_int_equal(lang_read_text(&l, "in.yaml", text, strlen(text), LANG_YAML, LANG_INPUT),
			 0);
	assert_int_equal(l.nodes.n, 1);
	assert_string_equal(l.nodes.v[0].name, "n1");
	assert_int_equal(l.nodes.v[0].addresses.n, 3);
	assert_string_equal(net_addr_format(&l.nodes.v[0].addresses.v[0].addr, out), "10.9.0.1");
	assert_string_equal(net_addr_format(&l.nodes.v[0].addresses.v[2].addr, out),
			    "198.51.100.7");
	lang_fini(&l);
	assert_warns(NODE("n1", "{type: InternalIP, address: 10.9.0}"), CODE_BAD_ADDRESS,
		     "left out");
}

TEST(init_containers_have_ports_only_as_sidecars)
{
	assert_reads(POD("", "spec: {initContainers: [{ports: [{containerPort: 1}]},"
			     "{restartPolicy: Always, ports: [{containerPort: 2}]}]}\n"),
		     "Pod default/a {} tcp/2");
}

TEST(a_finished_pod_is_no_endpoint)
{
	assert_reads(POD("", "status: {phase: Succeeded, podIP: 10.0.0.1}\n"), "");
	assert_notes(POD("", "status: {phase: Failed}\n"), CODE_SKIPPED, "finished");
	assert_reads(POD("", "status: {phase: Pending}\n"), "Pod default/a {}");
}

TEST(a_pod_of_a_workload_is_an_endpoint_of_its_own)
{
	assert_reads(DEPLOYMENT("metadata: {labels: {app: web}}") "---\n" POD(
			     "ownerReferences: [{kind: Deployment, name: web}]", ""),
		     "Deployment shop/web {app=web}\nPod default/a {}");
}

TEST(a_workload_is_what_its_template_says)
{
	assert_reads(DEPLOYMENT("metadata: {labels: {app: web}}, spec: {hostNetwork: true,"
				"containers: [{ports: [{name: http, containerPort: 80}]}]}"),
		     "Deployment shop/web {app=web} http=tcp/80 host");
}

TEST(every_workload_kind_is_read)
{
	static const char *const kinds[][2] = {
		{"apps/v1", "StatefulSet"}, {"apps/v1", "DaemonSet"},
		{"apps/v1", "ReplicaSet"},  {"extensions/v1beta1", "Deployment"},
		{"batch/v1", "Job"},        {"v1", "ReplicationController"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		_cleanup_buf_ struct buf in = {0}, out = {0};

		buf_printf(&in,
			   "apiVersion: %s\nkind: %s\nmetadata: {name: w}\n"
			   "spec: {template: {metadata: {labels: {a: b}}}}\n",
			   kinds[i][0], kinds[i][1]);
		buf_printf(&out, "%s default/w {a=b}", kinds[i][1]);
		assert_reads(buf_str(&in), buf_str(&out));
	}
}

TEST(a_cron_job_has_a_template_in_its_job_template)
{
	assert_reads("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: w}\nspec: {jobTemplate:"
		     " {spec: {template: {metadata: {labels: {a: b}}}}}}\n",
		     "CronJob default/w {a=b}");
}

TEST(a_generated_name_stands_in_for_a_missing_one)
{
	assert_reads("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: run-}\n"
		     "spec: {template: {}}\n",
		     "Job default/run-_generated {}");
}

TEST(fields_that_do_not_matter_for_the_network_are_ignored)
{
	assert_reads(POD("foo: bar", "spec: {schedulerName: x, foo: [1]}\nextra: 1\n"),
		     "Pod default/a {}");
}

TEST(fields_that_matter_are_checked)
{
	assert_refuses(POD("labels: {a: 1}", ""), CODE_BAD_TYPE, "quote it");
	assert_refuses(POD("labels: [a]", ""), CODE_BAD_TYPE, "an object");
	assert_refuses(POD("", "status: {podIP: 10.0.0}\n"), CODE_BAD_ADDRESS, "10.0.0");
	assert_refuses(POD("", "spec: {containers: {}}\n"), CODE_BAD_TYPE, "a list");
	assert_refuses(POD("", "spec: {containers: [{ports: [{containerPort: '80'}]}]}\n"),
		       CODE_BAD_TYPE, "a number");
	assert_refuses(POD("", "spec: {containers: [{ports: [{containerPort: 70000}]}]}\n"),
		       CODE_BAD_PORT, "65535");
	assert_refuses("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {}\n",
		       CODE_MISSING_FIELD, "'template'");
}

TEST(what_kubernetes_refuses_but_is_clear_is_a_warning)
{
	assert_warns(POD("labels: {a: b/c}", ""), CODE_BAD_LABEL, "label value");
	assert_warns("apiVersion: apps/v1\nkind: Pod\nmetadata: {name: a}\n", CODE_BAD_VALUE,
		     "write 'v1'");
	assert_warns(POD("", "spec: {containers: [{ports: [{containerport: 80}]}]}\n"),
		     CODE_MISSING_FIELD, "left out");
}

TEST(lists_hold_objects_of_any_kind_or_of_theirs)
{
	assert_reads("apiVersion: v1\nkind: List\nitems:\n"
		     "- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n"
		     "- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n",
		     "Pod default/a {}\nnamespace b {kubernetes.io/metadata.name=b}");
	assert_reads("{\"apiVersion\": \"v1\", \"kind\": \"PodList\", \"items\":"
		     " [{\"metadata\": {\"name\": \"a\"}}]}",
		     "Pod default/a {}");
	assert_reads("apiVersion: v1\nkind: PodList\nitems: []\n", "");
	assert_refuses("apiVersion: v1\nkind: List\nitems: {}\n", CODE_BAD_TYPE, "a list");
	assert_refuses("apiVersion: v1\nkind: List\nitems: [1]\n", CODE_BAD_TYPE, "an object");
	assert_refuses("apiVersion: v1\nkind: List\nitems: [{kind: Pod}]\n", CODE_MISSING_FIELD,
		       "'apiVersion'");
}

TEST(unknown_kinds_get_one_note_each)
{
	static const char input[] = "{apiVersion: v1, kind: ConfigMap}\n---\n"
				    "{apiVersion: v1, kind: ConfigMap}\n---\n"
				    "{apiVersion: v1, kind: Secret}\n";
	struct lang l;

	lang_init(&l);
	assert_int_equal(read_whole(&l, input, sizeof(input) - 1, LANG_INPUT), 0);
	assert_int_equal(l.diag.items.n, 3); /* and the sum */
	lang_fini(&l);
}

TEST(a_policy_kind_that_is_not_read_is_a_warning)
{
	assert_warns("{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}", CODE_SKIPPED,
		     "not read");
	assert_warns("{apiVersion: projectcalico.org/v3, kind: NetworkPolicy}", CODE_SKIPPED,
		     "not read");
}

TEST(documents_that_are_no_kubernetes_objects_are_skipped_with_a_note)
{
	assert_notes("replicas: 3\n", CODE_SKIPPED, "no Kubernetes objects");
	assert_notes("[1, 2]\n", CODE_SKIPPED, "no Kubernetes objects");
	assert_refuses("spec: {}\nkind: Pod\n", CODE_MISSING_FIELD, "'apiVersion'");
	assert_refuses("- kind: Pod\n", CODE_BAD_TYPE, "not a list");
	assert_reads("---\n---\n# nothing\n", "");
	assert_reads("", "");
}

TEST(policies_of_an_inventory_do_not_count)
{
	assert_reads_as(
		LANG_INVENTORY,
		"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy}\n---\n" POD("", ""),
		"Pod default/a {}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_namespace_always_has_the_label_with_its_name),
		cmocka_unit_test(a_pod_has_labels_addresses_and_ports),
		cmocka_unit_test(a_pod_without_a_namespace_is_in_default),
		cmocka_unit_test(a_pod_without_an_address_yet_is_read),
		cmocka_unit_test(a_host_network_pod_says_so),
		cmocka_unit_test(a_pod_says_on_which_node_it_runs),
		cmocka_unit_test(a_name_that_no_node_has_is_left_out),
		cmocka_unit_test(a_node_has_the_addresses_of_its_status),
		cmocka_unit_test(init_containers_have_ports_only_as_sidecars),
		cmocka_unit_test(a_finished_pod_is_no_endpoint),
		cmocka_unit_test(a_pod_of_a_workload_is_an_endpoint_of_its_own),
		cmocka_unit_test(a_workload_is_what_its_template_says),
		cmocka_unit_test(every_workload_kind_is_read),
		cmocka_unit_test(a_cron_job_has_a_template_in_its_job_template),
		cmocka_unit_test(a_generated_name_stands_in_for_a_missing_one),
		cmocka_unit_test(fields_that_do_not_matter_for_the_network_are_ignored),
		cmocka_unit_test(fields_that_matter_are_checked),
		cmocka_unit_test(what_kubernetes_refuses_but_is_clear_is_a_warning),
		cmocka_unit_test(lists_hold_objects_of_any_kind_or_of_theirs),
		cmocka_unit_test(unknown_kinds_get_one_note_each),
		cmocka_unit_test(a_policy_kind_that_is_not_read_is_a_warning),
		cmocka_unit_test(documents_that_are_no_kubernetes_objects_are_skipped_with_a_note),
		cmocka_unit_test(policies_of_an_inventory_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
