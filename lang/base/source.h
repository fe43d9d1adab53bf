/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source texts and places in them. Every node of the AST and every rule of the IR carries
 * a `struct loc`, so that a verdict can be traced to the line that caused it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lang/base/arena.h"

/* A range of one source. Lines and columns count from 1, columns in bytes; the end is
 * exclusive. line == 0: no place (a built-in, a generated object). */
struct loc {
	uint32_t file; /* index into struct sources */
	uint32_t line, col;
	uint32_t end_line, end_col;
};

#define LOC_NONE ((struct loc){0})

enum { SOURCE_MARK = 128 };

struct source {
	const char *name; /* as the user gave it; "-" is standard input */
	const char *text; /* NUL-terminated copy; may hold further NULs */
	size_t len;
	size_t *marks; /* where every SOURCE_MARK-th line begins: to find a line fast */
	size_t n_marks;
	bool aside; /* no input: it is there for the places of messages */
};

struct sources {
	struct arena *arena; /* borrowed; owns names and texts */
	VEC(struct source) list;
};

void sources_init(struct sources *s, struct arena *arena);
/* Copies name and text; returns the index of the new source. */
uint32_t sources_add(struct sources *s, const char *name, const char *text, size_t len);
const struct source *sources_get(const struct sources *s, uint32_t file);
/* Where a line begins; the end of the text for one that does not exist. */
const char *source_line_start(const struct source *src, uint32_t line);
/* The text of one line without its newline; length 0 for a line that does not exist. */
const char *source_line(const struct source *src, uint32_t line, size_t *len);

/* From the start of `a` to the end of `b`, which lies behind it in the same file. */
struct loc loc_join(struct loc a, struct loc b);
