/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of one revision that polc reads, written below a directory as they lie in the
 * repository: those of the paths named, what they import or link to, and the files that say what is
 * ignored, in them and in the directories above. Nothing else of the revision is asked for, so that
 * a large repository costs no more than its policies, and a partial clone fetches only these.
 */
#pragma once

#include "lang/base/diag.h"
#include "lang/base/intern.h"
#include "runtime/cli/git_run.h"

/* What lies below the paths and is not in the revision itself. */
struct git_gap {
	const char *kind; /* "submodule", "LFS file", "link" */
	const char *path;
	const char *id; /* the commit, the object or the target that stands for it */
};

struct git_entry {
	const char *path, *object;
	bool is_link;
};

struct git_link {
	const char *path, *target; /* both in the repository */
};

struct git_tree {
	struct git *git;
	struct diag *diag;
	const char *name;   /* the revision, as the user wrote it */
	const char *commit; /* its number */
	const char *root;   /* the directory; it is there */
	VEC(struct git_gap) gaps;
	/* Private: what was asked for, whether the revision has it, and how far we are. */
	struct intern wants;
	VEC(bool) met;
	size_t listed;
	struct intern seen;
	VEC(struct git_entry) todo;
	VEC(struct git_link) links;
};

/* The path from the top of the repository of one that is written in the directory `dir` of it;
 * NULL if it leads outside. The top is "". */
const char *git_path(struct arena *arena, const char *dir, const char *path);

/* The caller sets the members before `gaps`. `paths` are as git_path() gives them; has[i] tells
 * whether the revision has it. Returns 0, or -EINVAL after an error was reported. */
int git_tree_write(struct git_tree *tree, const char *const *paths, size_t n, bool *has);
