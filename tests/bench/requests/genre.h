/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about requests as services have them, and requests to them: paths of some forms with names
 * in them, four in five of which a rule matches.
 */
#pragma once

#include <stddef.h>

#include "lang/base/arena.h"
#include "lang/base/buf.h"

struct genre_names;

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
	const struct genre_names *names; /* by rule */
};

enum { GENRE_REQUESTS = 16384 };

/* The same for the same size, on every machine. */
void genre_init(struct genre *g, unsigned rules);
void genre_fini(struct genre *g);

/* The rules as a policy that has one rule with all of them. */
void genre_policy(const struct genre *g, struct buf *out);
/* So many paths, no two alike, each of which a rule for GET matches. */
const char *const *genre_paths(struct genre *g, size_t n);
