/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files below a directory: which there are, and which of them --exclude, `.polcignore`,
 * `.gitignore` and `.git/info/exclude` leave out. What is in the files is the caller's business.
 */
#pragma once

#include "lang/lang.h"

struct walk {
	struct lang *l;
	struct loc at; /* the import that asked for the directory, or LOC_NONE */
	bool (*wants)(const char *path);
	int (*file)(void *arg, const char *path);   /* 0 or -EINVAL after reporting */
	void (*enter)(void *arg, const char *path); /* a directory; NULL: no matter */
	void (*leave)(void *arg);
	void *arg;
	bool uncounted;                   /* another walk tells what is left out */
	size_t found;                     /* files that were given to `file` */
	const struct ignore_pattern *why; /* the first that left something out; NULL: none did */
};

/* Gives each file that is wanted, in sorted order, and goes on after errors.
 * Returns 0, or -EINVAL after reporting. */
int walk_directory(struct walk *w, const char *path);
