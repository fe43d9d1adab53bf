/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* environ */
#include "runtime/cli/git_run.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/spawn.h"

/* More than all that is read of a revision may have. */
enum { MAX_OUTPUT = 1 << 30 };

/* --- its environment ------------------------------------------------------------------------- */

/* What git needs to find a repository and its objects, as it sets it for hooks itself, and to fetch
 * what a partial clone has not yet. Every other GIT_* is about work that we do not do, or changes
 * what is written and how paths are understood. */
static const char *const honoured[] = {
	"GIT_DIR",
	"GIT_COMMON_DIR",
	"GIT_WORK_TREE",
	"GIT_CEILING_DIRECTORIES",
	"GIT_DISCOVERY_ACROSS_FILESYSTEM",
	"GIT_OBJECT_DIRECTORY",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_QUARANTINE_PATH",
	"GIT_SHALLOW_FILE",
	"GIT_GRAFT_FILE",
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
};

static bool is_kept(const char *variable, struct arena *arena)
{
	const char *name = arena_strndup(arena, variable, strcspn(variable, "="));

	if (strncmp(name, "GIT_", 4) != 0)
		return true;
	for (size_t i = 0; i < sizeof(honoured) / sizeof(*honoured); i++) {
		if (fnmatch(honoured[i], name, 0) == 0)
			return true;
	}
	return false;
}

static const char *const *environment(struct arena *arena)
{
	size_t n = 0, kept = 0;
	const char **env;

	while (environ[n])
		n++;
	env = arena_array(arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (is_kept(environ[i], arena))
			env[kept++] = environ[i];
	}
	return env;
}

void git_init(struct git *git, struct arena *arena)
{
	*git = (struct git){.arena = arena, .env = environment(arena), .said = ""};
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
