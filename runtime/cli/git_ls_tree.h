/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files of one revision are wanted, with the objects that hold them: those of paths, what the
 * reader would open below them, and the files that say what is ignored, in them and in the
 * directories above. Nothing else of the revision is asked for, so that a large repository costs no
 * more than its policies. What is in the files is git_tree.h's.
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

struct git_ls_tree {
	struct git *git;
	struct diag *diag;
	const char *name;   /* the revision, as the user wrote it */
	const char *commit; /* its number */
	VEC(struct git_gap) gaps;
	VEC(struct git_entry) todo; /* found and not yet taken; the caller empties it */
	/* What was asked for and whether the revision has it, by the same index. */
	struct intern wants;
	VEC(bool) met;
	/* Private: how far we are, and what was found. */
	size_t listed;
	struct intern seen;
};

/* The caller sets the members before `gaps`. */
void git_ls_tree_init(struct git_ls_tree *ls);
/* A path is wanted, as git_path() gives it, and what says what is ignored there. */
void git_ls_tree_want(struct git_ls_tree *ls, const char *path);
/* Lists what is wanted since the last time. Returns 0, or -EINVAL after an error was reported. */
int git_ls_tree_next(struct git_ls_tree *ls);
bool git_ls_tree_is_done(const struct git_ls_tree *ls);
/* Of those paths that the revision does not have: do they lie in a submodule or behind a link? */
int git_ls_tree_above(struct git_ls_tree *ls, const char *const *paths, size_t n);
/* Has the revision this path, which was wanted and listed? */
bool git_ls_tree_has(const struct git_ls_tree *ls, const char *path);

void git_ls_tree_add_gap(struct git_ls_tree *ls, const char *kind, const char *path,
			 const char *id);
/* Reports that a path of the revision cannot be read, and returns -EINVAL. */
int git_ls_tree_fail(struct git_ls_tree *ls, const char *path, const char *why);
