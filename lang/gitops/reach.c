/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a directory brings, as controllers see it. */
#include <string.h>
#include <sys/stat.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/confine.h"
#include "lang/gitops/gitops.h"
#include "lang/rendered.h"
#include "lang/yaml/node.h"

static void add_named(struct lang *l, const char *dir, const struct yaml_node *root,
		      struct gitops_dir *out)
{
	static const char *const fields[] = {"resources", "bases", "components"};
	struct arena *a = &l->arena;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = yaml_get(root, fields[i]);

		if (!list || list->kind != YAML_SEQ)
			continue;
		vec_each (struct yaml_node *, item, &list->items) {
			const char *real = (*item)->kind == YAML_STR
						   ? path_real(a, path_join(a, dir, (*item)->text))
						   : NULL;

			if (real)
				vec_push(a, &out->named, real);
		}
	}
}

/* In a world of its own, as what is wrong with it is not polc's to say. */
static void read_dir(struct lang *l, const char *dir, struct gitops_dir *out)
{
	_cleanup_buf_ struct buf text = {0};
	struct yaml_stream *s;
	struct yaml_node *root;
	struct lang own;
	const char *path;
	int fd = kustomization_open(l, dir, &path);

	if (fd < 0 || confine_read(l, fd, &text) < 0)
		return;
	out->kustomized = true;
	kustomize_world_init(&own, l, path, buf_str(&text), text.n);
	s = yaml_stream_new(&own, 0);
	if (yaml_stream_next(s, &own.arena, &root) > 0) {
		const struct yaml_node *ns = yaml_get(root, "namespace");

		if (ns && ns->kind == YAML_STR && *ns->text)
			out->ns = arena_strdup(&l->arena, ns->text);
		add_named(l, dir, root, out);
	}
	yaml_stream_free(&s);
	lang_fini(&own);
}

void gitops_dirs_init(struct gitops_dirs *d, struct lang *l)
{
	*d = (struct gitops_dirs){.l = l};
	intern_init(&d->names, &l->arena);
}

static const struct gitops_dir *dir_at(struct gitops_dirs *d, const char *real)
{
	struct arena *a = &d->l->arena;
	uint32_t id = intern_add(&d->names, real);

	if (id == d->list.n) {
		vec_push(a, &d->list, arena_new(a, struct gitops_dir));
		read_dir(d->l, real, d->list.v[id]);
	}
	return d->list.v[id];
}

/* Each is looked into once; one that leads back to itself brings nothing more. */
static void add(struct gitops_reach *r, const char *real)
{
	const struct gitops_dir *dir;
	struct stat st;

	if (intern_find(&r->seen, real) != INTERN_NONE)
		return;
	intern_add(&r->seen, real);
	if (stat(real, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		intern_add(&r->files, real);
		return;
	}
	dir = dir_at(r->dirs, real);
	if (!dir->kustomized) {
		intern_add(&r->trees, real);
		return;
	}
	/* What counts is where the outermost one puts everything. */
	if (r->seen.strings.n == 1)
		r->ns = dir->ns;
	vec_each (const char *, named, &dir->named)
		add(r, *named);
}

void gitops_reach_init(struct gitops_reach *r, struct gitops_dirs *dirs, const char *dir, bool flat)
{
	*r = (struct gitops_reach){.dirs = dirs, .flat = flat};
	arena_init(&r->arena);
	intern_init(&r->files, &r->arena);
	intern_init(&r->trees, &r->arena);
	intern_init(&r->seen, &r->arena);
	add(r, dir);
}

void gitops_reach_fini(struct gitops_reach *r)
{
	arena_fini(&r->arena);
}

bool gitops_reaches(struct gitops_reach *r, const char *canonical)
{
	if (intern_find(&r->files, canonical) != INTERN_NONE)
		return true;
	vec_each (const char *, tree, &r->trees.strings) {
		const char *rest = path_below(*tree, canonical);

		if (rest && (!r->flat || !strchr(rest, '/')))
			return true;
	}
	return false;
}
