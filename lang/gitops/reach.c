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

static void add(struct gitops_reach *r, const char *real);

static void add_named(struct gitops_reach *r, const char *dir, const struct yaml_node *root)
{
	static const char *const fields[] = {"resources", "bases", "components"};
	struct arena *a = &r->l->arena;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = yaml_get(root, fields[i]);

		if (!list || list->kind != YAML_SEQ)
			continue;
		vec_each (struct yaml_node *, item, &list->items) {
			const char *real = (*item)->kind == YAML_STR
						   ? path_real(a, path_join(a, dir, (*item)->text))
						   : NULL;

			if (real)
				add(r, real);
		}
	}
}

/* What it puts everything into, if that is the outermost one. */
static void take_namespace(struct gitops_reach *r, const struct yaml_node *root)
{
	const struct yaml_node *ns = yaml_get(root, "namespace");

	if (r->seen.strings.n == 1 && ns && ns->kind == YAML_STR && *ns->text)
		r->ns = arena_strdup(&r->l->arena, ns->text);
}

/* In a world of its own, as what is wrong with it is not polc's to say. False: there is none. */
static bool add_kustomization(struct gitops_reach *r, const char *dir)
{
	_cleanup_buf_ struct buf text = {0};
	struct yaml_stream *s;
	struct yaml_node *root;
	struct lang own;
	const char *path;
	int fd = kustomization_open(r->l, dir, &path);

	if (fd < 0 || confine_read(r->l, fd, &text) < 0)
		return false;
	kustomize_world_init(&own, r->l, path, buf_str(&text), text.n);
	s = yaml_stream_new(&own, 0);
	if (yaml_stream_next(s, &own.arena, &root) > 0) {
		take_namespace(r, root);
		add_named(r, dir, root);
	}
	yaml_stream_free(&s);
	lang_fini(&own);
	return true;
}

/* Each is looked into once; one that leads back to itself brings nothing more. */
static void add(struct gitops_reach *r, const char *real)
{
	struct stat st;

	if (intern_find(&r->seen, real) != INTERN_NONE)
		return;
	intern_add(&r->seen, real);
	if (stat(real, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode))
		intern_add(&r->files, real);
	else if (!add_kustomization(r, real))
		intern_add(&r->trees, real);
}

void gitops_reach_init(struct gitops_reach *r, struct lang *l, const char *dir, bool flat)
{
	*r = (struct gitops_reach){.l = l, .flat = flat};
	intern_init(&r->files, &l->arena);
	intern_init(&r->trees, &l->arena);
	intern_init(&r->seen, &l->arena);
	add(r, dir);
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
