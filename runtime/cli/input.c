/* SPDX-License-Identifier: Apache-2.0 */
/* What most subcommands do first and last: read, resolve, report. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/diag_value.h"
#include "lang/base/path.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/exclude.h"
#include "runtime/cli/kustomize.h"

struct diag_style cli_diag_style(const struct cli *cli)
{
	const char *more = cli_accepts(cli->command, CLI_OPT_input_MAX_FINDINGS)
				   ? "see all of them with --max-findings 0"
				   : NULL;

	if (cli->command == CLI_CMD_check)
		more = "see all of them with --max-findings 0 or --format json";
	return (struct diag_style){.color = cli->color,
				   .least = cli->least,
				   .max_shown = cli->max_findings,
				   .more = more};
}

void cli_print_diag(const struct cli *cli)
{
	const struct diag_style style = cli_diag_style(cli);
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&cli->config.diag, &style, &out);
	diag_render_text(&cli->lang.diag, &style, &out);
	fputs(buf_str(&out), stderr);
}

void cli_print_unread(const struct cli *cli)
{
	_cleanup_buf_ struct buf out = {0};

	unread_put_line(&cli->lang.unread, &out);
	fputs(buf_str(&out), stderr);
}

const char *cli_lacks(struct cli *cli)
{
	_cleanup_buf_ struct buf text = {0};
	struct unread objects;

	unread_select(&cli->lang.unread, true, &objects);
	if (!unread_count(&objects))
		return NULL;
	unread_put_text(&objects, &text);
	return arena_strdup(&cli->lang.arena, buf_str(&text));
}

int cli_fail(const struct cli *cli, int err)
{
	cli_print_diag(cli);
	switch (err) {
	case -EINVAL:
	case -ENOENT:
	case -EEXIST:
	case -E2BIG:
		return CLI_USAGE;
	default:
		return CLI_FAULT;
	}
}

static int write_out(const struct buf *text)
{
	if (fwrite(buf_str(text), 1, text->n, stdout) == text->n && fflush(stdout) == 0)
		return 0;
	return -errno;
}

static int end_output(int err)
{
	if (!err)
		return CLI_OK;
	fprintf(stderr, "polc: standard output: %s\n", strerror(-err));
	return CLI_FAULT;
}

int cli_print(const struct buf *out)
{
	return end_output(write_out(out));
}

struct outlet cli_outlet(void)
{
	return (struct outlet){.write = write_out};
}

int cli_close(struct outlet *out)
{
	return end_output(outlet_close(out));
}

int cli_print_json(json_t *value)
{
	_cleanup_buf_ struct buf out = {0};

	diag_value_dump(value, JSON_INDENT(2), &out);
	buf_putc(&out, '\n');
	json_decref(value);
	return cli_print(&out);
}

/* What a link leads to is replaced rather than the link; -EEXIST for what is no file. */
static int find_mode(const char *path, mode_t *mode)
{
	struct stat st;

	*mode = 0666 & ~file_umask();
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return -EEXIST;
	*mode = st.st_mode & 07777;
	return 0;
}

static int write_synced(int fd, const struct buf *text, mode_t mode)
{
	int err = fchmod(fd, mode) < 0 ? -errno : buf_write_fd(buf_str(text), text->n, fd);

	return !err && fsync(fd) < 0 ? -errno : err;
}

int cli_replace_file(const char *path, const struct buf *text, struct arena *arena)
{
	const char *real = path_real(arena, path), *to = real ? real : path;
	char *tmp = arena_printf(arena, "%s.polc-XXXXXX", to);
	mode_t mode;
	int err = find_mode(to, &mode), fd;

	if (err)
		return err;
	fd = mkstemp(tmp);
	if (fd < 0)
		return -errno;
	err = write_synced(fd, text, mode);
	close(fd);
	if (!err && rename(tmp, to) < 0)
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}

static int read_kustomizations(struct cli *cli)
{
	int err = 0;

	vec_each (const struct cli_value, value, &cli->values) {
		int r = 0;

		if (value->id == CLI_OPT_input_KUSTOMIZE)
			r = kustomize_read(&cli->lang, value->arg);
		err = err ? err : r;
	}
	return err;
}

/* One that is named may import what lies below the next. */
static void add_roots(struct cli *cli)
{
	vec_each (const char *, path, &cli->args)
		lang_add_root(&cli->lang, *path);
	vec_each (struct cli_value, value, &cli->values)
		if (value->id == CLI_OPT_input_INVENTORY)
			lang_add_root(&cli->lang, value->arg);
}

int cli_read_inventories(const struct cli *cli, struct lang *lang)
{
	int err = 0;

	vec_each (const struct cli_value, value, &cli->values) {
		int r = 0;

		if (value->id == CLI_OPT_input_INVENTORY)
			r = lang_read_path(lang, value->arg, LANG_INVENTORY);
		err = err ? err : r;
	}
	return err;
}

/* Every argument is read even after an error, so that one run reports them all. */
static int read_all(struct cli *cli)
{
	int err, r;

	add_roots(cli);
	err = read_kustomizations(cli);
	vec_each (const char *, path, &cli->args) {
		r = lang_read_path(&cli->lang, *path, LANG_INPUT);
		err = err ? err : r;
	}
	r = cli_read_inventories(cli, &cli->lang);
	return err ? err : r;
}

int cli_finish_input(struct cli *cli, struct lang *lang)
{
	lang->list_skipped = cli->verbose;
	return lang_finish(lang);
}

int cli_resolve_input(struct cli *cli, struct ir **out)
{
	int err = read_all(cli), end = cli_finish_input(cli, &cli->lang);

	cli_tell_left_out(cli, &cli->lang, NULL);
	err = err ? err : end;
	if (!err)
		err = ir_resolve(&cli->lang, out);
	diag_sort(&cli->lang.diag, 0);
	return err;
}

int cli_read_input(struct cli *cli, struct ir **out)
{
	int err;

	if (!cli_names_input(cli))
		return cli_no_input(cli);
	err = cli_resolve_input(cli, out);
	return err ? cli_fail(cli, err) : CLI_OK;
}

bool cli_names_input(const struct cli *cli)
{
	return cli->args.n || cli_has(cli, CLI_OPT_input_KUSTOMIZE);
}

int cli_no_input(const struct cli *cli)
{
	return cli_usage_error(cli, "no input: name files, directories, or - for standard input");
}
