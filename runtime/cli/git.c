/* SPDX-License-Identifier: Apache-2.0 */
/* For nftw() and what it needs. */
#define _GNU_SOURCE
#include "runtime/cli/git.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/codes.h"
#include "runtime/cli/git_path.h"

/* --- revisions ------------------------------------------------------------------------------- */

static int not_in_git(const struct git *git, struct diag *diag, int status)
{
	if (status < 0)
		diag_error(diag, LOC_NONE, CODE_IO,
			   "--git: cannot run git: %s; install it, or compare two directories",
			   strerror(-status));
	else
		diag_error(diag, LOC_NONE, CODE_IO,
			   "--git: the current directory is in no git repository: %s", git->said);
	return -EINVAL;
}

static int bad_range(struct diag *diag, const char *range)
{
	diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
		   "--git: '%s' names no revisions; write two, as in main..HEAD, or one to compare "
		   "it with the files on disk",
		   range);
	return -EINVAL;
}

/* The commit's number. */
static int resolve(struct git *git, const char *name, struct diag *diag, const char **out)
{
	const char *commit = arena_printf(git->arena, "%s^{commit}", name);
	int status = name[0] == '-' ? 1 : GIT(git, "rev-parse", "--verify", "--quiet", commit);

	if (status) {
		diag_error(diag, LOC_NONE, CODE_UNDEFINED,
			   "--git: there is no revision '%s' in this repository; a shallow clone "
			   "may have to fetch it first",
			   name);
		return -EINVAL;
	}
	*out = git_line(git);
	return 0;
}

static int split(struct git_pair *g, const char *range, bool *from_base)
{
	const char *dots = strstr(range, "..");
	struct arena *arena = g->git.arena;

	*from_base = dots && dots[2] == '.';
	g->on_disk = !dots;
	g->names[0] = arena_strndup(arena, range, dots ? (size_t)(dots - range) : strlen(range));
	g->names[1] = dots ? arena_strdup(arena, dots + (*from_base ? 3 : 2)) : "the files on disk";
	if (!*g->names[0] && (!dots || !*g->names[1]))
		return -EINVAL;
	for (int i = 0; i < GIT_SIDES; i++) {
		if (!*g->names[i])
			g->names[i] = "HEAD";
	}
	return strstr(g->names[1], "..") ? -EINVAL : 0;
}

static int merge_base(struct git_pair *g, struct diag *diag)
{
	if (GIT(&g->git, "merge-base", g->trees[0].ls.commit, g->trees[1].ls.commit)) {
		diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
			   "--git: '%s' and '%s' have no common history; write '%s..%s'",
			   g->names[0], g->names[1], g->names[0], g->names[1]);
		return -EINVAL;
	}
	g->trees[0].ls.commit = git_line(&g->git);
	return 0;
}

/* A bare repository has no files on disk, nor has the folder .git. */
static int check_disk(struct git_pair *g, struct diag *diag)
{
	if (!GIT(&g->git, "rev-parse", "--is-inside-work-tree") &&
	    strcmp(git_line(&g->git), "true") == 0)
		return 0;
	diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
		   "--git: there are no files of the repository here to compare '%s' with; write "
		   "two revisions, as in %s..HEAD",
		   g->names[0], g->names[0]);
	return -EINVAL;
}

int git_pair_init(struct git_pair *g, const char *range, struct arena *arena, struct diag *diag)
{
	bool from_base;
	int err;

	*g = (struct git_pair){0};
	git_init(&g->git, arena);
	if (split(g, range, &from_base))
		return bad_range(diag, range);
	err = GIT(&g->git, "rev-parse", "--show-prefix");
	if (err)
		return not_in_git(&g->git, diag, err);
	g->prefix = git_line(&g->git);
	err = resolve(&g->git, g->names[0], diag, &g->trees[0].ls.commit);
	if (g->on_disk)
		return err ? err : check_disk(g, diag);
	err |= resolve(&g->git, g->names[1], diag, &g->trees[1].ls.commit);
	if (!err && from_base)
		err = merge_base(g, diag);
	return err ? -EINVAL : 0;
}

/* --- files ----------------------------------------------------------------------------------- */

static int make_tmp(struct git_pair *g)
{
	const char *tmp = getenv("TMPDIR");
	char *path = arena_printf(g->git.arena, "%s/polc-diff.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!mkdtemp(path))
		return -errno;
	g->tmp = path;
	return 0;
}

static int set_paths(struct git_pair *g, const char *const *args, size_t n, struct diag *diag)
{
	static const char *const here[] = {"."};
	struct arena *arena = g->git.arena;
	const char **paths = arena_array(arena, const char *, n + 1);

	g->args = n ? args : here;
	g->n = n ? n : 1;
	g->paths = paths;
	for (size_t i = 0; i < g->n; i++) {
		paths[i] = git_path(arena, g->prefix, g->args[i]);
		if (paths[i])
			continue;
		diag_error(diag, LOC_NONE, CODE_IO,
			   "--git: '%s' is no path in the repository; write it as it is from the "
			   "current directory",
			   g->args[i]);
		return -EINVAL;
	}
	return 0;
}

/* The directory is one of a repository, where a search for what is ignored ends. */
static int write_side(struct git_pair *g, int side, struct diag *diag)
{
	struct git_tree *tree = &g->trees[side];
	struct arena *arena = g->git.arena;

	tree->ls.git = &g->git;
	tree->ls.diag = diag;
	tree->ls.name = g->names[side];
	tree->root = arena_printf(arena, "%s/%s", g->tmp, side ? "new" : "old");
	if (mkdir(tree->root, 0700) || mkdir(arena_printf(arena, "%s/.git", tree->root), 0700))
		return -errno;
	return git_tree_write(tree, g->paths, g->n, g->has[side]);
}

static void look_on_disk(struct git_pair *g)
{
	struct stat st;

	for (size_t i = 0; i < g->n; i++)
		g->has[1][i] = lstat(git_pair_place(g, 1, i), &st) == 0;
}

static int check_paths(const struct git_pair *g, struct diag *diag)
{
	for (size_t i = 0; i < g->n; i++) {
		if (g->has[0][i] || g->has[1][i])
			continue;
		diag_error(diag, LOC_NONE, CODE_IO, "--git: neither '%s' nor '%s' has '%s'",
			   g->names[0], g->names[1], g->paths[i]);
		return -EINVAL;
	}
	return 0;
}

int git_pair_write(struct git_pair *g, const char *const *args, size_t n, struct diag *diag)
{
	int err = set_paths(g, args, n, diag);

	if (!err)
		err = make_tmp(g);
	for (int i = 0; i < GIT_SIDES && !err; i++) {
		g->has[i] = arena_array(g->git.arena, bool, g->n);
		if (i && g->on_disk)
			look_on_disk(g);
		else
			err = write_side(g, i, diag);
	}
	return err ? err : check_paths(g, diag);
}

/* "-" is a file here, too. */
const char *git_pair_place(const struct git_pair *g, int side, size_t path)
{
	struct arena *arena = g->git.arena;

	if (side && g->on_disk)
		return strcmp(g->args[path], "-") == 0 ? "./-" : g->args[path];
	return arena_printf(arena, "%s%s%s", g->trees[side].root, *g->paths[path] ? "/" : "",
			    g->paths[path]);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	remove(path);
	return 0;
}

void git_pair_fini(struct git_pair *g)
{
	if (g->tmp)
		nftw(g->tmp, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	g->tmp = NULL;
	git_fini(&g->git);
}
