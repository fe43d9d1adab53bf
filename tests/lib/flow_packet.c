/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/flow_packet.h"

#include <stdio.h>

struct packet_spec flow_packet(const struct ir_flow *flow, uint16_t source)
{
	struct packet_spec s = {
		.src = flow->src.addr, .dst = flow->dst.addr, .proto = flow->proto, .payload = 12};

	if (flow->proto == IR_PROTO_ICMP || flow->proto == IR_PROTO_ICMP6) {
		s.type = flow->port >> 8;
		s.code = flow->port & 0xff;
		s.id = source;
	} else {
		s.sport = source;
		s.dport = flow->port;
	}
	return s;
}

static int end_text(const struct ir_end *end, char *out, size_t n)
{
	char addr[NET_ADDR_STRLEN];

	net_addr_format(&end->addr, addr);
	if (!end->ep)
		return snprintf(out, n, "%s", addr);
	return snprintf(out, n, "%.150s[%s]%s", end->ep->name, addr,
			end->ep->host ? " (host)" : "");
}

const char *flow_text(const struct ir_flow *flow, char out[static FLOW_TEXT_SIZE])
{
	const char *proto = ir_proto_name(flow->proto);
	int n = end_text(&flow->src, out, FLOW_TEXT_SIZE);

	n += snprintf(out + n, FLOW_TEXT_SIZE - n, " -> ");
	n += end_text(&flow->dst, out + n, FLOW_TEXT_SIZE - n);
	if (flow->proto == IR_PROTO_ICMP || flow->proto == IR_PROTO_ICMP6)
		snprintf(out + n, FLOW_TEXT_SIZE - n, " %s/%u/%u", proto, flow->port >> 8,
			 flow->port & 0xff);
	else if (proto)
		snprintf(out + n, FLOW_TEXT_SIZE - n, " %s/%u", proto, flow->port);
	else
		snprintf(out + n, FLOW_TEXT_SIZE - n, " protocol %u", flow->proto);
	return out;
}
