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
			else
				out->partly = true;
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

static void reach_file(struct gitops_reach *r, struct gitops_file *file, bool housed)
{
	if (file->reached[housed] == r->number)
		return;
	file->reached[housed] = r->number;
	vec_push(&r->arena, &r->list, ((struct gitops_reached){file, housed}));
}

static void reach_tree(struct gitops_reach *r, const char *dir, bool housed)
{
	size_t end, i = gitops_files_below(r->files, dir, &r->arena, &end);

	for (; i < end; i++) {
		struct gitops_file *file = &r->files->list.v[i];

		if (!r->flat || !strchr(path_below(dir, file->real), '/'))
			reach_file(r, file, housed);
	}
}

/* More than any kustomization that people make. */
enum { MAX_SEEN = 4096 };

/* Each is looked into once; one that leads back to itself brings nothing more. */
static void add(struct gitops_reach *r, const char *real, bool housed)
{
	struct intern *seen = &r->seen[housed];
	struct gitops_file *file;
	const struct gitops_dir *dir;
	struct stat st;

	if (intern_find(seen, real) != INTERN_NONE)
		return;
	intern_add(seen, real);
	r->cut |= seen->strings.n > MAX_SEEN;
	if (r->cut || stat(real, &st) < 0) {
		r->partly = true;
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		file = gitops_file_at(r->files, real);
		if (file)
			reach_file(r, file, housed);
		r->partly |= !file;
		return;
	}
	dir = dir_at(r->dirs, real);
	if (!dir->kustomized) {
		reach_tree(r, real, housed);
		r->partly = true;
		return;
	}
	r->partly |= dir->partly;
	vec_each (const char *, named, &dir->named)
		add(r, *named, housed || dir->ns);
}

void gitops_reach_init(struct gitops_reach *r, struct gitops_dirs *dirs, struct gitops_files *files,
		       const char *dir, bool flat)
{
	*r = (struct gitops_reach){
		.dirs = dirs, .files = files, .flat = flat, .number = ++dirs->reaches};
	arena_init(&r->arena);
	intern_init(&r->seen[false], &r->arena);
	intern_init(&r->seen[true], &r->arena);
	/* What counts is where the outermost one puts everything. */
	r->ns = dir_at(dirs, dir)->ns;
	add(r, dir, false);
}

void gitops_reach_fini(struct gitops_reach *r)
{
	arena_fini(&r->arena);
}
