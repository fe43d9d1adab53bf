/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/proxy/load.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/bench/proxy/process.h"

#define ASKED "asked"

struct client {
	const char *method; /* NULL: GET */
	const char *name;
	size_t n;
	unsigned streams;
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
	char base[64], n[32], streams[16], method[32], paths[PATH_MAX], said[PATH_MAX],
		log[PATH_MAX + 16];
	const char *argv[24] = {"h2load", "-t1", "-c1", "-N30", "-n", n, "-m", streams, "-B", base};
	size_t at = 10;

	snprintf(base, sizeof(base), "http://127.0.0.1:%u", l->port);
	snprintf(n, sizeof(n), "%zu", c->n);
	snprintf(streams, sizeof(streams), "%u", c->streams);
	snprintf(method, sizeof(method), ":method: %s", c->method ? c->method : "GET");
	file_of(l, "paths", c->name, paths);
	file_of(l, "said", c->name, said);
	snprintf(log, sizeof(log), "--log-file=%s/log-%s", l->dir, c->name);
	unlink(log + strlen("--log-file="));
	argv[at++] = "-i";
	argv[at++] = paths;
	argv[at++] = log;
	if (c->method) {
		argv[at++] = "-H";
		argv[at++] = method;
	}
	if (!l->h2)
		argv[at++] = "--h1";
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

struct answers {
	double *us;
	size_t n, refused;
	double begin, end; /* microseconds */
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A line of h2load: when it began, the status, how long it took; of microseconds. */
static void read_log(const struct load *l, const char *name, struct answers *a, size_t max)
{
	char file[PATH_MAX];
	double begin, us;
	int status;
	FILE *f;

	file_of(l, "log", name, file);
	f = fopen(file, "re");
	while (f && a->n < max && fscanf(f, "%lf %d %lf", &begin, &status, &us) == 3) {
		a->refused += status != 200;
		a->us[a->n++] = us;
		if (begin < a->begin || a->n == 1)
			a->begin = begin;
		if (begin + us > a->end)
			a->end = begin + us;
	}
	if (f)
		fclose(f);
}

static void sum_up(struct answers *a, struct loaded *out)
{
	*out = (struct loaded){.n = a->n, .refused = a->refused};
	if (!a->n)
		return;
	qsort(a->us, a->n, sizeof(*a->us), by_size);
	out->rate = (double)a->n * 1e6 / (a->end - a->begin);
	out->p50 = a->us[a->n / 2];
	out->p99 = a->us[a->n * 99 / 100];
}

bool load_run(const struct load *l, struct loaded *out)
{
	static const char *const names[LOAD_CLIENTS] = {"0", "1", "2", "3", "4", "5", "6", "7"};
	struct client c = {.n = l->n / LOAD_CLIENTS, .streams = l->h2 ? LOAD_STREAMS : 1};
	struct answers a = {.us = calloc(l->n, sizeof(*a.us))};
	pid_t pids[LOAD_CLIENTS];
	bool ok = true;

	if (!a.us)
		abort();
	for (unsigned i = 0; i < LOAD_CLIENTS; i++) {
		c.name = names[i];
		pids[i] = start(l, &c);
	}
	for (unsigned i = 0; i < LOAD_CLIENTS; i++) {
		c.name = names[i];
		ok = finish(l, &c, pids[i]) && ok;
		read_log(l, names[i], &a, l->n);
	}
	sum_up(&a, out);
	free(a.us);
	if (ok && out->n != c.n * LOAD_CLIENTS)
		printf("%zu of %zu requests have an answer\n", out->n, c.n * LOAD_CLIENTS);
	return ok && out->n == c.n * LOAD_CLIENTS;
}

bool load_ask(const struct load *l, const char *method, const char *const *paths, size_t n,
	      int *statuses)
{
	const struct client c = {.method = method, .name = ASKED, .n = n, .streams = 1};
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
