/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/work.h"

#include <time.h>

static uint64_t read_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t now_ms(void)
{
	return read_ms(CLOCK_PROCESS_CPUTIME_ID);
}

/* The time of the process is a call of the kernel, a tick of the wall clock is not: a round may
 * take a nanosecond or a second, and neither is to matter. */
static bool has_ticked(struct work *w)
{
	uint64_t tick = read_ms(CLOCK_MONOTONIC_COARSE);
	bool ticked = tick != w->tick;

	w->tick = tick;
	return ticked;
}

void work_begin(struct work *w, unsigned budget_ms)
{
	w->over = budget_ms == 0;
	w->tick = 0;
	w->deadline = budget_ms == WORK_ENDLESS ? UINT64_MAX : now_ms() + budget_ms;
}

void work_give_up(struct work *w)
{
	if (w)
		w->over = true;
}

unsigned work_left_ms(struct work *w)
{
	uint64_t now, left;

	if (!w || w->deadline == UINT64_MAX)
		return WORK_ENDLESS;
	now = now_ms();
	w->over |= now >= w->deadline;
	left = w->over ? 0 : w->deadline - now;
	return left < WORK_ENDLESS ? (unsigned)left : WORK_ENDLESS;
}

bool work_is_over(struct work *w)
{
	if (!w)
		return false;
	if (!w->over && w->deadline != UINT64_MAX && has_ticked(w))
		work_left_ms(w);
	return w->over;
}

void work_step(struct work *w, const char *what, size_t total)
{
	if (!w)
		return;
	w->what = what;
	w->done = 0;
	w->total = total;
}

void work_tell(struct work *w, size_t done)
{
	if (!w || !w->watch)
		return;
	w->done = done;
	w->watch(w->watcher, w);
}

void work_step_end(struct work *w)
{
	work_step(w, NULL, 0);
	work_tell(w, 0);
}
