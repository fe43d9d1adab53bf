/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libbpf would print, caught for the diagnostics. libbpf has one print callback for the
 * process; ours is set once and writes to the capture of the calling thread, or nowhere.
 */
#pragma once

#include <stddef.h>

#include "lang/base/diag.h"

enum { RT_LOG_SIZE = 1024 };

/* The newest warnings of libbpf, oldest dropped, without the "libbpf: " in front. */
struct rt_log {
	char text[RT_LOG_SIZE];
	size_t n;
	struct rt_log *outer; /* the capture that this one hides, restored at the end */
};

void rt_log_begin(struct rt_log *log);
void rt_log_end(struct rt_log *log);
#define _cleanup_rt_log_ __attribute__((cleanup(rt_log_end)))

/* Adds a line to this thread's capture, if there is one. */
void rt_log_add(const char *s, size_t n);

/* Forgets what this thread's capture holds, before a call whose warnings matter. */
void rt_log_clear(void);

/* Hangs what was caught below `item`, one note a line, and forgets it. */
void rt_log_notes(struct diag *diag, struct diag_item *item);
