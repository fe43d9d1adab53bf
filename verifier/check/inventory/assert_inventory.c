/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims over an inventory: all its endpoints and the addresses outside. Ends that no compiled
 * table and no end of the claim tells apart are one group, ports that none tells apart are one
 * port; each pair of groups is asked once, of the tables, without the solver. A claim that holds
 * is undecided if it would not, were there labels that the input does not say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/ir/port.h"
#include "compiler/ir/suppose_labels.h"
#include "compiler/space/address_kinds.h"
#include "compiler/space/alike.h"
#include "compiler/space/nodes.h"
#include "compiler/space/suppose.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "lang/base/work.h"
#include "verifier/check/engine/assert.h"
#include "verifier/check/engine/claim_request.h"
#include "verifier/check/inventory/claim_text.h"
#include "verifier/check/inventory/samples.h"
#include "verifier/flow/flowspec.h"

enum { NO_SUBJECT = UINT32_MAX };

enum kind { MANAGED, OUTSIDE, HOST };

/* What is equal for all ends of a group. Its ends and its names of ports are the claim's to say. */
struct traits {
	enum kind kind;
	uint32_t subject, cls;
	uint32_t own_cls; /* of a host, for those on its node */
	uint32_t on_node; /* a number of inventory.nodes */
	uint32_t names;   /* what the claim's names of ports stand for here; interned */
	enum net_family family;
	uint32_t place, choice; /* of what is supposed of its namespace */
	bool node, in_from, in_to;
	bool anywhere; /* it may run on any node */
	bool at_node;  /* it is a node, at an address that this has, or a pod on its network */
};

enum { N_TRAITS = 14 };

struct group {
	struct traits traits;
	struct alike_group alike;
	bool invented; /* a host at an address of no node, though some are known */
};

/* An end, with what no claim changes. */
struct known_end {
	struct ir_end end;
	struct traits traits;
};

struct inventory {
	struct checker *c;
	const struct ir *ir;
	const struct ir_supposed *supposed; /* NULL: the inventory as it is */
	const struct ir *with_nodes;        /* `ir`, with its nodes as ends */
	struct cls *cls;
	struct samples samples;
	struct space_nodes nodes;
	struct space_address_kinds_list kinds; /* of supposed addresses */
	VEC(struct known_end) ends;
	/* Of the claim at hand. */
	const struct ir_claim *claim;
	bool parts_nodes; /* who runs on which node makes a difference */
	bool names_nodes; /* by addresses that they have */
	struct intern names;
	VEC(struct group) groups;
	struct claim_answers answers;
	const char *open; /* why a request that may break it was not found; NULL: nothing is open */
};

/* --- groups ------------------------------------------------------------------------------------
 */

static uint32_t names_of(struct inventory *inv, const struct ir_endpoint *ep)
{
	_cleanup_buf_ struct buf b = {0};

	vec_each (const struct ir_port, port, &inv->claim->ports) {
		if (ir_port_name(port) != INTERN_NONE)
			buf_printf(&b, "%d,", ir_endpoint_port(ep, port->proto, port->name));
	}
	return intern_add(&inv->names, buf_str(&b));
}

static struct traits traits_of(const struct inventory *inv, const struct ir_end *end)
{
	struct traits t = {.subject = NO_SUBJECT, .kind = OUTSIDE, .names = NO_SUBJECT};

	t.place = t.on_node = INTERN_NONE;
	t.cls = t.own_cls = cls_of_end(inv->cls, end);
	t.family = end->addr.family;
	if (!end->ep)
		return t;
	t.kind = end->ep->host ? HOST : MANAGED;
	t.node = end->ep->node;
	t.on_node = space_node_of(&inv->nodes, end->ep);
	t.anywhere = t.kind == MANAGED && !end->ep->on_node;
	t.at_node = t.kind == HOST && end->ep->on_node && !end->ep->supposed;
	if (t.kind == HOST) {
		t.own_cls = cls_of_own_node(inv->cls, end);
		return t;
	}
	t.subject = inv->cls->subject_of_endpoint[end->ep->id];
	if (inv->supposed) {
		t.place = inv->supposed->places.v[end->ep->id];
		t.choice = inv->supposed->choices.v[end->ep->id];
	}
	return t;
}

static void know_end(struct inventory *inv, const struct ir_end *end)
{
	vec_push(inv->c->arena, &inv->ends, (struct known_end){*end, traits_of(inv, end)});
}

/* Of addresses that nobody knows, one of each kind speaks for all. */
static void know_supposed(struct inventory *inv, const struct ir_endpoint *ep)
{
	const struct space_address_kinds *kinds =
		space_address_kinds_of(&inv->kinds, &inv->with_nodes, 1, ep, inv->c->options->work);

	vec_each (const uint32_t, i, &kinds->firsts)
		know_end(inv, &(struct ir_end){.ep = ep, .addr = ep->addrs.v[*i]});
}

static void know_ends(struct inventory *inv)
{
	vec_each (struct ir_endpoint *, ep, &inv->with_nodes->endpoints) {
		if ((*ep)->supposed)
			know_supposed(inv, *ep);
		else
			vec_each (const struct net_addr, addr, &(*ep)->addrs)
				know_end(inv, &(struct ir_end){.ep = *ep, .addr = *addr});
		if (!(*ep)->addrs.n)
			know_end(inv, &(struct ir_end){.ep = *ep});
	}
	vec_each (const struct ir_end, end, &inv->samples.outside)
		know_end(inv, end);
	vec_each (const struct ir_end, end, &inv->samples.nodes)
		know_end(inv, end);
}

/* The tables, and what is asked of them. Returns as cls_build(). */
static int compile(struct inventory *inv, struct diag *why)
{
	const struct cls_options options = {.work = inv->c->options->work};
	int err;

	inv->with_nodes = space_with_nodes(inv->ir, inv->c->arena);
	err = cls_build(inv->with_nodes, &options, inv->c->arena, why, &inv->cls);
	if (err < 0)
		return err;
	samples_collect(&inv->samples, inv->ir, inv->cls, inv->c->arena);
	space_nodes_find(&inv->nodes, inv->with_nodes, inv->c->arena);
	know_ends(inv);
	return 0;
}

static void list_traits(const struct traits *t, uint32_t out[N_TRAITS])
{
	const uint32_t words[N_TRAITS] = {t->kind,    t->subject, t->cls,      t->names,  t->family,
					  t->node,    t->in_from, t->in_to,    t->place,  t->choice,
					  t->own_cls, t->on_node, t->anywhere, t->at_node};

	memcpy(out, words, sizeof(words));
}

static int cmp_groups(const void *a, const void *b)
{
	const struct group *p = a, *q = b;
	uint32_t x[N_TRAITS], y[N_TRAITS];

	/* The first that serves is the example. */
	if (p->invented != q->invented)
		return p->invented ? 1 : -1;
	list_traits(&p->traits, x);
	list_traits(&q->traits, y);
	for (size_t i = 0; i < N_TRAITS; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static void add_end(struct inventory *inv, struct alike *alike, const struct known_end *known)
{
	const struct ir_claim *claim = inv->claim;
	struct group group = {.traits = known->traits};
	uint32_t words[N_TRAITS];

	group.traits.in_from = ir_peer_matches(&claim->from, &known->end);
	group.traits.in_to = ir_peer_matches(&claim->to, &known->end);
	/* No flow that the claim speaks of has such an end. */
	if (claim->kind != IR_CLAIM_ONLY && !group.traits.in_from && !group.traits.in_to)
		return;
	if (!inv->parts_nodes)
		group.traits.on_node = INTERN_NONE;
	if (!inv->names_nodes)
		group.traits.anywhere = group.traits.at_node = false;
	if (group.traits.in_to && group.traits.kind == MANAGED)
		group.traits.names = names_of(inv, known->end.ep);
	list_traits(&group.traits, words);
	for (size_t i = 0; i < N_TRAITS; i++)
		alike_tell(alike, words[i]);
	if (alike_add(alike, &known->end) == inv->groups.n)
		vec_push(inv->c->arena, &inv->groups, group);
}

/* May a flow that the claim speaks of have a pod at one end, and its node at the other? */
static bool meets_nodes(const struct inventory *inv)
{
	const struct ir_claim *claim = inv->claim;

	vec_each (const struct known_end, known, &inv->ends) {
		if (known->traits.kind != HOST || known->traits.on_node == INTERN_NONE)
			continue;
		if (claim->kind == IR_CLAIM_ONLY || ir_peer_matches(&claim->from, &known->end) ||
		    ir_peer_matches(&claim->to, &known->end))
			return true;
	}
	return false;
}

static bool is_invented(const struct inventory *inv, const struct ir_end *end)
{
	struct net_addr known;

	return end->ep && (end->ep->node || (end->ep->host && end->ep->supposed)) &&
	       inv->ir->nodes.n && !space_pick_node(inv->ir, &end->addr, &end->addr, &known);
}

static void make_groups(struct inventory *inv)
{
	struct arena arena; /* of this claim: there may be many */
	struct alike alike;

	inv->groups.n = 0;
	arena_init(&arena);
	alike_init(&alike, &arena);
	vec_each (const struct known_end, known, &inv->ends) {
		if (work_is_over(inv->c->options->work))
			break;
		add_end(inv, &alike, known);
	}
	for (size_t i = 0; i < inv->groups.n; i++) {
		inv->groups.v[i].alike = alike.groups.v[i];
		inv->groups.v[i].invented = is_invented(inv, &alike.groups.v[i].ends[0]);
	}
	arena_fini(&arena);
	if (inv->groups.n)
		qsort(inv->groups.v, inv->groups.n, sizeof(*inv->groups.v), cmp_groups);
}

/* --- flows -------------------------------------------------------------------------------------
 */

/* Two ends of two groups that a flow can go between; false if there are none. */
static bool make_ends(const struct group *from, const struct group *to, struct ir_flow *flow)
{
	enum net_family a = from->traits.family, b = to->traits.family;

	if (from->traits.kind != MANAGED && to->traits.kind != MANAGED)
		return false;
	if (a && b && a != b)
		return false;
	if (from->traits.place == to->traits.place && from->traits.choice != to->traits.choice)
		return false;
	for (size_t i = 0; i < from->alike.n; i++) {
		for (size_t k = 0; k < to->alike.n; k++) {
			flow->src = from->alike.ends[i];
			flow->dst = to->alike.ends[k];
			if (!flow->src.ep || flow->src.ep != flow->dst.ep || flow->src.ep->workload)
				return true;
		}
	}
	return false;
}

/* As ir_is_own_node(), of all ends of the groups. */
static bool are_on_one_node(const struct traits *subject, const struct traits *peer)
{
	return peer->kind == HOST && peer->on_node != INTERN_NONE &&
	       peer->on_node == subject->on_node;
}

/* Which flows of a claim are looked for. ON_ONE_NODE: that break it if pods of which nobody knows
 * where they run do so on the node that the claim names. */
enum search { ANY, BREAKING, ON_ONE_NODE };

static bool may_be_on_one_node(const struct traits *a, const struct traits *b)
{
	return (a->anywhere && b->at_node) || (a->at_node && b->anywhere);
}

/* What is known of a flow at one end. */
struct cell {
	enum ir_outcome outcome;
	const struct cls_decision *decision; /* of a redirect */
};

static struct cell cell(const struct inventory *inv, enum ir_dir dir, enum search what,
			const struct traits *subject, const struct traits *peer,
			const struct sample_port *port)
{
	bool one_node = are_on_one_node(subject, peer) || what == ON_ONE_NODE;
	uint32_t cls = one_node ? peer->own_cls : peer->cls;
	struct cell out = {.outcome = IR_OUTCOME_ALLOW};
	const struct cls_table *t;
	size_t at;

	if (subject->kind != MANAGED)
		return out;
	t = inv->cls->subjects.v[subject->subject]->tables[dir];
	at = (size_t)cls_table_row(t, cls) * t->n_cols +
	     cls_table_col(t, cls_proto_of(port->proto), port->number);
	out.outcome = (enum ir_outcome)t->cells[at];
	if (out.outcome == IR_OUTCOME_REDIRECT)
		out.decision = &t->decisions.v[t->decided[at]];
	return out;
}

static bool possible_in(uint16_t proto, const struct ir_flow *flow)
{
	enum net_family f = flow->src.addr.family ? flow->src.addr.family : flow->dst.addr.family;

	return !(proto == IR_PROTO_ICMP && f == NET_V6) &&
	       !(proto == IR_PROTO_ICMP6 && f == NET_V4);
}

/* The flow as it is if both ends are on one node; `pod` is room for the one of them. */
static void put_on_one_node(struct ir_flow *flow, struct ir_endpoint *pod)
{
	struct ir_end *end = flow->src.ep->host ? &flow->dst : &flow->src;
	const struct ir_endpoint *host = flow->src.ep->host ? flow->src.ep : flow->dst.ep;

	*pod = *end->ep;
	pod->on_node = host->on_node;
	end->ep = pod;
}

static bool covers(const struct ir_claim *claim, enum search what, const struct ir_flow *flow)
{
	struct ir_flow moved = *flow;
	struct ir_endpoint pod;

	if (what == ON_ONE_NODE)
		put_on_one_node(&moved, &pod);
	return ir_claim_covers(claim, &moved);
}

static void add_judge(struct inventory *inv, const struct cell *cell, struct request_passage *met)
{
	struct request_judge *judge;

	if (cell->outcome != IR_OUTCOME_REDIRECT)
		return;
	judge = request_add_judge(met);
	vec_each (const struct ir_rule *const, rule, &cell->decision->asked)
		vec_push(inv->c->arena, &judge->rules, *rule);
}

/* Does a request break the claim? Then the flow has it. */
static bool breaks_by_request(struct inventory *inv, const struct request_passage *met,
			      struct ir_flow *flow)
{
	const struct claim_answer *answer = claim_answers_ask(&inv->answers, met);

	if (answer->found == L7_UNDECIDED)
		inv->open = answer->why;
	if (answer->found == L7_FOUND)
		flow->request = answer->request;
	return flow->request != NULL;
}

static bool breaks(struct inventory *inv, enum search what, const struct group *from,
		   const struct group *to, const struct sample_port *port, struct ir_flow *flow)
{
	bool denied = ir_claim_wants(inv->claim) == IR_VERDICT_ALLOW;
	struct cell ends[IR_N_DIRS];
	struct request_passage met = {0};
	enum ir_outcome both;

	ends[IR_EGRESS] = cell(inv, IR_EGRESS, what, &from->traits, &to->traits, port);
	both = ends[IR_EGRESS].outcome;
	if (both != IR_OUTCOME_DENY) {
		ends[IR_INGRESS] = cell(inv, IR_INGRESS, what, &to->traits, &from->traits, port);
		both = ir_outcome_worse(both, ends[IR_INGRESS].outcome);
	}
	if (both == IR_OUTCOME_REDIRECT) {
		add_judge(inv, &ends[IR_EGRESS], &met);
		add_judge(inv, &ends[IR_INGRESS], &met);
	} else if (both != (denied ? IR_OUTCOME_DENY : IR_OUTCOME_ALLOW)) {
		return false;
	} else if (inv->claim->l7.kind == IR_L7_NONE) {
		return true;
	}
	met.stops_all = both == IR_OUTCOME_DENY;
	return breaks_by_request(inv, &met, flow);
}

/* Completes a flow between two groups; false if there is none of that kind. */
static bool find_port(struct inventory *inv, const struct ir_claim *claim, enum search what,
		      const struct group *from, const struct group *to, struct ir_flow *flow)
{
	vec_each (const struct sample_port, port, &inv->samples.ports) {
		flow->proto = port->proto;
		flow->port = port->number;
		if (!possible_in(port->proto, flow) || !covers(claim, what, flow))
			continue;
		if (what == ANY || breaks(inv, what, from, to, port, flow))
			return true;
	}
	return false;
}

/* False, too, if the time is up. */
static bool find_flow(struct inventory *inv, const struct ir_claim *claim, enum search what,
		      struct ir_flow *flow)
{
	bool inside = claim->kind != IR_CLAIM_ONLY;

	inv->open = NULL;
	flow->request = NULL;
	vec_each (const struct group, to, &inv->groups) {
		if (!to->traits.in_to)
			continue;
		vec_each (const struct group, from, &inv->groups) {
			if (work_is_over(inv->c->options->work))
				return false;
			if (what == ON_ONE_NODE && !may_be_on_one_node(&from->traits, &to->traits))
				continue;
			if (from->traits.in_from == inside && make_ends(from, to, flow) &&
			    find_port(inv, claim, what, from, to, flow))
				return true;
		}
	}
	return false;
}

/* --- claims ------------------------------------------------------------------------------------
 */

static void check_vacuous(struct inventory *inv)
{
	struct assert_gap gap = {.from = true, .to = true};
	struct ir_flow flow;

	vec_each (const struct group, g, &inv->groups) {
		gap.from &= !g->traits.in_from;
		gap.to &= !g->traits.in_to;
	}
	if (inv->claim->kind == IR_CLAIM_ONLY)
		gap.from = false;
	gap.flow = !gap.from && !gap.to && !find_flow(inv, inv->claim, ANY, &flow);
	/* What was not looked at may be what the claim speaks of. */
	if (!checker_is_spent(inv->c, CHECK_ID_ASSERT_VACUOUS, inv->claim->loc))
		assert_vacuous(inv->c, inv->claim, &gap);
}

/* May the end be there? */
static bool can_be(const struct inventory *inv, const struct ir_end *end)
{
	const char *text = flow_end_text(inv->ir, end, inv->c->arena);
	struct flow_end parsed;
	struct diag unheard;

	diag_init(&unheard, inv->c->arena, inv->c->diag->sources);
	return flow_end_parse(inv->c->ir, text, NULL, inv->c->arena, &unheard, &parsed) == 0;
}

/* Of an end whose address nobody knows, the next one, if it is treated alike. */
static bool move(const struct inventory *inv, struct ir_end *end)
{
	struct ir_end next = *end;
	struct space_addresses kinds;

	if (!end->ep || !end->ep->supposed || !net_addr_next(&next.addr))
		return false;
	space_supposed_kinds(&inv->ir, 1, next.ep, &kinds);
	if (space_piece_of(&kinds, &next.addr) != space_piece_of(&kinds, &end->addr) ||
	    !can_be(inv, &next))
		return false;
	*end = next;
	return true;
}

/* Two ends have an address each. */
static void part_addresses(const struct inventory *inv, struct ir_flow *flow)
{
	if (net_addr_eq(&flow->src.addr, &flow->dst.addr) && !move(inv, &flow->dst))
		move(inv, &flow->src);
}

/* Of a search that found nothing. */
static bool tell_open(struct inventory *inv, const struct ir_claim *claim)
{
	if (inv->open)
		assert_unknown_requests(inv->c, claim, inv->open);
	return inv->open != NULL;
}

/* True if the claim holds wherever pods run. */
static bool check_nodes(struct inventory *inv)
{
	bool denied = ir_claim_wants(inv->claim) == IR_VERDICT_ALLOW;
	struct ir_flow flow, moved;
	struct ir_endpoint pod;
	struct diag_item *item;
	const char *text;

	if (!inv->names_nodes)
		return true;
	if (!find_flow(inv, inv->claim, ON_ONE_NODE, &flow))
		return !tell_open(inv, inv->claim);
	text = claim_flow_text(inv->c, &flow);
	moved = flow;
	put_on_one_node(&moved, &pod);
	if (!assert_is_broken(inv->ir, inv->claim, &moved)) {
		checker_unconfirmed(inv->c, CHECK_ID_UNDECIDED, inv->claim->loc, text);
		return false;
	}
	item = checker_report_undecided(
		inv->c, CHECK_ID_ASSERT_FAILED, inv->claim->loc,
		"\"%s\" holds only if pods of which the input does not say where they "
		"run (nodeName) do not run on a node that it names",
		inv->claim->assertion->title);
	checker_note(inv->c, item, LOC_NONE, "for example %s is %s if both are on node %s", text,
		     denied ? "denied" : "allowed", pod.on_node);
	if (!denied)
		assert_note_nodes(inv->c, item, inv->claim, &flow);
	return false;
}

/* An `only` for nobody: perhaps a slip of the pen. */
static bool is_sourceless(const struct inventory *inv)
{
	vec_each (const struct group, g, &inv->groups) {
		if (g->traits.in_from)
			return false;
	}
	return inv->claim->kind == IR_CLAIM_ONLY;
}

/* True if the claim holds, and nothing is known to be left out. */
static bool check_broken(struct inventory *inv)
{
	struct ir_flow flow;

	if (find_flow(inv, inv->claim, BREAKING, &flow)) {
		part_addresses(inv, &flow);
		assert_failed(inv->c, inv->claim, &flow, claim_flow_text(inv->c, &flow),
			      is_sourceless(inv));
		return false;
	}
	if (tell_open(inv, inv->claim))
		return false;
	if (inv->c->options->lacks) {
		checker_report_undecided(inv->c, CHECK_ID_ASSERT_FAILED, inv->claim->loc,
					 "\"%s\" is not proved, as the inventory is not whole: %s",
					 inv->claim->assertion->title, inv->c->options->lacks);
		return false;
	}
	return check_nodes(inv) &&
	       !checker_is_spent(inv->c, CHECK_ID_ASSERT_FAILED, inv->claim->loc);
}

static void look_at(struct inventory *inv, const struct ir_claim *claim)
{
	inv->claim = claim;
	inv->parts_nodes = meets_nodes(inv);
	inv->names_nodes = space_claim_names_node(inv->ir, claim);
	intern_init(&inv->names, inv->c->arena);
	claim_answers_init(&inv->answers, inv->c, claim);
	make_groups(inv);
}

/* True if it holds. */
static bool check_claim(struct inventory *inv, const struct ir_claim *claim)
{
	const enum check_level *levels = inv->c->options->levels;

	look_at(inv, claim);
	if (levels[CHECK_ID_ASSERT_VACUOUS] != CHECK_OFF)
		check_vacuous(inv);
	return levels[CHECK_ID_ASSERT_FAILED] != CHECK_OFF && check_broken(inv);
}

/* --- labels that nobody says -------------------------------------------------------------------
 */

/* The inventory with all labels that its namespaces and pods may have. */
struct what_if {
	struct inventory inv;
	struct ir_supposed supposed;
	bool is_tried, is_said, is_there;
};

static void suppose_labels(struct what_if *w)
{
	struct checker *c = w->inv.c;
	struct diag unheard;

	w->is_tried = true;
	w->is_said = ir_labels_are_said(c->ir);
	if (w->is_said || ir_suppose_labels(c->ir, c->arena, &w->supposed))
		return;
	w->inv.ir = w->supposed.ir;
	w->inv.supposed = &w->supposed;
	diag_init(&unheard, c->arena, c->diag->sources);
	w->is_there = compile(&w->inv, &unheard) == 0;
}

static void report_supposed(struct what_if *w, const struct ir_claim *claim,
			    const struct ir_flow *flow)
{
	struct checker *c = w->inv.c;
	const char *text = claim_flow_text(c, flow);
	bool denied = ir_claim_wants(claim) == IR_VERDICT_ALLOW;
	struct diag_item *item;

	if (!assert_is_broken(w->inv.ir, claim, flow)) {
		checker_unconfirmed(c, CHECK_ID_UNDECIDED, claim->loc, text);
		return;
	}
	item = checker_report_undecided(
		c, CHECK_ID_ASSERT_FAILED, claim->loc,
		"\"%s\" holds only if namespaces and pods do not have labels of "
		"which the input says nothing",
		claim->assertion->title);
	checker_note(c, item, LOC_NONE, "for example %s is %s", text,
		     denied ? "denied" : "allowed");
	claim_note_supposed(c, item, &w->supposed, flow);
}

/* Of a claim that holds for the inventory as it is. */
static void try_labels(struct what_if *w, const struct ir_claim *claim)
{
	struct ir_flow flow;

	if (!w->is_tried)
		suppose_labels(w);
	if (w->is_said)
		return;
	if (checker_is_spent(w->inv.c, CHECK_ID_ASSERT_FAILED, claim->loc))
		return;
	if (!w->is_there) {
		checker_report_undecided(
			w->inv.c, CHECK_ID_ASSERT_FAILED, claim->loc,
			"\"%s\" holds if namespaces and pods do not have labels of which "
			"the input says nothing; those that they may have are too many to "
			"try",
			claim->assertion->title);
		return;
	}
	look_at(&w->inv, claim);
	if (find_flow(&w->inv, claim, BREAKING, &flow)) {
		part_addresses(&w->inv, &flow);
		report_supposed(w, claim, &flow);
	} else if (!tell_open(&w->inv, claim)) {
		checker_is_spent(w->inv.c, CHECK_ID_ASSERT_FAILED, claim->loc);
	}
}

static void check_claims(struct inventory *inv)
{
	struct what_if what_if = {.inv.c = inv->c};

	vec_each (struct ir_assert *, assertion, &inv->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims) {
			if (check_claim(inv, claim))
				try_labels(&what_if, claim);
		}
	}
}

void check_assert_inventory(struct checker *c)
{
	struct inventory inv = {.c = c, .ir = c->ir};
	struct diag why;
	int err;

	if (!c->ir->asserts.n || !assert_over_inventory(c->ir) || c->err)
		return;
	diag_init(&why, c->arena, c->diag->sources);
	err = compile(&inv, &why);
	if (err == -ETIME)
		assert_all_spent(c);
	else if (err < 0)
		assert_all_undecided(c, &why);
	else
		check_claims(&inv);
}
