/* SPDX-License-Identifier: Apache-2.0 */
/* polc diff: what a change of policy allows and denies. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "compiler/space/suppose.h"
#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/exclude.h"
#include "runtime/cli/git.h"
#include "verifier/diff/diff.h"

/* Each side is read by itself: the same names mean different things in it. OLD is read into the
 * command's own `lang`. */
struct sides {
	struct cli *cli;
	struct lang new_lang;
	struct lang *lang[DIFF_N_SIDES];
	struct ir *ir[DIFF_N_SIDES];
	const char *names[DIFF_N_SIDES]; /* of revisions; NULL: they have none */
};

static int read_inventories(const struct cli *cli, struct lang *lang)
{
	int err = 0;

	vec_each (const struct cli_value, value, &cli->values) {
		if (value->id == CLI_OPT_input_INVENTORY)
			err |= lang_read_path(lang, value->arg, LANG_INVENTORY);
	}
	return err ? -EINVAL : 0;
}

static int read_side(struct sides *s, enum diff_side side, const char *const *paths, size_t n)
{
	struct lang *lang = s->lang[side];
	int err = 0;

	for (size_t i = 0; i < n; i++)
		err |= lang_read_path(lang, paths[i], LANG_INPUT);
	err |= read_inventories(s->cli, lang);
	cli_tell_left_out(s->cli, lang, s->names[side]);
	if (!err)
		err = ir_resolve(lang, &s->ir[side]);
	if (!err)
		err = ir_refuse_l7(s->ir[side], "polc diff", &lang->diag);
	diag_sort(&lang->diag, 0);
	return err ? -EINVAL : 0;
}

/* --- the two inputs -------------------------------------------------------------------------- */

static int read_paths(struct sides *s)
{
	int err = read_side(s, DIFF_OLD, &s->cli->args.v[0], 1);

	return err | read_side(s, DIFF_NEW, &s->cli->args.v[1], 1);
}

/* Messages name `main:policies/web.yaml` rather than a file that is already gone. */
static void rename_sources(struct sides *s, enum diff_side side, const struct git_pair *g)
{
	struct lang *lang = s->lang[side];
	size_t root = strlen(g->roots[side]);

	vec_each (struct source, source, &lang->sources.list) {
		if (strncmp(source->name, g->roots[side], root) == 0)
			source->name = arena_printf(&lang->arena, "%s:%s", g->names[side],
						    source->name + root + 1);
	}
}

/* A path of the work tree in a revision, which need not have the current directory: "../" is taken
 * as text. */
static const char *path_there(struct arena *a, const struct git_pair *g, enum diff_side side,
			      const char *arg)
{
	size_t n = strlen(g->prefix);

	while (n && strncmp(arg, "..", 2) == 0 && (!arg[2] || arg[2] == '/')) {
		for (n--; n && g->prefix[n - 1] != '/'; n--)
			;
		arg += arg[2] ? 3 : 2;
	}
	return arena_printf(a, "%s/%.*s%s", g->roots[side], (int)n, g->prefix, arg);
}

/* What one revision has not yet, or no more, is empty there. */
static int check_there(struct sides *s, const struct git_pair *g, const char *arg)
{
	struct arena *arena = &s->cli->lang.arena;

	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++)
		if (access(path_there(arena, g, side, arg), F_OK) == 0)
			return 0;
	diag_error(&s->cli->lang.diag, LOC_NONE, CODE_IO, "--git: neither '%s' nor '%s' has '%s%s'",
		   g->names[DIFF_OLD], g->names[DIFF_NEW], g->prefix, arg);
	return -EINVAL;
}

/* What is left out of the work tree is left out of its revisions. */
static void exclude_there(struct sides *s, enum diff_side side, const struct git_pair *g)
{
	struct lang *lang = s->lang[side];
	const char *here = path_real(&lang->arena, ".");
	size_t n = here ? strlen(here) : 0, below = strlen(g->prefix);

	lang->excluded = NULL;
	lang->repository = path_real(&lang->arena, g->roots[side]);
	s->names[side] = g->names[side];
	if (n > below && lang->repository)
		cli_exclude(s->cli, lang, arena_strndup(&lang->arena, here, n - below),
			    lang->repository);
}

static int read_revision(struct sides *s, enum diff_side side, const struct git_pair *g)
{
	struct cli *cli = s->cli;
	struct arena *arena = &s->lang[side]->arena;
	size_t n = 0;
	const char **paths = arena_array(arena, const char *, cli->args.n + 1);
	int err;

	exclude_there(s, side, g);
	for (size_t i = 0; i < cli->args.n || i == 0; i++) {
		const char *arg = cli->args.n ? cli->args.v[i] : "";

		paths[n] = path_there(arena, g, side, arg);
		n += access(paths[n], F_OK) == 0;
	}
	err = read_side(s, side, paths, n);
	rename_sources(s, side, g);
	return err;
}

static int read_git(struct sides *s, const char *range)
{
	struct git_pair g;
	int err = git_pair_init(&g, range, &s->cli->lang.arena, &s->cli->lang.diag);

	for (size_t i = 0; !err && i < s->cli->args.n; i++)
		err = check_there(s, &g, s->cli->args.v[i]);
	if (!err) {
		err = read_revision(s, DIFF_OLD, &g);
		err |= read_revision(s, DIFF_NEW, &g);
	}
	git_pair_fini(&g);
	return err;
}

/* --- the answer ------------------------------------------------------------------------------ */

static void print_diags(const struct sides *s)
{
	const struct diag_style style = {.color = s->cli->color, .quiet = s->cli->quiet};
	_cleanup_buf_ struct buf old = {0}, new = {0};

	diag_render_text(&s->lang[DIFF_OLD]->diag, &style, &old);
	diag_render_text(&s->lang[DIFF_NEW]->diag, &style, &new);
	fputs(buf_str(&old), stderr);
	/* What both say comes from the inventory that they share. */
	if (strcmp(buf_str(&old), buf_str(&new)) != 0)
		fputs(buf_str(&new), stderr);
}

static int status_of(const struct cli *cli, const struct diff *d)
{
	if (diff_is_incomplete(d) && !cli_has(cli, CLI_OPT_diff_ALLOW_UNREAD))
		return CLI_FINDINGS;
	if (d->relation == DIFF_EQUAL)
		return CLI_OK;
	if (d->relation == DIFF_NARROWER && cli_has(cli, CLI_OPT_diff_TIGHTEN_ONLY))
		return CLI_OK;
	return CLI_FINDINGS;
}

/* Does anybody say that the endpoints are all there are? Those that lie beside the policies hardly
 * ever are. */
static bool is_closed(const struct cli *cli)
{
	return cli_has(cli, CLI_OPT_input_INVENTORY) || cli_has(cli, CLI_OPT_diff_CLOSED);
}

static int compare(struct sides *s)
{
	_cleanup_buf_ struct buf text = {0};
	const struct diff_options opts = {.limit = DIFF_DEFAULT_LIMIT, .closed = is_closed(s->cli)};
	struct diff diff;
	int err;

	if (opts.closed)
		space_suppose(s->ir, DIFF_N_SIDES);
	err = diff_run(s->ir[DIFF_OLD], s->ir[DIFF_NEW], &opts, &s->cli->lang.arena, &diff);

	if (err) {
		fputs("polc diff: internal error: the interpreter contradicts a region\n", stderr);
		return CLI_FAULT;
	}
	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++) {
		diff.unread[side] = &s->lang[side]->unread;
		diff.sources[side] = &s->lang[side]->sources;
	}
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
		if (s->ir[side]->policies.n || s->ir[side]->endpoints.n ||
		    unread_count(&s->lang[side]->unread))
			return 0;
	diag_error(&s->cli->lang.diag, LOC_NONE, CODE_EMPTY_INPUT,
		   "there is no policy and no endpoint in OLD, nor in NEW");
	return -EINVAL;
}

static int run(struct sides *s, const char *range)
{
	int err = range ? read_git(s, range) : read_paths(s);

	if (!err)
		err = check_some(s);
	print_diags(s);
	if (err)
		return err == -EINVAL ? CLI_USAGE : CLI_FAULT;
	return compare(s);
}

int cli_diff(struct cli *cli)
{
	const char *range = cli_option(cli, CLI_OPT_diff_GIT);
	struct sides s = {.cli = cli};
	int status;

	if (!range && cli->args.n != 2)
		return cli_usage_error(cli, "name two files or directories, OLD and NEW, or two "
					    "revisions with --git");
	lang_init(&s.new_lang);
	cli_exclude(cli, &s.new_lang, NULL, NULL);
	s.new_lang.ipblock = cli->lang.ipblock;
	vec_each (const struct net_prefix, pods, &cli->lang.pod_prefixes)
		lang_add_pod_prefix(&s.new_lang, pods);
	cli->lang.may_be_empty = s.new_lang.may_be_empty = true;
	s.lang[DIFF_OLD] = &cli->lang;
	s.lang[DIFF_NEW] = &s.new_lang;
	status = run(&s, range);
	lang_fini(&s.new_lang);
	return status;
}
