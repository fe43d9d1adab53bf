/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The space of protocols and ports, and how rules cut it: between two neighbouring cuts no rule
 * tells one port from another, so one of them speaks for all. What is decided there is the
 * business of whoever cuts.
 */
#pragma once

#include "compiler/ir.h"

enum {
	SPACE_N_WIDE = 5,       /* protocols with ports, or types and codes */
	SPACE_N_PROTOS,         /* these, and one for all others */
	SPACE_OTHER_PROTO = 47, /* GRE: stands for those that have port 0 alone */
	SPACE_N_PORTS = 65536,  /* of a wide protocol */
};

/* tcp, udp, sctp, icmp, icmp6, as people read them; then SPACE_OTHER_PROTO. */
extern const uint16_t space_protos[SPACE_N_PROTOS];

/* The place of a protocol in space_protos; -1: it is not wide. */
int space_wide_index(uint16_t proto);

/* Another interval begins at `at`; SPACE_N_PORTS: behind the last port. */
struct space_cut {
	uint16_t proto;
	uint32_t at;
};

struct space_ports {
	struct arena *arena;        /* borrowed; set by the caller, all else is zero at first */
	VEC(struct space_cut) cuts; /* in the order of cutting, some more than once */
};

/* Parts lo..hi from the rest; IR_PROTO_ANY: of every wide protocol. Others cannot be cut. */
void space_cut_range(struct space_ports *s, uint16_t proto, uint16_t lo, uint16_t hi);
/* Wherever the rule's ranges begin and end. What a name stands for only its endpoint knows. */
void space_cut_rule(struct space_ports *s, const struct ir_rule *rule);

/* Inclusive. */
struct space_span {
	uint16_t lo, hi;
};

struct space_spans {
	VEC(struct space_span) list;
};

/* Appends the intervals of a protocol, in order; together they are all of its ports. */
void space_ports_spans(const struct space_ports *s, uint16_t proto, struct space_spans *out);
