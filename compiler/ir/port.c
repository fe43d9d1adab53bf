/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/port.h"

const uint16_t ir_named_protos[IR_N_NAMED_PROTOS] = {IR_PROTO_TCP, IR_PROTO_UDP, IR_PROTO_SCTP};

uint32_t ir_port_name(const struct ir_port *port)
{
	return ir_port_aspects(port).name;
}

bool ir_port_is_whole(const struct ir_port_aspects *a)
{
	return !a->nothing && a->name == INTERN_NONE && a->lo == 0 && a->hi == IR_PORT_LAST;
}

bool ir_port_is_part(const struct ir_port_aspects *a)
{
	return !a->nothing && a->name == INTERN_NONE && !ir_port_is_whole(a);
}

struct ir_port ir_port_of(uint16_t proto, uint16_t number)
{
	return (struct ir_port){.kind = IR_PORT_RANGE, .proto = proto, .lo = number, .hi = number};
}

bool ir_proto_has_names(uint16_t proto)
{
	for (int i = 0; i < IR_N_NAMED_PROTOS; i++)
		if (ir_named_protos[i] == proto)
			return true;
	return false;
}
