/* SPDX-License-Identifier: Apache-2.0 */
/*
 * networking.k8s.io/v1 NetworkPolicy. The defaults and refusals are those of the API server
 * (Kubernetes, pkg/apis/networking: defaults.go and validation.go).
 */
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/lang_internal.h"
#include "lang/yaml/meta.h"
#include "lang/yaml/names.h"
#include "lang/yaml/problem.h"
#include "lang/yaml/readers.h"

/* The policy under construction; every reader below gets it or a part of it. */
struct spec {
	struct ast_policy *policy;
	struct ast_labels *subjects;
	struct ast_section ingress, egress;
	struct loc types_loc;
	unsigned n_types;
	bool type_ingress, type_egress;
};

/* --- peers ------------------------------------------------------------------------- */

/* A rule knows the policy's namespace: a peer without a namespaceSelector stays in it. */
struct rule {
	const struct ast_name *ns;
	struct ast_rule *ast;
};

struct block {
	struct ast_cidr *cidr;
	struct loc cidr_loc;
};

struct peer {
	struct ast_labels *pods, *namespaces;
	const struct yaml_node *block;
};

/* Kubernetes masks host bits away; whoever wrote them may have meant something else. */
static int read_prefix(struct yaml_ctx *c, const struct yaml_node *n, struct ast_prefix *out)
{
	const char *text = yaml_text(c, n);
	char masked[NET_PREFIX_STRLEN];
	struct diag_item *item;
	int r;

	if (!text)
		return -EINVAL;
	r = net_prefix_parse(text, &out->prefix);
	out->loc = n->loc;
	if (r == -EDOM) {
		net_prefix_format(&out->prefix, masked);
		item = diag_warning(&c->l->diag, n->loc, CODE_HOST_BITS,
				    "'%s' has host bits set: Kubernetes takes it as %s",
				    yaml_show(c->scratch, text), masked);
		diag_fix(&c->l->diag, item, n->loc, masked, "write %s", masked);
		return 0;
	}
	if (r < 0) {
		struct net_addr addr;
		bool bare = net_addr_parse(text, &addr) == 0;

		item = diag_error(&c->l->diag, n->loc, CODE_BAD_ADDRESS,
				  "'%s' is not an address range: write it as %s",
				  yaml_show(c->scratch, text),
				  bare ? "ADDRESS/LENGTH" : "10.0.0.0/8 or 2001:db8::/32");
		if (bare)
			diag_fix(&c->l->diag, item, n->loc,
				 arena_printf(c->scratch, "%s/%u", text,
					      net_family_bits(addr.family)),
				 "add the length of a single address");
		return -EINVAL;
	}
	return 0;
}

static int read_cidr(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct block *b = out;
	struct ast_prefix p;

	if (read_prefix(c, n, &p) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &b->cidr->in, p);
	return 0;
}

static int read_except(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct block *b = out;
	struct ast_prefix p;

	if (read_prefix(c, n, &p) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &b->cidr->except, p);
	return 0;
}

static const struct yaml_object block_object = {
	.what = "an ipBlock",
	.fields =
		(const struct yaml_field[]){
			{"cidr", .read = read_cidr, .flags = YF_REQUIRED},
			{"except", .read = read_except, .flags = YF_EACH},
			{0},
		},
};

/* Kubernetes wants each exception strictly within the range. One that covers the range leaves
 * nothing of it; one outside takes nothing away, which is harmless but hardly meant. */
static int check_except(struct yaml_ctx *c, const struct ast_prefix *in, const struct ast_prefix *p)
{
	char text[NET_PREFIX_STRLEN], outer[NET_PREFIX_STRLEN];

	net_prefix_format(&p->prefix, text);
	net_prefix_format(&in->prefix, outer);
	if (net_prefix_has_prefix(&p->prefix, &in->prefix)) {
		diag_error(&c->l->diag, p->loc, CODE_BAD_ADDRESS,
			   "the exception %s leaves nothing of %s: it must lie strictly within it",
			   text, outer);
		return -EINVAL;
	}
	if (!net_prefix_has_prefix(&in->prefix, &p->prefix))
		diag_warning(&c->l->diag, p->loc, CODE_BAD_ADDRESS,
			     "the exception %s does not lie within %s, so it takes nothing away "
			     "from it; Kubernetes would refuse it",
			     text, outer);
	return 0;
}

static int check_excepts(struct yaml_ctx *c, const struct ast_cidr *cidr)
{
	int r = 0;

	vec_each (const struct ast_prefix, p, &cidr->except)
		if (check_except(c, &cidr->in.v[0], p) < 0)
			r = -EINVAL;
	return r;
}

static int read_block(struct yaml_ctx *c, const struct yaml_node *n, struct ast_peer *out)
{
	struct block b = {.cidr = arena_new(&c->l->arena, struct ast_cidr)};

	b.cidr->loc = n->loc;
	b.cidr->match_endpoints = c->l->ipblock == LANG_IPBLOCK_PODS;
	c->field = "ipBlock";
	if (yaml_decode(c, n, &block_object, &b) < 0 || check_excepts(c, b.cidr) < 0)
		return -EINVAL;
	out->kind = AST_PEER_CIDR;
	out->cidr = b.cidr;
	return 0;
}

/* Both selectors narrow each other. Without a namespaceSelector: the policy's namespace. */
static void selector_peer(struct yaml_ctx *c, const struct peer *p, const struct ast_name *ns,
			  struct ast_peer *out)
{
	struct ast_selector *s = arena_new(&c->l->arena, struct ast_selector);

	s->loc = out->loc;
	s->labels = p->pods ? *p->pods : (struct ast_labels){.loc = out->loc};
	if (!p->namespaces) {
		s->ns_kind = AST_NS_NAMES;
		vec_push(&c->l->arena, &s->ns_names, *ns);
	} else if (p->namespaces->kind == AST_LABELS_ALL) {
		s->ns_kind = AST_NS_ANY;
	} else {
		s->ns_kind = AST_NS_LABELS;
		s->ns_labels = *p->namespaces;
	}
	out->kind = AST_PEER_SELECTOR;
	out->selector = s;
}

#define AT(field) offsetof(struct peer, field)

static const struct yaml_object peer_object = {
	.what = "a NetworkPolicy peer",
	.fields =
		(const struct yaml_field[]){
			{"podSelector", .read = k8s_read_selector, .at = AT(pods)},
			{"namespaceSelector", .read = k8s_read_selector, .at = AT(namespaces)},
			{"ipBlock", .read = yaml_read_node, .at = AT(block)},
			{0},
		},
};

#undef AT

static int check_peer(struct yaml_ctx *c, const struct yaml_node *n, const struct peer *p)
{
	if (p->block && (p->pods || p->namespaces)) {
		diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE,
			   "a peer is either an ipBlock or pods, not both: "
			   "make two list items of it if you mean one or the other");
		return -EINVAL;
	}
	if (!p->block && !p->pods && !p->namespaces) {
		diag_error(&c->l->diag, n->loc, CODE_MISSING_FIELD,
			   "a peer needs a podSelector, a namespaceSelector or an ipBlock: "
			   "for every peer leave the whole list out, for every pod write "
			   "'namespaceSelector: {}'");
		return -EINVAL;
	}
	return 0;
}

static int read_peer(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_peer peer = {.loc = n->loc};
	struct rule *rule = out;
	struct peer p = {0};

	if (yaml_decode(c, n, &peer_object, &p) < 0 || check_peer(c, n, &p) < 0)
		return -EINVAL;
	if (!p.block)
		selector_peer(c, &p, rule->ns, &peer);
	else if (read_block(c, p.block, &peer) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &rule->ast->peers, peer);
	return 0;
}

/* --- ports ------------------------------------------------------------------------- */

struct port {
	struct ast_port ast;
	struct loc end_loc;
	uint16_t end;
};

/* IntOrString: "80" in quotes is the *name* of a port, and no valid one. */
static int read_port_value(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_port *port = out;
	struct diag_item *item;
	int64_t number;

	if (n->kind == YAML_STR && yaml_resolve(n->text, &number) == YAML_INT) {
		item = diag_error(&c->l->diag, n->loc, CODE_BAD_PORT,
				  "'%s' in quotes is the name of a port, and a port name needs a "
				  "letter: write the number without quotes",
				  yaml_show(c->scratch, n->text));
		diag_fix(&c->l->diag, item, n->loc, n->text, "remove the quotes");
		return -EINVAL;
	}
	if (n->kind == YAML_STR) {
		port->kind = AST_PORT_NAMED;
		return k8s_read_port_name(c, n, &port->name);
	}
	if (n->kind != YAML_INT)
		return yaml_wrong_type(c, n, "a port number or name");
	if (k8s_read_port_number(c, n, &port->lo) < 0)
		return -EINVAL;
	port->kind = AST_PORT_RANGE;
	port->hi = port->lo;
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

static const struct yaml_object port_object = {
	.what = "a NetworkPolicy port",
	.fields =
		(const struct yaml_field[]){
			{"protocol", .read = read_protocol, .at = offsetof(struct port, ast)},
			{"port", .read = read_port_value, .at = offsetof(struct port, ast)},
			{"endPort", .read = read_end_port},
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
	return p->ast.kind == AST_PORT_RANGE && p->end >= p->ast.lo ? 0 : -EINVAL;
}

static int read_port(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct port p = {.ast = {.loc = n->loc, .kind = AST_PORT_ANY, .proto = AST_PROTO_TCP}};
	struct rule *rule = out;

	if (yaml_decode(c, n, &port_object, &p) < 0 || apply_end_port(c, &p) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &rule->ast->ports, p.ast);
	return 0;
}

/* --- rules ------------------------------------------------------------------------- */

#define EVERY_PEER "Kubernetes then matches every peer; remove the field if you mean this"
#define EVERY_PORT "Kubernetes then matches every port; remove the field if you mean this"
#define PORTS_FIELD                                                                                \
	{                                                                                          \
		"ports", .read = read_port, .flags = YF_EACH, .if_null = EVERY_PORT                \
	}
#define PEERS_FIELD(name)                                                                          \
	{                                                                                          \
		name, .read = read_peer, .flags = YF_EACH, .if_null = EVERY_PEER                   \
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
	struct rule rule = {.ns = &spec->policy->ns, .ast = &ast};

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
	return yaml_each(c, n, read_ingress_rule, out);
}

static int read_egress(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	((struct spec *)out)->egress.loc = n->loc;
	return yaml_each(c, n, read_egress_rule, out);
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
		diag_fix(&c->l->diag, item, n->loc, "Ingress", "write Ingress");
	else if (strcasecmp(text, "egress") == 0)
		diag_fix(&c->l->diag, item, n->loc, "Egress", "write Egress");
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

#define EVERY_POD "the policy then selects every pod of its namespace; write {} if you mean this"

static const struct yaml_object spec_object = {
	.what = "a NetworkPolicy spec",
	.fields =
		(const struct yaml_field[]){
			{"podSelector", .read = k8s_read_selector,
			 .at = offsetof(struct spec, subjects), .if_null = EVERY_POD},
			{"policyTypes", .read = read_policy_types},
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
			{"metadata", .object = &k8s_meta_object,
			 .at = offsetof(struct object, meta)},
			{"spec", .read = yaml_read_node, .at = offsetof(struct object, spec),
			 .flags = YF_REQUIRED},
			{.name = "status"},
			{0},
		},
};

/* A policy without podSelector selects every pod of its namespace. */
static void set_subjects(struct yaml_ctx *c, const struct spec *spec)
{
	struct ast_peer subject = {.loc = spec->subjects ? spec->subjects->loc : spec->policy->loc};
	struct peer p = {.pods = spec->subjects};

	selector_peer(c, &p, &spec->policy->ns, &subject);
	vec_push(&c->l->arena, &spec->policy->subjects, subject);
}

static int read_spec(struct yaml_ctx *c, const struct yaml_node *n, struct ast_policy *policy)
{
	struct spec spec = {.policy = policy};

	c->field = "spec";
	if (yaml_decode(c, n, &spec_object, &spec) < 0)
		return -EINVAL;
	default_types(&spec);
	set_subjects(c, &spec);
	add_section(c, &spec, spec.ingress, AST_INGRESS, spec.type_ingress);
	add_section(c, &spec, spec.egress, AST_EGRESS, spec.type_egress);
	return 0;
}

int k8s_read_network_policy(struct yaml_ctx *c, const struct yaml_node *n)
{
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
	if (!o.spec || read_spec(c, o.spec, policy) < 0 || r < 0)
		return -EINVAL;
	return lang_add_item(
		c->l, c->file,
		(struct ast_item){.kind = AST_ITEM_POLICY, .loc = policy->loc, .policy = policy});
}
