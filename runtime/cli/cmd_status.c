/* SPDX-License-Identifier: Apache-2.0 */
/* polc status: what this node enforces and what it counted. */
#include <string.h>
#include <time.h>

#include "runtime/cli/node.h"

static json_t *counters_json(const struct rt_status *st, enum ir_dir dir)
{
	json_t *obj = json_object();

	for (int r = 0; r < POLC_N_REASONS; r++) {
		const struct rt_counter *c = &st->counters[dir][r];

		json_object_set_new(obj, rt_reason_name((enum polc_reason)r),
				    json_pack("{s:I, s:I}", "packets", (json_int_t)c->packets,
					      "bytes", (json_int_t)c->bytes));
	}
	return obj;
}

static json_t *status_json(const struct rt_status *st)
{
	return json_pack("{s:b, s:b, s:s, s:i, s:I, s:o, s:{s:o, s:o}}", "loaded", st->loaded,
			 "interrupted", st->interrupted, "bundle", st->bundle_hash, "generation",
			 (int)st->generation, "loaded_at", (json_int_t)st->loaded_at, "endpoints",
			 cli_endpoints_json(st), "counters", "ingress",
			 counters_json(st, IR_INGRESS), "egress", counters_json(st, IR_EGRESS));
}

static void counters_text(const struct rt_status *st, struct buf *out)
{
	buf_printf(out, "\n%-24s %12s %12s\n", "PACKETS", "ingress", "egress");
	for (int r = 0; r < POLC_N_REASONS; r++) {
		uint64_t in = st->counters[IR_INGRESS][r].packets;
		uint64_t eg = st->counters[IR_EGRESS][r].packets;

		if (in || eg)
			buf_printf(out, "%-24s %12llu %12llu  %s\n",
				   rt_reason_name((enum polc_reason)r), (unsigned long long)in,
				   (unsigned long long)eg, rt_reason_text((enum polc_reason)r));
	}
}

static void status_text(const struct rt_status *st, struct buf *out)
{
	time_t when = (time_t)st->loaded_at;
	char text[32] = "";
	struct tm tm;

	if (!st->loaded) {
		buf_puts(out, "no policy is loaded\n");
		return;
	}
	if (gmtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &tm);
	buf_printf(out, "bundle %s\ngeneration %u, loaded %s%s\n\n", st->bundle_hash,
		   st->generation, text,
		   st->interrupted ? ", INTERRUPTED: load or unload to clean up" : "");
	cli_endpoints_text(st, out);
	counters_text(st, out);
}

int cli_status(struct cli *cli)
{
	_cleanup_buf_ struct buf out = {0};
	struct rt_status st;
	int status;

	if (cli->args.n)
		return cli_usage_error(cli, "status takes no argument");
	status = cli_node_status(cli, &st);
	if (status)
		return status;
	if (strcmp(cli->format, "json") == 0)
		return cli_print_json(status_json(&st));
	status_text(&st, &out);
	return cli_print(&out);
}
