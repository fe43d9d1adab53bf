/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands cost that a user runs. */
#pragma once

#include <limits.h>

#include "lang/base/buf.h"
#include "tests/bench/bench.h"
#include "tests/bench/measure.h"

/* Files of one size, in a directory of this process alone. */
struct commands {
	const char *polc;
	struct bench *bench;
	char input[PATH_MAX], edited[PATH_MAX], probes[PATH_MAX], bundle[PATH_MAX], cache[PATH_MAX],
		log[PATH_MAX];
	json_t *out;
};

void commands_bench(struct bench *b);

void commands_begin(struct commands *c, struct bench *b, const char *what, unsigned size,
		    const char *ending);
bool commands_save(const char *path, const struct buf *text);
/* Runs, prints and notes it; its output is in c->log. status is -1 where it failed. */
struct measure commands_run(struct commands *c, const char *name, const char *const *argv);
/* Does that `repeats` times, at most COMMANDS_REPEATS, or once in a quick run; the times become a
 * result. */
enum { COMMANDS_REPEATS = 9 };
void commands_time(struct commands *c, unsigned size, const char *workload, const char *variant,
		   const char *const *argv, size_t repeats);
