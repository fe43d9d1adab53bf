/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `empty-selector-match` over an inventory: a selector that looks where the inventory has
 * endpoints and meets none of them. Where it has none at all, in a namespace that the inventory
 * leaves out, nothing is known.
 */
#include <string.h>

#include "compiler/classes/by_label.h"
#include "compiler/ir/peer.h"
#include "lang/base/buf.h"
#include "lang/base/suggest.h"
#include "verifier/check/open/contradiction.h"

/* The reason takes a look at every endpoint; whoever has that many findings has no inventory. */
enum { MAX_EXPLAINED = 100 };

static bool meets(const struct ir_req *req, const struct ir_endpoint *ep)
{
	struct ir_req copy = *req;
	const struct ir_selector sel = {.reqs = {.v = &copy, .n = 1}};

	return ir_selector_matches(&sel, ep);
}

/* Does it look in the endpoint's namespace? */
static bool looks_at(const struct ir_selector *sel, const struct ir_endpoint *ep)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_NAMESPACE && !meets(req, ep))
			return false;
	return true;
}

static bool is_unmatched(struct by_label *by_label, const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &by_label_candidates(by_label, sel)->eps)
		if (ir_selector_matches(sel, *ep))
			return false;
	vec_each (const struct ir_endpoint *, ep, &by_label->all.eps)
		if (looks_at(sel, *ep))
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

/* The requirement that none of the endpoints there meets, with the values that they have. */
static const struct ir_req *failing_req(const struct by_label *by_label,
					const struct ir_selector *sel, struct suggest *near)
{
	vec_each (const struct ir_req, req, &sel->reqs) {
		bool met = false;

		*near = (struct suggest){0};
		if (req->values.n)
			suggest_init(near, intern_str(&by_label->ir->strings, req->values.v[0]));
		vec_each (const struct ir_endpoint *, ep, &by_label->all.eps) {
			if (!looks_at(sel, *ep))
				continue;
			met = met || meets(req, *ep);
			vec_each (const struct ir_label, label, &(*ep)->labels)
				if (near->word && label->scope == req->scope &&
				    label->key == req->key)
					suggest_offer(near, intern_str(&by_label->ir->strings,
								       label->value));
		}
		if (!met)
			return req;
	}
	return NULL;
}

static void explain(struct checker *c, const struct by_label *by_label, struct diag_item *item,
		    const struct ir_selector *sel)
{
	struct suggest near;
	const struct ir_req *req = failing_req(by_label, sel, &near);
	_cleanup_buf_ struct buf b = {0};

	if (!req) {
		checker_note(c, item, LOC_NONE,
			     "each of its requirements is met by some, but all by none");
		return;
	}
	contradiction_put_req(c->ir, req, &b);
	checker_note(c, item, req->loc,
		     near.best ? "no endpoint there has '%s'; did you mean '%s'?"
			       : "no endpoint there has '%s'",
		     buf_str(&b), near.best);
}

static void check_selector(struct checker *c, struct by_label *by_label,
			   const struct ir_selector *sel, enum smt_end end, struct loc loc,
			   const char *what)
{
	struct diag_item *item;

	/* What could never match is told of already. */
	if (sel->none || !is_unmatched(by_label, sel) || contradiction_ask(c, sel, end) == SMT_NO)
		return;
	item = checker_report(c, CHECK_ID_EMPTY_SELECTOR_MATCH, sel->loc.line ? sel->loc : loc,
			      "%s: no endpoint of the inventory meets the selector today", what);
	if (c->findings[CHECK_ID_EMPTY_SELECTOR_MATCH] <= MAX_EXPLAINED)
		explain(c, by_label, item, sel);
}

void check_empty_selector_match(struct checker *c)
{
	struct by_label by_label;

	if (!c->ir->endpoints.n)
		return;
	by_label_init(&by_label, c->ir, c->arena);
	vec_each (struct ir_policy *, policy, &c->ir->policies)
		vec_each (const struct ir_selector, sel, &(*policy)->subjects)
			check_selector(c, &by_label, sel, SMT_SUBJECT, (*policy)->loc,
				       arena_printf(c->arena, "%s %s selects nothing",
						    (*policy)->kind, (*policy)->name));
	vec_each (struct ir_rule *, rule, &c->ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers) {
			const struct ir_selector *labels = ir_peer_aspects(peer).labels;

			if (labels && !may_be_left_out(c->ir, *rule, labels))
				check_selector(c, &by_label, labels, SMT_PEER,
					       peer->loc.line ? peer->loc : (*rule)->loc,
					       arena_printf(c->arena,
							    "a peer in %s matches nothing",
							    checker_rule_text(c, *rule)));
		}
}
