/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/exclude.h"

#include <stdio.h>

#include "lang/base/path.h"

static const char *moved(struct arena *a, const char *dir, const char *from, const char *to)
{
	const char *rest = from ? path_below(from, dir) : NULL;

	if (!rest)
		return dir;
	return *rest ? path_join(a, to, rest) : to;
}

void cli_exclude(const struct cli *cli, struct lang *lang, const char *from, const char *to)
{
	struct arena *a = &lang->arena;
	const char *here = path_real(a, ".");

	vec_each (const struct cli_value, value, &cli->values) {
		bool configured = value->loc.line > 0;
		const char *base = configured ? cli->config_dir : here;

		if (value->id != CLI_OPT_files_EXCLUDE || !base)
			continue;
		lang_exclude(lang, moved(a, base, from, to), value->arg,
			     configured ? cli->config_path : "--exclude", value->loc.line);
	}
}

static void put_number(struct buf *out, size_t n, const char *one, const char *many)
{
	if (n)
		buf_printf(out, "%s%zu %s", out->n ? " and " : "", n, n == 1 ? one : many);
}

static void put_left_out(const struct lang_left_out *l, struct buf *out)
{
	_cleanup_buf_ struct buf number = {0}, pattern = {0};

	put_number(&number, l->files, "file", "files");
	put_number(&number, l->directories, "directory", "directories");
	buf_puts(&pattern, l->pattern->origin);
	if (l->pattern->line)
		buf_printf(&pattern, ":%u", l->pattern->line);
	buf_printf(&pattern, " '%s'", l->pattern->text);
	buf_printf(out, "left out %s: ", buf_str(&number));
	buf_add_shown(out, buf_str(&pattern), pattern.n);
}

void cli_tell_left_out(const struct cli *cli, const struct lang *lang, const char *side)
{
	if (!cli->verbose)
		return;
	vec_each (const struct lang_left_out, l, &lang->left_out) {
		_cleanup_buf_ struct buf line = {0};

		if (side) {
			buf_puts_shown(&line, side);
			buf_puts(&line, ": ");
		}
		put_left_out(l, &line);
		fprintf(stderr, "polc %s: %s\n", cli_command_name(cli->command), buf_str(&line));
	}
}
