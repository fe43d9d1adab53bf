/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests by h2load: several clients of one connection each. Each has paths of its own, since one
 * h2load with several connections asks for the same paths on each, which whoever remembers answers
 * would like.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOAD_CLIENTS = 8,
	LOAD_STREAMS = 4, /* at once on a connection of HTTP/2 */
	LOAD_PATHS = 60000,
};

struct load {
	const char *dir; /* where paths and logs are */
	uint16_t port;
	bool h2;
	unsigned cpu;
	size_t n; /* requests; of all clients */
};

struct loaded {
	double rate, p50, p99; /* a second; microseconds */
	size_t n, refused;     /* answers, and those that are no 200 */
};

/* LOAD_PATHS of them. */
bool load_write_paths(const char *dir, const char *const *paths);
/* False after saying why. */
bool load_run(const struct load *l, struct loaded *out);
/* One after the other, on one connection: `n` paths with this method. The statuses are in their
 * order. False after saying why. */
bool load_ask(const struct load *l, const char *method, const char *const *paths, size_t n,
	      int *statuses);
