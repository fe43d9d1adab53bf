/* SPDX-License-Identifier: Apache-2.0 */
/* Policies that are not read: which kinds these are, and that each is counted. */
#include "tests/unit/ast_text.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/base/unread.h"

static void read_yaml(struct lang *l, const char *text, enum lang_role role)
{
	lang_init(l);
	read_whole(l, text, strlen(text), role);
}

static size_t count_in(const char *text)
{
	struct lang l;
	size_t count;

	read_yaml(&l, text, LANG_INPUT);
	count = unread_count_policies(&l.unread);
	assert_int_equal(l.diag.warnings != 0, count != 0);
	lang_fini(&l);
	return count;
}

static size_t count_kind(const char *api, const char *kind)
{
	_cleanup_buf_ struct buf b = {0};

	buf_printf(&b, "{apiVersion: %s, kind: %s, metadata: {name: a}}", api, kind);
	return count_in(buf_str(&b));
}

static void assert_tells(const char *text, const char *words)
{
	_cleanup_buf_ struct buf b = {0};
	struct lang l;

	read_yaml(&l, text, LANG_INPUT);
	unread_put_line(&l.unread, &b);
	assert_string_equal(buf_str(&b), words);
	lang_fini(&l);
}

struct kind {
	const char *api, *name;
};

TEST(policies_of_others_count)
{
	static const struct kind kinds[] = {
		{"cilium.io/v2", "CiliumNetworkPolicy"},
		{"cilium.io/v2", "CiliumClusterwideNetworkPolicy"},
		{"projectcalico.org/v3", "NetworkPolicy"},
		{"crd.projectcalico.org/v1", "GlobalNetworkPolicy"},
		{"projectcalico.org/v3", "StagedNetworkPolicy"},
		{"projectcalico.org/v3", "Profile"},
		{"crd.antrea.io/v1beta1", "ClusterNetworkPolicy"},
		{"crd.antrea.io/v1beta1", "NetworkPolicy"},
		{"policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"},
		{"policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy"},
		{"policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"},
		{"k8s.ovn.org/v1", "EgressFirewall"},
		{"network.openshift.io/v1", "EgressNetworkPolicy"},
		{"v1", "EgressNetworkPolicy"},
		{"security.istio.io/v1", "AuthorizationPolicy"},
		{"security.istio.io/v1beta1", "PeerAuthentication"},
		{"policy.linkerd.io/v1beta3", "Server"},
		{"policy.linkerd.io/v1alpha1", "AuthorizationPolicy"},
		{"consul.hashicorp.com/v1alpha1", "ServiceIntentions"},
		{"access.smi-spec.io/v1alpha3", "TrafficTarget"},
		{"networking.k8s.io/v1", "CiliumNetworkPolicy"},
		{"k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy"},
		{"networking.gke.io/v1alpha1", "FQDNNetworkPolicy"},
		{"vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy"},
		{"example.org/v1", "HouseNetworkPolicy"},
		{"example.org/v1", "HouseNetworkPolicies"},
		{"cilium.io/v2", "CiliumNetworkPolciy"},
		{"cilium.io/v2", "ciliumnetworkpolicy"},
		{"networking.k8s.oi/v1", "NetworkPolicy"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (count_kind(kinds[i].api, kinds[i].name) != 1)
			fail_msg("%s %s", kinds[i].api, kinds[i].name);
}

TEST(what_is_no_policy_does_not_count)
{
	static const struct kind kinds[] = {
		{"v1", "ConfigMap"},
		{"v1", "Service"},
		{"v1", "NetworkPolicyConfig"},
		{"policy/v1", "PodDisruptionBudget"},
		{"policy/v1beta1", "PodSecurityPolicy"},
		{"networking.k8s.io/v1", "Ingress"},
		{"networking.k8s.io/v1", "Ingres"},
		{"networking.k8s.io/v1", "IngressClass"},
		{"networking.k8s.io/v1beta1", "ServiceCIDR"},
		{"gateway.networking.k8s.io/v1", "HTTPRoute"},
		{"gateway.networking.k8s.io/v1alpha3", "BackendTLSPolicy"},
		{"admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"},
		{"projectcalico.org/v3", "NetworkSet"},
		{"projectcalico.org/v3", "GlobalNetworkSet"},
		{"projectcalico.org/v3", "Tier"},
		{"cilium.io/v2", "CiliumCIDRGroup"},
		{"cilium.io/v2", "CiliumEgressGatewayPolicy"},
		{"cilium.io/v2", "CiliumLocalRedirectPolicy"},
		{"cilium.io/v2alpha1", "CiliumBGPPeeringPolicy"},
		{"cilium.io/v2", "CiliumClusterwideEnvoyConfig"},
		{"k8s.ovn.org/v1", "EgressIP"},
		{"k8s.ovn.org/v1", "EgressService"},
		{"consul.hashicorp.com/v1alpha1", "ServiceSplitter"},
		{"example.org/v1", "Policy"},
		{"example.org/v1", "NetworkPolicyReport"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (count_kind(kinds[i].api, kinds[i].name) != 0)
			fail_msg("%s %s", kinds[i].api, kinds[i].name);
}

TEST(a_misspelt_kind_of_kubernetes_is_told_with_what_was_meant)
{
	static const struct {
		struct kind kind;
		const char *meant;
	} cases[] = {
		{{"networking.k8s.io/v1", "networkpolicy"}, "NetworkPolicy"},
		{{"networking.k8s.io/v1", "Networkpolicy"}, "NetworkPolicy"},
		{{"networking.k8s.io/v1", "NetworkPolicies"}, "NetworkPolicy"},
		{{"networking.k8s.io/v1", "NetworkPolicyy"}, "NetworkPolicy"},
		{{"networking.k8s.io/v1", "NewtorkPolicy"}, "NetworkPolicy"},
		{{"networking.k8s.io/v1", "NetPol"}, "NetworkPolicy"},
		{{"extensions/v1beta1", "networkpolicy"}, "NetworkPolicy"},
		{{"v1", "NetworkPolicys"}, "NetworkPolicy"},
		{{"networking.k8s.io/v1", "networkpolicyList"}, "NetworkPolicyList"},
		{{"policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicies"},
		 "AdminNetworkPolicy"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_buf_ struct buf b = {0};
		const struct diag_item *item;
		struct lang l;

		buf_printf(&b, "{apiVersion: %s, kind: %s%s}", cases[i].kind.api,
			   cases[i].kind.name,
			   strstr(cases[i].kind.name, "List") ? ", items: [{}]" : "");
		read_yaml(&l, buf_str(&b), LANG_INPUT);
		assert_int_equal(unread_count(&l.unread), 1);
		assert_int_equal(l.diag.items.n, 1);
		item = l.diag.items.v[0];
		assert_int_equal(item->severity, DIAG_WARNING);
		assert_string_equal(item->code, CODE_SKIPPED);
		assert_non_null(strstr(item->text, "did you mean '"));
		assert_int_equal(item->fixes.n, 1);
		assert_string_equal(item->fixes.v[0].text, cases[i].meant);
		lang_fini(&l);
	}
}

TEST(a_kind_of_others_in_a_group_of_kubernetes_is_not_misspelt)
{
	assert_warns("{apiVersion: networking.k8s.io/v1, kind: CiliumNetworkPolicy}", CODE_SKIPPED,
		     "are not read in this version");
	assert_warns("{apiVersion: networking.k8s.io/v1, kind: AdminNetworkPolicy}", CODE_SKIPPED,
		     "are not read in this version");
}

TEST(every_misspelt_place_is_told_and_every_other_kind_once)
{
	struct lang l;

	read_yaml(&l,
		  "{apiVersion: networking.k8s.io/v1, kind: networkpolicy}\n---\n"
		  "{apiVersion: networking.k8s.io/v1, kind: networkpolicy}\n---\n"
		  "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}\n---\n"
		  "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}\n",
		  LANG_INPUT);
	assert_int_equal(l.diag.warnings, 3);
	assert_int_equal(unread_count(&l.unread), 4);
	lang_fini(&l);
}

TEST(a_list_counts_its_items)
{
	assert_tells("{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicyList, items: [{}, {}]}",
		     "incomplete: 2 policies are not read (CiliumNetworkPolicy 2)\n");
	assert_tells("{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicyList, items: []}", "");
	assert_tells("{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicyList}", "");
	assert_tells("{apiVersion: networking.k8s.io/v1, kind: networkpolicyList, items: [{}]}",
		     "incomplete: 1 policy is not read (networkpolicy 1)\n");
	assert_tells("{apiVersion: v1, kind: List, items: ["
		     "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy},"
		     "{apiVersion: k8s.ovn.org/v1, kind: EgressFirewall}]}",
		     "incomplete: 2 policies are not read "
		     "(CiliumNetworkPolicy 1, EgressFirewall 1)\n");
	/* The items say no kind, so the list has to. */
	assert_tells(
		"{apiVersion: networking.k8s.io/v1beta1, kind: NetworkPolicyList, items: [{}]}",
		"incomplete: 1 policy is not read (networking.k8s.io/v1beta1 NetworkPolicy 1)\n");
}

TEST(a_list_of_no_kind_of_kubernetes_is_refused)
{
	assert_refuses("{apiVersion: v1, kind: list, items: []}", CODE_BAD_VALUE, "kind 'List'");
	assert_refuses("{apiVersion: v1, kind: Lists, items: []}", CODE_BAD_VALUE, "kind 'List'");
	assert_refuses("{apiVersion: apps/v1, kind: List, items: []}", CODE_BAD_VALUE, "'v1'");
	assert_notes("{apiVersion: v1, kind: list}", CODE_SKIPPED, "skipped");
	assert_notes("{apiVersion: example.org/v1, kind: list, items: []}", CODE_SKIPPED,
		     "skipped");
}

TEST(kinds_of_one_name_are_told_apart)
{
	assert_tells(
		"{apiVersion: crd.antrea.io/v1beta1, kind: ClusterNetworkPolicy}\n---\n"
		"{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}\n---\n"
		"{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy}\n",
		"incomplete: 3 policies are not read "
		"(crd.antrea.io/v1beta1 ClusterNetworkPolicy 1, CiliumNetworkPolicy 1, "
		"policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy 1)\n");
	assert_tells("{apiVersion: projectcalico.org/v3, kind: NetworkPolicy}\n",
		     "incomplete: 1 policy is not read (projectcalico.org/v3 NetworkPolicy 1)\n");
}

TEST(objects_of_the_inventory_are_told_apart_from_policies)
{
#define TEMPLATE "spec: {template: {spec: {containers: []}}}"
	assert_tells("{apiVersion: kubeflow.org/v1, kind: Notebook, " TEMPLATE "}\n---\n"
		     "{apiVersion: kubeflow.org/v1beta1, kind: Notebook, " TEMPLATE "}\n---\n"
		     "{apiVersion: kubeflow.org/v1, kind: MPIJob, " TEMPLATE "}\n",
		     "incomplete: 3 workloads are not read (kubeflow.org/v1 Notebook 1, "
		     "kubeflow.org/v1beta1 Notebook 1, MPIJob 1)\n");
	assert_tells("{apiVersion: apps/v1, kind: Deploymnet}\n---\n{apiVersion: v1, kind: Pods}",
		     "incomplete: 2 workloads are not read (Deploymnet 1, Pods 1)\n");
	assert_tells("{apiVersion: example.org/v1, kind: Rollout, " TEMPLATE "}\n---\n"
		     "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}",
		     "incomplete: 1 policy is not read (CiliumNetworkPolicy 1); "
		     "1 workload is not read (Rollout 1)\n");
	assert_tells("apiVersion: v1\nkind: Namespace\nmetadata: {name: {{ .x }}}\n",
		     "incomplete: 1 namespace is not read (Namespace 1)\n");
	assert_tells("apiVersion: v1\nkind: Namespace\nmetadata: {name: {{ .x }}}\n---\n"
		     "apiVersion: v1\nkind: Node\nmetadata: {name: {{ .x }}}\n",
		     "incomplete: 2 objects of the inventory are not read (Namespace 1, Node 1)\n");
	assert_tells("{apiVersion: apps/v1, kind: DeploymentLists, items: []}", "");
	assert_tells("{apiVersion: v1, kind: PodTemplate, template: {spec: {containers: []}}}", "");
	assert_tells("{apiVersion: example.org/v1, kind: Pods}", "");
#undef TEMPLATE
}

TEST(a_line_has_room_for_some_kinds)
{
	_cleanup_buf_ struct buf input = {0}, line = {0};
	struct lang l;

	for (int i = 0; i < 20; i++)
		buf_printf(&input, "{apiVersion: a.b/v1, kind: K%dNetworkPolicy}\n---\n", i);
	read_yaml(&l, buf_str(&input), LANG_INPUT);
	unread_put_line(&l.unread, &line);
	assert_non_null(strstr(buf_str(&line), "20 policies are not read (K0NetworkPolicy 1, "));
	assert_non_null(strstr(buf_str(&line), " and 8 more kinds)"));
	assert_int_equal(l.unread.kinds.n, 20);
	lang_fini(&l);
}

TEST(policies_of_an_inventory_are_no_gap)
{
	struct lang l;

	read_yaml(&l, "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}", LANG_INVENTORY);
	assert_int_equal(unread_count(&l.unread), 0);
	assert_int_equal(l.diag.warnings, 0);
	lang_fini(&l);
}

TEST(json_has_the_place_of_the_first)
{
	json_t *list, *first, *object = json_object();
	struct lang l;

	read_yaml(&l,
		  "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n---\n"
		  "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n",
		  LANG_INPUT);
	list = unread_json(&l.unread);
	assert_int_equal(json_array_size(list), 1);
	first = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(first, "kind")),
			    "CiliumNetworkPolicy");
	assert_string_equal(json_string_value(json_object_get(first, "apiVersion")),
			    "cilium.io/v2");
	assert_int_equal(json_integer_value(json_object_get(first, "count")), 2);
	assert_string_equal(json_string_value(json_object_get(first, "file")), "t.yaml");
	assert_int_equal(json_integer_value(json_object_get(first, "line")), 2);
	json_decref(list);
	unread_set_json(NULL, object);
	assert_int_equal(json_object_size(object), 0);
	json_decref(object);
	lang_fini(&l);
}

static bool are_same(const char *x, const char *y)
{
	struct lang a, b;
	bool same;

	read_yaml(&a, x, LANG_INPUT);
	read_yaml(&b, y, LANG_INPUT);
	same = unread_same(&a.unread, &b.unread);
	assert_int_equal(unread_same(&b.unread, &a.unread), same);
	lang_fini(&a);
	lang_fini(&b);
	return same;
}

#define CILIUM(name)                                                                               \
	"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: " name "}\n"
#define FIREWALL "apiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\n"

TEST(the_same_policies_are_known_again)
{
	assert_true(are_same(CILIUM("a") "---\n" CILIUM("b"), CILIUM("b") "---\n" CILIUM("a")));
	assert_true(
		are_same(CILIUM("a") "---\n" FIREWALL, FIREWALL "\n---\n# moved\n" CILIUM("a")));
	assert_false(are_same(CILIUM("a"), CILIUM("b")));
	assert_false(are_same(CILIUM("a"), CILIUM("a") "---\n" CILIUM("a")));
	assert_false(are_same(CILIUM("a"), FIREWALL));
	assert_false(are_same(CILIUM("a"), ""));
	assert_true(are_same("", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_of_others_count),
		cmocka_unit_test(what_is_no_policy_does_not_count),
		cmocka_unit_test(a_misspelt_kind_of_kubernetes_is_told_with_what_was_meant),
		cmocka_unit_test(a_kind_of_others_in_a_group_of_kubernetes_is_not_misspelt),
		cmocka_unit_test(every_misspelt_place_is_told_and_every_other_kind_once),
		cmocka_unit_test(a_list_counts_its_items),
		cmocka_unit_test(a_list_of_no_kind_of_kubernetes_is_refused),
		cmocka_unit_test(kinds_of_one_name_are_told_apart),
		cmocka_unit_test(objects_of_the_inventory_are_told_apart_from_policies),
		cmocka_unit_test(a_line_has_room_for_some_kinds),
		cmocka_unit_test(policies_of_an_inventory_are_no_gap),
		cmocka_unit_test(json_has_the_place_of_the_first),
		cmocka_unit_test(the_same_policies_are_known_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
