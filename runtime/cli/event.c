/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/event.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "runtime/cli/decision.h"
#include "runtime/cli/end.h"

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

/* --- the parts of an event ---------------------------------------------------------------- */

enum { ETHERTYPE_IP4 = 0x0800, ETHERTYPE_IP6 = 0x86dd };

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

/* One end of the packet, as far as its headers were read. */
static struct cli_end end_of(const struct cli_events *known, const struct polc_event *e,
			     const uint8_t *bytes, uint16_t port_be)
{
	static const uint8_t none[16];
	struct cli_end end = {.port = has_ports(e) ? ntohs(port_be) : -1};

	if (memcmp(bytes, none, sizeof(none)) == 0)
		return end;
	if (e->type == ETHERTYPE_IP4)
		end.addr.family = NET_V4;
	else if (e->type == ETHERTYPE_IP6)
		end.addr.family = NET_V6;
	else
		return end;
	memcpy(end.addr.bytes, bytes, end.addr.family == NET_V4 ? 4 : 16);
	end.name = cli_end_name(bundle_of(known, e), &end.addr);
	return end;
}

static void time_text(const struct cli_events *known, const struct polc_event *e, struct buf *out)
{
	cli_time_text((int64_t)e->time + known->wall_offset, out);
}

/* --- text --------------------------------------------------------------------------------- */

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
	struct cli_end from = end_of(known, e, e->saddr, e->sport_be);
	struct cli_end to = end_of(known, e, e->daddr, e->dport_be);
	const struct bundle_decision *d = decision(known, e);
	const char *name = endpoint_name(known, e);

	time_text(known, e, out);
	buf_printf(out, " %s %s:", ir_dir_name(e->dir), name ? name : "(endpoint unknown)");
	proto_text(e, out);
	if (e->type == ETHERTYPE_IP4 || e->type == ETHERTYPE_IP6) {
		buf_putc(out, ' ');
		cli_end_text(&from, out);
		buf_puts(out, " -> ");
		cli_end_text(&to, out);
	}
	buf_printf(out, ", %u bytes: %s", e->length, rt_reason_name(e->reason));
	if (d) {
		buf_puts(out, " by ");
		cli_decision_text(d, out);
	}
	buf_putc(out, '\n');
}

/* --- JSON --------------------------------------------------------------------------------- */

json_t *cli_event_json(const struct cli_events *known, const struct polc_event *e)
{
	_cleanup_buf_ struct buf when = {0};
	struct cli_end from = end_of(known, e, e->saddr, e->sport_be);
	struct cli_end to = end_of(known, e, e->daddr, e->dport_be);
	const struct bundle_decision *d = decision(known, e);
	const char *name = endpoint_name(known, e);
	json_t *obj;

	time_text(known, e, &when);
	obj = json_pack("{s:s, s:i, s:s, s:s, s:i, s:i, s:i, s:o, s:o}", "time", buf_str(&when),
			"generation", (int)e->generation, "direction", ir_dir_name(e->dir),
			"reason", rt_reason_name(e->reason), "length", (int)e->length, "ethertype",
			(int)e->type, "protocol", (int)e->proto, "source", cli_end_json(&from),
			"destination", cli_end_json(&to));
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
