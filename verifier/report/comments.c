/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comments, and annotations of Kubernetes objects, that suppress findings. Comments are looked for
 * in the lines of the source, as YAML readers keep none: a `#` that begins a line or follows a
 * blank, outside of quotes. A quote that a line leaves open hides the rest of that line, which errs
 * on the side of showing.
 */
#include "verifier/report/comments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/codes.h"

#define MARK   "polc:ignore"
#define BLANKS " \t\r"

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

const char *comment_kind(const struct comment *c)
{
	return c->annotation ? "annotation" : "comment";
}

static void refuse(struct report *r, struct comments *out, const struct comment *c,
		   const char *fault)
{
	diag_error(r->diag, c->loc, CHECK_CODE_BAD_SUPPRESSION,
		   "this %s suppresses nothing, as %s; write '%sCHECK reason'", comment_kind(c),
		   fault, c->annotation ? "" : "# " MARK " ");
	out->err = -EINVAL;
}

static bool read_checks(struct report *r, struct comments *out, struct comment *c, char *names)
{
	char *rest = NULL;
	bool any = false;

	for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		int id = check_level_find(name);

		if (id < 0) {
			refuse(r, out, c,
			       arena_printf(r->diag->arena, "there is no check or warning '%s'",
					    name));
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

/* Each line is what would stand behind the mark of a comment. */
static void read_annotation(struct report *r, struct comments *out, const struct comment *like,
			    const char *lines)
{
	char *rest = NULL, *text = arena_strdup(r->diag->arena, lines);
	size_t n = 0;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct comment c = *like;

		n++;
		read_comment(r, out, &c, line);
	}
	if (!n)
		refuse(r, out, like, "it names no check");
}

/* They speak of the whole policy. */
static void read_policies(struct report *r, struct comments *out)
{
	vec_each (struct ir_policy *, policy, &r->ir->policies) {
		const struct comment like = {.loc = (*policy)->ignore_loc,
					     .line = (*policy)->loc.line,
					     .annotation = true};

		if ((*policy)->ignore)
			read_annotation(r, out, &like, (*policy)->ignore);
	}
}

static int by_loc(const void *a, const void *b)
{
	return report_compare_loc(((const struct comment *)a)->loc,
				  ((const struct comment *)b)->loc);
}

static size_t first_at(const struct comments *all, size_t n, struct loc loc)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (report_compare_loc(all->list.v[mid].loc, loc) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* And of what reading said about the object; of a policy they are there already. */
static void read_objects(struct report *r, struct comments *out, const struct lang_ignores *ignores)
{
	size_t n = out->list.n;

	if (n)
		qsort(out->list.v, n, sizeof(*out->list.v), by_loc);
	vec_each (const struct lang_ignore, ignore, &ignores->list) {
		const struct comment like = {
			.loc = ignore->loc, .object = ignore->object, .annotation = true};
		size_t at = first_at(out, n, ignore->loc);

		if (at == n || report_compare_loc(out->list.v[at].loc, ignore->loc) != 0)
			read_annotation(r, out, &like, ignore->text);
		for (; at < n && report_compare_loc(out->list.v[at].loc, ignore->loc) == 0; at++)
			out->list.v[at].object = ignore->object;
	}
}

static int compare_comments(const void *a, const void *b)
{
	const struct comment *x = a, *y = b;

	if (x->loc.file != y->loc.file)
		return x->loc.file < y->loc.file ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static int compare_wide(const void *a, const void *b)
{
	return report_compare_loc((*(const struct comment *const *)a)->object,
				  (*(const struct comment *const *)b)->object);
}

static void index_comments(struct comments *all, struct arena *arena)
{
	if (all->list.n)
		qsort(all->list.v, all->list.n, sizeof(*all->list.v), compare_comments);
	vec_each (struct comment, c, &all->list)
		if (c->object.line)
			vec_push(arena, &all->wide, c);
	if (all->wide.n)
		qsort(all->wide.v, all->wide.n, sizeof(*all->wide.v), compare_wide);
}

void comments_collect(struct comments *out, struct report *r)
{
	*out = (struct comments){0};
	read_policies(r, out);
	read_objects(r, out, r->ignores);
	for (uint32_t file = 0; file < r->diag->sources->list.n; file++)
		if (!r->diag->sources->list.v[file].aside)
			read_source(r, out, file);
	index_comments(out, r->diag->arena);
}
