/* SPDX-License-Identifier: Apache-2.0 */
/* polc why: the decision about one flow, told with its source lines. */
#include <string.h>

#include "runtime/cli/cli.h"
#include "verifier/why.h"

int cli_why(struct cli *cli)
{
	const char *from = cli_option(cli, CLI_OPT_why_FROM);
	const char *to = cli_option(cli, CLI_OPT_why_TO);
	const char *port = cli_option(cli, CLI_OPT_why_PORT);
	_cleanup_buf_ struct buf text = {0};
	struct why why;
	struct ir *ir;
	int status, err;

	if (!from || !to || !port)
		return cli_usage_error(cli, "which flow? Name it with --from, --to and --port");
	if (cli_has(cli, CLI_OPT_why_REQUEST))
		return cli_usage_error(cli,
				       "--request needs L7 rules, which are not yet supported");
	status = cli_read_input(cli, &ir);
	if (status)
		return status;
	err = why_explain(ir, from, to, port, &cli->lang.arena, &cli->lang.diag, &why);
	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	if (strcmp(cli->format, "json") == 0)
		why_render_json(&why, &cli->lang.sources, &text);
	else
		why_render_text(&why, &cli->lang.sources, cli->color, &text);
	return cli_print(&text);
}
