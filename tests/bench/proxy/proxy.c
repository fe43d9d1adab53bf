/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/proxy/proxy.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/proxy/check.h"
#include "tests/bench/proxy/contender.h"
#include "tests/bench/proxy/load.h"
#include "tests/bench/proxy/process.h"
#include "tests/bench/tool.h"

enum {
	MAX_ROUNDS = 7,
	SERVER_PORT = 18090,
	FIRST_PORT, /* of the contenders, two each */
	WARM = 4000,
	WHOLE = LOAD_CLIENTS * LOAD_AT_ONCE,
	FEWEST = 400, /* requests in a turn */
	N_ALONE = 2000,
};

/* --- a run ------------------------------------------------------------------------------------ */

enum { H1, H2, N_PROTOCOLS };

static const char *const protocols[N_PROTOCOLS] = {[H1] = PROXY_H1, [H2] = PROXY_H2};

/* What is measured of each turn. */
enum { CPU, RATE, P50, P99, ALONE, N_MEASURES };

static const enum result_place places[N_MEASURES] = {RESULT_PROXY_CPU, RESULT_PROXY_RATE,
						     RESULT_PROXY_P50, RESULT_PROXY_P99,
						     RESULT_PROXY_ALONE};

struct lap {
	size_t requests; /* in a turn */
	double samples[N_MEASURES][MAX_ROUNDS];
	size_t n;
};

struct run {
	struct bench *bench;
	unsigned rules;
	const char *dir;
	struct genre genre;
	pid_t server, pids[N_CONTENDERS]; /* 0: it takes no part */
	struct lap laps[N_CONTENDERS][N_PROTOCOLS];
};

/* Proxies have the last CPU for themselves, also the server that is asked without one. */
static unsigned cpu_of(int from_last)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > from_last ? (unsigned)(n - 1 - from_last) : 0;
}

enum { PROXY_CPU, CLIENT_CPU, SERVER_CPU };

static unsigned server_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > SERVER_CPU ? cpu_of(SERVER_CPU) : cpu_of(CLIENT_CPU);
}

/* --- begin and end -------------------------------------------------------------------------- */

static pid_t begin(struct run *r, const struct contender *c, const char *name, uint16_t port,
		   unsigned cpu)
{
	const struct conf conf = {&r->genre, arena_printf(&r->genre.arena, "%s/%s", r->dir, name),
				  port, SERVER_PORT};

	return contender_begin(c, &conf, cpu);
}

static bool begin_all(struct run *r)
{
	bool with_nginx = tool_is_there("nginx", "nginx-light"), ok;

	r->server = begin(r, &contenders[0], "server", SERVER_PORT, server_cpu());
	ok = r->server > 0;
	for (unsigned i = 0; ok && i < N_CONTENDERS; i++) {
		const struct contender *c = &contenders[i];

		if (c->program == CONTENDER_NGINX && !with_nginx)
			continue;
		r->pids[i] = begin(r, c, arena_printf(&r->genre.arena, "%u", i),
				   (uint16_t)(FIRST_PORT + 2 * i), cpu_of(PROXY_CPU));
		ok = r->pids[i] > 0;
	}
	return ok;
}

static void end_all(struct run *r)
{
	for (unsigned i = 0; i < N_CONTENDERS; i++)
		process_stop(r->pids[i]);
	process_stop(r->server);
}

/* --- turns ---------------------------------------------------------------------------------- */

static struct load load_of(const struct run *r, unsigned i, unsigned protocol)
{
	return (struct load){
		.dir = r->dir,
		.port = (uint16_t)(FIRST_PORT + 2 * i + (protocol == H2 && contenders[i].apart)),
		.h2 = protocol == H2,
		.cpu = cpu_of(CLIENT_CPU),
		.n = r->laps[i][protocol].requests};
}

/* What is timed is allowed: who denies is spared the server. */
static bool take_turn(struct run *r, unsigned i, unsigned protocol, double out[static N_MEASURES])
{
	struct load load = load_of(r, i, protocol);
	double before = process_cpu(r->pids[i]);
	struct loaded got;

	if (!load_run(&load, &got)) {
		r->bench->refused++;
		return false;
	}
	r->bench->disagreements += (unsigned)got.refused;
	out[CPU] = (process_cpu(r->pids[i]) - before) * 1e6 / (double)got.n;
	out[RATE] = got.rate;
	out[P50] = got.p50;
	out[P99] = got.p99;
	load.alone = true;
	load.n = N_ALONE;
	if (!load_run(&load, &got)) {
		r->bench->refused++;
		return false;
	}
	out[ALONE] = got.p50;
	return true;
}

/* So many requests that a turn takes as long as that of others. */
static bool warm_up(struct run *r, unsigned i, unsigned protocol)
{
	double got[N_MEASURES], n;

	r->laps[i][protocol].requests = WARM;
	if (!take_turn(r, i, protocol, got))
		return false;
	n = got[RATE] * (r->bench->quick ? 0.15 : 0.8);
	n = fmin(fmax(n, FEWEST), LOAD_PATHS);
	r->laps[i][protocol].requests = (size_t)n / WHOLE * WHOLE;
	return true;
}

static bool prepare(struct run *r)
{
	bool allowed[CHECK_REQUESTS], ok = check_judge(&r->genre, allowed);

	for (unsigned at = 0; ok && at < N_CONTENDERS * N_PROTOCOLS; at++) {
		unsigned i = at / N_PROTOCOLS, protocol = at % N_PROTOCOLS;
		struct load load = load_of(r, i, protocol);
		size_t wrong;

		if (!r->pids[i])
			continue;
		wrong = contenders[i].judges ? check_ask(&load, &r->genre, allowed) : 0;
		if (wrong)
			printf("%s, %s: %zu of %d answers are wrong\n", contenders[i].name,
			       protocols[protocol], wrong, CHECK_REQUESTS);
		r->bench->disagreements += (unsigned)wrong;
		ok = !wrong && warm_up(r, i, protocol);
	}
	return ok;
}

static void take_turns(struct run *r)
{
	unsigned n = N_CONTENDERS * N_PROTOCOLS;

	for (unsigned round = 0; round < r->bench->rounds && round < MAX_ROUNDS; round++) {
		for (unsigned k = 0; k < n; k++) {
			unsigned at = (k + round) % n, i = at / N_PROTOCOLS;
			struct lap *lap = &r->laps[i][at % N_PROTOCOLS];
			double got[N_MEASURES];

			if (!r->pids[i] || !take_turn(r, i, at % N_PROTOCOLS, got))
				continue;
			for (unsigned m = 0; m < N_MEASURES; m++)
				lap->samples[m][lap->n] = got[m];
			lap->n++;
		}
	}
}

/* --- the report ------------------------------------------------------------------------------- */

static double get(const struct run *r, unsigned measure, unsigned protocol, const char *name)
{
	return results_get(&r->bench->results, places[measure], r->rules, protocols[protocol],
			   name);
}

static void print_table(const struct run *r, unsigned protocol)
{
	printf("\n%-20s%14s%10s%10s%10s%10s%18s%18s\n", protocols[protocol], "requests/s", "us CPU",
	       "us p50", "us p99", "us alone", "CPU / no rules", "rate / no proxy");
	for (unsigned i = 0; i < N_CONTENDERS; i++) {
		const char *name = contenders[i].name;
		double cpu = get(r, CPU, protocol, name), rate = get(r, RATE, protocol, name);

		if (!r->pids[i])
			continue;
		printf("  %-18s%14.0f%10.1f%10.0f%10.0f%10.0f%18.2f%18.2f\n", name, rate, cpu,
		       get(r, P50, protocol, name), get(r, P99, protocol, name),
		       get(r, ALONE, protocol, name), cpu / get(r, CPU, protocol, PROXY_PLAIN),
		       rate / get(r, RATE, protocol, PROXY_DIRECT));
	}
}

static void report(struct run *r)
{
	for (unsigned protocol = 0; protocol < N_PROTOCOLS; protocol++) {
		for (unsigned i = 0; i < N_CONTENDERS; i++) {
			struct lap *lap = &r->laps[i][protocol];

			for (unsigned m = 0; m < N_MEASURES; m++)
				results_add(&r->bench->results, places[m], r->rules,
					    protocols[protocol], contenders[i].name,
					    lap->samples[m], lap->n);
		}
		print_table(r, protocol);
	}
}

/* --- the run ---------------------------------------------------------------------------------- */

static void measure(struct run *r)
{
	mkdir(r->dir, 0700);
	if (load_write_paths(r->dir, genre_paths(&r->genre, LOAD_PATHS)) && begin_all(r) &&
	    prepare(r)) {
		take_turns(r);
		report(r);
	} else {
		r->bench->refused++;
	}
	end_all(r);
}

void proxy_bench(struct bench *b, unsigned rules)
{
	struct run *r;

	if (!tool_is_there("h2load", "nghttp2-client") || !tool_is_there("haproxy", "haproxy"))
		return;
	printf("\nrequests through a proxy, %u rules\n", rules);
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->bench = b;
	r->rules = rules;
	genre_init(&r->genre, rules);
	r->dir = arena_printf(&r->genre.arena, "%s-proxy-%u", b->env.bundle, rules);
	if (unshare(CLONE_NEWNET) == 0 && tool_ip("link set lo up\n"))
		measure(r);
	else
		b->refused++;
	lane_enter(b->lanes[0].node);
	genre_fini(&r->genre);
	free(r);
}
