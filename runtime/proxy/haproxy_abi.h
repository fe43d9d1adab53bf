/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structures of HAProxy 2.6 that samples are made of, as far as they are used here (its
 * include/haproxy/sample-t.h, buf-t.h, http-t.h and list-t.h).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HAPROXY_SERIES "2.6."

struct haproxy_list {
	struct haproxy_list *next, *prev;
};

struct haproxy_buffer {
	size_t size;
	char *area;
	size_t data, head;
};

/* What http_known_methods[] has. */
struct haproxy_text {
	const char *s;
	size_t n;
};

enum haproxy_method { HAPROXY_METHOD_GET = 1, HAPROXY_METHOD_OTHER = 8 };

struct haproxy_value {
	int type;
	union {
		long long integer;
		struct haproxy_buffer text;
		struct {
			int method;                 /* enum haproxy_method */
			struct haproxy_buffer text; /* of HAPROXY_METHOD_OTHER */
		} method;
	};
};

/* Its beginning: what follows is HAProxy's. */
struct haproxy_sample {
	unsigned flags;
	struct haproxy_value value;
};

/* SMP_F_VOL_TEST: it is good for this one time. */
enum { HAPROXY_SAMPLE_VOLATILE = 1 << 2 };

struct haproxy_fetch {
	const char *name;
	int (*process)(const void *args, struct haproxy_sample *sample, const char *name,
		       void *own);
	uint64_t args;
	int (*check_args)(void *args, char **error);
	unsigned long type;
	unsigned use, val;
	void *own;
};

struct haproxy_converter {
	const char *name;
	int (*process)(const void *args, struct haproxy_sample *sample, void *own);
	uint64_t args;
	int (*check_args)(void *args, struct haproxy_converter *c, const char *file, int line,
			  char **error);
	unsigned from, to; /* types */
	void *own;
};

/* A fetch without a name ends it. */
struct haproxy_fetches {
	struct haproxy_list list;
	struct haproxy_fetch v[];
};
