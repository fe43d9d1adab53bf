/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `empty-selector-match` over an inventory: a selector that meets none of the endpoints, and why
 * (unmatched.h). `host-network-only`: those that have its labels use the network of their host, so
 * that no policy and no selector applies to them.
 */
#include <string.h>

#include "compiler/ir/peer.h"
#include "verifier/check/inventory/unmatched.h"
#include "verifier/check/open/contradiction.h"

static bool is_met(struct by_label *by_label, const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &by_label_candidates(by_label, sel)->eps)
		if (ir_selector_matches(sel, *ep))
			return true;
	return false;
}

/* Somebody who has the labels all the same. */
static const struct ir_endpoint *find_host(const struct ir *ir, const struct ir_selector *sel)
{
	/* Of everybody somewhere, hosts are not those who are meant. */
	bool asks = false;

	vec_each (const struct ir_req, req, &sel->reqs)
		asks |= req->scope == IR_SCOPE_ENDPOINT &&
			(req->op == IR_IN || req->op == IR_EXISTS);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if (asks && (*ep)->host && ir_selector_matches(sel, *ep))
			return *ep;
	return NULL;
}

static bool is_target(const struct ir *ir, const char *ns)
{
	uint32_t name = ns ? intern_find(&ir->strings, ns) : INTERN_NONE;

	vec_each (const struct ir_namespace, known, &ir->beside.namespaces)
		if (known->name == name && known->proof == IR_NS_TARGET)
			return true;
	return false;
}

/* What is written without a namespace is put into one by whoever applies it: the endpoint into that
 * of the selector, or the policy, by a kustomization, into that of the endpoint. */
static bool may_be_put_there(const struct checker *c, const struct by_label *by_label,
			     const struct unmatched *u)
{
	bool moves = u->subject && u->policy->ns.name && !u->policy->ns.written;

	if (c->ir->beside.complete)
		return false;
	vec_each (const struct ir_endpoint *, ep, &by_label->all.eps)
		if (unmatched_has_labels(u->sel, *ep) &&
		    ((*ep)->ns_assumed || (moves && is_target(c->ir, (*ep)->ns))))
			return true;
	return false;
}

static bool has_value(const struct ir_req *req, const struct ir_label *label)
{
	vec_each (const uint32_t, value, &req->values)
		if (*value == label->value)
			return true;
	return false;
}

/* A kustomization gives its labels to endpoints that are written without. */
static bool may_be_labelled_so(const struct checker *c, const struct ir_selector *sel)
{
	if (c->ir->beside.complete)
		return false;
	vec_each (const struct ir_req, req, &sel->reqs)
		vec_each (const struct ir_label, label, &c->ir->beside.added)
			if (req->op == IR_IN && req->scope == label->scope &&
			    req->key == label->key && has_value(req, label))
				return true;
	return false;
}

static bool looks_somewhere(const struct by_label *by_label, const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &by_label->all.eps)
		if (unmatched_looks_at(sel, *ep))
			return true;
	return false;
}

/* A selector of every namespace in a NetworkPolicy means those of kube-system, too: DNS most often.
 * An inventory of an application alone does not have them. */
static bool may_be_left_out(const struct ir *ir, const struct ir_rule *rule,
			    const struct ir_selector *sel)
{
	if (strcmp(rule->policy->kind, "NetworkPolicy") != 0)
		return false;
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_NAMESPACE && req->op == IR_IN)
			return false;
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		if ((*ep)->ns && !(*ep)->host && strcmp((*ep)->ns, "kube-system") == 0)
			return false;
	return true;
}

static void report_host(struct checker *c, const struct unmatched *u,
			const struct ir_endpoint *host)
{
	struct diag_item *item = checker_report(
		c, CHECK_ID_HOST_NETWORK_ONLY, u->loc,
		"%s: %s has the labels but uses the host's network, so %s", u->what, host->name,
		u->subject ? "no policy applies to it" : "no selector of pods means it");

	checker_note(c, item, host->loc,
		     u->subject ? "it is as open as its node"
				: "its traffic is that of its node: allow the addresses of nodes "
				  "with a CIDR, if it is meant");
}

static void check_selector(struct checker *c, struct by_label *by_label, const struct unmatched *u,
			   enum smt_end end, bool left_out)
{
	const struct ir_endpoint *host;

	/* What could never match is told of already. */
	if (u->sel->none || is_met(by_label, u->sel) || contradiction_ask(c, u->sel, end) == SMT_NO)
		return;
	if (may_be_put_there(c, by_label, u) || may_be_labelled_so(c, u->sel))
		return;
	host = find_host(c->ir, u->sel);
	if (host)
		report_host(c, u, host);
	else if (left_out)
		return;
	else if (looks_somewhere(by_label, u->sel))
		unmatched_report_labels(c, by_label, u);
	else
		unmatched_report_namespace(c, by_label, u);
}

/* Of an inventory in part, others may be met. */
static const char *nothing(const struct checker *c)
{
	return c->ir->beside.complete ? "nothing" : "nothing that is known";
}

static void check_subjects(struct checker *c, struct by_label *by_label,
			   const struct ir_policy *policy)
{
	struct unmatched u = {.policy = policy, .subject = true};

	u.what = arena_printf(c->arena, "%s %s selects %s", policy->kind, policy->name, nothing(c));
	vec_each (const struct ir_selector, sel, &policy->subjects) {
		u.sel = sel;
		u.loc = sel->loc.line ? sel->loc : policy->loc;
		check_selector(c, by_label, &u, SMT_SUBJECT, false);
	}
}

static void check_peers(struct checker *c, struct by_label *by_label, const struct ir_rule *rule)
{
	struct unmatched u = {.policy = rule->policy};

	u.what = arena_printf(c->arena, "a peer in %s matches %s", checker_rule_text(c, rule),
			      nothing(c));
	vec_each (const struct ir_peer, peer, &rule->peers) {
		u.sel = ir_peer_aspects(peer).labels;
		if (!u.sel)
			continue;
		u.loc = u.sel->loc.line ? u.sel->loc : peer->loc.line ? peer->loc : rule->loc;
		check_selector(c, by_label, &u, SMT_PEER, may_be_left_out(c->ir, rule, u.sel));
	}
}

void check_empty_selector_match(struct checker *c)
{
	struct by_label by_label;

	if (!c->ir->endpoints.n)
		return;
	by_label_init(&by_label, c->ir, c->arena);
	vec_each (struct ir_policy *, policy, &c->ir->policies)
		check_subjects(c, &by_label, *policy);
	vec_each (struct ir_rule *, rule, &c->ir->rules)
		check_peers(c, &by_label, *rule);
}
