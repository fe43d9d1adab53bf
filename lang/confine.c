/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* O_PATH */
#include "lang/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* The canonical path of what is open; NULL after setting errno. */
static const char *path_of(int fd, char *name, size_t size)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, size - 1);
	if (n < 0)
		return NULL;
	name[n] = '\0';
	return name;
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

static const char *judge(struct lang *l, int pin, mode_t *type)
{
	char name[PATH_MAX];
	struct stat st;
	const char *real = path_of(pin, name, sizeof(name)), *why;

	if (!real || fstat(pin, &st) < 0)
		return "where it lies cannot be told without /proc";
	why = why_not(l, real);
	if (why)
		return why;
	*type = st.st_mode & S_IFMT;
	return S_ISREG(*type) || S_ISDIR(*type) ? NULL : "it is not a regular file";
}

/* *why is set where it returns -EINVAL. */
static int open_judged(struct lang *l, const char *path, mode_t *type, const char **why)
{
	int pin = open(path, O_PATH | O_CLOEXEC), fd;

	if (pin < 0) {
		*why = strerror(errno);
		return -EINVAL;
	}
	*why = judge(l, pin, type);
	if (!*why && S_ISDIR(*type))
		return pin;
	fd = *why ? -EINVAL : open_pinned(pin);
	close(pin);
	if (fd >= 0)
		return fd;
	*why = *why ? *why : strerror(-fd);
	return -EINVAL;
}

int confine_open(struct lang *l, struct loc at, const char *path, mode_t *type)
{
	const char *why;
	int fd = open_judged(l, path, type, &why);

	return fd < 0 ? lang_fail_io(l, at, path, why) : fd;
}

int confine_open_silently(struct lang *l, const char *path)
{
	const char *why;
	mode_t type;
	int fd = open_judged(l, path, &type, &why);

	if (fd >= 0 && S_ISREG(type))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}
