/* SPDX-License-Identifier: Apache-2.0 */
/* What the input shows beside policies and endpoints: namespaces and Services. */
#include "compiler/resolve/resolve.h"

/* --- namespaces --------------------------------------------------------------------------- */

static int add_declared(struct resolve *r, const struct ast_file *file, const struct ast_item *item)
{
	const struct ast_namespace *in = item->ns;
	struct ir_namespace ns = {.name = intern_add(&r->ir->strings, in->name.s),
				  .proof = IR_NS_DECLARED,
				  .loc = in->name.loc};

	(void)file;
	vec_each (const struct ast_label, label, &in->labels)
		vec_push(r->arena, &ns.labels,
			 ((struct ir_label){.scope = IR_SCOPE_NAMESPACE,
					    .key = intern_add(&r->ir->strings, label->key.s),
					    .value = intern_add(&r->ir->strings, label->value.s)}));
	vec_push(r->arena, &r->ir->beside.namespaces, ns);
	return 0;
}

static void add_known(struct resolve *r, uint32_t name, enum ir_namespace_proof proof)
{
	vec_push(r->arena, &r->ir->beside.namespaces,
		 ((struct ir_namespace){.name = name, .proof = proof}));
}

static void add_namespaces(struct resolve *r)
{
	resolve_each(r, AST_ITEM_NAMESPACE, add_declared);
	vec_each (const char *, name, &r->lang->beside.namespaces.strings)
		add_known(r, intern_add(&r->ir->strings, *name), IR_NS_OF_OBJECT);
	vec_each (const char *, name, &r->lang->beside.targets.strings)
		add_known(r, intern_add(&r->ir->strings, *name), IR_NS_TARGET);
	vec_each (struct ir_policy *, policy, &r->ir->policies)
		if ((*policy)->ns.name && (*policy)->ns.written)
			add_known(r, intern_add(&r->ir->strings, (*policy)->ns.name),
				  IR_NS_OF_POLICY);
}

/* --- services ----------------------------------------------------------------------------- */

static void add_req(struct resolve *r, enum ir_scope scope, const char *key, const char *value,
		    struct ir_selector *out)
{
	struct ir_req req = {.scope = scope, .op = IR_IN, .key = intern_add(&r->ir->strings, key)};

	vec_push(r->arena, &req.values, intern_add(&r->ir->strings, value));
	vec_push(r->arena, &out->reqs, req);
}

static void add_service(struct resolve *r, const struct beside_service *in)
{
	struct ir_service out = {
		.ns = in->ns, .name = in->name, .headless = in->headless, .loc = in->loc};

	add_req(r, IR_SCOPE_NAMESPACE, IR_NS_NAME_KEY, in->ns, &out.selector);
	vec_each (const struct ast_label, label, &in->selector)
		add_req(r, IR_SCOPE_ENDPOINT, label->key.s, label->value.s, &out.selector);
	vec_each (const struct beside_port, port, &in->ports)
		vec_push(r->arena, &out.ports,
			 ((struct ir_service_port){
				 .proto = resolve_proto(port->proto),
				 .port = port->port,
				 .target = port->target,
				 .node = port->node,
				 .target_name = port->target_name ? intern_add(&r->ir->strings,
									       port->target_name)
								  : INTERN_NONE}));
	vec_push(r->arena, &r->ir->beside.services, out);
}

static void add_unread(struct resolve *r, const struct beside_unread *in)
{
	vec_push(r->arena, &r->ir->beside.unread,
		 ((struct ir_unread_object){
			 .kind = arena_strdup(r->arena, in->kind),
			 .name = arena_printf(r->arena, "%s/%s", in->ns, in->name),
			 .loc = in->loc}));
}

static void add_object_labels(struct resolve *r, const struct ast_endpoint *ep)
{
	vec_each (const struct ast_label, label, &ep->object_labels)
		vec_push(r->arena, &r->ir->beside.object_labels,
			 ((struct ir_object_label){
				 .kind = ep->kind,
				 .ns = ep->ns.s,
				 .name = ep->name.s,
				 .key = intern_add(&r->ir->strings, label->key.s),
				 .value = intern_add(&r->ir->strings, label->value.s),
				 .loc = label->loc}));
}

void resolve_beside(struct resolve *r)
{
	add_namespaces(r);
	vec_each (const struct ast_label, label, &r->lang->beside.added)
		vec_push(r->arena, &r->ir->beside.added,
			 ((struct ir_label){.scope = IR_SCOPE_ENDPOINT,
					    .key = intern_add(&r->ir->strings, label->key.s),
					    .value = intern_add(&r->ir->strings, label->value.s)}));
	vec_each (const struct beside_service, service, &r->lang->beside.services)
		add_service(r, service);
	vec_each (const struct beside_unread, object, &r->lang->beside.unread)
		add_unread(r, object);
	vec_each (struct ast_file *, file, &r->lang->files)
		r->ir->beside.complete |= (*file)->inventory_only && (*file)->items.n;
	vec_each (struct ast_file *, file, &r->lang->files)
		vec_each (const struct ast_item, item, &(*file)->items)
			if (item->kind == AST_ITEM_ENDPOINT)
				add_object_labels(r, item->endpoint);
}
