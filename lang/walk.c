/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/ignore.h"
#include "lang/lang_internal.h"

enum { MAX_IGNORE_BYTES = 1 << 20 };

/* A directory on the way. */
struct place {
	const char *path; /* as the user would write it */
	const char *real; /* canonical */
	const struct ignore_list *lists;
	unsigned depth;
};

static void add_step(struct walk *w, enum walk_kind kind, const char *path)
{
	vec_push(&w->l->arena, &w->steps, (struct walk_step){.kind = kind, .path = path});
}

static int fail(struct walk *w, const char *path, const char *why)
{
	struct arena *a = &w->l->arena;

	vec_push(a, &w->steps, (struct walk_step){WALK_FAILED, path, arena_strdup(a, why)});
	return -EINVAL;
}

/* --- lists ----------------------------------------------------------------------------- */

/* Like git, follows no symbolic link for it. 0 if there is none. */
static int read_list_file(struct walk *w, const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK), r = 0;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
			       ? 0
			       : fail(w, path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		r = buf_read_fd(text, fd, MAX_IGNORE_BYTES);
	close(fd);
	return r < 0 ? fail(w, path, strerror(-r)) : 0;
}

/* Puts the file `name` of a directory, if there is one, before the lists so far. */
static int add_list(struct walk *w, struct place *at, const char *name)
{
	struct arena *a = &w->l->arena;
	_cleanup_buf_ struct buf text = {0};
	struct ignore_list *list;
	const char *tree = w->l->repository, *shown = at->path;
	int r = read_list_file(w, path_join(a, at->real, name), &text);

	if (r < 0 || !text.n)
		return r;
	if (tree && path_below(tree, at->real))
		shown = path_from(a, tree, at->real);
	list = arena_new(a, struct ignore_list);
	list->base = at->real;
	list->weaker = at->lists;
	ignore_add_lines(list, a,
			 strcmp(shown, ".") == 0 ? arena_strdup(a, name)
						 : path_join(a, shown, name),
			 buf_str(&text), text.n);
	at->lists = list;
	return 0;
}

static int add_lists(struct walk *w, struct place *at)
{
	int r = add_list(w, at, ".gitignore");

	return r < 0 ? r : add_list(w, at, ".polcignore");
}

/* The lists of `root`, and of what lies between it and `dir`, which itself has its turn in walk().
 */
static int add_lists_above(struct walk *w, const char *root, const char *dir,
			   const struct ignore_list **out)
{
	struct arena *a = &w->l->arena;
	const char *here = path_real(a, ".");
	struct place at = {.real = path_parent(a, dir)};
	int r;

	if (strcmp(root, dir) == 0) {
		at.real = dir;
		at.path = here ? path_from(a, here, dir) : dir;
		r = add_list(w, &at, ".git/info/exclude");
	} else {
		at.path = here ? path_from(a, here, at.real) : at.real;
		r = add_lists_above(w, root, at.real, &at.lists);
		if (r == 0)
			r = add_lists(w, &at);
	}
	*out = at.lists;
	return r;
}

/* The topmost directory whose lists count. */
static const char *find_root(struct lang *l, const char *real)
{
	const char *root = l->repository;

	if (!root || !path_below(root, real))
		root = path_repository(&l->arena, real);
	return root ? root : real;
}

static void count(struct lang *l, const struct ignore_pattern *p, bool is_directory)
{
	uint32_t id = intern_add(&l->left_out_ids,
				 arena_printf(&l->arena, "%s:%u:%s", p->origin, p->line, p->text));

	if (id == l->left_out.n)
		vec_push(&l->arena, &l->left_out, (struct lang_left_out){.pattern = p});
	if (is_directory)
		l->left_out.v[id].directories++;
	else
		l->left_out.v[id].files++;
}

static bool is_left_out(struct walk *w, const struct place *at, bool is_directory, bool counts)
{
	const struct ignore_pattern *p = ignore_match(w->l->excluded, at->real, is_directory);

	if (!p)
		p = ignore_match(at->lists, at->real, is_directory);
	if (!p || p->keep)
		return false;
	if (counts) {
		count(w->l, p, is_directory);
		w->why = w->why ? w->why : p;
	}
	return true;
}

/* --- directories ----------------------------------------------------------------------- */

static int keep_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void walk(struct walk *w, struct place *at);

/* A link that leads nowhere is in no cluster. */
static void skip_or_fail(struct walk *w, const char *path, int err)
{
	if (err == ENOENT || err == ELOOP)
		skipped_add_file(&w->l->skipped, path, "it is a link that leads nowhere");
	else
		fail(w, path, strerror(err));
}

/* Links to files count, links to directories do not: they could lead in circles. */
static void walk_file(struct walk *w, const struct place *at)
{
	bool wanted = w->wants(at->path);
	struct stat st;

	if ((!wanted && !w->aside(at->path)) || is_left_out(w, at, false, wanted))
		return;
	if (stat(at->path, &st) < 0) {
		if (wanted)
			skip_or_fail(w, at->path, errno);
		return;
	}
	if (S_ISDIR(st.st_mode))
		return;
	w->found += wanted && S_ISREG(st.st_mode);
	if (S_ISREG(st.st_mode))
		add_step(w, wanted ? WALK_FILE : WALK_ASIDE, at->path);
	else if (wanted)
		skipped_add_file(&w->l->skipped, at->path, "it is not a regular file");
}

static void walk_entry(struct walk *w, struct place *at)
{
	struct stat st;

	if (lstat(at->path, &st) < 0)
		fail(w, at->path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		walk_file(w, at);
	else if (!is_left_out(w, at, true, true))
		walk(w, at);
}

static void walk_entries(struct walk *w, struct place *at)
{
	struct arena *a = &w->l->arena;
	struct dirent **entries;
	int n;

	if (add_lists(w, at) < 0)
		return;
	n = scandir(at->path, &entries, keep_visible, by_name);
	if (n < 0) {
		fail(w, at->path, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		struct place entry = {.path = path_join(a, at->path, name),
				      .real = path_join(a, at->real, name),
				      .lists = at->lists,
				      .depth = at->depth + 1};

		walk_entry(w, &entry);
		free(entries[i]);
	}
	free(entries);
}

static void walk(struct walk *w, struct place *at)
{
	add_step(w, WALK_ENTER, at->path);
	if (at->depth > w->l->limits.depth)
		add_step(w, WALK_TOO_DEEP, at->path);
	else
		walk_entries(w, at);
	add_step(w, WALK_LEAVE, at->path);
}

void walk_directory(struct walk *w, const char *path)
{
	struct lang *l = w->l;
	struct place at = {.path = path, .real = path_real(&l->arena, path)};

	if (!at.real)
		fail(w, path, strerror(errno));
	else if (add_lists_above(w, find_root(l, at.real), at.real, &at.lists) == 0)
		walk(w, &at);
}
