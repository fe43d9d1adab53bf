/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a random test draws:
 *
 *   while (campaign_next(&c, &seed))
 *           check(seed);
 *
 *   POLC_SEED=N      begins with this seed, and draws no other unless it is told how many
 *   POLC_ROUNDS=N    draws so many, the same ones in every run
 *   POLC_SECONDS=N   draws for so long, from a seed that no run before had
 *
 * Without any of them a test draws its own number, from 1 on. What it begins with is printed.
 */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct campaign {
	uint64_t first, done;
	uint64_t rounds; /* 0: until the time is over */
	double end;      /* s */
	bool one;        /* somebody looks at this one seed */
};

static inline double campaign_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* `rounds` where the environment does not say; of a time that it says, `share` as much. */
static inline struct campaign campaign_begin(uint64_t rounds, double share)
{
	const char *seed = getenv("POLC_SEED"), *number = getenv("POLC_ROUNDS"),
		   *seconds = getenv("POLC_SECONDS");
	struct campaign c = {.first = 1, .rounds = rounds};

	if (seed) {
		c.first = strtoull(seed, NULL, 0);
		c.one = !number;
		c.rounds = 1;
	}
	if (number) {
		c.rounds = strtoull(number, NULL, 0);
	} else if (seconds && !seed) {
		c.first = (uint64_t)time(NULL) << 16;
		c.rounds = 0;
		c.end = campaign_now() + share * strtod(seconds, NULL);
	}
	printf("# seeds from POLC_SEED=%" PRIu64 "\n", c.first);
	fflush(stdout); /* a crash is to leave it */
	return c;
}

/* At least one. */
static inline bool campaign_next(struct campaign *c, uint64_t *seed)
{
	if (c->done && (c->rounds ? c->done >= c->rounds : campaign_now() >= c->end))
		return false;
	*seed = c->first + c->done++;
	return true;
}

/* How far from one place to the next where a test tries all `n` places of a text: of these, too,
 * POLC_ROUNDS takes less, a hundred a round. */
static inline size_t campaign_stride(size_t n)
{
	const char *number = getenv("POLC_ROUNDS");

	return number ? n / (100 * (strtoull(number, NULL, 0) + 1)) + 1 : 1;
}
