/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/flowspec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compiler/space/suppose.h"
#include "lang/base/arena.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/suggest.h"
#include "verifier/flow/end_address.h"
#include "verifier/flow/what.h"

struct flow_end flow_end_of(const struct ir_endpoint *ep)
{
	return (struct flow_end){.text = ep->name, .ep = ep};
}

struct flow_end flow_end_world(const struct ir *ir, struct arena *arena)
{
	struct space_outside *outside = arena_new(arena, struct space_outside);

	space_find_outside(ir, outside);
	return (struct flow_end){.text = FLOW_WORLD, .outside = outside};
}

struct flow_end flow_end_host(const struct ir *ir)
{
	return (struct flow_end){.text = FLOW_HOST, .ep = ir->node};
}

/* `cart-1` for `shop/cart-1` is the likeliest slip, then a misspelling. */
static const char *nearest_endpoint(const struct ir *ir, const char *text)
{
	struct suggest s;

	suggest_init(&s, text);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		const char *slash = strrchr((*ep)->name, '/');

		if (slash && strcmp(slash + 1, text) == 0)
			return (*ep)->name;
		suggest_offer(&s, (*ep)->name);
	}
	return s.best;
}

/* The first one; what stands for a workload is here. */
static const char *pod_of(const struct ir *ir, const struct ir_endpoint *replaced)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->owner == replaced)
			return (*ep)->name;
	return replaced->name;
}

static int unknown_endpoint(const struct ir *ir, const char *text, const char *what,
			    struct diag *diag)
{
	const struct ir_endpoint *none = ir_find_none(ir, text);
	const struct ir_endpoint *replaced = ir_find_replaced(ir, text);
	const char *near = none || replaced ? NULL : nearest_endpoint(ir, text);

	if (none)
		diag_error(diag, none->loc, CODE_UNDEFINED,
			   WHAT_FMT "%s '%s' has no pods, as its replicas are 0: no flow has it as "
				    "an end; give it replicas to ask about them",
			   WHAT_ARG(what), none->kind, text);
	else if (replaced)
		diag_error(diag, replaced->loc, CODE_UNDEFINED,
			   WHAT_FMT "the pods of %s '%s' differ by their nodes: name one of them, "
				    "such as '%s'",
			   WHAT_ARG(what), replaced->kind, text, pod_of(ir, replaced));
	else if (near)
		diag_error(diag, LOC_NONE, CODE_UNDEFINED,
			   WHAT_FMT "no endpoint '%s'; did you mean '%s'?", WHAT_ARG(what), text,
			   near);
	else
		diag_error(diag, LOC_NONE, CODE_UNDEFINED,
			   WHAT_FMT "no endpoint '%s' in the inventory; write NAMESPACE/NAME, or "
				    "'cidr:IP' for an address, 'world' or 'host'",
			   WHAT_ARG(what), text);
	return -EINVAL;
}

/* False: nothing of this name was met. */
static bool tell_unread(const struct ir *ir, const char *name, const char *what, struct diag *diag)
{
	vec_each (const struct ir_unread_object, object, &ir->beside.unread) {
		if (strcmp(object->name, name) != 0)
			continue;
		diag_error(diag, object->loc, CODE_UNDEFINED,
			   WHAT_FMT "%s '%s' is not read: which flows it has is not known",
			   WHAT_ARG(what), object->kind, name);
		return true;
	}
	return false;
}

static bool find_end(const struct ir *ir, const char *name, struct arena *arena,
		     struct flow_end *out)
{
	const struct ir_endpoint *ep = ir_find_endpoint(ir, name);

	if (!ep)
		ep = ir_find_folded(ir, name);
	if (!ep && strcmp(name, ir->node->name) == 0)
		ep = ir->node;
	if (ep)
		*out = flow_end_of(ep);
	else if (strcmp(name, FLOW_WORLD) == 0)
		*out = flow_end_world(ir, arena);
	else if (strcmp(name, FLOW_HOST) == 0)
		*out = flow_end_host(ir);
	else
		return false;
	return true;
}

int flow_end_parse(const struct ir *ir, const char *text, const char *what, struct arena *arena,
		   struct diag *diag, struct flow_end *out)
{
	const char *at = strrchr(text, '@'), *name;

	*out = (struct flow_end){0};
	if (flow_end_is_address(text))
		return flow_end_parse_cidr(ir, text, what, arena, diag, out);
	if (find_end(ir, text, arena, out))
		return 0;
	name = at ? arena_strndup(arena, text, (size_t)(at - text)) : text;
	if (!at || !find_end(ir, name, arena, out))
		return tell_unread(ir, name, what, diag) ? -EINVAL
							 : unknown_endpoint(ir, name, what, diag);
	return flow_end_place(ir, text, what, arena, diag, out);
}

/* --- ports -------------------------------------------------------------------------- */

/* A decimal number up to `max` that ends at `end`; -1 otherwise. */
static int parse_number(const char *s, const char *end, int max)
{
	int n = 0;

	if (s == end || (s[0] == '0' && s + 1 < end))
		return -1;
	for (; s < end; s++) {
		if (!isdigit((unsigned char)*s))
			return -1;
		n = n * 10 + (*s - '0');
		if (n > max)
			return -1;
	}
	return n;
}

/* `8` or `3/4`: type and code. */
static int parse_icmp(const char *s)
{
	const char *slash = strchr(s, '/'), *end = s + strlen(s);
	int type = parse_number(s, slash ? slash : end, 255);
	int code = slash ? parse_number(slash + 1, end, 255) : 0;

	return type < 0 || code < 0 ? -1 : type << 8 | code;
}

static bool is_port_name(const char *s)
{
	bool letter = false;

	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_' && *s != '.')
			return false;
		letter |= isalpha((unsigned char)*s) != 0;
	}
	return letter;
}

static bool has_ports(int proto)
{
	return proto == IR_PROTO_TCP || proto == IR_PROTO_UDP || proto == IR_PROTO_SCTP;
}

static bool is_icmp(int proto)
{
	return proto == IR_PROTO_ICMP || proto == IR_PROTO_ICMP6;
}

const struct flow_numbers *flow_port_numbers(const struct flow_port *port,
					     const struct flow_end *from)
{
	return from->ep && !from->ep->host ? &port->numbers[from->ep->id] : &flow_any_number;
}

struct flow_port flow_port_with(const struct flow_port *port, uint16_t number)
{
	struct flow_port out = *port;

	out.named = false;
	out.port = number;
	return out;
}

/* What stands behind the protocol; false if it does not fit. */
static bool parse_port_part(const struct ir *ir, const char *s, struct arena *arena,
			    struct flow_port *out)
{
	int n = is_icmp(out->proto) ? parse_icmp(s) : parse_number(s, s + strlen(s), UINT16_MAX);

	if (n >= 0) {
		out->port = (uint16_t)n;
		return true;
	}
	out->named = has_ports(out->proto) && is_port_name(s);
	if (!out->named)
		return false;
	out->name = intern_find(&ir->strings, s);
	out->numbers = flow_numbers_list(ir, out->proto, arena);
	return true;
}

/* `proto/47`: a protocol that polc knows by number only. */
static int parse_plain_proto(const char *s, struct flow_port *out)
{
	int n = parse_number(s, s + strlen(s), 255);

	if (n < 0 || has_ports(n) || is_icmp(n))
		return -EINVAL;
	out->proto = (uint16_t)n;
	return 0;
}

int flow_port_parse(const struct ir *ir, const char *text, const char *what, struct arena *arena,
		    struct diag *diag, struct flow_port *out)
{
	const char *slash = strchr(text, '/');
	const char *head =
		arena_strndup(arena, text, slash ? (size_t)(slash - text) : strlen(text));
	int proto = ir_proto_parse(head);
	bool plain = strcmp(head, "proto") == 0;

	*out = (struct flow_port){.text = arena_strdup(arena, text), .name = INTERN_NONE};
	if (!plain && !has_ports(proto) && !is_icmp(proto)) {
		diag_error(diag, LOC_NONE, CODE_BAD_PROTOCOL,
			   WHAT_FMT "no protocol '%s'; write tcp/80, udp/53, sctp/9, icmp/8, "
				    "icmp6/128 or proto/47",
			   WHAT_ARG(what), head);
		return -EINVAL;
	}
	out->proto = (uint16_t)proto;
	if (slash && (plain ? parse_plain_proto(slash + 1, out) == 0
			    : parse_port_part(ir, slash + 1, arena, out)))
		return 0;
	diag_error(diag, LOC_NONE, CODE_BAD_PORT, WHAT_FMT "'%s' names no port; write %s",
		   WHAT_ARG(what), text,
		   plain ? "a protocol number below 256 that has no name here, as in proto/47"
		   : is_icmp(proto)
			   ? "a type and perhaps a code below 256, as in icmp/8 or icmp/3/4"
			   : "a number up to 65535 or the name of a port, as in tcp/80 or "
			     "tcp/http");
	return -EINVAL;
}

const char *flow_port_format(uint16_t proto, uint16_t port, char out[static FLOW_PORT_STRLEN])
{
	const char *name = ir_proto_name(proto);
	unsigned type = port >> 8, code = port & 0xff;

	if (!has_ports(proto) && !is_icmp(proto))
		snprintf(out, FLOW_PORT_STRLEN, "proto/%u", proto);
	else if (is_icmp(proto) && code)
		snprintf(out, FLOW_PORT_STRLEN, "%s/%u/%u", name, type, code);
	else
		snprintf(out, FLOW_PORT_STRLEN, "%s/%u", name, is_icmp(proto) ? type : port);
	return out;
}

/* --- flows -------------------------------------------------------------------------- */

/* The address asked for; else the endpoint's of this family; else whichever it has. */
static struct ir_end end_in_family(const struct flow_end *end, enum net_family family)
{
	struct ir_end out;

	if (end->addr.family || !end->ep)
		return (struct ir_end){.ep = end->ep, .addr = end->addr};
	out = ir_end_of(end->ep, family);
	return out.addr.family ? out : ir_end_of(end->ep, NET_NONE);
}

bool flow_make(const struct flow_end *from, const struct flow_end *to, const struct flow_port *port,
	       struct ir_flow *out)
{
	*out = (struct ir_flow){.proto = port->proto, .port = port->port};
	if (from->ep && to->ep && from->addr.family == NET_NONE && to->addr.family == NET_NONE) {
		ir_flow_between(out, from->ep, to->ep);
	} else {
		out->src = end_in_family(from, to->addr.family);
		out->dst = end_in_family(to, from->addr.family);
	}
	if (port->named) {
		bool managed = to->ep && !to->ep->host && port->name != INTERN_NONE;
		int n = managed ? ir_endpoint_port(to->ep, port->proto, port->name) : -1;

		if (n < 0)
			return false;
		out->port = (uint16_t)n;
	}
	return true;
}

bool flow_is_to_replica(const struct ir_flow *flow)
{
	return flow->src.ep && flow->src.ep == flow->dst.ep && flow->src.ep->workload;
}

const char *flow_to_text(const struct ir_flow *flow, const char *text, struct arena *arena)
{
	return flow_is_to_replica(flow) ? arena_printf(arena, "another replica of %s", text) : text;
}
