/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `empty-selector-match`: a policy whose subjects, or a rule whose peers and ports, no
 * endpoint, address and port can ever meet. There is no witness, as nothing matches; the
 * finding names the requirements that exclude each other instead.
 */
#include "lang/base/buf.h"
#include "verifier/sweep/sweep.h"

/* --- can it match at all? ------------------------------------------------------------------- */

/* Requirements on distinct keys cannot exclude each other; the solver need not be asked.
 * Namespace labels depend on the namespace's name, so they always are. */
static bool is_plainly_possible(const struct ir_selector *sel)
{
	if (sel->none)
		return false;
	vec_each (const struct ir_req, req, &sel->reqs) {
		if (req->op == IR_IN && !req->values.n)
			return false;
		if (req->scope == IR_SCOPE_NAMESPACE && req->op == IR_ABSENT)
			return false;
		for (const struct ir_req *other = sel->reqs.v; other < req; other++) {
			if (other->scope == req->scope && other->key == req->key)
				return false;
		}
	}
	return true;
}

static enum smt_answer selector_possible(struct sweep *s, const struct ir_selector *sel,
					 enum world_end end)
{
	if (is_plainly_possible(sel))
		return SMT_YES;
	return sweep_ask(s, world_selector(&s->world, sel, end));
}

static enum smt_answer peer_possible(struct sweep *s, const struct ir_peer *peer)
{
	if (peer->kind == IR_PEER_SELECTOR)
		return selector_possible(s, &peer->selector, WORLD_PEER);
	if (peer->kind == IR_PEER_CIDR && peer->cidr.in.n && !peer->cidr.except.n)
		return SMT_YES;
	return sweep_ask(s, world_peer(&s->world, peer));
}

/* Labels of the subject's namespace other than its name can exclude a peer of the same
 * namespace. */
static bool has_namespace_labels(const struct ir *ir, const struct ir_policy *policy)
{
	uint32_t name = intern_find(&ir->strings, IR_NS_NAME_KEY);

	vec_each (const struct ir_selector, sel, &policy->subjects) {
		vec_each (const struct ir_req, req, &sel->reqs) {
			if (req->scope == IR_SCOPE_NAMESPACE && req->key != name)
				return true;
		}
	}
	return false;
}

/* A rule with ports of TCP, UDP or SCTP by number is as possible as its peers are. */
static bool has_plain_port(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports) {
		bool plain = port->proto == IR_PROTO_TCP || port->proto == IR_PROTO_UDP ||
			     port->proto == IR_PROTO_SCTP || port->proto == IR_PROTO_ANY;

		if (plain && (port->kind == IR_PORT_ANY ||
			      (port->kind == IR_PORT_RANGE && port->lo <= port->hi)))
			return true;
	}
	return rule->ports.n == 0;
}

/* --- findings ----------------------------------------------------------------------------------
 */

static void put_req(const struct ir *ir, const struct ir_req *req, struct buf *out)
{
	const char *key = intern_str(&ir->strings, req->key), *sep = "";

	if (req->scope == IR_SCOPE_NAMESPACE)
		buf_puts(out, "namespace label ");
	if (req->op == IR_ABSENT)
		buf_putc(out, '!');
	buf_puts(out, key);
	if (req->op == IR_EXISTS || req->op == IR_ABSENT)
		return;
	buf_puts(out, req->op == IR_IN ? " in (" : " not in (");
	vec_each (const uint32_t, value, &req->values) {
		buf_printf(out, "%s%s", sep, intern_str(&ir->strings, *value));
		sep = ", ";
	}
	buf_putc(out, ')');
}

/* A note for each requirement of a minimal set that nothing can meet. */
static void note_contradiction(struct sweep *s, struct diag_item *item,
			       const struct ir_selector *sel, enum world_end end)
{
	struct terms assumptions = {0}, core = {0};

	if (sel->none || !item)
		return;
	smt_push(&s->smt);
	for (size_t i = 0; i < sel->reqs.n; i++) {
		Z3_ast literal = smt_bool(&s->smt, arena_printf(s->arena, "req.%zu", i));
		Z3_ast req = world_req(&s->world, &sel->reqs.v[i], end);

		smt_assert(&s->smt, smt_implies(&s->smt, literal, req));
		vec_push(s->arena, &assumptions, literal);
	}
	smt_minimal_core(&s->smt, &assumptions, &core);
	smt_pop(&s->smt, 1);
	for (size_t i = 0; i < assumptions.n; i++) {
		for (size_t k = 0; k < core.n; k++) {
			_cleanup_buf_ struct buf b = {0};

			if (core.v[k] != assumptions.v[i])
				continue;
			put_req(s->ir, &sel->reqs.v[i], &b);
			sweep_note(s, item, sel->reqs.v[i].loc,
				   core.n == 1 ? "nothing can meet '%s'"
					       : "'%s' excludes the others named here",
				   buf_str(&b));
		}
	}
}

static void report_peer(struct sweep *s, const struct ir_rule *rule, const struct ir_peer *peer)
{
	static const char *const reasons[] = {
		[IR_PEER_SELECTOR] = "no endpoint can meet its selector",
		[IR_PEER_CIDR] = "no address is left of its prefixes",
		[IR_PEER_ENTITY] = "it is 'none'",
	};
	bool none = peer->kind == IR_PEER_SELECTOR && peer->selector.none;
	struct diag_item *item = sweep_report(
		s, CHECK_ID_EMPTY_SELECTOR_MATCH, peer->loc.line ? peer->loc : rule->loc,
		"a peer in %s matches nothing: %s", sweep_rule_text(s, rule),
		none ? reasons[IR_PEER_ENTITY] : reasons[peer->kind]);

	if (peer->kind == IR_PEER_SELECTOR)
		note_contradiction(s, item, &peer->selector, WORLD_PEER);
}

/* --- rules -------------------------------------------------------------------------------------
 */

/* Every flow dimension is possible by itself, but not together: ICMPv6 from IPv4 addresses,
 * a named port of an external address. */
static void check_combination(struct sweep *s, const struct ir_rule *rule)
{
	bool plain = has_plain_port(rule) && !has_namespace_labels(s->ir, rule->policy);
	enum smt_answer r = plain ? SMT_YES : sweep_ask(s, world_rule(&s->world, rule));

	if (r == SMT_NO) {
		s->states[rule->id] = RULE_EMPTY;
		sweep_report(s, CHECK_ID_EMPTY_SELECTOR_MATCH, rule->loc,
			     "%s matches no flow: none of its peers can be met on one of its ports",
			     sweep_rule_text(s, rule));
	} else if (r != SMT_YES) {
		sweep_undecided(s, CHECK_ID_EMPTY_SELECTOR_MATCH, rule->loc, r);
	}
}

static void check_rule(struct sweep *s, const struct ir_rule *rule)
{
	size_t dead = 0;

	sweep_about(s, rule, NULL);
	vec_each (const struct ir_peer, peer, &rule->peers) {
		enum smt_answer r = peer_possible(s, peer);

		if (r == SMT_NO) {
			dead++;
			report_peer(s, rule, peer);
		} else if (r != SMT_YES) {
			sweep_undecided(s, CHECK_ID_EMPTY_SELECTOR_MATCH, peer->loc, r);
		}
	}
	if (dead == rule->peers.n)
		s->states[rule->id] = RULE_EMPTY;
	else
		check_combination(s, rule);
}

/* --- policies ----------------------------------------------------------------------------------
 */

static void bury_rules(struct sweep *s, const struct ir_policy *policy)
{
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		vec_each (struct ir_rule *, rule, &policy->rules[dir])
			s->states[(*rule)->id] = RULE_EMPTY;
	}
}

static void report_subject(struct sweep *s, const struct ir_policy *policy,
			   const struct ir_selector *sel)
{
	struct diag_item *item = sweep_report(
		s, CHECK_ID_EMPTY_SELECTOR_MATCH, sel->loc.line ? sel->loc : policy->loc,
		"%s %s can select nothing here: %s", policy->kind, policy->name,
		sel->none ? "it is 'none'" : "no endpoint can meet the selector");

	note_contradiction(s, item, sel, WORLD_SUBJECT);
}

/* False: the policy selects nothing, so its rules do not matter. */
static bool check_subjects(struct sweep *s, const struct ir_policy *policy)
{
	size_t dead = 0;

	vec_each (const struct ir_selector, sel, &policy->subjects) {
		enum smt_answer r = selector_possible(s, sel, WORLD_SUBJECT);

		if (r == SMT_NO) {
			dead++;
			report_subject(s, policy, sel);
		} else if (r != SMT_YES) {
			sweep_undecided(s, CHECK_ID_EMPTY_SELECTOR_MATCH, sel->loc, r);
		}
	}
	return dead < policy->subjects.n;
}

void sweep_empty(struct sweep *s)
{
	vec_each (struct ir_policy *, policy, &s->ir->policies) {
		if (s->err)
			return;
		if (!check_subjects(s, *policy)) {
			bury_rules(s, *policy);
			continue;
		}
		for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
			vec_each (struct ir_rule *, rule, &(*policy)->rules[dir])
				check_rule(s, *rule);
		}
	}
}
