/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `assert-failed`: a claim that a flow breaks, over the open world or, where there is an
 * inventory, over exactly its endpoints and the addresses outside. `assert-vacuous`: a claim
 * of which nothing is an end, so that it could not fail.
 */
#include "verifier/check/engine/assert.h"

#include "compiler/ir/peer.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "verifier/check/engine/claim_request.h"

/* --- who is to blame ----------------------------------------------------------------------- */

/* The end of a tier decides for those that a policy isolates in it. */
static void note_end(struct checker *c, struct diag_item *item, const struct ir_step *step,
		     enum ir_dir dir)
{
	const struct ir_policy *policy = step->governing.v[0];

	checker_note(c, item, policy->loc,
		     "%s %s isolates the %s (%s), and no rule of tier %s lets it pass",
		     policy->kind, policy->name, dir == IR_INGRESS ? "destination" : "source",
		     ir_dir_name(dir), step->tier->name);
}

/* An entry, or that there is none: then the request does not pass. */
static void note_judgement(struct checker *c, struct diag_item *item, const struct ir_step *step)
{
	const struct ir_judgement *j = &step->judgement;

	if (j->entry)
		checker_note(c, item, j->entry->loc, "an entry of %s %s",
			     checker_rule_text(c, j->rule),
			     j->passes ? "lets it pass" : "stops it");
	else
		checker_note(c, item, step->rule->l7.loc, "no entry of %s%s lets it pass",
			     checker_rule_text(c, step->rule),
			     step->matched.n > 1 ? ", or of others of its rank," : "");
}

/* What settled this direction. */
static void note_decision(struct checker *c, struct diag_item *item, const struct ir_trace *trace,
			  enum ir_dir dir, enum ir_outcome outcome)
{
	const struct ir_step *last = trace->steps.n ? &trace->steps.v[trace->steps.n - 1] : NULL;
	const char *role = dir == IR_INGRESS ? "destination" : "source";

	if (last && last->asks)
		note_judgement(c, item, last);
	else if (last && last->rule && last->action != IR_PASS)
		checker_note(c, item, last->rule->loc, "%s %s", checker_rule_text(c, last->rule),
			     outcome == IR_OUTCOME_ALLOW ? "lets it pass" : "stops it");
	else if (outcome == IR_OUTCOME_DENY)
		note_end(c, item, last, dir);
	else
		checker_note(c, item, LOC_NONE,
			     last && last->spared
				     ? "the %s's policies spare the node that it runs on (%s)"
				     : "nothing denies it at the %s (%s)",
			     role, ir_dir_name(dir));
}

/* Egress first, as a packet meets it; the first that denies is the last that counts. True: a node
 * was spared. */
static bool note_decisions(struct checker *c, struct diag_item *item, const struct ir_flow *flow)
{
	static const enum ir_dir order[] = {IR_EGRESS, IR_INGRESS};
	bool denied = ir_judge_both(c->ir, flow) == IR_OUTCOME_DENY, spared = false;

	for (size_t i = 0; i < IR_N_DIRS; i++) {
		const struct ir_end *subject = order[i] == IR_INGRESS ? &flow->dst : &flow->src;
		struct ir_trace trace = {.arena = c->arena};
		enum ir_outcome outcome = ir_judge_dir(c->ir, flow, order[i], &trace);

		if (denied && outcome != IR_OUTCOME_DENY)
			continue;
		if (subject->ep && !subject->ep->host)
			note_decision(c, item, &trace, order[i], outcome);
		spared |= trace.steps.n && trace.steps.v[trace.steps.n - 1].spared;
	}
	return spared;
}

/* --- nodes that a claim names ------------------------------------------------------------------
 */

static const char *put_prefix(const struct net_prefix *p, const char *sep, struct buf *out)
{
	char shown[NET_PREFIX_STRLEN];

	buf_printf(out, "%s%s", sep, net_prefix_format(p, shown));
	return ", ";
}

/* `cidr { 10.0.0.0/8 } except { 10.0.0.1/32 }`: the peer without `first` and other nodes in it, as
 * far as a person would write that. False: nothing that is written so is left, or it is too long.
 */
static bool put_without_nodes(const struct ir *ir, const struct ir_cidr *cidr,
			      const struct net_addr *first, struct buf *out)
{
	enum { MAX_PREFIXES = 12 };
	const struct net_prefix named = net_prefix_of_addr(first);
	const struct net_addr *before = NULL;
	size_t n = cidr->in.n + cidr->except.n, wide = 0;
	const char *sep = "cidr { ";

	vec_each (const struct net_prefix, p, &cidr->in) {
		wide += p->len < net_family_bits(p->addr.family);
		sep = put_prefix(p, sep, out);
	}
	sep = " } except { ";
	vec_each (const struct net_prefix, p, &cidr->except)
		sep = put_prefix(p, sep, out);
	sep = put_prefix(&named, sep, out);
	vec_each (const struct ir_node_address, at, &ir->nodes) {
		const struct net_prefix node = net_prefix_of_addr(&at->addr);

		if (!ir_addresses_hold(cidr, &node) || net_addr_eq(first, &at->addr) ||
		    (before && net_addr_eq(before, &at->addr)))
			continue;
		before = &at->addr;
		sep = put_prefix(&node, sep, out);
		n++;
	}
	buf_puts(out, " }");
	return wide && n <= MAX_PREFIXES;
}

void assert_note_nodes(struct checker *c, struct diag_item *item, const struct ir_claim *claim,
		       const struct ir_flow *flow)
{
	bool from = flow->src.ep->host;
	const struct ir_peer *peer = from ? &claim->from : &claim->to;
	const struct net_addr *node = from ? &flow->src.addr : &flow->dst.addr;
	_cleanup_buf_ struct buf others = {0};

	if (peer->kind != IR_PEER_CIDR)
		return;
	if (put_without_nodes(c->ir, &peer->cidr, node, &others))
		checker_note(c, item, peer->loc, "all but the nodes are '%s'", buf_str(&others));
	else
		checker_note(c, item, peer->loc,
			     "no policy of Kubernetes keeps a pod and its own node apart: leave "
			     "addresses of nodes out");
}

/* --- findings ------------------------------------------------------------------------------- */

bool assert_is_broken(const struct ir *ir, const struct ir_claim *claim, const struct ir_flow *flow)
{
	enum ir_outcome breaks =
		ir_claim_wants(claim) == IR_VERDICT_DENY ? IR_OUTCOME_ALLOW : IR_OUTCOME_DENY;

	return ir_claim_covers(claim, flow) && ir_judge_both(ir, flow) == breaks;
}

const char *assert_flow_text(struct checker *c, const struct ir_flow *flow, const char *witness)
{
	if (!flow->request)
		return witness;
	return arena_printf(c->arena, "%s: %s", witness,
			    claim_request_text(c->arena, flow->request));
}

void assert_unknown_requests(struct checker *c, const struct ir_claim *claim, const char *why)
{
	checker_report_undecided(c, CHECK_ID_ASSERT_FAILED, claim->loc,
				 "\"%s\" has no answer for requests that rules judge: %s",
				 claim->assertion->title, why);
}

void assert_all_spent(struct checker *c)
{
	static const enum check_id ids[] = {CHECK_ID_ASSERT_FAILED, CHECK_ID_ASSERT_VACUOUS};

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		if (c->options->levels[ids[i]] != CHECK_OFF)
			checker_is_spent(c, ids[i], c->ir->asserts.v[0]->loc);
}

void assert_all_undecided(struct checker *c, const struct diag *why)
{
	vec_each (struct ir_assert *, assertion, &c->ir->asserts)
		checker_report_undecided(c, CHECK_ID_ASSERT_FAILED, (*assertion)->loc,
					 "\"%s\" has no answer here: %s", (*assertion)->title,
					 why->items.n ? why->items.v[0]->text
						      : "the policies cannot be compiled");
}

void assert_failed(struct checker *c, const struct ir_claim *claim, const struct ir_flow *flow,
		   const char *witness, bool sourceless)
{
	static const char *const texts[][2] = {
		[IR_CLAIM_NEVER] = {"a flow passes that never must",
				    "a request passes that never must"},
		[IR_CLAIM_ALWAYS] = {"a flow is denied that must always pass",
				     "a request is denied that must always pass"},
		[IR_CLAIM_ONLY] = {"a flow passes that comes from elsewhere",
				   "a request passes that comes from elsewhere"},
	};
	struct diag_item *item;

	if (!assert_is_broken(c->ir, claim, flow)) {
		checker_unconfirmed(c, CHECK_ID_ASSERT_FAILED, claim->loc, witness);
		return;
	}
	item = checker_report(c, CHECK_ID_ASSERT_FAILED, claim->loc, "\"%s\" does not hold: %s",
			      claim->assertion->title, texts[claim->kind][flow->request != NULL]);
	if (note_decisions(c, item, flow))
		assert_note_nodes(c, item, claim, flow);
	if (sourceless)
		checker_note(
			c, item, claim->from.loc,
			"nothing in the inventory is its source, so that it lets nobody through");
	checker_note(c, item, LOC_NONE, "for example %s", witness);
}

bool assert_over_inventory(const struct ir *ir)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		if (!(*ep)->host)
			return true;
	}
	return false;
}

static void report_end(struct checker *c, const struct ir_claim *claim, const struct ir_peer *peer,
		       const char *role)
{
	checker_report(c, CHECK_ID_ASSERT_VACUOUS, peer->loc.line ? peer->loc : claim->loc,
		       assert_over_inventory(c->ir)
			       ? "\"%s\" says nothing here: nothing in the inventory is its %s"
			       : "\"%s\" says nothing here: nothing can be its %s",
		       claim->assertion->title, role);
}

static bool names_no_request(struct checker *c, const struct ir_claim *claim)
{
	struct claim_answer answer;

	if (claim->l7.kind == IR_L7_NONE)
		return false;
	claim_find_any_request(c, claim, &answer);
	return answer.found == L7_NONE;
}

void assert_vacuous(struct checker *c, const struct ir_claim *claim, const struct assert_gap *gap)
{
	if (gap->from && claim->kind != IR_CLAIM_ONLY)
		report_end(c, claim, &claim->from, "source");
	if (gap->to)
		report_end(c, claim, &claim->to, "destination");
	if (gap->flow)
		checker_report(c, CHECK_ID_ASSERT_VACUOUS, claim->loc,
			       "\"%s\" says nothing here: there is no flow that it speaks of and "
			       "that a policy decides",
			       claim->assertion->title);
	if (names_no_request(c, claim))
		checker_report(c, CHECK_ID_ASSERT_VACUOUS, claim->l7.loc,
			       "\"%s\" says nothing here: no request can be one of those that it "
			       "names",
			       claim->assertion->title);
}
