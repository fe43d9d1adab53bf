/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured: one line for each variant, size and workload. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "lang/base/arena.h"

/* X(ENUM, "name", "unit") */
#define RESULT_PLACES(X)                                                                           \
	X(TEST_RUN, "BPF_PROG_TEST_RUN", "ns a packet")                                            \
	X(TELLING, "counters and events", "ns a packet")                                           \
	X(STACK, "stack", "ns a packet")                                                           \
	X(CHANGE, "change", "ms until enforced")                                                   \
	X(CONNECT, "connections", "TCP connections a second")                                      \
	X(REQUESTS, "requests", "ns a request")                                                    \
	X(REQUESTS_BUILD, "requests, build", "ms to build")                                        \
	X(REQUESTS_SIZE, "requests, size", "KiB")                                                  \
	X(PROXY_CPU, "proxy, CPU", "us of CPU a request")                                          \
	X(PROXY_RATE, "proxy, rate", "requests a second")                                          \
	X(PROXY_P50, "proxy, p50", "us until answered")                                            \
	X(PROXY_P99, "proxy, p99", "us until answered")                                            \
	X(PROXY_ALONE, "proxy, p50 alone", "us until answered")                                    \
	X(VERIFY, "verifier", "s")                                                                 \
	X(VERIFY_MEMORY, "verifier, memory", "MiB")

enum result_place {
#define X(id, name, unit) RESULT_##id,
	RESULT_PLACES(X)
#undef X
};

struct result {
	enum result_place place;
	unsigned size;        /* rules; of CHANGE: endpoints; of reach: NetworkPolicies */
	const char *workload; /* "internal, random" */
	const char *variant;
	double median, low, high; /* the quartiles */
	size_t n;                 /* samples */
};

struct results {
	struct arena arena;
	VEC(struct result) all;
};

void results_init(struct results *r);
void results_fini(struct results *r);

/* Takes the median of samples, which get sorted. */
void results_add(struct results *r, enum result_place place, unsigned size, const char *workload,
		 const char *variant, double *samples, size_t n);
/* A median; NAN if it was not measured. */
double results_get(const struct results *r, enum result_place place, unsigned size,
		   const char *workload, const char *variant);

/* The table of one place and size: variants down, workloads across. `base`: the variant above
 * which the first workload's cost is shown too, or NULL. */
void results_print(const struct results *r, enum result_place place, unsigned size,
		   const char *base);
json_t *results_json(const struct results *r);
