/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: bench [--quick] [RULES...|telling|requests|proxy|commands]
 *
 * `make bench`: one run, in which polc's datapath and what else a user could take are measured
 * side by side. A table on standard output, the same as JSON in bench.json (or where
 * POLC_BENCH_JSON says), a picture in bench.svg (POLC_BENCH_SVG). README.md here says how and what
 * it means.
 *
 *   --quick   less of everything, under two minutes: does it work, and are all verdicts right?
 *   RULES     only these sizes, and no commands
 *   telling   only what counters and events cost
 *   requests  only what judging requests costs, beside other matchers
 *   proxy     only what requests cost that go through a proxy
 *   commands  only what the commands cost, among them the verifier's
 *
 * The status is 0 if everything could be measured that this machine has the tools for and no
 * verdict was wrong; the numbers do not change it.
 */
#include "config.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/datapath/change.h"
#include "tests/bench/datapath/connect.h"
#include "tests/bench/datapath/stack.h"
#include "tests/bench/datapath/telling.h"
#include "tests/bench/policy.h"
#include "tests/bench/proxy/proxy.h"
#include "tests/bench/report/goals.h"
#include "tests/bench/report/picture.h"
#include "tests/bench/requests/requests.h"
#include "tests/bench/tool.h"
#include "tests/bench/verifier/commands.h"

#define TELLING  "telling"
#define COMMANDS "commands"

enum { ROUNDS = 15, QUICK_ROUNDS = 3 };

static const unsigned sizes[] = {10, 100, 1000, 10000}, quick_sizes[] = {10, 1000};
static const unsigned proxy_sizes[] = {10, 100, 1000}, quick_proxy_sizes[] = {100};

/* --- surroundings ----------------------------------------------------------------------- */

/* A network namespace of our own, a node with two pods that polc guards. */
static bool enter_node(struct bench *b)
{
	int node = lane_node_new();
	bool ok = node >= 0 && lane_enter(node) &&
		  lane_init(&b->lanes[0], node, FIELD_OPEN, POLICY_OPEN_ADDR, 1) &&
		  lane_init(&b->lanes[1], node, FIELD_STRICT, POLICY_STRICT_ADDR, 2);

	close(node);
	return ok;
}

/* On what, and when: numbers without this say nothing. */
static json_t *print_head(void)
{
	struct utsname u;
	char when[64];
	time_t now = time(NULL);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	uname(&u);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M", gmtime(&now));
	printf("polc %s, %s UTC, %s %s, %ld CPUs\n", PACKAGE_VERSION, when, u.sysname, u.release,
	       cpus);
	return json_pack("{s:s, s:s, s:s, s:i}", "polc", PACKAGE_VERSION, "date", when, "kernel",
			 u.release, "cpus", (int)cpus);
}

static bool bench_init(struct bench *b, bool quick)
{
	int r;

	*b = (struct bench){.quick = quick, .rounds = quick ? QUICK_ROUNDS : ROUNDS};
	for (int i = 0; i < 2; i++)
		b->lanes[i] = (struct lane){.node = -1, .pod = -1};
	b->machine = print_head();
	b->sizes = json_array();
	results_init(&b->results);
	r = enforce_env_init(&b->env);
	if (r) {
		printf("no BPF here, or not root: %s\n", strerror(-r));
		return false;
	}
	return tool_is_there("ip", "iproute2") && enter_node(b) && wrap_init(&b->wrap);
}

static void bench_fini(struct bench *b)
{
	wrap_fini(&b->wrap);
	for (int i = 0; i < 2; i++)
		lane_fini(&b->lanes[i]);
	enforce_env_fini(&b->env);
	results_fini(&b->results);
	json_decref(b->sizes);
	json_decref(b->machine);
}

/* Measurements stay on one CPU. */
static void pin(bool on)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	for (long i = 0; i < n; i++) {
		if (!on || i == n - 1)
			CPU_SET(i, &set);
	}
	sched_setaffinity(0, sizeof(set), &set);
}

/* --- the run ------------------------------------------------------------------------------ */

static void bench_size(struct bench *b, unsigned rules)
{
	struct field f;

	if (field_init(&f, b, rules)) {
		pin(true);
		test_run_bench(b, &f);
		stack_bench(b, &f);
		pin(false);
	} else {
		b->refused++;
	}
	field_fini(&f, b);
}

static void bench_telling(struct bench *b)
{
	pin(true);
	telling_bench(b);
	pin(false);
}

static void bench_requests(struct bench *b, const unsigned *sizes_here, size_t n)
{
	pin(true);
	for (size_t i = 0; i < n; i++)
		requests_bench(b, sizes_here[i]);
	pin(false);
}

static void bench_proxy(struct bench *b)
{
	const unsigned *s = b->quick ? quick_proxy_sizes : proxy_sizes;
	size_t n = b->quick ? sizeof(quick_proxy_sizes) / sizeof(*quick_proxy_sizes)
			    : sizeof(proxy_sizes) / sizeof(*proxy_sizes);

	for (size_t i = 0; i < n; i++)
		proxy_bench(b, s[i]);
}

static void bench_all(struct bench *b, char **wanted)
{
	const unsigned *s = b->quick ? quick_sizes : sizes;
	size_t n = b->quick ? sizeof(quick_sizes) / sizeof(*quick_sizes)
			    : sizeof(sizes) / sizeof(*sizes);

	if (*wanted && strcmp(*wanted, TELLING) == 0) {
		bench_telling(b);
		return;
	}
	if (*wanted && strcmp(*wanted, REQUESTS) == 0) {
		bench_requests(b, s, n);
		return;
	}
	if (*wanted && strcmp(*wanted, PROXY) == 0) {
		bench_proxy(b);
		return;
	}
	if (*wanted && strcmp(*wanted, COMMANDS) == 0) {
		commands_bench(b);
		return;
	}
	for (char **w = wanted; *w; w++)
		bench_size(b, (unsigned)strtoul(*w, NULL, 10));
	if (*wanted)
		return;
	/* First, while we are small: a child's largest size counts from its birth. */
	commands_bench(b);
	for (size_t i = 0; i < n; i++)
		bench_size(b, s[i]);
	bench_telling(b);
	bench_requests(b, s, n);
	bench_proxy(b);
	change_bench(b);
	connect_bench(b);
}

static int report(struct bench *b)
{
	const char *path = getenv("POLC_BENCH_JSON"), *picture = getenv("POLC_BENCH_SVG");
	json_t *goals = goals_print(&b->results);
	json_t *all = json_pack("{s:O, s:b, s:i, s:i, s:O, s:o, s:o}", "machine", b->machine,
				"quick", (int)b->quick, "disagreements", (int)b->disagreements,
				"firewall_faults", (int)b->foreign, "sizes", b->sizes, "results",
				results_json(&b->results), "goals", goals);
	int err = json_dump_file(all, path ? path : "bench.json", JSON_INDENT(2));

	json_decref(all);
	b->refused += !picture_draw(&b->results, picture ? picture : "bench.svg");
	printf("\nverdicts that differ from the policy: %u\n", b->disagreements);
	if (b->foreign)
		printf("verdicts of nft or iptables that differ from it: %u\n", b->foreign);
	if (b->refused)
		printf("measurements that failed: %u\n", b->refused);
	return err || b->disagreements || b->refused;
}

/* Rules are a number and nothing else. */
static bool is_wanted(const char *s)
{
	bool digits = *s && strspn(s, "0123456789") == strlen(s) && strlen(s) < 6;

	return strcmp(s, TELLING) == 0 || strcmp(s, REQUESTS) == 0 || strcmp(s, PROXY) == 0 ||
	       strcmp(s, COMMANDS) == 0 || (digits && strtoul(s, NULL, 10));
}

int main(int argc, char **argv)
{
	bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
	char **wanted = argv + 1 + quick;
	struct bench b;
	int status = 1;

	for (char **w = wanted; *w; w++) {
		if (!is_wanted(*w)) {
			fprintf(stderr, "usage: bench [--quick] "
					"[RULES...|telling|requests|proxy|commands]\n");
			return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (bench_init(&b, quick)) {
		bench_all(&b, wanted);
		status = report(&b);
	}
	bench_fini(&b);
	return status;
}
