/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* O_PATH */
#include "lang/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/lang_internal.h"

/* --- roots ----------------------------------------------------------------------------------- */

void lang_add_root(struct lang *l, const char *path)
{
	struct arena *a = &l->arena;
	struct stat st;
	bool directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	const char *real = path_real(a, directory ? path : path_dir(a, path));
	const char *root = real ? path_repository(a, real) : NULL;

	root = root ? root : real;
	if (!root)
		return;
	vec_each (const char *, known, &l->roots)
		if (path_below(*known, root))
			return;
	vec_push(a, &l->roots, root);
}

/* NULL: it may be read. */
static const char *why_not(struct lang *l, const char *real)
{
	vec_each (const char *, root, &l->roots) {
		const char *rest = path_below(*root, real);

		if (rest)
			return path_is_of_git(rest) ? "it is of git's own" : NULL;
	}
	return l->roots.n == 1 ? arena_printf(&l->arena, "it lies outside of '%s'", l->roots.v[0])
			       : "it lies outside of what is named on the command line";
}

/* --- opening --------------------------------------------------------------------------------- */

/* The canonical path of what is open. */
static bool find_path(int fd, char out[static PATH_MAX])
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, PATH_MAX - 1);
	if (n >= 0)
		out[n] = '\0';
	return n >= 0;
}

/* A descriptor that only pins the file lets nothing happen yet; it is opened anew to be read. */
static int open_pinned(int pin)
{
	char link[32];
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", pin);
	fd = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static const char *judge(struct lang *l, int pin, struct confined *out)
{
	struct stat st;
	const char *why;

	if (!find_path(pin, out->real) || fstat(pin, &st) < 0)
		return "where it lies cannot be told without /proc";
	why = why_not(l, out->real);
	if (why)
		return why;
	out->type = st.st_mode & S_IFMT;
	return S_ISREG(out->type) || S_ISDIR(out->type) ? NULL : "it is not a regular file";
}

/* NULL, or why it is not open. */
static const char *open_judged(struct lang *l, const char *path, struct confined *out)
{
	int pin = open(path, O_PATH | O_CLOEXEC);
	const char *why;

	if (pin < 0)
		return strerror(errno);
	why = judge(l, pin, out);
	out->fd = pin;
	if (!why && S_ISDIR(out->type))
		return NULL;
	out->fd = why ? -EINVAL : open_pinned(pin);
	close(pin);
	return why || out->fd >= 0 ? why : strerror(-out->fd);
}

int confine_open(struct lang *l, struct loc at, const char *path, struct confined *out)
{
	const char *why = open_judged(l, path, out);

	return why ? lang_fail_io(l, at, path, why) : 0;
}

int confine_open_silently(struct lang *l, const char *path)
{
	struct confined file;

	if (open_judged(l, path, &file))
		return -1;
	if (S_ISREG(file.type))
		return file.fd;
	close(file.fd);
	return -1;
}

int confine_read(const struct lang *l, int fd, struct buf *text)
{
	int err = buf_read_fd(text, fd, l->limits.file_bytes);

	close(fd);
	return err;
}
