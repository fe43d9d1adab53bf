/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/verifier/inventory.h"

#include <stdio.h>
#include <string.h>

#include "tests/bench/verifier/commands.h"

enum { PODS = 50, TEAMS = 7, TIERS = 3, PORTS = 5, QUICK_PODS = 200, REPEATS = 3 };

struct input {
	unsigned pods;
	bool named;
};

static void write_pods(const struct input *in, struct buf *out)
{
	for (unsigned i = 0; i < in->pods; i++) {
		unsigned ns = i / PODS;

		if (i % PODS == 0)
			buf_printf(out,
				   "---\napiVersion: v1\nkind: Namespace\n"
				   "metadata: {name: n%u, labels: {team: t%u}}\n",
				   ns, ns % TEAMS);
		buf_printf(out,
			   "---\napiVersion: v1\nkind: Pod\n"
			   "metadata: {name: p%u, namespace: n%u, labels: {app: a%u, tier: t%u}}\n"
			   "spec: {containers: [{name: c, image: i, ports: [{name: http, "
			   "containerPort: %u}]}]}\n"
			   "status: {podIP: 10.100.%u.%u}\n",
			   i % PODS, ns, i % PODS, i % TIERS, 8000 + i % PORTS, i / 256, i % 256);
	}
}

/* One for each pod, for a tier of another team and for DNS. */
static void write_policies(const struct input *in, struct buf *out)
{
	const char *port = in->named ? "http" : "8000";

	for (unsigned i = 0; i < in->pods; i++)
		buf_printf(out,
			   "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
			   "metadata: {name: p%u, namespace: n%u}\n"
			   "spec:\n"
			   "  podSelector: {matchLabels: {app: a%u}}\n"
			   "  policyTypes: [Ingress, Egress]\n"
			   "  ingress:\n"
			   "  - from: [{namespaceSelector: {matchLabels: {team: t%u}}, "
			   "podSelector: {matchLabels: {tier: t%u}}}]\n"
			   "    ports: [{port: %s}, {port: 9000, endPort: 9100}]\n"
			   "  egress:\n"
			   "  - to: [{namespaceSelector: {}}]\n"
			   "    ports: [{port: 53, protocol: UDP}, {port: %s}]\n",
			   i % PODS, i / PODS, i % PODS, (i / PODS + 1) % TEAMS, (i + 1) % TIERS,
			   port, port);
}

/* Where this label is first asked for or given, another value. */
static void edit(struct buf *text, const char *label)
{
	char *value = strstr(buf_str(text), label) + strlen(label);

	*value = *value == '1' ? '2' : '1';
}

/* What a policy says changes. */
static void bench_policy(struct commands *c, const struct input *in, const char *workload)
{
	const char *const check[] = {c->polc, "check", "-i", c->probes, c->input, NULL};
	const char *const diff[] = {c->polc, "diff", "-i", c->probes, c->input, c->edited, NULL};
	const char *const reach[] = {c->polc,   "reach", "-i",       c->probes, c->input,
				     "--group", "-p",    "tcp/8000", NULL};

	commands_time(c, in->pods, workload, INVENTORY_CHECK, check, REPEATS);
	commands_time(c, in->pods, workload, INVENTORY_DIFF, diff, REPEATS);
	commands_time(c, in->pods, workload, INVENTORY_REACH, reach, REPEATS);
}

/* What a pod is changes: both files have the whole inventory. */
static void bench_pod(struct commands *c, const struct input *in, const char *workload)
{
	const char *const diff[] = {c->polc, "diff", "--closed", c->input, c->edited, NULL};

	commands_time(c, in->pods, workload, INVENTORY_DIFF_POD, diff, REPEATS);
}

static void bench_input(struct bench *b, const struct input *in)
{
	const char *workload = in->named ? INVENTORY_NAMED : INVENTORY;
	_cleanup_buf_ struct buf pods = {0}, policies = {0}, edited = {0};
	struct commands c;

	commands_begin(&c, b, workload, in->pods, "yaml");
	printf("\n%u pods, a policy each, ports by %s\n", in->pods, in->named ? "name" : "number");
	write_pods(in, &pods);
	write_policies(in, &policies);
	buf_add(&edited, policies.s, policies.n);
	edit(&edited, "team: t");
	if (!commands_save(c.probes, &pods) || !commands_save(c.input, &policies) ||
	    !commands_save(c.edited, &edited)) {
		b->refused++;
		return;
	}
	bench_policy(&c, in, workload);
	buf_add(&pods, policies.s, policies.n);
	edited.n = 0;
	buf_add(&edited, pods.s, pods.n);
	edit(&edited, "tier: t");
	if (!commands_save(c.input, &pods) || !commands_save(c.edited, &edited)) {
		b->refused++;
		return;
	}
	bench_pod(&c, in, workload);
}

void inventory_bench(struct bench *b)
{
	static const unsigned sizes[] = {INVENTORY_PODS / 2, INVENTORY_PODS};

	for (int named = 0; named < 2; named++)
		for (size_t i = 0; i < (b->quick ? 1 : 2); i++)
			bench_input(b, &(struct input){b->quick ? QUICK_PODS : sizes[i], named});
}
