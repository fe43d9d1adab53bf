/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that may take long: how much time of a processor it has, as a machine under load answers no
 * less, and how far it is, for whoever watches. Whoever loops asks whether the time is up, and then
 * gives up: what was found is not the whole. Nothing is shown here.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORK_MAX_S = 86400 };
#define WORK_ENDLESS UINT_MAX

struct work;

/* Called each time that a step is a little further, and once it is over (`what` is NULL). */
typedef void work_watch_fn(void *ctx, const struct work *w);

struct work {
	uint64_t deadline; /* in milliseconds of this process; UINT64_MAX: there is none */
	uint64_t tick;     /* of the wall clock, when it was last asked */
	bool over;         /* it stays so */

	work_watch_fn *watch; /* NULL: nobody does */
	void *watcher;        /* its context, borrowed */
	const char *what;     /* the step: what it counts, as in `42 pairs`; NULL: there is none */
	size_t done, total;   /* of these; a total of 0: nobody knows it */
};

/* All functions take NULL for work that has no end and that nobody watches, but for the first. */

/* The time runs from now on. 0: there is none, and WORK_ENDLESS: there is no end. Who watches
 * stays. */
void work_begin(struct work *w, unsigned budget_ms);
/* Is the time up? Costs next to nothing, so that each round of a loop may ask. */
bool work_is_over(struct work *w);
/* What is left, by the clock; WORK_ENDLESS at most. */
unsigned work_left_ms(struct work *w);

/* What had all that was left did not end in it: the time is up. */
void work_give_up(struct work *w);

/* A step begins, and ends. `what` is static text. */
void work_step(struct work *w, const char *what, size_t total);
void work_step_end(struct work *w);
/* So many are done. Costs next to nothing where nobody watches. */
void work_tell(struct work *w, size_t done);
