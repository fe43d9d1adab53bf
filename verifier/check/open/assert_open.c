/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims over the open world. The subject of the encoding is managed, so a flow is asked for twice:
 * in the frame of its destination (IR_INGRESS), whatever the source is, and, where no policy
 * governs the destination, in that of its source (IR_EGRESS).
 */
#include "compiler/ir/order.h"
#include "compiler/ir/peer.h"
#include "compiler/space/nodes.h"
#include "verifier/check/engine/assert.h"
#include "verifier/check/engine/claim_request.h"

/* Sets of rules that judge a request together are asked one after the other. */
enum { MAX_JUDGES = 200 };

/* A flow to `to` on the ports, and from `from` or (not `inside`) from elsewhere. */
static Z3_ast flow_term(struct checker *c, const struct ir_claim *claim, enum ir_dir frame,
			bool inside)
{
	enum smt_end dst = frame == IR_INGRESS ? SMT_SUBJECT : SMT_PEER;
	Z3_ast from = encode_peer_at(checker_encoding(c), &claim->from, smt_end_other(dst));
	struct terms all = {0}, ports = {0};

	if (!ir_peer_is_hosts(frame == IR_INGRESS ? &claim->from : &claim->to))
		vec_push(c->arena, &all, smt_not(checker_smt(c), checker_encoding(c)->node));
	vec_push(c->arena, &all, inside ? from : smt_not(checker_smt(c), from));
	vec_push(c->arena, &all, encode_peer_at(checker_encoding(c), &claim->to, dst));
	vec_each (const struct ir_port, port, &claim->ports)
		vec_push(c->arena, &ports, encode_port_at(checker_encoding(c), port, dst));
	if (claim->ports.n)
		vec_push(c->arena, &all, smt_or(checker_smt(c), &ports));
	if (frame == IR_EGRESS)
		vec_push(c->arena, &all, smt_not(checker_smt(c), checker_encoding(c)->managed));
	return smt_and(checker_smt(c), &all);
}

/* Both ends let some request pass, as far as flows are concerned; or every one. */
static Z3_ast passes(struct checker *c, enum ir_dir frame, bool every)
{
	Z3_ast (*allows)(struct encoding *, enum ir_dir, enum smt_end) =
		every ? encode_allows_every : encode_allows;
	enum ir_dir far = ir_dir_other(frame);

	return smt_both(checker_smt(c), allows(checker_encoding(c), frame, SMT_SUBJECT),
			allows(checker_encoding(c), far, SMT_PEER));
}

/* Takes the claim for a rule, whose ports and addresses the witness should have. */
static enum smt_answer find_witness(struct checker *c, const struct ir_claim *claim,
				    enum ir_dir frame, struct witness *out)
{
	struct ir_rule like = {.dir = frame};
	const struct ir_rule *one = &like;
	struct rule_list list = {.v = &one, .n = 1};

	vec_push(c->arena, &like.peers, claim->from);
	vec_push(c->arena, &like.peers, claim->to);
	vec_each (const struct ir_port, port, &claim->ports)
		vec_push(c->arena, &like.ports, *port);
	return witness_find_flow(checker_encoding(c), frame, &list, out);
}

/* With a request, if the claim names some; false: no request can be one of these, or none is known.
 */
static bool add_claimed(struct checker *c, const struct ir_claim *claim, struct ir_flow *flow,
			const char **open)
{
	struct claim_answer answer;

	if (claim->l7.kind == IR_L7_NONE)
		return true;
	claim_find_any_request(c, claim, &answer);
	if (answer.found == L7_FOUND)
		flow->request = answer.request;
	if (answer.found == L7_UNDECIDED)
		*open = answer.why;
	return answer.found == L7_FOUND;
}

/* SMT_YES: a flow of this frame breaks the claim whatever the request, which is reported. */
static enum smt_answer check_flows(struct checker *c, const struct ir_claim *claim,
				   enum ir_dir frame, const char **open)
{
	bool denied = ir_claim_wants(claim) == IR_VERDICT_ALLOW;
	Z3_ast pass = passes(c, frame, !denied);
	enum smt_answer r;
	struct witness wit;
	const char *text;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), flow_term(c, claim, frame, claim->kind != IR_CLAIM_ONLY));
	smt_assert(checker_smt(c), denied ? smt_not(checker_smt(c), pass) : pass);
	r = smt_check(checker_smt(c), NULL);
	if (r == SMT_YES)
		r = find_witness(c, claim, frame, &wit);
	smt_pop(checker_smt(c), 1);
	if (r != SMT_YES)
		return r;
	text = witness_text(checker_encoding(c), &wit);
	if (!add_claimed(c, claim, &wit.flow, open))
		return SMT_NO;
	assert_failed(c, claim, &wit.flow, assert_flow_text(c, &wit.flow, text), false);
	return r;
}

/* --- flows that are judged by their requests ---------------------------------------------------
 */

/* The judges of a flow, of both directions. */
struct judged {
	struct ir_flow flow;
	struct request_passage all;
	const struct ir_rule *first[IR_N_DIRS]; /* NULL: every request passes there */
};

static void take_judges(struct checker *c, enum ir_dir dir, struct judged *out)
{
	struct ir_trace trace = {.arena = c->arena};
	const struct ir_step *last;
	struct request_judge *judge;

	if (ir_judge_dir(c->ir, &out->flow, dir, &trace) != IR_OUTCOME_REDIRECT)
		return;
	last = &trace.steps.v[trace.steps.n - 1];
	out->first[dir] = last->rule;
	judge = request_add_judge(&out->all);
	vec_each (const struct ir_rule *const, rule, &last->matched)
		if (ir_step_asks(last, *rule))
			vec_push(c->arena, &judge->rules, *rule);
}

static bool rule_applies(const struct ir_rule *rule, const struct ir_flow *flow)
{
	const struct ir_end *subject = rule->dir == IR_INGRESS ? &flow->dst : &flow->src;

	return subject->ep && ir_policy_selects(rule->policy, subject->ep) &&
	       ir_rule_matches(rule, flow);
}

/*
 * The same rules are the judges. Up to their precedence, the same pass rules and rules about
 * requests match; so as no other rule decides, it is these.
 */
static void add_judged_so(struct checker *c, const struct judged *judged, enum ir_dir dir,
			  enum smt_end end, struct terms *all)
{
	const struct ir_rule *first = judged->first[dir];
	struct encoding *e = checker_encoding(c);
	struct smt *smt = checker_smt(c);
	Z3_ast every = encode_allows_every(e, dir, end);

	vec_push(c->arena, all, first ? smt_not(smt, every) : every);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		bool counts = (*rule)->l7.kind != IR_L7_NONE || (*rule)->action == IR_PASS;
		Z3_ast term;

		if (!first || !counts || (*rule)->dir != dir || ir_rule_before(first, *rule))
			continue;
		term = encode_rule_at(e, *rule, end);
		vec_push(c->arena, all,
			 rule_applies(*rule, &judged->flow) ? term : smt_not(smt, term));
	}
}

/* Excludes the flows that have the same judges. */
static void leave_out(struct checker *c, const struct judged *judged, enum ir_dir frame)
{
	struct terms all = {0};

	add_judged_so(c, judged, frame, SMT_SUBJECT, &all);
	add_judged_so(c, judged, ir_dir_other(frame), SMT_PEER, &all);
	smt_assert(checker_smt(c), smt_not(checker_smt(c), smt_and(checker_smt(c), &all)));
}

/* Of a flow of which some requests may pass. True if one breaks the claim, which is reported. */
static bool try_requests(struct checker *c, const struct ir_claim *claim, enum ir_dir frame,
			 struct witness *wit, const char **open)
{
	struct judged judged = {.flow = wit->flow};
	struct claim_answer answer;
	const char *text;

	take_judges(c, IR_EGRESS, &judged);
	take_judges(c, IR_INGRESS, &judged);
	if (!judged.all.n) {
		checker_unconfirmed(c, CHECK_ID_ASSERT_FAILED, claim->loc,
				    witness_text(checker_encoding(c), wit));
		return true;
	}
	claim_find_request(c, claim, &judged.all, &answer);
	if (answer.found == L7_FOUND) {
		wit->flow.request = answer.request;
		text = witness_text(checker_encoding(c), wit);
		assert_failed(c, claim, &wit->flow, assert_flow_text(c, &wit->flow, text), false);
		return true;
	}
	if (answer.found == L7_UNDECIDED)
		*open = answer.why;
	leave_out(c, &judged, frame);
	return false;
}

/* As check_flows(), of flows of which some requests may pass and others not. `open`: why a request
 * that breaks the claim was not found, if that does not say that there is none. */
static enum smt_answer check_judged(struct checker *c, const struct ir_claim *claim,
				    enum ir_dir frame, const char **open)
{
	struct smt *smt = checker_smt(c);
	bool found = false;
	enum smt_answer r;
	struct witness wit;

	if (!ir_has_l7(c->ir))
		return SMT_NO;
	smt_push(smt);
	smt_assert(smt, flow_term(c, claim, frame, claim->kind != IR_CLAIM_ONLY));
	smt_assert(smt, passes(c, frame, false));
	smt_assert(smt, smt_not(smt, passes(c, frame, true)));
	for (size_t i = 0; !found && (r = smt_check(smt, NULL)) == SMT_YES; i++) {
		if (i == MAX_JUDGES) {
			*open = "too many sets of rules can judge them";
			r = SMT_NO;
			break;
		}
		r = find_witness(c, claim, frame, &wit);
		if (r != SMT_YES)
			break;
		found = try_requests(c, claim, frame, &wit, open);
	}
	smt_pop(smt, 1);
	return found ? SMT_YES : r;
}

/* --- both frames -------------------------------------------------------------------------------
 */

static enum smt_answer check_frame(struct checker *c, const struct ir_claim *claim,
				   enum ir_dir frame, const char **open)
{
	enum smt_answer r = check_flows(c, claim, frame, open), judged;

	if (r == SMT_YES || r == SMT_ERROR)
		return r;
	judged = check_judged(c, claim, frame, open);
	return judged == SMT_NO ? r : judged;
}

/* A pod may come that runs on a node that the claim names, and its policies spare that one. */
static bool may_meet_own_node(const struct checker *c, const struct ir_claim *claim)
{
	bool spares = false;

	vec_each (struct ir_policy *, policy, &c->ir->policies)
		spares |= (*policy)->spares_node;
	return spares && ir_claim_wants(claim) == IR_VERDICT_DENY &&
	       (space_peer_names_node(c->ir, &claim->to) ||
		(claim->kind == IR_CLAIM_NEVER && space_peer_names_node(c->ir, &claim->from)));
}

static void check_claim(struct checker *c, const struct ir_claim *claim)
{
	const char *open = NULL;
	enum smt_answer r = check_frame(c, claim, IR_INGRESS, &open), other = SMT_NO;

	if (r != SMT_YES && r != SMT_ERROR)
		other = check_frame(c, claim, IR_EGRESS, &open);
	/* Found is found, even if the other half of the question has no answer. */
	if (r != SMT_YES && other != SMT_YES && (r != SMT_NO || other != SMT_NO))
		checker_undecided(c, CHECK_ID_ASSERT_FAILED, claim->loc, r != SMT_NO ? r : other);
	else if (r == SMT_NO && other == SMT_NO && open)
		assert_unknown_requests(c, claim, open);
	else if (r == SMT_NO && other == SMT_NO && may_meet_own_node(c, claim))
		checker_report_undecided(
			c, CHECK_ID_ASSERT_FAILED, claim->loc,
			"\"%s\" holds only if no pod that it speaks of runs on a node whose "
			"address it names, as policies of Kubernetes spare that one",
			claim->assertion->title);
}

/* --- what speaks of nothing --------------------------------------------------------------------
 */

static void note_answer(enum smt_answer r, bool *is_no, enum smt_answer *open)
{
	*is_no = r == SMT_NO;
	if (r != SMT_NO && r != SMT_YES)
		*open = r;
}

static void check_vacuous(struct checker *c, const struct ir_claim *claim)
{
	bool inside = claim->kind != IR_CLAIM_ONLY, ingress, egress = true;
	enum smt_answer open = SMT_NO;
	struct assert_gap gap = {0};

	note_answer(checker_ask(c, encode_peer(checker_encoding(c), &claim->from)), &gap.from,
		    &open);
	note_answer(checker_ask(c, encode_peer(checker_encoding(c), &claim->to)), &gap.to, &open);
	if ((!gap.from || !inside) && !gap.to) {
		note_answer(checker_ask(c, flow_term(c, claim, IR_INGRESS, inside)), &ingress,
			    &open);
		if (ingress)
			note_answer(checker_ask(c, flow_term(c, claim, IR_EGRESS, inside)), &egress,
				    &open);
		gap.flow = ingress && egress;
	}
	if (open != SMT_NO)
		checker_undecided(c, CHECK_ID_ASSERT_VACUOUS, claim->loc, open);
	else
		assert_vacuous(c, claim, &gap);
}

void check_assert_open(struct checker *c)
{
	if (assert_over_inventory(c->ir) || c->err)
		return;
	vec_each (struct ir_assert *, assertion, &c->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			if (c->options->levels[CHECK_ID_ASSERT_VACUOUS] != CHECK_OFF && !c->err)
				check_vacuous(c, claim);
			if (c->options->levels[CHECK_ID_ASSERT_FAILED] != CHECK_OFF && !c->err)
				check_claim(c, claim);
		}
	}
}
