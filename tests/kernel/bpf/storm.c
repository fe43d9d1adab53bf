/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "tests/kernel/bpf/storm.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

void storm_open(struct storm *s, struct datapath *dp)
{
	*s = (struct storm){.dp = dp, .obj = dp_open_beside(dp, "storm")};
}

void storm_close(struct storm *s)
{
	bpf_object__close(s->obj);
}

/* --- running -------------------------------------------------------------------------- */

struct run {
	int prog, cpu, err; /* cpu -1: any */
	const struct storm_flows *flows;
	uint32_t wait, found;
};

static void *run(void *arg)
{
	struct run *r = arg;
	const struct storm_flows *f = r->flows;
	struct __sk_buff ctx = {.cb = {f->first, f->n, f->what, f->crowd, r->wait}};
	uint8_t frame[64] = {[12] = 0x08};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	cpu_set_t set;

	if (r->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(r->cpu, &set);
		pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	}
	r->err = bpf_prog_test_run_opts(r->prog, &opts);
	r->found = opts.retval;
	return NULL;
}

static int program(const struct storm *s, enum net_family family)
{
	const char *name = family == NET_V4 ? "storm4" : "storm6";

	return bpf_program__fd(bpf_object__find_program_by_name(s->obj, name));
}

uint32_t storm_run(const struct storm *s, const struct storm_flows *flows)
{
	struct run r = {.prog = program(s, flows->family), .cpu = -1, .flows = flows};

	run(&r);
	assert_int_equal(r.err, 0);
	return r.found;
}

uint32_t storm_run_two(const struct storm *s, const struct storm_flows flows[2])
{
	struct run runs[2];
	pthread_t threads[2];

	for (int i = 0; i < 2; i++) {
		runs[i] = (struct run){.prog = program(s, flows[i].family),
				       .cpu = i,
				       .flows = &flows[i],
				       .wait = 2};
		assert_int_equal(pthread_create(&threads[i], NULL, run, &runs[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(runs[0].err | runs[1].err, 0);
	return runs[0].found + runs[1].found;
}

/* --- looking -------------------------------------------------------------------------- */

/* Few ports, so that a record put together from two flows can be that of none. */
enum { PORTS = 61 };

static bool ports_fit(uint64_t meta, uint32_t flow)
{
	uint32_t sport_be = meta & 0xffff, dport_be = meta >> 16 & 0xffff;

	return ntohs(sport_be) == 20000 + flow % PORTS && ntohs(dport_be) == 8000 + flow % PORTS;
}

bool storm_knows(const struct dp_flow *flow)
{
	const uint64_t *addr = flow->addr;
	uint32_t src, dst;

	if (flow->family == NET_V4) {
		src = ntohl((uint32_t)addr[0]) - 0x64000000;
		dst = ntohl((uint32_t)(addr[0] >> 32)) - 0x28000000;
	} else {
		src = ntohl((uint32_t)(addr[0] >> 32));
		dst = ntohl((uint32_t)(addr[2] >> 32));
		if (addr[0] << 32 != addr[2] << 32 || addr[0] >> 32 != addr[1] >> 32 ||
		    addr[2] >> 32 != addr[3] >> 32)
			return false;
	}
	return src == dst && ports_fit(*flow->meta, src);
}

uint64_t storm_fates(const struct storm *s, enum polc_ct_fate fate)
{
	int map = bpf_object__find_map_fd_by_name(s->obj, POLC_MAP_CT_FATES);
	uint64_t *all = calloc(s->dp->n_cpus, sizeof(*all)), sum = 0;
	uint32_t key = fate;

	assert_non_null(all);
	assert_int_equal(bpf_map_lookup_elem(map, &key, all), 0);
	for (uint32_t cpu = 0; cpu < s->dp->n_cpus; cpu++)
		sum += all[cpu];
	free(all);
	return sum;
}
