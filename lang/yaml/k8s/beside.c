/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/beside.h"

#include <string.h>

#include "lang/lang.h"
#include "lang/names.h"
#include "lang/yaml/k8s/policies.h"

static const struct yaml_node *get(const struct yaml_node *n, const char *key)
{
	return n && n->kind == YAML_MAP ? yaml_get(n, key) : NULL;
}

/* NULL: not written, or no text. */
static const char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_STR && *n->text ? n->text : NULL;
}

/* --- namespaces ------------------------------------------------------------------------- */

static void keep_namespace(const struct yaml_node *n, struct intern *out)
{
	const char *name = text_of(n);

	if (name && !k8s_dns_label_fault(name))
		intern_add(out, name);
}

/* --- labels ------------------------------------------------------------------------------- */

struct labels {
	VEC(struct ast_label) list;
};

/* False: some are no texts. */
static bool read_labels(struct yaml_ctx *c, const struct yaml_node *n, struct labels *out)
{
	if (!n || n->kind != YAML_MAP)
		return false;
	vec_each (const struct yaml_pair, p, &n->pairs)
		if (p->value->kind == YAML_STR)
			vec_push(&c->l->arena, &out->list,
				 ((struct ast_label){
					 .loc = p->key_loc,
					 .key = yaml_keep(c, p->key_loc, p->key),
					 .value = yaml_keep(c, p->value->loc, p->value->text)}));
	return out->list.n == n->pairs.n;
}

static void keep_added(struct yaml_ctx *c, const struct yaml_node *n)
{
	struct labels labels = {0};

	read_labels(c, n, &labels);
	vec_each (const struct ast_label, label, &labels.list)
		vec_push(&c->l->arena, &c->l->beside.added, *label);
}

/* Everything that it names is moved to its namespace, and gets its labels. */
static void keep_kustomization(struct yaml_ctx *c, const struct yaml_node *object)
{
	const struct yaml_node *lists = get(object, "labels");

	keep_namespace(get(object, "namespace"), &c->l->beside.targets);
	keep_added(c, get(object, "commonLabels"));
	if (lists && lists->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &lists->items)
			keep_added(c, get(*item, "pairs"));
}

/* --- services --------------------------------------------------------------------------- */

/* 0: it is no number of a port. */
static uint16_t port_number(const struct yaml_node *n)
{
	return n && n->kind == YAML_INT && n->number > 0 && n->number <= UINT16_MAX
		       ? (uint16_t)n->number
		       : 0;
}

static bool is_protocol(const char *text, enum ast_proto *out)
{
	*out = AST_PROTO_TCP;
	if (!text || !strcmp(text, "TCP"))
		return true;
	*out = !strcmp(text, "UDP") ? AST_PROTO_UDP : AST_PROTO_SCTP;
	return !strcmp(text, "UDP") || !strcmp(text, "SCTP");
}

static void keep_port(struct yaml_ctx *c, const struct yaml_node *n, struct beside_service *out)
{
	const struct yaml_node *target = get(n, "targetPort");
	struct beside_port port = {.port = port_number(get(n, "port")),
				   .node = port_number(get(n, "nodePort"))};
	const char *name = text_of(target);

	port.target = target && target->kind != YAML_NULL ? port_number(target) : port.port;
	port.target_name = name ? arena_strdup(&c->l->arena, name) : NULL;
	if (port.port && (port.target || name) &&
	    is_protocol(text_of(get(n, "protocol")), &port.proto))
		vec_push(&c->l->arena, &out->ports, port);
}

static void keep_service(struct yaml_ctx *c, const struct yaml_node *object)
{
	const struct yaml_node *spec = get(object, "spec"), *selector = get(spec, "selector");
	const struct yaml_node *ports = get(spec, "ports"), *meta = get(object, "metadata");
	const char *name = text_of(get(meta, "name")), *ns = text_of(get(meta, "namespace"));
	const char *type = text_of(get(spec, "type")), *ip = text_of(get(spec, "clusterIP"));
	struct beside_service out = {.loc = yaml_start(object)};
	struct labels labels = {0};

	/* Of a selector in part, the rest would say too much. */
	if (!name || !read_labels(c, selector, &labels) || !labels.list.n || !ports ||
	    ports->kind != YAML_SEQ || (type && !strcmp(type, "ExternalName")))
		return;
	out.headless = ip && !strcmp(ip, "None");
	out.name = arena_strdup(&c->l->arena, name);
	out.ns = arena_strdup(&c->l->arena, ns ? ns : "default");
	vec_each (const struct ast_label, label, &labels.list)
		vec_push(&c->l->arena, &out.selector, *label);
	vec_each (struct yaml_node *, port, &ports->items)
		keep_port(c, *port, &out);
	vec_push(&c->l->arena, &c->l->beside.services, out);
}

/* --- what is not read -------------------------------------------------------------------- */

static void keep_unread(struct yaml_ctx *c, const struct yaml_node *object, const char *kind)
{
	const struct yaml_node *meta = get(object, "metadata"), *at = get(meta, "name");
	const char *name = text_of(at), *ns = text_of(get(meta, "namespace"));
	struct arena *a = &c->l->arena;

	if (name)
		vec_push(a, &c->l->beside.unread,
			 ((struct beside_unread){.loc = at->loc,
						 .kind = arena_strdup(a, kind),
						 .ns = arena_strdup(a, ns ? ns : "default"),
						 .name = arena_strdup(a, name)}));
}

void k8s_keep_unread(struct yaml_ctx *c, const struct yaml_node *object, const char *kind)
{
	const struct yaml_node *items = get(object, "items");

	if (!items || items->kind != YAML_SEQ) {
		keep_unread(c, object, kind);
		return;
	}
	vec_each (struct yaml_node *, item, &items->items)
		keep_unread(c, *item, kind);
}

/* --- scalers ---------------------------------------------------------------------------- */

/* What scales is of any kind: HorizontalPodAutoscaler, KEDA's ScaledObject and HTTPScaledObject,
 * WatermarkPodAutoscaler. These two take over the pods of a workload, which they scale to none. */
static const struct taker {
	const char *kind, *group;
	const char *field; /* of spec, with its target */
} takers[] = {
	{"Rollout", "argoproj.io", "workloadRef"},
	{"Canary", "flagger.app", "targetRef"},
};

static const char *target_field(const char *kind, const char *api)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(*takers); i++)
		if (!strcmp(kind, takers[i].kind) && k8s_is_in_group(api, takers[i].group))
			return takers[i].field;
	return "scaleTargetRef";
}

static void keep_scaled(struct yaml_ctx *c, const struct yaml_node *object, const char *field)
{
	const struct yaml_node *target = get(get(object, "spec"), field);
	const char *kind = text_of(get(target, "kind")), *name = text_of(get(target, "name"));
	const char *ns = text_of(get(get(object, "metadata"), "namespace"));

	/* The old form of HTTPScaledObject. */
	if (!name)
		name = text_of(get(target, "deployment"));
	/* KEDA's, where nothing is written. */
	if (!kind)
		kind = "Deployment";
	if (name)
		intern_add(&c->l->beside.scaled,
			   arena_printf(c->scratch, "%s %s/%s", kind, ns ? ns : "default", name));
}

void k8s_keep_beside(struct yaml_ctx *c, const struct yaml_node *object, const char *kind,
		     const char *api)
{
	keep_namespace(get(get(object, "metadata"), "namespace"), &c->l->beside.namespaces);
	if (!strcmp(kind, "Kustomization"))
		keep_kustomization(c, object);
	if (!strcmp(kind, "Service") && !strcmp(api, "v1"))
		keep_service(c, object);
	keep_scaled(c, object, target_field(kind, api));
}
