/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about requests as services have them, and requests to them: paths of some forms with names
 * in them, four in five of which a rule matches.
 */
#pragma once

#include <stddef.h>

#include "lang/base/arena.h"

struct genre_rule {
	const char *method, *path; /* the path is an expression */
};

struct genre_request {
	const char *line; /* "GET /a" */
	size_t method_len, len;
};

struct genre {
	struct arena arena;
	VEC(struct genre_rule) rules;
	VEC(struct genre_request) requests;
};

enum { GENRE_REQUESTS = 16384 };

/* The same for the same size, on every machine. */
void genre_init(struct genre *g, unsigned rules);
void genre_fini(struct genre *g);
