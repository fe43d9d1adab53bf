/* SPDX-License-Identifier: Apache-2.0 */
#include <hs/hs.h>
#include <stdlib.h>

#include "tests/bench/requests/matcher.h"

struct built {
	hs_database_t *database;
	hs_scratch_t *scratch;
};

static void release(void *p)
{
	struct built *b = p;

	hs_free_scratch(b->scratch);
	hs_free_database(b->database);
	free(b);
}

static void *build(const char *const *expressions, size_t n)
{
	struct built *b = calloc(1, sizeof(*b));
	unsigned *ids = calloc(n, sizeof(*ids)), *flags = calloc(n, sizeof(*flags));
	hs_compile_error_t *error = NULL;
	int r;

	if (!b || !ids || !flags)
		abort();
	for (size_t i = 0; i < n; i++)
		ids[i] = (unsigned)i;
	r = hs_compile_multi(expressions, flags, ids, (unsigned)n, HS_MODE_BLOCK, NULL,
			     &b->database, &error);
	hs_free_compile_error(error);
	free(ids);
	free(flags);
	if (r || hs_alloc_scratch(b->database, &b->scratch)) {
		release(b);
		return NULL;
	}
	return b;
}

static int take_least(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		      void *least)
{
	uint32_t *l = least;

	(void)from, (void)to, (void)flags;
	*l = id < *l ? id : *l;
	return 0;
}

static uint32_t first(void *p, const char *line, size_t n)
{
	const struct built *b = p;
	uint32_t least = MATCHER_NONE;

	if (hs_scan(b->database, line, (unsigned)n, 0, b->scratch, take_least, &least))
		abort();
	return least;
}

static size_t size(const void *p)
{
	const struct built *b = p;
	size_t n = 0;

	hs_database_size(b->database, &n);
	return n;
}

const struct matcher matcher_hyperscan = {"Hyperscan", build, first, size, release};
