/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/verifier/revisions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/verifier/cluster.h"
#include "tests/bench/verifier/commands.h"

enum { FILES = 20000, QUICK_FILES = 500, IN_FOLDER = 100 };

static const struct cluster_size few = {10, 5, 50};

static bool make_folder(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* Files of other kinds, and one of policies, which changes. */
static bool write_files(const char *dir, unsigned files)
{
	_cleanup_buf_ struct buf text = {0};
	char path[PATH_MAX + 32];

	for (unsigned i = 0; i < files; i++) {
		snprintf(path, sizeof(path), "%s/%u", dir, i / IN_FOLDER);
		if (!make_folder(path))
			return false;
		snprintf(path, sizeof(path), "%s/%u/%u.yaml", dir, i / IN_FOLDER, i);
		text.n = 0;
		buf_printf(&text, "value: %u\n", i);
		if (!commands_save(path, &text))
			return false;
	}
	snprintf(path, sizeof(path), "%s/policies.yaml", dir);
	text.n = 0;
	cluster_write(&few, &text);
	return commands_save(path, &text);
}

static bool git(struct commands *c, const char *script)
{
	const char *const argv[] = {"/bin/sh", "-ec", script, NULL};

	return measure_command(argv, c->log).status == 0;
}

static bool commit(struct commands *c)
{
	return git(c,
		   "git init -q . && git config user.name bench && git config user.email b@e.org "
		   "&& git config gc.auto 0 && git add -A && git commit -qm old && "
		   "sed -i 's/port: 5432/port: 5433/' policies.yaml && git commit -qam new && "
		   "git repack -qad");
}

void revisions_bench(struct bench *b)
{
	unsigned files = b->quick ? QUICK_FILES : FILES;
	struct commands c;
	char polc[PATH_MAX], here[PATH_MAX];

	commands_begin(&c, b, REVISIONS, files, "git");
	printf("\n%u files in a repository, one of them compared\n", files);
	if (!getcwd(here, sizeof(here)) || !realpath(c.polc, polc) || !make_folder(c.input) ||
	    !write_files(c.input, files) || chdir(c.input)) {
		b->refused++;
		return;
	}
	if (commit(&c)) {
		const char *const check[] = {polc, "check", "policies.yaml", NULL};
		const char *const diff[] = {polc,           "diff",          "--git",
					    "HEAD~1..HEAD", "policies.yaml", NULL};

		commands_time(&c, files, REVISIONS, REVISIONS_CHECK, check, COMMANDS_REPEATS);
		commands_time(&c, files, REVISIONS, REVISIONS_DIFF, diff, COMMANDS_REPEATS);
	} else {
		b->refused++;
	}
	if (chdir(here))
		b->refused++;
}
