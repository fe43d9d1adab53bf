/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that may take long, and how much time of a processor it has: a machine under load answers
 * no less. Whoever loops asks, and gives up when the time is up; what was found by then is not
 * the whole.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum { WORK_MAX_S = 86400 };
#define WORK_ENDLESS UINT_MAX

struct work {
	uint64_t deadline; /* in milliseconds of this process; UINT64_MAX: there is none */
	unsigned asked;    /* how often, since the clock was read */
	bool over;         /* it stays so */
};

/* The time runs from now on. 0: there is none, and WORK_ENDLESS: there is no end. */
void work_begin(struct work *w, unsigned budget_ms);
/* Is the time up? Costs next to nothing, so that each round of a loop may ask. NULL has no end. */
bool work_is_over(struct work *w);
/* What is left, by the clock; WORK_ENDLESS at most. */
unsigned work_left_ms(struct work *w);
