/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds a packet by BPF_PROG_TEST_RUN. The variants take turns, round by round, so that
 * whatever slows the machine for a while slows all of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"

enum { REPEAT = 2 * BENCH_PACKETS, QUICK_REPEAT = BENCH_PACKETS, QUICK_CHECKS = 8192 };

/* X(ENUM, "name", packets) */
#define WORKING_SETS(X)                                                                            \
	X(RANDOM, "random", BENCH_PACKETS)                                                         \
	X(HOT, "hot", BENCH_HOT)

static const struct {
	const char *name;
	unsigned packets;
} sets[] = {
#define X(id, name, packets) {name, packets},
	WORKING_SETS(X)
#undef X
};

enum { N_SETS = sizeof(sets) / sizeof(*sets), MAX_ROUNDS = 64 };

/* Holds every verdict against the policy; flows get into the conntrack tables on the way. */
static void check(struct bench *b, struct field *f, const struct traffic *t, const char *mix)
{
	for (int v = 0; v < N_VARIANTS; v++) {
		int wrong;

		if (!variant_judges((enum variant)v) || f->targets[v].fd < 0)
			continue;
		wrong = wrap_check(&b->wrap, &f->targets[v], t,
				   b->quick ? QUICK_CHECKS : BENCH_PACKETS);
		if (wrong < 0)
			b->refused++;
		else
			b->disagreements += (unsigned)wrong;
		if (wrong)
			printf("  %s, %s: %d verdicts are not the policy's\n",
			       variant_name((enum variant)v), mix, wrong);
	}
}

/* Once through all packets first, so that none pays for what the variant before it left behind. */
static double run(struct bench *b, const struct wrap_target *target, unsigned packets,
		  unsigned repeat)
{
	if (wrap_run(&b->wrap, target, packets - 1, packets) < 0)
		return -1;
	return wrap_run(&b->wrap, target, packets - 1, repeat);
}

static void measure(struct bench *b, struct field *f, const char *mix, unsigned set)
{
	static double samples[N_VARIANTS][MAX_ROUNDS];
	unsigned n[N_VARIANTS] = {0}, repeat = b->quick ? QUICK_REPEAT : REPEAT;
	char workload[64];

	for (unsigned round = 0; round < b->rounds && round < MAX_ROUNDS; round++) {
		for (unsigned i = 0; i < N_VARIANTS; i++) {
			unsigned v = (i + round) % N_VARIANTS;
			double ns = run(b, &f->targets[v], sets[set].packets, repeat);

			if (ns >= 0)
				samples[v][n[v]++] = ns;
		}
	}
	snprintf(workload, sizeof(workload), "%s, %s", mix, sets[set].name);
	for (int v = 0; v < N_VARIANTS; v++) {
		b->refused += !n[v];
		results_add(&b->results, RESULT_TEST_RUN, f->rules, workload,
			    variant_name((enum variant)v), samples[v], n[v]);
	}
}

void test_run_bench(struct bench *b, struct field *f)
{
	for (int m = 0; m < TRAFFIC_N_MIXES; m++) {
		const char *mix = traffic_mix_name((enum traffic_mix)m);

		wrap_use(&b->wrap, f->traffic[m]);
		check(b, f, f->traffic[m], mix);
		for (unsigned s = 0; s < N_SETS; s++)
			measure(b, f, mix, s);
	}
	results_print(&b->results, RESULT_TEST_RUN, f->rules, variant_name(VARIANT_PARSE));
}
