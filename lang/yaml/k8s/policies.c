/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of policies of others. A policy is what by itself lets traffic pass or keeps it from
 * passing, at whatever layer. Not on the list: sets that only policies refer to (NetworkSet,
 * CiliumCIDRGroup, ClusterGroup), tiers, which only order policies, and what leads traffic
 * elsewhere (EgressIP, CiliumEgressGatewayPolicy, routes).
 */
#include "lang/yaml/k8s/policies.h"

#include <string.h>
#include <strings.h>

#include "lang/base/suggest.h"

static const struct row {
	const char *group, *kind;
	bool other; /* no policy: a neighbour that a misspelt kind may be meant for */
} rows[] = {
	{"networking.k8s.io", "NetworkPolicy", false},
	{"networking.k8s.io", "Ingress", true},
	{"networking.k8s.io", "IngressClass", true},
	{"networking.k8s.io", "IPAddress", true},
	{"networking.k8s.io", "ServiceCIDR", true},
	{"policy.networking.k8s.io", "AdminNetworkPolicy", false},
	{"policy.networking.k8s.io", "BaselineAdminNetworkPolicy", false},
	{"policy.networking.k8s.io", "ClusterNetworkPolicy", false},
	{"cilium.io", "CiliumNetworkPolicy", false},
	{"cilium.io", "CiliumClusterwideNetworkPolicy", false},
	{"projectcalico.org", "NetworkPolicy", false},
	{"projectcalico.org", "GlobalNetworkPolicy", false},
	{"projectcalico.org", "Profile", false},
	{"crd.projectcalico.org", "NetworkPolicy", false},
	{"crd.projectcalico.org", "GlobalNetworkPolicy", false},
	{"crd.projectcalico.org", "Profile", false},
	{"crd.antrea.io", "NetworkPolicy", false},
	{"crd.antrea.io", "ClusterNetworkPolicy", false},
	{"k8s.ovn.org", "EgressFirewall", false},
	{"network.openshift.io", "EgressNetworkPolicy", false},
	{"k8s.cni.cncf.io", "MultiNetworkPolicy", false},
	{"networking.gke.io", "FQDNNetworkPolicy", false},
	{"networking.k8s.aws", "ApplicationNetworkPolicy", false},
	{"networking.k8s.aws", "ClusterNetworkPolicy", false},
	{"vpcresources.k8s.aws", "SecurityGroupPolicy", false},
	{"crd.nsx.vmware.com", "SecurityPolicy", false},
	{"nsx.vmware.com", "SecurityPolicy", false},
	{"kubeovn.io", "SecurityGroup", false},
	{"neuvector.com", "NvSecurityRule", false},
	{"neuvector.com", "NvClusterSecurityRule", false},
	/* Strict mutual TLS keeps out whoever has none, a request without a good token is refused.
	 */
	{"security.istio.io", "AuthorizationPolicy", false},
	{"security.istio.io", "PeerAuthentication", false},
	{"security.istio.io", "RequestAuthentication", false},
	{"authentication.istio.io", "Policy", false},
	{"authentication.istio.io", "MeshPolicy", false},
	{"rbac.istio.io", "ServiceRole", false},
	/* A port with a Server is closed to all that is not authorized. */
	{"policy.linkerd.io", "Server", false},
	{"policy.linkerd.io", "ServerAuthorization", false},
	{"policy.linkerd.io", "AuthorizationPolicy", false},
	{"policy.linkerd.io", "EgressNetwork", false},
	{"access.smi-spec.io", "TrafficTarget", false},
	{"consul.hashicorp.com", "ServiceIntentions", false},
	{"kuma.io", "MeshTrafficPermission", false},
	{"kuma.io", "TrafficPermission", false},
	{"gateway.envoyproxy.io", "SecurityPolicy", false},
};

/* In whatever group. */
static const char *const endings[] = {
	"NetworkPolicy",         "NetworkPolicies", "AuthorizationPolicy",
	"AuthorizationPolicies", "EgressFirewall",  "FirewallPolicy",
};

size_t k8s_group_len(const char *api)
{
	const char *slash = strchr(api, '/');

	return slash ? (size_t)(slash - api) : 0;
}

bool k8s_is_in_group(const char *api, const char *group)
{
	size_t n = k8s_group_len(api);

	return strlen(group) == n && memcmp(api, group, n) == 0;
}

static bool is_kubernetes_group(const char *group, size_t n)
{
	return !memchr(group, '.', n) || (n > 7 && memcmp(group + n - 7, ".k8s.io", 7) == 0);
}

bool k8s_is_kubernetes_api(const char *api)
{
	return is_kubernetes_group(api, k8s_group_len(api));
}

static bool has_ending(const char *kind)
{
	size_t n = strlen(kind);

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		size_t m = strlen(endings[i]);

		if (n >= m && strcasecmp(kind + n - m, endings[i]) == 0)
			return true;
	}
	return false;
}

static bool is_known(const char *kind)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].kind, kind) == 0)
			return true;
	}
	return false;
}

/* Kubernetes knows few kinds here, and only one that is a policy. With a kind of others it is the
 * group that is wrong. */
static bool is_some_policy(const char *kind, const char *api)
{
	if (!k8s_is_in_group(api, "networking.k8s.io") || is_known(kind))
		return false;
	for (; *kind; kind++) {
		if (strncasecmp(kind, "pol", 3) == 0)
			return true;
	}
	return false;
}

/* A kind of the group, or, as people mix these up, of any group of Kubernetes. */
static bool may_be_meant(const struct row *row, const char *api)
{
	return k8s_is_in_group(api, row->group) ||
	       (k8s_is_kubernetes_api(api) && is_kubernetes_group(row->group, strlen(row->group)));
}

/* The nearest row, the kind itself if there is one. Kinds of a group are long and have much in
 * common, so that only a few letters are a slip. */
static const struct row *find_nearest(const char *kind, const char *api)
{
	enum { SLIP = 3 };
	const struct row *nearest = NULL;
	struct suggest s;

	suggest_init(&s, kind);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!may_be_meant(&rows[i], api))
			continue;
		if (strcmp(rows[i].kind, kind) == 0)
			return &rows[i];
		suggest_offer(&s, rows[i].kind);
		if (s.best == rows[i].kind)
			nearest = &rows[i];
	}
	return s.distance <= SLIP ? nearest : NULL;
}

bool k8s_is_unread_policy(const char *kind, const char *api, const char **meant)
{
	const struct row *near = find_nearest(kind, api);
	bool exact = near && strcmp(near->kind, kind) == 0;

	*meant = NULL;
	if (near && near->other)
		return false;
	if (near && !exact && k8s_is_kubernetes_api(api))
		*meant = near->kind;
	else if (!exact && is_some_policy(kind, api))
		*meant = "NetworkPolicy";
	return near || *meant || has_ending(kind);
}
