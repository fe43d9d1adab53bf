/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between two ends: the answers on the intervals of ports, put together where they are
 * the same. */
#include "compiler/l7.h"
#include "verifier/reach/conditions.h"
#include "verifier/reach/connections/pair.h"

/* --- the answer on one interval ----------------------------------------------------------------
 */

/* What passes in a family. Two that are alike are equal. */
struct passage {
	bool possible; /* can there be such flows? */
	bool passes, l7;
	struct region_prefixes at[IR_N_DIRS]; /* the addresses of the peer; empty: any */
	bool stops[IR_N_DIRS]; /* where nothing passes, but does in the other family: who denies */
};

struct span_answer {
	struct passage families[FLOW_N_FAMILIES];
};

static bool varies(const struct flow_end *end)
{
	return end->outside || (end->ep && end->ep->supposed && end->addr.family == NET_NONE);
}

/* Outcomes of both directions, which what passes together has. */
struct outcomes {
	unsigned dirs[IR_N_DIRS];
	bool l7;
};

enum { ALLOW = 1 << IR_OUTCOME_ALLOW, REDIRECT = 1 << IR_OUTCOME_REDIRECT, N_OUTCOMES = 3 };

static const struct outcomes outcomes[N_OUTCOMES] = {
	{{ALLOW, ALLOW}, false},
	{{[IR_INGRESS] = REDIRECT, [IR_EGRESS] = FLOW_PASSES}, true},
	{{[IR_INGRESS] = ALLOW, [IR_EGRESS] = REDIRECT}, true},
};

/* Does a direction have one of these, and at which addresses of the peer? */
static bool read_dir(const struct reach *r, const struct flow_question *q,
		     const enum flow_verdict v[IR_N_DIRS], enum flow_family f, enum ir_dir d,
		     unsigned wanted, struct region_prefixes *at)
{
	if (v[d] != FLOW_DEPENDS)
		return wanted >> v[d] & 1;
	/* It has several, so all addresses have one of them, or none has this one. */
	return reach_find_condition(r, q, d, 1u << f, wanted, r->arena, at) ||
	       wanted == FLOW_PASSES;
}

static void read_family(const struct reach *r, const struct flow_question *q,
			const struct flow_answer *a, enum flow_family f, const struct outcomes *o,
			struct passage *out)
{
	*out = (struct passage){.possible = a->possible[f], .passes = a->possible[f]};
	for (enum ir_dir d = 0; d < IR_N_DIRS && out->passes; d++)
		out->passes = read_dir(r, q, a->families[f], f, d, o->dirs[d], &out->at[d]);
	out->l7 = out->passes && o->l7;
}

static void find_stops(const struct reach *r, const struct flow_question *q,
		       const struct flow_answer *a, enum flow_family f, const struct outcomes *o,
		       struct passage *out)
{
	struct region_prefixes at;

	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		out->stops[d] = !read_dir(r, q, a->families[f], f, d, o->dirs[d], &at);
}

/* Nothing looks at the addresses of such ends. */
static void read_nowhere(const struct flow_answer *a, const struct outcomes *o, struct passage *out)
{
	*out = (struct passage){.possible = true, .passes = true};
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		out->passes &= o->dirs[d] >> a->dirs[d] & 1;
	out->l7 = out->passes && o->l7;
}

/* False: nothing passes so, or no such flow exists, as of ICMP over a family that the ends do not
 * share. */
static bool read_answer(const struct connections *c, const struct flow_question *q,
			const struct flow_answer *a, bool nowhere, const struct outcomes *o,
			struct passage out[FLOW_N_FAMILIES])
{
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		if (nowhere)
			read_nowhere(a, o, &out[f]);
		else
			read_family(&c->reach, q, a, f, o, &out[f]);
	}
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES && !nowhere; f++)
		if (!out[f].passes && out[f].possible && out[FLOW_V6 - f].passes)
			find_stops(&c->reach, q, a, f, o, &out[f]);
	return out[FLOW_V4].passes || out[FLOW_V6].passes;
}

/* --- intervals that are treated alike ----------------------------------------------------------
 */

struct draft {
	struct passage families[FLOW_N_FAMILIES];
	struct region_spans ports;
};

struct drafts {
	VEC(struct draft) list;
};

static bool same_prefixes(const struct region_prefixes *a, const struct region_prefixes *b)
{
	if (a->in.n != b->in.n || a->except.n != b->except.n)
		return false;
	/* Conditions that are remembered are the same object. */
	if (a->in.v == b->in.v && a->except.v == b->except.v)
		return true;
	for (size_t i = 0; i < a->in.n; i++)
		if (net_prefix_cmp(&a->in.v[i], &b->in.v[i]) != 0)
			return false;
	for (size_t i = 0; i < a->except.n; i++)
		if (net_prefix_cmp(&a->except.v[i], &b->except.v[i]) != 0)
			return false;
	return true;
}

static bool same_passage(const struct passage *a, const struct passage *b)
{
	return a->passes == b->passes && a->l7 == b->l7 &&
	       same_prefixes(&a->at[IR_INGRESS], &b->at[IR_INGRESS]) &&
	       same_prefixes(&a->at[IR_EGRESS], &b->at[IR_EGRESS]);
}

/* ICMP has one family, and says nothing of the other. */
static bool fits(const struct draft *d, const struct passage families[FLOW_N_FAMILIES])
{
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
		if (d->families[f].possible && families[f].possible &&
		    !same_passage(&d->families[f], &families[f]))
			return false;
	return true;
}

static struct draft *find_draft(struct arena *arena, struct drafts *drafts,
				const struct passage families[FLOW_N_FAMILIES])
{
	struct draft fresh = {0};

	vec_each (struct draft, d, &drafts->list)
		if (fits(d, families))
			return d;
	vec_push(arena, &drafts->list, fresh);
	return &drafts->list.v[drafts->list.n - 1];
}

static void add(struct arena *arena, struct drafts *drafts, uint16_t proto,
		const struct space_span *span, const struct passage families[FLOW_N_FAMILIES])
{
	struct draft *d = find_draft(arena, drafts, families);
	struct region_span ports = {diff_port_number(proto, span->lo),
				    diff_port_number(proto, span->hi)};

	/* All protocols that have no ports. */
	if (proto == SPACE_OTHER_PROTO)
		ports = (struct region_span){SPACE_N_WIDE * SPACE_N_PORTS, DIFF_N_PORTS - 1};
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		if (!d->families[f].possible)
			d->families[f] = families[f];
		for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
			d->families[f].stops[dir] |= families[f].stops[dir];
	}
	vec_push(arena, &d->ports.list, ports);
}

/* --- the parts ----------------------------------------------------------------------------------
 */

/* With ICMP of a family in which nothing passes: if all else is there, it is not missed. */
static const struct region_set *ports_of(struct region_space *s, const struct draft *d)
{
	static const uint16_t icmp[FLOW_N_FAMILIES] = {IR_PROTO_ICMP, IR_PROTO_ICMP6};
	const struct region_set *ports = region_set(s, &d->ports), *all = ports;

	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		struct region_span span = diff_port_proto(icmp[f]);

		if (!d->families[f].passes)
			all = region_set_or(s, all, region_set_of(s, span.lo, span.hi));
	}
	return region_set_size(all) == DIFF_N_PORTS ? all : ports;
}

static void add_prefixes(struct arena *arena, const struct region_prefixes *p,
			 struct region_prefixes *all)
{
	vec_each (const struct net_prefix, in, &p->in)
		vec_push(arena, &all->in, *in);
	vec_each (const struct net_prefix, except, &p->except)
		vec_push(arena, &all->except, *except);
}

/* What the draft says of one end's addresses, of all families, and whether that is more than which
 * family. */
struct restriction {
	bool is_one, is_more;
};

static struct restriction restriction_of(const struct draft *d, enum ir_dir dir)
{
	struct restriction out = {0};

	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		const struct passage *p = &d->families[f];

		out.is_one |= p->stops[dir];
		out.is_more |= p->passes && p->at[dir].in.n;
	}
	out.is_one |= out.is_more;
	return out;
}

static void restrict_end(const struct connections *c, const struct flow_end *end,
			 const struct draft *d, enum ir_dir dir, struct connection_part *out)
{
	struct region_prefixes *all = &out->addresses[dir];

	out->restricted[dir] = true;
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		const struct passage *p = &d->families[f];
		struct region_prefixes at = p->at[dir];

		if (!p->passes)
			continue;
		if (!at.in.n)
			flow_end_addresses(c->reach.ir, end, f, c->reach.arena, &at);
		add_prefixes(c->reach.arena, &at, all);
	}
}

/* Both ends of a flow have one family, so it is enough that one of them says which. */
static void say_once(struct restriction r[IR_N_DIRS], const struct flow_end *to)
{
	enum ir_dir other = to->outside ? IR_INGRESS : IR_EGRESS;

	for (int i = 0; i < IR_N_DIRS && r[IR_INGRESS].is_one && r[IR_EGRESS].is_one;
	     i++, other = ir_dir_other(other))
		r[other].is_one = r[other].is_more;
}

static struct connection_part part_of(struct connections *c, const struct flow_end *from,
				      const struct flow_end *to, const struct draft *d)
{
	const struct flow_end *const ends[IR_N_DIRS] = {[IR_INGRESS] = from, [IR_EGRESS] = to};
	struct connection_part out = {.ports = ports_of(&c->space, d)};
	struct restriction r[IR_N_DIRS] = {0};

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		if (varies(ends[dir]))
			r[dir] = restriction_of(d, dir);
	say_once(r, to);
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		if (r[dir].is_one)
			restrict_end(c, ends[dir], d, dir, &out);
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		const struct passage *other = &d->families[FLOW_V6 - f];

		out.l7 |= d->families[f].l7;
		if (!d->families[f].passes || !other->possible || other->passes ||
		    out.restricted[IR_INGRESS] || out.restricted[IR_EGRESS])
			continue;
		out.one_family = true;
		out.family = f;
	}
	return out;
}

void connection_find_parts(struct connections *c, const struct flow_end *from,
			   const struct flow_end *to, const struct space_ports *ports,
			   struct connection_parts *out)
{
	const struct flow_question tcp = {*from, *to, {.proto = IR_PROTO_TCP}, NULL};
	const struct flow_judge judge = reach_judge(&c->reach);
	struct arena *arena = c->reach.arena;
	struct drafts drafts = {0};
	struct flow_answer any;
	size_t n = ir_has_l7(c->reach.ir) ? N_OUTCOMES : 1;
	bool nowhere;

	flow_answer(&tcp, &judge, &any);
	if (any.verdict == FLOW_NONE)
		return;
	nowhere = !any.possible[FLOW_V4] && !any.possible[FLOW_V6];
	for (int i = 0; i < SPACE_N_PROTOS; i++) {
		struct space_spans spans = {0};

		space_ports_spans(ports, space_protos[i], &spans);
		vec_each (const struct space_span, span, &spans.list) {
			struct passage families[FLOW_N_FAMILIES];
			struct flow_question q = tcp;
			struct flow_answer a;

			q.port.proto = space_protos[i];
			q.port.port = span->lo;
			flow_answer(&q, &judge, &a);
			for (size_t k = 0; k < n; k++)
				if (read_answer(c, &q, &a, nowhere, &outcomes[k], families))
					add(arena, &drafts, space_protos[i], span, families);
		}
	}
	vec_each (const struct draft, d, &drafts.list)
		vec_push(arena, &out->list, part_of(c, from, to, d));
}
