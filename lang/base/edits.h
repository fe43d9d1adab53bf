/* SPDX-License-Identifier: Apache-2.0 */
/* The fixes that are safe, as edits of the sources that a program may carry out. */
#pragma once

#include "lang/base/diag.h"

struct edit {
	const struct diag_item *item; /* borrowed from the diagnostics */
	const struct diag_fix *fix;
	bool *dropped; /* of all edits of one item */
};

struct edits {
	VEC(struct edit) list; /* by place; they do not overlap */
};

typedef bool edits_wanted(const struct diag_item *item);

/* Those of the items that are shown and wanted; NULL: all are. Of two that overlap the first is
 * taken, and of an item either all or none. Memory is the arena's of `d`. */
void edits_collect(const struct diag *d, edits_wanted *wanted, struct edits *out);
/* How many from the first one on are of its file. */
size_t edits_of_file(const struct edit *first, size_t n);
/* Adds the text of a source with n edits of it carried out, in their order. */
void edits_apply(const struct source *src, const struct edit *edits, size_t n, struct buf *out);
