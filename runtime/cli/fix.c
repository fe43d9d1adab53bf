/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/fix.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lang/base/codes.h"
#include "lang/base/edits.h"
#include "lang/base/path.h"
#include "lang/base/spawn.h"
#include "lang/base/utf16.h"
#include "runtime/cli/exclude.h"
#include "verifier/report/report.h"

enum { MAX_ROUNDS = 16, MAX_WORDS = 4096 };

void fix_fini(struct fix *f)
{
	buf_fini(&f->told);
}

/* --- what may be written -------------------------------------------------------------------- */

/* The input is read several times. */
static int refuse_path(const struct cli *cli, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return cli_usage_error(cli, "--fix changes files, and standard input is none");
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return cli_usage_error(cli, "--fix changes files, and '%s' is none", path);
	return CLI_OK;
}

int fix_refuse(const struct cli *cli)
{
	bool fix = cli_has(cli, CLI_OPT_check_FIX), dry = cli_has(cli, CLI_OPT_check_DRY_RUN);
	int status = CLI_OK;

	if (dry && !fix)
		return cli_usage_error(cli, "--dry-run of what? Add --fix");
	if (dry &&
	    (cli_has(cli, CLI_OPT_check_WRITE_BASELINE) || cli_has(cli, CLI_OPT_check_EMIT_SMT2)))
		return cli_usage_error(cli, "--dry-run writes nothing, neither a baseline nor "
					    "questions to the solver");
	if (dry && strcmp(cli->format, "text") != 0)
		return cli_usage_error(cli, "--dry-run prints a diff: leave out --format");
	for (size_t i = 0; fix && status == CLI_OK && i < cli->args.n; i++)
		status = refuse_path(cli, cli->args.v[i]);
	vec_each (const struct cli_value, value, &cli->values)
		if (fix && status == CLI_OK && value->id == CLI_OPT_input_INVENTORY)
			status = refuse_path(cli, value->arg);
	return status;
}

static bool holds(struct arena *arena, const char *named, const char *target)
{
	const char *dir = path_real(arena, named);

	return dir && path_below(dir, target);
}

/* Is it one of the files or below one of the directories that the command names? */
static bool is_named(const struct cli *cli, struct arena *arena, const char *target)
{
	vec_each (const char *, arg, &cli->args)
		if (holds(arena, *arg, target))
			return true;
	vec_each (const struct cli_value, value, &cli->values)
		if (value->id == CLI_OPT_input_INVENTORY && holds(arena, value->arg, target))
			return true;
	return false;
}

static bool is_template(const struct source *src)
{
	const char *open = strstr(src->text, "{{");

	return open && strstr(open, "}}");
}

enum { UTF16_GROWTH = 4 }; /* more than a text gets longer in UTF-16, with its mark */

/* Why what the file holds is not the text that was read of it; NULL: it is. */
static const char *difference(const char *target, const char *text, size_t len)
{
	_cleanup_buf_ struct buf now = {0};
	int err = buf_read_file(&now, target, (len + 1) * UTF16_GROWTH);

	if (!err && utf16_begins(buf_str(&now), now.n))
		return "it is in UTF-16; save it as UTF-8 first";
	return !err && now.n == len && memcmp(buf_str(&now), text, len) == 0
		       ? NULL
		       : "it has changed meanwhile";
}

static const char *outside(struct arena *arena, const char *target)
{
	const char *here = path_real(arena, ".");

	return arena_printf(arena, "it is %s, which is outside of what was named",
			    here ? path_from(arena, here, target) : target);
}

/* Why a source stays as it is; NULL: it may be edited. */
static const char *refusal(const struct fix *f, const struct source *src, const char **target)
{
	struct arena *arena = &f->cli->lang.arena;

	*target = path_real(arena, src->name);
	if (!*target)
		return "it is no file";
	if (!is_named(f->cli, arena, *target))
		return outside(arena, *target);
	if (is_template(src))
		return "it is a template";
	return difference(*target, src->text, src->len);
}

static void tell_refused(struct fix *f, const char *name, const char *why)
{
	_cleanup_buf_ struct buf line = {0};

	vec_each (const char *, told, &f->refused)
		if (strcmp(*told, name) == 0)
			return;
	vec_push(&f->cli->lang.arena, &f->refused, arena_strdup(&f->cli->lang.arena, name));
	buf_add_shown(&line, name, strlen(name));
	buf_puts(&line, " is not fixed: ");
	buf_add_shown(&line, why, strlen(why));
	fprintf(stderr, "polc check: %s\n", buf_str(&line));
}

/* --- rounds ----------------------------------------------------------------------------------- */

static struct lang_edit *find(struct fix *f, const char *name)
{
	vec_each (struct lang_edit, e, &f->edits.list)
		if (strcmp(e->path, name) == 0)
			return e;
	return NULL;
}

/* The edit of a file that had none; NULL: it may not be edited, which is told. */
static struct lang_edit *begin_edit(struct fix *f, const struct source *src)
{
	struct arena *arena = &f->cli->lang.arena;
	struct lang_edit edit = {.path = arena_strdup(arena, src->name)};
	struct fix_file file = {.text = arena_strndup(arena, src->text, src->len), .len = src->len};
	const char *why = refusal(f, src, &file.target);

	if (why) {
		tell_refused(f, src->name, why);
		return NULL;
	}
	vec_push(arena, &f->edits.list, edit);
	vec_push(arena, &f->files, file);
	return &f->edits.list.v[f->edits.list.n - 1];
}

static void tell_done(struct fix *f, const struct source *src, const struct edit *edits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct diag_fix *fix = edits[i].fix;

		buf_puts(&f->told, "polc check: fixed ");
		buf_add_shown(&f->told, src->name, strlen(src->name));
		buf_printf(&f->told, ":%u:%u: ", fix->loc.line, fix->loc.col);
		buf_add_shown(&f->told, fix->title, strlen(fix->title));
		buf_printf(&f->told, " [%s]\n", edits[i].item->code);
	}
	f->done += n;
}

static bool edit_file(struct fix *f, const struct source *src, const struct edit *edits, size_t n)
{
	struct lang_edit *e = find(f, src->name);
	_cleanup_buf_ struct buf text = {0};

	if (!e)
		e = begin_edit(f, src);
	if (!e)
		return false;
	edits_apply(src, edits, n, &text);
	e->text = arena_strndup(&f->cli->lang.arena, buf_str(&text), text.n);
	e->len = text.n;
	tell_done(f, src, edits, n);
	return true;
}

static bool edit_all(struct fix *f, const struct diag *d, const struct edits *edits)
{
	bool any = false;

	for (size_t i = 0, n; i < edits->list.n; i += n) {
		const struct edit *first = &edits->list.v[i];

		n = edits_of_file(first, edits->list.n - i);
		any |= edit_file(f, sources_get(d->sources, first->fix->loc.file), first, n);
	}
	return any;
}

/* What is suppressed or known is not to be fixed either. */
static void set_aside(const struct fix *f, struct lang *lang, const struct ir *ir)
{
	const char *path = cli_option(f->cli, CLI_OPT_check_BASELINE);
	struct report_baseline baseline;
	struct report report;

	report_init(&report, ir, f->options, lang);
	report_suppress(&report);
	if (path && report_baseline_read(&baseline, path, &lang->diag) == 0)
		report_baseline_apply(&baseline, &report, false);
}

/* As long as there are errors, comments on policies are not known, nor which warnings they
 * suppress: only of what is no policy yet. */
static bool is_sure(const struct diag_item *item)
{
	return item->severity == DIAG_ERROR || strcmp(item->code, CODE_SKIPPED) == 0;
}

static bool run_round(struct fix *f)
{
	struct cli round = *f->cli;
	struct ir none = {0}, *ir;
	struct edits edits;
	bool any;
	int err;

	round.verbose = false;
	lang_init(&round.lang);
	cli_exclude(f->cli, &round.lang, NULL, NULL);
	round.lang.ipblock = f->cli->lang.ipblock;
	vec_each (const struct net_prefix, pods, &f->cli->lang.pod_prefixes)
		lang_add_pod_prefix(&round.lang, pods);
	round.lang.tells_each = true;
	round.lang.edits = &f->edits;
	err = cli_resolve_input(&round, &ir);
	report_set_levels(f->options, &round.lang.diag);
	set_aside(f, &round.lang, err ? &none : ir);
	edits_collect(&round.lang.diag, NULL, &edits);
	f->waiting = edits.list.n;
	if (err)
		edits_collect(&round.lang.diag, is_sure, &edits);
	f->waiting -= edits.list.n;
	any = edit_all(f, &round.lang.diag, &edits);
	lang_fini(&round.lang);
	return any;
}

void fix_find(struct fix *f, struct cli *cli, const struct check_options *options)
{
	int rounds = 0;

	*f = (struct fix){.cli = cli, .options = options};
	while (run_round(f))
		if (++rounds == MAX_ROUNDS) {
			fprintf(stderr,
				"polc check: stopped after %d rounds of fixes: run it again\n",
				rounds);
			break;
		}
}

/* --- the end ------------------------------------------------------------------------------------
 */

static int write_file(struct fix *f, size_t i)
{
	const struct lang_edit *e = &f->edits.list.v[i];
	const struct fix_file *file = &f->files.v[i];
	_cleanup_buf_ struct buf text = {0};
	int err;

	if (difference(file->target, file->text, file->len)) {
		fprintf(stderr, "polc check: %s has changed meanwhile, and is not fixed\n",
			e->path);
		return CLI_FAULT;
	}
	buf_add(&text, e->text, e->len);
	err = cli_replace_file(file->target, &text, &f->cli->lang.arena);
	if (err)
		fprintf(stderr, "polc check: cannot write %s: %s\n", e->path, strerror(-err));
	return err ? CLI_FAULT : CLI_OK;
}

static void tell_count(const struct fix *f, const char *what)
{
	size_t files = f->edits.list.n;

	if (f->cli->quiet)
		return;
	fprintf(stderr, "polc check: %s%zu %s in %zu %s\n", what, f->done,
		f->done == 1 ? "fix" : "fixes", files, files == 1 ? "file" : "files");
	if (f->waiting)
		fprintf(stderr,
			"polc check: warnings are fixed when there is no error any more: %zu\n",
			f->waiting);
}

int fix_write(struct fix *f)
{
	for (size_t i = 0; i < f->edits.list.n; i++)
		if (write_file(f, i) != CLI_OK)
			return CLI_FAULT;
	if (!f->cli->quiet)
		fputs(buf_str(&f->told), stderr);
	tell_count(f, "");
	return CLI_OK;
}

static const char *label(struct fix *f, char side, const char *path)
{
	_cleanup_buf_ struct buf b = {0};

	if (*path != '/')
		buf_printf(&b, "%c/", side);
	buf_add_shown(&b, path, strlen(path));
	return arena_strdup(&f->cli->lang.arena, buf_str(&b));
}

static int diff_file(struct fix *f, size_t i, struct buf *out)
{
	const struct lang_edit *e = &f->edits.list.v[i];
	const char *const argv[] = {"diff",    "-u",
				    "--label", label(f, 'a', e->path),
				    "--label", label(f, 'b', e->path),
				    "--",      f->files.v[i].target,
				    "-",       NULL};
	_cleanup_buf_ struct buf words = {0};
	const struct spawn spawn = {.argv = argv,
				    .input = e->text,
				    .n_input = e->len,
				    .out = out,
				    .err = &words,
				    .limit = SIZE_MAX / 2};
	int status = spawn_run(&spawn);

	if (status == 0 || status == 1)
		return CLI_OK;
	if (status == -ENOENT || status == 127)
		fputs("polc check: --dry-run needs 'diff': install the Debian package diffutils\n",
		      stderr);
	else
		fprintf(stderr, "polc check: diff failed on %s: %.*s\n", e->path,
			(int)(words.n < MAX_WORDS ? words.n : MAX_WORDS), buf_str(&words));
	return CLI_FAULT;
}

int fix_print_diff(struct fix *f)
{
	_cleanup_buf_ struct buf out = {0};

	for (size_t i = 0; i < f->edits.list.n; i++)
		if (diff_file(f, i, &out) != CLI_OK)
			return CLI_FAULT;
	tell_count(f, "nothing is written: ");
	return cli_print(&out);
}
