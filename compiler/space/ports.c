/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/space/ports.h"

#include "compiler/ir/port.h"

#include <stdlib.h>

const uint16_t space_protos[SPACE_N_PROTOS] = {IR_PROTO_TCP,  IR_PROTO_UDP,   IR_PROTO_SCTP,
					       IR_PROTO_ICMP, IR_PROTO_ICMP6, SPACE_OTHER_PROTO};

int space_wide_index(uint16_t proto)
{
	for (int i = 0; i < SPACE_N_WIDE; i++)
		if (space_protos[i] == proto)
			return i;
	return -1;
}

void space_cut_range(struct space_ports *s, uint16_t proto, uint16_t lo, uint16_t hi)
{
	for (int i = 0; i < SPACE_N_WIDE; i++) {
		if (proto != IR_PROTO_ANY && proto != space_protos[i])
			continue;
		vec_push(s->arena, &s->cuts, (struct space_cut){space_protos[i], lo});
		vec_push(s->arena, &s->cuts, (struct space_cut){space_protos[i], hi + 1u});
	}
}

void space_cut_rule(struct space_ports *s, const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		struct ir_port_aspects a = ir_port_aspects(port);

		if (ir_port_is_part(&a))
			space_cut_range(s, a.proto, a.lo, a.hi);
	}
}

static int number_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void space_ports_spans(const struct space_ports *s, uint16_t proto, struct space_spans *out)
{
	uint32_t end = space_wide_index(proto) < 0 ? 1 : SPACE_N_PORTS;
	VEC(uint32_t) starts = {0};

	vec_push(s->arena, &starts, 0);
	vec_each (const struct space_cut, cut, &s->cuts)
		if (cut->proto == proto && cut->at < end)
			vec_push(s->arena, &starts, cut->at);
	qsort(starts.v, starts.n, sizeof(*starts.v), number_order);
	for (size_t i = 0; i < starts.n; i++) {
		uint32_t next = i + 1 < starts.n ? starts.v[i + 1] : end;

		if (next > starts.v[i])
			vec_push(s->arena, &out->list,
				 (struct space_span){(uint16_t)starts.v[i], (uint16_t)(next - 1)});
	}
}
