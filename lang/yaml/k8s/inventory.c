/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What policies apply to: Namespace, Pod, and the pods that a workload's template describes.
 * Fields that do not matter for the network are ignored here; those that do are checked.
 */
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/lang_internal.h"
#include "lang/names.h"
#include "lang/yaml/k8s/meta.h"
#include "lang/yaml/k8s/readers.h"
#include "lang/yaml/problem.h"

/* Hands the labels over; both sides live in the AST's arena. */
#define TAKE_LABELS(to, from)                                                                      \
	((to)->v = (from)->list.v, (to)->n = (from)->list.n, (to)->cap = (from)->list.cap)

/* --- namespaces -------------------------------------------------------------------- */

static const struct yaml_object namespace_object = {
	.what = "a Namespace",
	.fields =
		(const struct yaml_field[]){
			{"metadata", .object = &k8s_meta_object, .flags = YF_REQUIRED},
			{0},
		},
};

/* The API server sets this label on every namespace, whatever the object says. */
static void set_name_label(struct yaml_ctx *c, struct ast_namespace *ns)
{
	vec_each (struct ast_label, l, &ns->labels) {
		if (strcmp(l->key.s, K8S_NAMESPACE_NAME) != 0)
			continue;
		l->value = ns->name;
		return;
	}
	vec_push(&c->l->arena, &ns->labels,
		 (struct ast_label){.loc = ns->name.loc,
				    .key = {.loc = ns->name.loc, .s = K8S_NAMESPACE_NAME},
				    .value = ns->name});
}

int k8s_read_namespace(struct yaml_ctx *c, const struct yaml_node *n)
{
	struct ast_namespace *ns;
	struct k8s_meta meta = {0};

	if (yaml_decode(c, n, &namespace_object, &meta) < 0 ||
	    k8s_meta_finish(c, n, &meta, k8s_dns_label_fault) < 0)
		return -EINVAL;
	ns = arena_new(&c->l->arena, struct ast_namespace);
	ns->loc = n->loc;
	ns->name = meta.name;
	TAKE_LABELS(&ns->labels, &meta.labels);
	set_name_label(c, ns);
	return lang_add_item(
		c->l, c->file,
		(struct ast_item){.kind = AST_ITEM_NAMESPACE, .loc = ns->loc, .ns = ns});
}

/* --- nodes ------------------------------------------------------------------------- */

/* podCIDR repeats the first of podCIDRs. */
static int read_pod_prefix(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);
	struct net_prefix prefix;

	(void)out;
	if (!text)
		return -EINVAL;
	if (!*text)
		return 0;
	/* Host bits are masked. */
	if (net_prefix_parse(text, &prefix) == -EINVAL) {
		diag_warning(&c->l->diag, n->loc, CODE_BAD_ADDRESS,
			     "'%s' is no prefix, as 10.244.1.0/24 is one: it is left out%s",
			     yaml_show(c->scratch, text), net_mapped_hint(text));
		return 0;
	}
	lang_add_pod_prefix(c->l, &prefix);
	return 0;
}

static const struct yaml_object node_spec_object = {
	.what = "a Node's spec",
	.fields =
		(const struct yaml_field[]){
			{"podCIDR", .read = read_pod_prefix},
			{"podCIDRs", .read = read_pod_prefix, .flags = YF_EACH},
			{0},
		},
};

struct node {
	struct ast_name name;
	struct ast_node internal, external;
};

struct node_address {
	struct ast_name type, address;
};

#define AT(field) offsetof(struct node_address, field)

static const struct yaml_object node_address_object = {
	.what = "an address of a Node",
	.fields =
		(const struct yaml_field[]){
			{"type", .read = yaml_read_name, .at = AT(type)},
			{"address", .read = yaml_read_name, .at = AT(address)},
			{0},
		},
};

#undef AT

/* NULL: a name, as the type Hostname has one. */
static struct ast_node *addresses_of(struct node *node, const char *type)
{
	if (type && strcmp(type, "InternalIP") == 0)
		return &node->internal;
	return type && strcmp(type, "ExternalIP") == 0 ? &node->external : NULL;
}

static int read_node_address(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct node_address in = {0};
	struct ast_address address = {.loc = n->loc};
	struct ast_node *to;

	if (yaml_decode(c, n, &node_address_object, &in) < 0)
		return -EINVAL;
	to = addresses_of(out, in.type.s);
	if (!to || !in.address.s || !*in.address.s)
		return 0;
	if (net_addr_parse(in.address.s, &address.addr) < 0)
		diag_warning(&c->l->diag, in.address.loc, CODE_BAD_ADDRESS,
			     "'%s' is not an IP address: it is left out%s",
			     yaml_show(c->scratch, in.address.s), net_mapped_hint(in.address.s));
	else
		vec_push(&c->l->arena, &to->addresses, address);
	return 0;
}

static const struct yaml_object node_status_object = {
	.what = "a Node's status",
	.fields =
		(const struct yaml_field[]){
			{"addresses", .read = read_node_address, .flags = YF_EACH},
			{0},
		},
};

static const struct yaml_object node_meta_object = {
	.what = "a Node's metadata",
	.fields =
		(const struct yaml_field[]){
			{"name", .read = yaml_read_name, .at = offsetof(struct node, name)},
			{0},
		},
};

static const struct yaml_object node_object = {
	.what = "a Node",
	.fields =
		(const struct yaml_field[]){
			{"metadata", .object = &node_meta_object},
			{"spec", .object = &node_spec_object},
			{"status", .object = &node_status_object},
			{0},
		},
};

/* Of a node, only where it is and where its pods have their addresses. */
int k8s_read_node(struct yaml_ctx *c, const struct yaml_node *n)
{
	struct node node = {0};

	if (yaml_decode(c, n, &node_object, &node) < 0)
		return -EINVAL;
	vec_each (const struct ast_address, addr, &node.external.addresses)
		vec_push(&c->l->arena, &node.internal.addresses, *addr);
	node.internal.name = node.name.s;
	if (node.name.s && node.internal.addresses.n)
		vec_push(&c->l->arena, &c->l->nodes, node.internal);
	return 0;
}

/* --- containers -------------------------------------------------------------------- */

struct container {
	struct ast_name restart_policy;
	const struct yaml_node *ports;
};

#define AT(field) offsetof(struct ast_endpoint_port, field)

static const struct yaml_object port_object = {
	.what = "a container port",
	.fields =
		(const struct yaml_field[]){
			{"name", .read = k8s_read_port_name, .at = AT(name)},
			{"containerPort", .read = k8s_read_port_number, .at = AT(port)},
			{"protocol", .read = k8s_read_protocol, .at = AT(proto)},
			{0},
		},
};

#undef AT

static int read_container_port(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_endpoint_port port = {.loc = n->loc, .proto = AST_PROTO_TCP};
	struct ast_endpoint *ep = out;

	if (yaml_decode(c, n, &port_object, &port) < 0)
		return -EINVAL;
	if (!port.port) {
		diag_warning(&c->l->diag, yaml_start(n), CODE_MISSING_FIELD,
			     "a container port without 'containerPort' is left out");
		return 0;
	}
	vec_push(&c->l->arena, &ep->ports, port);
	return 0;
}

#define AT(field) offsetof(struct container, field)

static const struct yaml_object container_object = {
	.what = "a container",
	.fields =
		(const struct yaml_field[]){
			{"ports", .read = yaml_read_node, .at = AT(ports)},
			{"restartPolicy", .read = yaml_read_name, .at = AT(restart_policy)},
			{0},
		},
};

#undef AT

/* An init container is over before the pod serves, unless it is a sidecar: restartPolicy
 * Always. */
static int read_some_container(struct yaml_ctx *c, const struct yaml_node *n, bool init,
			       struct ast_endpoint *ep)
{
	struct container k = {0};
	size_t first = ep->ports.n;
	int err;

	if (yaml_decode(c, n, &container_object, &k) < 0)
		return -EINVAL;
	if (!k.ports ||
	    (init && (!k.restart_policy.s || strcmp(k.restart_policy.s, "Always") != 0)))
		return 0;
	c->field = "ports";
	err = yaml_each(c, k.ports, read_container_port, ep);
	for (size_t i = first; i < ep->ports.n; i++)
		ep->ports.v[i].sidecar = init;
	return err;
}

static int read_container(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	return read_some_container(c, n, false, out);
}

static int read_init_container(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	return read_some_container(c, n, true, out);
}

/* A pod, a template or a workload: whichever part an object has. */
struct pod {
	struct k8s_meta meta, template_meta;
	struct ast_endpoint ep;
	bool finished;
};

#define AT(field) offsetof(struct pod, field)

/* --- pods -------------------------------------------------------------------------- */

static int read_host_network(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	return yaml_read_bool(c, n, &((struct ast_endpoint *)out)->host_network);
}

/* A pod that has no node yet has none, or an empty one. */
static int read_node_name(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n), *fault;

	if (!text)
		return -EINVAL;
	if (!*text)
		return 0;
	fault = k8s_dns_subdomain_fault(text);
	if (fault)
		diag_warning(&c->l->diag, n->loc, CODE_BAD_NAME,
			     "'%s' is no name of a node: %s; it is left out",
			     yaml_show(c->scratch, text), fault);
	else
		((struct ast_endpoint *)out)->node = arena_strdup(&c->l->arena, text);
	return 0;
}

static const struct yaml_object pod_spec_object = {
	.what = "a pod spec",
	.fields =
		(const struct yaml_field[]){
			{"containers", .read = read_container, .flags = YF_EACH},
			{"initContainers", .read = read_init_container, .flags = YF_EACH},
			{"hostNetwork", .read = read_host_network},
			{"nodeName", .read = read_node_name},
			{0},
		},
};

enum { MAX_ADDRESSES = 64 }; /* Kubernetes has one a family, other networks may add some */

/* podIP repeats the first of podIPs. An address that is not there yet is empty. */
static int read_address(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_address address = {.loc = n->loc};
	struct ast_endpoint *ep = out;
	const char *text = yaml_text(c, n);

	if (!text)
		return -EINVAL;
	if (!*text)
		return 0;
	if (net_addr_parse(text, &address.addr) < 0) {
		diag_error(&c->l->diag, n->loc, CODE_BAD_ADDRESS, "'%s' is not an IP address%s",
			   yaml_show(c->scratch, text), net_mapped_hint(text));
		return -EINVAL;
	}
	vec_each (const struct ast_address, a, &ep->addresses)
		if (net_addr_eq(&a->addr, &address.addr))
			return 0;
	if (ep->addresses.n == MAX_ADDRESSES) {
		diag_error(&c->l->diag, n->loc, CODE_LIMIT, "a pod has more than %d addresses",
			   MAX_ADDRESSES);
		return -EINVAL;
	}
	vec_push(&c->l->arena, &ep->addresses, address);
	return 0;
}

static const struct yaml_object pod_ip_object = {
	.what = "an item of podIPs",
	.fields = (const struct yaml_field[]){{"ip", .read = read_address}, {0}},
};

static int read_pod_ip(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	return yaml_decode(c, n, &pod_ip_object, out);
}

/* Succeeded and Failed are final: the pod has no network any more, and its address may be
 * another's by now. */
static int read_phase(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	if (!text)
		return -EINVAL;
	((struct pod *)out)->finished =
		strcmp(text, "Succeeded") == 0 || strcmp(text, "Failed") == 0;
	return 0;
}

static const struct yaml_object pod_status_object = {
	.what = "a pod status",
	.fields =
		(const struct yaml_field[]){
			{"phase", .read = read_phase},
			{"podIP", .read = read_address, .at = AT(ep)},
			{"podIPs", .read = read_pod_ip, .at = AT(ep), .flags = YF_EACH},
			{0},
		},
};

static const struct yaml_object pod_object = {
	.what = "a Pod",
	.fields =
		(const struct yaml_field[]){
			{"metadata", .object = &k8s_meta_object, .at = AT(meta)},
			{"spec", .object = &pod_spec_object, .at = AT(ep)},
			{"status", .object = &pod_status_object},
			{0},
		},
};

static int add_endpoint(struct yaml_ctx *c, const struct yaml_node *n, struct pod *p,
			const struct k8s_labels *labels)
{
	struct ast_endpoint *ep;

	if (k8s_meta_finish(c, n, &p->meta, k8s_dns_subdomain_fault) < 0)
		return -EINVAL;
	ep = arena_new(&c->l->arena, struct ast_endpoint);
	*ep = p->ep;
	ep->loc = n->loc;
	ep->kind = arena_strdup(&c->l->arena, c->kind);
	ep->name = p->meta.name;
	ep->ns = p->meta.ns;
	ep->generated = p->meta.generated;
	ep->uid = p->meta.uid;
	ep->owner = p->meta.owner;
	TAKE_LABELS(&ep->labels, labels);
	if (labels != &p->meta.labels)
		TAKE_LABELS(&ep->object_labels, &p->meta.labels);
	return lang_add_item(
		c->l, c->file,
		(struct ast_item){.kind = AST_ITEM_ENDPOINT, .loc = ep->loc, .endpoint = ep});
}

static int skip_finished(struct yaml_ctx *c, const struct yaml_node *n)
{
	const char *alike = yaml_tell_once(c, "finished pods");

	if (alike)
		diag_info(&c->l->diag, yaml_start(n), CODE_SKIPPED,
			  "pods that have finished are skipped: they have no network any more")
			->alike = alike;
	return 0;
}

int k8s_read_pod(struct yaml_ctx *c, const struct yaml_node *n)
{
	struct pod p = {0};

	if (yaml_decode(c, n, &pod_object, &p) < 0)
		return -EINVAL;
	if (p.finished)
		return skip_finished(c, n);
	return add_endpoint(c, n, &p, &p.meta.labels);
}

/* --- workloads --------------------------------------------------------------------- */

static const struct yaml_object template_object = {
	.what = "a pod template",
	.fields =
		(const struct yaml_field[]){
			{"metadata", .object = &k8s_meta_object, .at = AT(template_meta)},
			{"spec", .object = &pod_spec_object, .at = AT(ep)},
			{0},
		},
};

/* A rollout makes two of one, and a scaler many; of none it makes none. What is no number yet, as
 * in a template that is filled in later, is not. */
static int read_replicas(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	/* No field of these. */
	bool fixed = strcmp(c->kind, "DaemonSet") == 0 || strcmp(c->kind, "Job") == 0 ||
		     strcmp(c->kind, "CronJob") == 0;

	((struct pod *)out)->ep.none = !fixed && n->kind == YAML_INT && n->number == 0;
	return 0;
}

static int read_completion_mode(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	((struct pod *)out)->ep.indexed = text && strcmp(text, "Indexed") == 0;
	return text ? 0 : -EINVAL;
}

static const struct yaml_object workload_spec_object = {
	.what = "a workload's spec",
	.fields =
		(const struct yaml_field[]){
			{"replicas", .read = read_replicas},
			{"manualSelector", .read = yaml_read_bool, .at = AT(ep.picks_pods)},
			{"completionMode", .read = read_completion_mode},
			{"template", .object = &template_object, .flags = YF_REQUIRED},
			{0},
		},
};

static const struct yaml_object workload_object = {
	.what = "a workload",
	.fields =
		(const struct yaml_field[]){
			{"metadata", .object = &k8s_workload_meta_object, .at = AT(meta)},
			{"spec", .object = &workload_spec_object, .flags = YF_REQUIRED},
			{0},
		},
};

static const struct yaml_object job_template_object = {
	.what = "a jobTemplate",
	.fields =
		(const struct yaml_field[]){
			{"spec", .object = &workload_spec_object, .flags = YF_REQUIRED},
			{0},
		},
};

static const struct yaml_object cron_job_spec_object = {
	.what = "a CronJob's spec",
	.fields =
		(const struct yaml_field[]){
			{"jobTemplate", .object = &job_template_object, .flags = YF_REQUIRED},
			{0},
		},
};

static const struct yaml_object cron_job_object = {
	.what = "a CronJob",
	.fields =
		(const struct yaml_field[]){
			{"metadata", .object = &k8s_workload_meta_object, .at = AT(meta)},
			{"spec", .object = &cron_job_spec_object, .flags = YF_REQUIRED},
			{0},
		},
};

#undef AT

static int read_template(struct yaml_ctx *c, const struct yaml_node *n, const struct yaml_object *o)
{
	struct pod p = {0};

	if (yaml_decode(c, n, o, &p) < 0)
		return -EINVAL;
	p.ep.workload = true;
	return add_endpoint(c, n, &p, &p.template_meta.labels);
}

int k8s_read_workload(struct yaml_ctx *c, const struct yaml_node *n)
{
	return read_template(c, n, &workload_object);
}

int k8s_read_cron_job(struct yaml_ctx *c, const struct yaml_node *n)
{
	return read_template(c, n, &cron_job_object);
}
