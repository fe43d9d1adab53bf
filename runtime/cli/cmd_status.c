/* SPDX-License-Identifier: Apache-2.0 */
/* polc status: what this node enforces and what it counted. */
#include <string.h>
#include <time.h>

#include "codegen/shape.h"
#include "compiler/l7/flat.h"
#include "runtime/cli/decision.h"
#include "runtime/cli/node.h"

static json_t *counters_json(const struct rt_status *st, enum ir_dir dir)
{
	json_t *obj = json_object();

	for (int r = 0; r < POLC_N_REASONS; r++) {
		const struct rt_counter *c = &st->counters[dir][r];
		const char *name = rt_reason_name((enum polc_reason)r);

		if (!name)
			continue;
		json_object_set_new(obj, name,
				    json_pack("{s:I, s:I}", "packets", (json_int_t)c->packets,
					      "bytes", (json_int_t)c->bytes));
	}
	return obj;
}

/* What becomes of new flows, by enum polc_ct_fate. */
static const struct {
	const char *name, *text;
} flow_fates[POLC_CT_N_FATES] = {
	[POLC_CT_RECORDED] = {"recorded", "new flows that found a free place"},
	[POLC_CT_DISPLACED] = {"displaced", "new flows in the place of one that mattered less"},
	[POLC_CT_NO_ROOM] = {"no_room", "new flows not recorded: their answers may be dropped"},
};

static json_t *conntrack_json(const struct rt_conntrack *ct)
{
	json_t *obj = json_object();

	for (int f = 0; f < RT_N_FAMILIES; f++)
		json_object_set_new(obj, f == RT_IPV4 ? "ipv4" : "ipv6",
				    json_pack("{s:I, s:I}", "flows", (json_int_t)ct->flows[f],
					      "places", (json_int_t)ct->places[f]));
	for (int e = 0; e < POLC_CT_N_FATES; e++)
		json_object_set_new(obj, flow_fates[e].name,
				    json_integer((json_int_t)ct->fates[e]));
	return obj;
}

static void conntrack_text(const struct rt_conntrack *ct, struct buf *out)
{
	buf_printf(out, "\nCONNTRACK  IPv4 %llu of %llu flows, IPv6 %llu of %llu\n",
		   (unsigned long long)ct->flows[RT_IPV4], (unsigned long long)ct->places[RT_IPV4],
		   (unsigned long long)ct->flows[RT_IPV6], (unsigned long long)ct->places[RT_IPV6]);
	for (int e = 0; e < POLC_CT_N_FATES; e++)
		if (ct->fates[e])
			buf_printf(out, "%-24s %12llu  %s\n", flow_fates[e].name,
				   (unsigned long long)ct->fates[e], flow_fates[e].text);
}

/* What the rules of a bundle counted; `bundle` NULL: nobody asked. */
struct rules {
	struct bundle *bundle;
	struct rt_counter *hits;      /* by decision; NULL: its programs do not count */
	struct rt_requests *requests; /* the same */
};

static json_t *requests_json(const struct bundle *b, const struct bundle_decision *d,
			     const struct rt_requests *counted)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < d->set->n_entries; i++) {
		const struct flat_entry *e = &flat_entries(d->set)[i];
		const struct bundle_rule *rule = &b->rules.v[e->rule];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:I}", "verdict",
						      e->deny ? "deny" : "allow", "policy",
						      rule->policy->name, "rule", rule->at, "line",
						      (int)e->line, "requests",
						      (json_int_t)counted->entries[i]));
	}
	return json_pack("{s:I, s:o}", "unmatched", (json_int_t)counted->none, "entries", list);
}

static bool judges(const struct bundle *b)
{
	vec_each (const struct bundle_decision, d, &b->decisions) {
		if (d->set)
			return true;
	}
	return false;
}

static bool counts(const struct bundle *b)
{
	vec_each (struct bundle_shape *const, shape, &b->shapes) {
		if ((*shape)->features & GEN_RULES)
			return true;
	}
	return false;
}

static json_t *rules_json(const struct rules *rules)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rules->bundle->decisions.n; i++) {
		const struct bundle_decision *d = &rules->bundle->decisions.v[i];
		const struct rt_counter *hits = rules->hits ? &rules->hits[i] : NULL;
		json_t *obj = cli_decision_json(d);

		if (hits)
			json_object_set_new(obj, "packets",
					    json_integer((json_int_t)hits->packets));
		if (hits)
			json_object_set_new(obj, "bytes", json_integer((json_int_t)hits->bytes));
		if (d->set)
			json_object_set_new(obj, "requests",
					    requests_json(rules->bundle, d, &rules->requests[i]));
		json_array_append_new(list, obj);
	}
	return list;
}

static json_t *status_json(const struct rt_status *st, const struct rules *rules)
{
	json_t *obj =
		json_pack("{s:b, s:b, s:s, s:i, s:I, s:o, s:{s:o, s:o}, s:o}", "loaded", st->loaded,
			  "interrupted", st->interrupted, "bundle", st->bundle_hash, "generation",
			  (int)st->generation, "loaded_at", (json_int_t)st->loaded_at, "endpoints",
			  cli_endpoints_json(st), "counters", "ingress",
			  counters_json(st, IR_INGRESS), "egress", counters_json(st, IR_EGRESS),
			  "conntrack", conntrack_json(&st->conntrack));

	if (rules->bundle)
		json_object_set_new(obj, "rules", rules_json(rules));
	return obj;
}

static void counters_text(const struct rt_status *st, struct buf *out)
{
	buf_printf(out, "\n%-24s %12s %12s\n", "PACKETS", "ingress", "egress");
	for (int r = 0; r < POLC_N_REASONS; r++) {
		uint64_t in = st->counters[IR_INGRESS][r].packets;
		uint64_t eg = st->counters[IR_EGRESS][r].packets;

		if ((in || eg) && rt_reason_name((enum polc_reason)r))
			buf_printf(out, "%-24s %12llu %12llu  %s\n",
				   rt_reason_name((enum polc_reason)r), (unsigned long long)in,
				   (unsigned long long)eg, rt_reason_text((enum polc_reason)r));
	}
}

/* By entry, each by the line that it is written in, below the rule. */
static void requests_text(const struct rules *rules, struct buf *out)
{
	buf_printf(out, "\n%12s  ENTRY\n", "REQUESTS");
	for (size_t i = 0; i < rules->bundle->decisions.n; i++) {
		const struct bundle_decision *d = &rules->bundle->decisions.v[i];

		if (!d->set)
			continue;
		for (uint32_t k = 0; k < d->set->n_entries; k++) {
			const struct flat_entry *e = &flat_entries(d->set)[k];
			const struct bundle_rule *rule = &rules->bundle->rules.v[e->rule];

			buf_printf(out, "%12llu  %s %s in line %u of the rule at %s, %s %s\n",
				   (unsigned long long)rules->requests[i].entries[k],
				   ir_dir_name(d->dir), e->deny ? "deny" : "allow", e->line,
				   rule->at, rule->policy->kind, rule->policy->name);
		}
		buf_printf(out, "%12llu  %s deny, as no entry matches: %s\n",
			   (unsigned long long)rules->requests[i].none, ir_dir_name(d->dir),
			   d->rule->at);
	}
}

static void rules_text(const struct rules *rules, struct buf *out)
{
	if (!rules->hits)
		return;
	buf_printf(out, "\n%12s %16s  RULE\n", "PACKETS", "BYTES");
	for (size_t i = 0; i < rules->bundle->decisions.n; i++) {
		const struct bundle_decision *d = &rules->bundle->decisions.v[i];

		buf_printf(out, "%12llu %16llu  ", (unsigned long long)rules->hits[i].packets,
			   (unsigned long long)rules->hits[i].bytes);
		if (d->tier || d->rule)
			buf_printf(out, "%s ", ir_dir_name(d->dir));
		cli_decision_text(d, out);
		buf_putc(out, '\n');
	}
}

static void status_text(const struct rt_status *st, const struct rules *rules, struct buf *out)
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
	conntrack_text(&st->conntrack, out);
	if (rules->bundle)
		rules_text(rules, out);
	if (rules->bundle && judges(rules->bundle))
		requests_text(rules, out);
}

static int read_rules(struct cli *cli, struct rules *out)
{
	const struct rt_options opts = cli_node_options(cli);
	const char *dir = cli_option(cli, CLI_OPT_status_RULES);
	int err;

	if (!dir)
		return CLI_OK;
	err = bundle_read(dir, &cli->lang.diag, &out->bundle);
	/* Requests are counted without asking; of the rest, whoever has nothing at all is told. */
	if (!err && (counts(out->bundle) || !judges(out->bundle)))
		err = rt_hits_get(out->bundle, &opts, &cli->lang.arena, &cli->lang.diag,
				  &out->hits);
	if (!err && judges(out->bundle))
		err = rt_requests_get(out->bundle, &opts, &cli->lang.arena, &cli->lang.diag,
				      &out->requests);
	return err ? cli_fail(cli, err) : CLI_OK;
}

static int print_status(struct cli *cli, const struct rt_status *st, const struct rules *rules)
{
	_cleanup_buf_ struct buf out = {0};

	if (strcmp(cli->format, "json") == 0)
		return cli_print_json(status_json(st, rules));
	status_text(st, rules, &out);
	return cli_print(&out);
}

int cli_status(struct cli *cli)
{
	struct rules rules = {0};
	struct rt_status st;
	int status;

	if (cli->args.n)
		return cli_usage_error(cli, "status takes no argument");
	status = cli_node_status(cli, &st);
	if (!status)
		status = read_rules(cli, &rules);
	if (!status)
		status = print_status(cli, &st, &rules);
	bundle_free(&rules.bundle);
	return status;
}
