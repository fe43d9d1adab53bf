/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of one revision that polc reads, written below a directory as they lie in the
 * repository: those of the paths named, what they import or link to, and the files that say what is
 * ignored (git_ls_tree.h). Of a partial clone only these are fetched.
 */
#pragma once

#include "runtime/cli/git_ls_tree.h"

struct git_link {
	const char *path, *target; /* both in the repository */
};

struct git_tree {
	struct git_ls_tree ls;
	const char *root;           /* the directory; it is there */
	VEC(struct git_link) links; /* private */
};

/* The caller sets the members of `ls` as for git_ls_tree_init(), and `root`. `paths` are as
 * git_path() gives them; has[i] tells whether the revision has it. Returns 0, or -EINVAL after an
 * error was reported. */
int git_tree_write(struct git_tree *tree, const char *const *paths, size_t n, bool *has);
