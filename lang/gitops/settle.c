/* SPDX-License-Identifier: Apache-2.0 */
/* Which sources of GitOps objects are among the input, and which changes mean something there. */
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/note.h"
#include "lang/gitops/repository.h"
#include "lang/lang.h"
#include "lang/lang_internal.h"
#include "lang/rendered.h"
#include "lang/selecting.h"
#include "lang/touched.h"

/* Those that a namespace has, each with some of its labels. */
struct namespace_objects {
	VEC(const struct ast_namespace *) list;
};

struct settling {
	struct lang *l;
	struct selecting selecting;
	struct gitops_files files;
	struct kustomize_reach outside;
	struct gitops_dirs dirs;
	struct intern roots;
	VEC(struct repository *) repositories; /* of each */
	struct intern namespaces;              /* of the input */
	VEC(struct namespace_objects) objects; /* of each */
	struct gitops_reach last;              /* of `last_dir` */
	const char *last_dir;                  /* NULL: of none yet */
};

/* --- where a path leads ------------------------------------------------------------------------
 */

static bool is_named(const struct lang *l, const char *path, bool whole)
{
	vec_each (const char *, named, &l->named)
		if (path_below(*named, path) || (whole && path_below(path, *named)))
			return true;
	return false;
}

static const struct repository *repository_at(struct settling *s, const char *root)
{
	struct arena *a = &s->l->arena;
	uint32_t id = intern_add(&s->roots, root);

	if (id == s->repositories.n) {
		struct repository *made = arena_new(a, struct repository);

		repository_init(made, s->l, root);
		vec_push(a, &s->repositories, made);
	}
	return s->repositories.v[id];
}

/* Paths begin at the root of a repository. Of one of which nothing is known a path that is here is
 * taken for this. */
static const char *try_root(struct settling *s, struct gitops_source *source, const char *root)
{
	struct arena *a = &s->l->arena;
	enum repository_is is = repository_compare(repository_at(s, root), source);
	const char *real;

	source->other |= is == REPOSITORY_OTHER;
	if (!*source->path)
		return is == REPOSITORY_SAME ? root : NULL;
	real = is == REPOSITORY_OTHER ? NULL : path_real(a, path_join(a, root, source->path));
	return real && path_below(root, real) ? real : NULL;
}

/* Where nothing says which directory is the root, each above the object may be. */
static const char *try_above(struct settling *s, struct gitops_source *source, const char *dir)
{
	const char *found = NULL;

	while (dir && !found && is_named(s->l, dir, true)) {
		found = try_root(s, source, dir);
		/* A file that is named ends it. */
		dir = is_named(s->l, dir, false) ? path_parent(&s->l->arena, dir) : NULL;
	}
	return found;
}

/* The canonical path; NULL: it is no part of this repository. */
static const char *locate(struct settling *s, const struct gitops_object *o,
			  struct gitops_source *source)
{
	struct lang *l = s->l;
	struct arena *a = &l->arena;
	const char *name = sources_get(&l->sources, o->file)->name;
	const char *real = path_real(a, name), *here = path_real(a, ".");
	const char *dir = real ? path_dir(a, real) : NULL;
	const char *root = l->repository, *found;

	if (!root || (dir && !path_below(root, dir)))
		root = dir ? path_repository(a, dir) : NULL;
	if (root)
		return try_root(s, source, root);
	found = dir ? try_above(s, source, dir) : NULL;
	return found || !here ? found : try_root(s, source, here);
}

static void find_url(const struct gitops *gitops, struct gitops_source *source)
{
	uint32_t id = source->key ? intern_find(&gitops->origins, source->key) : INTERN_NONE;

	if (id == INTERN_NONE && source->key)
		id = intern_find(&gitops->origins, source->bare_key);
	if (id != INTERN_NONE)
		source->url = gitops->urls.v[id];
}

/* --- changes -----------------------------------------------------------------------------------
 */

const struct ast_name *gitops_home_of(const struct ast_item *item)
{
	switch (item->kind) {
	case AST_ITEM_POLICY:
		return &item->policy->ns;
	case AST_ITEM_ENDPOINT:
		return &item->endpoint->ns;
	case AST_ITEM_NAMESPACE:
		return &item->ns->name;
	default:
		return NULL;
	}
}

static const char *ns_of(const struct ast_item *item)
{
	const struct ast_name *home = gitops_home_of(item);

	return home ? home->s : NULL;
}

static bool affects_item(const struct gitops_change *c, const struct ast_item *item)
{
	const char *ns = ns_of(item);

	if (!ns)
		return false;
	switch (c->affects) {
	case GITOPS_ALWAYS:
		return true;
	case GITOPS_EVERY:
		return true;
	case GITOPS_NAMES:
		return item->kind == AST_ITEM_POLICY ||
		       (item->kind == AST_ITEM_ENDPOINT &&
			strcmp(item->endpoint->kind, "StatefulSet") == 0);
	case GITOPS_OTHERS:
		return strcmp(ns, c->ns) != 0;
	case GITOPS_HOMELESS:
		return !gitops_home_of(item)->loc.line && strcmp(c->ns, "default") != 0;
	case GITOPS_OWN_LABELS:
		return item->kind == AST_ITEM_NAMESPACE ||
		       (item->kind == AST_ITEM_ENDPOINT && !item->endpoint->workload);
	case GITOPS_NAMESPACES:
		return item->kind == AST_ITEM_NAMESPACE && (!c->ns || strcmp(ns, c->ns) == 0);
	case GITOPS_OBJECTS:
	case GITOPS_MANAGED:
	case GITOPS_TOUCHED:
		break;
	}
	return false;
}

static bool has_kind(const struct gitops_file *file, const char *kind)
{
	vec_each (const char *, has, &file->kinds)
		if (strcmp(*has, kind) == 0)
			return true;
	return false;
}

static bool affects_file(const struct gitops_change *c, const struct gitops_reached *reached)
{
	if (c->affects == GITOPS_OBJECTS)
		return has_kind(reached->file, c->ns);
	if (c->affects == GITOPS_HOMELESS && reached->housed)
		return false;
	vec_each (const struct ast_item, item, &reached->file->ast->items)
		if (affects_item(c, item))
			return true;
	return false;
}

static bool affects_some(const struct gitops_reach *reach, const struct gitops_change *c)
{
	vec_each (const struct gitops_reached, reached, &reach->list)
		if (affects_file(c, reached))
			return true;
	return reach->cut;
}

/* What the kustomization does itself is counted as its own. */
static bool is_done_below(const struct gitops_reach *reach, const struct gitops_change *c)
{
	return reach->ns && c->affects == GITOPS_OTHERS && strcmp(reach->ns, c->ns) == 0;
}

static bool applies(const struct gitops_reach *reach, const struct gitops_change *c)
{
	if (c->affects == GITOPS_ALWAYS || (c->affects == GITOPS_TOUCHED && reach))
		return true;
	return reach && !is_done_below(reach, c) && affects_some(reach, c);
}

static bool touches_some(const struct settling *s, const struct gitops_reach *reach,
			 const struct gitops_change *c)
{
	vec_each (const struct gitops_reached, reached, &reach->list)
		vec_each (const struct ast_item, item, &reached->file->ast->items)
			if (touched_counts(c->touched, &s->selecting, item))
				return true;
	return reach->cut;
}

static void count_change(struct lang *l, const struct gitops_object *o,
			 const struct gitops_change *c)
{
	if (c->counts)
		unread_add(&l->unread, UNREAD_CHANGE_OF_GITOPS,
			   arena_printf(&l->arena, "%s by %s", c->what, o->kind), o->api, 1, c->loc,
			   c->loc)
			->unseen |= c->unseen;
}

/* `reach` is NULL where nobody knows what is brought. */
static void settle_changes(struct settling *s, struct gitops_object *o,
			   struct gitops_source *source, struct gitops_reach *reach)
{
	vec_each (struct gitops_change, c, &source->changes) {
		c->applies = c->counts = applies(reach, c);
		if (c->affects == GITOPS_TOUCHED && c->applies)
			c->counts = touches_some(s, reach, c);
		count_change(s->l, o, c);
	}
	vec_each (struct gitops_change, c, &o->changes)
		c->applies |= applies(reach, c);
}

static bool has_label(const struct namespace_objects *objects, const struct ast_label *label)
{
	bool has = false;

	vec_each (const struct ast_namespace *, ns, &objects->list)
		vec_each (const struct ast_label, own, &(*ns)->labels) {
			if (strcmp(own->key.s, label->key.s) != 0)
				continue;
			if (strcmp(own->value.s, label->value.s) != 0)
				return false;
			has = true;
		}
	return has;
}

/* What is filled in may be any of them. */
static bool labels_some(const struct settling *s, const struct gitops_change *c)
{
	uint32_t id;

	if (!c->ns || c->ns[gitops_filled_in_at(c->ns)])
		return s->namespaces.strings.n > 0;
	id = intern_find(&s->namespaces, c->ns);
	if (id == INTERN_NONE)
		return false;
	vec_each (const struct ast_label, label, &c->labels)
		if (!has_label(&s->objects.v[id], label))
			return true;
	return c->labels.n == 0;
}

/* After its sources. */
static void settle_object(struct settling *s, struct gitops_object *o)
{
	vec_each (struct gitops_change, c, &o->changes) {
		if (c->affects == GITOPS_MANAGED)
			c->applies = labels_some(s, c);
		else if (!o->sources.n)
			c->applies = applies(NULL, c);
		c->counts = c->applies;
		count_change(s->l, o, c);
	}
}

/* --- sources -----------------------------------------------------------------------------------
 */

/* Of a revision only what is named is there, and the path may lie in the rest of it. */
static bool may_lie_here(const struct lang *l)
{
	return l->repository && !is_named(l, l->repository, false);
}

/* Many sources, one behind the other, have one path. */
static struct gitops_reach *reach_of(struct settling *s, const char *dir, bool flat)
{
	if (s->last_dir && s->last.flat == flat && strcmp(s->last_dir, dir) == 0)
		return &s->last;
	if (s->last_dir)
		gitops_reach_fini(&s->last);
	s->last_dir = dir;
	gitops_reach_init(&s->last, &s->dirs, &s->files, dir, flat);
	return &s->last;
}

static void settle_source(struct settling *s, struct gitops_object *o, struct gitops_source *source)
{
	struct lang *l = s->l;
	const char *dir;

	find_url(&l->gitops, source);
	dir = locate(s, o, source);
	source->other &= !dir;
	if (!dir) {
		source->what = "path";
		source->unseen = !source->other && may_lie_here(l);
	} else if (!is_named(l, dir, true)) {
		source->what = kustomize_reaches_policy(&s->outside, dir) ? "path" : NULL;
		source->outside = dir;
		source->unseen = true;
	} else if (source->made) {
		source->what = "program";
		source->unseen = true;
	}
	if (source->what)
		unread_add(&l->unread, UNREAD_SOURCE_OF_GITOPS,
			   arena_printf(&l->arena, "%s of %s", source->what, o->kind), o->api, 1,
			   source->loc, source->whole)
			->unseen |= source->unseen;
	settle_changes(s, o, source, dir ? reach_of(s, dir, source->flat) : NULL);
}

static void find_namespaces(struct settling *s)
{
	intern_init(&s->namespaces, &s->l->arena);
	vec_each (struct ast_file *, f, &s->l->files)
		vec_each (const struct ast_item, item, &(*f)->items) {
			const char *ns = ns_of(item);
			uint32_t id = ns ? intern_add(&s->namespaces, ns) : INTERN_NONE;

			if (ns && id == s->objects.n)
				vec_push(&s->l->arena, &s->objects,
					 ((struct namespace_objects){0}));
			if (item->kind == AST_ITEM_NAMESPACE)
				vec_push(&s->l->arena, &s->objects.v[id].list, item->ns);
		}
}

void gitops_settle(struct lang *l)
{
	struct settling s = {.l = l};

	if (!l->gitops.list.n)
		return;
	selecting_init(&s.selecting, l, &l->arena);
	gitops_files_init(&s.files, l, false);
	find_namespaces(&s);
	intern_init(&s.roots, &l->arena);
	kustomize_reach_init(&s.outside, l);
	s.outside.outside = true;
	gitops_dirs_init(&s.dirs, l);
	vec_each (struct gitops_object, o, &l->gitops.list) {
		vec_each (struct gitops_source, source, &o->sources)
			settle_source(&s, o, source);
		settle_object(&s, o);
	}
	if (s.last_dir)
		gitops_reach_fini(&s.last);
}
