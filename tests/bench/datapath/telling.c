/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node has one policy at a time, so the variants take turns by being loaded: each round loads one
 * after the other and sends it a few flows that are allowed, then denied ones, so that what is
 * added is not lost among misses of caches. Of drops far more come than may be told in a second, so
 * what a drop costs here is that of finding this out.
 */
#include "config.h"

#include "tests/bench/datapath/telling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/policy.h"

enum { RULES = 1000, ROUNDS = 15, QUICK_ROUNDS = 2, REPEAT = 2 * BENCH_PACKETS };

static const struct {
	const char *name;
	struct bundle_options wishes;
} variants[] = {
	{"nothing counted", {.uncounted = true}},
	{"reasons counted", {0}},
	{"rules counted too", {.rules = true}},
	{"reasons counted, drops told", {.events = true}},
	{"rules counted, drops told", {.rules = true, .events = true}},
};

enum { N_VARIANTS_HERE = sizeof(variants) / sizeof(*variants) };

/* X(ENUM, "name", allowed) */
#define WORKLOADS(X)                                                                               \
	X(ALLOWED, "allowed", true)                                                                \
	X(DENIED, "denied", false)

static const struct {
	const char *name;
	bool allowed;
} workloads[] = {
#define X(id, name, allowed) {name, allowed},
	WORKLOADS(X)
#undef X
};

enum { N_WORKLOADS = sizeof(workloads) / sizeof(*workloads) };

struct telling {
	struct bench *bench;
	struct ours ours[N_VARIANTS_HERE];
	struct traffic *traffic[N_WORKLOADS];
	double samples[N_WORKLOADS][N_VARIANTS_HERE][ROUNDS];
	unsigned n;
};

static bool build(struct telling *t)
{
	_cleanup_buf_ struct buf text = {0};

	policy_write(RULES, &text);
	for (int v = 0; v < N_VARIANTS_HERE; v++)
		if (!ours_build_with(&t->ours[v], &t->bench->env, buf_str(&text),
				     &variants[v].wishes))
			return false;
	for (int w = 0; w < N_WORKLOADS; w++) {
		t->traffic[w] = traffic_new(t->ours[0].e.ir, t->ours[0].e.cls, POLICY_OPEN,
					    TRAFFIC_INTERNAL);
		if (!t->traffic[w])
			return false;
		traffic_keep(t->traffic[w], workloads[w].allowed);
	}
	return true;
}

static bool run_workload(struct telling *t, const struct wrap_target *target, int w, double *ns)
{
	struct wrap *wrap = &t->bench->wrap;
	int wrong;

	wrap_use(wrap, t->traffic[w]);
	wrong = wrap_check(wrap, target, t->traffic[w], t->bench->quick ? 4096 : BENCH_PACKETS);
	t->bench->disagreements += wrong > 0 ? (unsigned)wrong : 0;
	*ns = wrong < 0 ? -1 : wrap_run(wrap, target, BENCH_HOT - 1, REPEAT);
	return *ns >= 0;
}

static bool run_variant(struct telling *t, int v)
{
	const struct rt_attach attach = {POLICY_OPEN, FIELD_OPEN};
	struct wrap_target target;
	bool ok = ours_load(&t->ours[v], &t->bench->env, &attach, 1) &&
		  ours_target(&t->ours[v], &t->bench->env, POLICY_OPEN, IR_INGRESS,
			      POLICY_OPEN_ADDR, &target);

	for (int w = 0; w < N_WORKLOADS && ok; w++)
		ok = run_workload(t, &target, w, &t->samples[w][v][t->n]);
	if (ok)
		close(target.fd);
	return ok;
}

static bool run(struct telling *t)
{
	unsigned rounds = t->bench->quick ? QUICK_ROUNDS : ROUNDS;

	for (t->n = 0; t->n < rounds; t->n++)
		for (unsigned i = 0; i < N_VARIANTS_HERE; i++)
			if (!run_variant(t, (int)((i + t->n) % N_VARIANTS_HERE)))
				return false;
	return true;
}

void telling_bench(struct bench *b)
{
	struct telling *t = calloc(1, sizeof(*t));

	printf("\ncounters and events, %d rules\n", RULES);
	if (!t)
		abort();
	t->bench = b;
	if (!build(t) || !run(t))
		b->refused++;
	for (int w = 0; w < N_WORKLOADS && t->n; w++)
		for (int v = 0; v < N_VARIANTS_HERE; v++)
			results_add(&b->results, RESULT_TELLING, RULES, workloads[w].name,
				    variants[v].name, t->samples[w][v], t->n);
	results_print(&b->results, RESULT_TELLING, RULES, variants[0].name);
	ours_unload(&b->env);
	for (int v = 0; v < N_VARIANTS_HERE; v++)
		ours_fini(&t->ours[v]);
	for (int w = 0; w < N_WORKLOADS; w++)
		free(t->traffic[w]);
	free(t);
}
