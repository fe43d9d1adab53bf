/* SPDX-License-Identifier: Apache-2.0 */
/* polc unload: stop enforcing, and leave nothing behind. */
#include <stdio.h>
#include <string.h>

#include "runtime/cli/node.h"

int cli_unload(struct cli *cli)
{
	const struct rt_options opts = cli_node_options(cli);
	struct rt_unload_result r;
	int err = rt_unload(cli->args.v, cli->args.n, &opts, &cli->lang.diag, &r);

	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	if (strcmp(cli->format, "json") == 0)
		printf("{\"detached\": %zu, \"gone\": %zu, \"empty\": %s}\n", r.detached, r.gone,
		       r.empty ? "true" : "false");
	else if (!cli->quiet)
		printf("%zu detached%s\n", r.detached, r.empty ? ", nothing is left" : "");
	return CLI_OK;
}
