/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors and ports, read. */
#include <errno.h>
#include <string.h>

#include "compiler/ir/port.h"
#include "compiler/ir_json/read.h"

/* --- words ------------------------------------------------------------------------------ */

static const char *op_word(unsigned i)
{
	return ir_op_name((enum ir_op)i);
}

static const char *scope_word(unsigned i)
{
	return ir_scope_name((enum ir_scope)i);
}

static int read_op(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_req *req = to;
	unsigned op;
	int err = ir_read_word(r, v, op_word, IR_ABSENT + 1, &op);

	req->op = (enum ir_op)op;
	return err;
}

static int read_scope(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_req *req = to;
	unsigned scope;
	int err = ir_read_word(r, v, scope_word, IR_SCOPE_NAMESPACE + 1, &scope);

	req->scope = (enum ir_scope)scope;
	return err;
}

/* --- selectors -------------------------------------------------------------------------- */

static int read_value(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_req *req = to;
	uint32_t value;
	int err = ir_read_label_value(r, v, &value);

	if (!err)
		vec_push(r->arena, &req->values, value);
	return err;
}

static int read_req(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("scope", read_scope),
		IR_FIELD("key", ir_read_word_id, .at = offsetof(struct ir_req, key)),
		IR_FIELD("op", read_op),
		IR_FIELD("values", read_value, .need = IR_OPTIONAL, .list = true),
		{0},
	};
	struct ir_selector *sel = to;
	struct ir_req req = {.loc = r->here};
	int err = ir_read_object(r, v, fields, &req, NULL);
	bool lists = req.op == IR_IN || req.op == IR_NOT_IN;

	if (err)
		return err;
	if (lists != (req.values.n > 0))
		return ir_refuse(r, v, "'%s' has %s values", ir_op_name(req.op),
				 lists ? "one or more" : "no");
	vec_push(r->arena, &sel->reqs, req);
	return 0;
}

int ir_read_selector(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const char *word = json_string_value(v->json);
	struct ir_selector *sel = to;

	*sel = (struct ir_selector){.loc = r->here};
	if (!word)
		return ir_read_list(r, v, read_req, sel);
	if (strcmp(word, "none") != 0)
		return ir_refuse(r, v, "a selector is a list, or \"none\"");
	sel->none = true;
	return 0;
}

/* --- kinds ------------------------------------------------------------------------------ */

unsigned ir_read_kind(const unsigned *kinds, unsigned n, unsigned seen)
{
	unsigned kind = 0;

	while (kind < n && seen != kinds[kind])
		kind++;
	return kind;
}

/* --- ports ------------------------------------------------------------------------------ */

int ir_read_proto(struct ir_reader *r, const struct ir_value *v, uint16_t *out)
{
	const char *text = json_string_value(v->json);
	int proto = text ? ir_proto_parse(text) : -1;

	if (proto < 0)
		return ir_refuse(r, v, "the name of a protocol is wanted here");
	*out = (uint16_t)proto;
	return 0;
}

int ir_read_named_proto(struct ir_reader *r, const struct ir_value *v, uint16_t *out)
{
	int err = ir_read_proto(r, v, out);

	if (!err && !ir_proto_has_names(*out))
		return ir_refuse(r, v, "ports of this protocol have no names");
	return err;
}

static int read_port_proto(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_port *port = to;

	return ir_read_proto(r, v, &port->proto);
}

/* `none` tells by being there. */
static int read_none(struct ir_reader *r, const struct ir_value *v, void *to)
{
	bool none;

	(void)to;
	return ir_read_true(r, v, &none);
}

static const struct ir_field port_fields[] = {
	IR_FIELD("none", read_none, .need = IR_OPTIONAL),
	IR_FIELD("proto", read_port_proto, .need = IR_OPTIONAL),
	IR_FIELD("lo", ir_read_u16, .at = offsetof(struct ir_port, lo), .need = IR_OPTIONAL),
	IR_FIELD("hi", ir_read_u16, .at = offsetof(struct ir_port, hi), .need = IR_OPTIONAL),
	IR_FIELD("name", ir_read_word_id, .at = offsetof(struct ir_port, name),
		 .need = IR_OPTIONAL),
	{0},
};
static const unsigned port_kinds[] = {
	[IR_PORT_ANY] = 1u << 1,
	[IR_PORT_RANGE] = 1u << 1 | 1u << 2 | 1u << 3,
	[IR_PORT_NAMED] = 1u << 1 | 1u << 4,
	[IR_PORT_NONE] = 1u << 0,
};
enum { N_PORT_KINDS = sizeof(port_kinds) / sizeof(*port_kinds) };

int ir_read_port(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_port *port = to;
	unsigned seen = 0, kind;
	int err;

	*port = (struct ir_port){.loc = r->here};
	err = ir_read_object(r, v, port_fields, port, &seen);
	if (err)
		return err;
	kind = ir_read_kind(port_kinds, N_PORT_KINDS, seen);
	if (kind == N_PORT_KINDS)
		return ir_refuse(r, v,
				 "a port is \"none\", or a protocol alone, with lo and hi, "
				 "or with a name");
	if (kind != IR_PORT_ANY && port->proto == IR_PROTO_ANY)
		return ir_refuse(r, v, "\"any\" has no ports");
	if (kind == IR_PORT_NAMED && !ir_proto_has_names(port->proto))
		return ir_refuse(r, v, "ports of this protocol have no names");
	if (port->lo > port->hi)
		return ir_refuse(r, v, "the range ends before it begins");
	port->kind = (enum ir_port_kind)kind;
	return 0;
}
