/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/verifier/cluster.h"

#include <stdio.h>

#include "tests/lib/random.h"

static const char *const apps[] = {"frontend", "backend", "cache", "db", "queue"};
static const char *const teams[] = {"payments", "search", "orders", "identity", "media",
				    "ml",       "infra",  "mobile", "ads",      "support"};

enum { N_APPS = sizeof(apps) / sizeof(*apps), N_TEAMS = sizeof(teams) / sizeof(*teams) };

static void write_namespace(unsigned i, struct buf *out)
{
	buf_printf(out,
		   "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns-%u, labels: "
		   "{team: %s, env: %s}}\n",
		   i, teams[i % N_TEAMS], i % 3 ? "prod" : "staging");
}

const char *cluster_pod_name(const struct cluster_size *size, unsigned i, char out[static 64])
{
	snprintf(out, 64, "ns-%u/%s-%u", i % size->namespaces, apps[i / size->namespaces % N_APPS],
		 i);
	return out;
}

static void write_pod(const struct cluster_size *size, unsigned i, struct buf *out)
{
	const char *app = apps[i / size->namespaces % N_APPS];

	buf_printf(out,
		   "---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s-%u, namespace: ns-%u, "
		   "labels: {app: %s, version: v%u}}\n"
		   "spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: "
		   "%u}]}]}\n"
		   "status: {podIPs: [{ip: 10.%u.%u.%u}, {ip: 'fd00::%x:%x'}]}\n",
		   app, i, i % size->namespaces, app, i / size->namespaces % 2, i % 2 ? 8080 : 80,
		   1 + (i >> 16), i >> 8 & 255, i & 255, i >> 16, i & 0xffff);
}

/* The body of a policy's spec. */
static void write_spec(struct random *r, unsigned i, struct buf *out)
{
	unsigned a = random_below(r, N_APPS), b = random_below(r, N_APPS);

	switch (i % 6) {
	case 0: /* nothing comes in, unless another policy says so */
		buf_puts(out, "  podSelector: {}\n  policyTypes: [Ingress]\n");
		break;
	case 1: /* one tier of the application calls the next */
		buf_printf(out,
			   "  podSelector: {matchLabels: {app: %s}}\n"
			   "  ingress:\n"
			   "  - from: [{podSelector: {matchLabels: {app: %s}}}]\n"
			   "    ports: [{port: http}, {port: %u}]\n",
			   apps[a], apps[b], 8000 + i % 50);
		break;
	case 2: /* all of a team */
		buf_printf(out,
			   "  podSelector: {matchExpressions: [{key: app, operator: In, values: "
			   "[%s, %s]}]}\n"
			   "  ingress:\n"
			   "  - from: [{namespaceSelector: {matchLabels: {team: %s}}}]\n",
			   apps[a], apps[b], teams[random_below(r, N_TEAMS)]);
		break;
	case 3: /* names are resolved, the outside is out of reach but for some */
		buf_printf(out,
			   "  podSelector: {matchLabels: {app: %s}}\n"
			   "  policyTypes: [Egress]\n"
			   "  egress:\n"
			   "  - to: [{namespaceSelector: {matchLabels: {team: infra}}}]\n"
			   "    ports: [{protocol: UDP, port: 53}, {port: 53}]\n"
			   "  - to: [{ipBlock: {cidr: 203.0.%u.0/24, except: [203.0.%u.%u/32]}}]\n"
			   "    ports: [{port: 443}]\n",
			   apps[a], i % 256, i % 256, i % 200);
		break;
	case 4: /* from the load balancers, with a range of ports */
		buf_printf(out,
			   "  podSelector: {matchLabels: {app: frontend}}\n"
			   "  ingress:\n"
			   "  - from: [{ipBlock: {cidr: 198.51.%u.0/25}}, {ipBlock: {cidr: "
			   "'2001:db8:%x::/48'}}]\n"
			   "    ports: [{port: 8000, endPort: %u}]\n",
			   i % 256, i % 65536, 8001 + i % 99);
		break;
	default: /* a pod of one namespace in another */
		buf_printf(out,
			   "  podSelector: {matchLabels: {app: db}}\n"
			   "  ingress:\n"
			   "  - from: [{namespaceSelector: {matchLabels: {env: prod}}, "
			   "podSelector: {matchLabels: {app: %s}}}]\n"
			   "    ports: [{port: 5432}]\n",
			   apps[a]);
	}
}

void cluster_write(const struct cluster_size *size, struct buf *out)
{
	struct random r = {.state = 1};

	for (unsigned i = 0; i < size->namespaces; i++)
		write_namespace(i, out);
	for (unsigned i = 0; i < size->pods; i++)
		write_pod(size, i, out);
	for (unsigned i = 0; i < size->policies; i++) {
		buf_printf(out,
			   "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			   "metadata: {name: policy-%u, namespace: ns-%u}\nspec:\n",
			   i, i % size->namespaces);
		write_spec(&r, i, out);
	}
}

void cluster_write_probes(const struct cluster_size *size, unsigned n, struct buf *out)
{
	static const char *const ports[] = {"tcp/80", "tcp/8080", "tcp/5432", "udp/53", "tcp/http"};
	struct random r = {.state = 2};
	char from[64], to[64];

	buf_putc(out, '[');
	for (unsigned i = 0; i < n; i++)
		buf_printf(out, "%s{\"from\":\"%s\",\"to\":\"%s\",\"port\":\"%s\"}", i ? ",\n" : "",
			   cluster_pod_name(size, random_below(&r, size->pods), from),
			   cluster_pod_name(size, random_below(&r, size->pods), to),
			   random_pick(&r, ports));
	buf_puts(out, "]\n");
}
