/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two revisions of a git repository as two directories: `git` writes them to a temporary place,
 * with an index of its own, so that neither the repository nor its work tree is touched.
 */
#pragma once

#include "lang/base/arena.h"
#include "lang/base/diag.h"

struct git_pair {
	const char *tmp;      /* the temporary place; NULL: there is none */
	const char *names[2]; /* the revisions, as the user wrote them */
	const char *roots[2]; /* where their files are */
	const char *prefix;   /* the current directory inside of the repository, "" or "a/b/" */
};

/*
 * Checks out both revisions of `range`: "A..B", or "A...B" to begin where both came from; an
 * empty one is HEAD. Returns 0, or -EINVAL after reporting what git did not like, or another
 * negative errno. git_pair_fini() removes what was written, also after an error.
 */
int git_pair_init(struct git_pair *g, const char *range, struct arena *arena, struct diag *diag);
void git_pair_fini(struct git_pair *g);
