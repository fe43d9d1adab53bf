/* SPDX-License-Identifier: Apache-2.0 */
/* polc explain: what a code means, in the words of the pages. */
#include <string.h>

#include "lang/base/suggest.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/explain.h"
#include "verifier/check/options.h"

static const char *level_of(const struct explanation *e)
{
	static const char *const names[] = {[CHECK_OFF] = "off",
					    [CHECK_INFO] = "note",
					    [CHECK_WARNING] = "warning",
					    [CHECK_ERROR] = "error"};
	struct check_options options;
	int index = check_level_find(e->code);

	check_options_init(&options);
	if (strcmp(e->kind, "packet") == 0)
		return "counted";
	if (index < 0)
		return *e->level ? e->level : "error";
	if (index < CHECK_N || options.levels[index] == CHECK_INFO)
		return names[options.levels[index]];
	return *e->level ? "note or warning" : "error or warning";
}

static const struct explanation *find(const char *code)
{
	for (size_t i = 0; i < n_explanations; i++) {
		if (strcmp(explanations[i].code, code) == 0)
			return &explanations[i];
	}
	return NULL;
}

/* What the table of checks says, or else the first sentence, on one line. */
static void put_summary(const struct explanation *e, struct buf *out)
{
	int check = check_find(e->code);

	if (check >= 0) {
		buf_printf(out, "%s\n", check_get((enum check_id)check)->text);
		return;
	}
	for (const char *const *line = e->lines; *line && **line; line++) {
		const char *stop = strstr(*line, ". ");
		size_t n = strlen(*line);

		if (line != e->lines)
			buf_putc(out, ' ');
		if (stop || (*line)[n - 1] == '.') {
			buf_add(out, *line, stop ? (size_t)(stop - *line) : n - 1);
			break;
		}
		buf_add(out, *line, n);
	}
	buf_putc(out, '\n');
}

static void list(struct buf *out)
{
	for (size_t i = 0; i < n_explanations; i++) {
		const struct explanation *e = &explanations[i];

		buf_printf(out, "%-22s %-7s %-17s ", e->code, e->kind, level_of(e));
		put_summary(e, out);
	}
}

static void explain(const struct explanation *e, struct buf *out)
{
	if (out->n)
		buf_putc(out, '\n');
	buf_printf(out, "%s (%s, %s)\n\n", e->code, e->kind, level_of(e));
	for (const char *const *line = e->lines; *line; line++)
		buf_printf(out, "%s\n", *line);
	if (check_level_find(e->code) >= 0)
		buf_printf(out, "\nSet its level with polc check -W %s=LEVEL or -W no-%s.\n",
			   e->code, e->code);
	buf_printf(out, "\nThis is from %s.\n", e->page);
}

static int unknown(const struct cli *cli, const char *code)
{
	struct suggest near;

	suggest_init(&near, code);
	for (size_t i = 0; i < n_explanations; i++)
		suggest_offer(&near, explanations[i].code);
	if (near.best)
		return cli_usage_error(cli, "there is no code '%s'; did you mean '%s'?", code,
				       near.best);
	return cli_usage_error(cli, "there is no code '%s'; 'polc explain' lists all of them",
			       code);
}

int cli_explain(struct cli *cli)
{
	_cleanup_buf_ struct buf out = {0};

	if (!cli->args.n)
		list(&out);
	vec_each (const char *, code, &cli->args) {
		const struct explanation *e = find(*code);

		if (!e)
			return unknown(cli, *code);
		explain(e, &out);
	}
	return cli_print(&out);
}
