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

struct skipped_broken *skipped_add_broken(struct skipped *s, struct diag *d,
					  const struct diag_mark *since)
{
	struct skipped_broken broken = {.why = diag_first_error(d, since)};

	assert(broken.why);
	for (size_t i = since->items; i < d->items.n; i++)
		vec_push(s->arena, &broken.said, d->items.v[i]);
	diag_take_back(d, since);
	vec_push(s->arena, &s->broken, broken);
	return &s->broken.v[s->broken.n - 1];
}

bool skipped_complain(struct skipped *s, struct diag *d, bool inventory)
{
	size_t kept = 0, n = s->broken.n;

	for (size_t i = 0; i < n; i++) {
		const struct skipped_broken *b = &s->broken.v[i];

		if (!b->named || b->inventory != inventory) {
			s->broken.v[kept++] = *b;
			continue;
		}
		vec_each (struct diag_item *, item, &b->said)
			diag_put(d, *item);
	}
	s->broken.n = kept;
	return kept < n;
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

static size_t count_broken(const struct skipped *s)
{
	size_t count = 0;

	vec_each (const struct skipped_broken, b, &s->broken)
		count += !b->counted;
	return count;
}

static void put_others(const struct skipped *s, struct buf *out)
{
	size_t broken = count_broken(s);
	const char *sep = s->kinds.n ? "; " : "";

	if (s->foreign)
		buf_printf(out, "%s%zu of other programs", sep, s->foreign);
	if (broken)
		buf_printf(out, "%s%zu cannot be read", s->foreign ? "; " : sep, broken);
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
}

void skipped_tell(const struct skipped *s, struct diag *d, bool list)
{
	const struct skipped_kind *sorted = sort_kinds(s);
	size_t count = s->foreign + count_broken(s);
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
