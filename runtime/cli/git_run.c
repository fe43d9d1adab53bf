/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* environ */
#include "runtime/cli/git_run.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/path.h"
#include "lang/base/spawn.h"

/* More than all that is read of a revision may have. */
enum { MAX_OUTPUT = 1 << 30 };

/* --- its environment ------------------------------------------------------------------------- */

/* Which repository it is: the working directory tells, unless it is in none. */
static const char *const naming[] = {"GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", NULL};

/* What git may believe of it, where these are about the same one: of hooks what is being pushed. */
static const char *const believed[] = {"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
				       "GIT_QUARANTINE_PATH",  "GIT_SHALLOW_FILE",
				       "GIT_GRAFT_FILE",       NULL};

/* How to look for a repository, and to fetch what a partial clone has not yet. Every other GIT_* is
 * about work that we do not do, or changes what is written and how paths are understood. */
static const char *const honoured[] = {
	"GIT_CEILING_DIRECTORIES",
	"GIT_DISCOVERY_ACROSS_FILESYSTEM",
	"GIT_NO_REPLACE_OBJECTS",
	"GIT_REPLACE_REF_BASE",
	"GIT_NO_LAZY_FETCH",
	"GIT_EXEC_PATH",
	"GIT_CONFIG_*",
	"GIT_SSH*",
	"GIT_SSL_*",
	"GIT_HTTP_*",
	"GIT_PROXY_*",
	"GIT_PROTOCOL*",
	"GIT_ALLOW_PROTOCOL",
	"GIT_ASKPASS",
	"GIT_TERMINAL_PROMPT",
	NULL,
};

static bool is_of(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (fnmatch(*patterns, name, 0) == 0)
			return true;
	return false;
}

/* Of these, which are kept beside `honoured`. */
struct kept {
	bool naming, believed;
};

static bool is_kept(const char *variable, struct kept kept, struct arena *arena)
{
	const char *name = arena_strndup(arena, variable, strcspn(variable, "="));

	return strncmp(name, "GIT_", 4) != 0 || is_of(honoured, name) ||
	       (kept.naming && is_of(naming, name)) || (kept.believed && is_of(believed, name));
}

static const char *const *environment(struct arena *arena, struct kept kept)
{
	size_t n = 0, have = 0;
	const char **env;

	while (environ[n])
		n++;
	env = arena_array(arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		if (is_kept(environ[i], kept, arena))
			env[have++] = environ[i];
	return env;
}

/* A hook of one repository may go on to another one, whose objects are elsewhere. */
static struct kept find_repository(struct git *git)
{
	const char *named = getenv("GIT_DIR"), *found;

	if (!named)
		return (struct kept){.believed = true};
	if (GIT(git, "rev-parse", "--absolute-git-dir") != 0)
		return (struct kept){.naming = true, .believed = true};
	found = path_real(git->arena, git_line(git));
	named = path_real(git->arena, named);
	return (struct kept){.believed = found && named && strcmp(found, named) == 0};
}

void git_init(struct git *git, struct arena *arena)
{
	*git = (struct git){.arena = arena, .said = ""};
	git->env = environment(arena, (struct kept){0});
	git->env = environment(arena, find_repository(git));
}

void git_fini(struct git *git)
{
	buf_fini(&git->out);
}

/* --- runs ------------------------------------------------------------------------------------ */

/* Before every command. */
static const char *const always[] = {
	"git", "--literal-pathspecs",     "--no-optional-locks", "-c", "core.fsmonitor=false",
	"-c",  "core.hooksPath=/dev/null"};

enum { N_ALWAYS = sizeof(always) / sizeof(*always) };

static const char *const *command(struct arena *arena, const char *const *args)
{
	const char **argv;
	size_t n = 0;

	while (args[n])
		n++;
	argv = arena_array(arena, const char *, N_ALWAYS + n + 1);
	memcpy(argv, always, sizeof(always));
	memcpy(argv + N_ALWAYS, args, n * sizeof(*args));
	return argv;
}

int git_run(struct git *git, const char *const *args)
{
	_cleanup_buf_ struct buf said = {0};
	struct spawn spawn = {.argv = command(git->arena, args),
			      .env = git->env,
			      .out = &git->out,
			      .err = &said,
			      .limit = MAX_OUTPUT};
	int status;

	if (git->input) {
		spawn.input = buf_str(git->input);
		spawn.n_input = git->input->n;
	}
	git->input = NULL;
	git->out.n = 0;
	status = spawn_run(&spawn);
	if (status == 0 && git->out.n == MAX_OUTPUT)
		status = -EFBIG;
	git->said = arena_strndup(git->arena, buf_str(&said), strcspn(buf_str(&said), "\n"));
	return status;
}

const char *git_line(struct git *git)
{
	size_t n = git->out.n;

	if (n && git->out.s[n - 1] == '\n')
		n--;
	return arena_strndup(git->arena, buf_str(&git->out), n);
}

const char *git_reason(const struct git *git, int status)
{
	return status < 0 ? strerror(-status) : git->said;
}
