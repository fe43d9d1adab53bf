/* SPDX-License-Identifier: Apache-2.0 */
/* Ports: `tcp/80`, `udp/1000-2000`, `tcp/http`, `icmp/3/4`, `tcp`, `any`, `none`, a name. */
#include <string.h>

#include "lang/base/suggest.h"
#include "lang/names.h"
#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

static const struct protocol {
	const char *name;
	enum ast_proto proto;
} protocols[] = {
	{"tcp", AST_PROTO_TCP},   {"udp", AST_PROTO_UDP},     {"sctp", AST_PROTO_SCTP},
	{"icmp", AST_PROTO_ICMP}, {"icmp6", AST_PROTO_ICMP6}, {"any", AST_PROTO_ANY},
};

enum { N_PROTOCOLS = sizeof(protocols) / sizeof(*protocols) };

static const struct protocol *protocol_of(const char *s, size_t n)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (strlen(protocols[i].name) == n && memcmp(protocols[i].name, s, n) == 0)
			return &protocols[i];
	return NULL;
}

bool pol_names_a_port(const char *s)
{
	return protocol_of(s, strcspn(s, "/")) != NULL;
}

static void bad_port(struct pol *p, struct loc loc, const char *text, struct loc fix_at,
		     const char *fix)
{
	struct diag_item *d = diag_error(&p->l->diag, loc, CODE_BAD_PORT, "%s", text);

	if (fix)
		diag_fix(&p->l->diag, d, fix_at, fix, "write '%s'", fix);
}

/* --- protocols -------------------------------------------------------------------------------- */

/* `80`, `80/tcp`, `TCP/80`, `tpc/80`: the head of the word is no protocol. */
static void report_protocol(struct pol *p, const struct ast_name *n, size_t head)
{
	const char *name = arena_strndup(&p->l->arena, n->s, head);
	const char *rest = n->s[head] ? n->s + head + 1 : "";
	struct arena *a = &p->l->arena;
	struct diag_item *d;
	struct suggest s;
	uint32_t number;

	if (pol_number(n->s, head, 65535, &number)) {
		if (protocol_of(rest, strlen(rest)))
			bad_port(p, n->loc, "the protocol comes first", n->loc,
				 arena_printf(a, "%s/%u", rest, number));
		else
			bad_port(p, n->loc, "a port needs its protocol", n->loc,
				 arena_printf(a, "tcp/%s", n->s));
		return;
	}
	suggest_init(&s, name);
	for (size_t i = 0; i < N_PROTOCOLS; i++)
		suggest_offer(&s, protocols[i].name);
	if (strcasecmp(name, "icmpv6") == 0)
		s.best = "icmp6";
	d = diag_error(&p->l->diag, pol_part(n, 0, head), CODE_BAD_PROTOCOL,
		       "'%.32s' is no protocol: tcp, udp, sctp, icmp and icmp6 are", name);
	pol_did_you_mean(p, d, pol_part(n, 0, head), s.best);
}

/* --- numbers ------------------------------------------------------------------------------------
 */

static bool is_digits(const char *s, size_t n)
{
	return n && strspn(s, "0123456789") >= n;
}

/* One number of a range; reports it if it is out of bounds. */
static bool read_port(struct pol *p, const struct ast_name *n, size_t from, size_t len,
		      uint16_t *out)
{
	uint32_t number;

	if (pol_number(n->s + from, len, 65535, &number) && number) {
		*out = (uint16_t)number;
		return true;
	}
	diag_error(&p->l->diag, pol_part(n, from, from + len), CODE_BAD_PORT,
		   "'%.*s' is no port: ports go from 1 to 65535", len > 20 ? 20 : (int)len,
		   n->s + from);
	return false;
}

static void read_range(struct pol *p, const struct ast_name *n, size_t from, struct ast_port *out)
{
	const char *s = n->s + from, *dash = strchr(s, '-');
	size_t first = dash ? (size_t)(dash - s) : strlen(s);
	size_t second = dash ? strlen(dash + 1) : 0;

	out->kind = AST_PORT_RANGE;
	if (!read_port(p, n, from, first, &out->lo))
		return;
	out->hi = out->lo;
	out->number = pol_part(n, from, strlen(n->s));
	if (!dash || !read_port(p, n, from + first + 1, second, &out->hi))
		return;
	if (out->lo > out->hi)
		bad_port(p, pol_part(n, from, strlen(n->s)), "the range ends before it begins",
			 pol_part(n, from, strlen(n->s)),
			 arena_printf(&p->l->arena, "%u-%u", out->hi, out->lo));
}

/* A name of the destination's ports, or a slip in a number. */
static void read_named(struct pol *p, const struct ast_name *n, size_t from, struct ast_port *out)
{
	const char *s = n->s + from, *fault = k8s_port_name_fault(s);
	size_t colon = strcspn(s, ":");

	out->kind = AST_PORT_NAMED;
	out->name = (struct ast_name){.loc = pol_part(n, from, strlen(n->s)), .s = s};
	if (s[colon] && is_digits(s, colon) && is_digits(s + colon + 1, strlen(s + colon + 1)))
		bad_port(p, out->name.loc, "a range of ports is written with '-'", out->name.loc,
			 arena_printf(&p->l->arena, "%.*s-%s", (int)colon, s, s + colon + 1));
	else if (fault)
		diag_error(&p->l->diag, out->name.loc, CODE_BAD_PORT,
			   "'%.32s' is neither a port number nor the name of a port: %s", s, fault);
}

/* `8` or `3/4` behind `icmp/`: a type, or a type and a code. */
static void read_icmp(struct pol *p, const struct ast_name *n, size_t from, struct ast_port *out)
{
	const char *s = n->s + from, *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	uint32_t type = 0, code = 0;

	out->kind = AST_PORT_RANGE;
	if (!pol_number(s, len, 255, &type)) {
		struct diag_item *d =
			diag_error(&p->l->diag, pol_part(n, from, from + len), CODE_BAD_PORT,
				   "'%.*s' is no ICMP type: types are numbers from 0 to 255",
				   len > 20 ? 20 : (int)len, s);

		if (strncasecmp(s, "echo", 4) == 0)
			pol_did_you_mean(p, d, pol_part(n, from, strlen(n->s)),
					 out->proto == AST_PROTO_ICMP ? "8" : "128");
		return;
	}
	if (slash && !pol_number(slash + 1, strlen(slash + 1), 255, &code)) {
		diag_error(&p->l->diag, pol_part(n, from + len + 1, strlen(n->s)), CODE_BAD_PORT,
			   "'%.20s' is no ICMP code: codes are numbers from 0 to 255", slash + 1);
		return;
	}
	out->lo = (uint16_t)(type << 8 | code);
	out->hi = slash ? out->lo : (uint16_t)(type << 8 | 0xff);
}

/* --- ports ---------------------------------------------------------------------------------------
 */

static void read_qualified(struct pol *p, const struct ast_name *n, size_t head,
			   struct ast_port *out)
{
	const struct protocol *proto = protocol_of(n->s, head);
	const char *rest = n->s + head + 1;

	out->kind = AST_PORT_NONE; /* a harmless stand-in */
	if (!proto) {
		report_protocol(p, n, head);
		return;
	}
	out->proto = proto->proto;
	if (proto->proto == AST_PROTO_ANY)
		bad_port(p, n->loc, "a port needs a protocol: 'any' stands alone", n->loc,
			 arena_printf(&p->l->arena, "tcp/%s", rest));
	else if (proto->proto == AST_PROTO_ICMP || proto->proto == AST_PROTO_ICMP6)
		read_icmp(p, n, head + 1, out);
	else if (!rest[strspn(rest, "0123456789-")])
		read_range(p, n, head + 1, out);
	else
		read_named(p, n, head + 1, out);
}

struct ast_port pol_port(struct pol *p, struct ast_name n)
{
	struct ast_port port = {.loc = n.loc};
	const struct protocol *proto = protocol_of(n.s, strlen(n.s));
	const char *slash = strchr(n.s, '/');
	uint32_t number;

	if (slash) {
		read_qualified(p, &n, (size_t)(slash - n.s), &port);
	} else if (proto) {
		port.kind = AST_PORT_ANY;
		port.proto = proto->proto;
	} else if (strcmp(n.s, "none") == 0) {
		port.kind = AST_PORT_NONE;
	} else if (strcmp(n.s, "all") == 0) {
		port.kind = AST_PORT_ANY;
		bad_port(p, n.loc, "'all' is a peer: every protocol and port is 'any'", n.loc,
			 "any");
	} else if (pol_number(n.s, strcspn(n.s, "-"), 65535, &number)) {
		port.kind = AST_PORT_NONE;
		report_protocol(p, &n, strcspn(n.s, "-"));
	} else {
		port.kind = AST_PORT_REF;
		port.name = n;
		pol_check_name(p, &n, "port or name of a definition");
	}
	return port;
}

struct pol_ports *pol_ports(struct pol *p, struct pol_ports *to, struct ast_name n)
{
	if (!to)
		to = arena_new(&p->l->arena, struct pol_ports);
	if (n.s && pol_has_room(p, to->list.n, n.loc))
		vec_push(&p->l->arena, &to->list, pol_port(p, n));
	return to;
}

struct ast_endpoint_port pol_port_declared(struct pol *p, struct loc loc, struct ast_name name,
					   struct ast_name word)
{
	size_t before = p->l->diag.errors;
	struct ast_port port = pol_port(p, word);
	struct ast_endpoint_port out = {
		.loc = loc, .name = name, .proto = port.proto, .port = port.lo};
	const char *fault = name.s ? k8s_port_name_fault(name.s) : NULL;

	if (fault)
		diag_error(&p->l->diag, name.loc, CODE_BAD_NAME, "'%.32s' is no name of a port: %s",
			   name.s, fault);
	if (p->l->diag.errors != before)
		return out;
	if (port.kind != AST_PORT_RANGE || port.lo != port.hi || port.proto == AST_PROTO_ICMP ||
	    port.proto == AST_PROTO_ICMP6)
		diag_error(&p->l->diag, word.loc, CODE_BAD_PORT,
			   "an endpoint listens on one port of tcp, udp or sctp, such as tcp/8080");
	return out;
}
