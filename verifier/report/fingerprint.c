/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints: the SHA-256 of a finding's check, its policy and the text of its rule without
 * comments and layout. Neither the file nor the line is part of it, so that it stays the same
 * when a policy moves; the second finding with the same text is told from the first by a number.
 */
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/intern.h"
#include "verifier/report/report.h"

/* Half of the hash is plenty, and short enough to read. */
enum { DIGITS = 32 };

/* Where something with a name begins; what follows in the file belongs to it. */
struct anchor {
	struct loc loc;
	const char *name;
};

struct report_anchors {
	VEC(struct anchor) list; /* sorted by place */
};

bool report_is_finding(const struct diag_item *item)
{
	return item->finding || check_find(item->code) >= 0;
}

int report_compare_loc(struct loc a, struct loc b)
{
	if (a.file != b.file)
		return a.file < b.file ? -1 : 1;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.col < b.col ? -1 : a.col > b.col;
}

static int anchor_order(const void *a, const void *b)
{
	return report_compare_loc(((const struct anchor *)a)->loc, ((const struct anchor *)b)->loc);
}

static void collect_anchors(struct report *r)
{
	struct arena *arena = r->diag->arena;

	r->anchors = arena_new(arena, struct report_anchors);
	vec_each (struct ir_policy *, p, &r->ir->policies)
		vec_push(arena, &r->anchors->list, (struct anchor){(*p)->loc, (*p)->name});
	vec_each (struct ir_assert *, a, &r->ir->asserts)
		vec_push(arena, &r->anchors->list, (struct anchor){(*a)->loc, (*a)->title});
	if (r->anchors->list.n)
		qsort(r->anchors->list.v, r->anchors->list.n, sizeof(struct anchor), anchor_order);
}

const char *report_owner(struct report *r, struct loc loc, struct loc *owner)
{
	const struct report_document *document = report_document(r, loc);
	size_t lo = 0, hi = r->anchors->list.n;

	*owner = LOC_NONE;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (report_compare_loc(r->anchors->list.v[mid].loc, loc) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || !loc.line || r->anchors->list.v[lo - 1].loc.file != loc.file)
		return "";
	if (document && r->anchors->list.v[lo - 1].loc.line < document->marker)
		return "";
	*owner = r->anchors->list.v[lo - 1].loc;
	return r->anchors->list.v[lo - 1].name ? r->anchors->list.v[lo - 1].name : "";
}

/* --- the text of a rule ----------------------------------------------------------------------- */

static const char *place(const struct source *src, uint32_t line, uint32_t col)
{
	const char *start = source_line_start(src, line), *end = src->text + src->len;
	size_t at = col ? col - 1 : 0;

	return at < (size_t)(end - start) ? start + at : end;
}

/* Without comments, and with one blank wherever there is white space. */
static void put_normal(struct buf *out, const char *s, const char *end)
{
	bool blank = true;
	char quote = 0;

	for (; s < end; s++) {
		if (!quote && *s == '#' && blank) {
			while (s < end && *s != '\n')
				s++;
			s--;
			continue;
		}
		if (*s == quote)
			quote = 0;
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		if (!strchr(" \t\r\n", *s))
			buf_putc(out, *s);
		else if (!blank)
			buf_putc(out, ' ');
		blank = strchr(" \t\r\n", *s);
	}
}

static void put_text(const struct report *r, struct loc loc, struct buf *out)
{
	const struct source *src = sources_get(r->diag->sources, loc.file);
	const char *from, *to;

	if (!src || !loc.line)
		return;
	from = place(src, loc.line, loc.col);
	to = loc.end_line ? place(src, loc.end_line, loc.end_col) : place(src, loc.line + 1, 1);
	if (from < to)
		put_normal(out, from, to);
}

/* --- the hash --------------------------------------------------------------------------------- */

static const char *hash(struct arena *a, const struct buf *text)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)buf_str(text), text->n, hex);
	return arena_strndup(a, hex, DIGITS);
}

void report_init(struct report *r, const struct ir *ir, const struct check_options *options,
		 struct lang *lang)
{
	struct diag *diag = &lang->diag;
	struct intern seen;
	VEC(size_t) times = {0};

	*r = (struct report){.ir = ir, .options = options, .diag = diag, .ignores = &lang->ignores};
	collect_anchors(r);
	intern_init(&seen, diag->arena);
	vec_each (struct diag_item *, item, &diag->items) {
		_cleanup_buf_ struct buf text = {0};
		struct loc owner;
		uint32_t id;

		if (!report_is_finding(*item))
			continue;
		buf_printf(&text, "polc/v1\n%s\n%s\n", (*item)->code,
			   report_owner(r, (*item)->loc, &owner));
		if ((*item)->loc.line)
			put_text(r, (*item)->loc, &text);
		else
			buf_puts(&text, (*item)->text);
		id = intern_add(&seen, hash(diag->arena, &text));
		if (id == times.n)
			vec_push(diag->arena, &times, 0);
		if (times.v[id]++)
			buf_printf(&text, "\n#%zu", times.v[id]);
		(*item)->fingerprint = hash(diag->arena, &text);
	}
}
