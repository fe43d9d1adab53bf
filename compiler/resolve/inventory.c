/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces and endpoints: what the policies are applied to. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/resolve/merge.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/codes.h"

/* An object by its kind and name, for those that it owns. */
struct object {
	struct ir_endpoint *ep;
	const char *uid; /* NULL: not said */
};

struct inventory {
	struct intern ns_names; /* index into namespaces */
	struct intern ns_used;  /* by endpoints */
	VEC(const struct ast_namespace *) namespaces;
	struct intern names; /* index into ir->endpoints before they are sorted */
	struct intern addrs; /* index into owners */
	VEC(struct ir_endpoint *) owners;
	struct intern object_names; /* "Deployment shop/web"; index into objects */
	VEC(struct object) objects;
	size_t hosts;
};

/* --- namespaces ------------------------------------------------------------------------- */

static const char *label_value(const struct ast_namespace *ns, const char *key)
{
	vec_each (const struct ast_label, label, &ns->labels) {
		if (strcmp(label->key.s, key) == 0)
			return label->value.s;
	}
	return NULL;
}

/* The same object often comes from a policy directory and from an inventory. */
static void add_namespace(struct resolve *r, struct inventory *inv, const struct ast_namespace *ns)
{
	uint32_t id = intern_add(&inv->ns_names, ns->name.s);
	const struct ast_namespace *earlier;
	bool contradicts;
	struct diag_item *d;

	if (id == inv->namespaces.n) {
		vec_push(r->arena, &inv->namespaces, ns);
		return;
	}
	earlier = inv->namespaces.v[id];
	inv->namespaces.v[id] = merge_namespaces(earlier, ns, r->arena, &contradicts);
	if (!contradicts)
		return;
	d = diag_warning(r->diag, ns->name.loc, CODE_DUPLICATE,
			 "namespace '%s' is defined twice, with different labels: these count",
			 ns->name.s);
	diag_note(r->diag, d, earlier->name.loc, "the other definition");
}

/* --- endpoints -------------------------------------------------------------------------- */

static void add_label(struct resolve *r, struct ir_endpoint *ep, enum ir_scope scope,
		      const char *key, const char *value)
{
	struct ir_label label = {.scope = scope,
				 .key = intern_add(&r->ir->strings, key),
				 .value = intern_add(&r->ir->strings, value)};

	vec_push(r->arena, &ep->labels, label);
}

static void add_labels(struct resolve *r, const struct inventory *inv,
		       const struct ast_endpoint *in, struct ir_endpoint *ep)
{
	uint32_t id = in->ns.s ? intern_find(&inv->ns_names, in->ns.s) : INTERN_NONE;

	vec_each (const struct ast_label, label, &in->labels)
		add_label(r, ep, IR_SCOPE_ENDPOINT, label->key.s, label->value.s);
	resolve_controller_labels(r, in, ep);
	if (id != INTERN_NONE) {
		vec_each (const struct ast_label, label, &inv->namespaces.v[id]->labels)
			add_label(r, ep, IR_SCOPE_NAMESPACE, label->key.s, label->value.s);
	}
	if (in->ns.s && (id == INTERN_NONE || !label_value(inv->namespaces.v[id], IR_NS_NAME_KEY)))
		add_label(r, ep, IR_SCOPE_NAMESPACE, IR_NS_NAME_KEY, in->ns.s);
	ir_endpoint_sort_labels(ep);
}

/* An address is an identity in the datapath. A plan of a cluster may hold one twice and can
 * still be reasoned about, but a bundle for it cannot be built; only hosts share addresses. */
static void add_address(struct resolve *r, struct inventory *inv, const struct ast_address *in,
			struct ir_endpoint *ep)
{
	char text[NET_ADDR_STRLEN];
	uint32_t id = intern_add(&inv->addrs, net_addr_format(&in->addr, text));
	const struct ir_endpoint *owner;
	struct diag_item *d;

	if (id == inv->owners.n)
		vec_push(r->arena, &inv->owners, ep);
	owner = inv->owners.v[id];
	vec_each (const struct net_addr, have, &ep->addrs) {
		if (net_addr_eq(have, &in->addr))
			return;
	}
	vec_push(r->arena, &ep->addrs, in->addr);
	if (owner == ep || (owner->host && ep->host))
		return;
	d = diag_warning(
		r->diag, in->loc, CODE_DUPLICATE,
		"'%s' has the address %s, which belongs to '%s': a bundle cannot tell them "
		"apart",
		ep->name, text, owner->name);
	diag_note(r->diag, d, owner->loc, "the other endpoint");
}

static void add_port(struct resolve *r, const struct ast_endpoint_port *port,
		     struct ir_endpoint *ep)
{
	struct ir_named_port p = {.proto = resolve_proto(port->proto), .port = port->port};

	p.name = port->name.s ? intern_add(&r->ir->strings, port->name.s) : INTERN_NONE;
	vec_push(r->arena, &ep->declared, ((struct ir_declared_port){p.proto, p.port, p.name}));
	if (!port->name.s)
		return;
	/* The first one counts, as in a Pod whose containers repeat a name. */
	if (ir_endpoint_port(ep, p.proto, p.name) < 0)
		vec_push(r->arena, &ep->ports, p);
}

/* Kubernetes looks at sidecars last, wherever the file has them. */
static void add_ports(struct resolve *r, const struct ast_endpoint *in, struct ir_endpoint *ep)
{
	for (int sidecars = 0; sidecars < 2; sidecars++)
		vec_each (const struct ast_endpoint_port, port, &in->ports)
			if (port->sidecar == (bool)sidecars)
				add_port(r, port, ep);
}

static const char *object_name(const struct resolve *r, const struct ast_endpoint *in,
			       const char *kind, const char *name)
{
	return arena_printf(r->arena, "%s %s/%s", kind, in->ns.s ? in->ns.s : "", name);
}

static void note_host(struct resolve *r, struct inventory *inv, const struct ast_endpoint *in,
		      const struct ir_endpoint *ep)
{
	if (strcmp(in->kind, "endpoint") == 0 || inv->hosts++)
		return;
	diag_info(r->diag, in->loc, CODE_HOST_NETWORK,
		  "'%s' uses the host's network: its traffic is host traffic, and no policy "
		  "selects it (further such objects are not mentioned)",
		  ep->name);
}

/* A scaler may make any number of none, and so may a kustomization. */
static bool is_scaled(const struct resolve *r, const struct ast_endpoint *in)
{
	const struct beside *b = &r->lang->beside;

	return intern_find(&b->scaled, object_name(r, in, in->kind, in->name.s)) != INTERN_NONE ||
	       intern_find(&b->resized, in->name.s) != INTERN_NONE ||
	       intern_find(&b->resized, KUSTOMIZE_ANY) != INTERN_NONE;
}

/* Fills in what the text says, but for addresses, which may be somebody's already. */
static void fill_in(struct resolve *r, const struct inventory *inv, const struct ast_endpoint *in,
		    struct ir_endpoint *ep)
{
	ep->kind = in->kind;
	ep->workload = in->workload;
	ep->none = in->none && !is_scaled(r, in);
	ep->generated = in->generated;
	ep->host = in->host_network;
	ep->on_node = in->node;
	ep->ns_assumed = in->ns.s && !in->ns.loc.line;
	ep->loc = in->loc;
	add_labels(r, inv, in, ep);
	add_ports(r, in, ep);
}

static void add_addresses(struct resolve *r, struct inventory *inv, const struct ast_endpoint *in,
			  struct ir_endpoint *ep)
{
	vec_each (const struct ast_address, addr, &in->addresses)
		add_address(r, inv, addr, ep);
}

/* As the text says, with its addresses, before they belong to anybody. */
static struct ir_endpoint read_again(struct resolve *r, const struct inventory *inv,
				     const struct ast_endpoint *in, const char *name)
{
	struct ir_endpoint ep = {.ns = in->ns.s, .name = name};

	fill_in(r, inv, in, &ep);
	vec_each (const struct ast_address, addr, &in->addresses)
		vec_push(r->arena, &ep.addrs, addr->addr);
	return ep;
}

/* One object in two files. What they say together counts; where they contradict each other, the
 * later one does, as it does for whoever applies both. */
static void merge_endpoint(struct resolve *r, struct inventory *inv, const struct ast_endpoint *in,
			   struct ir_endpoint *have)
{
	struct ir_endpoint again = read_again(r, inv, in, have->name);
	struct diag_item *d;

	if (merge_contradicts(have, &again)) {
		d = diag_warning(r->diag, in->name.loc, CODE_DUPLICATE,
				 "%s '%s' is defined twice, and the two differ: this one counts",
				 have->kind, have->name);
		diag_note(r->diag, d, have->loc, "the other definition");
		again.id = have->id;
		again.addrs.v = NULL;
		again.addrs.n = again.addrs.cap = 0;
		*have = again;
		add_addresses(r, inv, in, have);
		return;
	}
	if (!have->ports.n)
		add_ports(r, in, have);
	if (!have->addrs.n)
		add_addresses(r, inv, in, have);
	if (!have->on_node)
		have->on_node = in->node;
}

static int define_twice(struct resolve *r, const struct ast_endpoint *in,
			const struct ir_endpoint *have)
{
	struct diag_item *d = diag_error(r->diag, in->name.loc, CODE_DUPLICATE,
					 "endpoint '%s' is defined twice", have->name);

	diag_note(r->diag, d, have->loc, "the first definition");
	return -EINVAL;
}

/* `shop/kafka`; of several kinds that share a name the first one has it, and another one is
 * `shop/cronjob/kafka`. */
static const char *name_with_kind(struct resolve *r, const struct ast_endpoint *in)
{
	char *kind = arena_strdup(r->arena, in->kind);

	for (char *c = kind; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return in->ns.s ? arena_printf(r->arena, "%s/%s/%s", in->ns.s, kind, in->name.s)
			: arena_printf(r->arena, "%s/%s", kind, in->name.s);
}

/* In .pol everything has one name, and one place where it is defined. */
static bool is_block(const char *kind)
{
	return strcmp(kind, "endpoint") == 0;
}

static void note_object(struct resolve *r, struct inventory *inv, const struct ast_endpoint *in,
			struct ir_endpoint *ep)
{
	uint32_t id = intern_add(&inv->object_names, object_name(r, in, in->kind, in->name.s));

	if (id == inv->objects.n)
		vec_push(r->arena, &inv->objects, (struct object){.ep = ep});
	if (in->uid)
		inv->objects.v[id].uid = in->uid;
}

/* An object of the same name that was made anew is another owner. */
static void find_owner(struct resolve *r, const struct inventory *inv,
		       const struct ast_endpoint *in)
{
	const struct ast_owner *owner = &in->owner;
	const struct object *to;
	uint32_t own, id;

	if (!owner->kind || !owner->name)
		return;
	id = intern_find(&inv->object_names, object_name(r, in, owner->kind, owner->name));
	own = intern_find(&inv->object_names, object_name(r, in, in->kind, in->name.s));
	if (id == INTERN_NONE || own == INTERN_NONE)
		return;
	to = &inv->objects.v[id];
	if (!owner->uid || !to->uid || strcmp(owner->uid, to->uid) == 0)
		inv->objects.v[own].ep->owner = to->ep;
}

static int add_endpoint(struct resolve *r, struct inventory *inv, const struct ast_endpoint *in)
{
	const char *name =
		in->ns.s ? arena_printf(r->arena, "%s/%s", in->ns.s, in->name.s) : in->name.s;
	uint32_t id = intern_find(&inv->names, name);
	const struct ir_endpoint *taken = id == INTERN_NONE ? NULL : r->ir->endpoints.v[id];
	struct ir_endpoint *ep;

	if (taken && (is_block(in->kind) || is_block(taken->kind)))
		return define_twice(r, in, taken);
	if (taken && strcmp(taken->kind, in->kind) != 0)
		name = name_with_kind(r, in);
	id = intern_add(&inv->names, name);
	if (id < r->ir->endpoints.n) {
		merge_endpoint(r, inv, in, r->ir->endpoints.v[id]);
		note_object(r, inv, in, r->ir->endpoints.v[id]);
		return 0;
	}
	ep = arena_new(r->arena, struct ir_endpoint);
	*ep = (struct ir_endpoint){.ns = in->ns.s, .name = name};
	fill_in(r, inv, in, ep);
	if (ep->host)
		note_host(r, inv, in, ep);
	add_addresses(r, inv, in, ep);
	note_object(r, inv, in, ep);
	vec_push(r->arena, &r->ir->endpoints, ep);
	return 0;
}

/* Those that something here made are most often of earlier revisions. */
static void note_none(struct resolve *r, const struct ir_endpoint *ep, bool *told)
{
	if (*told || ep->owner)
		return;
	*told = true;
	diag_info(
		r->diag, ep->loc, CODE_SKIPPED,
		"%s '%s' has no pods, as its replicas are 0: it is no end of a flow (further such "
		"objects are not mentioned)",
		ep->kind, ep->name);
}

/* A workload that a pod here belongs to has some, whatever its file says. */
static void find_pods(const struct resolve *r)
{
	vec_each (struct ir_endpoint *, ep, &r->ir->endpoints) {
		struct ir_endpoint *owner = (*ep)->workload ? NULL : (*ep)->owner;

		for (unsigned n = 0; owner && n < IR_MAX_OWNERS; n++, owner = owner->owner)
			owner->none = false;
	}
}

/* In their order. What has no pods is no end of a flow. */
static void leave_out_none(struct resolve *r)
{
	struct ir *ir = r->ir;
	bool told = false;
	size_t kept = 0;

	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		if ((*ep)->none) {
			vec_push(ir->arena, &ir->none, *ep);
			note_none(r, *ep, &told);
			continue;
		}
		(*ep)->id = (uint32_t)kept;
		ir->endpoints.v[kept++] = *ep;
	}
	ir->endpoints.n = kept;
}

/* --- nodes ------------------------------------------------------------------------------ */

/* Of pods on the host's network whose status does not tell. */
static void add_node_addresses(struct resolve *r, struct inventory *inv)
{
	struct intern names; /* index into nodes */
	VEC(const struct ast_node *) nodes = {0};

	intern_init(&names, r->arena);
	vec_each (const struct ast_node, node, &r->lang->nodes) {
		if (intern_add(&names, node->name) == nodes.n)
			vec_push(r->arena, &nodes, node);
		nodes.v[intern_find(&names, node->name)] = node;
	}
	vec_each (struct ir_endpoint *, ep, &r->ir->endpoints) {
		bool lacks = (*ep)->host && !(*ep)->addrs.n && (*ep)->on_node;
		uint32_t id = lacks ? intern_find(&names, (*ep)->on_node) : INTERN_NONE;

		for (size_t i = 0; id != INTERN_NONE && i < nodes.v[id]->addresses.n; i++)
			add_address(r, inv, &nodes.v[id]->addresses.v[i], *ep);
	}
}

static int node_order(const void *a, const void *b)
{
	const struct ir_node_address *x = a, *y = b;
	int order = net_addr_cmp(&x->addr, &y->addr);

	return order ? order : strcmp(x->node, y->node);
}

static void list_node_addresses(struct resolve *r, const struct inventory *inv)
{
	char text[NET_ADDR_STRLEN];

	vec_each (const struct ast_node, node, &r->lang->nodes) {
		vec_each (const struct ast_address, in, &node->addresses) {
			uint32_t id = intern_find(&inv->addrs, net_addr_format(&in->addr, text));

			if (id == INTERN_NONE || inv->owners.v[id]->host)
				vec_push(r->arena, &r->ir->nodes,
					 ((struct ir_node_address){in->addr, node->name}));
		}
	}
	if (r->ir->nodes.n)
		qsort(r->ir->nodes.v, r->ir->nodes.n, sizeof(*r->ir->nodes.v), node_order);
}

int resolve_inventory(struct resolve *r)
{
	struct inventory inv = {0};
	int err = 0;

	intern_init(&inv.ns_names, r->arena);
	intern_init(&inv.ns_used, r->arena);
	intern_init(&inv.names, r->arena);
	intern_init(&inv.addrs, r->arena);
	intern_init(&inv.object_names, r->arena);
	vec_each (struct ast_file *, file, &r->lang->files) {
		vec_each (const struct ast_item, item, &(*file)->items) {
			if (item->kind == AST_ITEM_NAMESPACE)
				add_namespace(r, &inv, item->ns);
			if (item->kind == AST_ITEM_ENDPOINT && item->endpoint->ns.s)
				intern_add(&inv.ns_used, item->endpoint->ns.s);
		}
	}
	vec_each (struct ast_file *, file, &r->lang->files) {
		vec_each (const struct ast_item, item, &(*file)->items) {
			if (item->kind == AST_ITEM_ENDPOINT)
				err |= add_endpoint(r, &inv, item->endpoint);
		}
	}
	vec_each (struct ast_file *, file, &r->lang->files)
		vec_each (const struct ast_item, item, &(*file)->items)
			if (item->kind == AST_ITEM_ENDPOINT)
				find_owner(r, &inv, item->endpoint);
	add_node_addresses(r, &inv);
	list_node_addresses(r, &inv);
	ir_sort_endpoints(r->ir);
	find_pods(r);
	leave_out_none(r);
	vec_each (const char *, name, &inv.ns_names.strings)
		vec_push(r->arena, &r->ir->namespaces, intern_add(&r->ir->strings, *name));
	vec_each (const char *, name, &inv.ns_used.strings)
		if (intern_find(&inv.ns_names, *name) == INTERN_NONE)
			vec_push(r->arena, &r->ir->namespaces, intern_add(&r->ir->strings, *name));
	return err ? -EINVAL : 0;
}
