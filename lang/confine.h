/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the files of the input reach. What is named on the command line may lie anywhere; what it
 * imports, and what is found in a directory, lies below the root of something that is named: the
 * repository around it, or else its directory. Symbolic links are followed no further, and what is
 * in a `.git` is never read. doc/hostile-input.md says what that is for.
 */
#pragma once

#include <limits.h>
#include <sys/stat.h>

#include "lang/lang.h"

struct confined {
	int fd;
	mode_t type;         /* S_IFREG, to be read, or S_IFDIR (O_PATH) */
	char real[PATH_MAX]; /* its canonical path */
};

/* Opens what the path leads to, a regular file or a directory. What is judged is what is open,
 * whatever the path leads to by then. Returns 0, or -EINVAL after reporting; `at` is the import
 * that asked, or LOC_NONE. */
int confine_open(struct lang *l, struct loc at, const char *path, struct confined *out);
/* The same for a regular file, without a word: -1 if it may not be read, or is none. */
int confine_open_silently(struct lang *l, const char *path);
/* Reads what is open, and closes it. Returns 0, -EFBIG past the limit of a file, or another -errno.
 */
int confine_read(const struct lang *l, int fd, struct buf *text);
