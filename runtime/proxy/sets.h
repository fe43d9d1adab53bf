/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule sets as a proxy asks them: a directory with a file for each (compiler/l7/flat.h), named
 * NAME.l7, and one that counts how often any of them changed. Whoever changes them publishes;
 * whoever asks sees the change with the next request, without being told.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compiler/l7/flat.h"

enum { PROXY_SET_NAME_MAX = 64 };

/* Letters, digits, '-' and '_', at most PROXY_SET_NAME_MAX of them. */
bool proxy_set_name_is_good(const char *name);

/* --- asking ------------------------------------------------------------------------------- */

/* Of one thread. */
struct proxy_sets;

/* NULL with errno: the directory or its count cannot be read. `hits` is where decisions are counted
 * (hits.h); NULL, or what cannot be opened: nowhere. */
struct proxy_sets *proxy_sets_open(const char *dir, const char *hits);
void proxy_sets_close(struct proxy_sets *s);
/* The rule set of this name as it is now, until the next call. NULL: there is none, or the file is
 * no whole one, and `why` says so. */
const struct flat_header *proxy_sets_find(struct proxy_sets *s, const char *name, const char **why);

/* One more decision of the set that was found last: `entry` is one of its, or NULL. */
void proxy_sets_count(struct proxy_sets *s, const struct flat_entry *entry);

/* --- publishing --------------------------------------------------------------------------- */

struct proxy_set_file {
	const char *name;
	const void *data; /* NULL: the set goes */
	size_t n;
};

/* Makes the directory, or takes it over; mode 0755. Returns 0 or -errno. */
int proxy_sets_make(const char *dir);
/* Each file is replaced as a whole, and all before anybody is told. Returns 0 or -errno: without
 * room for all of them nothing was changed. */
int proxy_sets_publish(const char *dir, const struct proxy_set_file *files, size_t n);
