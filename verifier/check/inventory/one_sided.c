/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `one-sided`: over an inventory, a rule lets endpoints in, or out, and for none of them the other
 * end does as much: whoever is let in may not send there, whoever is let out is not let in. The
 * rule opens nothing; most often its counterpart was forgotten.
 *
 * Endpoints that are alike in all that policies can see are asked once, and each is judged by the
 * interpreter with the policies that select it, which are few.
 */
#include "compiler/classes/by_label.h"
#include "compiler/ir/edit.h"
#include "compiler/ir/peer.h"
#include "compiler/ir/port.h"
#include "compiler/ir/suppose_labels.h"
#include "compiler/space/alike.h"
#include "compiler/space/ports.h"
#include "lang/base/diag.h"
#include "verifier/check/engine/checker.h"
#include "verifier/check/inventory/addresses.h"
#include "verifier/flow/flowspec.h"

/* So many rules the interpreter is asked about for one; a rule that takes more is undecided. */
enum { MAX_COST = 1000000 };

/* Findings are judged by all policies, too, as long as these are no more in all. */
enum { MAX_JUDGED = 1000000 };

/* Endpoints that are alike. */
struct group {
	struct ir *ir;           /* with the policies that select them alone; NULL: not made yet */
	size_t n_rules;          /* of these */
	struct space_ports cuts; /* where what these say can change */
	bool isolated[IR_N_DIRS];
};

struct one_sided {
	struct checker *c;
	struct by_label *by_label;
	const struct selecting *selecting;
	struct alike alike;
	VEC(struct group) groups;            /* by group */
	bool isolated[IR_N_DIRS];            /* is any of them? */
	uint32_t *group_of;                  /* by endpoint id */
	uint32_t *own_stamps, *other_stamps; /* by group: the rule that it was last met for, + 1 */
	bool *has_endpoint;                  /* by the name of a namespace, a string */
	bool any_namespace;                  /* has any endpoint one? */
	VEC(const struct ir_endpoint *)
	unsaid;        /* those that may have more labels that are asked for */
	size_t judged; /* policies that findings were judged by */
	/* Of the rule at hand. */
	const struct ir_rule *rule;
	VEC(uint32_t) own; /* groups that it protects */
	size_t cost;       /* rules that the interpreter was asked about */
	bool given_up;     /* there was more to ask */
	bool works;        /* both ends let something pass */
	bool found;
	struct ir_flow flow;       /* that one end denies */
	uint32_t own_id, other_id; /* the groups of its ends */
};

/* --- endpoints ---------------------------------------------------------------------------------
 */

/* Do rules see the addresses of endpoints, so that two are never alike? */
static bool are_addresses_seen(const struct one_sided *o)
{
	struct addresses known;

	addresses_list(&known, o->c->ir, NULL, o->c->arena);
	vec_each (struct ir_rule *, rule, &o->c->ir->rules)
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			if (ir_peer_places_endpoints(peer) &&
			    addresses_find(&known, ir_peer_aspects(peer).addresses))
				return true;
	return false;
}

static void find_groups(struct one_sided *o)
{
	const struct ir *ir = o->c->ir;
	bool apart = are_addresses_seen(o);

	alike_init(&o->alike, o->c->arena);
	o->group_of = arena_array(o->c->arena, uint32_t, ir->endpoints.n + 1);
	vec_each (const struct ir_endpoint *, ep, &o->by_label->all.eps) {
		uint32_t id;

		alike_tell_labels(&o->alike, *ep);
		if (apart)
			alike_tell(&o->alike, (*ep)->supposed ? UINT32_MAX : (*ep)->id);
		id = alike_add(&o->alike, &(struct ir_end){.ep = *ep});
		if (id == o->groups.n)
			vec_push(o->c->arena, &o->groups, (struct group){0});
		o->group_of[(*ep)->id] = id;
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
			bool isolated = checker_isolating(&o->selecting[(*ep)->id], d);

			o->groups.v[id].isolated[d] = isolated;
			o->isolated[d] |= isolated;
		}
	}
	o->own_stamps = arena_array(o->c->arena, uint32_t, o->groups.n + 1);
	o->other_stamps = arena_array(o->c->arena, uint32_t, o->groups.n + 1);
}

static void find_what_is_known(struct one_sided *o)
{
	const struct ir *ir = o->c->ir;
	uint32_t key = intern_find(&ir->strings, IR_NS_NAME_KEY);

	o->has_endpoint = arena_array(o->c->arena, bool, ir->strings.strings.n + 1);
	vec_each (struct ir_endpoint *, ep, &ir->endpoints) {
		uint32_t ns = ir_endpoint_label(*ep, IR_SCOPE_NAMESPACE, key);

		if (ns != INTERN_NONE)
			o->has_endpoint[ns] = true;
		o->any_namespace |= (*ep)->ns != NULL;
		if (ir_is_asked(*ep))
			vec_push(o->c->arena, &o->unsaid, *ep);
	}
}

/* The first or the second of the group; NULL: there is no second. */
static const struct ir_endpoint *member(const struct one_sided *o, uint32_t group, int which)
{
	const struct ir_endpoint *first = o->alike.groups.v[group].ends[0].ep;

	/* A workload has another one like it. */
	return first->workload ? first : o->alike.groups.v[group].ends[which].ep;
}

/* The same tiers with the policies that select the endpoints of the group. */
static void make_ir(struct one_sided *o, uint32_t id)
{
	const struct selecting *by = &o->selecting[member(o, id, 0)->id];
	struct group *group = &o->groups.v[id];
	struct arena *arena = o->c->arena;

	if (group->ir)
		return;
	group->cuts.arena = arena;
	group->ir = ir_keep_policies(o->c->ir, by->policies.v, by->policies.n, arena);
	vec_each (const struct ir_policy *, policy, &by->policies) {
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
			vec_each (struct ir_rule *, rule, &(*policy)->rules[d])
				space_cut_rule(&group->cuts, *rule);
			group->n_rules += (*policy)->rules[d].n;
		}
	}
}

/* --- one rule ------------------------------------------------------------------------------------
 */

/* The namespaces that a selector names, each with endpoints that are known. 0: it names none; -1:
 * one has no endpoint. */
static int count_known_namespaces(const struct one_sided *o, const struct ir_selector *sel)
{
	uint32_t key = intern_find(&o->c->ir->strings, IR_NS_NAME_KEY);
	int n = 0;

	vec_each (const struct ir_req, req, &sel->reqs) {
		if (req->scope != IR_SCOPE_NAMESPACE || req->key != key || req->op != IR_IN)
			continue;
		vec_each (const uint32_t, ns, &req->values) {
			if (!o->has_endpoint[*ns])
				return -1;
			n++;
		}
	}
	return n;
}

static bool asks_for_labels(const struct ir_selector *sel)
{
	vec_each (const struct ir_req, req, &sel->reqs)
		if (req->scope == IR_SCOPE_ENDPOINT && (req->op == IR_IN || req->op == IR_EXISTS))
			return true;
	return false;
}

static bool meets_endpoint(struct one_sided *o, const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &by_label_candidates(o->by_label, sel)->eps)
		if (ir_selector_matches(sel, *ep))
			return true;
	return false;
}

/* May it mean somebody who is not in the inventory? If that was not named as such, nobody knows
 * whom else a namespace without endpoints, or all of a namespace, has. */
static bool may_lie_outside(struct one_sided *o, const struct ir_selector *sel)
{
	int named = count_known_namespaces(o, sel);

	if (named < 0)
		return true;
	if (o->c->ir->beside.complete)
		return false;
	return !asks_for_labels(sel) || (!named && o->any_namespace) || !meets_endpoint(o, sel);
}

/* May it mean somebody whose labels nobody knows all? Then either end may let more pass. */
static bool may_mean_more(const struct one_sided *o, const struct ir_selector *sel)
{
	vec_each (const struct ir_endpoint *, ep, &o->unsaid)
		if (ir_selector_may_match(sel, *ep))
			return true;
	return false;
}

/* Are all whom the rule protects and means in the inventory, with all that is asked of them? */
static bool is_known_throughout(struct one_sided *o)
{
	vec_each (const struct ir_peer, peer, &o->rule->peers) {
		const struct ir_selector *sel = ir_peer_aspects(peer).labels;

		if (may_lie_outside(o, sel) || may_mean_more(o, sel))
			return false;
	}
	vec_each (const struct ir_selector, sel, &o->rule->policy->subjects)
		if (may_lie_outside(o, sel) || may_mean_more(o, sel))
			return false;
	return true;
}

/* Peers that are named one by one, so that all who are meant can be in the inventory. */
static bool has_named_peers_only(const struct ir *ir, const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers) {
		const struct ir_selector *labels = ir_peer_aspects(peer).labels;

		if (!labels || checker_is_every_endpoint(ir, labels))
			return false;
	}
	return true;
}

/* Is it the first of its group for this rule? */
static bool is_new(const struct one_sided *o, uint32_t *stamps, const struct ir_endpoint *ep)
{
	uint32_t *stamp = &stamps[o->group_of[ep->id]];
	bool fresh = *stamp != o->rule->id + 1;

	*stamp = o->rule->id + 1;
	return fresh;
}

static void find_own(struct one_sided *o)
{
	o->own.n = 0;
	vec_each (const struct ir_selector, sel, &o->rule->policy->subjects)
		vec_each (const struct ir_endpoint *, ep,
			  &by_label_candidates(o->by_label, sel)->eps)
			if (ir_selector_matches(sel, *ep) && is_new(o, o->own_stamps, *ep))
				vec_push(o->c->arena, &o->own, o->group_of[(*ep)->id]);
}

/* Is there a peer that may not answer in kind? */
static bool may_be_one_sided(struct one_sided *o)
{
	enum ir_dir back = ir_dir_other(o->rule->dir);

	if (!o->isolated[back])
		return false;
	vec_each (const struct ir_peer, peer, &o->rule->peers) {
		const struct ir_selector *sel = ir_peer_aspects(peer).labels;

		vec_each (const struct ir_endpoint *, ep,
			  &by_label_candidates(o->by_label, sel)->eps)
			if (o->groups.v[o->group_of[(*ep)->id]].isolated[back] &&
			    ir_selector_matches(sel, *ep))
				return true;
	}
	return false;
}

/* Denied because the endpoint is isolated and nothing lets the flow pass: a deny that somebody
 * wrote is meant. */
static bool is_isolation(struct one_sided *o, const struct ir *ir, const struct ir_flow *flow,
			 enum ir_dir dir)
{
	struct ir_trace trace = {.arena = o->c->arena};

	ir_judge_dir(ir, flow, dir, &trace);
	return trace.steps.n && !trace.steps.v[trace.steps.n - 1].rule;
}

static bool is_settled(const struct one_sided *o)
{
	return o->works || o->given_up;
}

/* What the other end says of one flow; the rule's own end must let it pass. */
static void ask(struct one_sided *o, const struct group *own, const struct group *other,
		const struct ir_flow *flow)
{
	const struct group *all = o->groups.v;
	enum ir_dir dir = o->rule->dir, back = ir_dir_other(dir);

	if (o->cost > MAX_COST) {
		o->given_up = true;
		return;
	}
	o->cost++;
	if (!ir_rule_matches(o->rule, flow))
		return;
	o->cost += own->n_rules + other->n_rules;
	if (ir_judge_dir(own->ir, flow, dir, NULL) == IR_OUTCOME_DENY)
		return;
	/* Of requests that are judged some may pass. */
	if (ir_judge_dir(other->ir, flow, back, NULL) != IR_OUTCOME_DENY) {
		o->works = true;
	} else if (!o->found && is_isolation(o, other->ir, flow, back)) {
		o->flow = *flow;
		o->own_id = (uint32_t)(own - all);
		o->other_id = (uint32_t)(other - all);
		o->found = true;
	}
}

static bool has_names_only(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports)
		if (ir_port_name(port) == INTERN_NONE)
			return false;
	return rule->ports.n > 0;
}

/* What the destination calls by the names of the rule: all that it matches, if it has no others. */
static void ask_names(struct one_sided *o, const struct group *own, const struct group *other,
		      struct ir_flow *flow)
{
	vec_each (const struct ir_port, port, &o->rule->ports) {
		int number = ir_endpoint_port(flow->dst.ep, port->proto, port->name);

		if (number < 0)
			continue;
		flow->proto = port->proto;
		flow->port = (uint16_t)number;
		ask(o, own, other, flow);
	}
}

/* Between two cuts both ends say one thing; a name is whatever the destination has. */
static void ask_cuts(struct one_sided *o, const struct group *own, const struct group *other,
		     struct ir_flow *flow)
{
	const struct group *ends[] = {own, other};

	if (has_names_only(o->rule)) {
		ask_names(o, own, other, flow);
		return;
	}
	for (int i = 0; i < 2; i++) {
		vec_each (const struct space_cut, cut, &ends[i]->cuts.cuts) {
			flow->proto = cut->proto;
			/* Behind the last it is port 0: one more question, no harm. */
			flow->port = (uint16_t)cut->at;
			ask(o, own, other, flow);
			if (is_settled(o))
				return;
		}
	}
	vec_each (const struct ir_named_port, port, &flow->dst.ep->ports) {
		for (uint32_t at = port->port; at <= port->port + 1u; at++) {
			flow->proto = port->proto;
			flow->port = (uint16_t)at;
			ask(o, own, other, flow);
		}
	}
	for (size_t i = 0; i < SPACE_N_PROTOS; i++) {
		flow->proto = space_protos[i];
		flow->port = 0;
		ask(o, own, other, flow);
	}
}

/* With whichever addresses the two have or may get, of one family. */
static void ask_addresses(struct one_sided *o, const struct group *own, const struct group *other,
			  struct ir_flow *flow)
{
	const struct ir_endpoint *src = flow->src.ep, *dst = flow->dst.ep;

	vec_each (const struct net_addr, from, &src->addrs) {
		vec_each (const struct net_addr, to, &dst->addrs) {
			if (from->family != to->family || is_settled(o))
				continue;
			flow->src.addr = *from;
			flow->dst.addr = *to;
			ask_cuts(o, own, other, flow);
		}
	}
}

static void ask_pair(struct one_sided *o, uint32_t own_id, uint32_t other_id)
{
	const struct ir_endpoint *a = member(o, own_id, 0);
	const struct ir_endpoint *b = member(o, other_id, own_id == other_id);
	struct ir_flow flow = {0};

	if (!b)
		return;
	make_ir(o, own_id);
	make_ir(o, other_id);
	if (o->rule->dir == IR_INGRESS)
		ir_flow_between(&flow, b, a);
	else
		ir_flow_between(&flow, a, b);
	if (a->addrs.n && b->addrs.n)
		ask_addresses(o, &o->groups.v[own_id], &o->groups.v[other_id], &flow);
	else
		ask_cuts(o, &o->groups.v[own_id], &o->groups.v[other_id], &flow);
}

/* With all that the rule protects. */
static void ask_other(struct one_sided *o, uint32_t other)
{
	vec_each (const uint32_t, own, &o->own)
		if (!is_settled(o))
			ask_pair(o, *own, other);
}

static void ask_rule(struct one_sided *o)
{
	o->cost = 0;
	o->given_up = o->works = o->found = false;
	if (!may_be_one_sided(o))
		return;
	find_own(o);
	vec_each (const struct ir_peer, peer, &o->rule->peers) {
		const struct ir_selector *sel = ir_peer_aspects(peer).labels;

		vec_each (const struct ir_endpoint *, ep,
			  &by_label_candidates(o->by_label, sel)->eps) {
			if (is_settled(o))
				return;
			if (ir_selector_matches(sel, *ep) && is_new(o, o->other_stamps, *ep))
				ask_other(o, o->group_of[(*ep)->id]);
		}
	}
}

/* The interpreter has the last word: by all policies, or by those that select the two ends. */
static bool is_confirmed(struct one_sided *o, enum ir_dir own, enum ir_dir other,
			 struct ir_trace *trace)
{
	const struct ir *all = o->c->ir;
	bool whole = o->judged + all->policies.n <= MAX_JUDGED;
	const struct ir *own_ir = whole ? all : o->groups.v[o->own_id].ir;
	const struct ir *other_ir = whole ? all : o->groups.v[o->other_id].ir;

	o->judged += whole ? all->policies.n : 0;
	return ir_judge_dir(own_ir, &o->flow, own, NULL) != IR_OUTCOME_DENY &&
	       ir_judge_dir(other_ir, &o->flow, other, trace) == IR_OUTCOME_DENY;
}

static void report(struct one_sided *o)
{
	enum ir_dir own = o->rule->dir, other = ir_dir_other(own);
	struct ir_trace trace = {.arena = o->c->arena};
	char port[FLOW_PORT_STRLEN];
	struct diag_item *item;

	if (!is_confirmed(o, own, other, &trace)) {
		checker_unconfirmed(o->c, CHECK_ID_ONE_SIDED, o->rule->loc, o->flow.src.ep->name);
		return;
	}
	item = checker_report(o->c, CHECK_ID_ONE_SIDED, o->rule->loc,
			      own == IR_INGRESS
				      ? "%s lets endpoints in of which none may send there"
				      : "%s lets flows out of which none is let in",
			      checker_rule_text(o->c, o->rule));
	checker_note(o->c, item, LOC_NONE, "for example %s to %s on %s: the %s of %s denies it",
		     o->flow.src.ep->name,
		     flow_to_text(&o->flow, o->flow.dst.ep->name, o->c->arena),
		     flow_port_format(o->flow.proto, o->flow.port, port), ir_dir_name(other),
		     (other == IR_EGRESS ? &o->flow.src : &o->flow.dst)->ep->name);
	if (trace.steps.n && trace.steps.v[trace.steps.n - 1].governing.n)
		checker_note(o->c, item, trace.steps.v[trace.steps.n - 1].governing.v[0]->loc,
			     "it is isolated here, among others");
}

static void report_given_up(struct one_sided *o)
{
	checker_left_out(o->c, CHECK_ID_ONE_SIDED, o->rule->loc,
			 "here: of the flows of %s that were looked at none passes both ends, and "
			 "there are more than polc looks at; split it by its peers or ports",
			 checker_rule_text(o->c, o->rule));
}

void check_one_sided(struct checker *c)
{
	struct one_sided o = {.c = c};

	if (!c->ir->endpoints.n)
		return;
	o.by_label = checker_by_label(c);
	o.selecting = checker_selecting(c);
	find_groups(&o);
	find_what_is_known(&o);
	vec_each (struct ir_rule *, rule, &c->ir->rules) {
		if (c->err || (*rule)->action != IR_ALLOW || c->states[(*rule)->id] != RULE_LIVE ||
		    !has_named_peers_only(c->ir, *rule))
			continue;
		if (checker_is_spent(c, CHECK_ID_ONE_SIDED, (*rule)->loc))
			return;
		o.rule = *rule;
		ask_rule(&o);
		if (o.works || !(o.found || o.given_up) || !is_known_throughout(&o))
			continue;
		if (o.given_up)
			report_given_up(&o);
		else
			report(&o);
	}
}
