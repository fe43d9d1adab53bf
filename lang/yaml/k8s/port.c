/* SPDX-License-Identifier: Apache-2.0 */
/* NetworkPolicyPort: a protocol, and a number, a range or the name of a port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/fix.h"
#include "lang/yaml/k8s/meta.h"
#include "lang/yaml/k8s/network_policy.h"
#include "lang/yaml/problem.h"

struct port {
	struct ast_port ast;
	struct loc end_loc;
	uint16_t end;
	const struct yaml_node *map; /* all of it */
};

/* --- ranges as other programs write them -------------------------------------------------- */

static bool port_number(const char *text, size_t n, unsigned *out)
{
	if (n == 0 || n > 5 || text[0] == '0' || strspn(text, "0123456789") < n)
		return false;
	*out = (unsigned)strtoul(text, NULL, 10);
	return *out <= UINT16_MAX;
}

/* 8000-9000 */
static bool is_range(const char *text, unsigned *lo, unsigned *hi)
{
	const char *dash = strchr(text, '-');

	return dash && port_number(text, (size_t)(dash - text), lo) &&
	       port_number(dash + 1, strlen(dash + 1), hi) && *lo < *hi;
}

/* What stands between the number of `port` and that of an `endPort` behind it; NULL: the object is
 * not written in a way that tells. */
static const char *before_end_port(struct yaml_ctx *c, const struct yaml_node *map,
				   const struct yaml_node *value)
{
	const struct source *src = sources_get(&c->l->sources, map->loc.file);
	struct loc first = map->pairs.v[0].key_loc, key = LOC_NONE;
	const char *begin = source_line_start(src, map->loc.line) + map->loc.col - 1;
	const char *line;
	bool quoted;
	size_t len;

	vec_each (const struct yaml_pair, pair, &map->pairs)
		if (pair->value == value)
			key = pair->key_loc;
	if (key.line != value->loc.line || yaml_get(map, "endPort"))
		return NULL;
	quoted = source_line_start(src, key.line)[key.col - 1] == '"';
	if (*begin == '{')
		return quoted ? ", \"endPort\": " : ", endPort: ";
	if (first.line != map->loc.line || first.col != map->loc.col)
		return NULL;
	line = source_line(src, key.line, &len);
	return arena_printf(c->scratch, "%s\n%*sendPort: ", line[len] == '\r' ? "\r" : "",
			    (int)key.col - 1, "");
}

static int refuse_port_range(struct yaml_ctx *c, const struct yaml_node *map,
			     const struct yaml_node *n, unsigned lo, unsigned hi)
{
	const char *between = before_end_port(c, map, n);
	struct yaml_fix fix = {.plain = true, .sure = true};
	struct diag_item *item;

	item = diag_error(&c->l->diag, n->loc, CODE_BAD_PORT,
			  "'%s' is no range to Kubernetes, but a name without a letter: write port "
			  "%u and endPort %u",
			  n->text, lo, hi);
	if (!between)
		return -EINVAL;
	fix.text = arena_printf(c->scratch, "%u%s%u", lo, between, hi);
	fix.title = arena_printf(c->scratch, "write port %u and endPort %u", lo, hi);
	yaml_add_fix(c, item, n->loc, n->text, &fix);
	return -EINVAL;
}

/* --- the fields ------------------------------------------------------------------------------ */

/* IntOrString: "80" in quotes is the *name* of a port, and no valid one. */
static int read_port_value(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_port *port = &((struct port *)out)->ast;
	const struct yaml_node *map = ((struct port *)out)->map;
	struct diag_item *item;
	unsigned lo, hi;
	int64_t number;

	if (n->kind == YAML_STR && yaml_resolve(n->text, &number) == YAML_INT) {
		item = diag_error(&c->l->diag, n->loc, CODE_BAD_PORT,
				  "'%s' in quotes is the name of a port, and a port name needs a "
				  "letter: write the number without quotes",
				  yaml_show(c->scratch, n->text));
		yaml_fix_quotes(c, item, n);
		return -EINVAL;
	}
	if (n->kind == YAML_STR && is_range(n->text, &lo, &hi))
		return refuse_port_range(c, map, n, lo, hi);
	if (n->kind == YAML_STR) {
		port->kind = AST_PORT_NAMED;
		return k8s_read_port_name(c, n, &port->name);
	}
	if (!k8s_is_whole(n, &number))
		return yaml_wrong_type(c, n, "a port number or name");
	if (k8s_read_port_number(c, n, &port->lo) < 0)
		return -EINVAL;
	port->kind = AST_PORT_RANGE;
	port->hi = port->lo;
	port->number = n->loc;
	port->quotes_names = true;
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

#define TCP "Kubernetes then reads TCP; remove the field if you mean this"
#define EVERY_NUMBER                                                                               \
	"Kubernetes then matches every port of the protocol; remove the field if you mean this"
#define NO_RANGE "Kubernetes then matches one port; remove the field if you mean this"

static const struct yaml_object port_object = {
	.what = "a NetworkPolicy port",
	.fields =
		(const struct yaml_field[]){
			{"protocol", .read = read_protocol, .at = offsetof(struct port, ast),
			 .if_null = TCP},
			{"port", .read = read_port_value, .if_null = EVERY_NUMBER},
			{"endPort", .read = read_end_port, .if_null = NO_RANGE},
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
	p->ast.number = LOC_NONE;
	return p->ast.kind == AST_PORT_RANGE && p->end >= p->ast.lo ? 0 : -EINVAL;
}

int np_read_port(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct port p = {.map = n,
			 .ast = {.loc = n->loc, .kind = AST_PORT_ANY, .proto = AST_PROTO_TCP}};
	struct np_rule *rule = out;

	if (yaml_decode(c, n, &port_object, &p) < 0 || apply_end_port(c, &p) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &rule->ast->ports, p.ast);
	return 0;
}
