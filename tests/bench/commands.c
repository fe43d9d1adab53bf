/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/cluster.h"
#include "tests/bench/measure.h"
#include "tests/bench/policy.h"

enum { N_PROBES = 10000 };

/* Files of one size, in a directory of this process alone. */
struct commands {
	const char *polc;
	struct bench *bench;
	char input[PATH_MAX], edited[PATH_MAX], probes[PATH_MAX], bundle[PATH_MAX], cache[PATH_MAX],
		log[PATH_MAX];
	json_t *out;
};

static bool save(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(buf_str(text), 1, text->n, f) == text->n;

	return (f && fclose(f) == 0) && ok;
}

static void begin(struct commands *c, struct bench *b, const char *what, unsigned size,
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

static void run(struct commands *c, const char *name, const char *const *argv)
{
	struct measure m = measure_command(argv, c->log);

	if (m.status < 0 || m.status > 1) {
		printf("  %-22s failed (exit status %d)\n", name, m.status);
		json_object_set_new(c->out, name, json_null());
		c->bench->refused++;
		return;
	}
	printf("  %-22s %8.3f s wall %8.3f s cpu %8.1f MiB\n", name, m.wall, m.cpu, m.rss);
	json_object_set_new(
		c->out, name,
		json_pack("{s:f, s:f, s:f}", "wall_s", m.wall, "cpu_s", m.cpu, "rss_mib", m.rss));
	fflush(stdout);
}

static void run_build(struct commands *c)
{
	const char *const build[] = {c->polc, "build", c->input, "-o", c->bundle, NULL};
	double kib;

	run(c, "build", build);
	run(c, "build, warm cache", build);
	kib = measure_tree(c->bundle);
	printf("  %-22s %8.0f KiB\n", "bundle", kib);
	json_object_set_new(c->out, "bundle_kib", json_real(kib));
}

static void run_check(struct commands *c)
{
	const char *const check[] = {c->polc, "check", c->input, NULL};

	run(c, "check", check);
}

static void run_reach(struct commands *c)
{
	const char *const reach[] = {c->polc,   "reach",    c->input, "--port", "tcp/8080",
				     "--group", "--format", "json",   NULL};

	run(c, "reach, all pairs", reach);
}

static void run_diff(struct commands *c)
{
	const char *const diff[] = {c->polc, "diff", c->input, c->edited, NULL};

	run(c, "diff, ten edits", diff);
}

/* --- the inputs ------------------------------------------------------------------------- */

static void cluster(struct bench *b, const struct cluster_size *size)
{
	_cleanup_buf_ struct buf text = {0}, probes = {0};
	struct commands c;

	begin(&c, b, "NetworkPolicies", size->policies, "yaml");
	printf("\n%u NetworkPolicies, %u namespaces, %u pods\n", size->policies, size->namespaces,
	       size->pods);
	cluster_write(size, &text);
	cluster_write_probes(size, N_PROBES, &probes);
	if (save(c.input, &text) && save(c.probes, &probes)) {
		const char *const reach[] = {c.polc,   "reach",    c.input, "--probes",
					     c.probes, "--format", "json",  NULL};

		run_check(&c);
		run_build(&c);
		run(&c, "reach, 10000 probes", reach);
		run_reach(&c);
	}
}

/* Another port in ten rules that have a single one, spread over the text. */
static void edit(struct buf *text)
{
	enum { EDITS = 10 };
	char *at = text->s;

	for (size_t i = 1; at && i <= EDITS; i++) {
		at = strstr(text->s + i * (text->n / (EDITS + 1)), " on tcp/");
		while (at && at[8 + strspn(at + 8, "0123456789")] == '-')
			at = strstr(at + 1, " on tcp/");
		if (at)
			at[8] = at[8] == '1' ? '2' : '1';
	}
}

static void ordered(struct bench *b, unsigned rules)
{
	_cleanup_buf_ struct buf text = {0};
	bool saved;
	struct commands c;

	begin(&c, b, "ordered rules", rules, "pol");
	printf("\n%u ordered rules for two endpoints, %u pods\n", rules, POLICY_PODS);
	policy_write(rules, &text);
	saved = save(c.input, &text);
	edit(&text);
	if (!saved || !save(c.edited, &text))
		return;
	run_check(&c);
	run_diff(&c);
	run_build(&c);
}

void commands_bench(struct bench *b)
{
	static const struct cluster_size sizes[] = {{10, 5, 50}, {100, 50, 500}, {1000, 500, 5000}};
	size_t n = b->quick ? 1 : sizeof(sizes) / sizeof(*sizes);

	for (size_t i = 0; i < n; i++)
		cluster(b, &sizes[i]);
	ordered(b, 1000);
	if (!b->quick)
		ordered(b, 10000);
}
