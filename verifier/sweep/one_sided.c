/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `one-sided`: over an inventory, a rule lets endpoints in, or out, and for none of them the other
 * end does as much: whoever is let in may not send there, whoever is let out is not let in. The
 * rule opens nothing; most often its counterpart was forgotten. Endpoints that no compiled table
 * tells apart are asked once.
 */
#include "compiler/classes/classes.h"
#include "compiler/classes/keyset.h"
#include "lang/base/diag.h"
#include "verifier/flowspec.h"
#include "verifier/sweep/by_label.h"
#include "verifier/sweep/sweep.h"

/* A rule that would take more questions is left alone. */
enum { MAX_ASKED = 100000, PLAIN_OTHER = 47 };

/* Endpoints of one subject and one class: two of them, as one has no flow to itself. */
struct kin {
	const struct ir_endpoint *eps[2];
	size_t n;
};

struct one_sided {
	struct sweep *s;
	VEC(const struct ir_endpoint *) isolated[IR_N_DIRS];
	struct cls *cls; /* NULL until a rule needs the tables */
	VEC(struct kin) kins;
	/* Of the rule at hand. */
	const struct ir_rule *rule;
	size_t asked;
	bool works; /* both ends let something pass */
	bool found;
	struct ir_flow flow; /* that one end denies */
};

static bool isolates(const struct ir_policy *policy, enum ir_dir dir)
{
	return policy->governs[dir] && policy->tier->end == IR_DENY;
}

static void find_isolated(struct one_sided *o)
{
	const struct ir *ir = o->s->ir;
	struct by_label by_label;
	bool *known[IR_N_DIRS];

	by_label_init(&by_label, ir, o->s->arena);
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		known[d] = arena_array(o->s->arena, bool, ir->endpoints.n + 1);
	vec_each (struct ir_policy *, policy, &ir->policies)
		vec_each (const struct ir_selector, sel, &(*policy)->subjects)
			vec_each (const struct ir_endpoint *, ep,
				  &by_label_candidates(&by_label, sel)->eps)
				for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
					known[d][(*ep)->id] |= isolates(*policy, d) &&
							       ir_selector_matches(sel, *ep);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
			if (known[d][(*ep)->id])
				vec_push(o->s->arena, &o->isolated[d], *ep);
}

static void find_kins(struct one_sided *o)
{
	struct keyset known;

	keyset_init(&known, o->s->arena);
	vec_each (struct ir_endpoint *, ep, &o->s->ir->endpoints) {
		struct ir_end end = ir_end_of(*ep, NET_NONE);
		uint32_t key[2], id;
		struct kin *kin;

		if ((*ep)->host)
			continue;
		key[0] = o->cls->subject_of_endpoint[(*ep)->id];
		key[1] = cls_of_end(o->cls, &end);
		id = keyset_add(&known, key, sizeof(key));
		if (id == o->kins.n)
			vec_push(o->s->arena, &o->kins, (struct kin){0});
		kin = &o->kins.v[id];
		if (kin->n < 2)
			kin->eps[kin->n++] = *ep;
	}
}

/* --- one rule ------------------------------------------------------------------------------------
 */

/* Peers that are named one by one, so that all who are meant should be in the inventory. */
static bool has_named_peers_only(const struct ir *ir, const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (peer->kind != IR_PEER_SELECTOR || sweep_is_every_endpoint(ir, &peer->selector))
			return false;
	return true;
}

static bool is_peer(const struct ir_rule *rule, const struct ir_endpoint *ep)
{
	const struct ir_end end = ir_end_of(ep, NET_NONE);

	vec_each (const struct ir_peer, peer, &rule->peers)
		if (ir_peer_matches(peer, &end))
			return true;
	return false;
}

/* Denied because the endpoint is isolated and nothing lets the flow pass: a deny that somebody
 * wrote is meant. */
static bool is_isolation(const struct cls *cls, const struct ir_flow *flow, enum ir_dir dir)
{
	const struct cls_decision *decision = cls_decision_dir(cls, flow, dir);

	return decision && decision->verdict == IR_VERDICT_DENY && !decision->rule;
}

/* What the other end says of one flow; the rule's own end must let it pass. */
static void ask(struct one_sided *o, const struct ir_flow *flow)
{
	enum ir_dir own = o->rule->dir, other = ir_dir_other(own);

	o->asked++;
	if (!ir_rule_matches(o->rule, flow) ||
	    cls_verdict_dir(o->cls, flow, own) == IR_VERDICT_DENY)
		return;
	if (cls_verdict_dir(o->cls, flow, other) == IR_VERDICT_ALLOW) {
		o->works = true;
	} else if (!o->found && is_isolation(o->cls, flow, other)) {
		o->flow = *flow;
		o->found = true;
	}
}

/* Between two bounds of its spans a table says one thing. */
static void ask_spans(struct one_sided *o, struct ir_flow *flow, enum ir_dir dir)
{
	static const uint16_t protos[CLS_N_PROTOS] = {
		[CLS_TCP] = IR_PROTO_TCP,     [CLS_UDP] = IR_PROTO_UDP,
		[CLS_SCTP] = IR_PROTO_SCTP,   [CLS_ICMP] = IR_PROTO_ICMP,
		[CLS_ICMP6] = IR_PROTO_ICMP6, [CLS_OTHER] = PLAIN_OTHER,
	};
	const struct ir_end *end = dir == IR_INGRESS ? &flow->dst : &flow->src;
	uint32_t subject = o->cls->subject_of_endpoint[end->ep->id];

	vec_each (const struct cls_span, span, &o->cls->subjects.v[subject]->tables[dir]->spans) {
		flow->proto = protos[span->proto];
		flow->port = span->lo;
		ask(o, flow);
	}
}

/* The rule's own bounds are none of its table where other rules say the same around them. */
static void ask_ports(struct one_sided *o, struct ir_flow *flow)
{
	vec_each (const struct ir_port, port, &o->rule->ports) {
		int first = port->kind == IR_PORT_NAMED
				    ? ir_endpoint_port(flow->dst.ep, port->proto, port->name)
				    : port->lo;

		if (first < 0)
			continue;
		flow->proto = port->proto == IR_PROTO_ANY ? IR_PROTO_TCP : port->proto;
		flow->port = (uint16_t)first;
		ask(o, flow);
	}
}

static void ask_pair(struct one_sided *o, const struct kin *own, const struct kin *other)
{
	const struct ir_endpoint *a = own->eps[0], *b = other->eps[0];
	struct ir_flow flow = {0};

	if (own == other && own->n < 2)
		return;
	if (own == other)
		b = own->eps[1];
	if (o->rule->dir == IR_INGRESS)
		ir_flow_between(&flow, b, a);
	else
		ir_flow_between(&flow, a, b);
	ask_ports(o, &flow);
	ask_spans(o, &flow, IR_INGRESS);
	ask_spans(o, &flow, IR_EGRESS);
}

static void ask_rule(struct one_sided *o)
{
	bool *peers = arena_array(o->s->arena, bool, o->kins.n + 1);

	vec_each (const struct kin, kin, &o->kins)
		peers[kin - o->kins.v] = is_peer(o->rule, kin->eps[0]);
	vec_each (const struct kin, own, &o->kins) {
		if (!ir_policy_selects(o->rule->policy, own->eps[0]))
			continue;
		vec_each (const struct kin, other, &o->kins) {
			if (o->works || o->asked > MAX_ASKED)
				return;
			if (peers[other - o->kins.v])
				ask_pair(o, own, other);
		}
	}
}

static void report(struct one_sided *o)
{
	enum ir_dir own = o->rule->dir, other = ir_dir_other(own);
	struct ir_trace trace = {.arena = o->s->arena};
	char port[FLOW_PORT_STRLEN];
	struct diag_item *item;

	/* The interpreter has the last word. */
	if (ir_eval_dir(o->s->ir, &o->flow, own, NULL) != IR_VERDICT_ALLOW ||
	    ir_eval_dir(o->s->ir, &o->flow, other, &trace) != IR_VERDICT_DENY) {
		sweep_unconfirmed(o->s, CHECK_ID_ONE_SIDED, o->rule->loc, o->flow.src.ep->name);
		return;
	}
	item = sweep_report(o->s, CHECK_ID_ONE_SIDED, o->rule->loc,
			    own == IR_INGRESS ? "%s lets endpoints in of which none may send there"
					      : "%s lets flows out of which none is let in",
			    sweep_rule_text(o->s, o->rule));
	sweep_note(o->s, item, LOC_NONE, "for example %s to %s on %s: the %s of %s denies it",
		   o->flow.src.ep->name, o->flow.dst.ep->name,
		   flow_port_format(o->flow.proto, o->flow.port, port), ir_dir_name(other),
		   (other == IR_EGRESS ? &o->flow.src : &o->flow.dst)->ep->name);
	if (trace.steps.n && trace.steps.v[trace.steps.n - 1].governing.n)
		sweep_note(o->s, item, trace.steps.v[trace.steps.n - 1].governing.v[0]->loc,
			   "it is isolated here, among others");
}

/* Is there a peer that may not answer in kind? */
static bool may_be_one_sided(const struct one_sided *o, const struct ir_rule *rule)
{
	if (rule->action != IR_ALLOW || o->s->states[rule->id] != RULE_LIVE ||
	    !has_named_peers_only(o->s->ir, rule))
		return false;
	vec_each (const struct ir_endpoint *, ep, &o->isolated[ir_dir_other(rule->dir)])
		if (is_peer(rule, *ep))
			return true;
	return false;
}

/* False: tables cannot be built. Those who need them for more tell of it. */
static bool build_tables(struct one_sided *o)
{
	/* Where isolation ends and a deny begins, too, is a bound of these tables. */
	const struct cls_options options = {.decisions = true};
	struct diag why;

	if (o->cls)
		return true;
	diag_init(&why, o->s->arena, o->s->diag->sources);
	if (cls_build(o->s->ir, &options, o->s->arena, &why, &o->cls) < 0)
		return false;
	find_kins(o);
	return true;
}

void sweep_one_sided(struct sweep *s)
{
	struct one_sided o = {.s = s};

	find_isolated(&o);
	vec_each (struct ir_rule *, rule, &s->ir->rules) {
		if (s->err || !may_be_one_sided(&o, *rule))
			continue;
		if (!build_tables(&o))
			return;
		o.rule = *rule;
		o.asked = 0;
		o.works = o.found = false;
		ask_rule(&o);
		if (o.found && !o.works && o.asked <= MAX_ASKED)
			report(&o);
	}
}
