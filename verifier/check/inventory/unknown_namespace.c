/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `unknown-namespace`: a peer is sought in a namespace, by its name, that nothing in the input is
 * in. Only of an inventory that was named as such: a repository holds a part of what is in a
 * cluster.
 */
#include <string.h>

#include "compiler/ir/peer.h"
#include "lang/base/suggest.h"
#include "verifier/check/engine/checker.h"

/* Every cluster has these (Kubernetes, "Initial namespaces"), also one whose inventory was cut to
 * the application. */
static const char *const initial_namespaces[] = {"default", "kube-node-lease", "kube-public",
						 "kube-system"};

static bool is_known(const struct ir *ir, uint32_t name)
{
	for (size_t i = 0; i < sizeof(initial_namespaces) / sizeof(*initial_namespaces); i++)
		if (!strcmp(intern_str(&ir->strings, name), initial_namespaces[i]))
			return true;
	vec_each (const uint32_t, ns, &ir->namespaces)
		if (*ns == name)
			return true;
	vec_each (const struct ir_namespace, ns, &ir->beside.namespaces)
		if (ns->name == name)
			return true;
	return false;
}

static void report(struct checker *c, const struct ir_rule *rule, struct loc loc, uint32_t name)
{
	const char *text = intern_str(&c->ir->strings, name);
	struct diag_item *item =
		checker_report(c, CHECK_ID_UNKNOWN_NAMESPACE, loc.line ? loc : rule->loc,
			       "%s names the namespace '%s', which the inventory does not have",
			       checker_rule_text(c, rule), text);
	struct suggest near;

	suggest_init(&near, text);
	vec_each (const uint32_t, ns, &c->ir->namespaces)
		suggest_offer(&near, intern_str(&c->ir->strings, *ns));
	if (near.best)
		checker_note(c, item, LOC_NONE, "did you mean '%s'?", near.best);
}

static void check_selector(struct checker *c, const struct ir_rule *rule,
			   const struct ir_selector *sel)
{
	uint32_t key = intern_find(&c->ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_req, req, &sel->reqs) {
		if (req->scope != IR_SCOPE_NAMESPACE || req->key != key || req->op != IR_IN)
			continue;
		vec_each (const uint32_t, name, &req->values)
			if (!is_known(c->ir, *name))
				report(c, rule, req->loc, *name);
	}
}

/* The namespace of the policy itself is no question: its peers there carry its name, too. */
static bool is_own(const struct ir_rule *rule, const struct ir_selector *sel)
{
	vec_each (const struct ir_selector, subject, &rule->policy->subjects)
		vec_each (const struct ir_req, a, &subject->reqs)
			vec_each (const struct ir_req, b, &sel->reqs)
				if (a->scope == IR_SCOPE_NAMESPACE && b->scope == a->scope &&
				    a->key == b->key && a->op == IR_IN && b->op == IR_IN &&
				    a->values.n == 1 && b->values.n == 1 &&
				    a->values.v[0] == b->values.v[0])
					return true;
	return false;
}

void check_unknown_namespace(struct checker *c)
{
	if (!c->ir->beside.complete || !c->ir->namespaces.n)
		return;
	vec_each (struct ir_rule *, rule, &c->ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			const struct ir_selector *labels = ir_peer_aspects(peer).labels;

			if (labels && !is_own(*rule, labels))
				check_selector(c, *rule, labels);
		}
}
