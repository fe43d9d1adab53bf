/* SPDX-License-Identifier: Apache-2.0 */
/* NetworkPolicyPeer and IPBlock: whom a rule lets in or out. */
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/k8s/meta.h"
#include "lang/yaml/k8s/network_policy.h"

struct block {
	struct ast_cidr *cidr;
	struct loc cidr_loc;
};

struct peer {
	struct ast_labels *pods, *namespaces;
	const struct yaml_node *block;
};

static int read_cidr(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct block *b = out;
	struct ast_prefix p;

	if (np_read_range(c, n, &p) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &b->cidr->in, p);
	return 0;
}

static int read_except(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct block *b = out;
	struct ast_prefix p;

	if (np_read_range(c, n, &p) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &b->cidr->except, p);
	return 0;
}

#define NOTHING "Kubernetes then takes nothing out of the range; remove the field if you mean this"

static const struct yaml_object block_object = {
	.what = "an ipBlock",
	.fields =
		(const struct yaml_field[]){
			{"cidr", .read = read_cidr, .flags = YF_REQUIRED},
			{"except", .read = read_except, .flags = YF_EACH, .if_null = NOTHING},
			{0},
		},
};

/* How an exception stands to its range if not as Kubernetes wants it: strictly within. */
struct misplaced {
	const char *how, *advice;
};

static const struct misplaced *misplaced(const struct net_prefix *in, const struct net_prefix *p)
{
	static const struct misplaced foreign = {"is of another address family than",
						 "remove it, as the range holds no such address"},
				      covering = {"leaves nothing of",
						  "it must lie strictly within it"},
				      outside = {"does not lie within",
						 "correct or remove it, as it takes nothing away"};

	if (p->addr.family != in->addr.family)
		return &foreign;
	if (net_prefix_has_prefix(p, in))
		return &covering;
	return net_prefix_has_prefix(in, p) ? NULL : &outside;
}

static int check_except(struct yaml_ctx *c, const struct ast_prefix *in, const struct ast_prefix *p)
{
	const struct misplaced *fault = misplaced(&in->prefix, &p->prefix);
	char text[NET_PREFIX_STRLEN], outer[NET_PREFIX_STRLEN];

	if (!fault)
		return 0;
	net_prefix_format(&p->prefix, text);
	net_prefix_format(&in->prefix, outer);
	diag_error(&c->l->diag, p->loc, CODE_BAD_ADDRESS, "the exception %s %s %s: %s", text,
		   fault->how, outer, fault->advice);
	return -EINVAL;
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

static bool asks_for_name(const struct ast_req *req, enum ast_op op)
{
	return req->op == op && strcmp(req->key.s, K8S_NAMESPACE_NAME) == 0;
}

/* Does it hold in a namespace only, as what is in none has no label of one? */
static bool asks_for_namespace(const struct ast_req *req)
{
	return req->op == AST_IN || req->op == AST_EXISTS;
}

/* Every namespace has its name as a label: to ask whether it is there asks for a namespace,
 * whichever. What is in none no selector of namespaces means, as Kubernetes has no such pods, but
 * `.pol` has such endpoints. */
static void select_namespaces(struct yaml_ctx *c, const struct ast_labels *in,
			      struct ast_selector *out)
{
	const struct ast_req has_name = {.op = AST_EXISTS, .key = {.s = K8S_NAMESPACE_NAME}};
	bool asked = false;

	out->ns_kind = AST_NS_LABELS;
	out->ns_labels = (struct ast_labels){.loc = in->loc, .kind = AST_LABELS_REQS};
	vec_each (const struct ast_req, req, &in->reqs) {
		if (asks_for_name(req, AST_EXISTS))
			continue;
		vec_push(&c->l->arena, &out->ns_labels.reqs, *req);
		asked |= asks_for_namespace(req);
	}
	if (!asked)
		vec_push(&c->l->arena, &out->ns_labels.reqs, has_name);
}

/* Both selectors narrow each other. Without a namespaceSelector: the policy's namespace. */
void np_selector_peer(struct yaml_ctx *c, const struct ast_labels *pods,
		      const struct ast_labels *namespaces, const struct ast_name *ns,
		      struct ast_peer *out)
{
	struct ast_selector *s = arena_new(&c->l->arena, struct ast_selector);

	s->loc = out->loc;
	s->labels = pods ? *pods : (struct ast_labels){.loc = out->loc};
	if (!namespaces) {
		s->ns_kind = AST_NS_NAMES;
		vec_push(&c->l->arena, &s->ns_names, *ns);
	} else {
		select_namespaces(c, namespaces, s);
	}
	out->kind = AST_PEER_SELECTOR;
	out->selector = s;
}

#define AT(field) offsetof(struct peer, field)

#define OWN_NAMESPACE                                                                              \
	"Kubernetes then looks in the namespace of the policy only; write {} for every namespace"

static const struct yaml_object peer_object = {
	.what = "a NetworkPolicy peer",
	.fields =
		(const struct yaml_field[]){
			{"podSelector", .read = k8s_read_selector, .at = AT(pods)},
			{"namespaceSelector", .read = k8s_read_selector, .at = AT(namespaces),
			 .if_null = OWN_NAMESPACE},
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

/* Beside a namespaceSelector only: without one there is no peer, or an ipBlock. */
static void look_at_pods(struct yaml_ctx *c, const struct yaml_node *n, const struct peer *p)
{
	const struct yaml_node *pods = yaml_get(n, "podSelector");

	if (p->namespaces && pods && pods->kind == YAML_NULL)
		yaml_tell_null(c, pods, "podSelector",
			       "the peer is then every pod of these namespaces; write {} if you "
			       "mean this");
}

int np_read_peer(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_peer peer = {.loc = n->loc};
	struct np_rule *rule = out;
	struct peer p = {0};

	if (yaml_decode(c, n, &peer_object, &p) < 0 || check_peer(c, n, &p) < 0)
		return -EINVAL;
	look_at_pods(c, n, &p);
	if (!p.block)
		np_selector_peer(c, p.pods, p.namespaces, rule->ns, &peer);
	else if (read_block(c, p.block, &peer) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &rule->ast->peers, peer);
	return 0;
}
