/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/selecting.h"

#include <string.h>

#include "lang/lang.h"

/* Kubernetes gives it to every namespace. */
#define NAME_LABEL "kubernetes.io/metadata.name"

static void add_keys(struct intern *to, const struct ast_labels *labels)
{
	vec_each (const struct ast_req, req, &labels->reqs)
		intern_add(to, req->key.s);
}

static void add_namespaces(struct selecting *s, const struct ast_labels *labels)
{
	vec_each (const struct ast_req, req, &labels->reqs)
		if (strcmp(req->key.s, NAME_LABEL) != 0)
			intern_add(&s->namespaces, req->key.s);
		else
			vec_each (const struct ast_name, value, &req->values)
				intern_add(&s->homes, value->s);
}

static void add_peer(struct selecting *s, const struct ast_peer *peer)
{
	const struct ast_selector *selector = peer->selector;

	if (peer->kind != AST_PEER_SELECTOR)
		return;
	add_keys(&s->pods, &selector->labels);
	if (selector->ns_kind == AST_NS_LABELS)
		add_namespaces(s, &selector->ns_labels);
	vec_each (const struct ast_name, name, &selector->ns_names)
		intern_add(&s->homes, name->s);
}

static void add_port(struct selecting *s, const struct ast_port *port)
{
	if (port->kind == AST_PORT_NAMED)
		intern_add(&s->ports, port->name.s);
}

static void add_rule(struct selecting *s, const struct ast_rule *rule)
{
	vec_each (const struct ast_peer, peer, &rule->peers)
		add_peer(s, peer);
	vec_each (const struct ast_port, port, &rule->ports)
		add_port(s, port);
}

static void add_policy(struct selecting *s, const struct ast_policy *policy)
{
	s->policies = true;
	if (policy->ns.s)
		intern_add(&s->homes, policy->ns.s);
	vec_each (const struct ast_peer, subject, &policy->subjects)
		add_peer(s, subject);
	vec_each (const struct ast_section, section, &policy->sections)
		vec_each (const struct ast_rule, rule, &section->rules)
			add_rule(s, rule);
}

static void add_assertion(struct selecting *s, const struct ast_assert *assertion)
{
	vec_each (const struct ast_claim, claim, &assertion->claims) {
		add_peer(s, &claim->from);
		add_peer(s, &claim->to);
		vec_each (const struct ast_port, port, &claim->ports)
			add_port(s, port);
	}
}

static void add_let(struct selecting *s, const struct ast_let *let)
{
	if (let->kind == AST_LET_PEER)
		add_peer(s, &let->peer);
	vec_each (const struct ast_port, port, &let->ports)
		add_port(s, port);
}

static void add_service(struct selecting *s, const struct ast_service *service)
{
	vec_each (const struct ast_service_port, port, &service->ports) {
		add_peer(s, &port->backends);
		add_port(s, &port->target);
	}
}

static void add_item(struct selecting *s, const struct ast_item *item)
{
	switch (item->kind) {
	case AST_ITEM_POLICY:
		add_policy(s, item->policy);
		break;
	case AST_ITEM_TIER:
		vec_each (struct ast_policy *, policy, &item->tier->policies)
			add_policy(s, *policy);
		break;
	case AST_ITEM_LET:
		add_let(s, item->let);
		break;
	case AST_ITEM_SERVICE:
		add_service(s, item->service);
		break;
	case AST_ITEM_ASSERT:
		add_assertion(s, item->assertion);
		break;
	case AST_ITEM_IMPORT:
	case AST_ITEM_ENDPOINT:
	case AST_ITEM_NAMESPACE:
		break;
	}
}

void selecting_init(struct selecting *s, const struct lang *l, struct arena *arena)
{
	*s = (struct selecting){0};
	intern_init(&s->pods, arena);
	intern_init(&s->namespaces, arena);
	intern_init(&s->homes, arena);
	intern_init(&s->ports, arena);
	vec_each (struct ast_file *, f, &l->files)
		vec_each (const struct ast_item, item, &(*f)->items)
			if (!(*f)->inventory_only || item->kind != AST_ITEM_POLICY)
				add_item(s, item);
}

static bool is_home(const struct selecting *s, const char *ns)
{
	return intern_find(&s->homes, ns) != INTERN_NONE;
}

bool selecting_tells_apart(const struct selecting *s, const char *from, const char *to)
{
	if (s->namespaces.strings.n)
		return true;
	return to ? is_home(s, from) || is_home(s, to) : s->homes.strings.n > 0;
}
