/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a packet costs in conntrack's table of buckets, in a kernel hash and in a kernel LRU hash:
 * `conntrack PROGRAM.bpf.o`. README.md says how to read it.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <pthread.h>

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bpf/abi.h"

/* As in bpf/conntrack.bpf.c. */
enum { STORE_NONE, STORE_LRU, STORE_HASH, STORE_BUCKETS, N_STORES };
enum { STEP_OPEN, STEP_ANSWER, STEP_MISS };

enum { PACKETS = 1 << 18, ROUNDS = 11, MAX_CPUS = 2 };

static const struct {
	const char *what;
	unsigned step, flows, cpus;
	bool fresh; /* other flows in each round: they have to make room for each other */
} cases[] = {
	{"opener's packet, 64 flows", STEP_OPEN, 64, 1, false},
	{"opener's packet, 65536 flows", STEP_OPEN, 65536, 1, false},
	{"answer, 64 flows", STEP_ANSWER, 64, 1, false},
	{"answer, 65536 flows", STEP_ANSWER, 65536, 1, false},
	{"no such flow", STEP_MISS, 65536, 1, false},
	{"answer, 65536 flows, two CPUs", STEP_ANSWER, 65536, 2, false},
	{"new flow, table full", STEP_OPEN, PACKETS, 1, true},
	{"new flow, table full, two CPUs", STEP_OPEN, PACKETS, 2, true},
};

struct run {
	int prog;
	unsigned cpu;
	struct __sk_buff ctx;
	double ns;
};

/* Of this thread's own time: others may use the CPU too. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void *run(void *arg)
{
	struct run *r = arg;
	unsigned char frame[64] = {[12] = 0x08};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &r->ctx, .ctx_size_in = sizeof(r->ctx));
	cpu_set_t set;
	double start;
	int err;

	CPU_ZERO(&set);
	CPU_SET(r->cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	start = now();
	err = bpf_prog_test_run_opts(r->prog, &opts);
	r->ns = err ? -1 : (now() - start) / PACKETS;
	return NULL;
}

/* Nanoseconds a packet, of the slowest CPU; negative: it did not run. */
static double round_of(int prog, size_t c, unsigned store, unsigned step, unsigned round)
{
	struct run runs[MAX_CPUS];
	pthread_t threads[MAX_CPUS];
	double worst = 0;

	for (unsigned i = 0; i < cases[c].cpus; i++) {
		unsigned first = cases[c].fresh ? (round * MAX_CPUS + i) * PACKETS : 0;

		runs[i] = (struct run){.prog = prog,
				       .cpu = i,
				       .ctx.cb = {store, step, PACKETS, cases[c].flows - 1, first}};
		pthread_create(&threads[i], NULL, run, &runs[i]);
	}
	for (unsigned i = 0; i < cases[c].cpus; i++) {
		pthread_join(threads[i], NULL);
		if (runs[i].ns < 0 || worst < 0)
			worst = -1;
		else if (runs[i].ns > worst)
			worst = runs[i].ns;
	}
	return worst;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The stores take turns, so that what slows the machine for a while slows all of them. */
static int measure(int prog, size_t c)
{
	double ns[N_STORES][ROUNDS];

	for (unsigned s = 0; s < N_STORES; s++) {
		if (!cases[c].fresh)
			round_of(prog, c, s, STEP_OPEN, 0);
	}
	for (unsigned r = 0; r < ROUNDS; r++) {
		for (unsigned s = 0; s < N_STORES; s++)
			ns[s][r] = round_of(prog, c, s, cases[c].step, r);
	}
	printf("%-32s", cases[c].what);
	for (unsigned s = 0; s < N_STORES; s++) {
		qsort(ns[s], ROUNDS, sizeof(double), compare);
		if (ns[s][0] < 0)
			return -1;
		printf(" %8.1f", s ? ns[s][ROUNDS / 2] - ns[0][ROUNDS / 2] : ns[s][ROUNDS / 2]);
	}
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	struct polc_node node = {.seed = {0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1}};
	struct bpf_object *obj = argc == 2 ? bpf_object__open_file(argv[1], NULL) : NULL;
	unsigned zero = 0;
	int err, prog;

	if (!obj || bpf_object__load(obj)) {
		fprintf(stderr, "usage, as root: %s PROGRAM.bpf.o\n", argv[0]);
		return 2;
	}
	prog = bpf_program__fd(bpf_object__find_program_by_name(obj, "bench"));
	err = bpf_map_update_elem(bpf_object__find_map_fd_by_name(obj, POLC_MAP_NODE), &zero, &node,
				  BPF_ANY);
	printf("%-32s %8s %8s %8s %8s\n", "ns a packet; stores above floor", "floor", "LRU", "hash",
	       "buckets");
	for (size_t c = 0; !err && c < sizeof(cases) / sizeof(*cases); c++)
		err = measure(prog, c);
	bpf_object__close(obj);
	return err ? 3 : 0;
}
