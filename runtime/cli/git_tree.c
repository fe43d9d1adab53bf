/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/git_tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "lang/lang.h"

/* LIST_PATHS: of one command line. MAX_ROUNDS: files that lead to files, past what the reader
 * follows of imports, and the system of links. */
enum { LIST_PATHS = 256, MAX_ROUNDS = 256 };

static struct arena *arena_of(const struct git_tree *t)
{
	return t->git->arena;
}

static int fail(struct git_tree *t, const char *path, const char *why)
{
	diag_error(t->diag, LOC_NONE, CODE_IO, "--git: cannot read '%s:%s': %s", t->name, path,
		   why);
	return -EINVAL;
}

static void add_gap(struct git_tree *t, const char *kind, const char *path, const char *id)
{
	vec_push(arena_of(t), &t->gaps, (struct git_gap){kind, path, id});
}

/* --- paths ----------------------------------------------------------------------------------- */

const char *git_path(struct arena *arena, const char *dir, const char *path)
{
	char *out = arena_printf(arena, "%s/%s", dir, path);
	size_t n = 0;

	if (path[0] == '/')
		return NULL;
	for (const char *at = out, *end; *at; at = end + (*end == '/')) {
		size_t len = strcspn(at, "/");

		end = at + len;
		if (len == 0 || (len == 1 && at[0] == '.'))
			continue;
		if (len == 2 && at[0] == '.' && at[1] == '.') {
			if (!n)
				return NULL;
			while (n && out[--n] != '/')
				;
			continue;
		}
		if (n)
			out[n++] = '/';
		memmove(out + n, at, len);
		n += len;
	}
	out[n] = '\0';
	return out;
}

static const char *dir_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : "";
}

/* The rest of the path of what lies in `dir`, or is it (""); NULL: elsewhere. */
static const char *below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (!n)
		return path;
	if (strncmp(path, dir, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n + (path[n] == '/');
}

static bool is_ignore_file(const char *path)
{
	const char *name = path_base(path);

	return strcmp(name, ".gitignore") == 0 || strcmp(name, ".polcignore") == 0;
}

/* --- what is wanted -------------------------------------------------------------------------- */

static void want_one(struct git_tree *t, const char *path)
{
	if (intern_add(&t->wants, path) == t->met.n)
		vec_push(arena_of(t), &t->met, false);
}

static void want(struct git_tree *t, const char *path)
{
	struct arena *arena = arena_of(t);

	want_one(t, path);
	while (*path) {
		path = dir_of(arena, path);
		want_one(t, git_path(arena, path, ".gitignore"));
		want_one(t, git_path(arena, path, ".polcignore"));
	}
}

static bool is_hidden(const char *rest)
{
	for (const char *at = rest, *slash; at; at = slash ? slash + 1 : NULL) {
		slash = strchr(at, '/');
		if (*at == '.' && (slash || !is_ignore_file(at)))
			return true;
	}
	return false;
}

/* In a directory only what its reader would open; hidden directories it does not enter. */
static bool is_read_below(const char *rest, bool module)
{
	return !is_hidden(rest) && (module || is_ignore_file(rest) || lang_knows_ending(rest));
}

/* By one of the wants from `first` on. */
static bool is_wanted(struct git_tree *t, size_t first, const char *path, bool module)
{
	bool wanted = false;

	for (size_t i = first; i < t->wants.strings.n; i++) {
		const char *asked = t->wants.strings.v[i], *rest = below(path, asked);

		if (rest) {
			t->met.v[i] = true;
			wanted |= !*rest || is_read_below(rest, module);
		} else if (module && below(asked, path)) {
			t->met.v[i] = wanted = true;
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
static int take_entry(struct git_tree *t, size_t first, const char *record)
{
	const char *tab = strchr(record, '\t'), *object = tab;
	bool module = is_module(record);
	struct git_entry entry = {.is_link = is_link(record)};

	if (!tab)
		return fail(t, "", "git lists it in a form that polc does not know");
	while (object > record && object[-1] != ' ')
		object--;
	entry.object = arena_strndup(arena_of(t), object, (size_t)(tab - object));
	entry.path = arena_strdup(arena_of(t), tab + 1);
	if (!is_wanted(t, first, entry.path, module) ||
	    intern_find(&t->seen, entry.path) != INTERN_NONE)
		return 0;
	if (!is_clean(arena_of(t), entry.path))
		return fail(t, entry.path, "no file can have that name");
	intern_add(&t->seen, entry.path);
	if (module)
		add_gap(t, "submodule", entry.path, entry.object);
	else
		vec_push(arena_of(t), &t->todo, entry);
	return 0;
}

/* How many; 0: all that there is, which is what git lists without any. */
static size_t put_paths(const struct git_tree *t, size_t first, size_t end, const char **args)
{
	size_t n = 0;

	for (size_t i = first; i < end; i++) {
		if (!*t->wants.strings.v[i])
			return 0;
		args[n++] = t->wants.strings.v[i];
	}
	return n;
}

static int list_some(struct git_tree *t, size_t first, size_t end)
{
	enum { N = 6 };
	const char *args[N + LIST_PATHS + 1] = {"ls-tree",     "-r",      "-z",
						"--full-tree", t->commit, "--"};
	const struct buf *out = &t->git->out;
	int err;

	assert(end - first <= LIST_PATHS);
	args[N + put_paths(t, first, end, args + N)] = NULL;
	err = git_run(t->git, args);
	if (err)
		return fail(t, "", git_reason(t->git, err));
	for (size_t at = 0; at < out->n && !err; at += strlen(out->s + at) + 1)
		err = take_entry(t, first, out->s + at);
	return err;
}

static int list(struct git_tree *t)
{
	size_t n = t->wants.strings.n;
	int err = 0;

	while (t->listed < n && !err) {
		size_t end = n - t->listed > LIST_PATHS ? t->listed + LIST_PATHS : n;

		err = list_some(t, t->listed, end);
		t->listed = end;
	}
	return err;
}

static int refuse_link(struct git_tree *t, const char *path, const char *record)
{
	const char *link = strchr(record, '\t');

	diag_error(
		t->diag, LOC_NONE, CODE_IO,
		"--git: cannot read '%s:%s': '%s' is a link there; name the path that it leads to",
		t->name, path, link ? link + 1 : "");
	return -EINVAL;
}

/* A path may lie in a submodule or behind a link, where git lists nothing. */
static int list_above(struct git_tree *t, const char *path)
{
	VEC(const char *) args = {0};
	const char *above = path;
	const struct buf *out = &t->git->out;
	int err;

	vec_push(arena_of(t), &args, "ls-tree");
	vec_push(arena_of(t), &args, "-z");
	vec_push(arena_of(t), &args, "--full-tree");
	vec_push(arena_of(t), &args, t->commit);
	vec_push(arena_of(t), &args, "--");
	while (*(above = dir_of(arena_of(t), above)))
		vec_push(arena_of(t), &args, above);
	vec_push(arena_of(t), &args, NULL);
	err = git_run(t->git, args.v);
	if (err)
		return fail(t, "", git_reason(t->git, err));
	for (size_t at = 0; at < out->n && !err; at += strlen(out->s + at) + 1) {
		if (is_module(out->s + at))
			err = take_entry(t, 0, out->s + at);
		else if (is_link(out->s + at))
			err = refuse_link(t, path, out->s + at);
	}
	return err;
}

static int list_outer(struct git_tree *t, const char *const *paths, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (strchr(paths[i], '/') && !t->met.v[intern_find(&t->wants, paths[i])])
			err = list_above(t, paths[i]);
	}
	return err;
}

/* --- files ----------------------------------------------------------------------------------- */

static int make_dirs(struct git_tree *t, const char *dir)
{
	char *path = arena_printf(arena_of(t), "%s/%s", t->root, dir);

	for (char *slash = path + strlen(t->root); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return fail(t, dir, strerror(errno));
		*slash = '/';
	}
	if (mkdir(path, 0700) && errno != EEXIST)
		return fail(t, dir, strerror(errno));
	return 0;
}

static int write_file(struct git_tree *t, const char *path, const char *text, size_t n)
{
	const char *to = arena_printf(arena_of(t), "%s/%s", t->root, path);
	int fd, err = make_dirs(t, dir_of(arena_of(t), path));

	if (err)
		return err;
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(t, path, strerror(errno));
	err = buf_write_fd(text, n, fd);
	if (close(fd) && !err)
		err = -errno;
	return err ? fail(t, path, strerror(-err)) : 0;
}

/* What is not here stands as a file of nothing, so that a path or an import finds it. */
static int write_gap(struct git_tree *t, const char *kind, const char *path, const char *id)
{
	add_gap(t, kind, path, id);
	return write_file(t, path, "", 0);
}

static int want_import(struct git_tree *t, const char *path, const struct ast_import *import)
{
	const char *target = git_path(arena_of(t), dir_of(arena_of(t), path), import->path.s);

	if (!target) {
		diag_error(t->diag, LOC_NONE, CODE_IO,
			   "--git: '%s:%s' imports '%s', which lies outside of the repository: no "
			   "revision has it",
			   t->name, path, import->path.s);
		return -EINVAL;
	}
	want(t, target);
	return 0;
}

/* What does not parse is reported when it is read in earnest. */
static int want_imports(struct git_tree *t, const char *path, const char *text, size_t n)
{
	struct lang lang;
	int err = 0;

	lang_init(&lang);
	lang.no_imports = true;
	lang_read_text(&lang, path, text, n, LANG_POL, LANG_INPUT);
	vec_each (struct ast_file *, file, &lang.files)
		vec_each (const struct ast_item, item, &(*file)->items)
			if (item->kind == AST_ITEM_IMPORT)
				err |= want_import(t, path, item->import);
	lang_fini(&lang);
	return err ? -EINVAL : 0;
}

static bool may_import(const char *path)
{
	size_t n = strlen(path);

	return !is_ignore_file(path) &&
	       (!lang_knows_ending(path) || (n > 4 && strcmp(path + n - 4, ".pol") == 0));
}

static const char *lfs_object(struct arena *arena, const char *text, size_t n)
{
	static const char version[] = "version https://git-lfs.github.com/spec/";
	const char *copy, *oid;

	if (n > 1024 || strncmp(text, version, sizeof(version) - 1) != 0)
		return NULL;
	copy = arena_strndup(arena, text, n);
	oid = strstr(copy, "\noid ");
	return oid ? arena_strndup(arena, oid + 5, strcspn(oid + 5, "\n")) : "?";
}

static int take_link(struct git_tree *t, const char *path, const char *target)
{
	const char *to = git_path(arena_of(t), dir_of(arena_of(t), path), target);

	if (!to)
		return write_gap(t, "link", path, target);
	want(t, to);
	vec_push(arena_of(t), &t->links, (struct git_link){path, to});
	return 0;
}

static int take_blob(struct git_tree *t, const struct git_entry *entry, const char *text, size_t n)
{
	const char *lfs;
	int err;

	if (entry->is_link)
		return take_link(t, entry->path, arena_strndup(arena_of(t), text, n));
	lfs = lfs_object(arena_of(t), text, n);
	if (lfs)
		return write_gap(t, "LFS file", entry->path, lfs);
	err = write_file(t, entry->path, text, n);
	if (!err && may_import(entry->path))
		err = want_imports(t, entry->path, text, n);
	return err;
}

/* --- their contents -------------------------------------------------------------------------- */

/* Takes "OBJECT blob SIZE\n", the contents and a newline at *at. */
static int take_answer(struct git_tree *t, const struct git_entry *entry, size_t *at)
{
	const struct buf *out = &t->git->out;
	const char *head = buf_str(out) + *at, *size = strstr(head, " blob ");
	const char *line = strchr(head, '\n');
	size_t n, left;

	if (!line || !size || size > line)
		return fail(t, entry->path,
			    "its object is missing in this repository; a partial or shallow clone "
			    "may have to fetch it first");
	n = strtoull(size + 6, NULL, 10);
	left = out->n - (size_t)(line + 1 - out->s);
	if (n >= left)
		return fail(t, entry->path, "the files of the revision are too large");
	*at = (size_t)(line + 1 - out->s) + n + 1;
	return take_blob(t, entry, line + 1, n);
}

static int fetch(struct git_tree *t)
{
	_cleanup_buf_ struct buf objects = {0};
	size_t at = 0;
	int err;

	if (!t->todo.n)
		return 0;
	vec_each (const struct git_entry, entry, &t->todo)
		buf_printf(&objects, "%s\n", entry->object);
	t->git->input = &objects;
	err = GIT(t->git, "cat-file", "--batch");
	if (err)
		return fail(t, t->todo.v[0].path, git_reason(t->git, err));
	for (size_t i = 0; i < t->todo.n && !err; i++)
		err = take_answer(t, &t->todo.v[i], &at);
	t->todo.n = 0;
	return err;
}

/* --- all of it ------------------------------------------------------------------------------- */

/* After all files, so that none is written through one. A target is written whole: it cannot lead
 * out of the directory, whatever other links it passes. */
static int make_links(struct git_tree *t)
{
	vec_each (const struct git_link, link, &t->links) {
		const char *from = arena_printf(arena_of(t), "%s/%s", t->root, link->path);
		const char *to = arena_printf(arena_of(t), "%s/%s", t->root, link->target);

		if (make_dirs(t, dir_of(arena_of(t), link->path)))
			return -EINVAL;
		if (symlink(to, from))
			return fail(t, link->path, strerror(errno));
	}
	return 0;
}

/* A directory of nothing that is read is one all the same. */
static int make_places(struct git_tree *t)
{
	int err = 0;

	for (size_t i = 0; i < t->met.n && !err; i++) {
		const char *path = t->wants.strings.v[i];

		if (t->met.v[i] && intern_find(&t->seen, path) == INTERN_NONE)
			err = make_dirs(t, path);
	}
	return err;
}

static int write_all(struct git_tree *t, const char *const *paths, size_t n)
{
	int err = 0;

	for (size_t i = 0; t->listed < t->wants.strings.n && i < MAX_ROUNDS && !err; i++) {
		err = list(t);
		if (!err)
			err = fetch(t);
	}
	if (!err)
		err = list_outer(t, paths, n);
	if (!err)
		err = make_places(t);
	return err ? err : make_links(t);
}

int git_tree_write(struct git_tree *t, const char *const *paths, size_t n, bool *has)
{
	int err;

	intern_init(&t->wants, arena_of(t));
	intern_init(&t->seen, arena_of(t));
	for (size_t i = 0; i < n; i++)
		want(t, paths[i]);
	err = write_all(t, paths, n);
	for (size_t i = 0; i < n && !err; i++)
		has[i] = !*paths[i] || t->met.v[intern_find(&t->wants, paths[i])];
	return err;
}
