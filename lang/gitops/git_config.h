/* SPDX-License-Identifier: Apache-2.0 */
/* The syntax of git's own configuration files, as git reads it: git-config(1), CONFIGURATION FILE.
 */
#pragma once

#include <stdbool.h>

#include "lang/base/arena.h"

struct git_setting {
	const char *section;    /* in lower case */
	const char *subsection; /* NULL: it has none */
	const char *key;        /* in lower case */
	const char *value;      /* NULL: only the key is there, which is `true` */
};

struct git_config {
	VEC(struct git_setting) list; /* as they are written */
};

/* Adds the settings of a text; strings are of the arena. False: git would refuse it, or nobody
 * knows what it says; some may have been added. */
bool git_config_read(struct git_config *config, struct arena *a, const char *text, size_t len);
