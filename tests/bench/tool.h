/* SPDX-License-Identifier: Apache-2.0 */
/* Other programs: ip, nft, ipset, iptables, gnuplot. One that is missing is said, once. */
#pragma once

#include <stdbool.h>

/* Is it there? If not, says which Debian package has it. */
bool tool_is_there(const char *name, const char *package);
/* Runs it with `input` (or NULL) on standard input; false after showing what it said. */
bool tool_run(const char *const *argv, const char *input);
/* `ip -batch`: one command a line. */
bool tool_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));
