/* SPDX-License-Identifier: Apache-2.0 */
/* Which changes of kustomizations count: those of policies, and those of whom policies select. */
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/gitops.h"
#include "lang/lang_internal.h"
#include "lang/rendered.h"
#include "lang/selecting.h"
#include "lang/touched.h"

struct settling {
	struct lang *l;
	struct selecting selecting;
	struct kustomize_reach policies, named, outside;
	struct gitops_files files;
	struct gitops_dirs dirs;
	VEC(struct kustomization *) components; /* that change something */
	VEC(const char *)
	open; /* canonical directories of configurations that
	       * name fields of policies */
};

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

static bool touches(const struct settling *s, const struct kustomize_change *c,
		    const struct ast_file *file)
{
	vec_each (const struct ast_item, item, &file->items)
		if (touched_counts(c->touched, &s->selecting, item))
			return true;
	return false;
}

static bool touches_some(const struct settling *s, const struct kustomize_change *c,
			 const struct gitops_reach *reach)
{
	vec_each (const struct gitops_reached, reached, &reach->list)
		if (touches(s, c, reached->file->ast))
			return true;
	return reach->cut;
}

/* Where nobody knows what is brought. */
static bool touches_any(const struct settling *s, const struct kustomize_change *c)
{
	vec_each (struct ast_file *, f, &s->l->files)
		if (touches(s, c, *f))
			return true;
	return false;
}

static bool changes_policies(struct settling *s, const struct kustomization *k,
			     const struct kustomize_change *c, const struct gitops_reach *reach)
{
	if (k->is_component)
		return true;
	if (!kustomize_reaches_policy(&s->policies, k->dir))
		return false;
	return !reach || !c->ns || reach->partly || changes_some(reach, c);
}

static bool is_reached(const struct gitops_reach *reach, const char *real)
{
	return reach->cut || intern_find(&reach->seen[false], real) != INTERN_NONE ||
	       intern_find(&reach->seen[true], real) != INTERN_NONE;
}

/* Do configurations of what it brings put labels of its own into policies? */
static bool goes_into_policies(const struct settling *s, const struct kustomize_change *c,
			       const struct gitops_reach *reach)
{
	vec_each (const char *, dir, &s->open)
		if (c->goes_there && (!reach || is_reached(reach, *dir)))
			return true;
	return false;
}

static bool counts(struct settling *s, const struct kustomization *k,
		   const struct kustomize_change *c, const struct gitops_reach *reach)
{
	bool policies = c->policies || goes_into_policies(s, c, reach);

	if (policies && changes_policies(s, k, c, reach))
		return true;
	if (c->names && kustomize_reaches_policy(&s->named, k->dir))
		return true;
	if (!c->touched || k->is_component)
		return c->counts;
	return reach ? touches_some(s, c, reach) : touches_any(s, c);
}

static void use_component(const struct settling *s, struct kustomization *k,
			  const struct gitops_reach *reach)
{
	const char *real = path_real(&s->l->arena, k->dir);

	if (!real || !is_reached(reach, real))
		return;
	vec_each (struct kustomize_change, c, &k->changes)
		if (c->touched && !c->counts)
			c->counts = touches_some(s, c, reach);
}

/* What a component changes is what others bring that name it. */
static void use_components(struct settling *s)
{
	struct kustomizations *ks = &s->l->kustomizations;
	struct gitops_reach reach;

	vec_each (struct kustomization, k, &ks->list)
		if (k->is_component && k->changes.n)
			vec_push(ks->arena, &s->components, k);
	for (size_t i = 0; s->components.n && i < ks->list.n; i++) {
		const char *real = path_real(ks->arena, ks->list.v[i].dir);

		if (!real || ks->list.v[i].is_component)
			continue;
		gitops_reach_init(&reach, &s->dirs, &s->files, real, false);
		vec_each (struct kustomization *, k, &s->components)
			use_component(s, *k, &reach);
		gitops_reach_fini(&reach);
	}
}

/* Before those go that do not count themselves. */
static void find_open(struct settling *s)
{
	struct kustomizations *ks = &s->l->kustomizations;

	vec_each (struct kustomization, k, &ks->list) {
		const char *real = path_real(ks->arena, k->dir);

		vec_each (const struct kustomize_change, c, &k->changes)
			if (c->opens && real)
				vec_push(ks->arena, &s->open, real);
	}
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

static void add_patches(struct lang *l)
{
	struct kustomizations *k = &l->kustomizations;

	vec_each (struct kustomize_patch, patch, &k->named) {
		if (patch->counts && !patch->read)
			kustomization_seek_patch(l, patch);
		vec_each (const size_t, owner, &patch->owners)
			vec_each (const struct kustomize_change, change, &patch->changes)
				vec_push(k->arena, &k->list.v[*owner].changes, *change);
	}
}

void kustomizations_settle(struct lang *l)
{
	struct settling s = {.l = l};

	if (!l->kustomizations.list.n)
		return;
	kustomize_look_at_components(l);
	kustomize_reach_init(&s.policies, l);
	kustomize_reach_init(&s.named, l);
	s.named.names = true;
	kustomize_reach_init(&s.outside, l);
	s.outside.outside = true;
	selecting_init(&s.selecting, l, &l->arena);
	gitops_files_init(&s.files, l, true);
	gitops_dirs_init(&s.dirs, l);
	add_patches(l);
	find_open(&s);
	use_components(&s);
	vec_each (struct kustomization, k, &l->kustomizations.list)
		settle(&s, k);
}
