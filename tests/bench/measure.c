/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/bench/measure.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double measure_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return t.tv_sec + t.tv_usec / 1e6;
}

struct measure measure_command(const char *const *argv, const char *out_path)
{
	struct measure m = {.status = -1};
	struct rusage use;
	double start = measure_now();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int out = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
			_exit(127);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid)
		return m;
	m.wall = measure_now() - start;
	m.cpu = seconds(use.ru_utime) + seconds(use.ru_stime);
	m.rss = use.ru_maxrss / 1024.0;
	if (WIFEXITED(status))
		m.status = WEXITSTATUS(status);
	return m;
}

/* nftw() passes no context; benches have one thread. */
static double tree_bytes;

static int add_size(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path, (void)ftw;
	if (type == FTW_F)
		tree_bytes += st->st_size;
	return 0;
}

double measure_tree(const char *dir)
{
	tree_bytes = 0;
	nftw(dir, add_size, 16, FTW_PHYS);
	return tree_bytes / 1024;
}
