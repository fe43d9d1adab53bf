/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a port of a rule asks of a flow, aspect by aspect, whatever kind of port it is: which
 * protocol, which numbers, and what the destination calls them. A port matches the flows that meet
 * all of its aspects. Classes, solver, checks and diff go by aspects, so that a new kind of port
 * that combines them otherwise is nothing new to them. The interpreter (eval.c) goes by kinds, in
 * words of its own.
 */
#pragma once

#include "compiler/ir.h"

enum { IR_PORT_LAST = 65535 };

struct ir_port_aspects {
	bool nothing;    /* matches no flow, whatever the others say */
	uint16_t proto;  /* IR_PROTO_ANY: each */
	uint16_t lo, hi; /* inclusive; a protocol without ports has 0 alone */
	uint32_t name;   /* that the destination calls the number by; INTERN_NONE: any or none */
};

/* Inline, as rules are held against rules by their ports first of all. */
static inline struct ir_port_aspects ir_port_aspects(const struct ir_port *port)
{
	struct ir_port_aspects a = {.proto = port->proto, .hi = IR_PORT_LAST, .name = INTERN_NONE};

	switch (port->kind) {
	case IR_PORT_ANY:
		return a;
	case IR_PORT_RANGE:
		a.lo = port->lo;
		a.hi = port->hi;
		a.nothing = a.lo > a.hi;
		return a;
	case IR_PORT_NAMED:
		a.name = port->name;
		return a;
	case IR_PORT_NONE:
		break;
	}
	a.nothing = true;
	return a;
}

/* The name that a port asks for, or INTERN_NONE. */
uint32_t ir_port_name(const struct ir_port *port);
/* Are these flows of that protocol, among others or alone? */
static inline bool ir_port_takes(const struct ir_port_aspects *a, uint16_t proto)
{
	return !a->nothing && (a->proto == IR_PROTO_ANY || a->proto == proto);
}

/* Does it match whatever number its protocols have? */
bool ir_port_is_whole(const struct ir_port_aspects *a);
/* Does it match by number alone, and not every one? */
bool ir_port_is_part(const struct ir_port_aspects *a);

/* One number of one protocol. */
struct ir_port ir_port_of(uint16_t proto, uint16_t number);

/* The protocols whose ports have names. */
enum { IR_N_NAMED_PROTOS = 3 };
extern const uint16_t ir_named_protos[IR_N_NAMED_PROTOS];
bool ir_proto_has_names(uint16_t proto);
