/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `empty-selector-match` over an inventory: a selector that looks where the inventory has
 * endpoints and meets none of them. Where it has none at all, in a namespace that the inventory
 * leaves out, nothing is known.
 */
#include "lang/base/buf.h"
#include "lang/base/suggest.h"
#include "verifier/sweep/contradiction.h"

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
	return !ep->host;
}

static bool is_unmatched(const struct ir *ir, const struct ir_selector *sel)
{
	bool looked = false;

	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		if (ir_selector_matches(sel, *ep))
			return false;
		looked = looked || looks_at(sel, *ep);
	}
	return looked;
}

/* The requirement that none of the endpoints there meets, with the values that they have. */
static const struct ir_req *failing_req(const struct ir *ir, const struct ir_selector *sel,
					struct suggest *near)
{
	vec_each (const struct ir_req, req, &sel->reqs) {
		bool met = false;

		*near = (struct suggest){0};
		if (req->values.n)
			suggest_init(near, intern_str(&ir->strings, req->values.v[0]));
		vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
			if (!looks_at(sel, *ep))
				continue;
			met = met || meets(req, *ep);
			vec_each (const struct ir_label, label, &(*ep)->labels)
				if (near->word && label->scope == req->scope &&
				    label->key == req->key)
					suggest_offer(near, intern_str(&ir->strings, label->value));
		}
		if (!met)
			return req;
	}
	return NULL;
}

static void explain(struct sweep *s, struct diag_item *item, const struct ir_selector *sel)
{
	struct suggest near;
	const struct ir_req *req = failing_req(s->ir, sel, &near);
	_cleanup_buf_ struct buf b = {0};

	if (!req) {
		sweep_note(s, item, LOC_NONE,
			   "each of its requirements is met by some, but all by none");
		return;
	}
	contradiction_put_req(s->ir, req, &b);
	sweep_note(s, item, req->loc,
		   near.best ? "no endpoint there has '%s'; did you mean '%s'?"
			     : "no endpoint there has '%s'",
		   buf_str(&b), near.best);
}

static void check_selector(struct sweep *s, const struct ir_selector *sel, enum world_end end,
			   struct loc loc, const char *what)
{
	/* What could never match is told of already. */
	if (sel->none || !is_unmatched(s->ir, sel) || contradiction_ask(s, sel, end) == SMT_NO)
		return;
	explain(s,
		sweep_report(s, CHECK_ID_EMPTY_SELECTOR_MATCH, sel->loc.line ? sel->loc : loc,
			     "%s: no endpoint of the inventory meets the selector today", what),
		sel);
}

void sweep_unmatched(struct sweep *s)
{
	if (!s->ir->endpoints.n)
		return;
	vec_each (struct ir_policy *, policy, &s->ir->policies)
		vec_each (const struct ir_selector, sel, &(*policy)->subjects)
			check_selector(s, sel, WORLD_SUBJECT, (*policy)->loc,
				       arena_printf(s->arena, "%s %s selects nothing",
						    (*policy)->kind, (*policy)->name));
	vec_each (struct ir_rule *, rule, &s->ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			if (peer->kind == IR_PEER_SELECTOR)
				check_selector(s, &peer->selector, WORLD_PEER,
					       peer->loc.line ? peer->loc : (*rule)->loc,
					       arena_printf(s->arena,
							    "a peer in %s matches nothing",
							    sweep_rule_text(s, *rule)));
}
