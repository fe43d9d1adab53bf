/* SPDX-License-Identifier: Apache-2.0 */
/* What a command costs. */
#pragma once

#include <stddef.h>

struct measure {
	double wall, cpu; /* seconds; cpu is user and system time */
	double rss;       /* MiB, the largest that it had */
	int status;       /* exit status; -1: killed or not started */
};

/* Runs a command with its output to `out_path`. */
struct measure measure_command(const char *const *argv, const char *out_path);
/* Size of all files below a directory, in KiB. */
double measure_tree(const char *dir);
/* Seconds of a clock that only goes forward. */
double measure_now(void);
