/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/told.h"

#include <time.h>

#include "compiler/l7/flat.h"
#include "lang/base/diag_value.h"
#include "runtime/cli/end.h"

/* The rule whose entry decides, and the line of that; NULL: nobody knows, or none matches. */
static const struct bundle_rule *decider(const struct cli_telling *known,
					 const struct proxy_told *told, uint32_t *line)
{
	uint32_t number =
		known->bundle ? known->by_listener[told->dir][told->listener] : UINT32_MAX;
	const struct flat_header *set;

	if (number == UINT32_MAX)
		return NULL;
	set = known->bundle->decisions.v[number].set;
	if (!told->entry || told->entry > set->n_entries)
		return NULL;
	*line = flat_entries(set)[told->entry - 1].line;
	return &known->bundle->rules.v[flat_entries(set)[told->entry - 1].rule];
}

static struct cli_end end_of(const struct cli_telling *known, const struct net_addr *addr,
			     uint16_t port)
{
	return (struct cli_end){*addr, cli_end_name(known->bundle, addr), port};
}

/* When it was heard of. */
static void now_text(struct buf *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	cli_time_text((int64_t)now.tv_sec * 1000000000 + now.tv_nsec, out);
}

/* Why no rule was asked. */
static void put_refused(const struct proxy_told *told, struct buf *out)
{
	buf_printf(out, "refused, as %s", proxy_reading_words(told->refused));
	if (told->refused != PROXY_LARGE)
		return;
	buf_puts(out, ", most of it by '");
	buf_puts_shown(out, told->largest);
	buf_putc(out, '\'');
}

static void put_answer(const struct proxy_told *told, struct buf *out)
{
	if (told->refused)
		put_refused(told, out);
	else
		buf_puts(out, told->allowed ? "allowed" : "denied");
	buf_printf(out, ", status %u in %u ms", told->status, told->ms);
}

void cli_told_text(const struct cli_telling *known, const struct proxy_told *told, struct buf *out)
{
	struct cli_end from = end_of(known, &told->src, told->sport);
	struct cli_end to = end_of(known, &told->dst, told->dport);
	const struct bundle_rule *rule;
	uint32_t line = 0;

	now_text(out);
	buf_printf(out, " %s request: ", proxy_name(told->dir));
	cli_end_text(&from, out);
	buf_puts(out, " -> ");
	cli_end_text(&to, out);
	buf_puts(out, ", ");
	buf_puts_shown(out, told->method);
	buf_putc(out, ' ');
	buf_puts_shown(out, told->host);
	buf_puts_shown(out, told->path);
	buf_puts(out, ": ");
	put_answer(told, out);
	rule = decider(known, told, &line);
	if (rule)
		buf_printf(out, " by line %u of the rule at %s, %s %s", line, rule->at,
			   rule->policy->kind, rule->policy->name);
	else if (!told->entry && !told->refused)
		buf_puts(out, ", as no entry matches");
	buf_putc(out, '\n');
}

json_t *cli_told_json(const struct cli_telling *known, const struct proxy_told *told)
{
	_cleanup_buf_ struct buf when = {0};
	struct cli_end from = end_of(known, &told->src, told->sport);
	struct cli_end to = end_of(known, &told->dst, told->dport);
	const struct bundle_rule *rule;
	uint32_t line = 0;
	json_t *obj;

	now_text(&when);
	obj = json_pack("{s:s, s:s, s:s, s:{s:o, s:o, s:o}, s:i, s:i, s:o, s:o}", "time",
			buf_str(&when), "direction", proxy_name(told->dir), "verdict",
			told->allowed ? "allow" : "deny", "request", "method",
			diag_value_text(told->method), "host", diag_value_text(told->host), "path",
			diag_value_text(told->path), "status", (int)told->status, "ms",
			(int)told->ms, "source", cli_end_json(&from), "destination",
			cli_end_json(&to));
	if (told->refused)
		json_object_set_new(obj, "refused",
				    json_string(proxy_reading_words(told->refused)));
	if (told->refused == PROXY_LARGE)
		json_object_set_new(obj, "largest", diag_value_text(told->largest));
	rule = decider(known, told, &line);
	if (rule)
		json_object_set_new(obj, "rule",
				    json_pack("{s:s, s:i, s:s}", "at", rule->at, "line", (int)line,
					      "policy", rule->policy->name));
	return obj;
}
