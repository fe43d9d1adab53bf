/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about requests: expressions are compiled, so that a wrong one is refused where it stands.
 */
#include <errno.h>
#include <string.h>

#include "compiler/ir/port.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/codes.h"

static int add_text(const struct ast_name *in, struct ir_l7_value *out)
{
	*out = (struct ir_l7_value){.text = in->s, .loc = in->loc};
	return 0;
}

static int add_regex(struct resolve *r, const struct ast_name *in, bool caseless,
		     struct ir_l7_value *out)
{
	const char *fault;

	add_text(in, out);
	out->regex = regex_compile(r->arena, in->s, caseless, &fault);
	if (out->regex)
		return 0;
	diag_error(r->diag, in->loc, CODE_BAD_VALUE, "no regular expression as RE2 has them: %s",
		   fault);
	return -EINVAL;
}

/* A deny that names a port would never match, and let pass what it was written against. */
static int check_host(struct resolve *r, const struct ast_name *host)
{
	const char *colon = strrchr(host->s, ':');

	if (!colon || strchr(colon, ']'))
		return 0;
	diag_error(r->diag, host->loc, CODE_BAD_VALUE,
		   "a host is compared without its port: leave '%.16s' out", colon);
	return -EINVAL;
}

static int add_cond(struct resolve *r, const struct ast_l7_cond *in, struct ir_l7_entry *entry)
{
	static const char *const names[] = {
		[IR_L7_HEADER] = "header", [IR_L7_HOST] = "host", [IR_L7_CLIENT] = "client"};
	struct ir_l7_cond cond = {.name = in->name.s, .loc = in->loc};
	int err;

	/* The parser has seen to it that it is one of them. */
	while (cond.what < IR_L7_CLIENT && strcmp(names[cond.what], in->what.s) != 0)
		cond.what++;
	if (in->op == AST_MATCH_REGEX)
		err = add_regex(r, &in->value, cond.what == IR_L7_HOST, &cond.value);
	else
		err = add_text(&in->value, &cond.value);
	if (cond.what == IR_L7_HOST && in->op == AST_MATCH_EQ)
		err |= check_host(r, &in->value);
	vec_push(r->arena, &entry->conds, cond);
	return err;
}

static int add_entry(struct resolve *r, const struct ast_l7_rule *in, struct ir_l7 *out)
{
	struct ir_l7_entry entry = {.deny = in->deny, .verb = in->verb.s, .loc = in->loc};
	int err;

	if (out->kind == IR_L7_KAFKA)
		err = add_text(&in->object, &entry.object);
	else
		err = add_regex(r, &in->object, false, &entry.object);
	vec_each (const struct ast_l7_cond, cond, &in->conds)
		err |= add_cond(r, cond, &entry);
	vec_push(r->arena, &out->entries, entry);
	return err;
}

int resolve_l7(struct resolve *r, const struct ast_l7 *in, struct ir_l7 *out)
{
	static const enum ir_l7_kind kinds[] = {[AST_L7_NONE] = IR_L7_NONE,
						[AST_L7_HTTP] = IR_L7_HTTP,
						[AST_L7_GRPC] = IR_L7_GRPC,
						[AST_L7_KAFKA] = IR_L7_KAFKA};
	int err = 0;

	*out = (struct ir_l7){.kind = kinds[in->kind], .loc = in->loc};
	vec_each (const struct ast_l7_rule, rule, &in->rules)
		err |= add_entry(r, rule, out);
	return err ? -EINVAL : 0;
}

/* Requests are spoken over TCP. A rule about them that is about other ports, too, would have
 * packets wait for a request that never comes. */
int resolve_l7_ports(struct resolve *r, const struct ast_l7 *in, const struct resolve_ports *ports)
{
	bool tcp = ports->list.n > 0;

	if (in->kind == AST_L7_NONE)
		return 0;
	vec_each (const struct ir_port, port, &ports->list)
		tcp &= ir_port_aspects(port).nothing || port->proto == IR_PROTO_TCP;
	if (tcp)
		return 0;
	diag_error(r->diag, in->loc, CODE_BAD_VALUE,
		   "requests are read on TCP ports only: name them, and no others, as in 'on "
		   "tcp/80'");
	return -EINVAL;
}
