/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/told.h"

#include <time.h>

#include "compiler/l7/flat.h"

/* The rule whose entry decides, and the line of that; NULL: nobody knows, or none matches. */
static const struct bundle_rule *decider(const struct cli_telling *known,
					 const struct proxy_told *told, uint32_t *line)
{
	uint32_t number =
		known->bundle ? known->by_listener[told->dir][told->listener] : UINT32_MAX;
	const struct flat_header *set;
	const struct flat_entry *entry;

	if (number == UINT32_MAX)
		return NULL;
	set = known->bundle->decisions.v[number].set;
	if (!told->entry || told->entry > set->n_entries)
		return NULL;
	entry = (const struct flat_entry *)(const void *)((const char *)set + set->entries) +
		told->entry - 1;
	*line = entry->line;
	return &known->bundle->rules.v[entry->rule];
}

static const char *name_of(const struct cli_telling *known, const struct net_addr *addr)
{
	for (size_t i = 0; known->bundle && i < known->bundle->endpoints.n; i++)
		vec_each (const struct net_addr, a, &known->bundle->endpoints.v[i].addrs)
			if (net_addr_eq(a, addr))
				return known->bundle->endpoints.v[i].name;
	return NULL;
}

/* RFC 3339, in UTC, with microseconds: when it was heard of. */
static void now_text(struct buf *out)
{
	struct timespec now;
	char text[32] = "";
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(out, "%s.%06ldZ", text, now.tv_nsec / 1000);
}

static void end_text(const struct cli_telling *known, const struct net_addr *addr, uint16_t port,
		     struct buf *out)
{
	const char *name = name_of(known, addr);
	char text[NET_ADDR_STRLEN];

	buf_printf(out, addr->family == NET_V6 ? "[%s]:%u" : "%s:%u", net_addr_format(addr, text),
		   port);
	if (name)
		buf_printf(out, " (%s)", name);
}

void cli_told_text(const struct cli_telling *known, const struct proxy_told *told, struct buf *out)
{
	const struct bundle_rule *rule;
	uint32_t line = 0;

	now_text(out);
	buf_printf(out, " %s request: ", proxy_name(told->dir));
	end_text(known, &told->src, told->sport, out);
	buf_puts(out, " -> ");
	end_text(known, &told->dst, told->dport, out);
	buf_printf(out, ", %s %s%s: %s, status %u in %u ms", told->method, told->host, told->path,
		   told->allowed ? "allowed" : "denied", told->status, told->ms);
	rule = decider(known, told, &line);
	if (rule)
		buf_printf(out, " by line %u of the rule at %s, %s %s", line, rule->at,
			   rule->policy->kind, rule->policy->name);
	else if (!told->entry)
		buf_puts(out, ", as no entry matches");
	buf_putc(out, '\n');
}

static json_t *end_json(const struct cli_telling *known, const struct net_addr *addr, uint16_t port)
{
	const char *name = name_of(known, addr);
	char text[NET_ADDR_STRLEN];
	json_t *obj =
		json_pack("{s:s, s:i}", "address", net_addr_format(addr, text), "port", (int)port);

	if (name)
		json_object_set_new(obj, "name", json_string(name));
	return obj;
}

json_t *cli_told_json(const struct cli_telling *known, const struct proxy_told *told)
{
	_cleanup_buf_ struct buf when = {0};
	const struct bundle_rule *rule;
	uint32_t line = 0;
	json_t *obj;

	now_text(&when);
	obj = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}, s:i, s:i, s:o, s:o}", "time",
			buf_str(&when), "direction", proxy_name(told->dir), "verdict",
			told->allowed ? "allow" : "deny", "request", "method", told->method, "host",
			told->host, "path", told->path, "status", (int)told->status, "ms",
			(int)told->ms, "source", end_json(known, &told->src, told->sport),
			"destination", end_json(known, &told->dst, told->dport));
	rule = decider(known, told, &line);
	if (rule)
		json_object_set_new(obj, "rule",
				    json_pack("{s:s, s:i, s:s}", "at", rule->at, "line", (int)line,
					      "policy", rule->policy->name));
	return obj;
}
