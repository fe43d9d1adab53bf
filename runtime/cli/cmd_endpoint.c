/* SPDX-License-Identifier: Apache-2.0 */
/* polc endpoint: the endpoints that this node protects. */
#include <string.h>

#include "runtime/cli/node.h"

/* --- list -------------------------------------------------------------------------------- */

static int list(struct cli *cli)
{
	_cleanup_buf_ struct buf out = {0};
	struct rt_status st;
	int status = cli_node_status(cli, &st);

	if (status)
		return status;
	if (strcmp(cli->format, "json") == 0)
		return cli_print_json(json_pack("{s:o}", "endpoints", cli_endpoints_json(&st)));
	cli_endpoints_text(&st, &out);
	return cli_print(&out);
}

/* --- add ------------------------------------------------------------------------------------ */

static int add_all(struct cli *cli, const struct bundle *bundle, void *ctx)
{
	const struct cli_attach *attach = ctx;
	const struct rt_load_options opts = {
		.common = cli_node_options(cli),
		.no_source_check = cli_has(cli, CLI_OPT_endpoint_NO_SOURCE_CHECK),
	};
	size_t n = 0;
	int err = rt_endpoints_add(bundle, attach->list.v, attach->list.n, &opts, &cli->lang.diag,
				   &n);

	return cli_did(cli, "added", n, err);
}

static int add(struct cli *cli)
{
	struct cli_attach attach = {0};
	int status = CLI_OK;

	for (size_t i = 2; i < cli->args.n && !status; i++)
		status = cli_parse_attach(cli, cli->args.v[i], &attach);
	return status ? status : cli_with_bundle(cli, cli->args.v[1], add_all, &attach);
}

int cli_endpoint(struct cli *cli)
{
	const char *verb = cli->args.n ? cli->args.v[0] : "";

	if (strcmp(verb, "list") == 0 && cli->args.n == 1)
		return list(cli);
	if (strcmp(verb, "add") == 0 && cli->args.n > 2)
		return add(cli);
	return cli_usage_error(cli, "say 'polc endpoint list', or 'polc endpoint add BUNDLE "
				    "ENDPOINT=DEVICE...'");
}
