/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/classes/classes.h"

#include <assert.h>

#include "compiler/classes/growth.h"
#include "compiler/codes.h"
#include "lang/base/diag.h"
#include "lang/base/work.h"

static const struct cls_classifier *make_classifier(const struct cls_build_ctx *c)
{
	struct cls_classifier *made = arena_new(c->arena, struct cls_classifier);

	made->strings = &c->ir->strings;
	made->traits = c->traits;
	made->signatures = c->classes;
	made->foreseen = c->foreseen;
	made->recipes = *c->recipes;
	return made;
}

static void warn_strangers(const struct cls_build_ctx *c)
{
	static const char *const placed[] = {
		[CLS_FORESEEN_NONE] = "it is like one of the inventory",
		[CLS_FORESEEN_HERE] = "the prefixes that match endpoints hold its address as they "
				      "hold that of one of the inventory",
	};
	struct diag_item *item = diag_warning(
		c->diag, LOC_NONE, CLS_CODE_STRANGERS,
		"the policies tell more kinds of endpoints apart than the %d classes that there "
		"can be: an endpoint to come is placed only if %s",
		CLS_MAX_CLASSES, placed[c->foreseen]);

	diag_note(c->diag, item, LOC_NONE,
		  "selectors with several keys that are free of each other multiply, and prefixes "
		  "that match endpoints by their address");
}

int cls_build(const struct ir *ir, const struct cls_options *opts, struct arena *arena,
	      struct diag *diag, struct cls **out)
{
	struct cls_build_ctx c = {.arena = arena, .diag = diag, .ir = ir};
	int err;

	if (opts)
		c.opts = *opts;
	c.opts.decisions |= ir_has_l7(ir);
	c.cls = arena_new(arena, struct cls);
	c.cls->ir = ir;
	c.recipes = arena_new(arena, struct cls_recipes);
	work_step(c.opts.work, "endpoints compiled", ir->endpoints.n);
	err = cls_build_peers(&c);
	if (!err && c.opts.identities)
		cls_growth_classes(&c);
	if (!err)
		err = cls_build_subjects(&c);
	if (!err && c.opts.open)
		c.cls->classifier = make_classifier(&c);
	if (!err && c.opts.open && c.foreseen != CLS_FORESEEN_ALL)
		warn_strangers(&c);
	work_step_end(c.opts.work);
	*out = err ? NULL : c.cls;
	return err;
}

enum cls_proto cls_proto_of(uint16_t proto)
{
	switch (proto) {
	case IR_PROTO_TCP:
		return CLS_TCP;
	case IR_PROTO_UDP:
		return CLS_UDP;
	case IR_PROTO_SCTP:
		return CLS_SCTP;
	case IR_PROTO_ICMP:
		return CLS_ICMP;
	case IR_PROTO_ICMP6:
		return CLS_ICMP6;
	default:
		return CLS_OTHER;
	}
}

uint32_t cls_table_col(const struct cls_table *t, enum cls_proto proto, uint16_t port)
{
	size_t lo = 0, hi = t->spans.n;

	if (proto == CLS_OTHER)
		port = 0;
	/* The last span that begins at or before the port. */
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		const struct cls_span *s = &t->spans.v[mid];

		if (s->proto < proto || (s->proto == proto && s->lo <= port))
			lo = mid;
		else
			hi = mid;
	}
	return t->spans.v[lo].col;
}

bool cls_table_is_constant(const struct cls_table *t, enum ir_outcome *outcome)
{
	size_t n = (size_t)t->n_rows * t->n_cols;

	*outcome = (enum ir_outcome)t->cells[0];
	/* Rows and columns are minimal, so one outcome is one cell, unless several decide it. */
	if (!t->decided)
		return n == 1;
	for (size_t i = 1; i < n; i++) {
		if (t->cells[i] != t->cells[0])
			return false;
	}
	return true;
}

static const struct cls_cidr *find_cidr(const struct cls *cls, const struct net_addr *addr)
{
	size_t lo = 0, hi = cls->cidrs.n;
	uint32_t at;

	/* Behind the last one that begins at or before the address. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (net_addr_cmp(&cls->cidrs.v[mid].prefix.addr, addr) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	at = lo ? (uint32_t)lo - 1 : 0;
	/* What holds the address and begins before this one holds this one, too. */
	while (cls->cidrs.v[at].parent != at &&
	       !net_prefix_has_addr(&cls->cidrs.v[at].prefix, addr))
		at = cls->cidrs.v[at].parent;
	return &cls->cidrs.v[at];
}

uint32_t cls_of_own_node(const struct cls *cls, const struct ir_end *end)
{
	return end->addr.family == NET_NONE ? cls->node : find_cidr(cls, &end->addr)->node;
}

/* Of very many addresses, which are in order; another one is like the first. */
static uint32_t class_of_placed(const struct cls_placed *p, const struct net_addr *addr)
{
	size_t lo = 0, hi = p->where->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (net_addr_cmp(&p->where->addrs[mid], addr) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == p->where->n || !net_addr_eq(&p->where->addrs[lo], addr))
		lo = 0;
	return p->classes[p->where->kind_of[lo]];
}

const struct cls_placed *cls_placed_of(const struct cls *cls, const struct ir_endpoint *ep)
{
	bool placed = ep->supposed && !ep->node && cls->placed && cls->placed[ep->id].where;

	return placed ? &cls->placed[ep->id] : NULL;
}

uint32_t cls_of_end(const struct cls *cls, const struct ir_end *end)
{
	const struct cls_point *first, *last = cls->points.v + cls->points.n;
	const struct cls_placed *placed;

	if (!end->ep)
		return find_cidr(cls, &end->addr)->cls;
	if (end->ep->node)
		return cls_of_own_node(cls, end);
	/* A twin of one of the inventory has its id. */
	placed = cls_placed_of(cls, end->ep);
	if (placed)
		return class_of_placed(placed, &end->addr);
	first = &cls->points.v[cls->first_point[end->ep->id]];
	assert(first->ep->id == end->ep->id);
	for (const struct cls_point *p = first; p < last && p->ep->id == end->ep->id; p++) {
		if (net_addr_eq(&p->addr, &end->addr))
			return p->cls;
	}
	return first->cls;
}

static uint32_t class_for(const struct cls *cls, const struct ir_endpoint *subject,
			  const struct ir_end *peer)
{
	return peer->ep && ir_is_own_node(subject, peer->ep) ? cls_of_own_node(cls, peer)
							     : cls_of_end(cls, peer);
}

/* The table that decides this direction of a flow, and its cell; NULL if none does. */
static const struct cls_table *find_cell(const struct cls *cls, const struct ir_flow *flow,
					 enum ir_dir dir, size_t *cell)
{
	const struct ir_end *subject = dir == IR_INGRESS ? &flow->dst : &flow->src;
	const struct ir_end *peer = dir == IR_INGRESS ? &flow->src : &flow->dst;
	const struct cls_table *t;
	uint32_t row, col;

	if (!subject->ep || subject->ep->host ||
	    (subject->ep == peer->ep && !subject->ep->workload))
		return NULL;
	t = cls->subjects.v[cls->subject_of_endpoint[subject->ep->id]]->tables[dir];
	row = cls_table_row(t, class_for(cls, subject->ep, peer));
	assert(row < t->n_rows);
	col = cls_table_col(t, cls_proto_of(flow->proto), flow->port);
	*cell = (size_t)row * t->n_cols + col;
	return t;
}

enum ir_outcome cls_outcome_dir(const struct cls *cls, const struct ir_flow *flow, enum ir_dir dir)
{
	size_t cell;
	const struct cls_table *t = find_cell(cls, flow, dir, &cell);

	return t ? (enum ir_outcome)t->cells[cell] : IR_OUTCOME_ALLOW;
}

enum ir_verdict cls_verdict_dir(const struct cls *cls, const struct ir_flow *flow, enum ir_dir dir)
{
	enum ir_outcome outcome = cls_outcome_dir(cls, flow, dir);

	assert(outcome != IR_OUTCOME_REDIRECT);
	return outcome == IR_OUTCOME_ALLOW ? IR_VERDICT_ALLOW : IR_VERDICT_DENY;
}

const struct cls_decision *cls_decision_dir(const struct cls *cls, const struct ir_flow *flow,
					    enum ir_dir dir)
{
	size_t cell;
	const struct cls_table *t = find_cell(cls, flow, dir, &cell);

	return t && t->decided ? &t->decisions.v[t->decided[cell]] : NULL;
}
