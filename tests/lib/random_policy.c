/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/random_policy.h"

#include <string.h>

#include "tests/lib/random.h"
#include "tests/lib/tap.h"

/* The universe: everything is drawn from these few words and numbers. */
static const char *const namespaces[] = {"red", "green", "blue"};
static const char *const keys[] = {"app", "env", "legacy"};
static const char *const values[] = {"web", "db", "cache"};
static const char *const prefixes4[] = {
	"0.0.0.0/0",        "10.0.0.0/8",     "10.0.0.0/30",     "10.0.0.2/32",
	"203.0.113.0/24",   "203.0.113.0/25", "203.0.113.64/26", "203.0.113.80/28",
	"203.0.113.255/32", "192.168.0.0/24", "128.0.0.0/1",     "255.255.255.255/32",
};
static const char *const prefixes6[] = {
	"::/0",          "fd00::/16",       "fd00::/126",      "fd00::2/128",
	"2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::/64", "2001:db8:1::ffff/128",
	"8000::/1",
};
static const char *const ports[] = {
	"tcp/80",    "tcp/81",  "tcp/443",   "tcp/8000-8100", "tcp/8050-9000", "tcp/1-65535",
	"tcp/65535", "udp/53",  "udp/53-80", "udp/255-256",   "udp/1-1023",    "sctp/9",
	"sctp/1-80", "icmp/8",  "icmp/0",    "icmp/3/1",      "icmp6/128",     "icmp6/129",
	"icmp6/1/0", "tcp",     "udp",       "sctp",          "icmp",          "icmp6",
	"tcp/http",  "udp/dns", "sctp/http", "tcp/dns",
};
/* Rules that judge requests. */
static const char *const judged_ports[] = {"tcp/1-65535", "tcp/80-443", "tcp/8050-9000", "tcp/http",
					   "tcp/1-65535"};
static const char *const paths[] = {"/", "/a.*", "/.*"};
static const char *const nodes[] = {"worker-1", "worker-2"};

/* A policy set under construction. */
struct gen {
	struct random *r;
	struct buf *out;
	bool judges;   /* rules may look at requests */
	unsigned lets; /* let p0, p1, ... and s0, s1, ... and o0, o1, ... */
};

static bool chance(struct gen *g, unsigned percent)
{
	return random_chance(g->r, percent);
}

static unsigned between(struct gen *g, unsigned lo, unsigned hi)
{
	return lo + random_below(g->r, hi - lo + 1);
}

#define pick(g, array) random_pick((g)->r, array)
#define put(g, ...)    buf_printf((g)->out, __VA_ARGS__)

/* --- prefixes ------------------------------------------------------------------------- */

static bool is_v6(const char *prefix)
{
	return strchr(prefix, ':');
}

static const char *prefix(struct gen *g)
{
	return chance(g, 60) ? pick(g, prefixes4) : pick(g, prefixes6);
}

/* A prefix that `except` of this one could hold: further down in the list of its family. */
static const char *prefix_like(struct gen *g, const char *outer)
{
	return is_v6(outer) ? pick(g, prefixes6) : pick(g, prefixes4);
}

/* --- .pol ------------------------------------------------------------------------------- */

static void pol_req(struct gen *g)
{
	const char *key = pick(g, keys);

	switch (random_below(g->r, 7)) {
	case 0:
		put(g, "%s in (%s, %s)", key, values[0], values[between(g, 1, 2)]);
		break;
	case 1:
		put(g, "%s not in (%s, %s)", key, values[0], values[between(g, 1, 2)]);
		break;
	case 2:
		put(g, "%s != %s", key, pick(g, values));
		break;
	case 3:
		put(g, "%s", key);
		break;
	case 4:
		put(g, "!%s", key);
		break;
	default:
		put(g, "%s = %s", key, pick(g, values));
	}
}

static void pol_labels(struct gen *g)
{
	put(g, "{ ");
	pol_req(g);
	if (chance(g, 30)) {
		put(g, ", ");
		pol_req(g);
	}
	put(g, " }");
}

static void pol_selector(struct gen *g)
{
	bool in_ns = chance(g, 50);

	if (in_ns) {
		put(g, "namespace ");
		if (chance(g, 40))
			pol_labels(g);
		else if (chance(g, 30))
			put(g, "(red, %s)", namespaces[between(g, 1, 2)]);
		else
			put(g, "%s", pick(g, namespaces));
		put(g, " ");
	}
	if (in_ns && chance(g, 30))
		put(g, "all");
	else
		pol_labels(g);
}

static void pol_cidr(struct gen *g)
{
	const char *p = prefix(g);

	put(g, "cidr { %s", p);
	if (chance(g, 30))
		put(g, ", %s", prefix(g));
	put(g, " }");
	if (chance(g, 40))
		put(g, " except { %s }", prefix_like(g, p));
	if (chance(g, 40))
		put(g, " including endpoints");
}

static void pol_peer(struct gen *g)
{
	static const char *const entities[] = {"all",   "cluster", "host",
					       "world", "none",    "endpoints"};

	switch (random_below(g->r, 8)) {
	case 0:
	case 1:
		pol_cidr(g);
		break;
	case 2:
		put(g, "%s", pick(g, entities));
		break;
	case 3:
	case 4:
		if (g->lets) {
			put(g, "p%u", random_below(g->r, g->lets));
			break;
		}
		/* fall through */
	default:
		pol_selector(g);
	}
}

static void pol_ports(struct gen *g)
{
	if (g->lets && chance(g, 20)) {
		put(g, "o%u", random_below(g->r, g->lets));
		return;
	}
	put(g, "%s", pick(g, ports));
	while (chance(g, 30))
		put(g, ", %s", pick(g, ports));
}

static void pol_lets(struct gen *g)
{
	unsigned n = between(g, 0, 3);

	for (unsigned i = 0; i < n; i++) {
		put(g, "let p%u = ", i);
		if (chance(g, 50))
			pol_cidr(g);
		else
			pol_selector(g);
		put(g, "\nlet s%u = ", i);
		pol_selector(g);
		put(g, "\nlet o%u = ports { %s, %s }\n", i, pick(g, ports), pick(g, ports));
	}
	g->lets = n;
}

static void pol_rule(struct gen *g, bool egress, bool pass)
{
	unsigned kind = random_below(g->r, pass ? 4 : 3);
	const char *action = kind < 2 ? "allow" : kind == 2 ? "deny " : "pass ";

	put(g, "    %s %s ", action, egress ? "to" : "from");
	pol_peer(g);
	while (chance(g, 20)) {
		put(g, ", ");
		pol_peer(g);
	}
	if (g->judges && kind < 2 && chance(g, 75)) {
		put(g, " on %s http { GET \"%s\" }\n", pick(g, judged_ports), pick(g, paths));
		return;
	}
	if (chance(g, 65)) {
		put(g, " on ");
		pol_ports(g);
	}
	put(g, "%s\n", chance(g, 10) ? " log" : "");
}

static void pol_section(struct gen *g, bool egress, bool pass)
{
	unsigned n = between(g, 0, 3);

	put(g, "  %s {\n", egress ? "egress" : "ingress");
	for (unsigned i = 0; i < n; i++)
		pol_rule(g, egress, pass);
	put(g, "  }\n");
}

static void pol_policy(struct gen *g, unsigned id, bool ranked, bool pass)
{
	unsigned sections = between(g, 1, 3);

	put(g, "policy p-%u ", id);
	if (ranked && chance(g, 60))
		put(g, "rank %u ", between(g, 1, 3));
	put(g, "for ");
	if (g->lets && chance(g, 30))
		put(g, "s%u", random_below(g->r, g->lets));
	else if (chance(g, 15))
		put(g, "endpoints");
	else
		pol_selector(g);
	put(g, " {\n");
	if (sections & 1)
		pol_section(g, false, pass);
	if (sections & 2)
		pol_section(g, true, pass);
	put(g, "}\n\n");
}

static void pol_tier(struct gen *g, unsigned id, unsigned *policies)
{
	static const char *const ends[] = {"", "", "end pass ", "end deny "};
	unsigned n = between(g, 1, 2);

	put(g, "tier t%u %s ", id, chance(g, 50) ? "before" : "after");
	if (id && chance(g, 40))
		put(g, "t%u ", random_below(g->r, id));
	else
		put(g, "default ");
	put(g, "%s{\n", pick(g, ends));
	for (unsigned i = 0; i < n; i++)
		pol_policy(g, (*policies)++, true, true);
	put(g, "}\n\n");
}

static void pol_policies(struct gen *g)
{
	unsigned n_tiers = between(g, 0, 3), n = between(g, 0, 3), id = 0;

	pol_lets(g);
	for (unsigned i = 0; i < n_tiers; i++)
		pol_tier(g, i, &id);
	for (unsigned i = 0; i < n; i++)
		pol_policy(g, id++, chance(g, 30), chance(g, 20));
}

/* --- Kubernetes: policies --------------------------------------------------------------- */

static void k8s_selector(struct gen *g)
{
	static const char *const ops[] = {"In", "NotIn", "Exists", "DoesNotExist"};
	bool empty = chance(g, 20), labels = chance(g, 60);
	unsigned op = random_below(g->r, 4);

	if (empty) {
		put(g, "{}");
		return;
	}
	put(g, "{");
	if (labels)
		put(g, "matchLabels: {%s: %s}", pick(g, keys), pick(g, values));
	if (!labels || chance(g, 30)) {
		put(g, "%smatchExpressions: [{key: %s, operator: %s", labels ? ", " : "",
		    pick(g, keys), ops[op]);
		if (op < 2)
			put(g, ", values: [%s]", pick(g, values));
		put(g, "}]");
	}
	put(g, "}");
}

static void k8s_peer(struct gen *g)
{
	const char *p = prefix(g);
	unsigned kind = random_below(g->r, 4);

	put(g, "    - ");
	if (kind == 0) {
		put(g, "{ipBlock: {cidr: '%s'", p);
		/* The API wants `except` strictly inside `cidr`. */
		if (strcmp(p, "0.0.0.0/0") == 0 || strcmp(p, "::/0") == 0)
			put(g, ", except: ['%s']",
			    is_v6(p) ? prefixes6[between(g, 1, 7)] : prefixes4[between(g, 1, 9)]);
		put(g, "}}\n");
		return;
	}
	put(g, "{");
	if (kind & 1) {
		put(g, "podSelector: ");
		k8s_selector(g);
	}
	if (kind == 3)
		put(g, ", ");
	if (kind & 2) {
		put(g, "namespaceSelector: ");
		if (chance(g, 40))
			put(g, "{matchLabels: {kubernetes.io/metadata.name: %s}}",
			    pick(g, namespaces));
		else
			k8s_selector(g);
	}
	put(g, "}\n");
}

static void k8s_port(struct gen *g)
{
	static const char *const all[] = {
		"{port: 80}",
		"{port: 8000, endPort: 8100}",
		"{protocol: UDP, port: 53}",
		"{protocol: SCTP}",
		"{protocol: UDP}",
		"{port: http}",
		"{protocol: UDP, port: dns}",
		"{protocol: SCTP, port: 9, endPort: 65535}",
		"{protocol: TCP, port: 81, endPort: 81}",
		"{}",
	};

	put(g, "    - %s\n", pick(g, all));
}

static void k8s_rules(struct gen *g, const char *section, const char *peers)
{
	unsigned n = between(g, 0, 2);

	if (!n) {
		put(g, "  %s: []\n", section);
		return;
	}
	put(g, "  %s:\n", section);
	for (unsigned i = 0; i < n; i++) {
		bool has_peers = chance(g, 75), has_ports = chance(g, 60);

		if (!has_peers && !has_ports) {
			put(g, "  - {}\n");
			continue;
		}
		put(g, "  - ");
		if (has_peers) {
			put(g, "%s:\n", peers);
			do
				k8s_peer(g);
			while (chance(g, 30));
		}
		if (has_ports) {
			put(g, "%sports:\n", has_peers ? "    " : "");
			do
				k8s_port(g);
			while (chance(g, 30));
		}
	}
}

static void k8s_policies(struct gen *g)
{
	static const char *const types[] = {"", "", "  policyTypes: [Ingress]\n",
					    "  policyTypes: [Egress]\n",
					    "  policyTypes: [Ingress, Egress]\n"};
	unsigned n = between(g, 0, 4);

	for (unsigned i = 0; i < n; i++) {
		unsigned type = random_below(g->r, 5);

		put(g,
		    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		    "metadata: {name: np-%u, namespace: %s}\nspec:\n  podSelector: ",
		    i, pick(g, namespaces));
		k8s_selector(g);
		put(g, "\n%s", types[type]);
		if (type != 3 && chance(g, 70))
			k8s_rules(g, "ingress", "from");
		if (type != 2 && chance(g, 60))
			k8s_rules(g, "egress", "to");
	}
}

/* --- the inventory ---------------------------------------------------------------------- */

static void labels(struct gen *g, const char *sep, const char *is)
{
	bool first = true;

	for (size_t i = 0; i < 3; i++) {
		if (!chance(g, i == 0 ? 80 : 50))
			continue;
		put(g, "%s%s%s%s", first ? "" : sep, keys[i], is, pick(g, values));
		first = false;
	}
	if (first)
		put(g, "app%sweb", is);
}

static void k8s_namespaces(struct gen *g)
{
	for (size_t i = 0; i < 3; i++) {
		put(g, "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {",
		    namespaces[i]);
		labels(g, ", ", ": ");
		put(g, "}}\n");
	}
}

static void k8s_nodes(struct gen *g)
{
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		put(g,
		    "---\napiVersion: v1\nkind: Node\nmetadata: {name: %s}\nstatus: {addresses: ["
		    "{type: InternalIP, address: 192.168.0.%zu}, "
		    "{type: ExternalIP, address: 'fd00:1::%zx'}]}\n",
		    nodes[i], i + 1, i + 1);
}

/* `addr` is the last part of its addresses. */
static void k8s_pod(struct gen *g, unsigned i, unsigned addr, bool host)
{
	const char *node = chance(g, 70) ? pick(g, nodes) : NULL;
	static const char *const container_ports[] = {
		"",
		"{name: http, containerPort: 80}",
		"{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}",
		"{name: http, containerPort: 9, protocol: SCTP}",
		"{name: dns, containerPort: 65535}",
	};
	const char *net4 = host ? "192.168.0" : "10.0.0", *net6 = host ? "fd00:1::" : "fd00::";
	unsigned families = between(g, 0, 5);

	put(g, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: pod-%u, namespace: %s, labels: {",
	    i, pick(g, namespaces));
	labels(g, ", ", ": ");
	put(g, "}}\nspec: {");
	if (node)
		put(g, "nodeName: %s, ", node);
	put(g, "%scontainers: [{name: c, image: i, ports: [%s]}]}\n",
	    host ? "hostNetwork: true, " : "", pick(g, container_ports));
	/* It is where its node is. */
	if (host && node && chance(g, 50))
		return;
	put(g, "status: {podIPs: [");
	if (families != 0)
		put(g, "{ip: %s.%u}", net4, addr);
	if (families > 1)
		put(g, ", ");
	if (families != 1)
		put(g, "{ip: '%s%x'}", net6, addr);
	put(g, "]}\n");
}

static void pol_endpoint(struct gen *g, unsigned i)
{
	static const char *const named[] = {"", "  port http = tcp/80\n", "  port http = tcp/443\n",
					    "  port dns = udp/53\n  port http = sctp/9\n"};

	put(g, "endpoint %s/ep-%u {\n  labels { ", pick(g, namespaces), i);
	labels(g, ", ", " = ");
	put(g, " }\n  address 10.0.0.%u\n  address fd00::%x\n%s}\n\n", i, i, pick(g, named));
}

static void inventory(struct random *r, struct buf *yaml, struct buf *pol)
{
	struct gen k8s = {.r = r, .out = yaml}, dsl = {.r = r, .out = pol};
	unsigned n_pods = between(&k8s, 2, 4), n_endpoints = between(&k8s, 0, 2), i = 1;

	k8s_namespaces(&k8s);
	k8s_nodes(&k8s);
	for (; i <= n_pods; i++)
		k8s_pod(&k8s, i, i, false);
	for (; i <= n_pods + n_endpoints; i++)
		pol_endpoint(&dsl, i);
	/* Pods on the host's network share its addresses. */
	for (unsigned n = random_below(r, 3); n; n--)
		k8s_pod(&k8s, i++, 1, true);
}

static void init(struct random_policy *out, uint64_t universe, uint64_t policies, bool judges)
{
	struct random r = {.state = universe};
	struct gen k8s = {.r = &r, .out = &out->yaml},
		   dsl = {.r = &r, .out = &out->pol, .judges = judges};

	*out = (struct random_policy){0};
	inventory(&r, &out->yaml, &out->pol);
	r.state = policies ^ 0x706f6c6963790000;
	k8s_policies(&k8s);
	pol_policies(&dsl);
}

void random_policy_init(struct random_policy *out, uint64_t universe, uint64_t policies)
{
	init(out, universe, policies, false);
}

void random_policy_init_judging(struct random_policy *out, uint64_t universe, uint64_t policies)
{
	init(out, universe, policies, true);
}

void random_policy_fini(struct random_policy *p)
{
	buf_fini(&p->yaml);
	buf_fini(&p->pol);
}

void random_policy_note(const struct random_policy *p, uint64_t seed)
{
	tap_note("POLC_SEED=%llu runs this one alone; in YAML:", (unsigned long long)seed);
	tap_note_text(buf_str(&p->yaml));
	tap_note("and in .pol:");
	tap_note_text(buf_str(&p->pol));
}
