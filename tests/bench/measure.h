/* SPDX-License-Identifier: Apache-2.0 */
/* What a command costs, and what a packet costs. */
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
/* Nanoseconds a packet of a program: the least of some rounds; -1: no BPF. `verdict` is what
 * the program returned. */
double measure_packet(int prog_fd, const void *data, size_t n, int *verdict);
/* What a program returns for a packet; INT_MIN: no BPF. */
int measure_verdict(int prog_fd, const void *data, size_t n);
/* A tc program that returns at once; a descriptor or -errno. */
int measure_empty_program(void);
