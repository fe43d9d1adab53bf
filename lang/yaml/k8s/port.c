/* SPDX-License-Identifier: Apache-2.0 */
/* NetworkPolicyPort: a protocol, and a number, a range or the name of a port. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/k8s/meta.h"
#include "lang/yaml/k8s/network_policy.h"
#include "lang/yaml/problem.h"

struct port {
	struct ast_port ast;
	struct loc end_loc;
	uint16_t end;
};

/* What to write for the value: a line of its own for `endPort` where `port` is a key of a block,
 * else an entry in the same braces, in quotes as JSON has them. */
static const char *range_text(struct yaml_ctx *c, const struct yaml_node *n, unsigned from,
			      unsigned to)
{
	const char *line = source_line_start(sources_get(&c->l->sources, n->loc.file), n->loc.line);
	size_t width = strspn(line, " -");
	const char *quote = memchr(line, '"', n->loc.col - 1) ? "\"" : "";

	if (strncmp(line + width, "port: ", 6) == 0)
		return arena_printf(c->scratch, "%u\n%*sendPort: %u", from, (int)width, "", to);
	return arena_printf(c->scratch, "%u, %sendPort%s: %u", from, quote, quote, to);
}

/* "6581-6586" reads like the range that Kubernetes writes with endPort. */
static int refuse_dash(struct yaml_ctx *c, const struct yaml_node *n, unsigned from, unsigned to)
{
	struct diag_item *item =
		diag_error(&c->l->diag, n->loc, CODE_BAD_PORT,
			   "'%s' is no range of ports, and no name of one: write 'port: %u' and "
			   "'endPort: %u'",
			   yaml_show(c->scratch, n->text), from, to);

	diag_fix(&c->l->diag, item, n->loc, range_text(c, n, from, to),
		 "write port: %u, endPort: %u", from, to);
	return -EINVAL;
}

static bool is_dashed(const char *text, unsigned *from, unsigned *to)
{
	int n = 0;

	return *text >= '0' && *text <= '9' && sscanf(text, "%5u-%5u%n", from, to, &n) == 2 &&
	       !text[n] && *from > 0 && *from < *to && *to <= UINT16_MAX;
}

/* IntOrString: "80" in quotes is the *name* of a port, and no valid one. */
static int read_port_value(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_port *port = out;
	struct diag_item *item;
	unsigned from, to;
	int64_t number;

	if (n->kind == YAML_STR && is_dashed(n->text, &from, &to))
		return refuse_dash(c, n, from, to);
	if (n->kind == YAML_STR && yaml_resolve(n->text, &number) == YAML_INT) {
		item = diag_error(&c->l->diag, n->loc, CODE_BAD_PORT,
				  "'%s' in quotes is the name of a port, and a port name needs a "
				  "letter: write the number without quotes",
				  yaml_show(c->scratch, n->text));
		diag_fix(&c->l->diag, item, n->loc, n->text, "remove the quotes");
		return -EINVAL;
	}
	if (n->kind == YAML_STR) {
		port->kind = AST_PORT_NAMED;
		return k8s_read_port_name(c, n, &port->name);
	}
	if (n->kind != YAML_INT)
		return yaml_wrong_type(c, n, "a port number or name");
	if (k8s_read_port_number(c, n, &port->lo) < 0)
		return -EINVAL;
	port->kind = AST_PORT_RANGE;
	port->hi = port->lo;
	return 0;
}

static int read_protocol(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	return k8s_read_protocol(c, n, &((struct ast_port *)out)->proto);
}

static int read_end_port(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct port *p = out;

	p->end_loc = n->loc;
	return k8s_read_port_number(c, n, &p->end);
}

static const struct yaml_object port_object = {
	.what = "a NetworkPolicy port",
	.fields =
		(const struct yaml_field[]){
			{"protocol", .read = read_protocol, .at = offsetof(struct port, ast)},
			{"port", .read = read_port_value, .at = offsetof(struct port, ast)},
			{"endPort", .read = read_end_port},
			{0},
		},
};

static int apply_end_port(struct yaml_ctx *c, struct port *p)
{
	struct diag *d = &c->l->diag;

	if (!p->end_loc.line)
		return 0;
	if (p->ast.kind == AST_PORT_ANY)
		diag_error(d, p->end_loc, CODE_BAD_PORT,
			   "'endPort' ends a range that 'port' must begin: add 'port'");
	else if (p->ast.kind == AST_PORT_NAMED)
		diag_error(d, p->end_loc, CODE_BAD_PORT,
			   "'endPort' cannot follow the named port '%s': write its number",
			   p->ast.name.s);
	else if (p->end < p->ast.lo)
		diag_error(d, p->end_loc, CODE_BAD_PORT,
			   "'endPort' %u lies below 'port' %u: swap them", p->end, p->ast.lo);
	else
		p->ast.hi = p->end;
	return p->ast.kind == AST_PORT_RANGE && p->end >= p->ast.lo ? 0 : -EINVAL;
}

int np_read_port(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct port p = {.ast = {.loc = n->loc, .kind = AST_PORT_ANY, .proto = AST_PROTO_TCP}};
	struct np_rule *rule = out;

	if (yaml_decode(c, n, &port_object, &p) < 0 || apply_end_port(c, &p) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &rule->ast->ports, p.ast);
	return 0;
}
