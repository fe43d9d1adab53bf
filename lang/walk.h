/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files below a directory: which there are, and which of them --exclude, `.polcignore`,
 * `.gitignore` and `.git/info/exclude` leave out. What is in the files is the caller's business:
 * all are known before the first of them is read.
 */
#pragma once

#include "lang/lang.h"

enum walk_kind {
	WALK_ENTER, /* a directory, and what is in it until */
	WALK_LEAVE,
	WALK_FILE,
	WALK_ASIDE,    /* a file that is not wanted but asked for `aside` */
	WALK_FAILED,   /* cannot be read */
	WALK_TOO_DEEP, /* a directory that is not read */
};

struct walk_step {
	enum walk_kind kind;
	const char *path;
	const char *why; /* of WALK_FAILED */
};

struct walk {
	struct lang *l;
	bool (*wants)(const char *path);
	bool (*aside)(const char *path);
	VEC(struct walk_step) steps;
	size_t found;                     /* files that are wanted */
	const struct ignore_pattern *why; /* the first that left something out; NULL: none did */
};

/* Adds the steps, in sorted order, and goes on after failures, which are steps: nothing is reported
 * yet. Memory comes from the arena of `l`. */
void walk_directory(struct walk *w, const char *path);
