/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/skipped.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/codes.h"

void skipped_init(struct skipped *s, struct arena *arena)
{
	*s = (struct skipped){.arena = arena};
	intern_init(&s->keys, arena);
}

void skipped_add_kind(struct skipped *s, const char *kind, const char *api, size_t count,
		      struct loc loc)
{
	uint32_t id = intern_add(&s->keys, kind);

	if (id == s->kinds.n)
		vec_push(s->arena, &s->kinds,
			 ((struct skipped_kind){.kind = arena_strdup(s->arena, kind),
						.api = arena_strdup(s->arena, api),
						.first = loc}));
	s->kinds.v[id].count += count;
}

void skipped_add_foreign(struct skipped *s, struct loc loc)
{
	if (!s->foreign++)
		s->first_foreign = loc;
}

void skipped_add_file(struct skipped *s, const char *path, const char *why)
{
	vec_push(s->arena, &s->files, ((struct skipped_file){path, why}));
}

static void add_more(struct skipped_more *more, const struct diag *d, const struct diag_mark *since)
{
	more->documents++;
	more->messages += d->items.n - since->items + d->unkept - since->unkept;
	more->errors += d->errors - since->errors;
	more->warnings += d->warnings - since->warnings;
}

static void keep_broken(struct skipped *s, const struct diag *d, const struct diag_mark *since,
			struct skipped_origin origin)
{
	struct skipped_broken broken = {.origin = origin};
	const struct diag_item *why = diag_first_error(d, since);

	for (size_t i = since->items; i < d->items.n; i++) {
		struct diag_item *item = diag_item_copy(d->items.v[i], s->arena);

		if (d->items.v[i] == why)
			broken.why = item;
		vec_push(s->arena, &broken.said, item);
	}
	assert(broken.why);
	vec_push(s->arena, &s->broken, broken);
}

void skipped_add_broken(struct skipped *s, struct diag *d, const struct diag_mark *since,
			struct skipped_origin origin)
{
	if (s->broken.n < SKIPPED_MAX_BROKEN)
		keep_broken(s, d, since, origin);
	else
		add_more(&s->more[origin.named][origin.inventory], d, since);
	diag_take_back(d, since);
}

bool skipped_complain(struct skipped *s, struct diag *d, bool inventory)
{
	struct skipped_more *more = &s->more[true][inventory];
	size_t kept = 0, n = s->broken.n, unkept = more->documents;

	for (size_t i = 0; i < n; i++) {
		const struct skipped_broken *b = &s->broken.v[i];

		if (!b->origin.named || b->origin.inventory != inventory) {
			s->broken.v[kept++] = *b;
			continue;
		}
		vec_each (struct diag_item *, item, &b->said)
			diag_put(d, *item);
	}
	s->broken.n = kept;
	diag_count(d, more->messages, more->errors, more->warnings);
	*more = (struct skipped_more){0};
	return kept < n || unkept;
}

/* --- the note -------------------------------------------------------------------------------- */

/* More kinds than a line has room for; -v has them all. */
enum { MAX_SHOWN = 5 };

static int by_count(const void *a, const void *b)
{
	const struct skipped_kind *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->kind, y->kind);
}

/* The most frequent first. */
static struct skipped_kind *sort_kinds(const struct skipped *s)
{
	struct skipped_kind *sorted = arena_array(s->arena, struct skipped_kind, s->kinds.n + 1);

	if (s->kinds.n)
		memcpy(sorted, s->kinds.v, s->kinds.n * sizeof(*sorted));
	qsort(sorted, s->kinds.n, sizeof(*sorted), by_count);
	return sorted;
}

static void put_kinds(const struct skipped *s, const struct skipped_kind *sorted, struct buf *out)
{
	for (size_t i = 0; i < s->kinds.n && i < MAX_SHOWN; i++)
		buf_printf(out, "%s%s %zu", i ? ", " : "", sorted[i].kind, sorted[i].count);
	if (s->kinds.n > MAX_SHOWN)
		buf_printf(out, " and %zu more kind%s", s->kinds.n - MAX_SHOWN,
			   s->kinds.n == MAX_SHOWN + 1 ? "" : "s");
}

static size_t count_more(const struct skipped *s)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++)
		n += s->more[i / 2][i % 2].documents;
	return n;
}

static size_t count_broken(const struct skipped *s)
{
	return count_more(s) + s->broken.n;
}

static void put_part(size_t n, const char *what, const char **sep, struct buf *out)
{
	if (!n)
		return;
	buf_printf(out, "%s%zu %s", *sep, n, what);
	*sep = "; ";
}

static void put_others(const struct skipped *s, struct buf *out)
{
	const char *sep = s->kinds.n ? "; " : "";

	put_part(s->foreign, "of other programs", &sep, out);
	put_part(count_broken(s), "cannot be read", &sep, out);
	put_part(s->files.n, s->files.n == 1 ? "no regular file" : "no regular files", &sep, out);
}

static void list_all(const struct skipped *s, const struct skipped_kind *sorted, struct diag *d)
{
	for (size_t i = 0; i < s->kinds.n; i++)
		diag_info(d, sorted[i].first, CODE_SKIPPED,
			  "objects of kind '%s' are skipped: %zu; this is the first, of '%s'",
			  sorted[i].kind, sorted[i].count, sorted[i].api);
	if (s->foreign)
		diag_info(d, s->first_foreign, CODE_SKIPPED,
			  "documents without 'apiVersion' and 'kind' are no Kubernetes objects and "
			  "are skipped: %zu, this is the first",
			  s->foreign);
	vec_each (const struct skipped_broken, b, &s->broken) {
		diag_info(d, b->why->loc, CODE_SKIPPED,
			  "this document cannot be read and is skipped: %s", b->why->text);
	}
	if (count_more(s))
		diag_info(d, LOC_NONE, CODE_SKIPPED,
			  "and %zu more documents that cannot be read and are skipped",
			  count_more(s));
	vec_each (const struct skipped_file, f, &s->files)
		diag_info(d, LOC_NONE, CODE_SKIPPED, "'%s' is skipped: %s", f->path, f->why);
}

void skipped_tell(const struct skipped *s, struct diag *d, bool list)
{
	const struct skipped_kind *sorted = sort_kinds(s);
	size_t count = s->foreign + count_broken(s) + s->files.n;
	_cleanup_buf_ struct buf text = {0};

	vec_each (const struct skipped_kind, k, &s->kinds)
		count += k->count;
	put_kinds(s, sorted, &text);
	put_others(s, &text);
	if (count)
		diag_info(d, LOC_NONE, CODE_SKIPPED,
			  "skipped: %zu document%s no policy and no workload (%s)%s", count,
			  count == 1 ? " that is" : "s that are", buf_str(&text),
			  list ? "" : "; -v lists them");
	if (list)
		list_all(s, sorted, d);
}
