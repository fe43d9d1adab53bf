/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `empty-selector-match` over an inventory: a selector that meets none of the endpoints, and why
 * (unmatched.h). `host-network-only`: those that have its labels use the network of their host, so
 * that no policy and no selector applies to them.
 */
#include <string.h>

#include "compiler/ir/peer.h"
#include "compiler/ir/suppose_labels.h"
#include "verifier/check/inventory/unmatched.h"
#include "verifier/check/open/contradiction.h"

/* The endpoints, and what is asked of them again and again. */
struct inventory {
	struct by_label *by_label;
	VEC(const struct ir_endpoint *) hosts, unsaid;
	bool has_system; /* somebody in kube-system */
	struct intern deserted;
	struct arena *arena;
};

static void inventory_init(struct inventory *inv, struct checker *c)
{
	*inv = (struct inventory){.arena = c->arena};
	intern_init(&inv->deserted, c->arena);
	inv->by_label = checker_by_label(c);
	vec_each (struct ir_endpoint *, ep, &c->ir->endpoints) {
		if ((*ep)->host)
			vec_push(c->arena, &inv->hosts, *ep);
		else if ((*ep)->ns && strcmp((*ep)->ns, "kube-system") == 0)
			inv->has_system = true;
		if (!(*ep)->host && (*ep)->unsaid.n)
			vec_push(c->arena, &inv->unsaid, *ep);
	}
}

static bool is_met(struct inventory *inv, const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &by_label_candidates(inv->by_label, sel)->eps)
		if (ir_selector_matches(sel, *ep))
			return true;
	return false;
}

/* What the selector asks of the namespace, or of the endpoint itself. */
static struct ir_selector part_of(const struct inventory *inv, const struct ir_selector *sel,
				  enum ir_scope scope)
{
	struct ir_selector part = {0};

	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == scope)
			vec_push(inv->arena, &part.reqs, *req);
	return part;
}

/* Somebody who has the labels all the same. */
static const struct ir_endpoint *find_host(const struct inventory *inv,
					   const struct ir_selector *sel)
{
	/* Of everybody somewhere, hosts are not those who are meant. */
	bool asks = false;

	vec_each (const struct ir_req, req, &sel->reqs)
		asks |= req->scope == IR_SCOPE_ENDPOINT &&
			(req->op == IR_IN || req->op == IR_EXISTS);
	vec_each (const struct ir_endpoint *, ep, &inv->hosts)
		if (asks && ir_selector_matches(sel, *ep))
			return *ep;
	return NULL;
}

/* What is written without a namespace is put into one by whoever applies it: the endpoint into that
 * of the selector, or the policy, by a kustomization, into that of the endpoint. */
static bool may_be_put_there(const struct checker *c, struct inventory *inv,
			     const struct unmatched *u)
{
	bool moves = u->subject && u->policy->ns.name && !u->policy->ns.written;
	struct ir_selector labels;

	if (c->ir->beside.complete)
		return false;
	labels = part_of(inv, u->sel, IR_SCOPE_ENDPOINT);
	vec_each (const struct ir_endpoint *, ep, &by_label_candidates(inv->by_label, &labels)->eps)
		if (ir_selector_matches(&labels, *ep) &&
		    ((*ep)->ns_assumed || (moves && unmatched_is_target(c->ir, (*ep)->ns))))
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

/* Somebody whose controller may have given it the label. */
static bool may_have_it_by_now(const struct inventory *inv, const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &inv->unsaid)
		if (ir_selector_may_match(sel, *ep))
			return true;
	return false;
}

static bool looks_somewhere(struct inventory *inv, const struct ir_selector *sel)
{
	struct ir_selector place = part_of(inv, sel, IR_SCOPE_NAMESPACE);

	return is_met(inv, &place);
}

/* A selector of every namespace in a NetworkPolicy means those of kube-system, too: DNS most often.
 * An inventory of an application alone does not have them. */
static bool may_be_left_out(const struct inventory *inv, const struct ir_rule *rule,
			    const struct ir_selector *sel)
{
	if (inv->has_system || strcmp(rule->policy->kind, "NetworkPolicy") != 0)
		return false;
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_NAMESPACE && req->op == IR_IN)
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

/* Who would be met, had it pods; what its owner has left behind will not have any again. */
static const struct ir_endpoint *find_none(const struct ir *ir, const struct ir_selector *sel)
{
	vec_each (struct ir_endpoint *, ep, &ir->none)
		if (!(*ep)->owner && !(*ep)->host && ir_selector_matches(sel, *ep))
			return *ep;
	return NULL;
}

static void report_none(struct checker *c, const struct unmatched *u,
			const struct ir_endpoint *none)
{
	struct diag_item *item = checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, u->loc,
						"%s: %s is scaled to none", u->what, none->name);

	checker_note(c, item, none->loc, "it would be met if it had replicas");
}

static void check_selector(struct checker *c, struct inventory *inv, const struct unmatched *u,
			   enum smt_end end, bool left_out)
{
	const struct ir_endpoint *host, *none;

	/* What could never match is told of already. */
	if (u->sel->none || is_met(inv, u->sel) || contradiction_ask(c, u->sel, end) == SMT_NO)
		return;
	if (may_be_put_there(c, inv, u) || may_be_labelled_so(c, u->sel) ||
	    may_have_it_by_now(inv, u->sel))
		return;
	host = find_host(inv, u->sel);
	none = find_none(c->ir, u->sel);
	if (none)
		report_none(c, u, none);
	else if (host)
		report_host(c, u, host);
	else if (left_out)
		return;
	else if (looks_somewhere(inv, u->sel))
		unmatched_report_labels(c, inv->by_label, u);
	else
		unmatched_report_namespace(c, inv->by_label, u);
}

/* Of an inventory in part, others may be met. */
static const char *nothing(const struct checker *c)
{
	return c->ir->beside.complete ? "nothing" : "nothing that is known";
}

static void check_subjects(struct checker *c, struct inventory *inv, const struct ir_policy *policy)
{
	struct unmatched u = {.policy = policy, .subject = true, .deserted = &inv->deserted};

	u.what = arena_printf(c->arena, "%s %s selects %s", policy->kind, policy->name, nothing(c));
	vec_each (const struct ir_selector, sel, &policy->subjects) {
		u.sel = sel;
		u.loc = sel->loc.line ? sel->loc : policy->loc;
		check_selector(c, inv, &u, SMT_SUBJECT, false);
	}
}

static void check_peers(struct checker *c, struct inventory *inv, const struct ir_rule *rule)
{
	struct unmatched u = {.policy = rule->policy, .deserted = &inv->deserted};

	u.what = arena_printf(c->arena, "a peer in %s matches %s", checker_rule_text(c, rule),
			      nothing(c));
	vec_each (const struct ir_peer, peer, &rule->peers) {
		u.sel = ir_peer_aspects(peer).labels;
		if (!u.sel)
			continue;
		u.loc = u.sel->loc.line ? u.sel->loc : peer->loc.line ? peer->loc : rule->loc;
		check_selector(c, inv, &u, SMT_PEER, may_be_left_out(inv, rule, u.sel));
	}
}

void check_empty_selector_match(struct checker *c)
{
	struct inventory inv;

	if (!ir_has_inventory(c->ir))
		return;
	inventory_init(&inv, c);
	vec_each (struct ir_policy *, policy, &c->ir->policies)
		check_subjects(c, &inv, *policy);
	vec_each (struct ir_rule *, rule, &c->ir->rules)
		check_peers(c, &inv, *rule);
}
