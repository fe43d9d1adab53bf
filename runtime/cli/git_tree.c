/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/git_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/codes.h"
#include "lang/lang.h"
#include "runtime/cli/git_path.h"

/* Files that lead to files, past what the reader follows of imports, and the system of links. */
enum { MAX_ROUNDS = 256 };

static struct arena *arena_of(const struct git_tree *t)
{
	return t->ls.git->arena;
}

static int fail(struct git_tree *t, const char *path, const char *why)
{
	return git_ls_tree_fail(&t->ls, path, why);
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
	int fd, err = make_dirs(t, git_path_dir(arena_of(t), path));

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
	git_ls_tree_add_gap(&t->ls, kind, path, id);
	return write_file(t, path, "", 0);
}

static int want_import(struct git_tree *t, const char *path, const struct ast_import *import)
{
	const char *target = git_path(arena_of(t), git_path_dir(arena_of(t), path), import->path.s);

	if (!target) {
		diag_error(t->ls.diag, LOC_NONE, CODE_IO,
			   "--git: '%s:%s' imports '%s', which lies outside of the repository: no "
			   "revision has it",
			   t->ls.name, path, import->path.s);
		return -EINVAL;
	}
	git_ls_tree_want(&t->ls, target);
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

	return !git_path_is_ignore_file(path) && !kustomization_is_file(path) &&
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
	const char *to = git_path(arena_of(t), git_path_dir(arena_of(t), path), target);

	if (!to)
		return write_gap(t, "link", path, target);
	git_ls_tree_want(&t->ls, to);
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
	const struct buf *out = &t->ls.git->out;
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

	if (!t->ls.todo.n)
		return 0;
	vec_each (const struct git_entry, entry, &t->ls.todo)
		buf_printf(&objects, "%s\n", entry->object);
	t->ls.git->input = &objects;
	err = GIT(t->ls.git, "cat-file", "--batch");
	if (err)
		return fail(t, t->ls.todo.v[0].path, git_reason(t->ls.git, err));
	for (size_t i = 0; i < t->ls.todo.n && !err; i++)
		err = take_answer(t, &t->ls.todo.v[i], &at);
	t->ls.todo.n = 0;
	return err;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int make_link(struct git_tree *t, const struct git_link *link)
{
	const char *from = arena_printf(arena_of(t), "%s/%s", t->root, link->path);
	const char *to = arena_printf(arena_of(t), "%s/%s", t->root, link->target);

	if (!git_ls_tree_has(&t->ls, link->target))
		return write_gap(t, "link", link->path, link->target);
	if (make_dirs(t, git_path_dir(arena_of(t), link->path)))
		return -EINVAL;
	return symlink(to, from) ? fail(t, link->path, strerror(errno)) : 0;
}

/* After all files, so that none is written through one. A target is written whole: it cannot lead
 * out of the directory, whatever other links it passes. */
static int make_links(struct git_tree *t)
{
	int err = 0;

	for (size_t i = 0; i < t->links.n && !err; i++)
		err = make_link(t, &t->links.v[i]);
	return err;
}

/* A directory of nothing that is read is one all the same. */
static int make_places(struct git_tree *t)
{
	int err = 0;

	for (size_t i = 0; i < t->ls.met.n && !err; i++) {
		const char *path = t->ls.wants.strings.v[i];

		if (t->ls.met.v[i] && intern_find(&t->ls.seen, path) == INTERN_NONE)
			err = make_dirs(t, path);
	}
	return err;
}

static int write_all(struct git_tree *t, const char *const *paths, size_t n)
{
	int err = 0;

	for (size_t i = 0; !git_ls_tree_is_done(&t->ls) && i < MAX_ROUNDS && !err; i++) {
		err = git_ls_tree_next(&t->ls);
		if (!err)
			err = fetch(t);
	}
	if (!err)
		err = git_ls_tree_above(&t->ls, paths, n);
	if (!err)
		err = make_places(t);
	return err ? err : make_links(t);
}

int git_tree_write(struct git_tree *t, const char *const *paths, size_t n, bool *has)
{
	int err;

	git_ls_tree_init(&t->ls);
	for (size_t i = 0; i < n; i++)
		git_ls_tree_want(&t->ls, paths[i]);
	err = write_all(t, paths, n);
	for (size_t i = 0; i < n && !err; i++)
		has[i] = git_ls_tree_has(&t->ls, paths[i]);
	return err;
}
