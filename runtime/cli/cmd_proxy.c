/* SPDX-License-Identifier: Apache-2.0 */
/* polc proxy: what judges requests on this node, in the foreground. */
#include <stdlib.h>
#include <string.h>

#include "runtime/cli/node.h"
#include "runtime/proxy/serve.h"

int cli_proxy(struct cli *cli)
{
	const struct rt_options opts = cli_node_options(cli);
	const struct proxy_serve_options serve = {.pin_dir = opts.pin_dir,
						  .files = getenv("POLC_PROXY_DIR")};
	int err;

	if (cli->args.n != 1 || strcmp(cli->args.v[0], "run") != 0)
		return cli_usage_error(cli, "say 'polc proxy run'");
	err = proxy_serve(&serve, &cli->lang.diag);
	return err ? cli_fail(cli, err) : CLI_OK;
}
