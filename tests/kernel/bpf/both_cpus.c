/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* CPU_SET() */
#include "tests/kernel/bpf/both_cpus.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

struct shooter {
	pthread_t thread;
	pthread_barrier_t *start;
	int program, cpu;
	const struct shot *shots;
	size_t n;
	bool backwards;
	uint16_t source;

	int err;
	size_t wrong;
};

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int shoot(const struct shooter *s, size_t i, bool *passed)
{
	struct packet_spec spec = s->shots[i].spec;
	struct packet p;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.data, .repeat = 1);
	int r;

	spec.sport = spec.id = (uint16_t)(s->source + i);
	packet_build(&p, &spec);
	opts.data_size_in = (uint32_t)p.len;
	r = bpf_prog_test_run_opts(s->program, &opts);
	*passed = (int)opts.retval == TC_ACT_UNSPEC;
	return r;
}

static void *run_shooter(void *arg)
{
	struct shooter *s = arg;

	pin_to(s->cpu);
	pthread_barrier_wait(s->start);
	for (size_t i = 0; i < s->n && !s->err; i++) {
		size_t at = s->backwards ? s->n - 1 - i : i;
		bool passed;

		s->err = shoot(s, at, &passed);
		if (!s->err && passed != s->shots[at].pass)
			s->wrong = at;
	}
	return NULL;
}

int both_cpus_run(int program, const struct shot *shots, size_t n, size_t *wrong)
{
	int last = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1, r = 0;
	struct shooter pair[2];
	pthread_barrier_t start;

	*wrong = n;
	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 2; i++) {
		pair[i] = (struct shooter){
			.start = &start,
			.program = program,
			.cpu = i ? last : 0,
			.shots = shots,
			.n = n,
			.backwards = i,
			.source = (uint16_t)(BOTH_FIRST_SOURCE + i * BOTH_MAX_SHOTS),
			.wrong = n};
		if (pthread_create(&pair[i].thread, NULL, run_shooter, &pair[i]))
			abort(); /* the other one would wait for ever */
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(pair[i].thread, NULL);
		r = r ? r : pair[i].err;
		*wrong = pair[i].wrong < n ? pair[i].wrong : *wrong;
	}
	pthread_barrier_destroy(&start);
	return r;
}
