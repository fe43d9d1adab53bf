/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem() */
#include "lang/yaml/k8s/settle.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/k8s/beside.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/k8s/placeholder.h"
#include "lang/yaml/k8s/ytt.h"

#define RENDER_YTT "ytt -f DIRECTORY | polc check -"

bool k8s_skip_kustomization(struct yaml_ctx *c, struct loc loc)
{
	if (!kustomization_is_file(sources_get(&c->l->sources, c->file->file)->name))
		return false;
	skipped_add_kind(&c->l->skipped, "Kustomization", "kustomize.config.k8s.io/v1beta1", 1,
			 loc);
	return true;
}

static int skip_broken(struct yaml_ctx *c, const struct diag_mark *mark,
		       const struct diag_item *why)
{
	struct skipped_origin origin = {.named = !c->l->lenient,
					.inventory = c->role == LANG_INVENTORY};

	if (k8s_skip_kustomization(c, why->loc)) {
		diag_take_back(&c->l->diag, mark);
		return 0;
	}
	skipped_add_broken(&c->l->skipped, &c->l->diag, mark, origin);
	return 0;
}

static void tell_template(struct yaml_ctx *c, const struct k8s_claimed *claimed,
			  const struct diag_item *why, const char *what)
{
	struct lang *l = c->l;
	const char *how = claimed->renders ? claimed->renders : "", *alike;
	struct diag_item *item;

	alike = yaml_tell_once(c, arena_printf(c->scratch, "template %s %s", claimed->kind, how));
	if (!alike)
		return;
	item = diag_warning(&l->diag, why->loc, CODE_SKIPPED,
			    "this %s cannot be read as it is: %s not count", claimed->kind, what);
	item->alike = alike;
	diag_note(&l->diag, item, LOC_NONE, "%s", why->text);
	if (claimed->renders)
		diag_note(&l->diag, item, LOC_NONE, "a template is read when it is rendered: %s",
			  how);
	else
		vec_each (const struct diag_fix, fix, &why->fixes)
			vec_push(l->diag.arena, &item->fixes, *fix);
}

/* A policy of a template, or of another kind, that is not read. */
static void count_policy(struct yaml_ctx *c, const struct k8s_claimed *claimed,
			 const struct diag_item *why, struct loc whole)
{
	if (c->role == LANG_INVENTORY)
		return;
	unread_add(&c->l->unread, UNREAD_POLICY, claimed->kind, claimed->api, 1, why->loc, whole)
		->unseen |= claimed->renders != NULL;
	tell_template(c, claimed, why, "what it allows and denies does");
}

static void add_object(struct yaml_ctx *c, const struct k8s_claimed *claimed,
		       const struct diag_item *why, struct loc whole, const struct yaml_node *root)
{
	unread_add(&c->l->unread, UNREAD_OBJECT, claimed->kind, claimed->api, 1, why->loc, whole)
		->unseen |= claimed->renders != NULL;
	if (root)
		k8s_keep_unread(c, root, claimed->kind);
}

/* The same of a workload, pod or namespace. */
static void count_object(struct yaml_ctx *c, const struct k8s_claimed *claimed,
			 const struct diag_item *why, struct loc whole,
			 const struct yaml_node *root)
{
	add_object(c, claimed, why, whole, root);
	tell_template(c, claimed, why, "it does");
}

/* Of nothing but statements, the word of the first: `if`, `range`, `endfor`; NULL: there are only
 * comments. */
static const char *first_statement(const char *text, size_t len)
{
	const char *end = text + len, *p = memchr(text, '%', len),
		   *brace = memmem(text, len, "{{", 2);

	if (!p || (brace && brace < p))
		p = brace;
	while (p && p < end && !isalpha((unsigned char)*p))
		p++;
	return p && p < end ? p : NULL;
}

static bool is_word(const char *word, size_t left, const char *want)
{
	size_t n = strlen(want);

	return left >= n && memcmp(word, want, n) == 0 &&
	       (left == n || !isalnum((unsigned char)word[n]));
}

static bool begins_block(const char *word, size_t left)
{
	static const char *const words[] = {"if",  "else",  "elif",   "unless", "range", "with",
					    "for", "block", "define", "macro",  "call",  "filter"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is_word(word, left, words[i]))
			return true;
	return false;
}

/* What stands behind it is there or not as it says, until one ends it: `{{ end }}`, `{% endif %}`.
 */
static void enter_template(struct yaml_ctx *c, const char *command, const char *text, size_t len)
{
	static const char end[] = "end";
	const char *word = first_statement(text, len);
	size_t left = word ? (size_t)(text + len - word) : 0;

	if (begins_block(word, left))
		c->within = command;
	else if (left >= strlen(end) && memcmp(word, end, strlen(end)) == 0)
		c->within = NULL;
}

/* --- what makes a template ------------------------------------------------------------------ */

/* Each mistake of what could be read is one for its placeholder. */
static const char *renderer_of_values(const struct yaml_ctx *c, const struct diag_mark *mark)
{
	const struct diag *d = &c->l->diag;
	const struct source *src = sources_get(&c->l->sources, c->file->file);
	const char *first = NULL, *command;

	for (size_t i = mark->items; i < d->items.n; i++) {
		if (d->items.v[i]->severity != DIAG_ERROR)
			continue;
		command = d->items.v[i]->loc.line ? placeholder_at(src, d->items.v[i]->loc) : NULL;
		if (!command)
			return NULL;
		first = first ? first : command;
	}
	return first;
}

/* The command that renders the document, if what is wrong in it is a placeholder: one elsewhere, as
 * in a comment, excuses nothing. */
static const char *find_renderer(const struct yaml_ctx *c, const struct diag_mark *mark,
				 const struct diag_item *first, bool readable, const char *text,
				 size_t len)
{
	const struct source *src = sources_get(&c->l->sources, c->file->file);
	const struct loc at = first->loc;
	const char *command;

	if (readable)
		return renderer_of_values(c, mark);
	command = placeholder_breaking(text, len, source_line_start(src, at.line) + at.col - 1);
	if (!command && k8s_find_ytt(src, text, len))
		return RENDER_YTT;
	return command ? command : c->within;
}

/* Of a document whose first line that is. */
static struct loc loc_of(const struct source *src, struct loc first, const char *text,
			 const char *at)
{
	struct loc loc = {.file = first.file, .line = first.line};
	const char *p = at;

	for (; p < text; p++)
		loc.line -= *p == '\n';
	for (p = text; p < at; p++)
		loc.line += *p == '\n';
	loc.col = (uint32_t)(at - source_line_start(src, loc.line)) + 1;
	loc.end_line = loc.line;
	loc.end_col = loc.col + 2;
	return loc;
}

bool k8s_settle_template(struct yaml_ctx *c, struct yaml_stream *s, const struct yaml_node *root)
{
	const struct source *src = sources_get(&c->l->sources, c->file->file);
	struct diag_item why = {.text = "the comments '#@' of ytt decide what it says"};
	struct k8s_claimed claimed;
	struct loc whole;
	size_t len;
	const char *text = yaml_stream_text(s, &len, &whole), *at = k8s_find_ytt(src, text, len);

	if (!at && !c->within)
		return false;
	claimed = k8s_claim_of(text, len, c->scratch);
	k8s_claim_template(&claimed, at ? RENDER_YTT : c->within);
	why.loc = at ? loc_of(src, whole, text, at) : yaml_start(root);
	if (!at)
		why.text = "a statement of a template above it decides whether it is there";
	if (claimed.claim == K8S_CLAIM_UNREAD)
		count_policy(c, &claimed, &why, whole);
	else if (claimed.claim == K8S_CLAIM_TEMPLATE)
		count_object(c, &claimed, &why, whole, root);
	return claimed.claim != K8S_CLAIM_NOTHING;
}

int k8s_settle(struct yaml_ctx *c, struct yaml_stream *s, const struct diag_mark *mark,
	       const struct yaml_node *root)
{
	struct diag *d = &c->l->diag;
	const struct diag_item *first = diag_first_error(d, mark);
	struct k8s_claimed claimed;
	struct loc whole;
	size_t len;
	const char *text = yaml_stream_text(s, &len, &whole), *any, *command;

	if (!first)
		return -EINVAL;
	claimed = k8s_claim_of(text, len, c->scratch);
	any = placeholder_in(text, len);
	if (claimed.bare && any)
		enter_template(c, any, text, len);
	/* Of what stands behind a limit nobody knows more than the words. */
	if (yaml_stream_limited(s) && (claimed.claim != K8S_CLAIM_NOTHING || any))
		return -EINVAL;
	command = find_renderer(c, mark, first, root != NULL, text, len);
	if (command)
		k8s_claim_template(&claimed, command);
	switch (claimed.claim) {
	case K8S_CLAIM_POLICY:
		return -EINVAL;
	case K8S_CLAIM_ENDPOINT:
		if (!c->l->lenient)
			return -EINVAL;
		diag_demote(d, mark);
		add_object(c, &claimed, first, whole, root);
		return 0;
	case K8S_CLAIM_TEMPLATE:
		diag_take_back(d, mark);
		count_object(c, &claimed, first, whole, root);
		return 0;
	case K8S_CLAIM_UNREAD:
		diag_take_back(d, mark);
		count_policy(c, &claimed, first, whole);
		return 0;
	case K8S_CLAIM_NOTHING:
		break;
	}
	return skip_broken(c, mark, first);
}
