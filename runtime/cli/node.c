/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/node.h"

#include <stdlib.h>
#include <string.h>

struct rt_options cli_node_options(const struct cli *cli)
{
	return (struct rt_options){.pin_dir = cli_option(cli, CLI_OPT_node_PIN_DIR),
				   .verbose = cli->verbose};
}

int cli_with_bundle(struct cli *cli, const char *dir, cli_bundle_fn *act, void *ctx)
{
	struct bundle *bundle;
	int err = bundle_read(dir, &cli->lang.diag, &bundle), status;

	if (err)
		return cli_fail(cli, err);
	status = act(cli, bundle, ctx);
	bundle_free(&bundle);
	return status;
}

int cli_did(struct cli *cli, const char *did, size_t n, int err)
{
	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	if (strcmp(cli->format, "json") == 0)
		return cli_print_json(json_pack("{s:i}", did, (int)n));
	if (!cli->quiet)
		printf("%zu %s\n", n, did);
	return CLI_OK;
}

/* A device name holds no '=', an endpoint name neither. */
int cli_parse_attach(struct cli *cli, const char *arg, struct cli_attach *out)
{
	const char *eq = strchr(arg, '=');
	struct rt_attach attach;

	if (!eq || eq == arg || !eq[1])
		return cli_usage_error(cli, "an endpoint is attached by ENDPOINT=DEVICE, not '%s'",
				       arg);
	attach.endpoint = arena_strndup(&cli->lang.arena, arg, (size_t)(eq - arg));
	attach.device = eq + 1;
	vec_push(&cli->lang.arena, &out->list, attach);
	return CLI_OK;
}

int cli_node_status(struct cli *cli, struct rt_status *out)
{
	const struct rt_options opts = cli_node_options(cli);
	int err = rt_status_get(&opts, &cli->lang.arena, &cli->lang.diag, out);

	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	return CLI_OK;
}

json_t *cli_endpoints_json(const struct rt_status *st)
{
	json_t *list = json_array();

	vec_each (const struct rt_endpoint, ep, &st->endpoints) {
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:i, s:s, s:b, s:i, s:i, s:{s:i, s:i}, s:{s:i, s:i}, "
				  "s:s, s:i}",
				  "name", ep->name, "device", ep->device, "ifindex",
				  (int)ep->ifindex, "state", rt_endpoint_state_name(ep->state),
				  "source_check", ep->check_source, "slot", (int)ep->slot,
				  "program", (int)ep->program, "programs", "ingress",
				  (int)ep->programs[POLC_HOOK_EP_IN], "egress",
				  (int)ep->programs[POLC_HOOK_EP_OUT], "tables", "ingress",
				  (int)ep->tables[IR_INGRESS], "egress", (int)ep->tables[IR_EGRESS],
				  "bundle", ep->bundle_hash, "generation", (int)ep->generation));
	}
	return list;
}

void cli_endpoints_text(const struct rt_status *st, struct buf *out)
{
	size_t wide = strlen("ENDPOINT");

	vec_each (const struct rt_endpoint, ep, &st->endpoints)
		wide = strlen(ep->name) > wide ? strlen(ep->name) : wide;
	buf_printf(out, "%-*s  %-15s  %-10s  %s\n", (int)wide, "ENDPOINT", "DEVICE", "STATE",
		   "BUNDLE");
	vec_each (const struct rt_endpoint, ep, &st->endpoints)
		buf_printf(out, "%-*s  %-15s  %-10s  %.12s\n", (int)wide, ep->name, ep->device,
			   rt_endpoint_state_name(ep->state), ep->bundle_hash);
}
