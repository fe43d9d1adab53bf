/* SPDX-License-Identifier: Apache-2.0 */
/* polc endpoint: the endpoints that this node protects. */
#include <string.h>

#include "runtime/cli/node.h"

int cli_endpoint(struct cli *cli)
{
	_cleanup_buf_ struct buf out = {0};
	struct rt_status st;
	int status;

	if (cli->args.n != 1 || strcmp(cli->args.v[0], "list") != 0)
		return cli_usage_error(cli, "say 'polc endpoint list'");
	status = cli_node_status(cli, &st);
	if (status)
		return status;
	if (strcmp(cli->format, "json") == 0)
		return cli_print_json(json_pack("{s:o}", "endpoints", cli_endpoints_json(&st)));
	cli_endpoints_text(&st, &out);
	return cli_print(&out);
}
