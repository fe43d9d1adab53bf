/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/git_ls_tree.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/lang.h"
#include "lang/rendered.h"
#include "runtime/cli/git_path.h"

enum { LIST_PATHS = 256 /* of one command line */ };

static struct arena *arena_of(const struct git_ls_tree *ls)
{
	return ls->git->arena;
}

int git_ls_tree_fail(struct git_ls_tree *ls, const char *path, const char *why)
{
	diag_error(ls->diag, LOC_NONE, CODE_IO, "--git: cannot read '%s:%s': %s", ls->name, path,
		   why);
	return -EINVAL;
}

void git_ls_tree_add_gap(struct git_ls_tree *ls, const char *kind, const char *path, const char *id)
{
	vec_push(arena_of(ls), &ls->gaps, (struct git_gap){kind, path, id});
}

void git_ls_tree_init(struct git_ls_tree *ls)
{
	intern_init(&ls->wants, arena_of(ls));
	intern_init(&ls->seen, arena_of(ls));
}

bool git_ls_tree_has(const struct git_ls_tree *ls, const char *path)
{
	return !*path || ls->met.v[intern_find(&ls->wants, path)]; /* the top is always there */
}

bool git_ls_tree_is_done(const struct git_ls_tree *ls)
{
	return ls->listed == ls->wants.strings.n;
}

/* --- what is wanted -------------------------------------------------------------------------- */

static void want_one(struct git_ls_tree *ls, const char *path)
{
	if (intern_add(&ls->wants, path) == ls->met.n)
		vec_push(arena_of(ls), &ls->met, false);
}

void git_ls_tree_want(struct git_ls_tree *ls, const char *path)
{
	struct arena *arena = arena_of(ls);
	const char *name;

	want_one(ls, path);
	while (*path) {
		path = git_path_dir(arena, path);
		want_one(ls, git_path(arena, path, ".gitignore"));
		want_one(ls, git_path(arena, path, ".polcignore"));
		for (size_t i = 0; (name = kustomization_file_name(i)); i++)
			want_one(ls, git_path(arena, path, name));
	}
}

static bool is_hidden(const char *rest)
{
	for (const char *at = rest, *slash; at; at = slash ? slash + 1 : NULL) {
		slash = strchr(at, '/');
		if (*at == '.' && (slash || !git_path_is_ignore_file(at)))
			return true;
	}
	return false;
}

/* In a directory only what its reader would open; hidden directories it does not enter. */
static bool is_read_below(const char *rest, bool module)
{
	return !is_hidden(rest) && (module || git_path_is_ignore_file(rest) ||
				    kustomization_is_file(rest) || lang_knows_ending(rest));
}

/* By one of the wants from `first` on. */
static bool is_wanted(struct git_ls_tree *ls, size_t first, const char *path, bool module)
{
	bool wanted = false;

	for (size_t i = first; i < ls->wants.strings.n; i++) {
		const char *asked = ls->wants.strings.v[i], *rest = git_path_below(path, asked);

		if (rest) {
			ls->met.v[i] = true;
			wanted |= !*rest || is_read_below(rest, module);
		} else if (module && git_path_below(asked, path)) {
			ls->met.v[i] = wanted = true;
		}
	}
	return wanted;
}

/* --- the list of files ----------------------------------------------------------------------- */

/* A tree made by hand may hold what no file system has. */
static bool is_clean(struct arena *arena, const char *path)
{
	const char *clean = git_path(arena, "", path);

	return clean && *clean && strcmp(clean, path) == 0;
}

static bool is_module(const char *record)
{
	return strncmp(record, "160000 ", 7) == 0;
}

static bool is_link(const char *record)
{
	return strncmp(record, "120000 ", 7) == 0;
}

/* "100644 blob 1f7a...\tpath" */
static int take_entry(struct git_ls_tree *ls, size_t first, const char *record)
{
	const char *tab = strchr(record, '\t'), *object = tab;
	bool module = is_module(record);
	struct git_entry entry = {.is_link = is_link(record)};

	if (!tab)
		return git_ls_tree_fail(ls, "", "git lists it in a form that polc does not know");
	while (object > record && object[-1] != ' ')
		object--;
	entry.object = arena_strndup(arena_of(ls), object, (size_t)(tab - object));
	entry.path = arena_strdup(arena_of(ls), tab + 1);
	if (!is_wanted(ls, first, entry.path, module) ||
	    intern_find(&ls->seen, entry.path) != INTERN_NONE)
		return 0;
	if (!is_clean(arena_of(ls), entry.path))
		return git_ls_tree_fail(ls, entry.path, "no file can have that name");
	intern_add(&ls->seen, entry.path);
	if (module)
		git_ls_tree_add_gap(ls, "submodule", entry.path, entry.object);
	else
		vec_push(arena_of(ls), &ls->todo, entry);
	return 0;
}

/* How many; 0: all that there is, which is what git lists without any. */
static size_t put_paths(const struct git_ls_tree *ls, size_t first, size_t end, const char **args)
{
	size_t n = 0;

	for (size_t i = first; i < end; i++) {
		if (!*ls->wants.strings.v[i])
			return 0;
		args[n++] = ls->wants.strings.v[i];
	}
	return n;
}

static int list_some(struct git_ls_tree *ls, size_t first, size_t end)
{
	enum { N = 6 };
	const char *args[N + LIST_PATHS + 1] = {"ls-tree",     "-r",       "-z",
						"--full-tree", ls->commit, "--"};
	const struct buf *out = &ls->git->out;
	int err;

	assert(end - first <= LIST_PATHS);
	args[N + put_paths(ls, first, end, args + N)] = NULL;
	err = git_run(ls->git, args);
	if (err)
		return git_ls_tree_fail(ls, "", git_reason(ls->git, err));
	for (size_t at = 0; at < out->n && !err; at += strlen(out->s + at) + 1)
		err = take_entry(ls, first, out->s + at);
	return err;
}

int git_ls_tree_next(struct git_ls_tree *ls)
{
	size_t n = ls->wants.strings.n;
	int err = 0;

	while (ls->listed < n && !err) {
		size_t end = n - ls->listed > LIST_PATHS ? ls->listed + LIST_PATHS : n;

		err = list_some(ls, ls->listed, end);
		ls->listed = end;
	}
	return err;
}

static int refuse_link(struct git_ls_tree *ls, const char *path, const char *record)
{
	const char *link = strchr(record, '\t');

	diag_error(
		ls->diag, LOC_NONE, CODE_IO,
		"--git: cannot read '%s:%s': '%s' is a link there; name the path that it leads to",
		ls->name, path, link ? link + 1 : "");
	return -EINVAL;
}

/* A path may lie in a submodule or behind a link, where git lists nothing. */
static int list_above(struct git_ls_tree *ls, const char *path)
{
	VEC(const char *) args = {0};
	const char *above = path;
	const struct buf *out = &ls->git->out;
	int err;

	vec_push(arena_of(ls), &args, "ls-tree");
	vec_push(arena_of(ls), &args, "-z");
	vec_push(arena_of(ls), &args, "--full-tree");
	vec_push(arena_of(ls), &args, ls->commit);
	vec_push(arena_of(ls), &args, "--");
	while (*(above = git_path_dir(arena_of(ls), above)))
		vec_push(arena_of(ls), &args, above);
	vec_push(arena_of(ls), &args, NULL);
	err = git_run(ls->git, args.v);
	if (err)
		return git_ls_tree_fail(ls, "", git_reason(ls->git, err));
	for (size_t at = 0; at < out->n && !err; at += strlen(out->s + at) + 1) {
		if (is_module(out->s + at))
			err = take_entry(ls, 0, out->s + at);
		else if (is_link(out->s + at))
			err = refuse_link(ls, path, out->s + at);
	}
	return err;
}

int git_ls_tree_above(struct git_ls_tree *ls, const char *const *paths, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (strchr(paths[i], '/') && !git_ls_tree_has(ls, paths[i]))
			err = list_above(ls, paths[i]);
	}
	return err;
}
