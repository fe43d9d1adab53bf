/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/diag.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void diag_init(struct diag *d, struct arena *arena, struct sources *sources)
{
	*d = (struct diag){.arena = arena, .sources = sources};
}

const char *diag_severity_name(enum diag_severity s)
{
	static const char *const names[] = {
		[DIAG_INFO] = "note", [DIAG_WARNING] = "warning", [DIAG_ERROR] = "error"};

	return names[s];
}

static const char *format(struct arena *a, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf b = {0};

	buf_vprintf(&b, fmt, ap);
	return arena_strdup(a, buf_str(&b));
}

/* Where an item is made. */
static struct arena *maker(const struct diag *d)
{
	return d->draft ? d->draft : d->arena;
}

static bool has_room(const struct diag *d, enum diag_severity severity)
{
	return severity == DIAG_ERROR ? d->errors < DIAG_MAX_ITEMS : d->items.n < DIAG_MAX_ITEMS;
}

static void count(struct diag *d, enum diag_severity severity)
{
	d->errors += severity == DIAG_ERROR;
	d->warnings += severity == DIAG_WARNING;
}

/* Takes no memory, however often. */
static struct diag_item *do_without(struct diag *d, enum diag_severity severity, struct loc loc,
				    const char *code)
{
	count(d, severity);
	d->unkept++;
	d->spare = (struct diag_item){.severity = severity, .loc = loc, .code = code, .text = ""};
	return &d->spare;
}

static struct diag_item *keep(struct diag *d, struct diag_item *item)
{
	if (!has_room(d, item->severity))
		return do_without(d, item->severity, item->loc, item->code);
	count(d, item->severity);
	vec_push(d->arena, &d->items, item);
	return item;
}

static struct diag_item *add(struct diag *d, enum diag_severity severity, struct loc loc,
			     const char *code, const char *text)
{
	struct diag_item *item = arena_new(maker(d), struct diag_item);

	*item = (struct diag_item){.severity = severity, .loc = loc, .code = code, .text = text};
	return keep(d, item);
}

void diag_put(struct diag *d, struct diag_item *item)
{
	keep(d, item);
}

void diag_count(struct diag *d, size_t messages, size_t errors, size_t warnings)
{
	d->errors += errors;
	d->warnings += warnings;
	d->unkept += messages;
}

#define DEFINE_REPORTER(name, severity)                                                            \
	struct diag_item *name(struct diag *d, struct loc loc, const char *code, const char *fmt,  \
			       ...)                                                                \
	{                                                                                          \
		const char *text;                                                                  \
		va_list ap;                                                                        \
                                                                                                   \
		if (!has_room(d, severity))                                                        \
			return do_without(d, severity, loc, code);                                 \
		va_start(ap, fmt);                                                                 \
		text = format(maker(d), fmt, ap);                                                  \
		va_end(ap);                                                                        \
		return add(d, severity, loc, code, text);                                          \
	}

DEFINE_REPORTER(diag_error, DIAG_ERROR)
DEFINE_REPORTER(diag_warning, DIAG_WARNING)
DEFINE_REPORTER(diag_info, DIAG_INFO)

void diag_note(struct diag *d, struct diag_item *item, struct loc loc, const char *fmt, ...)
{
	struct diag_note note = {.loc = loc};
	va_list ap;

	if (item == &d->spare)
		return;
	va_start(ap, fmt);
	note.text = format(maker(d), fmt, ap);
	va_end(ap);
	vec_push(maker(d), &item->notes, note);
}

static void add_fix(struct diag *d, struct diag_item *item, struct diag_fix fix, const char *text,
		    const char *title)
{
	fix.text = arena_strdup(maker(d), text);
	fix.title = title;
	vec_push(maker(d), &item->fixes, fix);
}

#define DEFINE_FIX(name, is_safe)                                                                  \
	void name(struct diag *d, struct diag_item *item, struct loc loc, const char *text,        \
		  const char *fmt, ...)                                                            \
	{                                                                                          \
		const char *title;                                                                 \
		va_list ap;                                                                        \
                                                                                                   \
		if (item == &d->spare)                                                             \
			return;                                                                    \
		va_start(ap, fmt);                                                                 \
		title = format(maker(d), fmt, ap);                                                 \
		va_end(ap);                                                                        \
		add_fix(d, item, (struct diag_fix){.loc = loc, .safe = is_safe}, text, title);     \
	}

DEFINE_FIX(diag_fix, false)
DEFINE_FIX(diag_safe_fix, true)

void diag_leave_out(struct diag *d)
{
	d->unkept++;
}

const char *diag_unlisted(const struct diag *d)
{
	if (!d->unkept)
		return NULL;
	return arena_printf(d->arena, "at least %zu more message%s not listed", d->unkept,
			    d->unkept == 1 ? " is" : "s are");
}

static void uncount(struct diag *d, const struct diag_item *item)
{
	d->errors -= item->severity == DIAG_ERROR;
	d->warnings -= item->severity == DIAG_WARNING;
}

void diag_set_severity(struct diag *d, struct diag_item *item, enum diag_severity severity)
{
	uncount(d, item);
	item->severity = severity;
	d->errors += severity == DIAG_ERROR;
	d->warnings += severity == DIAG_WARNING;
}

void diag_drop(struct diag *d, bool (*unwanted)(const struct diag_item *item, const void *ctx),
	       const void *ctx)
{
	size_t n = 0;

	for (size_t i = 0; i < d->items.n; i++) {
		struct diag_item *item = d->items.v[i];

		if (item->state == DIAG_SHOWN && unwanted(item, ctx))
			uncount(d, item);
		else
			d->items.v[n++] = item;
	}
	d->items.n = n;
}

void diag_set_aside(struct diag *d, struct diag_item *item, enum diag_state state,
		    const char *reason)
{
	item->state = state;
	item->reason = reason;
	uncount(d, item);
	*(state == DIAG_KNOWN ? &d->known : &d->suppressed) += 1;
}

struct diag_mark diag_mark(const struct diag *d)
{
	return (struct diag_mark){d->items.n, d->errors, d->warnings, d->unkept};
}

const struct diag_item *diag_first_error(const struct diag *d, const struct diag_mark *since)
{
	for (size_t i = since->items; i < d->items.n; i++)
		if (d->items.v[i]->severity == DIAG_ERROR)
			return d->items.v[i];
	return NULL;
}

void diag_take_back(struct diag *d, const struct diag_mark *since)
{
	d->items.n = since->items;
	d->errors = since->errors;
	d->warnings = since->warnings;
	d->unkept = since->unkept;
}

/* --- drafts ------------------------------------------------------------------------------ */

void diag_draft(struct diag *d, struct arena *arena)
{
	assert(!d->draft);
	d->draft = arena;
}

void diag_keep(struct diag *d, const struct diag_mark *since)
{
	assert(d->draft);
	d->draft = NULL;
	for (size_t i = since->items; i < d->items.n; i++)
		d->items.v[i] = diag_item_copy(d->items.v[i], d->arena);
}

struct diag_item *diag_item_copy(const struct diag_item *item, struct arena *arena)
{
	struct diag_item *copy = arena_new(arena, struct diag_item);

	assert(!item->reason && !item->fingerprint); /* they come when all is said */
	*copy = *item;
	copy->text = arena_strdup(arena, item->text);
	memset(&copy->notes, 0, sizeof(copy->notes));
	memset(&copy->fixes, 0, sizeof(copy->fixes));
	vec_each (const struct diag_note, note, &item->notes)
		vec_push(arena, &copy->notes,
			 ((struct diag_note){note->loc, arena_strdup(arena, note->text)}));
	vec_each (const struct diag_fix, fix, &item->fixes) {
		struct diag_fix own = *fix;

		own.text = arena_strdup(arena, fix->text);
		own.title = arena_strdup(arena, fix->title);
		vec_push(arena, &copy->fixes, own);
	}
	return copy;
}

/* --- taking back --------------------------------------------------------------------------- */

void diag_demote(struct diag *d, const struct diag_mark *since)
{
	for (size_t i = since->items; i < d->items.n; i++) {
		if (d->items.v[i]->severity == DIAG_ERROR)
			d->items.v[i]->severity = DIAG_WARNING;
	}
	d->warnings += d->errors - since->errors;
	d->errors = since->errors;
}

static int item_order(const void *a, const void *b)
{
	const struct diag_item *x = *(struct diag_item *const *)a;
	const struct diag_item *y = *(struct diag_item *const *)b;

	if (!x->loc.line != !y->loc.line)
		return x->loc.line ? -1 : 1;
	if (x->loc.file != y->loc.file)
		return x->loc.file < y->loc.file ? -1 : 1;
	if (x->loc.line != y->loc.line)
		return x->loc.line < y->loc.line ? -1 : 1;
	if (x->loc.col != y->loc.col)
		return x->loc.col < y->loc.col ? -1 : 1;
	return strcmp(x->text, y->text);
}

void diag_sort(struct diag *d, size_t first)
{
	if (d->items.n > first + 1)
		qsort(d->items.v + first, d->items.n - first, sizeof(*d->items.v), item_order);
}
