/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two revisions of a git repository as two directories, or one and the files on disk: what polc
 * reads of a revision is written to a temporary place, so that neither the repository nor its work
 * tree is touched.
 */
#pragma once

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "runtime/cli/git_run.h"
#include "runtime/cli/git_tree.h"

enum { GIT_SIDES = 2 };

struct git_pair {
	struct git git;
	const char *tmp;              /* the temporary place; NULL: there is none */
	const char *prefix;           /* the current directory in the repository, "" or "a/b/" */
	const char *names[GIT_SIDES]; /* the revisions, as the user wrote them */
	struct git_tree trees[GIT_SIDES]; /* the second one is unused with `on_disk` */
	const char *const *paths;         /* from the top of the repository */
	const char *const *args;          /* the same from the current directory */
	size_t n;                         /* of paths */
	bool *has[GIT_SIDES];             /* is there such a path? */
	bool on_disk;                     /* the second side is the files on disk */
};

/*
 * Finds both sides of `range`: "A..B", or "A...B" to begin where both came from; an empty one is
 * HEAD. "A" alone stands for A and the files on disk. Returns 0, or -EINVAL after reporting what
 * git did not like, or another negative errno. git_pair_fini() is due also after an error.
 */
int git_pair_init(struct git_pair *g, const char *range, struct arena *arena, struct diag *diag);
/* Writes the `n` paths, which are below the current directory; none: all that is in it. Each is in
 * one of the two at least. Borrows `args`. Returns as above. */
int git_pair_write(struct git_pair *g, const char *const *args, size_t n, struct diag *diag);
/* Where a side's path is to be read. */
const char *git_pair_place(const struct git_pair *g, int side, size_t path);
void git_pair_fini(struct git_pair *g);
