/* SPDX-License-Identifier: Apache-2.0 */
/* polc peer: endpoints that came after the bundle in force was built. */
#include <string.h>

#include "compiler/ir_json/write.h"
#include "runtime/cli/node.h"

/* --- put ---------------------------------------------------------------------------------------
 */

/* The arguments behind the bundle, as an inventory. */
static int read_inventory(struct cli *cli, struct ir **out)
{
	int err = 0;

	for (size_t i = 2; i < cli->args.n; i++) {
		int r = lang_read_path(&cli->lang, cli->args.v[i], LANG_INVENTORY);

		err = err ? err : r;
	}
	if (!err)
		err = cli_finish_input(cli, &cli->lang);
	return err ? err : ir_resolve(&cli->lang, out);
}

static int put(struct cli *cli, const struct bundle *bundle, void *unused)
{
	const struct rt_options opts = cli_node_options(cli);
	struct rt_peers peers = {0};
	size_t n = 0;
	struct ir *ir;
	int err = read_inventory(cli, &ir);

	(void)unused;
	if (err)
		return cli_fail(cli, err);
	peers.strings = &ir->strings;
	peers.v = (const struct ir_endpoint *const *)ir->endpoints.v;
	peers.n = ir->endpoints.n;
	err = rt_peers_put(bundle, &peers, &opts, &cli->lang.diag, &n);
	return cli_did(cli, "placed", n, err);
}

/* --- remove ------------------------------------------------------------------------------------
 */

static int remove_named(struct cli *cli, const struct bundle *bundle, void *unused)
{
	const struct rt_options opts = cli_node_options(cli);
	size_t n = cli->args.n - 2;
	int err = rt_peers_remove(bundle, cli->args.v + 2, n, &opts, &cli->lang.diag);

	(void)unused;
	return cli_did(cli, "removed", n, err);
}

/* --- list --------------------------------------------------------------------------------------
 */

static json_t *peer_json(const struct rt_peer *p)
{
	const struct intern *strings = &p->ir->strings;

	return json_pack("{s:s, s:o, s:o, s:o}", "name", p->ep->name, "addresses",
			 ir_json_addrs(p->ep), "labels",
			 ir_json_labels(strings, p->ep, IR_SCOPE_ENDPOINT), "namespaceLabels",
			 ir_json_labels(strings, p->ep, IR_SCOPE_NAMESPACE));
}

static int print_json(const struct rt_peer_list *peers)
{
	json_t *list = json_array();

	vec_each (const struct rt_peer, p, &peers->list)
		json_array_append_new(list, peer_json(p));
	return cli_print_json(json_pack("{s:o}", "peers", list));
}

static void put_labels(const struct rt_peer *p, struct buf *out)
{
	const char *sep = "";

	vec_each (const struct ir_label, l, &p->ep->labels) {
		if (l->scope != IR_SCOPE_ENDPOINT)
			continue;
		buf_printf(out, "%s%s=%s", sep, intern_str(&p->ir->strings, l->key),
			   intern_str(&p->ir->strings, l->value));
		sep = ",";
	}
}

static int print_text(const struct rt_peer_list *peers)
{
	_cleanup_buf_ struct buf out = {0};
	size_t wide = strlen("PEER");

	vec_each (const struct rt_peer, p, &peers->list)
		wide = strlen(p->ep->name) > wide ? strlen(p->ep->name) : wide;
	buf_printf(&out, "%-*s  %-39s  %s\n", (int)wide, "PEER", "ADDRESS", "LABELS");
	vec_each (const struct rt_peer, p, &peers->list) {
		vec_each (const struct net_addr, a, &p->ep->addrs) {
			char text[NET_ADDR_STRLEN];

			buf_printf(&out, "%-*s  %-39s  ", (int)wide, p->ep->name,
				   net_addr_format(a, text));
			put_labels(p, &out);
			buf_putc(&out, '\n');
		}
	}
	return cli_print(&out);
}

static int list(struct cli *cli)
{
	const struct rt_options opts = cli_node_options(cli);
	struct rt_peer_list peers;
	int err = rt_peers_list(&opts, &cli->lang.arena, &cli->lang.diag, &peers);

	if (err)
		return cli_fail(cli, err);
	cli_print_diag(cli);
	return strcmp(cli->format, "json") == 0 ? print_json(&peers) : print_text(&peers);
}

/* --- all of it ------------------------------------------------------------------------------- */

int cli_peer(struct cli *cli)
{
	const char *verb = cli->args.n ? cli->args.v[0] : "";

	if (strcmp(verb, "list") == 0 && cli->args.n == 1)
		return list(cli);
	if (strcmp(verb, "put") == 0 && cli->args.n > 2)
		return cli_with_bundle(cli, cli->args.v[1], put, NULL);
	if (strcmp(verb, "remove") == 0 && cli->args.n > 2)
		return cli_with_bundle(cli, cli->args.v[1], remove_named, NULL);
	return cli_usage_error(cli, "say 'polc peer list', 'polc peer put BUNDLE FILE...' or "
				    "'polc peer remove BUNDLE NAME...'");
}
