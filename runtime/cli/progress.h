/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a command is, for people who wait: one line on a terminal, of what takes over a second.
 * It is gone when the step is over, and so before anything else is printed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct work;

struct progress {
	const char *command;
	uint64_t next; /* when it may be drawn, in milliseconds of CLOCK_MONOTONIC */
	size_t shown;  /* columns that stand there */
};

/* Watches the work if standard error is a terminal. Both have to live as long as each other. */
void progress_watch(struct progress *p, const char *command, struct work *w);
