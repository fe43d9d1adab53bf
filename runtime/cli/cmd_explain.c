/* SPDX-License-Identifier: Apache-2.0 */
/* polc explain: what a code means, in the words of the pages. */
#include "lang/base/suggest.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/explain.h"
#include "verifier/check/options.h"

static void list(struct buf *out)
{
	for (size_t i = 0; i < n_explanations; i++) {
		const struct explanation *e = &explanations[i];

		buf_printf(out, "%-22s %-7s %-17s ", e->code, e->kind, explain_level(e));
		explain_put_summary(e, out);
		buf_putc(out, '\n');
	}
}

static void explain(const struct explanation *e, struct buf *out)
{
	if (out->n)
		buf_putc(out, '\n');
	buf_printf(out, "%s (%s, %s)\n\n", e->code, e->kind, explain_level(e));
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
		const struct explanation *e = explain_find(*code);

		if (!e)
			return unknown(cli, *code);
		explain(e, &out);
	}
	return cli_print(&out);
}
