/* SPDX-License-Identifier: Apache-2.0 */
/* For environ, nftw() and what they need. */
#define _GNU_SOURCE
#include "runtime/cli/git.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/spawn.h"

enum { MAX_ARGS = 16, MAX_OUTPUT = 65536 };

/* --- running git, without a shell ------------------------------------------------------------ */

/* One run: what it wrote, and how it ended. */
struct run {
	struct arena *arena;
	const char *index; /* the file for its index; NULL: it needs none */
	const char *out;   /* what it wrote to stdout and stderr, without the last newline */
};

/* Ours, but for the index. */
static const char *const *environment(const struct run *run)
{
	size_t n = 0, kept = 0;
	const char **env;

	while (environ[n])
		n++;
	env = arena_array(run->arena, const char *, n + 2);
	for (size_t i = 0; i < n; i++) {
		if (strncmp(environ[i], "GIT_INDEX_FILE=", 15) != 0)
			env[kept++] = environ[i];
	}
	if (run->index)
		env[kept] = arena_printf(run->arena, "GIT_INDEX_FILE=%s", run->index);
	return env;
}

/* Takes a list of arguments that ends in NULL. The exit status, or a negative errno. */
static int git(struct run *run, const char *const *args)
{
	const char *argv[MAX_ARGS + 2] = {"git"};
	_cleanup_buf_ struct buf said = {0};
	struct spawn spawn = {.argv = argv,
			      .env = environment(run),
			      .out = &said,
			      .err = &said,
			      .limit = MAX_OUTPUT};
	int status;

	for (size_t i = 0; args[i] && i < MAX_ARGS; i++)
		argv[i + 1] = args[i];
	status = spawn_run(&spawn);
	while (said.n && said.s[said.n - 1] == '\n')
		said.n--;
	run->out = arena_strndup(run->arena, buf_str(&said), said.n);
	return status;
}

#define GIT(run, ...) git((run), (const char *const[]){__VA_ARGS__, NULL})

/* --- revisions ------------------------------------------------------------------------------- */

static int not_in_git(struct diag *diag, int status)
{
	if (status < 0)
		diag_error(diag, LOC_NONE, CODE_IO,
			   "--git: cannot run git: %s; install it, or compare two directories",
			   strerror(-status));
	else
		diag_error(diag, LOC_NONE, CODE_IO,
			   "--git: the current directory is in no git repository");
	return -EINVAL;
}

static int bad_range(struct diag *diag, const char *range)
{
	diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
		   "--git: '%s' is no pair of revisions; write two, as in main..HEAD", range);
	return -EINVAL;
}

/* The commit's number. */
static int resolve(struct run *run, const char *name, struct diag *diag, const char **out)
{
	const char *commit = arena_printf(run->arena, "%s^{commit}", name);
	int status = name[0] == '-' ? 1 : GIT(run, "rev-parse", "--verify", "--quiet", commit);

	if (status) {
		diag_error(diag, LOC_NONE, CODE_UNDEFINED,
			   "--git: there is no revision '%s' in this repository; a shallow clone "
			   "may have to fetch it first",
			   name);
		return -EINVAL;
	}
	*out = run->out;
	return 0;
}

static int split(struct git_pair *g, const char *range, struct arena *arena, bool *from_base)
{
	const char *dots = strstr(range, "..");

	if (!dots || dots == range + strlen(range) - 2)
		dots = dots && dots != range ? dots : NULL;
	if (!dots)
		return -EINVAL;
	*from_base = dots[2] == '.';
	g->names[0] = arena_strndup(arena, range, (size_t)(dots - range));
	g->names[1] = arena_strdup(arena, dots + (*from_base ? 3 : 2));
	for (int i = 0; i < 2; i++) {
		if (!*g->names[i])
			g->names[i] = "HEAD";
	}
	return strstr(g->names[1], "..") ? -EINVAL : 0;
}

/* --- files ----------------------------------------------------------------------------------- */

static int write_tree(struct git_pair *g, struct run *run, const char *git_dir, const char *commit,
		      int side, struct diag *diag)
{
	const char *dir = arena_printf(run->arena, "--git-dir=%s", git_dir);
	const char *tree = arena_printf(run->arena, "--work-tree=%s", g->roots[side]);
	int status;

	if (mkdir(g->roots[side], 0700))
		return -errno;
	run->index = arena_printf(run->arena, "%s/index-%d", g->tmp, side);
	status = GIT(run, dir, tree, "read-tree", commit);
	if (!status)
		status = GIT(run, dir, tree, "checkout-index", "--all", "--force");
	run->index = NULL;
	if (!status)
		return 0;
	diag_error(diag, LOC_NONE, CODE_IO, "--git: cannot write out revision '%s': %s",
		   g->names[side], status < 0 ? strerror(-status) : run->out);
	return -EINVAL;
}

static int make_tmp(struct git_pair *g, struct arena *arena)
{
	const char *tmp = getenv("TMPDIR");
	char *path = arena_printf(arena, "%s/polc-diff.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!mkdtemp(path))
		return -errno;
	g->tmp = path;
	g->roots[0] = arena_printf(arena, "%s/old", path);
	g->roots[1] = arena_printf(arena, "%s/new", path);
	return 0;
}

int git_pair_init(struct git_pair *g, const char *range, struct arena *arena, struct diag *diag)
{
	struct run run = {.arena = arena};
	const char *commits[2], *git_dir;
	bool from_base;
	int err;

	*g = (struct git_pair){0};
	if (split(g, range, arena, &from_base))
		return bad_range(diag, range);
	err = GIT(&run, "rev-parse", "--absolute-git-dir");
	if (err)
		return not_in_git(diag, err);
	git_dir = run.out;
	err = GIT(&run, "rev-parse", "--show-prefix");
	g->prefix = err ? "" : run.out;
	err = resolve(&run, g->names[0], diag, &commits[0]);
	err |= resolve(&run, g->names[1], diag, &commits[1]);
	if (err)
		return -EINVAL;
	if (from_base) {
		if (GIT(&run, "merge-base", commits[0], commits[1])) {
			diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
				   "--git: '%s' and '%s' have no common history; write '%s..%s'",
				   g->names[0], g->names[1], g->names[0], g->names[1]);
			return -EINVAL;
		}
		commits[0] = run.out;
	}
	err = make_tmp(g, arena);
	for (int i = 0; i < 2 && !err; i++)
		err = write_tree(g, &run, git_dir, commits[i], i, diag);
	return err;
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
}
