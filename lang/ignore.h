/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of files to leave out, with the meaning that gitignore(5) gives them, and which of
 * several lists of them decides. Which files hold such lists is the business of lang/walk.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lang/base/arena.h"

struct ignore_pattern {
	const char *text;   /* as it was written */
	const char *origin; /* the file that says it, or the option */
	unsigned line;      /* of the file; 0: of an option */
	bool keep;          /* "!": what it matches is not left out */
	bool only_directories;
	bool anywhere;           /* it has no '/', so the last name of a path decides */
	bool nothing;            /* it matches nothing */
	const char *prefix;      /* what the path begins with, up to the first wildcard */
	VEC(const char *) parts; /* what stands between '/' of the rest */
};

/* The patterns of one place. The last one that matches decides, or else a weaker list. */
struct ignore_list {
	const char *base;                 /* the canonical directory that paths are relative to */
	const struct ignore_list *weaker; /* NULL: none */
	VEC(struct ignore_pattern) patterns;
};

/* Adds one pattern; `origin` is borrowed, `text` is copied. */
void ignore_add(struct ignore_list *list, struct arena *a, const char *origin, unsigned line,
		const char *text, size_t n);
/* Adds each line of a file that is neither blank nor a comment. */
void ignore_add_lines(struct ignore_list *list, struct arena *a, const char *origin,
		      const char *text, size_t n);
/* The pattern that decides about a canonical path, which may be one to keep it; NULL: none does. */
const struct ignore_pattern *ignore_match(const struct ignore_list *list, const char *path,
					  bool is_directory);
/* "FILE:LINE", or the option. */
const char *ignore_origin(struct arena *a, const struct ignore_pattern *p);
