/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests by h2load: several clients, each with paths of its own. Over HTTP/2 a client has one
 * connection, so that no path is asked for twice. Over HTTP/1.1, where that would be a request at a
 * time, it has several, which all go through its paths: a proxy that remembered verdicts would look
 * too good.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOAD_CLIENTS = 4,
	LOAD_AT_ONCE = 4, /* requests of a client: connections, or streams of one */
	LOAD_PATHS = 60000,
};

struct load {
	const char *dir; /* where paths and logs are */
	uint16_t port;
	bool h2;
	unsigned cpu;
	size_t n;   /* requests; of all clients */
	bool alone; /* one client that has one request at a time: what it waits for is its own */
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
