/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/verifier/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/measure.h"
#include "tests/bench/policy.h"
#include "tests/bench/verifier/cluster.h"
#include "tests/bench/verifier/inventory.h"
#include "tests/bench/verifier/revisions.h"
#include "tests/bench/verifier/verify.h"

enum { N_PROBES = 10000, MAX_BUILT = 1000 };

bool commands_save(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(buf_str(text), 1, text->n, f) == text->n;

	return (f && fclose(f) == 0) && ok;
}

void commands_begin(struct commands *c, struct bench *b, const char *what, unsigned size,
		    const char *ending)
{
	/* Next to the bundle of the environment: it ends with the process. */
	const char *polc = getenv("POLC"), *dir = b->env.bundle;

	*c = (struct commands){.polc = polc ? polc : "./polc", .bench = b};
	snprintf(c->input, sizeof(c->input), "%s-%u.%s", dir, size, ending);
	snprintf(c->edited, sizeof(c->edited), "%s-%u-edited.%s", dir, size, ending);
	snprintf(c->probes, sizeof(c->probes), "%s-%u.probes", dir, size);
	snprintf(c->bundle, sizeof(c->bundle), "%s-%u", dir, size);
	snprintf(c->cache, sizeof(c->cache), "%s-%u.cache", dir, size);
	snprintf(c->log, sizeof(c->log), "%s-%u.log", dir, size);
	setenv("POLC_CACHE_DIR", c->cache, 1);
	c->out = json_pack("{s:s, s:i}", "input", what, "size", (int)size);
	json_array_append_new(b->sizes, c->out);
}

struct measure commands_run(struct commands *c, const char *name, const char *const *argv)
{
	struct measure m = measure_command(argv, c->log);

	if (m.status < 0 || m.status > 1) {
		printf("  %-22s failed (exit status %d)\n", name, m.status);
		json_object_set_new(c->out, name, json_null());
		c->bench->refused++;
		m.status = -1;
		return m;
	}
	printf("  %-22s %8.3f s wall %8.3f s cpu %8.1f MiB\n", name, m.wall, m.cpu, m.rss);
	json_object_set_new(
		c->out, name,
		json_pack("{s:f, s:f, s:f}", "wall_s", m.wall, "cpu_s", m.cpu, "rss_mib", m.rss));
	fflush(stdout);
	return m;
}

void commands_time(struct commands *c, unsigned size, const char *workload, const char *variant,
		   const char *const *argv, size_t repeats)
{
	struct measure m = commands_run(c, variant, argv);
	double seconds[COMMANDS_REPEATS] = {m.wall};
	size_t n = 1;

	if (m.status < 0)
		return;
	while (n < repeats && !c->bench->quick)
		seconds[n++] = measure_command(argv, c->log).wall;
	results_add(&c->bench->results, RESULT_VERIFY, size, workload, variant, seconds, n);
}

static void run_build(struct commands *c)
{
	const char *const build[] = {c->polc, "build", c->input, "-o", c->bundle, NULL};
	double kib;

	commands_run(c, "build", build);
	commands_run(c, "build, warm cache", build);
	kib = measure_tree(c->bundle);
	printf("  %-22s %8.0f KiB\n", "bundle", kib);
	json_object_set_new(c->out, "bundle_kib", json_real(kib));
}

/* --- the inputs ------------------------------------------------------------------------- */

static void cluster(struct bench *b, const struct cluster_size *size)
{
	_cleanup_buf_ struct buf text = {0}, probes = {0};
	struct commands c;

	commands_begin(&c, b, "NetworkPolicies", size->policies, "yaml");
	printf("\n%u NetworkPolicies, %u namespaces, %u pods\n", size->policies, size->namespaces,
	       size->pods);
	cluster_write(size, &text);
	cluster_write_probes(size, N_PROBES, &probes);
	if (commands_save(c.input, &text) && commands_save(c.probes, &probes)) {
		const char *const reach[] = {c.polc,   "reach",    c.input, "--probes",
					     c.probes, "--format", "json",  NULL};

		verify_cluster(&c, size);
		if (size->policies > MAX_BUILT)
			return;
		run_build(&c);
		commands_run(&c, "reach, 10000 probes", reach);
	}
}

static void ordered(struct bench *b, unsigned rules, bool build)
{
	struct commands c;

	commands_begin(&c, b, "ordered rules", rules, "pol");
	printf("\n%u ordered rules for two endpoints, %u pods\n", rules, POLICY_PODS);
	if (verify_ordered(&c, rules) && build)
		run_build(&c);
}

void commands_bench(struct bench *b)
{
	static const struct cluster_size sizes[] = {
		{10, 5, 50}, {100, 50, 500}, {1000, 500, 5000}, {10000, 5000, 5000}};
	static const unsigned rules[] = {10, 30, 100, 300, 1000, 3000, 10000},
			      quick_rules[] = {10, 30, 100, 1000};
	size_t n = b->quick ? 1 : sizeof(sizes) / sizeof(*sizes);
	size_t n_rules = b->quick ? sizeof(quick_rules) / sizeof(*quick_rules)
				  : sizeof(rules) / sizeof(*rules);

	for (size_t i = 0; i < n; i++)
		cluster(b, &sizes[i]);
	for (size_t i = 0; i < n_rules; i++) {
		unsigned size = b->quick ? quick_rules[i] : rules[i];

		ordered(b, size, size == 1000 || size == 10000);
	}
	inventory_bench(b);
	revisions_bench(b);
	verify_print(b);
}
