/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running git, without a shell, so that what it answers depends on the repository and the revision
 * alone: no hook, no monitor of files, no pattern in a path, and of the variables that change git
 * only those that say how to reach it, and those of the repository that the working directory is in
 * (see doc/diff.md).
 */
#pragma once

#include <stddef.h>

#include "lang/base/arena.h"
#include "lang/base/buf.h"

/* One caller's runs, one after the other. */
struct git {
	struct arena *arena;
	const char *const *env;  /* of every run */
	const struct buf *input; /* what the next run finds on standard input; NULL: nothing */
	struct buf out;          /* what the last run wrote */
	const char *said;        /* the first line of what it complained of, or "" */
};

void git_init(struct git *git, struct arena *arena);
void git_fini(struct git *git);

/* Takes a list of arguments that ends in NULL, the options of git itself left out. Returns the exit
 * status, or a negative errno if git cannot be run. */
int git_run(struct git *git, const char *const *args);
#define GIT(git, ...) git_run((git), (const char *const[]){__VA_ARGS__, NULL})

/* What the last run wrote, without the newline that ends it; in the arena. */
const char *git_line(struct git *git);
/* Why a run failed: what git said of it, or the errno. */
const char *git_reason(const struct git *git, int status);
