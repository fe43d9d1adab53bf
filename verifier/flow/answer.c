/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/answer.h"

#include <assert.h>

#include "compiler/space/suppose.h"
#include "lang/base/buf.h"

static const enum net_family net_families[FLOW_N_FAMILIES] = {NET_V4, NET_V6};

const char *flow_verdict_name(enum flow_verdict v)
{
	return v == FLOW_DEPENDS ? "depends" : v == FLOW_NONE ? "none" : ir_outcome_name((int)v);
}

/* --- candidates: the addresses of one family that an end may have ----------------------------- */

/* The first of this family. */
static bool pick(const struct net_addr *v, size_t n, enum net_family family, struct net_addr *out)
{
	for (; n > 0; v++, n--) {
		if (v->family != family)
			continue;
		*out = *v;
		return true;
	}
	return false;
}

/* The i-th of very many, which are in order: IPv4 comes first. */
static bool pick_supposed(const struct ir_endpoint *ep, enum net_family family, size_t i,
			  struct net_addr *out)
{
	size_t lo = 0, hi = ep->addrs.n;

	while (family == NET_V6 && lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ep->addrs.v[mid].family == NET_V4)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (i >= ep->addrs.n - lo || ep->addrs.v[lo + i].family != family)
		return false;
	*out = ep->addrs.v[lo + i];
	return true;
}

static bool pick_outside(const struct space_outside *outside, enum net_family family, size_t i,
			 struct net_addr *out)
{
	size_t n = family == NET_V4 ? outside->n4 : outside->addrs.n - outside->n4;

	if (i < n)
		*out = outside->addrs.v[family == NET_V4 ? i : outside->n4 + i];
	return i < n;
}

/* Of those that are known, the first speaks. False: there is no i-th. */
static bool candidate(const struct flow_end *end, enum net_family family, size_t i,
		      struct ir_end *out)
{
	*out = (struct ir_end){.ep = end->ep, .addr = end->addr};
	if (end->folded || end->outside)
		return pick_outside(end->folded ? end->folded : end->outside, family, i,
				    &out->addr);
	if (end->addr.family != NET_NONE || !end->ep)
		return i == 0 && end->addr.family == family;
	if (!end->ep->addrs.n)
		return i == 0;
	if (end->ep->supposed)
		return pick_supposed(end->ep, family, i, &out->addr);
	return i == 0 && pick(end->ep->addrs.v, end->ep->addrs.n, family, &out->addr);
}

static bool has_family(const struct flow_question *q, enum net_family family)
{
	uint16_t other = family == NET_V4 ? IR_PROTO_ICMP6 : IR_PROTO_ICMP;
	struct ir_end end;

	return q->port.proto != other && candidate(&q->from, family, 0, &end) &&
	       candidate(&q->to, family, 0, &end);
}

/* Puts the addresses into a flow that has all else. */
static bool place(const struct flow_question *q, enum flow_family family, size_t src, size_t dst,
		  struct ir_flow *flow)
{
	return candidate(&q->from, net_families[family], src, &flow->src) &&
	       candidate(&q->to, net_families[family], dst, &flow->dst);
}

bool flow_candidate(const struct flow_question *q, enum flow_family family, size_t src, size_t dst,
		    struct ir_flow *out)
{
	return flow_make(&q->from, &q->to, &q->port, out) && place(q, family, src, dst, out);
}

/* One direction, whose peer may have several addresses. */
struct choice {
	const struct flow_question *q;
	const struct flow_judge *judge;
	const struct ir_flow *flow; /* all but its addresses */
	enum flow_family family;
	enum ir_dir dir;
};

/* The flow with the peer's i-th address. */
static bool choose(const struct choice *c, size_t i, struct ir_flow *out)
{
	out->proto = c->flow->proto;
	out->port = c->flow->port;
	out->request = c->q->request;
	return place(c->q, c->family, c->dir == IR_INGRESS ? i : 0, c->dir == IR_EGRESS ? i : 0,
		     out);
}

/* --- verdicts --------------------------------------------------------------------------------- */

/* Outcomes that were met, as bits. */
static enum flow_verdict verdict_of(unsigned met)
{
	static const enum flow_verdict single[] = {[1u << IR_OUTCOME_DENY] = FLOW_DENY,
						   [1u << IR_OUTCOME_ALLOW] = FLOW_ALLOW,
						   [1u << IR_OUTCOME_REDIRECT] = FLOW_REDIRECT};

	return met & (met - 1) ? FLOW_DEPENDS : single[met];
}

static unsigned bit(enum flow_verdict v)
{
	return v == FLOW_DEPENDS ? 1u << IR_OUTCOME_DENY | 1u << IR_OUTCOME_ALLOW : 1u << v;
}

static struct flow_side side_of(const struct choice *c)
{
	return (struct flow_side){c->q, c->family, c->dir, c->flow->proto, c->flow->port};
}

/* A direction is decided by the address of its peer alone: the subject's policies go by labels. */
static enum flow_verdict judge_dir(const struct choice *c)
{
	const struct flow_side side = side_of(c);
	struct ir_flow flow;
	unsigned met = 0;

	if (c->judge->all && c->judge->all(c->judge->ctx, &side, &met))
		return verdict_of(met);
	for (size_t i = 0; choose(c, i, &flow); i++)
		met |= 1u << c->judge->dir(c->judge->ctx, &flow, c->dir);
	return verdict_of(met);
}

enum flow_verdict flow_worse(enum flow_verdict egress, enum flow_verdict ingress)
{
	if (egress == FLOW_DENY || ingress == FLOW_DENY)
		return FLOW_DENY;
	if (egress == FLOW_DEPENDS || ingress == FLOW_DEPENDS)
		return FLOW_DEPENDS;
	return egress == FLOW_REDIRECT ? egress : ingress;
}

static void judge_families(const struct flow_question *q, const struct flow_judge *judge,
			   const struct ir_flow *flow, struct flow_answer *out)
{
	unsigned dirs[IR_N_DIRS] = {0}, all = 0;

	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		enum flow_verdict *v = out->families[f];

		if (!out->possible[f])
			continue;
		for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
			v[d] = judge_dir(&(struct choice){q, judge, flow, f, d});
			dirs[d] |= bit(v[d]);
		}
		all |= bit(flow_worse(v[IR_EGRESS], v[IR_INGRESS]));
	}
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		out->dirs[d] = verdict_of(dirs[d]);
	out->verdict = verdict_of(all);
}

/* Nothing looks at the addresses of such ends. */
static bool is_nowhere(const struct flow_question *q, const struct ir_flow *flow)
{
	return flow->src.addr.family == NET_NONE && flow->dst.addr.family == NET_NONE &&
	       !q->from.outside && !q->to.outside;
}

/* Egress of a flow between such ends, on a port that has a number. */
static enum flow_verdict judge_nowhere(const struct flow_question *q,
				       const struct flow_judge *judge)
{
	struct ir_flow flow;

	flow_make(&q->from, &q->to, &q->port, &flow);
	flow.request = q->request;
	return (enum flow_verdict)judge->dir(judge->ctx, &flow, IR_EGRESS);
}

/* Egress of a port that the destination lacks, as if it had it with whatever number. Of ends whose
 * addresses nothing looks at, `f` is FLOW_N_FAMILIES. */
static enum flow_verdict judge_absent(const struct flow_question *q, const struct flow_judge *judge,
				      enum flow_family f)
{
	const struct flow_numbers *numbers = flow_port_numbers(&q->port, &q->from);
	struct ir_flow flow = {.proto = q->port.proto};
	struct flow_question one = *q;
	unsigned met = 0;

	for (size_t i = 0; i < numbers->n && verdict_of(met) != FLOW_DEPENDS; i++) {
		one.port = flow_port_with(&q->port, numbers->v[i]);
		flow.port = numbers->v[i];
		met |= bit(f < FLOW_N_FAMILIES
				   ? judge_dir(&(struct choice){&one, judge, &flow, f, IR_EGRESS})
				   : judge_nowhere(&one, judge));
	}
	return verdict_of(met);
}

/* The destination has no such port, which denies there. */
static void answer_absent(const struct flow_question *q, const struct flow_judge *judge,
			  struct flow_answer *out)
{
	unsigned met = 0;

	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		if (!out->possible[f])
			continue;
		out->families[f][IR_EGRESS] = judge_absent(q, judge, f);
		met |= bit(out->families[f][IR_EGRESS]);
	}
	if (!met)
		met = bit(judge_absent(q, judge, FLOW_N_FAMILIES));
	out->dirs[IR_EGRESS] = verdict_of(met);
}

static void answer_nowhere(const struct flow_judge *judge, const struct ir_flow *flow,
			   struct flow_answer *out)
{
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		out->dirs[d] = (enum flow_verdict)judge->dir(judge->ctx, flow, d);
	out->verdict = flow_worse(out->dirs[IR_EGRESS], out->dirs[IR_INGRESS]);
}

static void answer_none(struct flow_answer *out)
{
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
		out->dirs[d] = FLOW_NONE;
	out->verdict = FLOW_NONE;
}

void flow_answer(const struct flow_question *q, const struct flow_judge *judge,
		 struct flow_answer *out)
{
	struct ir_flow flow;
	bool nowhere;

	*out = (struct flow_answer){.exists = flow_make(&q->from, &q->to, &q->port, &flow)};
	flow.request = q->request;
	nowhere = is_nowhere(q, &flow);
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++)
		out->possible[f] = !nowhere && has_family(q, net_families[f]);
	if (!nowhere && !out->possible[FLOW_V4] && !out->possible[FLOW_V6])
		answer_none(out);
	else if (!out->exists)
		answer_absent(q, judge, out);
	else if (nowhere)
		answer_nowhere(judge, &flow, out);
	else
		judge_families(q, judge, &flow, out);
}

/* --- what it depends on ------------------------------------------------------------------------
 */

/* The pieces that the end's i-th address stands for; `own` has room for its own. */
static struct space_runs runs_of(const struct space_outside *folded, enum flow_family family,
				 size_t i, struct space_run *own)
{
	struct space_runs out = {.list = {.v = own, .n = 1, .cap = 1}};

	return folded ? folded->stands_for[(family == FLOW_V4 ? 0 : folded->n4) + i] : out;
}

/* Adds the pieces of the peer's addresses whose outcome is one of these, one by one. */
static void add_each(const struct choice *c, unsigned outcomes, const struct space_addresses *kinds,
		     struct arena *arena, struct flow_pieces *out)
{
	const struct flow_end *end = c->dir == IR_INGRESS ? &c->q->from : &c->q->to;
	struct ir_flow flow;

	for (size_t i = 0; choose(c, i, &flow); i++) {
		const struct ir_end *peer = c->dir == IR_INGRESS ? &flow.src : &flow.dst;
		uint32_t piece = space_piece_of(kinds, &peer->addr);
		struct space_run own = {piece, piece};
		struct space_runs runs = runs_of(end->folded, c->family, i, &own);

		out->n += runs.list.n;
		if (!(outcomes & 1u << c->judge->dir(c->judge->ctx, &flow, c->dir)))
			continue;
		out->n_some += runs.list.n;
		vec_each (const struct space_run, run, &runs.list)
			vec_push(arena, &out->some.list,
				 (struct region_span){run->first, run->last});
	}
}

/* The same of all families that the subject has, at once. NULL: they are to be judged one by one.
 */
static const struct space_addresses *add_at_once(const struct flow_question *q,
						 const struct flow_judge *judge,
						 const struct ir_flow *flow, enum ir_dir dir,
						 unsigned families, unsigned outcomes,
						 struct arena *arena, struct flow_pieces *out)
{
	const struct space_addresses *kinds = NULL;
	struct ir_flow any;

	for (enum flow_family f = 0; judge->pieces && f < FLOW_N_FAMILIES; f++) {
		const struct choice c = {q, judge, flow, f, dir};
		const struct flow_side side = side_of(&c);

		if (!(families & 1u << f) || !choose(&c, 0, &any))
			continue;
		kinds = judge->pieces(judge->ctx, &side, outcomes, arena, out);
		if (!kinds)
			return NULL;
	}
	return kinds;
}

/* The kinds of addresses that an end may have. False: they are known. */
static bool find_kinds(const struct ir *ir, const struct flow_end *end, struct space_addresses *out)
{
	bool supposed = end->ep && end->ep->supposed && end->addr.family == NET_NONE;

	if (end->folded || end->outside)
		*out = (end->folded ? end->folded : end->outside)->kinds;
	else if (supposed)
		space_supposed_kinds(&ir, 1, end->ep, out);
	return end->outside || supposed;
}

/* The pieces of all addresses that the end may have in this family. */
static void add_all_pieces(const struct flow_end *end, enum flow_family f,
			   const struct space_addresses *kinds, struct arena *arena,
			   struct region_spans *out)
{
	const struct space_outside *folded = end->folded;
	struct ir_end at;

	for (size_t i = 0; candidate(end, net_families[f], i, &at); i++) {
		uint32_t piece = space_piece_of(kinds, &at.addr);
		struct space_run own = {piece, piece};
		struct space_runs runs = runs_of(folded, f, i, &own);

		vec_each (const struct space_run, run, &runs.list)
			vec_push(arena, &out->list, (struct region_span){run->first, run->last});
	}
}

void flow_end_addresses(const struct ir *ir, const struct flow_end *end, enum flow_family family,
			struct arena *arena, struct region_prefixes *out)
{
	struct region_spans all = {0};
	struct space_addresses kinds;
	struct region_space space;
	bool varies = find_kinds(ir, end, &kinds);

	assert(varies);
	(void)varies;
	*out = (struct region_prefixes){0};
	add_all_pieces(end, family, &kinds, arena, &all);
	region_space_init(&space, arena, SIZE_MAX);
	region_address_prefixes(&kinds, &space, region_set(&space, &all), out);
}

/* Returns the space of the pieces; NULL: the addresses are known. */
static const struct space_addresses *find_pieces(const struct ir *ir, const struct flow_question *q,
						 const struct flow_judge *judge, enum ir_dir dir,
						 unsigned families, unsigned outcomes,
						 struct arena *arena, struct flow_pieces *out)
{
	const struct flow_end *peer = dir == IR_INGRESS ? &q->from : &q->to;
	const struct space_addresses *kinds;
	struct space_addresses *own;
	struct ir_flow flow;

	*out = (struct flow_pieces){0};
	if (!flow_make(&q->from, &q->to, &q->port, &flow))
		return NULL;
	kinds = add_at_once(q, judge, &flow, dir, families, outcomes, arena, out);
	if (kinds)
		return kinds;
	own = arena_new(arena, struct space_addresses);
	if (!find_kinds(ir, peer, own))
		return NULL;
	*out = (struct flow_pieces){0};
	for (enum flow_family f = 0; f < FLOW_N_FAMILIES; f++) {
		const struct choice c = {q, judge, &flow, f, dir};

		if (families & 1u << f)
			add_each(&c, outcomes, own, arena, out);
	}
	return own;
}

bool flow_addresses(const struct ir *ir, const struct flow_question *q,
		    const struct flow_judge *judge, enum ir_dir dir, unsigned families,
		    unsigned outcomes, struct arena *arena, struct region_prefixes *out)
{
	const struct space_addresses *kinds;
	struct region_space space;
	struct flow_pieces pieces;

	*out = (struct region_prefixes){0};
	kinds = find_pieces(ir, q, judge, dir, families, outcomes, arena, &pieces);
	if (!kinds || !pieces.n_some || pieces.n_some == pieces.n)
		return false;
	region_space_init(&space, arena, SIZE_MAX);
	region_address_prefixes(kinds, &space, region_set(&space, &pieces.some), out);
	return true;
}

bool flow_example(const struct flow_question *q, const struct flow_judge *judge,
		  enum flow_family family, const enum ir_outcome outcomes[IR_N_DIRS],
		  struct ir_flow *out)
{
	struct ir_flow found[IR_N_DIRS], flow;

	if (!flow_make(&q->from, &q->to, &q->port, &flow))
		return false;
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		const struct choice c = {q, judge, &flow, family, d};
		size_t i = 0;

		while (choose(&c, i, &found[d]) &&
		       judge->dir(judge->ctx, &found[d], d) != outcomes[d])
			i++;
		if (!choose(&c, i, &found[d]))
			return false;
	}
	*out = found[IR_INGRESS];
	out->dst = found[IR_EGRESS].dst;
	return true;
}

void flow_addresses_text(const struct ir *ir, const struct flow_question *q,
			 const struct flow_judge *judge, unsigned families,
			 const unsigned outcomes[IR_N_DIRS], struct arena *arena, struct buf *out)
{
	static const enum ir_dir order[] = {IR_INGRESS, IR_EGRESS}; /* `from` comes first */
	const char *sep = "";

	for (int i = 0; i < IR_N_DIRS; i++) {
		struct region_prefixes p;

		if (!flow_addresses(ir, q, judge, order[i], families, outcomes[order[i]], arena,
				    &p))
			continue;
		buf_printf(out, "%s%s is in ", sep, (i ? &q->to : &q->from)->text);
		region_put_prefixes(&p, out);
		sep = " and ";
	}
}
