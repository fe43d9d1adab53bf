/* SPDX-License-Identifier: Apache-2.0 */
/* polc fmt: the one canonical form of .pol files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/fmt.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/exclude.h"

static bool is_pol(const struct source *src)
{
	size_t n = strlen(src->name);

	return strcmp(src->name, "-") == 0 || (n > 4 && strcmp(src->name + n - 4, ".pol") == 0);
}

static void put_name(const char *name, struct buf *out)
{
	buf_puts_first(out, name);
	buf_putc(out, '\n');
}

static int fmt_failed(const char *name, int err)
{
	_cleanup_buf_ struct buf line = {0};

	buf_puts_shown(&line, name);
	fprintf(stderr, "polc fmt: %s: %s\n", buf_str(&line), strerror(-err));
	return CLI_FAULT;
}

static int fmt_file(struct cli *cli, const struct ast_file *file, struct buf *all)
{
	const struct source *src = sources_get(&cli->lang.sources, file->file);
	_cleanup_buf_ struct buf text = {0};
	bool same;

	if (!is_pol(src))
		return CLI_OK;
	lang_fmt(file, &text);
	same = text.n == src->len && memcmp(buf_str(&text), src->text, src->len) == 0;
	if (cli_has(cli, CLI_OPT_fmt_CHECK)) {
		if (!same)
			put_name(src->name, all);
		return same ? CLI_OK : CLI_FINDINGS;
	}
	if (!cli_has(cli, CLI_OPT_fmt_WRITE) || strcmp(src->name, "-") == 0) {
		buf_add(all, buf_str(&text), text.n);
		return CLI_OK;
	}
	if (!same) {
		int err = cli_replace_file(src->name, &text, &cli->lang.arena);

		if (err)
			return fmt_failed(src->name, err);
	}
	return CLI_OK;
}

int cli_fmt(struct cli *cli)
{
	_cleanup_buf_ struct buf out = {0};
	int status = CLI_OK, err = 0;

	if (cli_has(cli, CLI_OPT_fmt_CHECK) && cli_has(cli, CLI_OPT_fmt_WRITE))
		return cli_usage_error(cli, "--check writes nothing: leave out -w");
	if (!cli->args.n)
		return cli_usage_error(cli, "no input: name .pol files, directories, or -");
	vec_each (const char *, path, &cli->args)
		lang_add_root(&cli->lang, *path);
	vec_each (const char *, path, &cli->args) {
		int r = lang_read_path(&cli->lang, *path, LANG_INPUT);

		err = err ? err : r;
	}
	cli_tell_left_out(cli, &cli->lang, NULL);
	/* What is skipped is no business of a formatter, but a file that is no YAML is. */
	if (!err)
		err = cli_finish_input(cli, &cli->lang);
	if (err)
		return cli_fail(cli, err);
	vec_each (struct ast_file *, file, &cli->lang.files) {
		int r = fmt_file(cli, *file, &out);

		status = r > status ? r : status;
	}
	if (cli_print(&out) != CLI_OK)
		return CLI_FAULT;
	return status;
}
