/* SPDX-License-Identifier: Apache-2.0 */
/* Which findings the comments and annotations speak of, and which comments speak of none. */
#include "verifier/codes.h"
#include "verifier/report/comments.h"

/* What speaks of the line. */
static struct comment *find(const struct comments *all, struct loc loc, int check)
{
	size_t lo = 0, hi = all->list.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct comment *c = &all->list.v[mid];

		if (c->loc.file < loc.file || (c->loc.file == loc.file && c->line < loc.line))
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < all->list.n; lo++) {
		struct comment *c = &all->list.v[lo];

		if (c->loc.file != loc.file || c->line != loc.line)
			break;
		if (c->checks[check])
			return c;
	}
	return NULL;
}

/* What speaks of the object that holds the place. */
static struct comment *find_wide(const struct comments *all, struct loc loc, int check)
{
	size_t lo = 0, hi = all->wide.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (report_compare_loc(all->wide.v[mid]->object, loc) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo-- > 0) {
		struct comment *c = all->wide.v[lo];
		struct loc end = {.file = c->object.file,
				  .line = c->object.end_line,
				  .col = c->object.end_col};

		if (report_compare_loc(end, loc) < 0)
			break;
		if (c->checks[check])
			return c;
	}
	return NULL;
}

/* A warning of reading is about an object as such, so what heads its document speaks of it. */
static struct comment *find_object(struct report *r, const struct comments *all, struct loc loc,
				   int check)
{
	struct comment *c = find_wide(all, loc, check);
	const struct report_document *d = report_document(r, loc);

	if (!c && d)
		c = find(all, (struct loc){.file = loc.file, .line = d->first}, check);
	if (!c && d)
		c = find(all, (struct loc){.file = loc.file, .line = d->marker}, check);
	return c;
}

static struct comment *find_any(struct report *r, const struct comments *all, struct loc loc,
				int check)
{
	struct comment *c = find(all, loc, check);
	struct loc owner;

	report_owner(r, loc, &owner);
	if (!c && owner.line)
		c = find(all, owner, check);
	return c || check < CHECK_N ? c : find_object(r, all, loc, check);
}

static void apply(struct report *r, const struct comments *all)
{
	vec_each (struct diag_item *, item, &r->diag->items) {
		struct comment *c;

		if (!report_is_finding(*item) || !(*item)->loc.line)
			continue;
		c = find_any(r, all, (*item)->loc, check_level_find((*item)->code));
		if (!c)
			continue;
		c->used = true;
		if ((*item)->stays) {
			diag_note(r->diag, *item, c->loc,
				  "this %s does not suppress it: no answer is no proof",
				  comment_kind(c));
			continue;
		}
		diag_set_aside(r->diag, *item, DIAG_SUPPRESSED, c->reason);
	}
}

/* What is off, or got no answer, may still have what the comment speaks of; and of an object that
 * is no policy, as another file has it, checks say nothing. */
static bool may_be_needed(const struct report *r, const struct comment *c)
{
	for (int i = 0; i < CHECK_N_LEVELS; i++) {
		if (c->checks[i] &&
		    (r->options->levels[i] == CHECK_OFF || (!c->line && i < CHECK_N)))
			return true;
	}
	return false;
}

static bool any_undecided(const struct report *r)
{
	vec_each (struct diag_item *, item, &r->diag->items) {
		if (check_find((*item)->code) == CHECK_ID_UNDECIDED)
			return true;
	}
	return false;
}

static void note_unused(struct report *r, const struct comments *all)
{
	if (any_undecided(r))
		return;
	vec_each (const struct comment, c, &all->list) {
		if (!c->used && !may_be_needed(r, c))
			diag_info(r->diag, c->loc, CHECK_CODE_UNUSED_SUPPRESSION,
				  "this %s suppresses nothing: no such finding stands on line "
				  "%u; remove it",
				  comment_kind(c), c->line ? c->line : c->object.line);
	}
}

int report_suppress(struct report *r)
{
	struct comments all;

	comments_collect(&all, r);
	apply(r, &all);
	note_unused(r, &all);
	return all.err;
}
