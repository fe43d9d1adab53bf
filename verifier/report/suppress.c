/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comments, and annotations of Kubernetes objects, that suppress findings. Comments are looked for
 * in the lines of the source, as YAML readers keep none: a `#` that begins a line or follows a
 * blank, outside of quotes. A quote that a line leaves open hides the rest of that line, which errs
 * on the side of showing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/codes.h"
#include "verifier/report/report.h"

#define MARK   "polc:ignore"
#define BLANKS " \t\r"

struct comment {
	struct loc loc; /* of the comment */
	uint32_t line;  /* that it speaks of, of the same file */
	bool annotation;
	bool checks[CHECK_N];
	const char *reason;
	bool used;
};

struct comments {
	VEC(struct comment) list; /* sorted by (file, line) before they are applied */
	int err;
};

/* The `#` of a line's comment; NULL: it has none. */
static const char *find_comment(const char *s, const char *end)
{
	char quote = 0, before = ' ';

	for (; s < end; before = *s++) {
		if (*s == quote)
			quote = 0;
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else if (!quote && *s == '#' && strchr(BLANKS, before))
			return s;
	}
	return NULL;
}

static const char *kind_name(const struct comment *c)
{
	return c->annotation ? "annotation" : "comment";
}

static void refuse(struct report *r, struct comments *out, const struct comment *c,
		   const char *fault)
{
	diag_error(r->diag, c->loc, CHECK_CODE_BAD_SUPPRESSION,
		   "this %s suppresses nothing, as %s; write '%sCHECK reason'", kind_name(c), fault,
		   c->annotation ? "" : "# " MARK " ");
	out->err = -EINVAL;
}

static bool read_checks(struct report *r, struct comments *out, struct comment *c, char *names)
{
	char *rest = NULL;
	bool any = false;

	for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		int id = check_find(name);

		if (id < 0) {
			refuse(r, out, c,
			       arena_printf(r->diag->arena, "there is no check '%s'", name));
			return false;
		}
		c->checks[id] = any = true;
	}
	if (!any)
		refuse(r, out, c, "it names no check");
	return any;
}

/* What stands behind the mark: `CHECK[,CHECK] reason`. */
static void read_comment(struct report *r, struct comments *out, struct comment *c, char *text)
{
	size_t n;

	text += strspn(text, BLANKS);
	n = strcspn(text, BLANKS);
	c->reason = text + n + strspn(text + n, BLANKS);
	text[n] = '\0';
	if (!read_checks(r, out, c, text))
		return;
	if (*c->reason)
		vec_push(r->diag->arena, &out->list, *c);
	else
		refuse(r, out, c, "it gives no reason");
}

static void read_line(struct report *r, struct comments *out, struct loc loc, const char *s,
		      const char *end)
{
	const char *hash = find_comment(s, end), *text;
	struct comment c = {.loc = loc, .line = loc.line};

	if (!hash)
		return;
	text = hash + 1;
	while (text < end && strchr(BLANKS, *text))
		text++;
	if ((size_t)(end - text) < strlen(MARK) || strncmp(text, MARK, strlen(MARK)) != 0)
		return;
	text += strlen(MARK);
	if (text < end && !strchr(BLANKS, *text))
		return;
	while (end > text && strchr(BLANKS, end[-1]))
		end--;
	c.loc.col = (uint32_t)(hash - s) + 1;
	c.loc.end_line = loc.line;
	c.loc.end_col = (uint32_t)(end - s) + 1;
	read_comment(r, out, &c, arena_strndup(r->diag->arena, text, (size_t)(end - text)));
}

static bool is_comment_line(const char *s, const char *end)
{
	while (s < end && strchr(BLANKS, *s))
		s++;
	return s < end && *s == '#';
}

/* Comments on lines of their own speak of the first line below them that is none. */
static void settle(struct comments *out, size_t first, uint32_t line)
{
	for (; first < out->list.n; first++)
		out->list.v[first].line = line;
}

static void read_source(struct report *r, struct comments *out, uint32_t file)
{
	const struct source *src = sources_get(r->diag->sources, file);
	const char *s = src->text, *end = s + src->len, *nl;
	size_t waiting = out->list.n;

	for (struct loc loc = {.file = file, .line = 1}; s < end; s = nl + 1, loc.line++) {
		nl = memchr(s, '\n', (size_t)(end - s));
		nl = nl ? nl : end;
		if (!is_comment_line(s, nl))
			settle(out, waiting, loc.line);
		read_line(r, out, loc, s, nl);
		if (!is_comment_line(s, nl))
			waiting = out->list.n;
	}
}

/* Each line is what would stand behind the mark of a comment. They speak of the whole policy. */
static void read_annotation(struct report *r, const struct ir_policy *policy, struct comments *out)
{
	char *rest = NULL, *text = arena_strdup(r->diag->arena, policy->ignore);
	size_t lines = 0;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct comment c = {
			.loc = policy->ignore_loc, .line = policy->loc.line, .annotation = true};

		lines++;
		read_comment(r, out, &c, line);
	}
	if (!lines)
		refuse(r, out, &(struct comment){.loc = policy->ignore_loc, .annotation = true},
		       "it names no check");
}

static int compare_comments(const void *a, const void *b)
{
	const struct comment *x = a, *y = b;

	if (x->loc.file != y->loc.file)
		return x->loc.file < y->loc.file ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* --- applying --------------------------------------------------------------------------------- */

static struct comment *find(struct comments *all, struct loc loc, int check)
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

static void apply(struct report *r, struct comments *all)
{
	vec_each (struct diag_item *, item, &r->diag->items) {
		int check = check_find((*item)->code);
		struct comment *c;
		struct loc owner;

		if (check < 0 || !(*item)->loc.line)
			continue;
		c = find(all, (*item)->loc, check);
		report_owner(r, (*item)->loc, &owner);
		if (!c && owner.line)
			c = find(all, owner, check);
		if (!c)
			continue;
		c->used = true;
		diag_set_aside(r->diag, *item, DIAG_SUPPRESSED, c->reason);
	}
}

/* A check that is off, or that got no answer, may still have what the comment speaks of. */
static bool may_be_needed(const struct report *r, const struct comment *c)
{
	for (int i = 0; i < CHECK_N; i++) {
		if (c->checks[i] && r->options->levels[i] == CHECK_OFF)
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
				  kind_name(c), c->line);
	}
}

int report_suppress(struct report *r)
{
	struct comments all = {0};

	for (uint32_t file = 0; file < r->diag->sources->list.n; file++)
		read_source(r, &all, file);
	vec_each (struct ir_policy *, policy, &r->ir->policies)
		if ((*policy)->ignore)
			read_annotation(r, *policy, &all);
	if (all.list.n)
		qsort(all.list.v, all.list.n, sizeof(*all.list.v), compare_comments);
	apply(r, &all);
	note_unused(r, &all);
	return all.err;
}
