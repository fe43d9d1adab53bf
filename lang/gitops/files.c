/* SPDX-License-Identifier: Apache-2.0 */
/* The files of Kubernetes that were read of the input, by their canonical paths. */
#include <stdlib.h>
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/gitops.h"
#include "lang/lang.h"
#include "lang/lang_internal.h"

static int by_path(const void *a, const void *b)
{
	const struct gitops_file *x = a, *y = b;

	return strcmp(x->real, y->real);
}

static void add_file(struct gitops_files *files, struct lang *l, const struct ast_file *f,
		     bool inventory)
{
	const char *name = sources_get(&l->sources, f->file)->name, *real;
	enum lang_syntax syntax;

	if ((f->inventory_only && !inventory) ||
	    (lang_syntax_of(name, &syntax) && syntax == LANG_POL))
		return;
	real = path_real(&l->arena, name);
	if (real)
		vec_push(&l->arena, &files->list, ((struct gitops_file){.real = real, .ast = f}));
}

static size_t lower_bound(const struct gitops_files *files, const char *path)
{
	size_t from = 0, to = files->list.n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (strcmp(files->list.v[mid].real, path) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct gitops_file *gitops_file_at(struct gitops_files *files, const char *real)
{
	size_t i = lower_bound(files, real);

	return i < files->list.n && strcmp(files->list.v[i].real, real) == 0 ? &files->list.v[i]
									     : NULL;
}

/* Behind "dir" come "dir-x" and such, before "dir/". */
size_t gitops_files_below(const struct gitops_files *files, const char *dir, struct arena *a,
			  size_t *end)
{
	const char *from = strcmp(dir, "/") == 0 ? dir : arena_printf(a, "%s/", dir);
	size_t begin = lower_bound(files, from), n = strlen(from);

	for (*end = begin; *end < files->list.n; ++*end)
		if (strncmp(files->list.v[*end].real, from, n) != 0)
			break;
	return begin;
}

static void add_kind(struct arena *a, struct gitops_file *file, const char *kind)
{
	vec_each (const char *, had, &file->kinds)
		if (strcmp(*had, kind) == 0)
			return;
	vec_push(a, &file->kinds, kind);
}

void gitops_files_init(struct gitops_files *files, struct lang *l, bool inventory)
{
	*files = (struct gitops_files){0};
	vec_each (struct ast_file *, f, &l->files)
		add_file(files, l, *f, inventory);
	if (files->list.n)
		qsort(files->list.v, files->list.n, sizeof(*files->list.v), by_path);
	vec_each (const struct gitops_object, o, &l->gitops.list) {
		const char *real = path_real(&l->arena, sources_get(&l->sources, o->file)->name);
		struct gitops_file *file = real ? gitops_file_at(files, real) : NULL;

		if (file)
			add_kind(&l->arena, file, o->kind);
	}
}
