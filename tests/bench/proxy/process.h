/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that run beside the bench, each on a CPU, and end with it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What it says is in the file `said`. -1: it cannot be started. */
pid_t process_start(const char *const *argv, const char *said, unsigned cpu);
void process_stop(pid_t pid);
/* Its exit status; -1: something else has ended it. */
int process_wait(pid_t pid);
/* User and system time of it so far, seconds. */
double process_cpu(pid_t pid);
/* Waits until somebody takes connections at this port of 127.0.0.1, while the process lives. */
bool process_listens(pid_t pid, uint16_t port);
