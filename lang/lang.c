/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a `struct lang`, its limits, and reading from memory. Files: lang/read.c. */
#include "lang/lang.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/utf16.h"
#include "lang/base/work.h"
#include "lang/lang_internal.h"

static const struct lang_limits default_limits = {
	.file_bytes = 128u << 20,
	.total_bytes = 512u << 20,
	.depth = 64,
	.yaml_nodes = 8u << 20,
	.items = 1u << 20,
	.import_depth = 16,
};

void lang_init(struct lang *l)
{
	*l = (struct lang){.limits = default_limits};
	arena_init(&l->arena);
	sources_init(&l->sources, &l->arena);
	diag_init(&l->diag, &l->arena, &l->sources);
	intern_init(&l->seen_input, &l->arena);
	intern_init(&l->seen_inventory, &l->arena);
	intern_init(&l->generated, &l->arena);
	intern_init(&l->told, &l->arena);
	skipped_init(&l->skipped, &l->arena);
	kustomizations_init(&l->kustomizations, &l->arena);
	intern_init(&l->left_out_ids, &l->arena);
	intern_init(&l->beside.namespaces, &l->arena);
	intern_init(&l->beside.targets, &l->arena);
	intern_init(&l->beside.scaled, &l->arena);
	intern_init(&l->beside.resized, &l->arena);
	intern_init(&l->gitops.origins, &l->arena);
	unread_init(&l->unread, &l->arena, &l->sources);
}

void lang_add_pod_prefix(struct lang *l, const struct net_prefix *prefix)
{
	vec_each (const struct net_prefix, known, &l->pod_prefixes)
		if (net_prefix_cmp(known, prefix) == 0)
			return;
	vec_push(&l->arena, &l->pod_prefixes, *prefix);
}

void lang_exclude(struct lang *l, const char *base, const char *pattern, const char *origin,
		  unsigned line)
{
	struct ignore_list *list = arena_new(&l->arena, struct ignore_list);

	list->base = arena_strdup(&l->arena, base);
	list->weaker = l->excluded;
	ignore_add(list, &l->arena, origin, line, pattern, strlen(pattern));
	l->excluded = list;
}

void lang_fini(struct lang *l)
{
	arena_fini(&l->arena);
	*l = (struct lang){0};
}

int lang_add_item(struct lang *l, struct ast_file *f, struct ast_item item)
{
	if (l->items > l->limits.items)
		return -EINVAL; /* reported when the limit was passed */
	if (l->items++ == l->limits.items) {
		diag_error(&l->diag, item.loc, CODE_LIMIT,
			   "the input has more than %zu policies, endpoints and other items: "
			   "split it into several runs",
			   l->limits.items);
		return -EINVAL;
	}
	vec_push(&l->arena, &f->items, item);
	work_tell(l->work, l->items);
	return 0;
}

/* --- the end --------------------------------------------------------------------------- */

/* Has anything been read in this role, or been counted as a policy that is not? */
static bool has_read(const struct lang *l, bool inventory)
{
	if (!inventory && unread_count_policies(&l->unread))
		return true;
	vec_each (struct ast_file *, f, &l->files)
		if ((*f)->inventory_only == inventory && (*f)->items.n)
			return true;
	return false;
}

int lang_finish(struct lang *l)
{
	int r = 0;

	kustomizations_settle(l);
	gitops_settle(l);
	for (int inventory = 0; inventory < 2; inventory++)
		if (!has_read(l, inventory) && skipped_complain(&l->skipped, &l->diag, inventory))
			r = -EINVAL;
	kustomizations_tell(l);
	gitops_tell(l);
	skipped_tell(&l->skipped, &l->diag, l->list_skipped);
	return r;
}

/* --- which language ------------------------------------------------------------------ */

struct text {
	const char *p, *end;
};

static bool text_starts(const struct text *t, const char *s)
{
	size_t n = strlen(s);

	return (size_t)(t->end - t->p) >= n && memcmp(t->p, s, n) == 0;
}

/* White space and comments, which both languages begin with '#'. */
static void text_skip_blank(struct text *t)
{
	if (text_starts(t, "\xef\xbb\xbf"))
		t->p += 3;
	while (t->p < t->end) {
		if (*t->p == '#') {
			const char *nl = memchr(t->p, '\n', (size_t)(t->end - t->p));

			t->p = nl ? nl : t->end;
		} else if (isspace((unsigned char)*t->p)) {
			t->p++;
		} else {
			return;
		}
	}
}

/* A word and a ':' directly or after blanks, as in `kind: Pod`. */
static bool text_is_key(struct text t)
{
	const char *start = t.p;

	while (t.p < t.end && (isalnum((unsigned char)*t.p) || strchr("-_./", *t.p)) && *t.p)
		t.p++;
	if (t.p == start)
		return false;
	while (t.p < t.end && (*t.p == ' ' || *t.p == '\t'))
		t.p++;
	return t.p < t.end && *t.p == ':';
}

enum lang_syntax lang_sniff(const char *text, size_t len)
{
	/* The last two: UTF-16. */
	static const char *const openers[] = {"{",  "[", "---", "- ",       "-\n",     "%",
					      "\"", "'", "!",   "\xff\xfe", "\xfe\xff"};
	struct text t = {.p = text, .end = text + len};

	text_skip_blank(&t);
	for (size_t i = 0; i < sizeof(openers) / sizeof(*openers); i++)
		if (text_starts(&t, openers[i]))
			return LANG_YAML;
	return text_is_key(t) ? LANG_YAML : LANG_POL;
}

/* --- texts --------------------------------------------------------------------------- */

/* Names the refused input even where no import asked for it. */
static int refuse_size(struct lang *l, struct loc at, const char *name, const char *what,
		       size_t limit)
{
	diag_error(&l->diag, at, CODE_LIMIT, "'%s' is not read: %s is more than %zu bytes", name,
		   what, limit);
	return -EINVAL;
}

/* A malformed one stays as it is, for the reader to tell. */
uint32_t lang_add_source(struct lang *l, const char *name, const char *text, size_t len,
			 enum lang_syntax syntax)
{
	_cleanup_buf_ struct buf utf8 = {0};

	if (syntax != LANG_POL && utf16_begins(text, len) && !utf16_to_utf8(text, len, &utf8))
		return sources_add(&l->sources, name, buf_str(&utf8), utf8.n);
	return sources_add(&l->sources, name, text, len);
}

int lang_parse_text(struct lang *l, struct loc at, const char *name, const char *text, size_t len,
		    enum lang_syntax syntax, enum lang_role role, struct ast_file **out)
{
	struct ast_file *f;

	*out = NULL;
	if (len > l->limits.file_bytes)
		return refuse_size(l, at, name, "it", l->limits.file_bytes);
	if (len > l->limits.total_bytes - l->total_bytes)
		return refuse_size(l, at, name, "the whole input", l->limits.total_bytes);
	l->total_bytes += len;
	f = arena_new(&l->arena, struct ast_file);
	f->file = lang_add_source(l, name, text, len, syntax);
	f->inventory_only = role == LANG_INVENTORY;
	vec_push(&l->arena, &l->files, f);
	*out = f;
	switch (syntax) {
	case LANG_POL:
		return pol_parse(l, f);
	case LANG_YAML:
		return yaml_read(l, f, role);
	case LANG_TEMPLATE:
		chart_read(l, f->file, role);
		return 0;
	case LANG_PATCH:
		kustomization_read_patch(l, f->file, role);
		return 0;
	}
	abort();
}

int lang_read_text(struct lang *l, const char *name, const char *text, size_t len,
		   enum lang_syntax syntax, enum lang_role role)
{
	struct ast_file *f;
	int r = lang_parse_text(l, LOC_NONE, name, text, len, syntax, role, &f);

	if (!f)
		return r;
	vec_each (struct ast_item, item, &f->items) {
		if (item->kind != AST_ITEM_IMPORT)
			continue;
		diag_error(&l->diag, item->loc, CODE_IO,
			   "a text in memory has no folder to import '%s' from: "
			   "pass the imported text as well",
			   item->import->path.s);
		r = -EINVAL;
	}
	return r;
}
