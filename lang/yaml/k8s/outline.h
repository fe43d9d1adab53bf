/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects that a text is meant to be, whether it can be read or not: the kinds that it says at
 * its top, or in the items of a list there. What stands further in, or in quotes, is about other
 * objects.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lang/base/arena.h"

struct outline_object {
	const char *kind; /* NULL: none is said */
	const char *api;  /* "": none is said */
};

struct outline {
	struct arena *arena; /* borrowed; strings are copied to it */
	VEC(struct outline_object) objects;
	bool bare; /* nothing is there but comments and lines of a template language */
};

/* One document. An object with two kinds is two. */
void outline_read(struct outline *o, const char *text, size_t len);
