/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing text buffer on the heap, for everything that is written: generated C, JSON,
 * formatted policy, messages. It always ends in NUL, so `b.s` is a C string.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

struct buf {
	char *s; /* never NULL after the first write; see buf_str() */
	size_t n, cap;
};

void buf_fini(struct buf *b);
#define _cleanup_buf_ __attribute__((cleanup(buf_fini)))

void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);

/* Text from outside, within a line of output: what is no UTF-8, and characters that move the
 * cursor, turn the direction of a text, or are not seen, are shown as '?', one for each byte, a tab
 * as a space; what a CI service takes for a command is broken up the same way. (lang/base/shown.c)
 */
void buf_add_shown(struct buf *b, const char *s, size_t n);
void buf_puts_shown(struct buf *b, const char *s);
/* The same where a line of output begins, be it with white space. */
void buf_puts_first(struct buf *b, const char *s);
/* A text that may be of several lines; `indent` begins all but the first. */
void buf_puts_lines(struct buf *b, const char *s, const char *indent);

/* The text so far; "" for an empty buffer. Borrowed until the next write. */
const char *buf_str(const struct buf *b);

/* Reads a whole stream or file to the end of the buffer. Fails with -EFBIG past `limit`
 * bytes, else -errno. */
int buf_read_fd(struct buf *b, int fd, size_t limit);
int buf_read_file(struct buf *b, const char *path, size_t limit);
/* Writes all n bytes, whatever the number of calls it takes. 0 or -errno. */
int buf_write_fd(const void *p, size_t n, int fd);
/* What a new file is not permitted; it is the process's, so that nobody else may create one at the
 * same moment. */
mode_t file_umask(void);
