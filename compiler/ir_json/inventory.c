/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces and endpoints. */
#include <errno.h>
#include <string.h>

#include "compiler/ir_json/read.h"

int ir_read_namespace(struct ir_reader *r, const struct ir_value *v, void *to)
{
	size_t n = r->namespaces.strings.n;
	struct ir *ir = to;
	uint32_t name;
	int err = ir_read_word_id(r, v, &name);

	if (err)
		return err;
	if (intern_add(&r->namespaces, intern_str(&ir->strings, name)) != n)
		return ir_refuse(r, v, "the namespace is there twice");
	vec_push(r->arena, &ir->namespaces, name);
	return 0;
}

/* --- endpoints -------------------------------------------------------------------------- */

static int read_label(struct ir_reader *r, const struct ir_value *v, enum ir_scope scope,
		      struct ir_endpoint *ep)
{
	struct ir_label label = {.scope = scope};
	json_t *key = json_string(v->key);
	struct ir_value name = {.json = key, .up = v->up, .key = v->key};
	int err = ir_read_word_id(r, &name, &label.key);

	json_decref(key);
	if (!err)
		err = ir_read_label_value(r, v, &label.value);
	if (!err)
		vec_push(r->arena, &ep->labels, label);
	return err;
}

static int read_labels(struct ir_reader *r, const struct ir_value *v, enum ir_scope scope,
		       struct ir_endpoint *ep)
{
	struct ir_value part = {.up = v};
	int err;

	if (!json_is_object(v->json))
		return ir_refuse(r, v, "an object is wanted here");
	json_object_foreach(v->json, part.key, part.json)
	{
		err = read_label(r, &part, scope, ep);
		if (err)
			return err;
	}
	return 0;
}

static int read_own_labels(struct ir_reader *r, const struct ir_value *v, void *to)
{
	return read_labels(r, v, IR_SCOPE_ENDPOINT, to);
}

static int read_ns_labels(struct ir_reader *r, const struct ir_value *v, void *to)
{
	return read_labels(r, v, IR_SCOPE_NAMESPACE, to);
}

static int read_addr(struct ir_reader *r, const struct ir_value *v, void *to)
{
	const char *text = json_string_value(v->json);
	struct ir_endpoint *ep = to;
	struct net_addr addr;

	if (!text || net_addr_parse(text, &addr))
		return ir_refuse(r, v, "an address is wanted here");
	vec_push(r->arena, &ep->addrs, addr);
	return 0;
}

static int read_port_proto(struct ir_reader *r, const struct ir_value *v, void *to)
{
	struct ir_named_port *port = to;

	return ir_read_named_proto(r, v, &port->proto);
}

static int read_named_port(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("name", ir_read_word_id, .at = offsetof(struct ir_named_port, name)),
		IR_FIELD("proto", read_port_proto),
		IR_FIELD("port", ir_read_u16, .at = offsetof(struct ir_named_port, port)),
		{0},
	};
	struct ir_endpoint *ep = to;
	struct ir_named_port port = {0};
	int err = ir_read_object(r, v, fields, &port, NULL);

	if (err)
		return err;
	if (port.port == 0)
		return ir_refuse(r, v, "ports go from 1 to 65535");
	vec_push(r->arena, &ep->ports, port);
	return 0;
}

/* The namespace is one of the inventory, and the name begins with it. */
static bool namespace_ok(const struct ir_reader *r, const struct ir_endpoint *ep)
{
	size_t n;

	if (!ep->ns)
		return true;
	n = strlen(ep->ns);
	return intern_find(&r->namespaces, ep->ns) != INTERN_NONE &&
	       strncmp(ep->name, ep->ns, n) == 0 && ep->name[n] == '/';
}

int ir_read_endpoint(struct ir_reader *r, const struct ir_value *v, void *to)
{
	static const struct ir_field fields[] = {
		IR_FIELD("name", ir_read_name, .at = offsetof(struct ir_endpoint, name)),
		IR_FIELD("kind", ir_read_name, .at = offsetof(struct ir_endpoint, kind)),
		IR_FIELD("at", ir_read_place, .at = offsetof(struct ir_endpoint, loc)),
		IR_FIELD("namespace", ir_read_name, .at = offsetof(struct ir_endpoint, ns),
			 .need = IR_OPTIONAL),
		IR_FIELD("host", ir_read_true, .at = offsetof(struct ir_endpoint, host),
			 .need = IR_OPTIONAL),
		IR_FIELD("onNode", ir_read_name, .at = offsetof(struct ir_endpoint, on_node),
			 .need = IR_OPTIONAL),
		IR_FIELD("workload", ir_read_true, .at = offsetof(struct ir_endpoint, workload),
			 .need = IR_OPTIONAL),
		IR_FIELD("labels", read_own_labels),
		IR_FIELD("namespaceLabels", read_ns_labels),
		IR_FIELD("addresses", read_addr, .list = true),
		IR_FIELD("ports", read_named_port, .list = true),
		{0},
	};
	struct ir *ir = to;
	struct ir_endpoint *ep = arena_new(r->arena, struct ir_endpoint);
	const struct ir_endpoint *last =
		ir->endpoints.n ? ir->endpoints.v[ir->endpoints.n - 1] : NULL;
	int err = ir_read_object(r, v, fields, ep, NULL);

	if (err)
		return err;
	if (last && strcmp(last->name, ep->name) >= 0)
		return ir_refuse(r, v, "'%.80s' is out of order or there twice", ep->name);
	if (!namespace_ok(r, ep))
		return ir_refuse(r, v,
				 "'%.80s' is not of the namespace '%.80s', or the inventory "
				 "has no such one",
				 ep->name, ep->ns);
	ir_endpoint_sort_labels(ep);
	ep->id = (uint32_t)ir->endpoints.n;
	vec_push(r->arena, &ir->endpoints, ep);
	return 0;
}
