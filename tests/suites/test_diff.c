/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polc diff beside what the field says: pairs of policies with their relation (diff-mutants), the
 * comparisons of np-guard, and random edits of real policies (collections/recipes), whose effect
 * is enumerated. POLC_SUITES says where the suites are.
 */
#include "tests/unit/unit.h"

#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "tests/lib/random.h"
#include "tests/unit/compared.h"

enum { MAX_PATH = 4096 };

static const char *suite(const char *name, char out[static MAX_PATH])
{
	const char *root = getenv("POLC_SUITES");

	snprintf(out, MAX_PATH, "%s/%s", root ? root : "", name);
	return out;
}

/* The folders of a suite; skips the test where there is none. */
static void list(const char *name, glob_t *out)
{
	char path[MAX_PATH], pattern[MAX_PATH + 8];

	snprintf(pattern, sizeof(pattern), "%s/*", suite(name, path));
	if (glob(pattern, 0, NULL, out)) {
		print_message("# no suite at %s (set POLC_SUITES)\n", path);
		skip();
	}
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static const char *join(const char *dir, const char *file, char out[static MAX_PATH])
{
	assert_true(snprintf(out, MAX_PATH, "%s/%s", dir, file) < MAX_PATH);
	return out;
}

static json_t *expected_of(const char *dir)
{
	char path[MAX_PATH];
	json_t *json = json_load_file(join(dir, "expected.json", path), 0, NULL);

	assert_non_null(json);
	return json;
}

static bool mentions(const char *path, const char *word)
{
	_cleanup_buf_ struct buf text = {0};

	assert_int_equal(buf_read_file(&text, path, 1u << 24), 0);
	return strstr(buf_str(&text), word);
}

/* --- diff-mutants ---------------------------------------------------------------------------- */

/* Every protocol with each of the ports that the suite was made with. */
static const uint16_t mutant_ports[] = {53, 79, 80, 81, 82, 443, 5353, 8080, 9003};
static const uint16_t mutant_protos[] = {IR_PROTO_TCP, IR_PROTO_UDP, IR_PROTO_SCTP};

static json_int_t count(const struct compared *c, const struct diff_regions *regions)
{
	const struct closed_world *world = c->diff.world->closed;
	json_int_t n = 0;

	for (uint32_t from = 0; from < world->points.n; from++) {
		for (uint32_t to = 0; to < world->points.n; to++) {
			for (size_t i = 0; from != to && i < 27; i++)
				n += compared_has(regions, c, from, to, mutant_protos[i / 9],
						  mutant_ports[i % 9]);
		}
	}
	return n;
}

static const char *relation(json_int_t added, json_int_t removed)
{
	if (added)
		return removed ? "incomparable" : "wider";
	return removed ? "narrower" : "equal";
}

/* A change made a policy of it that the API server refuses: an exception outside its range. */
static bool is_refused(const char *dir)
{
	return strcmp(base_name(dir), "pair174") == 0;
}

static void assert_refused(const char *path)
{
	struct compared c;

	compared_init(&c);
	assert_false(compared_path(&c, DIFF_NEW, path, LANG_INPUT));
	compared_fini(&c);
}

/* False: the case has policies that this version does not read, or that nobody has in force. */
static bool check_mutant(const char *dir)
{
	char old[MAX_PATH], new[MAX_PATH], cluster[MAX_PATH];
	json_t *expected = expected_of(dir);
	json_int_t added, removed;
	struct compared c;

	join(dir, "old.yaml", old);
	join(dir, "new.yaml", new);
	join(dir, "cluster.yaml", cluster);
	if (mentions(old, "ClusterNetworkPolicy") || mentions(new, "ClusterNetworkPolicy")) {
		json_decref(expected);
		return false;
	}
	if (is_refused(dir)) {
		json_decref(expected);
		assert_refused(new);
		return false;
	}
	compared_init(&c);
	assert_true(compared_path(&c, DIFF_OLD, old, LANG_INPUT));
	assert_true(compared_path(&c, DIFF_NEW, new, LANG_INPUT));
	assert_true(compared_path(&c, DIFF_OLD, cluster, LANG_INVENTORY));
	assert_true(compared_path(&c, DIFF_NEW, cluster, LANG_INVENTORY));
	assert_true(compared_run(&c));
	added = count(&c, &c.diff.added);
	removed = count(&c, &c.diff.removed);
	if (added != json_integer_value(json_object_get(expected, "added")) ||
	    removed != json_integer_value(json_object_get(expected, "removed")) ||
	    strcmp(relation(added, removed),
		   json_string_value(json_object_get(expected, "relation"))) != 0)
		fail_msg("%s: added %lld, removed %lld", base_name(dir), (long long)added,
			 (long long)removed);
	compared_fini(&c);
	json_decref(expected);
	return true;
}

TEST(every_mutant_has_the_relation_and_the_counts_of_the_suite)
{
	size_t checked = 0;
	glob_t dirs;

	list("diff-mutants", &dirs);
	for (size_t i = 0; i < dirs.gl_pathc; i++)
		checked += check_mutant(dirs.gl_pathv[i]);
	print_message("# %zu pairs agree, %zu are out of scope\n", checked,
		      dirs.gl_pathc - checked);
	assert_true(checked >= 30);
	globfree(&dirs);
}

/* --- np-guard -------------------------------------------------------------------------------- */

/* Cases that ask for something else than Kubernetes NetworkPolicy, and why. A name stands for
 * all that begin with it. */
static const struct {
	const char *name, *why;
} out_of_scope[] = {
	{"anp_test_", "AdminNetworkPolicy"},
	{"banp_test_", "BaselineAdminNetworkPolicy"},
	{"udn_test_", "UserDefinedNetwork: isolation that no policy says"},
	{"acs-security-demos-no-routes", "only connections of an ingress controller differ"},
	{"multiple_ingress_objects", "only connections of an ingress controller differ"},
	{"semanticDiff-same-topologies", "pods on the host's network, which polc takes for hosts"},
	{"semanticDiff-different-topologies-policy-a_",
	 "pods on the host's network, which polc takes for hosts"},
	{"multiple_topology_resources", "pods on the host's network, which polc takes for hosts"},
};

static const char *scope(const char *name)
{
	for (size_t i = 0; i < sizeof(out_of_scope) / sizeof(*out_of_scope); i++) {
		if (strncmp(name, out_of_scope[i].name, strlen(out_of_scope[i].name)) == 0)
			return out_of_scope[i].why;
	}
	return NULL;
}

/* Pods by the workload that owns them: np-guard speaks of workloads. */
struct guard {
	struct compared c;
	json_t *expected;
	json_t *owners; /* "ns/pod" -> "ns/workload" */
	const char *name;
};

static void learn_owners(struct guard *g, const char *dir)
{
	char pattern[MAX_PATH + 8];
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/*/*.json", dir);
	if (glob(pattern, 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		json_t *json = json_load_file(files.gl_pathv[i], 0, NULL), *item;
		size_t k;

		json_array_foreach(json_object_get(json, "items"), k, item)
		{
			const char *ns, *name, *owner;
			char from[512], to[512];

			if (json_unpack(item, "{s:{s:s, s:s, s:[{s:s}]}}", "metadata", "namespace",
					&ns, "name", &name, "ownerReferences", "name", &owner))
				continue;
			snprintf(from, sizeof(from), "%s/%s", ns, name);
			snprintf(to, sizeof(to), "%s/%s", ns, owner);
			json_object_set_new(g->owners, from, json_string(to));
		}
		json_decref(json);
	}
	globfree(&files);
}

/* Is the end of an expected line ("ns/name[Deployment]", "a.b.c.d-e.f.g.h[External]") this end? */
static bool is_workload(const struct guard *g, const char *text, const char *pod)
{
	const char *owner = json_string_value(json_object_get(g->owners, pod));
	size_t n = strcspn(text, "[");

	if (owner)
		return strlen(owner) == n && strncmp(owner, text, n) == 0;
	return strncmp(text, pod, n) == 0 && (pod[n] == '\0' || pod[n] == '-');
}

static bool is_address(const char *text, const struct net_addr *addr)
{
	char lo[64], hi[64];
	struct net_addr first, last;

	if (sscanf(text, "%63[^-]-%63[^[][External]", lo, hi) != 2 || net_addr_parse(lo, &first) ||
	    net_addr_parse(hi, &last))
		return false;
	return net_addr_cmp(&first, addr) <= 0 && net_addr_cmp(addr, &last) <= 0;
}

struct guard_end {
	uint32_t end;
	const char *pod; /* NULL: outside */
	struct net_addr addr;
};

static bool is_end(const struct guard *g, const char *text, const struct guard_end *end)
{
	return end->pod ? is_workload(g, text, end->pod) : is_address(text, &end->addr);
}

/* Do the connections of one side ("all", {"TCP": [[80, 80]]}) hold the port? */
static bool conns_have(const json_t *conns, const char *proto, json_int_t port)
{
	json_t *range;
	size_t i;

	if (json_is_string(conns))
		return true;
	json_array_foreach(json_object_get(conns, proto), i, range)
	{
		if (json_integer_value(json_array_get(range, 0)) <= port &&
		    port <= json_integer_value(json_array_get(range, 1)))
			return true;
	}
	return false;
}

static const char *const guard_protos[] = {"TCP", "UDP", "SCTP"};
static const uint16_t guard_ports[] = {1,    53,   80,    81,    443,   5353, 5978, 6379,
				       7000, 7070, 7071,  8000,  8080,  8081, 9080, 9090,
				       9091, 9555, 10053, 10054, 10055, 65535};

static void check_guard_pair(const struct guard *g, const struct guard_end *from,
			     const struct guard_end *to)
{
	const json_t *line, *found = NULL;
	size_t i;

	json_array_foreach(g->expected, i, line)
	{
		if (is_end(g, json_string_value(json_object_get(line, "src")), from) &&
		    is_end(g, json_string_value(json_object_get(line, "dst")), to))
			found = line;
	}
	for (i = 0; i < 3 * sizeof(guard_ports) / sizeof(*guard_ports); i++) {
		const char *proto = guard_protos[i % 3];
		uint16_t port = guard_ports[i / 3];
		bool old = found && conns_have(json_object_get(found, "old"), proto, port);
		bool new = found &&conns_have(json_object_get(found, "new"), proto, port);

		if (compared_has(&g->c.diff.added, &g->c, from->end, to->end, mutant_protos[i % 3],
				 port) != (new && !old) ||
		    compared_has(&g->c.diff.removed, &g->c, from->end, to->end,
				 mutant_protos[i % 3], port) != (old && !new))
			fail_msg("%s: %s to %s on %s %u: np-guard says %s, then %s", g->name,
				 from->pod ? from->pod : "outside", to->pod ? to->pod : "outside",
				 proto, port, old ? "allow" : "deny", new ? "allow" : "deny");
	}
}

struct guard_ends {
	VEC(struct guard_end) list;
};

/* The endpoints, and the first address of each piece of IPv4 outside. */
static void guard_ends_of(struct guard *g, struct guard_ends *out)
{
	struct diff_world *w = g->c.diff.world;

	for (uint32_t i = 0; i < w->closed->points.n; i++) {
		const struct closed_endpoint *e =
			&w->closed->endpoints.v[w->closed->points.v[i].endpoint];

		if ((e->on[0] ? e->on[0] : e->on[1])->host)
			continue;
		vec_push(&g->c.arena, &out->list, (struct guard_end){.end = i, .pod = e->name});
	}
	for (uint32_t i = 0; i < w->addresses.n4; i++) {
		struct guard_end end = {.addr = space_piece_first(&w->addresses, i)};

		end.end = compared_address(&g->c, &end.addr);
		if (region_set_has(w->closed->outside, end.end))
			vec_push(&g->c.arena, &out->list, end);
	}
}

/* Two pods of one workload, which np-guard does not tell apart. */
static bool one_workload(const struct guard *g, const struct guard_end *a,
			 const struct guard_end *b)
{
	const char *x = a->pod ? json_string_value(json_object_get(g->owners, a->pod)) : NULL;
	const char *y = b->pod ? json_string_value(json_object_get(g->owners, b->pod)) : NULL;

	return a->pod == b->pod || (x && y && strcmp(x, y) == 0);
}

static void check_guard(const char *dir)
{
	struct guard g = {.name = base_name(dir), .owners = json_object()};
	struct guard_ends ends = {0};
	char old[MAX_PATH], new[MAX_PATH];

	g.expected = expected_of(dir);
	learn_owners(&g, dir);
	compared_init(&g.c);
	/* np-guard takes an ipBlock for addresses outside only. */
	g.c.lang[DIFF_OLD].ipblock = g.c.lang[DIFF_NEW].ipblock = LANG_IPBLOCK_EXTERNAL;
	assert_true(compared_path(&g.c, DIFF_OLD, join(dir, "old", old), LANG_INPUT));
	assert_true(compared_path(&g.c, DIFF_NEW, join(dir, "new", new), LANG_INPUT));
	assert_true(compared_run(&g.c));
	guard_ends_of(&g, &ends);
	vec_each (const struct guard_end, from, &ends.list) {
		vec_each (const struct guard_end, to, &ends.list) {
			if ((from->pod || to->pod) && !one_workload(&g, from, to))
				check_guard_pair(&g, from, to);
		}
	}
	compared_fini(&g.c);
	json_decref(g.expected);
	json_decref(g.owners);
}

TEST(np_guard_sees_the_same_differences)
{
	size_t checked = 0;
	glob_t dirs;

	list("np-guard/diff", &dirs);
	for (size_t i = 0; i < dirs.gl_pathc; i++) {
		const char *name = base_name(dirs.gl_pathv[i]), *why = scope(name);

		print_message("# %s: %s\n", name, why ? why : "compared");
		if (why)
			continue;
		check_guard(dirs.gl_pathv[i]);
		checked++;
	}
	assert_true(checked >= 10);
	globfree(&dirs);
}

/* --- random edits of real policies ----------------------------------------------------------- */

static const char cluster[] =
	"endpoint default/web {\n labels { app = web }\n address 10.0.0.1\n port http = tcp/80\n}\n"
	"endpoint default/api {\n labels { app = bookstore, role = api }\n address 10.0.0.2\n}\n"
	"endpoint default/db {\n labels { app = bookstore, role = db }\n address 10.0.0.3\n}\n"
	"endpoint default/search {\n labels { app = bookstore, role = search }\n"
	" address 10.0.0.4\n}\n"
	"endpoint default/inventory {\n labels { app = inventory, role = web }\n"
	" address 10.0.0.5\n}\n"
	"endpoint default/apiserver {\n labels { app = apiserver }\n address 10.0.0.6\n}\n"
	"endpoint default/probe {\n labels { role = monitoring }\n address 10.0.0.7\n}\n"
	"endpoint default/foo {\n labels { app = foo }\n address 10.0.0.8\n}\n"
	"namespace kube-system {\n labels { kubernetes.io/metadata.name = kube-system }\n}\n"
	"endpoint kube-system/dns {\n labels { k8s-app = kube-dns }\n address 10.0.1.1\n}\n"
	"namespace prod {\n labels { purpose = production }\n}\n"
	"endpoint prod/web {\n labels { app = web }\n address 10.0.2.1\n}\n"
	"namespace ops {\n labels { team = operations }\n}\n"
	"endpoint ops/watch {\n labels { type = monitoring, role = monitoring }\n"
	" address 10.0.3.1\n}\n";

/* Those that leave something to decide, and do not define the same policy twice. */
static const char *const recipes[] = {
	"02-limit-traffic-to-an-application-0.yaml",
	"04-deny-traffic-from-other-namespaces-0.yaml",
	"06-allow-traffic-from-a-namespace-0.yaml",
	"07-allow-traffic-from-some-pods-in-another-namespace-0.yaml",
	"09-allow-traffic-only-to-a-port-0.yaml",
	"10-allowing-traffic-with-multiple-selectors-0.yaml",
	"11-deny-egress-traffic-from-an-application-1.yaml",
	"14-deny-external-egress-traffic-0.yaml",
};

enum { N_RECIPES = sizeof(recipes) / sizeof(*recipes), MAX_LINES = 40 };

struct recipe {
	struct buf text;
	char *lines[MAX_LINES];
	size_t n;
};

static void read_recipes(struct recipe out[N_RECIPES])
{
	char dir[MAX_PATH], path[MAX_PATH];

	suite("collections/recipes", dir);
	for (size_t i = 0; i < N_RECIPES; i++) {
		out[i] = (struct recipe){0};
		if (buf_read_file(&out[i].text, join(dir, recipes[i], path), 1u << 20)) {
			print_message("# no suite at %s (set POLC_SUITES)\n", dir);
			skip();
		}
		for (char *line = strtok(out[i].text.s, "\n"); line; line = strtok(NULL, "\n")) {
			assert_true(out[i].n < MAX_LINES);
			out[i].lines[out[i].n++] = line;
		}
	}
}

/* An edit of one line: what is in it becomes something else of its kind. */
static const struct {
	const char *from, *to;
} edits[] = {
	{"port: 53", "port: 54"},
	{"port: 5000", "port: 80"},
	{"protocol: UDP", "protocol: TCP"},
	{"role: api", "role: db"},
	{"role: search", "role: web"},
	{"app: web", "app: foo"},
	{"app: bookstore", "app: web"},
	{"app: inventory", "app: bookstore"},
	{"role: monitoring", "role: api"},
	{"purpose: production", "team: operations"},
	{"type: monitoring", "type: none"},
	{"- Egress", "- Ingress"},
	{"k8s-app: kube-dns", "app: web"},
	{"podSelector: {}", "namespaceSelector: {}"},
	{"name: web-allow", "name: renamed"},
	{"kind: NetworkPolicy", "kind: NetworkPolicy # same"},
	{"app: apiserver", "app: web"},
	{"port: 53", "port: dns"},
};

enum { N_EDITS = sizeof(edits) / sizeof(*edits) };

static void put_line(const char *line, const char *from, const char *to, struct buf *out)
{
	const char *at = strstr(line, from);

	buf_printf(out, "%.*s%s%s\n", (int)(at - line), line, to, at + strlen(from));
}

/* Draws until a line is found that the edit fits. */
static void edit(struct random *r, const struct recipe *all, struct buf *out)
{
	uint32_t skipped = random_chance(r, 12) ? random_below(r, N_RECIPES) : N_RECIPES;
	uint32_t first = random_below(r, N_RECIPES), which = 0, line = 0, e = 0;
	bool found = skipped < N_RECIPES;

	while (!found) {
		which = random_below(r, N_RECIPES);
		line = random_below(r, (uint32_t)all[which].n);
		e = random_below(r, N_EDITS);
		found = strstr(all[which].lines[line], edits[e].from);
	}
	for (uint32_t i = 0; i < N_RECIPES; i++) {
		uint32_t at = (first + i) % N_RECIPES;

		if (at == skipped)
			continue;
		buf_puts(out, "---\n");
		for (uint32_t k = 0; k < all[at].n; k++) {
			if (skipped == N_RECIPES && at == which && k == line)
				put_line(all[at].lines[k], edits[e].from, edits[e].to, out);
			else
				buf_printf(out, "%s\n", all[at].lines[k]);
		}
	}
}

static void unedited(const struct recipe *all, struct buf *out)
{
	for (uint32_t i = 0; i < N_RECIPES; i++) {
		buf_puts(out, "---\n");
		for (uint32_t k = 0; k < all[i].n; k++)
			buf_printf(out, "%s\n", all[i].lines[k]);
	}
}

/* Returns whether the edit changed anything. */
static bool check_edit(uint64_t seed, const struct recipe *all)
{
	static const char *const addresses[] = {"203.0.113.1", "10.0.0.99", "2001:db8::1"};
	static const struct ir_flow list_of_ports[] = {
		{.proto = 6, .port = 53},  {.proto = 6, .port = 54},   {.proto = 6, .port = 80},
		{.proto = 6, .port = 443}, {.proto = 6, .port = 5000}, {.proto = 17, .port = 53},
		{.proto = 17, .port = 54}, {.proto = 17, .port = 80},  {.proto = 132, .port = 9},
	};
	static const struct compared_ports ports = {list_of_ports, 9};
	_cleanup_buf_ struct buf old = {0}, new = {0};
	struct random r = {.state = seed};
	struct compared c;
	long changed;

	unedited(all, &old);
	edit(&r, all, &new);
	compared_init(&c);
	assert_true(compared_text(&c, DIFF_OLD, LANG_YAML, buf_str(&old)));
	assert_true(compared_text(&c, DIFF_OLD, LANG_POL, cluster));
	assert_true(compared_text(&c, DIFF_NEW, LANG_YAML, buf_str(&new)));
	assert_true(compared_text(&c, DIFF_NEW, LANG_POL, cluster));
	assert_true(compared_run(&c));
	changed = compared_enumerate(&c, addresses, 3, &ports);
	if (changed < 0 || (changed > 0) != (c.diff.relation != DIFF_EQUAL))
		fail_msg("edit %llu: %ld verdicts changed:\n%s", (unsigned long long)seed, changed,
			 buf_str(&new));
	compared_fini(&c);
	return changed > 0;
}

TEST(an_edit_of_real_policies_is_found_just_if_it_changes_a_verdict)
{
	struct recipe all[N_RECIPES];
	size_t changed = 0;

	read_recipes(all);
	for (uint64_t seed = 1; seed <= 200; seed++)
		changed += check_edit(seed, all);
	print_message("# 200 edits, of which %zu change what is allowed\n", changed);
	assert_true(changed > 40 && changed < 180);
	for (size_t i = 0; i < N_RECIPES; i++)
		buf_fini(&all[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mutant_has_the_relation_and_the_counts_of_the_suite),
		cmocka_unit_test(np_guard_sees_the_same_differences),
		cmocka_unit_test(an_edit_of_real_policies_is_found_just_if_it_changes_a_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
