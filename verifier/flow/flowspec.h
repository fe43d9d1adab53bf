/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows as people write them: `shop/cart-1` to `cidr:203.0.113.7` on `tcp/80`. Parses the
 * names of ends and ports against an inventory; what a flow's fate is, reach.h and why.h say.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compiler/eval.h"
#include "verifier/flow/numbers.h"

struct arena;
struct diag;

struct space_outside;

/* One end: an endpoint of the inventory (`ns/name`, or `name` where it has no namespace), an
 * address (`cidr:IP`), the node of the other end (`host`), or `world`, any address that is no
 * endpoint's. An address that belongs to an endpoint is that endpoint, and an endpoint that is
 * called `world` or `host` goes before what these stand for. `NAME@IP` is the endpoint or the node
 * at one address that it has or, where the inventory does not know it, may have. */
struct flow_end {
	const char *text; /* as it is shown: the endpoint's name, `cidr:IP`, `NAME@IP` */
	const struct ir_endpoint *ep; /* NULL: external */
	struct net_addr addr; /* the address asked for; family NET_NONE: any of the endpoint */
	const struct space_outside *outside; /* of the world; NULL: another end */
	/* Of the world, or of a node whose address nobody knows: a few of the addresses that it may
	 * have, which speak for all. NULL: each speaks for itself. */
	const struct space_outside *folded;
};

/*
 * A port: `tcp/80`, `udp/53`, `sctp/9`, `icmp/8` (code 0), `icmp/3/4`, `icmp6/128`, `proto/47`,
 * or `tcp/NAME`, the port that the destination calls so.
 */
struct flow_port {
	const char *text;
	uint16_t proto;
	uint16_t port; /* ICMP: type << 8 | code */
	bool named;
	uint32_t name; /* interned; INTERN_NONE: nothing in the IR has this name */
	const struct flow_numbers *numbers; /* of a name, by the id of the source */
};

/* Both report to `diag` (no location: the text comes from the command line or from a list of
 * probes) with `what` in front of the message, "--from" or "probe 17"; NULL: nothing.
 * Strings are copied to the arena. Return 0 or -EINVAL. */
int flow_end_parse(const struct ir *ir, const char *text, const char *what, struct arena *arena,
		   struct diag *diag, struct flow_end *out);
int flow_port_parse(const struct ir *ir, const char *text, const char *what, struct arena *arena,
		    struct diag *diag, struct flow_port *out);

/* An end of one flow in words that flow_end_parse() reads as this end; the address is there where
 * the name alone could stand for another one. (The node has no such words if one endpoint has its
 * name and another is called `host`.) */
const char *flow_end_text(const struct ir *ir, const struct ir_end *end, struct arena *arena);

/* The end of an endpoint, without parsing. */
struct flow_end flow_end_of(const struct ir_endpoint *ep);
/* The ends `world` and `host`. */
struct flow_end flow_end_world(const struct ir *ir, struct arena *arena);
struct flow_end flow_end_host(const struct ir *ir);

/* The flow between two ends on a port, in a family that both have if there is one. False: the
 * port is named and the destination has no port of this name; such a flow does not exist. */
bool flow_make(const struct flow_end *from, const struct flow_end *to, const struct flow_port *port,
	       struct ir_flow *out);

/* What a named port may be for this source, if the destination has none of this name. */
const struct flow_numbers *flow_port_numbers(const struct flow_port *port,
					     const struct flow_end *from);
/* The port with this number in place of its name. */
struct flow_port flow_port_with(const struct flow_port *port, uint16_t number);

/* Is the destination another replica of the workload that the source is one of? */
bool flow_is_to_replica(const struct ir_flow *flow);
/* A text for the destination, such as its name, as it may stand behind that of the source. */
const char *flow_to_text(const struct ir_flow *flow, const char *text, struct arena *arena);

enum { FLOW_PORT_STRLEN = 24 };

/* The text of a protocol and port number, as flow_port_parse() reads it. */
const char *flow_port_format(uint16_t proto, uint16_t port, char out[static FLOW_PORT_STRLEN]);
