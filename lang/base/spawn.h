/* SPDX-License-Identifier: Apache-2.0 */
/* Runs another program to its end: no shell, and what it reads and writes is memory of ours. */
#pragma once

#include <stddef.h>

#include "lang/base/buf.h"

/* All of it is borrowed for the run. */
struct spawn {
	const char *const
		*argv; /* ends in NULL; the program: a path, or a name to find in our PATH */
	const char *const *env; /* its whole environment, ends in NULL; NULL: ours */
	const char *dir;        /* where it works; NULL: where we do */
	const char *input;      /* all that it finds on standard input: n_input bytes */
	size_t n_input;
	/* What it writes is added here; NULL: dropped. The two may be one, which then has both in
	 * the order of writing. */
	struct buf *out, *err;
	size_t limit; /* bytes that are kept of each; the rest is dropped */
};

/* Waits for the program. Returns its exit status, 128 and the signal that ended it, or -errno if
 * it could not be run; where the system cannot tell that in time, 127, as POSIX has it. */
int spawn_run(const struct spawn *s);
