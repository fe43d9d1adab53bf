/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims over the open world. The world's subject is managed, so a flow is asked for twice: in
 * the frame of its destination (IR_INGRESS), whatever the source is, and, where no policy
 * governs the destination, in that of its source (IR_EGRESS).
 */
#include "verifier/sweep/assert.h"

static bool is_host(const struct ir_peer *peer)
{
	return peer->kind == IR_PEER_ENTITY && peer->entity == IR_ENTITY_HOST;
}

/* A flow to `to` on the ports, and from `from` or (not `inside`) from elsewhere. */
static Z3_ast flow_term(struct sweep *s, const struct ir_claim *claim, enum ir_dir frame,
			bool inside)
{
	enum world_end dst = frame == IR_INGRESS ? WORLD_SUBJECT : WORLD_PEER;
	Z3_ast from = world_peer_at(&s->world, &claim->from, world_other(dst));
	struct terms all = {0}, ports = {0};

	if (!is_host(frame == IR_INGRESS ? &claim->from : &claim->to))
		vec_push(s->arena, &all, smt_not(&s->smt, s->world.node));
	vec_push(s->arena, &all, inside ? from : smt_not(&s->smt, from));
	vec_push(s->arena, &all, world_peer_at(&s->world, &claim->to, dst));
	vec_each (const struct ir_port, port, &claim->ports)
		vec_push(s->arena, &ports, world_port_at(&s->world, port, dst));
	if (claim->ports.n)
		vec_push(s->arena, &all, smt_or(&s->smt, &ports));
	if (frame == IR_EGRESS)
		vec_push(s->arena, &all, smt_not(&s->smt, s->world.managed));
	return smt_and(&s->smt, &all);
}

/* The verdict of both ends. */
static Z3_ast passes(struct sweep *s, enum ir_dir frame)
{
	enum ir_dir far = ir_dir_other(frame);

	return smt_both(&s->smt, world_allows(&s->world, frame, WORLD_SUBJECT),
			world_allows(&s->world, far, WORLD_PEER));
}

/* Takes the claim for a rule, whose ports and addresses the witness should have. */
static enum smt_answer find_witness(struct sweep *s, const struct ir_claim *claim,
				    enum ir_dir frame, struct witness *out)
{
	struct ir_rule like = {.dir = frame};
	const struct ir_rule *one = &like;
	struct rule_list list = {.v = &one, .n = 1};

	vec_push(s->arena, &like.peers, claim->from);
	vec_push(s->arena, &like.peers, claim->to);
	vec_each (const struct ir_port, port, &claim->ports)
		vec_push(s->arena, &like.ports, *port);
	return witness_find_flow(&s->world, frame, &list, out);
}

/* SMT_YES: a flow of this frame breaks the claim, which is reported. */
static enum smt_answer check_frame(struct sweep *s, const struct ir_claim *claim, enum ir_dir frame)
{
	Z3_ast pass = passes(s, frame);
	enum smt_answer r;
	struct witness wit;

	smt_push(&s->smt);
	smt_assert(&s->smt, flow_term(s, claim, frame, claim->kind != IR_CLAIM_ONLY));
	smt_assert(&s->smt,
		   ir_claim_wants(claim) == IR_VERDICT_DENY ? pass : smt_not(&s->smt, pass));
	r = smt_check(&s->smt, NULL);
	if (r == SMT_YES)
		r = find_witness(s, claim, frame, &wit);
	smt_pop(&s->smt, 1);
	if (r == SMT_YES)
		assert_failed(s, claim, &wit.flow, witness_text(&s->world, &wit));
	return r;
}

static void check_claim(struct sweep *s, const struct ir_claim *claim)
{
	enum smt_answer r = check_frame(s, claim, IR_INGRESS), other = SMT_NO;

	if (r != SMT_YES && r != SMT_ERROR)
		other = check_frame(s, claim, IR_EGRESS);
	/* Found is found, even if the other half of the question has no answer. */
	if (r != SMT_YES && other != SMT_YES && (r != SMT_NO || other != SMT_NO))
		sweep_undecided(s, CHECK_ID_ASSERT_FAILED, claim->loc, r != SMT_NO ? r : other);
}

/* --- what speaks of nothing --------------------------------------------------------------------
 */

static void note_answer(enum smt_answer r, bool *is_no, enum smt_answer *open)
{
	*is_no = r == SMT_NO;
	if (r != SMT_NO && r != SMT_YES)
		*open = r;
}

static void check_vacuous(struct sweep *s, const struct ir_claim *claim)
{
	bool inside = claim->kind != IR_CLAIM_ONLY, ingress, egress = true;
	enum smt_answer open = SMT_NO;
	struct assert_gap gap = {0};

	note_answer(sweep_ask(s, world_peer(&s->world, &claim->from)), &gap.from, &open);
	note_answer(sweep_ask(s, world_peer(&s->world, &claim->to)), &gap.to, &open);
	if (!gap.from && !gap.to) {
		note_answer(sweep_ask(s, flow_term(s, claim, IR_INGRESS, inside)), &ingress, &open);
		if (ingress)
			note_answer(sweep_ask(s, flow_term(s, claim, IR_EGRESS, inside)), &egress,
				    &open);
		gap.flow = ingress && egress;
	}
	if (open != SMT_NO)
		sweep_undecided(s, CHECK_ID_ASSERT_VACUOUS, claim->loc, open);
	else
		assert_vacuous(s, claim, &gap);
}

void assert_open(struct sweep *s)
{
	vec_each (struct ir_assert *, assertion, &s->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			if (s->options->levels[CHECK_ID_ASSERT_VACUOUS] != CHECK_OFF && !s->err)
				check_vacuous(s, claim);
			if (s->options->levels[CHECK_ID_ASSERT_FAILED] != CHECK_OFF && !s->err)
				check_claim(s, claim);
		}
	}
}
