/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir_json/write.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/ir_json.h"

json_t *ir_json_string(const struct intern *strings, uint32_t id)
{
	return json_string(intern_str(strings, id));
}

json_t *ir_json_selector(const struct intern *strings, const struct ir_selector *sel)
{
	json_t *reqs;

	if (sel->none)
		return json_string("none");
	reqs = json_array();
	vec_each (const struct ir_req, req, &sel->reqs) {
		json_t *obj =
			json_pack("{s:s, s:o, s:s}", "scope", ir_scope_name(req->scope), "key",
				  ir_json_string(strings, req->key), "op", ir_op_name(req->op));
		json_t *values = json_array();

		vec_each (const uint32_t, v, &req->values)
			json_array_append_new(values, ir_json_string(strings, *v));
		if (req->op == IR_IN || req->op == IR_NOT_IN)
			json_object_set(obj, "values", values);
		json_decref(values);
		json_array_append_new(reqs, obj);
	}
	return reqs;
}

json_t *ir_json_port(const struct intern *strings, const struct ir_port *port)
{
	const char *proto = ir_proto_name(port->proto);

	switch (port->kind) {
	case IR_PORT_ANY:
		return json_pack("{s:s}", "proto", proto);
	case IR_PORT_RANGE:
		return json_pack("{s:s, s:i, s:i}", "proto", proto, "lo", port->lo, "hi", port->hi);
	case IR_PORT_NAMED:
		return json_pack("{s:s, s:o}", "proto", proto, "name",
				 ir_json_string(strings, port->name));
	case IR_PORT_NONE:
		return json_pack("{s:b}", "none", 1);
	}
	return json_null();
}

struct label_text {
	const char *key, *value;
};

static int label_text_order(const void *a, const void *b)
{
	const struct label_text *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* In the order of their keys as text: that of the IR follows from numbers that text does not
 * have, and would be another one after reading. */
json_t *ir_json_labels(const struct intern *strings, const struct ir_endpoint *ep,
		       enum ir_scope scope)
{
	struct label_text *labels = calloc(ep->labels.n + 1, sizeof(*labels));
	json_t *obj = json_object();
	size_t n = 0;

	if (!labels)
		abort();
	vec_each (const struct ir_label, label, &ep->labels) {
		if (label->scope == scope)
			labels[n++] = (struct label_text){intern_str(strings, label->key),
							  intern_str(strings, label->value)};
	}
	qsort(labels, n, sizeof(*labels), label_text_order);
	for (size_t i = 0; i < n; i++)
		json_object_set_new(obj, labels[i].key, json_string(labels[i].value));
	free(labels);
	return obj;
}

json_t *ir_json_addrs(const struct ir_endpoint *ep)
{
	json_t *addrs = json_array();

	vec_each (const struct net_addr, addr, &ep->addrs) {
		char text[NET_ADDR_STRLEN];

		json_array_append_new(addrs, json_string(net_addr_format(addr, text)));
	}
	return addrs;
}

json_t *ir_json_endpoint(const struct intern *strings, const struct ir_endpoint *ep, json_t *at)
{
	json_t *ports = json_array(), *obj;

	vec_each (const struct ir_named_port, port, &ep->ports)
		json_array_append_new(ports,
				      json_pack("{s:o, s:s, s:i}", "name",
						ir_json_string(strings, port->name), "proto",
						ir_proto_name(port->proto), "port", port->port));
	obj = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "name", ep->name, "kind", ep->kind,
			"at", at, "labels", ir_json_labels(strings, ep, IR_SCOPE_ENDPOINT),
			"namespaceLabels", ir_json_labels(strings, ep, IR_SCOPE_NAMESPACE),
			"addresses", ir_json_addrs(ep), "ports", ports);
	if (ep->host)
		json_object_set_new(obj, "host", json_true());
	if (ep->on_node)
		json_object_set_new(obj, "onNode", json_string(ep->on_node));
	if (ep->workload)
		json_object_set_new(obj, "workload", json_true());
	return obj;
}

void ir_json_one(const struct intern *strings, const struct ir_endpoint *ep, struct buf *out)
{
	json_t *value = ir_json_endpoint(strings, ep, json_string(""));
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	if (!text)
		abort();
	buf_puts(out, text);
	free(text);
	json_decref(value);
}
