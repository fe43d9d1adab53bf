/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void buf_fini(struct buf *b)
{
	free(b->s);
	*b = (struct buf){0};
}

static void buf_reserve(struct buf *b, size_t extra)
{
	size_t need;

	if (__builtin_add_overflow(b->n + 1, extra, &need))
		abort();
	if (need <= b->cap)
		return;
	if (need < b->cap * 2)
		need = b->cap * 2;
	b->s = realloc(b->s, need);
	if (!b->s)
		abort();
	b->cap = need;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->s + b->n, p, n);
	b->n += n;
	b->s[b->n] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	buf_reserve(b, (size_t)n);
	vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *buf_str(const struct buf *b)
{
	return b->s ? b->s : "";
}

int buf_read_fd(struct buf *b, int fd, size_t limit)
{
	for (;;) {
		ssize_t got;

		buf_reserve(b, 64 * 1024);
		got = read(fd, b->s + b->n, b->cap - b->n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		b->n += (size_t)got;
		b->s[b->n] = '\0';
		if (b->n > limit)
			return -EFBIG;
		if (got == 0)
			return 0;
	}
}

int buf_read_file(struct buf *b, const char *path, size_t limit)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = buf_read_fd(b, fd, limit);
	close(fd);
	return r;
}

int buf_write_fd(const void *p, size_t n, int fd)
{
	const char *at = p;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

mode_t file_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}
