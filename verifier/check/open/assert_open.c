/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims over the open world. The subject of the encoding is managed, so a flow is asked for twice:
 * in the frame of its destination (IR_INGRESS), whatever the source is, and, where no policy
 * governs the destination, in that of its source (IR_EGRESS).
 */
#include "compiler/ir/peer.h"
#include "compiler/space/nodes.h"
#include "verifier/check/engine/assert.h"

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

/* The verdict of both ends. */
static Z3_ast passes(struct checker *c, enum ir_dir frame)
{
	enum ir_dir far = ir_dir_other(frame);

	return smt_both(checker_smt(c), encode_allows(checker_encoding(c), frame, SMT_SUBJECT),
			encode_allows(checker_encoding(c), far, SMT_PEER));
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

/* SMT_YES: a flow of this frame breaks the claim, which is reported. */
static enum smt_answer check_frame(struct checker *c, const struct ir_claim *claim,
				   enum ir_dir frame)
{
	Z3_ast pass = passes(c, frame);
	enum smt_answer r;
	struct witness wit;

	smt_push(checker_smt(c));
	smt_assert(checker_smt(c), flow_term(c, claim, frame, claim->kind != IR_CLAIM_ONLY));
	smt_assert(checker_smt(c),
		   ir_claim_wants(claim) == IR_VERDICT_DENY ? pass : smt_not(checker_smt(c), pass));
	r = smt_check(checker_smt(c), NULL);
	if (r == SMT_YES)
		r = find_witness(c, claim, frame, &wit);
	smt_pop(checker_smt(c), 1);
	if (r == SMT_YES)
		assert_failed(c, claim, &wit.flow, witness_text(checker_encoding(c), &wit));
	return r;
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
	enum smt_answer r = check_frame(c, claim, IR_INGRESS), other = SMT_NO;

	if (r != SMT_YES && r != SMT_ERROR)
		other = check_frame(c, claim, IR_EGRESS);
	/* Found is found, even if the other half of the question has no answer. */
	if (r != SMT_YES && other != SMT_YES && (r != SMT_NO || other != SMT_NO))
		checker_undecided(c, CHECK_ID_ASSERT_FAILED, claim->loc, r != SMT_NO ? r : other);
	else if (r == SMT_NO && other == SMT_NO && may_meet_own_node(c, claim))
		checker_report(c, CHECK_ID_UNDECIDED, claim->loc,
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
	if (!gap.from && !gap.to) {
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
