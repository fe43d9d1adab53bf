/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes of kustomizations count: those of policies, and those of whom policies select. */
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/gitops.h"
#include "lang/lang_internal.h"
#include "lang/rendered.h"

struct settling {
	struct lang *l;
	struct intern selecting; /* namespaces of policies */
	struct kustomize_reach policies, named, outside;
	struct gitops_files files;
	struct gitops_dirs dirs;
};

static void find_policies(struct settling *s)
{
	intern_init(&s->selecting, &s->l->arena);
	vec_each (struct ast_file *, f, &s->l->files)
		vec_each (const struct ast_item, item, &(*f)->items)
			if (item->kind == AST_ITEM_POLICY && item->policy->ns.s)
				intern_add(&s->selecting, item->policy->ns.s);
}

/* Those that are there already are no change. */
static bool changes(const struct kustomize_change *c, const struct ast_item *item)
{
	const struct ast_name *home = gitops_home_of(item);

	return home && (!c->ns || strcmp(home->s, c->ns) != 0);
}

static bool changes_some(const struct gitops_reach *reach, const struct kustomize_change *c)
{
	vec_each (const struct gitops_reached, reached, &reach->list)
		vec_each (const struct ast_item, item, &reached->file->ast->items)
			if (changes(c, item))
				return true;
	return false;
}

/* Is there a policy where it is, or where it gets to? */
static bool is_selected(const struct settling *s, const struct ast_item *item, const char *ns)
{
	const struct ast_name *home = gitops_home_of(item);

	return intern_find(&s->selecting, home->s) != INTERN_NONE ||
	       (ns && intern_find(&s->selecting, ns) != INTERN_NONE);
}

static bool changes_selected(const struct settling *s, const struct gitops_reach *reach,
			     const struct kustomize_change *c)
{
	vec_each (const struct gitops_reached, reached, &reach->list)
		vec_each (const struct ast_item, item, &reached->file->ast->items)
			if (changes(c, item) && is_selected(s, item, reach->ns))
				return true;
	return false;
}

static bool counts(struct settling *s, const struct kustomization *k,
		   const struct kustomize_change *c, const struct gitops_reach *reach)
{
	if (k->is_component || !reach)
		return k->is_component || kustomize_reaches_policy(&s->policies, k->dir);
	if (kustomize_reaches_policy(&s->policies, k->dir))
		return !c->ns || reach->partly || changes_some(reach, c);
	if (c->names)
		return kustomize_reaches_policy(&s->named, k->dir);
	return c->pods && changes_selected(s, reach, c);
}

/* Leaves those that count. */
static void keep_changes(struct settling *s, struct kustomization *k)
{
	const char *real = k->changes.n ? path_real(&s->l->arena, k->dir) : NULL;
	struct gitops_reach reach;
	size_t n = 0;

	if (real)
		gitops_reach_init(&reach, &s->dirs, &s->files, real, false);
	vec_each (const struct kustomize_change, c, &k->changes)
		if (counts(s, k, c, real ? &reach : NULL))
			k->changes.v[n++] = *c;
	if (real)
		gitops_reach_fini(&reach);
	k->changes.n = n;
	k->applies = n;
}

static void settle(struct settling *s, struct kustomization *k)
{
	struct unread *unread = &s->l->unread;

	kustomize_add_outside(&s->outside, k);
	vec_each (const struct kustomize_change, source, &k->sources)
		unread_add_source(unread, source->what, source->loc, source->whole)->unseen |=
			source->unseen;
	keep_changes(s, k);
	vec_each (const struct kustomize_change, change, &k->changes)
		unread_add_change(unread, change->what, change->loc, change->whole, change->named)
			->unseen |= change->unseen;
}

void kustomizations_settle(struct lang *l)
{
	struct settling s = {.l = l};

	if (!l->kustomizations.list.n)
		return;
	kustomize_reach_init(&s.policies, l);
	kustomize_reach_init(&s.named, l);
	s.named.names = true;
	kustomize_reach_init(&s.outside, l);
	s.outside.outside = true;
	find_policies(&s);
	gitops_files_init(&s.files, l);
	gitops_dirs_init(&s.dirs, l);
	vec_each (const struct kustomize_patch, patch, &l->kustomizations.named)
		if (patch->counts && !patch->read)
			kustomization_seek_patch(l, patch);
	vec_each (struct kustomization, k, &l->kustomizations.list)
		settle(&s, k);
}
