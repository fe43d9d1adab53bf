/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/proxy/load.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/bench/proxy/process.h"

#define ASKED "asked"

struct client {
	const char *method;
	const char *name;
	size_t n;
	unsigned at_once;
};

static void file_of(const struct load *l, const char *what, const char *name,
		    char out[static PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s-%s", l->dir, what, name);
}

/* --- paths ---------------------------------------------------------------------------------- */

static bool write_paths(const char *file, const char *const *paths, size_t n)
{
	FILE *f = fopen(file, "we");
	bool ok = f != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = fprintf(f, "http://bench%s\n", paths[i]) > 0;
	if (f && fclose(f))
		ok = false;
	if (!ok)
		perror(file);
	return ok;
}

bool load_write_paths(const char *dir, const char *const *paths)
{
	const struct load l = {.dir = dir};
	size_t each = LOAD_PATHS / LOAD_CLIENTS;
	bool ok = true;

	for (unsigned i = 0; i < LOAD_CLIENTS; i++) {
		char file[PATH_MAX], name[16];

		snprintf(name, sizeof(name), "%u", i);
		file_of(&l, "paths", name, file);
		ok = write_paths(file, paths + i * each, each) && ok;
	}
	return ok;
}

/* --- clients -------------------------------------------------------------------------------- */

static pid_t start(const struct load *l, const struct client *c)
{
	char base[64], n[32], at_once[16], method[32], paths[PATH_MAX], said[PATH_MAX],
		log[PATH_MAX + 16];
	const char *argv[] = {"h2load",
			      "-t1",
			      "-N30",
			      "-n",
			      n,
			      l->h2 ? "-c1" : "-m1",
			      l->h2 ? "-m" : "-c",
			      at_once,
			      "-B",
			      base,
			      "-i",
			      paths,
			      "-H",
			      method,
			      log,
			      l->h2 ? NULL : "--h1",
			      NULL};

	snprintf(base, sizeof(base), "http://127.0.0.1:%u", l->port);
	snprintf(n, sizeof(n), "%zu", c->n);
	snprintf(at_once, sizeof(at_once), "%u", c->at_once);
	snprintf(method, sizeof(method), ":method: %s", c->method);
	snprintf(log, sizeof(log), "--log-file=%s/log-%s", l->dir, c->name);
	file_of(l, "paths", c->name, paths);
	file_of(l, "said", c->name, said);
	unlink(log + strlen("--log-file="));
	return process_start(argv, said, l->cpu);
}

static bool finish(const struct load *l, const struct client *c, pid_t pid)
{
	char said[PATH_MAX];
	int status = process_wait(pid);

	file_of(l, "said", c->name, said);
	if (status)
		printf("h2load ended with %d; %s has what it said\n", status, said);
	return status == 0;
}

/* --- what came ------------------------------------------------------------------------------ */

struct answer {
	double end, us; /* microseconds */
};

struct answers {
	struct answer *v;
	size_t n, refused;
	double begin, end;       /* while all clients are at work */
	double earliest, latest; /* while any is */
};

/* A line of h2load: when it began, the status, how long it took; of microseconds. */
static void read_log(const struct load *l, const char *name, struct answers *a, size_t max)
{
	double begin, us, first = INFINITY, last = 0;
	char file[PATH_MAX];
	int status;
	FILE *f;

	file_of(l, "log", name, file);
	f = fopen(file, "re");
	while (f && a->n < max && fscanf(f, "%lf %d %lf", &begin, &status, &us) == 3) {
		a->refused += status != 200;
		a->v[a->n++] = (struct answer){begin + us, us};
		first = fmin(first, begin);
		last = fmax(last, begin + us);
	}
	if (f)
		fclose(f);
	a->begin = fmax(a->begin, first);
	a->end = fmin(a->end, last);
	a->earliest = fmin(a->earliest, first);
	a->latest = fmax(a->latest, last);
}

static int by_time(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;

	return (x->us > y->us) - (x->us < y->us);
}

/* Of what came while all of them were at work; few requests may be over before the last begins, and
 * then of all. */
static void sum_up(struct answers *a, struct loaded *out)
{
	size_t n = 0;

	*out = (struct loaded){.n = a->n, .refused = a->refused};
	if (a->begin >= a->end) {
		a->begin = a->earliest;
		a->end = a->latest;
	}
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].end >= a->begin && a->v[i].end <= a->end)
			a->v[n++] = a->v[i];
	if (!n)
		return;
	qsort(a->v, n, sizeof(*a->v), by_time);
	out->rate = (double)n * 1e6 / (a->end - a->begin);
	out->p50 = a->v[n / 2].us;
	out->p99 = a->v[n * 99 / 100].us;
}

bool load_run(const struct load *l, struct loaded *out)
{
	static const char *const names[LOAD_CLIENTS] = {"0", "1", "2", "3"};
	unsigned clients = l->alone ? 1 : LOAD_CLIENTS;
	struct client c = {
		.method = "GET", .n = l->n / clients, .at_once = l->alone ? 1 : LOAD_AT_ONCE};
	struct answers a = {.v = calloc(l->n, sizeof(*a.v)), .end = INFINITY, .earliest = INFINITY};
	pid_t pids[LOAD_CLIENTS];
	bool ok = true;

	if (!a.v)
		abort();
	for (unsigned i = 0; i < clients; i++) {
		c.name = names[i];
		pids[i] = start(l, &c);
	}
	for (unsigned i = 0; i < clients; i++) {
		c.name = names[i];
		ok = finish(l, &c, pids[i]) && ok;
		read_log(l, names[i], &a, l->n);
	}
	sum_up(&a, out);
	free(a.v);
	if (ok && out->n != c.n * clients) {
		printf("%zu of %zu requests have an answer\n", out->n, c.n * clients);
		return false;
	}
	return ok;
}

bool load_ask(const struct load *l, const char *method, const char *const *paths, size_t n,
	      int *statuses)
{
	const struct client c = {.method = method, .name = ASKED, .n = n, .at_once = 1};
	char file[PATH_MAX];
	size_t got = 0;
	FILE *f;

	file_of(l, "paths", ASKED, file);
	if (!write_paths(file, paths, n) || !finish(l, &c, start(l, &c)))
		return false;
	file_of(l, "log", ASKED, file);
	f = fopen(file, "re");
	while (f && got < n && fscanf(f, "%*f %d %*f", &statuses[got]) == 1)
		got++;
	if (f)
		fclose(f);
	if (got != n)
		printf("%zu of %zu requests with %s have an answer\n", got, n, method);
	return got == n;
}
