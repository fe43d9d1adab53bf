/* SPDX-License-Identifier: Apache-2.0 */
/* polc diff: what a change of policy allows and denies. */
#include <errno.h>
#include <string.h>

#include "compiler/ir/replica.h"
#include "compiler/space/fold.h"
#include "compiler/space/nodes.h"
#include "compiler/space/suppose.h"
#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/exclude.h"
#include "runtime/cli/git.h"
#include "runtime/cli/kustomize.h"
#include "verifier/diff/diff.h"

/* Each side is read by itself: the same names mean different things in it. OLD is read into the
 * command's own `lang`. */
struct sides {
	struct cli *cli;
	struct lang new_lang;
	struct lang *lang[DIFF_N_SIDES];
	struct ir *ir[DIFF_N_SIDES];
	VEC(struct diff_gap) gaps;
	const char *names[DIFF_N_SIDES]; /* of revisions; NULL: they have none */
	unsigned budget_ms;
};

/* Does anybody say that the endpoints are all there are? Those that lie beside the policies hardly
 * ever are. */
static bool is_closed(const struct cli *cli)
{
	return cli_has(cli, CLI_OPT_input_INVENTORY) || cli_has(cli, CLI_OPT_diff_CLOSED);
}

static int read_files(struct sides *s, enum diff_side side, const char *const *paths, size_t n)
{
	struct lang *lang = s->lang[side];
	int err = 0;

	for (size_t i = 0; i < n; i++)
		lang_add_root(lang, paths[i]);
	for (size_t i = 0; i < n; i++)
		err |= lang_read_path(lang, paths[i], LANG_INPUT);
	err |= cli_read_inventories(s->cli, lang);
	cli_tell_left_out(s->cli, lang, s->names[side]);
	return err;
}

/* What is taken to be so of an inventory. */
static bool is_assumption(const struct diag_item *item, const void *ctx)
{
	(void)ctx;
	return strcmp(item->code, CODE_NS_LABELS) == 0 || strcmp(item->code, CODE_POD_LABELS) == 0;
}

static int resolve_side(struct sides *s, enum diff_side side)
{
	struct lang *lang = s->lang[side];
	int err = cli_finish_input(s->cli, lang);

	if (!err)
		err = ir_resolve(lang, &s->ir[side]);
	if (!is_closed(s->cli))
		diag_drop(&lang->diag, is_assumption, NULL);
	diag_sort(&lang->diag, 0);
	return err ? -EINVAL : 0;
}

static int read_side(struct sides *s, enum diff_side side, const char *const *paths, size_t n)
{
	int err = read_files(s, side, paths, n);

	err |= resolve_side(s, side);
	return err;
}

/* --- the two inputs -------------------------------------------------------------------------- */

/* OLD and NEW of two uses of --kustomize. Returns how many there are. */
static size_t kustomized(const struct cli *cli, const char *dirs[static DIFF_N_SIDES])
{
	size_t n = 0;

	vec_each (const struct cli_value, value, &cli->values) {
		if (value->id != CLI_OPT_input_KUSTOMIZE)
			continue;
		if (n < DIFF_N_SIDES)
			dirs[n] = value->arg;
		n++;
	}
	return n;
}

static int read_kustomized(struct sides *s, const char *const dirs[static DIFF_N_SIDES])
{
	int err = 0;

	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++) {
		int r = kustomize_read(s->lang[side], dirs[side]);

		err |= read_side(s, side, NULL, 0) | r;
	}
	return err ? -EINVAL : 0;
}

static int read_paths(struct sides *s)
{
	int err = read_side(s, DIFF_OLD, &s->cli->args.v[0], 1);

	return err | read_side(s, DIFF_NEW, &s->cli->args.v[1], 1);
}

/* `text` with the temporary place of a revision's file called by its name. */
static const char *renamed(struct arena *arena, const struct git_tree *tree, const char *text)
{
	size_t root = strlen(tree->root);
	const char *at;

	while ((at = strstr(text, tree->root))) {
		const char *rest = at + root + (at[root] == '/');

		text = arena_printf(arena, "%.*s%s:%s", (int)(at - text), text, tree->ls.name,
				    rest);
	}
	return text;
}

/* Messages name `main:policies/web.yaml` rather than a file that is already gone. */
static void rename_sources(struct lang *lang, const struct git_tree *tree)
{
	vec_each (struct source, source, &lang->sources.list)
		source->name = renamed(&lang->arena, tree, source->name);
	vec_each (struct diag_item *, item, &lang->diag.items) {
		(*item)->text = renamed(&lang->arena, tree, (*item)->text);
		vec_each (struct diag_note, note, &(*item)->notes)
			note->text = renamed(&lang->arena, tree, note->text);
	}
}

/* What is left out of the work tree is left out of its revisions. */
static void exclude_there(struct sides *s, enum diff_side side, const struct git_pair *g)
{
	struct lang *lang = s->lang[side];
	const char *here = path_real(&lang->arena, ".");
	size_t n = here ? strlen(here) : 0, below = strlen(g->prefix);

	s->names[side] = g->names[side];
	if (!g->trees[side].root)
		return;
	lang->excluded = NULL;
	lang->repository = path_real(&lang->arena, g->trees[side].root);
	if (n > below && lang->repository)
		cli_exclude(s->cli, lang, arena_strndup(&lang->arena, here, n - below),
			    lang->repository);
}

/* What one revision has not yet, or no more, is empty there. */
static int read_revision(struct sides *s, enum diff_side side, const struct git_pair *g)
{
	const char **paths = arena_array(&s->lang[side]->arena, const char *, g->n);
	size_t n = 0;
	int err;

	exclude_there(s, side, g);
	for (size_t i = 0; i < g->n; i++) {
		if (g->has[side][i])
			paths[n++] = git_pair_place(g, side, i);
	}
	err = read_side(s, side, paths, n);
	if (g->trees[side].root)
		rename_sources(s->lang[side], &g->trees[side]);
	return err;
}

/* --- what lies in no revision ---------------------------------------------------------------- */

static const struct git_gap *find_gap(const struct git_tree *tree, const char *path)
{
	vec_each (const struct git_gap, gap, &tree->ls.gaps)
		if (strcmp(gap->path, path) == 0)
			return gap;
	return NULL;
}

/* The same on both sides changes nothing, whatever it is; anything else may. */
static void add_gap(struct sides *s, const struct git_gap *gap, const char *old, const char *new)
{
	struct diag *diag = &s->cli->lang.diag;

	if (old && new &&strcmp(old, new) == 0) {
		diag_info(diag, LOC_NONE, CODE_NOT_COMPARED,
			  "%s '%s' is not read; it is the same in both", gap->kind, gap->path);
		return;
	}
	diag_warning(diag, LOC_NONE, CODE_NOT_COMPARED,
		     "%s '%s' has changed and is not compared: no revision of this repository has "
		     "what is in it",
		     gap->kind, gap->path);
	vec_push(&s->cli->lang.arena, &s->gaps,
		 (struct diff_gap){gap->kind, gap->path, {old, new}});
}

static void find_gaps(struct sides *s, const struct git_pair *g)
{
	const struct git_tree *old = &g->trees[DIFF_OLD], *new = &g->trees[DIFF_NEW];

	vec_each (const struct git_gap, gap, &old->ls.gaps) {
		const struct git_gap *other = find_gap(new, gap->path);

		add_gap(s, gap, gap->id,
			g->on_disk ? g->names[DIFF_NEW]
			: other    ? other->id
				   : NULL);
	}
	vec_each (const struct git_gap, gap, &new->ls.gaps) {
		if (!find_gap(old, gap->path))
			add_gap(s, gap, NULL, gap->id);
	}
}

static int read_git(struct sides *s, const char *range)
{
	struct cli *cli = s->cli;
	struct git_pair g;
	int err = git_pair_init(&g, range, &cli->lang.arena, &cli->lang.diag);

	if (!err)
		err = git_pair_write(&g, cli->args.v, cli->args.n, &cli->lang.diag);
	if (!err) {
		err = read_revision(s, DIFF_OLD, &g);
		err |= read_revision(s, DIFF_NEW, &g);
		find_gaps(s, &g);
	}
	git_pair_fini(&g);
	return err;
}

/* --- the answer ------------------------------------------------------------------------------ */

static void print_diags(const struct sides *s)
{
	const struct diag_style style = {.color = s->cli->color, .least = s->cli->least};
	_cleanup_buf_ struct buf old = {0}, new = {0};

	diag_render_text(&s->lang[DIFF_OLD]->diag, &style, &old);
	diag_render_text(&s->lang[DIFF_NEW]->diag, &style, &new);
	fputs(buf_str(&old), stderr);
	/* What both say comes from the inventory that they share. */
	if (strcmp(buf_str(&old), buf_str(&new)) != 0)
		fputs(buf_str(&new), stderr);
}

/* What is not read and stays the same is no change of this one; how it meets a change of what is
 * read, nobody knows. */
static bool may_be_more(const struct diff *d)
{
	return d->relation == DIFF_EQUAL ? diff_may_hide_change(d) : diff_is_incomplete(d);
}

static int status_of(const struct cli *cli, const struct diff *d)
{
	if (may_be_more(d) && !cli_has(cli, CLI_OPT_diff_ALLOW_UNREAD))
		return CLI_FINDINGS;
	if (d->relation == DIFF_EQUAL)
		return CLI_OK;
	if (d->relation == DIFF_NARROWER && cli_has(cli, CLI_OPT_diff_TIGHTEN_ONLY))
		return CLI_OK;
	return CLI_FINDINGS;
}

static int compare(struct sides *s)
{
	_cleanup_buf_ struct buf text = {0};
	const struct diff_options opts = {
		.limit = DIFF_DEFAULT_LIMIT, .closed = is_closed(s->cli), .work = &s->cli->work};
	struct unread policies[DIFF_N_SIDES];
	struct diff diff;
	int err;

	work_begin(&s->cli->work, s->budget_ms);
	ir_share_replicas(s->ir, DIFF_N_SIDES);
	space_fold(s->ir, DIFF_N_SIDES,
		   opts.closed &&
			   space_rules_name_nodes((const struct ir *const *)s->ir, DIFF_N_SIDES));
	if (opts.closed)
		space_suppose(s->ir, DIFF_N_SIDES);
	err = diff_run(s->ir[DIFF_OLD], s->ir[DIFF_NEW], &opts, &s->cli->lang.arena, &diff);

	if (err) {
		fputs("polc diff: internal error: the interpreter contradicts a region\n", stderr);
		return CLI_FAULT;
	}
	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++) {
		/* The open world has whatever the inventory lacks. */
		unread_select(&s->lang[side]->unread, false, &policies[side]);
		diff.unread[side] = opts.closed ? &s->lang[side]->unread : &policies[side];
		diff.sources[side] = &s->lang[side]->sources;
	}
	diff.gaps = s->gaps.v;
	diff.n_gaps = s->gaps.n;
	if (strcmp(s->cli->format, "json") == 0)
		diff_render_json(&diff, &text);
	else
		diff_render_text(&diff, s->cli->color, &text);
	return cli_print(&text) ? CLI_FAULT : status_of(s->cli, &diff);
}

/* One side may be empty: the first policy of a repository is a change. */
static int check_some(struct sides *s)
{
	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++)
		if (s->ir[side]->policies.n || ir_has_inventory(s->ir[side]) ||
		    unread_count(&s->lang[side]->unread))
			return 0;
	if (s->gaps.n)
		return 0;
	diag_error(&s->cli->lang.diag, LOC_NONE, CODE_EMPTY_INPUT,
		   "there is no policy and no endpoint in OLD, nor in NEW");
	return -EINVAL;
}

static int read_both(struct sides *s, const char *range)
{
	const char *dirs[DIFF_N_SIDES];

	if (range)
		return read_git(s, range);
	return kustomized(s->cli, dirs) ? read_kustomized(s, dirs) : read_paths(s);
}

static int run(struct sides *s, const char *range)
{
	int err = read_both(s, range);

	if (!err)
		err = check_some(s);
	print_diags(s);
	if (err)
		return err == -EINVAL ? CLI_USAGE : CLI_FAULT;
	return compare(s);
}

/* -1 to go on, or the exit status. */
static int check_usage(const struct cli *cli, const char *range)
{
	const char *dirs[DIFF_N_SIDES];
	size_t n = kustomized(cli, dirs);

	if (n && (range || cli->args.n || n != DIFF_N_SIDES))
		return cli_usage_error(cli, "--kustomize names OLD and NEW: write it twice, and "
					    "neither files nor --git");
	if (!n && !range && cli->args.n != 2)
		return cli_usage_error(cli, "name two files or directories, OLD and NEW, or "
					    "revisions with --git");
	return -1;
}

int cli_diff(struct cli *cli)
{
	const char *range = cli_option(cli, CLI_OPT_diff_GIT);
	struct sides s = {.cli = cli};
	int status = check_usage(cli, range);

	if (status < 0)
		status = cli_budget(cli, CLI_OPT_diff_TIMEOUT, &s.budget_ms);
	if (status != CLI_OK)
		return status;
	lang_init(&s.new_lang);
	cli_exclude(cli, &s.new_lang, NULL, NULL);
	s.new_lang.ipblock = cli->lang.ipblock;
	s.new_lang.work = cli->lang.work;
	vec_each (const struct net_prefix, pods, &cli->lang.pod_prefixes)
		lang_add_pod_prefix(&s.new_lang, pods);
	cli->lang.may_be_empty = s.new_lang.may_be_empty = true;
	s.lang[DIFF_OLD] = &cli->lang;
	s.lang[DIFF_NEW] = &s.new_lang;
	status = run(&s, range);
	lang_fini(&s.new_lang);
	return status;
}
