/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create(), posix_spawn_file_actions_addchdir_np() */
#include "lang/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file in memory: unlike a pipe, it cannot fill up and make both sides wait. */
static int open_memory(const char *text, size_t n)
{
	int fd = memfd_create("spawn", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = buf_write_fd(text, n, fd);
	if (!err && lseek(fd, 0, SEEK_SET) < 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int open_sink(const struct buf *kept)
{
	int fd = kept ? open_memory("", 0) : open("/dev/null", O_WRONLY | O_CLOEXEC);

	return fd < 0 && !kept ? -errno : fd;
}

/* The standard streams of the program, by number. */
static int open_streams(const struct spawn *s, int fds[static 3])
{
	fds[0] = open_memory(s->input, s->n_input);
	fds[1] = open_sink(s->out);
	fds[2] = s->err == s->out ? fds[1] : open_sink(s->err);
	for (int i = 0; i < 3; i++) {
		if (fds[i] < 0)
			return fds[i];
	}
	return 0;
}

static void close_streams(const int fds[static 3])
{
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0 && (i == 0 || fds[i] != fds[i - 1]))
			close(fds[i]);
	}
}

/* In the order of their numbers, and opened in that order: no stream is overwritten before it is in
 * its place, even where we have no standard streams ourselves. */
static int start(const struct spawn *s, const int fds[static 3], pid_t *pid)
{
	char *const *env = s->env ? (char *const *)s->env : environ;
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	for (int i = 0; i < 3 && !err; i++)
		err = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
	if (!err && s->dir)
		err = posix_spawn_file_actions_addchdir_np(&actions, s->dir);
	if (!err)
		err = posix_spawnp(pid, s->argv[0], &actions, NULL, (char *const *)s->argv, env);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int keep(int fd, struct buf *out, size_t limit)
{
	size_t end = out->n + limit;
	int err = lseek(fd, 0, SEEK_SET) < 0 ? -errno : buf_read_fd(out, fd, end);

	if (err != -EFBIG)
		return err;
	out->n = end;
	out->s[end] = '\0';
	return 0;
}

int spawn_run(const struct spawn *s)
{
	int fds[3], status, err;
	pid_t pid;

	err = open_streams(s, fds);
	if (!err)
		err = start(s, fds, &pid);
	status = err ? err : wait_for(pid);
	if (status >= 0 && s->out)
		err = keep(fds[1], s->out, s->limit);
	if (status >= 0 && !err && s->err && s->err != s->out)
		err = keep(fds[2], s->err, s->limit);
	close_streams(fds);
	return err ? err : status;
}
