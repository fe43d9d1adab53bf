/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds a packet through the network stack: XDP makes packets that come in at a node,
 * which forwards them to a pod, before whose device the policy stands; behind it they are
 * counted and end. All of it happens on one CPU. Only allowed packets are timed, as a dropped one
 * would spare the rest of the way.
 */
#include "config.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/datapath/stack.h"
#include "tests/bench/measure.h"
#include "tests/bench/rivals/firewall.h"

/* One packet in so many may be lost without the rest losing its meaning. */
enum { MAX_ROUNDS = 64, FEW = 256, TOLERATED = 1000 };

/* A variant on its way: programs are in the lanes first, then the firewalls. */
struct runner {
	struct lane lane;
	const char *name;
	bool ready, judges;
	unsigned repeat;
	double samples[MAX_ROUNDS];
	unsigned n;
};

enum { N_RUNNERS = N_VARIANTS + N_FIREWALLS };

struct stack {
	struct bench *bench;
	struct field *field;
	struct bpf_object *obj;
	struct bench_config *config;
	struct bench_packet *packets;
	uint8_t *arrived;
	int flood, sink;
	struct runner runners[N_RUNNERS];
};

/* --- programs in the lane --------------------------------------------------------------------- */

static bool attach(const char *device, enum bpf_tc_attach_point point, int fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(device),
		    .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1, .prog_fd = fd,
		    .flags = BPF_TC_F_REPLACE);

	bpf_tc_hook_create(&hook);
	return bpf_tc_attach(&hook, &opts) == 0;
}

static void detach(const char *device, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(device),
		    .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);

	bpf_tc_detach(&hook, &opts);
}

static bool attach_sink(const struct stack *s, const struct lane *l)
{
	return lane_enter(l->pod) && attach("eth0", BPF_TC_INGRESS, s->sink) &&
	       lane_enter(s->bench->lanes[0].node);
}

/* --- the lanes of a field ------------------------------------------------------------------------
 */

/* polc is on lanes of its own, where it was loaded. */
static const struct lane *lane_of_ours(const struct stack *s, unsigned v)
{
	if (v == VARIANT_OURS)
		return &s->bench->lanes[0];
	return v == VARIANT_OURS_BOTH ? &s->bench->lanes[1] : NULL;
}

static bool prepare_variant(struct stack *s, unsigned v)
{
	struct runner *r = &s->runners[v];
	const struct lane *ours = lane_of_ours(s, v);

	r->name = variant_name(v);
	r->judges = variant_judges(v);
	if (ours) {
		r->lane = *ours;
		r->lane.node = dup(ours->node);
		r->lane.pod = dup(ours->pod);
		return attach_sink(s, &r->lane);
	}
	if (!lane_init(&r->lane, -1, "pod", s->bench->lanes[0].addr, v) ||
	    !attach_sink(s, &r->lane) || !lane_enter(r->lane.node))
		return false;
	return s->field->targets[v].fd < 0 || attach("pod", BPF_TC_EGRESS, s->field->targets[v].fd);
}

static bool prepare_firewall(struct stack *s, enum firewall w)
{
	struct runner *r = &s->runners[N_VARIANTS + w];
	double start;

	r->name = firewall_name(w);
	r->judges = true;
	if (!lane_init(&r->lane, -1, "pod", s->bench->lanes[0].addr, N_VARIANTS + w) ||
	    !attach_sink(s, &r->lane) || !lane_enter(r->lane.node))
		return false;
	start = measure_now();
	if (!firewall_load(s->field, w))
		return false;
	field_say(s->field, r->name, (measure_now() - start) * 1000, "ms to load");
	return true;
}

static void prepare_runners(struct stack *s)
{
	for (unsigned i = 0; i < N_RUNNERS; i++) {
		s->runners[i].lane = (struct lane){.node = -1, .pod = -1};
		if (i >= N_VARIANTS && !firewall_has_tools((enum firewall)(i - N_VARIANTS)))
			continue;
		s->runners[i].ready =
			i < N_VARIANTS ? prepare_variant(s, i)
				       : prepare_firewall(s, (enum firewall)(i - N_VARIANTS));
		s->bench->refused += !s->runners[i].ready;
		lane_enter(s->bench->lanes[0].node);
	}
}

/* --- packets on their way -------------------------------------------------------------------- */

static void aim(struct stack *s, const struct lane *l)
{
	s->config->next = 0;
	s->config->mask = BENCH_PACKETS - 1;
	s->config->passed = 0;
	inet_pton(AF_INET, l->addr, &s->config->daddr_be);
	lane_feed_macs(s->config->dmac, s->config->smac);
}

/* Until so many have arrived, or none came for a while. */
static void await(const struct stack *s, unsigned wanted)
{
	const volatile __u32 *passed = &s->config->passed;
	double last = measure_now();
	__u32 seen = *passed;

	while (*passed < wanted && measure_now() - last < 0.02) {
		sched_yield();
		if (*passed != seen) {
			seen = *passed;
			last = measure_now();
		}
	}
}

/* Sends the first n packets; nanoseconds each, as the kernel took them around each batch and the
 * softirq behind it: making and ending a run costs milliseconds that are no packet's. -1: the
 * kernel refused, or clearly fewer than `wanted` packets arrived. */
static double send_packets(struct stack *s, const struct lane *l, unsigned n, unsigned wanted)
{
	struct wrap_target target = {.addr = l->addr};
	uint8_t frame[BENCH_FRAME];
	size_t len = wrap_frame(&target, frame);
	struct xdp_md ctx = {.data_end = (__u32)len, .ingress_ifindex = l->feed};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (__u32)len,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = (int)n,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (!lane_enter(l->node))
		return -1;
	aim(s, l);
	if (bpf_prog_test_run_opts(s->flood, &opts))
		return -1;
	await(s, wanted);
	return s->config->passed + n / TOLERATED >= wanted ? (double)opts.duration : -1;
}

static void use(struct stack *s, const struct traffic *t)
{
	memcpy(s->packets, t->packets, sizeof(t->packets));
}

/* --- verdicts -----------------------------------------------------------------------------------
 */

static unsigned count_allowed(const struct traffic *t, unsigned n)
{
	unsigned allowed = 0;

	for (unsigned i = 0; i < n; i++)
		allowed += t->allowed[i];
	return allowed;
}

static void show(const struct runner *r, const struct traffic *t, unsigned i)
{
	const struct bench_packet *p = &t->packets[i];
	struct in_addr from = {.s_addr = p->saddr_be};

	printf("  %s: the packet from %s, protocol %u, to port %u should%s arrive\n", r->name,
	       inet_ntoa(from), p->proto, ntohs(p->dport_be), t->allowed[i] ? "" : " not");
}

/* How many packets take so long, as far as there are so many. */
static unsigned packets_in(double seconds, double ns)
{
	double n = ns > 0 ? seconds * 1e9 / ns : FEW;

	return n > BENCH_PACKETS ? BENCH_PACKETS : n < FEW ? FEW : (unsigned)n;
}

/* Sets with ranges of several fields miss single packets on some kernels (see README.md): that is
 * said, but it is no fault of the policy or its translation, which would touch more. */
static bool is_kernels_own(const struct stack *s, const struct runner *r)
{
	return r >= &s->runners[N_VARIANTS];
}

/* Holds what arrives against the policy. */
static void check(struct stack *s, struct runner *r, const struct traffic *t)
{
	double ns = send_packets(s, &r->lane, FEW, count_allowed(t, FEW));
	unsigned n = packets_in(s->bench->quick ? 0.02 : 0.5, ns), wrong = 0;

	memset(s->arrived, 0, BENCH_PACKETS);
	send_packets(s, &r->lane, n, count_allowed(t, n));
	for (unsigned i = 0; i < n; i++) {
		if (s->arrived[i] != t->allowed[i] && !wrong++)
			show(r, t, i);
	}
	if (is_kernels_own(s, r) && wrong <= n / TOLERATED)
		s->bench->foreign += wrong;
	else
		s->bench->disagreements += wrong;
	if (wrong)
		printf("  %s: %u of %u packets in the stack had another fate than the policy's\n",
		       r->name, wrong, n);
}

/* --- rounds -------------------------------------------------------------------------------------
 */

/* A sample takes a short time, but no moment, however slow or fast the variant is. */
static void set_repeat(struct stack *s, struct runner *r)
{
	r->repeat = packets_in(s->bench->quick ? 0.01 : 0.04, send_packets(s, &r->lane, FEW, FEW));
	r->n = 0;
}

static void measure(struct stack *s, const char *mix)
{
	for (unsigned i = 0; i < N_RUNNERS; i++) {
		if (s->runners[i].ready)
			set_repeat(s, &s->runners[i]);
	}
	for (unsigned round = 0; round < s->bench->rounds && round < MAX_ROUNDS; round++) {
		for (unsigned i = 0; i < N_RUNNERS; i++) {
			struct runner *r = &s->runners[(i + round) % N_RUNNERS];
			double ns = r->ready ? send_packets(s, &r->lane, r->repeat, r->repeat) : -1;

			if (ns > 0)
				r->samples[r->n++] = ns;
		}
	}
	for (unsigned i = 0; i < N_RUNNERS; i++) {
		struct runner *r = &s->runners[i];

		s->bench->refused += r->ready && !r->n;
		if (r->ready)
			results_add(&s->bench->results, RESULT_STACK, s->field->rules, mix, r->name,
				    r->samples, r->n);
	}
}

static void bench_mix(struct stack *s, enum traffic_mix m)
{
	struct traffic *t = malloc(sizeof(*t));

	if (!t)
		return;
	*t = *s->field->traffic[m];
	use(s, t);
	for (unsigned i = 0; i < N_RUNNERS; i++) {
		if (s->runners[i].ready && s->runners[i].judges)
			check(s, &s->runners[i], t);
	}
	traffic_keep(t, true);
	use(s, t);
	measure(s, traffic_mix_name(m));
	free(t);
}

/* --- begin and end ------------------------------------------------------------------------------
 */

static bool stack_init(struct stack *s)
{
	s->obj = wrap_open("flood");
	if (!s->obj || !wrap_load_object(s->obj))
		return false;
	s->config = wrap_data(s->obj, ".bss.config", sizeof(*s->config));
	s->packets = wrap_data(s->obj, ".bss.packets", BENCH_PACKETS * sizeof(*s->packets));
	s->arrived = wrap_data(s->obj, ".bss.arrived", BENCH_PACKETS);
	s->flood = bpf_program__fd(bpf_object__find_program_by_name(s->obj, "flood"));
	s->sink = bpf_program__fd(bpf_object__find_program_by_name(s->obj, "sink"));
	return s->config && s->packets && s->arrived;
}

static void stack_fini(struct stack *s)
{
	if (s->config)
		munmap(s->config, sizeof(*s->config));
	if (s->packets)
		munmap(s->packets, BENCH_PACKETS * sizeof(*s->packets));
	if (s->arrived)
		munmap(s->arrived, BENCH_PACKETS);
	for (unsigned i = 0; i < N_RUNNERS; i++) {
		if (lane_of_ours(s, i) && s->runners[i].ready && lane_enter(s->runners[i].lane.pod))
			detach("eth0", BPF_TC_INGRESS);
		lane_fini(&s->runners[i].lane);
	}
	lane_enter(s->bench->lanes[0].node);
	bpf_object__close(s->obj);
}

void stack_bench(struct bench *b, struct field *f)
{
	struct stack *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->bench = b;
	s->field = f;
	for (unsigned i = 0; i < N_RUNNERS; i++)
		s->runners[i].lane = (struct lane){.node = -1, .pod = -1};
	if (stack_init(s)) {
		prepare_runners(s);
		for (int m = 0; m < TRAFFIC_N_MIXES; m++)
			bench_mix(s, (enum traffic_mix)m);
		results_print(&b->results, RESULT_STACK, f->rules, variant_name(VARIANT_NONE));
	} else {
		b->refused++;
	}
	stack_fini(s);
	free(s);
}
