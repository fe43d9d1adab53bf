/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/end.h"

#include <time.h>

enum { NS = 1000000000 };

const char *cli_end_name(const struct bundle *b, const struct net_addr *addr)
{
	for (size_t i = 0; b && i < b->endpoints.n; i++) {
		vec_each (const struct net_addr, a, &b->endpoints.v[i].addrs) {
			if (net_addr_eq(a, addr))
				return b->endpoints.v[i].name;
		}
	}
	return NULL;
}

void cli_end_text(const struct cli_end *end, struct buf *out)
{
	char addr[NET_ADDR_STRLEN];
	bool v6 = end->addr.family == NET_V6 && end->port >= 0;

	if (end->addr.family == NET_NONE)
		buf_puts(out, "?");
	else
		buf_printf(out, v6 ? "[%s]" : "%s", net_addr_format(&end->addr, addr));
	if (end->port >= 0)
		buf_printf(out, ":%d", end->port);
	if (end->name)
		buf_printf(out, " (%s)", end->name);
}

json_t *cli_end_json(const struct cli_end *end)
{
	char addr[NET_ADDR_STRLEN];
	json_t *obj = json_object();

	if (end->addr.family != NET_NONE)
		json_object_set_new(obj, "address", json_string(net_addr_format(&end->addr, addr)));
	if (end->name)
		json_object_set_new(obj, "name", json_string(end->name));
	if (end->port >= 0)
		json_object_set_new(obj, "port", json_integer(end->port));
	return obj;
}

void cli_time_text(int64_t ns, struct buf *out)
{
	time_t seconds = (time_t)(ns / NS);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(out, "%s.%06dZ", text, (int)(ns % NS / 1000));
}
