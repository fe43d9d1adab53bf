/* SPDX-License-Identifier: Apache-2.0 */
/* What a kustomization brings that lies in none of its files: of other hosts, of charts, of
 * programs that make objects. There may be policies in it. */
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/confine.h"
#include "lang/rendered.h"
#include "lang/yaml/node.h"

struct seek {
	struct lang *l;
	const char *dir;
};

/* --- other hosts ----------------------------------------------------------------------------- */

static bool is_in_git(const char *name)
{
	static const char suffix[] = ".git";
	const char *p = strstr(name, suffix), *behind = p ? p + strlen(suffix) : NULL;

	return p > name && p[-1] != '/' && (!*behind || *behind == '/');
}

/* `https://...`, `git@...`, `github.com/o/r//dir?ref=v1`. */
bool kustomize_is_remote(const char *name)
{
	static const char *const hosts[] = {"github.com/", "gitlab.com/", "bitbucket.org/"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (strncmp(name, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return strstr(name, "//") || strchr(name, '@') || strchr(name, '?') || is_in_git(name);
}

/* kustomize asks first what is there. */
static bool lies_elsewhere(const struct seek *s, const struct yaml_node *item)
{
	struct arena *a = &s->l->arena;

	return item->kind == YAML_STR && kustomize_is_remote(item->text) &&
	       !path_real(a, path_join(a, s->dir, item->text));
}

/* --- generators ------------------------------------------------------------------------------ */

static bool makes_only_data(const struct yaml_node *root)
{
	static const char *const kinds[] = {"ConfigMapGenerator", "SecretGenerator"};
	const struct yaml_node *kind = yaml_get(root, "kind");

	for (size_t i = 0; kind && kind->kind == YAML_STR && i < sizeof(kinds) / sizeof(*kinds);
	     i++)
		if (strcmp(kind->text, kinds[i]) == 0)
			return true;
	return false;
}

/* In a world of its own, as what is wrong with it is not polc's to say. */
static bool text_makes_only_data(const struct lang *l, const char *name, const char *text,
				 size_t len)
{
	struct lang own;
	struct yaml_stream *s;
	struct yaml_node *root;
	bool data = true;
	int got;

	kustomize_world_init(&own, l, name, text, len);
	s = yaml_stream_new(&own, 0);
	while (data && (got = yaml_stream_next(s, &own.arena, &root)) != 0)
		data = got > 0 && makes_only_data(root);
	yaml_stream_free(&s);
	lang_fini(&own);
	return data;
}

static bool file_makes_only_data(const struct seek *s, const char *name)
{
	_cleanup_buf_ struct buf text = {0};
	const char *path = path_join(&s->l->arena, s->dir, name);
	int fd = confine_open_silently(s->l, path);

	return fd >= 0 && confine_read(s->l, fd, &text) == 0 &&
	       text_makes_only_data(s->l, path, buf_str(&text), text.n);
}

/* A file, or the text of one. */
static bool may_make_policies(const struct seek *s, const struct yaml_node *item)
{
	if (item->kind != YAML_STR)
		return false;
	if (strpbrk(item->text, "\n:") && !kustomize_is_remote(item->text))
		return !text_makes_only_data(s->l, s->dir, item->text, strlen(item->text));
	return !file_makes_only_data(s, item->text);
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool is_chart(const struct seek *s, const struct yaml_node *item)
{
	(void)s;
	return item->kind == YAML_MAP;
}

static bool is_never(const struct yaml_node *item)
{
	(void)item;
	return false;
}

static bool is_always(const struct yaml_node *item)
{
	(void)item;
	return true;
}

/* Its own, or the whole of it lies here. */
static bool has_values(const struct yaml_node *item)
{
	return !yaml_get(item, "repo") || yaml_get(item, "valuesFile") ||
	       yaml_get(item, "additionalValuesFiles");
}

static const struct field {
	const char *field, *what;
	bool (*brings)(const struct seek *s, const struct yaml_node *item);
	bool (*unseen)(const struct yaml_node *item); /* does it depend on further files? */
	const char *local;                            /* what else it may bring; NULL: nothing */
	bool component;                               /* it changes what others bring */
} fields[] = {
	{"resources", "remote resource", lies_elsewhere, is_never, "local resource", false},
	{"bases", "remote base", lies_elsewhere, is_never, "local base", false},
	{"components", "remote component", lies_elsewhere, is_never, "local component", true},
	{"helmCharts", "Helm chart", is_chart, has_values, NULL, false},
	{"helmChartInflationGenerator", "Helm chart", is_chart, has_values, NULL, false},
	{"generators", "generator", may_make_policies, is_always, NULL, false},
};

static void add_item(const struct seek *s, struct kustomization *k, const struct field *f,
		     const struct yaml_node *item)
{
	struct arena *a = s->l->kustomizations.arena;

	if (f->brings(s, item))
		vec_push(a, &k->sources,
			 ((struct kustomize_change){.what = f->what,
						    .loc = item->loc,
						    .whole = item->loc,
						    .unseen = f->unseen(item)}));
	else if (f->local && item->kind == YAML_STR && *item->text)
		vec_push(a, &k->locals,
			 ((struct kustomize_local){f->local, arena_strdup(a, item->text), item->loc,
						   f->component}));
}

void kustomize_add_sources(struct lang *l, struct kustomization *k, const struct yaml_node *root)
{
	struct seek s = {l, k->dir};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = yaml_get(root, fields[i].field);

		if (!list || list->kind != YAML_SEQ)
			continue;
		vec_each (struct yaml_node *, item, &list->items)
			add_item(&s, k, &fields[i], *item);
	}
}

/* --- beside the input ------------------------------------------------------------------------ */

/* The canonical path of what may not be there, as in a revision of which only some is read; NULL:
 * it has none. */
static const char *resolve(struct arena *a, const char *dir, const char *name)
{
	const char *path = path_real(a, path_join(a, dir, name));

	if (path)
		return path;
	path = path_real(a, dir);
	while (path && *name) {
		size_t len = strcspn(name, "/");
		const char *part = arena_strndup(a, name, len);

		if (strcmp(part, "..") == 0)
			path = path_parent(a, path);
		else if (len && strcmp(part, ".") != 0)
			path = path_join(a, path, part);
		name += len + (name[len] == '/');
	}
	return path;
}

static bool is_named(const struct lang *l, const char *path)
{
	vec_each (const char *, named, &l->named)
		if (path_below(*named, path))
			return true;
	return false;
}

/* As the user would write it. */
static const char *shown(struct lang *l, const char *path)
{
	struct arena *a = &l->arena;
	const char *tree = l->repository;
	const char *from = tree && path_below(tree, path) ? tree : path_real(a, ".");

	return from ? path_from(a, from, path) : path;
}

void kustomize_add_outside(struct kustomize_reach *r, struct kustomization *k)
{
	struct lang *l = r->l;

	vec_each (const struct kustomize_local, local, &k->locals) {
		const char *path = resolve(&l->arena, k->dir, local->name);

		if (!path || is_named(l, path))
			continue;
		if (path_real(&l->arena, path) && !kustomize_reaches_policy(r, path))
			continue;
		vec_push(l->kustomizations.arena, &k->sources,
			 ((struct kustomize_change){.what = local->what,
						    .loc = local->loc,
						    .whole = local->loc,
						    .unseen = true,
						    .path = shown(l, path)}));
	}
}

/* They may name further ones, which makes the list longer. */
void kustomize_look_at_components(struct lang *l)
{
	struct kustomizations *k = &l->kustomizations;

	for (size_t i = 0; i < k->list.n; i++)
		for (size_t j = 0; j < k->list.v[i].locals.n; j++) {
			const struct kustomize_local local = k->list.v[i].locals.v[j];
			const char *path = resolve(&l->arena, k->list.v[i].dir, local.name);

			if (local.component && path && !is_named(l, path))
				kustomization_look(l, shown(l, path), LANG_INPUT);
		}
}
