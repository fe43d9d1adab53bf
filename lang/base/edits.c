/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/edits.h"

#include <assert.h>
#include <stdlib.h>

struct span {
	size_t begin, end;
};

/* Where a place is in its text. False: it is not in it. */
static bool span_of(const struct source *src, struct loc loc, struct span *out)
{
	size_t len;

	if (!loc.line || !loc.col || !loc.end_col)
		return false;
	source_line(src, loc.line, &len);
	if (loc.col - 1 > len)
		return false;
	out->begin = (size_t)(source_line_start(src, loc.line) - src->text) + loc.col - 1;
	source_line(src, loc.end_line, &len);
	if (loc.end_col - 1 > len)
		return false;
	out->end = (size_t)(source_line_start(src, loc.end_line) - src->text) + loc.end_col - 1;
	return out->begin <= out->end && out->end <= src->len;
}

static bool is_safe(const struct diag *d, const struct diag_item *item)
{
	vec_each (const struct diag_fix, fix, &item->fixes) {
		const struct source *src = sources_get(d->sources, fix->loc.file);
		struct span span;

		if (!fix->safe || !src || !span_of(src, fix->loc, &span))
			return false;
	}
	return true;
}

static int edit_order(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;
	struct loc p = x->fix->loc, q = y->fix->loc;

	if (p.file != q.file)
		return p.file < q.file ? -1 : 1;
	if (p.line != q.line)
		return p.line < q.line ? -1 : 1;
	if (p.col != q.col)
		return p.col < q.col ? -1 : 1;
	return 0;
}

static bool overlap(struct loc first, struct loc then)
{
	if (first.file != then.file || then.line > first.end_line)
		return false;
	if (then.line == first.line && then.col == first.col)
		return true;
	return then.line < first.end_line || then.col < first.end_col;
}

static void drop_overlaps(struct edits *e)
{
	const struct edit *last = NULL;
	size_t n = 0;

	vec_each (struct edit, edit, &e->list) {
		if (last && overlap(last->fix->loc, edit->fix->loc))
			*edit->dropped = true;
		else
			last = edit;
	}
	for (size_t i = 0; i < e->list.n; i++)
		if (!*e->list.v[i].dropped)
			e->list.v[n++] = e->list.v[i];
	e->list.n = n;
}

void edits_collect(const struct diag *d, edits_wanted *wanted, struct edits *out)
{
	*out = (struct edits){0};
	vec_each (struct diag_item *, item, &d->items) {
		bool *dropped;

		if ((*item)->state != DIAG_SHOWN || (wanted && !wanted(*item)) ||
		    !is_safe(d, *item))
			continue;
		dropped = arena_new(d->arena, bool);
		vec_each (const struct diag_fix, fix, &(*item)->fixes)
			vec_push(d->arena, &out->list, (struct edit){*item, fix, dropped});
	}
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), edit_order);
	drop_overlaps(out);
}

size_t edits_of_file(const struct edit *first, size_t n)
{
	size_t i = 0;

	while (i < n && first[i].fix->loc.file == first->fix->loc.file)
		i++;
	return i;
}

void edits_apply(const struct source *src, const struct edit *edits, size_t n, struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		struct span span;
		bool there = span_of(src, edits[i].fix->loc, &span);

		assert(there && at <= span.begin);
		(void)there;
		buf_add(out, src->text + at, span.begin - at);
		buf_puts(out, edits[i].fix->text);
		at = span.end;
	}
	buf_add(out, src->text + at, src->len - at);
}
