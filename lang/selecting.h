/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What selectors of the input look at: a label whose key none of them mentions chooses nobody, be
 * it changed or not.
 */
#pragma once

#include <stdbool.h>

#include "lang/ast.h"
#include "lang/base/intern.h"

struct lang;

struct selecting {
	bool policies;            /* there are some */
	struct intern pods;       /* keys of labels of pods */
	struct intern namespaces; /* keys of labels of namespaces */
	struct intern homes;      /* names of namespaces */
	struct intern ports;      /* names of ports */
};

/* Of the policies and assertions that were read so far. */
void selecting_init(struct selecting *s, const struct lang *l, struct arena *arena);
/* May it matter whether something is in the namespace `from` or in `to`? `to` is NULL where nobody
 * knows. */
bool selecting_tells_apart(const struct selecting *s, const char *from, const char *to);
