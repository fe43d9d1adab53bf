/* SPDX-License-Identifier: Apache-2.0 */
/* The row of a class, from runs of classes that have one. Nodes read tables with it, and build
 * none. */
#include "compiler/classes/classes.h"

size_t cls_run_of(const struct cls_table *t, uint32_t cls)
{
	size_t lo = 0, hi = t->runs.list.n;

	/* The last run that begins at or before the class. */
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->runs.list.v[mid].first <= cls)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

uint32_t cls_table_row(const struct cls_table *t, uint32_t cls)
{
	return t->runs.list.v[cls_run_of(t, cls)].row;
}

uint32_t *cls_table_rows(const struct cls_table *t, uint32_t n_classes, struct arena *arena)
{
	uint32_t *rows = arena_array(arena, uint32_t, n_classes);

	for (size_t i = 0; i < t->runs.list.n; i++) {
		uint32_t end = i + 1 < t->runs.list.n ? t->runs.list.v[i + 1].first : n_classes;

		for (uint32_t cls = t->runs.list.v[i].first; cls < end; cls++)
			rows[cls] = t->runs.list.v[i].row;
	}
	return rows;
}
