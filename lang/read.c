/* SPDX-License-Identifier: Apache-2.0 */
/* Reading from the file system: files, directories, standard input and imports. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "lang/base/work.h"
#include "lang/confine.h"
#include "lang/lang.h"
#include "lang/lang_internal.h"
#include "lang/walk.h"

static const struct ending {
	const char *text;
	enum lang_syntax syntax;
} endings[] = {
	{".pol", LANG_POL},
	{".yaml", LANG_YAML},
	{".yml", LANG_YAML},
	{".json", LANG_YAML},
};

/* A directory on the way, and what held above it. */
struct level {
	bool templates;
	struct chart *chart; /* that begins with it; NULL: none does */
};

/* One file on its way in. */
struct reading {
	struct lang *l;
	enum lang_role role;
	unsigned depth; /* of imports */
	struct loc at;  /* the import that asked for it, or LOC_NONE */
	bool templates; /* of `l->chart` */
	VEC(struct level) levels;
};

static int read_imported(struct reading *rd, const char *path);

bool lang_syntax_of(const char *path, enum lang_syntax *out)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		size_t m = strlen(endings[i].text);

		if (n > m && strcmp(path + n - m, endings[i].text) == 0) {
			*out = endings[i].syntax;
			return true;
		}
	}
	return false;
}

int lang_fail_io(struct lang *l, struct loc at, const char *path, const char *why)
{
	diag_error(&l->diag, at, CODE_IO, "cannot read '%s': %s", path, why);
	return -EINVAL;
}

bool lang_knows_ending(const char *path)
{
	enum lang_syntax syntax;

	return lang_syntax_of(path, &syntax);
}

static int fail_io(struct reading *rd, const char *path, const char *why)
{
	return lang_fail_io(rd->l, rd->at, path, why);
}

/* --- imports ------------------------------------------------------------------------- */

static int refuse_absolute(struct lang *l, const struct ast_name *path)
{
	diag_error(
		&l->diag, path->loc, CODE_IO,
		"cannot read '%s': an import is relative to the file that it stands in; what lies "
		"elsewhere is named on the command line",
		path->s);
	return -EINVAL;
}

static const char *import_path(struct arena *a, const char *importer, const char *path)
{
	const char *slash = strrchr(importer, '/');

	if (!slash)
		return path;
	return path_join(a, arena_strndup(a, importer, (size_t)(slash - importer)), path);
}

static int read_import(struct reading *rd, const char *importer, const struct ast_item *item)
{
	struct lang *l = rd->l;
	struct reading sub = {
		.l = l, .role = rd->role, .depth = rd->depth + 1, .at = item->import->path.loc};
	const char *path = item->import->path.s;

	if (!*path || strcmp(path, "-") == 0) {
		diag_error(&l->diag, sub.at, CODE_IO, "an import names a file or a directory");
		return -EINVAL;
	}
	if (*path == '/')
		return refuse_absolute(l, &item->import->path);
	if (sub.depth > l->limits.import_depth) {
		diag_error(&l->diag, sub.at, CODE_LIMIT,
			   "imports are nested more than %u deep: import '%s' further up",
			   l->limits.import_depth, path);
		return -EINVAL;
	}
	return read_imported(&sub, import_path(&l->arena, importer, path));
}

static int read_imports(struct reading *rd, const char *path, const struct ast_file *f)
{
	int r = 0;

	vec_each (const struct ast_item, item, &f->items)
		if (item->kind == AST_ITEM_IMPORT && read_import(rd, path, item) < 0)
			r = -EINVAL;
	return r;
}

/* --- files --------------------------------------------------------------------------- */

/* Remembers the file by its canonical path, `key`. *again: it has been read in this role. *patch: a
 * kustomization names it as one. */
static int note_seen(struct reading *rd, const char *path, const char *key, bool *again,
		     bool *patch)
{
	bool inventory = rd->role == LANG_INVENTORY;
	struct lang *l = rd->l;
	int r = 0;

	*patch = kustomization_names(l, key);
	*again = intern_find(&l->seen_input, key) != INTERN_NONE;
	if (!*again && intern_find(&l->seen_inventory, key) != INTERN_NONE) {
		*again = true;
		if (!inventory) {
			diag_error(&l->diag, rd->at, CODE_DUPLICATE,
				   "'%s' was read as inventory, which leaves its policies out: "
				   "name it either as input or with -i",
				   path);
			r = -EINVAL;
		}
	}
	if (!*again)
		intern_add(inventory ? &l->seen_inventory : &l->seen_input, key);
	return r;
}

static enum lang_syntax syntax_of(const struct reading *rd, const char *path, bool patch,
				  const struct buf *text)
{
	enum lang_syntax syntax;

	if (!lang_syntax_of(path, &syntax))
		syntax = lang_sniff(buf_str(text), text->n);
	if (syntax == LANG_YAML && rd->templates)
		return LANG_TEMPLATE;
	return syntax == LANG_YAML && patch ? LANG_PATCH : syntax;
}

/* What an edit made of the file. */
static void replace_text(const struct lang_edits *edits, const char *path, struct buf *text)
{
	for (size_t i = 0; edits && i < edits->list.n; i++) {
		const struct lang_edit *e = &edits->list.v[i];

		if (strcmp(e->path, path) != 0)
			continue;
		text->n = 0;
		buf_add(text, e->text, e->len);
		return;
	}
}

/* Reads an open file to its end, parses it and follows its imports. */
static int read_stream(struct reading *rd, const char *path, int fd, bool patch)
{
	_cleanup_buf_ struct buf text = {0};
	struct ast_file *f;
	int r = buf_read_fd(&text, fd, rd->l->limits.file_bytes);

	if (r < 0 && r != -EFBIG) /* too large is reported by lang_parse_text() */
		return fail_io(rd, path, strerror(-r));
	if (r == 0)
		replace_text(rd->l->edits, path, &text);
	r = lang_parse_text(rd->l, rd->at, path, buf_str(&text), text.n,
			    syntax_of(rd, path, patch, &text), rd->role, &f);
	if (f && read_imports(rd, path, f) < 0)
		r = -EINVAL;
	return r;
}

static int read_open(struct reading *rd, const char *path, int fd, const char *canonical)
{
	bool again, patch;
	int r = note_seen(rd, path, canonical, &again, &patch);

	if (!r && !again)
		r = read_stream(rd, path, fd, patch);
	close(fd);
	return r;
}

static int read_named(struct reading *rd, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	const char *canonical;

	if (fd < 0)
		return fail_io(rd, path, strerror(errno));
	canonical = path_real(&rd->l->arena, path);
	return read_open(rd, path, fd, canonical ? canonical : path); /* a pipe has no path */
}

/* --- directories --------------------------------------------------------------------- */

/* Nobody named the file, so it need not be ours. */
static int read_leniently(struct reading *rd, const char *path)
{
	bool before = rd->l->lenient;
	struct confined file;
	int r = confine_open(rd->l, rd->at, path, &file);

	if (r < 0)
		return r;
	rd->l->lenient = true;
	r = read_open(rd, path, file.fd, file.real);
	rd->l->lenient = before;
	return r;
}

static int read_entry(struct reading *rd, const char *path)
{
	if (rd->l->chart && strcmp(path_base(path), "Chart.yaml") == 0)
		return 0; /* not an object, for all its apiVersion */
	return read_leniently(rd, path);
}

static void enter(struct reading *rd, const char *dir)
{
	struct lang *l = rd->l;
	struct level level = {.templates = rd->templates};
	const char *chart = dir;

	rd->templates |= chart_templates(&l->arena, dir, &chart);
	if (!l->chart && (rd->templates || chart_is_at(&l->arena, dir))) {
		level.chart = arena_new(&l->arena, struct chart);
		level.chart->dir = chart;
		l->chart = level.chart;
	}
	vec_push(&l->arena, &rd->levels, level);
}

/* A chart has its note behind all that is inside of it, other charts included. */
static void leave(struct reading *rd)
{
	const struct level *level = &rd->levels.v[--rd->levels.n];

	rd->templates = level->templates;
	if (!level->chart)
		return;
	rd->l->chart = NULL;
	chart_tell(rd->l, level->chart);
}

/* What patches is known before the first of them is read. */
static void seek_kustomizations(struct reading *rd, const struct walk *walk)
{
	struct lang *l = rd->l;

	vec_each (const struct walk_step, step, &walk->steps)
		if ((step->kind == WALK_FILE || step->kind == WALK_ASIDE) &&
		    kustomization_is_file(step->path))
			kustomization_look(l, path_dir(&l->arena, step->path), rd->role);
}

static int read_step(struct reading *rd, const struct walk_step *step)
{
	switch (step->kind) {
	case WALK_ENTER:
		enter(rd, step->path);
		return 0;
	case WALK_LEAVE:
		leave(rd);
		return 0;
	case WALK_FILE:
		return read_entry(rd, step->path);
	case WALK_ASIDE:
		return 0;
	case WALK_FAILED:
		return fail_io(rd, step->path, step->why);
	case WALK_TOO_DEEP:
		diag_error(&rd->l->diag, rd->at, CODE_LIMIT,
			   "'%s' is not read: directories are nested more than %u deep", step->path,
			   rd->l->limits.depth);
		return -EINVAL;
	}
	return 0;
}

static int read_directory(struct reading *rd, const char *path)
{
	struct walk walk = {.l = rd->l, .wants = lang_knows_ending, .aside = kustomization_is_file};
	struct diag_item *item;
	int r = 0;

	kustomization_look_above(rd->l, path, true);
	walk_directory(&walk, path);
	seek_kustomizations(rd, &walk);
	vec_each (const struct walk_step, step, &walk.steps)
		if (read_step(rd, step) < 0)
			r = -EINVAL;
	if (r < 0 || walk.found || rd->l->may_be_empty)
		return r;
	item = diag_error(&rd->l->diag, rd->at, CODE_EMPTY_INPUT,
			  "no .pol, .yaml, .yml or .json file below the directory '%s'%s", path,
			  walk.why ? " but what is left out" : "");
	if (walk.why)
		diag_note(&rd->l->diag, item, LOC_NONE,
			  "'%s' (%s) leaves something out; a file that is named is always read",
			  walk.why->text, ignore_origin(&rd->l->arena, walk.why));
	return -EINVAL;
}

/* Of a single file, what others do to it is not asked for. */
static void look_around(struct reading *rd, const char *path)
{
	if (kustomization_is_file(path))
		kustomization_look(rd->l, path_dir(&rd->l->arena, path), rd->role);
	kustomization_look_above(rd->l, path, false);
}

/* --- anything ------------------------------------------------------------------------ */

static int read_imported(struct reading *rd, const char *path)
{
	struct confined file;
	int r = confine_open(rd->l, rd->at, path, &file);

	if (r < 0)
		return r;
	if (S_ISDIR(file.type)) {
		close(file.fd);
		return read_directory(rd, path);
	}
	look_around(rd, path);
	return read_open(rd, path, file.fd, file.real);
}

static int read_argument(struct reading *rd, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fail_io(rd, path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return read_directory(rd, path);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) &&
	    !(rd->l->may_be_empty && strcmp(path, "/dev/null") == 0))
		return fail_io(rd, path, "it is neither a file, a directory nor a pipe");
	look_around(rd, path);
	return read_named(rd, path);
}

static int read_stdin(struct reading *rd, const char *path)
{
	if (rd->l->stdin_read)
		return fail_io(rd, path, "standard input can be read only once");
	rd->l->stdin_read = true;
	return read_stream(rd, path, STDIN_FILENO, false);
}

/* One that is not there is told when it is read. */
static void add_named(const struct reading *rd, const char *path)
{
	const char *real = rd->role == LANG_INPUT ? path_real(&rd->l->arena, path) : NULL;

	if (real)
		vec_push(&rd->l->arena, &rd->l->named, real);
}

int lang_read_path(struct lang *l, const char *path, enum lang_role role)
{
	struct reading rd = {.l = l, .role = role};
	int err;

	lang_add_root(l, path);
	add_named(&rd, path);
	work_step(l->work, "objects read", 0);
	err = strcmp(path, "-") == 0 ? read_stdin(&rd, path) : read_argument(&rd, path);
	work_step_end(l->work);
	return err;
}
