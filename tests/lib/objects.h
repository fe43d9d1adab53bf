/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where tests keep the programs that they have compiled, by content: what one test has compiled
 * another need not, nor the same one under sanitizers or valgrind. The folder is POLC_CACHE_DIR, or
 * one of the build that stays for the next run.
 */
#pragma once

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct objects {
	char dir[PATH_MAX];
};

/* Those that compiled with warnings as errors: what lies there has no warning. The others never go
 * there. */
#define OBJECTS_STRICT "/strict"

/* The folder, with `part` of it ("" or OBJECTS_STRICT); NULL, which is no cache, where none is
 * known. */
static inline const char *objects_dir(struct objects *o, const char *part)
{
	const char *shared = getenv("POLC_CACHE_DIR"), *build = getenv("POLC_BUILDDIR");
	int n = snprintf(o->dir, sizeof(o->dir), "%s%s",
			 shared  ? shared
			 : build ? build
				 : "",
			 shared ? "" : "/tests/kernel/objects");

	if ((!shared && !build) || n + sizeof(OBJECTS_STRICT) > sizeof(o->dir))
		return NULL;
	mkdir(o->dir, 0700);
	snprintf(o->dir + n, sizeof(o->dir) - (size_t)n, "%s", part);
	return o->dir;
}
