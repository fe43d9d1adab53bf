/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/event.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "runtime/cli/decision.h"

enum { NS = 1000000000 };

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

void cli_events_init(struct cli_events *known)
{
	*known = (struct cli_events){.wall_offset =
					     clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC)};
}

/* --- names ------------------------------------------------------------------------------ */

void cli_events_learn(struct cli_events *known, const struct rt_generations *seen)
{
	vec_each (const struct rt_generation, g, &seen->list)
		known->generations[g->generation % CLI_GENERATIONS] = *g;
}

/* Of the policy that an event is of; NULL: nobody has seen it. */
static const struct rt_generation *generation(const struct cli_events *known,
					      const struct polc_event *e)
{
	const struct rt_generation *g = &known->generations[e->generation % CLI_GENERATIONS];

	return g->endpoints.n && g->generation == e->generation ? g : NULL;
}

bool cli_events_knows(const struct cli_events *known, const struct polc_event *e)
{
	return generation(known, e) != NULL;
}

static const char *endpoint_name(const struct cli_events *known, const struct polc_event *e)
{
	const struct rt_generation *g = generation(known, e);

	for (size_t i = 0; g && i < g->endpoints.n; i++)
		if (g->endpoints.v[i].slot == e->slot)
			return g->endpoints.v[i].name;
	return NULL;
}

static const struct bundle *bundle_of(const struct cli_events *known, const struct polc_event *e)
{
	const struct rt_generation *g = generation(known, e);

	for (size_t i = 0; g && i < known->bundles.n; i++)
		if (strcmp(g->bundle_hash, known->bundles.v[i]->hash) == 0)
			return known->bundles.v[i];
	return NULL;
}

static const struct bundle_decision *decision(const struct cli_events *known,
					      const struct polc_event *e)
{
	const struct bundle *b = bundle_of(known, e);

	return b && e->decision < b->decisions.n ? &b->decisions.v[e->decision] : NULL;
}

static const char *peer_name(const struct cli_events *known, const struct polc_event *e,
			     const struct net_addr *addr)
{
	const struct bundle *b = bundle_of(known, e);

	for (size_t i = 0; b && i < b->endpoints.n; i++) {
		vec_each (const struct net_addr, a, &b->endpoints.v[i].addrs) {
			if (net_addr_eq(a, addr))
				return b->endpoints.v[i].name;
		}
	}
	return NULL;
}

/* --- the parts of an event ---------------------------------------------------------------- */

enum { ETHERTYPE_IP4 = 0x0800, ETHERTYPE_IP6 = 0x86dd };

/* One end of the packet, as far as its headers were read. */
struct end {
	struct net_addr addr; /* family NET_NONE: unknown */
	const char *name;     /* NULL: unknown */
	int port;             /* -1: the protocol has none */
};

/* Other reasons come before the transport header is read, or because it cannot be. */
static bool has_transport(const struct polc_event *e)
{
	return e->reason == POLC_DROP_POLICY;
}

static bool has_ports(const struct polc_event *e)
{
	return has_transport(e) &&
	       (e->proto == IR_PROTO_TCP || e->proto == IR_PROTO_UDP || e->proto == IR_PROTO_SCTP);
}

static bool is_icmp(const struct polc_event *e)
{
	return has_transport(e) && (e->proto == IR_PROTO_ICMP || e->proto == IR_PROTO_ICMP6);
}

static struct end end_of(const struct cli_events *known, const struct polc_event *e,
			 const uint8_t *bytes, uint16_t port_be)
{
	static const uint8_t none[16];
	struct end end = {.port = has_ports(e) ? ntohs(port_be) : -1};

	if (memcmp(bytes, none, sizeof(none)) == 0)
		return end;
	if (e->type == ETHERTYPE_IP4)
		end.addr.family = NET_V4;
	else if (e->type == ETHERTYPE_IP6)
		end.addr.family = NET_V6;
	else
		return end;
	memcpy(end.addr.bytes, bytes, end.addr.family == NET_V4 ? 4 : 16);
	end.name = peer_name(known, e, &end.addr);
	return end;
}

/* RFC 3339, in UTC, with microseconds. */
static void time_text(const struct cli_events *known, const struct polc_event *e, struct buf *out)
{
	int64_t ns = (int64_t)e->time + known->wall_offset;
	time_t seconds = (time_t)(ns / NS);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(out, "%s.%06dZ", text, (int)(ns % NS / 1000));
}

/* --- text --------------------------------------------------------------------------------- */

static void end_text(const struct end *end, struct buf *out)
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

static void proto_text(const struct polc_event *e, struct buf *out)
{
	const char *name = ir_proto_name(e->proto);

	if (e->type != ETHERTYPE_IP4 && e->type != ETHERTYPE_IP6)
		buf_printf(out, " ethertype 0x%04x", e->type);
	else if (name && is_icmp(e))
		buf_printf(out, " %s/%d/%d", name, e->port >> 8, e->port & 0xff);
	else if (name)
		buf_printf(out, " %s", name);
	else
		buf_printf(out, " protocol %d", e->proto);
}

void cli_event_text(const struct cli_events *known, const struct polc_event *e, struct buf *out)
{
	struct end from = end_of(known, e, e->saddr, e->sport_be);
	struct end to = end_of(known, e, e->daddr, e->dport_be);
	const struct bundle_decision *d = decision(known, e);
	const char *name = endpoint_name(known, e);

	time_text(known, e, out);
	buf_printf(out, " %s %s:", ir_dir_name(e->dir), name ? name : "(endpoint unknown)");
	proto_text(e, out);
	if (e->type == ETHERTYPE_IP4 || e->type == ETHERTYPE_IP6) {
		buf_putc(out, ' ');
		end_text(&from, out);
		buf_puts(out, " -> ");
		end_text(&to, out);
	}
	buf_printf(out, ", %u bytes: %s", e->length, rt_reason_name(e->reason));
	if (d) {
		buf_puts(out, " by ");
		cli_decision_text(d, out);
	}
	buf_putc(out, '\n');
}

/* --- JSON --------------------------------------------------------------------------------- */

static json_t *end_json(const struct end *end)
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

json_t *cli_event_json(const struct cli_events *known, const struct polc_event *e)
{
	_cleanup_buf_ struct buf when = {0};
	struct end from = end_of(known, e, e->saddr, e->sport_be);
	struct end to = end_of(known, e, e->daddr, e->dport_be);
	const struct bundle_decision *d = decision(known, e);
	const char *name = endpoint_name(known, e);
	json_t *obj;

	time_text(known, e, &when);
	obj = json_pack("{s:s, s:i, s:s, s:s, s:i, s:i, s:i, s:o, s:o}", "time", buf_str(&when),
			"generation", (int)e->generation, "direction", ir_dir_name(e->dir),
			"reason", rt_reason_name(e->reason), "length", (int)e->length, "ethertype",
			(int)e->type, "protocol", (int)e->proto, "source", end_json(&from),
			"destination", end_json(&to));
	if (name)
		json_object_set_new(obj, "endpoint", json_string(name));
	if (is_icmp(e))
		json_object_set_new(
			obj, "icmp",
			json_pack("{s:i, s:i}", "type", e->port >> 8, "code", e->port & 0xff));
	if (d)
		json_object_set_new(obj, "decision", cli_decision_json(d));
	return obj;
}
