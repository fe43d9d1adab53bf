/* SPDX-License-Identifier: Apache-2.0 */
/*
 * networking.k8s.io/v1 NetworkPolicy. The defaults and refusals are those of the API server
 * (Kubernetes, pkg/apis/networking: defaults.go and validation.go).
 */
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/lang_internal.h"
#include "lang/names.h"
#include "lang/yaml/fix.h"
#include "lang/yaml/k8s/meta.h"
#include "lang/yaml/k8s/network_policy.h"
#include "lang/yaml/k8s/readers.h"
#include "lang/yaml/problem.h"

/* The policy under construction; the readers below get it. */
struct spec {
	struct ast_policy *policy;
	struct ast_labels *subjects;
	struct ast_section ingress, egress;
	struct loc types_loc;
	unsigned n_types;
	bool type_ingress, type_egress;
};

/* --- rules ------------------------------------------------------------------------- */

#define EVERY_TCP_PORT "Kubernetes reads {}, every port of TCP; write this if you mean it"

static int read_ports(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	return yaml_each_object(c, n, np_read_port, out, EVERY_TCP_PORT);
}

#define EVERY_PEER "Kubernetes then matches every peer; remove the field if you mean this"
#define EVERY_PORT "Kubernetes then matches every port; remove the field if you mean this"
#define EVERYTHING "Kubernetes reads {}, which allows everything; write this if you mean it"
#define PORTS_FIELD                                                                                \
	{                                                                                          \
		"ports", .read = read_ports, .if_null = EVERY_PORT                                 \
	}
#define PEERS_FIELD(name)                                                                          \
	{                                                                                          \
		name, .read = np_read_peer, .flags = YF_EACH, .if_null = EVERY_PEER                \
	}

static const struct yaml_object ingress_object = {
	.what = "an ingress rule",
	.fields = (const struct yaml_field[]){PEERS_FIELD("from"), PORTS_FIELD, {0}},
};

static const struct yaml_object egress_object = {
	.what = "an egress rule",
	.fields = (const struct yaml_field[]){PEERS_FIELD("to"), PORTS_FIELD, {0}},
};

/* No peers: everything. No ports: every protocol. */
static int read_rule(struct yaml_ctx *c, const struct yaml_node *n, struct spec *spec,
		     const struct yaml_object *object, struct ast_section *section)
{
	struct ast_rule ast = {.loc = n->loc, .action = AST_ALLOW};
	struct np_rule rule = {.ns = &spec->policy->ns, .ast = &ast};

	if (yaml_decode(c, n, object, &rule) < 0)
		return -EINVAL;
	if (ast.peers.n == 0)
		vec_push(&c->l->arena, &ast.peers,
			 (struct ast_peer){
				 .loc = n->loc, .kind = AST_PEER_ENTITY, .entity = AST_ENTITY_ALL});
	vec_push(&c->l->arena, &section->rules, ast);
	return 0;
}

static int read_ingress_rule(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct spec *spec = out;

	return read_rule(c, n, spec, &ingress_object, &spec->ingress);
}

static int read_egress_rule(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct spec *spec = out;

	return read_rule(c, n, spec, &egress_object, &spec->egress);
}

static int read_ingress(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	((struct spec *)out)->ingress.loc = n->loc;
	return yaml_each_object(c, n, read_ingress_rule, out, EVERYTHING);
}

static int read_egress(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	((struct spec *)out)->egress.loc = n->loc;
	return yaml_each_object(c, n, read_egress_rule, out, EVERYTHING);
}

/* --- policyTypes ------------------------------------------------------------------- */

static int read_policy_type(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);
	struct spec *spec = out;
	struct diag_item *item;

	if (!text)
		return -EINVAL;
	spec->n_types++;
	if (strcmp(text, "Ingress") == 0) {
		spec->type_ingress = true;
		return 0;
	}
	if (strcmp(text, "Egress") == 0) {
		spec->type_egress = true;
		return 0;
	}
	item = diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE,
			  "'%s' is not a policy type: write Ingress or Egress",
			  yaml_show(c->scratch, text));
	if (strcasecmp(text, "ingress") == 0)
		yaml_fix_word(c, item, n->loc, text, "Ingress", true);
	else if (strcasecmp(text, "egress") == 0)
		yaml_fix_word(c, item, n->loc, text, "Egress", true);
	return -EINVAL;
}

static int read_policy_types(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct spec *spec = out;

	spec->types_loc = n->loc;
	if (yaml_each(c, n, read_policy_type, out) < 0)
		return -EINVAL;
	if (spec->n_types <= 2)
		return 0;
	diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE,
		   "'policyTypes' has more than two items: write Ingress and Egress once each");
	return -EINVAL;
}

/* Without policyTypes a policy governs ingress, and egress if it has egress rules. */
static void default_types(struct spec *spec)
{
	if (spec->n_types > 0)
		return;
	spec->type_ingress = true;
	spec->type_egress = spec->egress.rules.n > 0;
}

static void add_section(struct yaml_ctx *c, struct spec *spec, struct ast_section section,
			enum ast_dir dir, bool governed)
{
	bool in = dir == AST_INGRESS;

	if (!governed) {
		if (section.rules.n > 0)
			diag_warning(&c->l->diag, section.loc, CODE_BAD_VALUE,
				     "the %s rules have no effect: 'policyTypes' does not list %s",
				     in ? "ingress" : "egress", in ? "Ingress" : "Egress");
		return;
	}
	section.dir = dir;
	if (!section.loc.line)
		section.loc = spec->types_loc.line ? spec->types_loc : spec->policy->loc;
	vec_push(&c->l->arena, &spec->policy->sections, section);
}

/* --- the object ---------------------------------------------------------------------- */

#define DEFAULT_TYPES                                                                              \
	"Kubernetes then takes Ingress, and Egress if there are egress rules; remove the field "   \
	"if "                                                                                      \
	"you mean this"
#define EVERY_POD "the policy then selects every pod of its namespace; write {} if you mean this"

static const struct yaml_object spec_object = {
	.what = "a NetworkPolicy spec",
	.fields =
		(const struct yaml_field[]){
			{"podSelector", .read = k8s_read_selector,
			 .at = offsetof(struct spec, subjects), .if_null = EVERY_POD},
			{"policyTypes", .read = read_policy_types, .if_null = DEFAULT_TYPES},
			{"ingress", .read = read_ingress},
			{"egress", .read = read_egress},
			{0},
		},
};

struct object {
	struct k8s_meta meta;
	const struct yaml_node *spec;
};

static const struct yaml_object policy_object = {
	.what = "a NetworkPolicy",
	.fields =
		(const struct yaml_field[]){
			{.name = "apiVersion"},
			{.name = "kind"},
			{"metadata", .object = &k8s_policy_meta_object,
			 .at = offsetof(struct object, meta)},
			{"spec", .read = yaml_read_node, .at = offsetof(struct object, spec)},
			{.name = "status"},
			{0},
		},
};

/* Who writes an empty list means that nothing may leave, which `policyTypes` says. */
static void look_at_egress(struct yaml_ctx *c, const struct yaml_node *n, const struct spec *spec)
{
	const struct yaml_node *egress = yaml_get(n, "egress");

	if (egress && !spec->n_types && !spec->egress.rules.n)
		diag_warning(&c->l->diag, egress->loc, CODE_BAD_VALUE,
			     "'egress' without rules has no effect: Egress is not among "
			     "'policyTypes', so everything may leave; write policyTypes: [Ingress, "
			     "Egress] for nothing, or remove the field");
}

/* A policy without podSelector selects every pod of its namespace. */
static void set_subjects(struct yaml_ctx *c, const struct spec *spec)
{
	struct ast_peer subject = {.loc = spec->subjects ? spec->subjects->loc : spec->policy->loc};

	np_selector_peer(c, spec->subjects, NULL, &spec->policy->ns, &subject);
	vec_push(&c->l->arena, &spec->policy->subjects, subject);
}

static int read_spec(struct yaml_ctx *c, const struct yaml_node *n, struct ast_policy *policy)
{
	struct spec spec = {.policy = policy};

	c->field = "spec";
	if (yaml_decode(c, n, &spec_object, &spec) < 0)
		return -EINVAL;
	look_at_egress(c, n, &spec);
	default_types(&spec);
	set_subjects(c, &spec);
	add_section(c, &spec, spec.ingress, AST_INGRESS, spec.type_ingress);
	add_section(c, &spec, spec.egress, AST_EGRESS, spec.type_egress);
	return 0;
}

/* Everything has its default: no ingress to any pod of the namespace. */
static struct yaml_node empty_spec(struct yaml_ctx *c, const struct yaml_node *n)
{
	diag_warning(&c->l->diag, yaml_start(n), CODE_MISSING_FIELD,
		     "a NetworkPolicy without 'spec' denies ingress to every pod of its namespace: "
		     "write 'spec' with a podSelector if you mean this");
	return (struct yaml_node){.kind = YAML_MAP, .loc = n->loc};
}

int k8s_read_network_policy(struct yaml_ctx *c, const struct yaml_node *n)
{
	struct yaml_node empty;
	struct object o = {0};
	struct ast_policy *policy;
	int r;

	c->strict = true;
	r = yaml_decode(c, n, &policy_object, &o);
	if (k8s_meta_finish(c, n, &o.meta, k8s_dns_subdomain_fault) < 0)
		r = -EINVAL;
	policy = arena_new(&c->l->arena, struct ast_policy);
	policy->loc = n->loc;
	policy->origin = AST_ORIGIN_NETWORK_POLICY;
	policy->name = o.meta.name;
	policy->ns = o.meta.ns;
	policy->ignore = o.meta.ignore;
	if (!o.spec && r == 0) {
		empty = empty_spec(c, n);
		o.spec = &empty;
	}
	if (!o.spec || read_spec(c, o.spec, policy) < 0 || r < 0)
		return -EINVAL;
	return lang_add_item(
		c->l, c->file,
		(struct ast_item){.kind = AST_ITEM_POLICY, .loc = policy->loc, .policy = policy});
}
