/* SPDX-License-Identifier: Apache-2.0 */
/* polc load: put a bundle into force on the endpoints of this node. */
#include <stdio.h>
#include <string.h>

#include "codegen/bundle.h"
#include "runtime/cli/node.h"

struct address_list {
	VEC(struct net_addr) list;
};

/* --node-address, however often; `none` leaves an empty list that is not NULL. */
static int parse_addresses(struct cli *cli, struct address_list *out)
{
	bool none = false;

	vec_each (const struct cli_value, value, &cli->values) {
		struct net_addr addr = {.family = NET_NONE};

		if (value->id != CLI_OPT_load_NODE_ADDRESS)
			continue;
		none |= strcmp(value->arg, "none") == 0;
		if (strcmp(value->arg, "none") != 0 && net_addr_parse(value->arg, &addr))
			return cli_usage_error(cli,
					       "--node-address takes an IP address or none, "
					       "not '%s'%s",
					       value->arg, net_mapped_hint(value->arg));
		vec_push(&cli->lang.arena, &out->list, addr);
	}
	if (none && out->list.n > 1)
		return cli_usage_error(cli, "--node-address none, or addresses: not both");
	out->list.n -= none;
	return CLI_OK;
}

static void summarise(const struct cli *cli, const struct bundle *b, const struct rt_load_result *r)
{
	if (strcmp(cli->format, "json") == 0) {
		printf("{\"bundle\": \"%s\", \"generation\": %u, \"attached\": %zu, "
		       "\"swapped\": %zu, \"detached\": %zu, \"gone\": %zu}\n",
		       b->hash, r->generation, r->attached, r->swapped, r->detached, r->gone);
	} else if (!cli->quiet) {
		printf("bundle %.12s in force, generation %u: %zu attached, %zu swapped, "
		       "%zu detached\n",
		       b->hash, r->generation, r->attached, r->swapped, r->detached);
	}
}

static int load(struct cli *cli, const struct bundle *b, const struct cli_attach *attach,
		const struct address_list *node)
{
	const struct rt_load_options opts = {
		.common = cli_node_options(cli),
		.no_source_check = cli_has(cli, CLI_OPT_load_NO_SOURCE_CHECK),
		.replace_only = cli_has(cli, CLI_OPT_load_REPLACE_ONLY),
		.node_addrs = node->list.v,
		.n_node_addrs = node->list.n,
		.detach_unknown = cli_has(cli, CLI_OPT_load_DETACH_UNKNOWN),
	};
	struct rt_load_result result;
	int err = rt_load(b, attach->list.v, attach->list.n, &opts, &cli->lang.diag, &result);

	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	summarise(cli, b, &result);
	return CLI_OK;
}

int cli_load(struct cli *cli)
{
	struct cli_attach attach = {0};
	struct address_list node = {0};
	struct bundle *bundle;
	int status, err;

	if (cli->args.n != 1)
		return cli_usage_error(cli, "name one bundle");
	vec_each (const struct cli_value, value, &cli->values) {
		if (value->id != CLI_OPT_load_ATTACH)
			continue;
		status = cli_parse_attach(cli, value->arg, &attach);
		if (status)
			return status;
	}
	status = parse_addresses(cli, &node);
	if (status)
		return status;
	err = bundle_read(cli->args.v[0], &cli->lang.diag, &bundle);
	if (err)
		return cli_fail(cli, err);
	status = load(cli, bundle, &attach, &node);
	bundle_free(&bundle);
	return status;
}
