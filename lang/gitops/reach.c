/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a directory brings, as controllers see it. */
#include <string.h>
#include <sys/stat.h>

#include "lang/base/path.h"
#include "lang/gitops/gitops.h"
#include "lang/lang.h"
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

struct reading {
	struct lang *l;
	struct gitops_dir *out;
};

static void read_kustomization(void *arg, const char *dir, const struct yaml_node *root)
{
	struct reading *r = arg;
	const struct yaml_node *ns = yaml_get(root, "namespace");

	if (ns && ns->kind == YAML_STR && *ns->text)
		r->out->ns = arena_strdup(&r->l->arena, ns->text);
	add_named(r->l, dir, root, r->out);
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
		struct reading reading = {d->l, arena_new(a, struct gitops_dir)};

		reading.out->kustomized =
			kustomization_visit(d->l, real, read_kustomization, &reading);
		vec_push(a, &d->list, reading.out);
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
