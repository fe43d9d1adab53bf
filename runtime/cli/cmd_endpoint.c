/* SPDX-License-Identifier: Apache-2.0 */
/* polc endpoint: the endpoints that this node protects. */
#include <string.h>

#include "codegen/bundle.h"
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

static int add_all(struct cli *cli, const struct bundle *bundle, const struct cli_attach *attach)
{
	const struct rt_load_options opts = {
		.common = {.pin_dir = cli_option(cli, CLI_OPT_node_PIN_DIR),
			   .verbose = cli->verbose},
		.no_source_check = cli_has(cli, CLI_OPT_endpoint_NO_SOURCE_CHECK),
	};
	size_t n = 0;
	int err = rt_endpoints_add(bundle, attach->list.v, attach->list.n, &opts, &cli->lang.diag,
				   &n);

	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	if (strcmp(cli->format, "json") == 0)
		return cli_print_json(json_pack("{s:i}", "added", (int)n));
	if (!cli->quiet)
		printf("%zu added\n", n);
	return CLI_OK;
}

static int add(struct cli *cli)
{
	struct cli_attach attach = {0};
	struct bundle *bundle;
	int status = CLI_OK, err;

	for (size_t i = 2; i < cli->args.n && !status; i++)
		status = cli_parse_attach(cli, cli->args.v[i], &attach);
	if (status)
		return status;
	err = bundle_read(cli->args.v[1], &cli->lang.diag, &bundle);
	if (err)
		return cli_fail(cli, err);
	status = add_all(cli, bundle, &attach);
	bundle_free(&bundle);
	return status;
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
