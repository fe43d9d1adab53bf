/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims over an inventory: all its endpoints and the addresses outside. Ends that no compiled
 * table and no end of the claim tells apart are one group, ports that none tells apart are one
 * port; each pair of groups is asked once, of the tables, without the solver.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/ir/port.h"
#include "compiler/space/alike.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "verifier/check/engine/assert.h"
#include "verifier/check/inventory/samples.h"
#include "verifier/flow/flowspec.h"

enum { NO_SUBJECT = UINT32_MAX };

enum kind { MANAGED, OUTSIDE, HOST };

/* What is equal for all ends of a group. */
struct traits {
	enum kind kind;
	uint32_t subject, cls;
	uint32_t names; /* what the claim's names of ports stand for here; interned */
	enum net_family family;
	bool node, in_from, in_to;
};

enum { N_TRAITS = 8 };

struct group {
	struct traits traits;
	struct alike_group alike;
};

struct inventory {
	struct checker *c;
	struct cls *cls;
	struct samples samples;
	/* Of the claim at hand. */
	const struct ir_claim *claim;
	struct intern names;
	VEC(struct group) groups;
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

static struct traits traits_of(struct inventory *inv, const struct ir_end *end)
{
	const struct ir_claim *claim = inv->claim;
	struct traits t = {.subject = NO_SUBJECT, .kind = OUTSIDE, .names = NO_SUBJECT};

	t.cls = cls_of_end(inv->cls, end);
	t.family = end->addr.family;
	t.in_from = ir_peer_matches(&claim->from, end);
	t.in_to = ir_peer_matches(&claim->to, end);
	if (!end->ep)
		return t;
	t.kind = end->ep->host ? HOST : MANAGED;
	t.node = end->ep->node;
	if (t.kind == HOST)
		return t;
	t.subject = inv->cls->subject_of_endpoint[end->ep->id];
	t.names = names_of(inv, end->ep);
	return t;
}

static void list_traits(const struct traits *t, uint32_t out[N_TRAITS])
{
	const uint32_t words[N_TRAITS] = {t->kind,   t->subject, t->cls,     t->names,
					  t->family, t->node,    t->in_from, t->in_to};

	memcpy(out, words, sizeof(words));
}

static int cmp_groups(const void *a, const void *b)
{
	const struct group *p = a, *q = b;
	uint32_t x[N_TRAITS], y[N_TRAITS];

	list_traits(&p->traits, x);
	list_traits(&q->traits, y);
	for (size_t i = 0; i < N_TRAITS; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static void add_end(struct inventory *inv, struct alike *alike, const struct ir_end *end)
{
	struct group group = {.traits = traits_of(inv, end)};
	uint32_t words[N_TRAITS];

	list_traits(&group.traits, words);
	for (size_t i = 0; i < N_TRAITS; i++)
		alike_tell(alike, words[i]);
	if (alike_add(alike, end) == inv->groups.n)
		vec_push(inv->c->arena, &inv->groups, group);
}

static void make_groups(struct inventory *inv)
{
	struct arena arena; /* of this claim: there may be many */
	struct alike alike;

	inv->groups.n = 0;
	arena_init(&arena);
	alike_init(&alike, &arena);
	vec_each (struct ir_endpoint *, ep, &inv->c->ir->endpoints) {
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			add_end(inv, &alike, &(struct ir_end){.ep = *ep, .addr = *addr});
		if (!(*ep)->addrs.n)
			add_end(inv, &alike, &(struct ir_end){.ep = *ep});
	}
	vec_each (const struct ir_end, end, &inv->samples.outside) {
		add_end(inv, &alike, end);
		/* A node may have any address, and the inventory need not know it. */
		add_end(inv, &alike, &(struct ir_end){.ep = inv->c->ir->node, .addr = end->addr});
	}
	for (size_t i = 0; i < inv->groups.n; i++)
		inv->groups.v[i].alike = alike.groups.v[i];
	arena_fini(&arena);
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

static enum ir_verdict cell(const struct inventory *inv, enum ir_dir dir,
			    const struct traits *subject, const struct traits *peer,
			    const struct sample_port *port)
{
	const struct cls_table *t;

	if (subject->kind != MANAGED)
		return IR_VERDICT_ALLOW;
	t = inv->cls->subjects.v[subject->subject]->tables[dir];
	return (enum ir_verdict)t->cells[(size_t)t->row_of_class[peer->cls] * t->n_cols +
					 cls_table_col(t, cls_proto_of(port->proto), port->number)];
}

static bool possible_in(uint16_t proto, const struct ir_flow *flow)
{
	enum net_family f = flow->src.addr.family ? flow->src.addr.family : flow->dst.addr.family;

	return !(proto == IR_PROTO_ICMP && f == NET_V6) &&
	       !(proto == IR_PROTO_ICMP6 && f == NET_V4);
}

/* Which flows of a claim are looked for. */
enum search { ANY, BREAKING };

/* Completes a flow between two groups; false if there is none of that kind. */
static bool find_port(struct inventory *inv, const struct ir_claim *claim, enum search what,
		      const struct group *from, const struct group *to, struct ir_flow *flow)
{
	vec_each (const struct sample_port, port, &inv->samples.ports) {
		enum ir_verdict verdict;

		flow->proto = port->proto;
		flow->port = port->number;
		if (!possible_in(port->proto, flow) || !ir_claim_covers(claim, flow))
			continue;
		if (what == ANY)
			return true;
		verdict = cell(inv, IR_EGRESS, &from->traits, &to->traits, port);
		if (verdict == IR_VERDICT_ALLOW)
			verdict = cell(inv, IR_INGRESS, &to->traits, &from->traits, port);
		if (verdict != ir_claim_wants(claim))
			return true;
	}
	return false;
}

static bool find_flow(struct inventory *inv, const struct ir_claim *claim, enum search what,
		      struct ir_flow *flow)
{
	bool inside = claim->kind != IR_CLAIM_ONLY;

	vec_each (const struct group, to, &inv->groups) {
		if (!to->traits.in_to)
			continue;
		vec_each (const struct group, from, &inv->groups) {
			if (from->traits.in_from == inside && make_ends(from, to, flow) &&
			    find_port(inv, claim, what, from, to, flow))
				return true;
		}
	}
	return false;
}

/* --- claims ------------------------------------------------------------------------------------
 */

static const char *flow_text(struct checker *c, const struct ir_flow *flow)
{
	char port[FLOW_PORT_STRLEN];

	/* As `polc why` takes them. */
	return arena_printf(
		c->arena, "from %s to %s on %s", flow_end_text(c->ir, &flow->src, c->arena),
		flow_to_text(flow, flow_end_text(c->ir, &flow->dst, c->arena), c->arena),
		flow_port_format(flow->proto, flow->port, port));
}

static void check_vacuous(struct inventory *inv)
{
	struct assert_gap gap = {.from = true, .to = true};
	struct ir_flow flow;

	vec_each (const struct group, g, &inv->groups) {
		gap.from &= !g->traits.in_from;
		gap.to &= !g->traits.in_to;
	}
	gap.flow = !gap.from && !gap.to && !find_flow(inv, inv->claim, ANY, &flow);
	assert_vacuous(inv->c, inv->claim, &gap);
}

static void check_claim(struct inventory *inv, const struct ir_claim *claim)
{
	const enum check_level *levels = inv->c->options->levels;
	struct ir_flow flow;

	inv->claim = claim;
	intern_init(&inv->names, inv->c->arena);
	make_groups(inv);
	if (levels[CHECK_ID_ASSERT_VACUOUS] != CHECK_OFF)
		check_vacuous(inv);
	if (levels[CHECK_ID_ASSERT_FAILED] == CHECK_OFF)
		return;
	if (find_flow(inv, claim, BREAKING, &flow))
		assert_failed(inv->c, claim, &flow, flow_text(inv->c, &flow));
	else if (inv->c->options->lacks)
		checker_report(inv->c, CHECK_ID_UNDECIDED, claim->loc,
			       "\"%s\" is not proved, as the inventory is not whole: %s",
			       claim->assertion->title, inv->c->options->lacks);
}

/* Why there are no tables is told by `polc build`; here it means that there is no answer. */
static void no_tables(struct checker *c, const struct diag *why)
{
	vec_each (struct ir_assert *, assertion, &c->ir->asserts)
		checker_report(c, CHECK_ID_UNDECIDED, (*assertion)->loc,
			       "\"%s\" has no answer here: %s", (*assertion)->title,
			       why->items.n ? why->items.v[0]->text
					    : "the policies cannot be compiled");
}

void check_assert_inventory(struct checker *c)
{
	struct inventory inv = {.c = c};
	struct diag why;

	if (!c->ir->asserts.n || !assert_over_inventory(c->ir) || c->err)
		return;
	diag_init(&why, c->arena, c->diag->sources);
	if (cls_build(c->ir, NULL, c->arena, &why, &inv.cls) < 0) {
		no_tables(c, &why);
		return;
	}
	samples_collect(&inv.samples, c->ir, inv.cls, c->arena);
	vec_each (struct ir_assert *, assertion, &c->ir->asserts) {
		vec_each (const struct ir_claim, claim, &(*assertion)->claims)
			check_claim(&inv, claim);
	}
}
