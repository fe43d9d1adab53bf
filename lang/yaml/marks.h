/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libyaml's places to ours. libyaml counts characters and ends a line also at CR, NEL,
 * LS and PS; we count bytes and end lines at LF only.
 */
#pragma once

#include <yaml.h>

#include "lang/base/arena.h"
#include "lang/base/source.h"

struct yaml_line {
	size_t start;       /* byte offset of the line as libyaml sees it */
	uint32_t line, col; /* our place of that byte */
};

struct yaml_marks {
	const struct source *src;
	uint32_t file;
	VEC(struct yaml_line) lines;
};

void yaml_marks_init(struct yaml_marks *m, struct arena *a, const struct source *src,
		     uint32_t file);
/* Marks count from the line `base`, where the parser was started. */
struct loc yaml_marks_loc(const struct yaml_marks *m, size_t base, yaml_mark_t start,
			  yaml_mark_t end);
/* The byte offset of a mark. */
size_t yaml_marks_offset(const struct yaml_marks *m, size_t base, yaml_mark_t at);
