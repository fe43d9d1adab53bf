/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random small policies over a small universe: the findings of the solver must be exactly
 * those that enumerating every flow gives. The universe holds one representative of all that
 * the policies can tell apart. tests/lib/campaign.h tells how many.
 *
 * A check joins by a line in `oracles`: a function that enters into `expectation.lines` how
 * many findings a line of the source has. It may look at
 *   e->u.masks         which rules and policies meet in some flow of one direction,
 *   e->u.managed       every endpoint that there can be, e->u.peers every end,
 *   universe_flows()   the flows themselves, for what both ends decide together.
 * A check without a line is off here.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "tests/lib/campaign.h"
#include "tests/unit/irb.h"
#include "tests/unit/universe.h"
#include "verifier/check/check.h"

/* --- random policies -------------------------------------------------------------------------- */

struct rng {
	uint64_t state;
};

static uint32_t below(struct rng *g, uint32_t n)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (uint32_t)((g->state >> 32) % n);
}

#define PICK(g, list) (list)[below((g), sizeof(list) / sizeof(*(list)))]

/* Labels of endpoints, or of namespaces: each universe stays small. */
static const char *const label_reqs[] = {"a=x", "a=y",   "a=x;y",   "a!=x", "a!=x;y",
					 "a",   "!a",    "b=x",     "b!=x", "b",
					 "!b",  "b=x;y", "a=y,b=x", "a,b"};
static const char *const ns_reqs[] = {"ns:kubernetes.io/metadata.name=n",
				      "ns:kubernetes.io/metadata.name!=n",
				      "ns:kubernetes.io/metadata.name",
				      "ns:!kubernetes.io/metadata.name",
				      "ns:t=x",
				      "ns:t!=x",
				      "ns:t",
				      "ns:!t",
				      "a=x",
				      "a!=x",
				      "ns:kubernetes.io/metadata.name=n,ns:t=x"};
static const char *const other_peers[] = {"all",
					  "all",
					  "world",
					  "host",
					  "cluster",
					  "none",
					  "cidr:10.0.0.0/8",
					  "cidr:10.0.0.0/8-10.1.0.0/16",
					  "cidr:10.1.1.0/24;2001:db8::/32",
					  "cidr:10.1.0.0/16-10.1.0.0/16",
					  "pods:10.1.0.0/16-10.1.1.0/24",
					  "pods:0.0.0.0/0;::/0"};
static const char *const port_sets[] = {
	"",    "",       "",      "tcp", "tcp/80", "tcp/80-90",  "tcp/85-99",     "tcp/http",
	"udp", "icmp/8", "icmp6", "any", "none",   "tcp/80|udp", "tcp/http|icmp", "tcp/1-65535"};

static void put_selector(struct rng *g, bool ns, struct buf *out)
{
	for (uint32_t n = below(g, 3), i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? "," : "", ns ? PICK(g, ns_reqs) : PICK(g, label_reqs));
}

static void put_peers(struct rng *g, bool ns, struct buf *out)
{
	for (uint32_t n = 1 + below(g, 2), i = 0; i < n; i++) {
		buf_puts(out, i ? "|" : "");
		if (below(g, 3)) {
			buf_puts(out, "sel:");
			put_selector(g, ns, out);
		} else {
			buf_puts(out, PICK(g, other_peers));
		}
	}
}

static void put_end(struct rng *g, bool ns, struct buf *out)
{
	if (below(g, 4)) {
		buf_puts(out, "sel:");
		put_selector(g, ns, out);
	} else {
		buf_puts(out, PICK(g, other_peers));
	}
}

static void make_claims(struct irb *b, struct rng *g, bool ns)
{
	for (uint32_t n = below(g, 4), i = 0; i < n; i++) {
		_cleanup_buf_ struct buf from = {0}, to = {0};

		put_end(g, ns, &from);
		put_end(g, ns, &to);
		irb_claim(b, (enum ir_claim_kind)below(g, 3), buf_str(&from), buf_str(&to),
			  PICK(g, port_sets));
	}
}

static void add_policy(struct irb *b, struct rng *g, struct ir_tier *tier, bool ns)
{
	static const enum ir_action actions[] = {IR_ALLOW, IR_ALLOW, IR_DENY, IR_DENY, IR_PASS};
	static const uint32_t ranks[] = {0, 0, 0, 0, 1, 2};
	_cleanup_buf_ struct buf subject = {0};
	struct ir_policy *policy;

	put_selector(g, ns, &subject);
	policy = irb_policy(b, tier, "p", buf_str(&subject));
	policy->spares_node = !below(g, 3);
	if (policy->spares_node)
		policy->kind = "NetworkPolicy";
	for (uint32_t n = 1 + below(g, 3), i = 0; i < n && b->ir.rules.n < MAX_RULES; i++) {
		_cleanup_buf_ struct buf peers = {0};

		put_peers(g, ns, &peers);
		irb_rule(b, policy, below(g, 4) ? IR_INGRESS : IR_EGRESS, PICK(g, actions),
			 PICK(g, ranks), buf_str(&peers), PICK(g, port_sets));
	}
}

/* Up to two tiers before `default`, of which now and then no text says which decides first. */
static void make_policies(struct irb *b, struct rng *g, bool ns)
{
	uint32_t n = 2 + below(g, MAX_POLICIES - 1), n_before = below(g, 3);
	struct ir_tier *before[2];

	for (uint32_t i = 0; i < n_before; i++)
		before[i] = irb_tier_before(b, "before", below(g, 3) ? IR_PASS : IR_DENY);
	if (n_before == 2 && below(g, 2))
		vec_push(&b->arena, &b->ir.open_orders, (struct ir_open_order){{{0, 1}, {1, 1}}});
	for (uint32_t i = 0; i < n; i++)
		add_policy(b, g, n_before && !below(g, 3) ? before[below(g, n_before)] : b->tier,
			   ns);
}

enum { MAX_CLAIMS = 5, MAX_LINES = 64, MAX_IDS = 3 };

/* --- what enumeration finds ------------------------------------------------------------------- */

struct expectation {
	struct irb *b;
	struct universe u;
	int lines[CHECK_N][MAX_LINES];        /* findings by line */
	bool unsure[MAX_LINES];               /* a policy that isolates may be found, or not */
	bool conflicts[MAX_RULES][MAX_RULES]; /* allow, deny */
	int states[MAX_RULES];                /* 0 live, 1 empty, 2 shadowed, 3 redundant */
};

static bool has(uint32_t mask, const struct ir_rule *rule)
{
	return mask & 1u << rule->id;
}

static bool exists(const struct universe *u, uint32_t with, uint32_t without)
{
	vec_each (const uint32_t, m, &u->masks) {
		if ((*m & with) == with && !(*m & without))
			return true;
	}
	return false;
}

static void expect_conflicts(struct expectation *e, enum ir_dir dir)
{
	vec_each (struct ir_rule *, a, &e->b->ir.rules) {
		vec_each (struct ir_rule *, d, &e->b->ir.rules) {
			uint32_t ab = 1u << (*a)->id, db = 1u << (*d)->id;

			if ((*a)->action != IR_ALLOW || (*d)->action != IR_DENY ||
			    (*a)->dir != dir || (*d)->dir != dir || (*a)->rank != (*d)->rank ||
			    (*a)->policy->tier != (*d)->policy->tier)
				continue;
			e->conflicts[(*a)->id][(*d)->id] = exists(&e->u, ab | db, 0) &&
							   exists(&e->u, ab, db) &&
							   exists(&e->u, db, ab);
		}
	}
}

static bool before(const struct ir_rule *p, const struct ir_rule *q)
{
	static const int strict[] = {[IR_DENY] = 0, [IR_PASS] = 1, [IR_ALLOW] = 2};

	return p->rank != q->rank ? p->rank < q->rank : strict[p->action] < strict[q->action];
}

/* Is a flow with these matches decided before the rule has its say? */
static bool decided_before(const struct expectation *e, uint32_t mask, const struct ir_rule *rule)
{
	vec_each (struct ir_tier *, tier, &e->b->ir.tiers) {
		const struct ir_rule *winner = NULL;
		bool governed = false;

		vec_each (struct ir_rule *, q, &e->b->ir.rules) {
			if ((*q)->policy->tier == *tier && has(mask, *q) &&
			    (!winner || before(*q, winner)))
				winner = *q;
		}
		if (*tier == rule->policy->tier)
			return before(winner, rule);
		vec_each (struct ir_policy *, p, &(*tier)->policies)
			governed |= (mask & POLICY_BIT((*p)->id)) && (*p)->governs[rule->dir];
		if (winner ? winner->action != IR_PASS : governed && (*tier)->end == IR_DENY)
			return true;
	}
	return false;
}

static bool said_by_another(const struct expectation *e, uint32_t mask, const struct ir_rule *rule)
{
	vec_each (struct ir_rule *, q, &e->b->ir.rules) {
		if (*q != rule && has(mask, *q) && (*q)->rank == rule->rank &&
		    (*q)->action == rule->action && (*q)->policy->tier == rule->policy->tier &&
		    e->states[(*q)->id] == 0)
			return true;
	}
	return false;
}

static void expect_shadows(struct expectation *e, enum ir_dir dir)
{
	for (size_t i = e->b->ir.rules.n; i-- > 0;) {
		const struct ir_rule *rule = e->b->ir.rules.v[i];
		bool shadowed = true, redundant = true;

		if (rule->dir != dir || e->states[i])
			continue;
		vec_each (const uint32_t, m, &e->u.masks) {
			if (!has(*m, rule) || decided_before(e, *m, rule))
				continue;
			shadowed = false;
			redundant &= said_by_another(e, *m, rule);
		}
		e->states[i] = shadowed ? 2 : redundant ? 3 : 0;
		e->lines[CHECK_ID_SHADOWED][rule->loc.line] = shadowed;
		e->lines[CHECK_ID_REDUNDANT][rule->loc.line] = !shadowed && redundant;
	}
}

static bool selects_nothing(const struct expectation *e, const struct ir_policy *policy)
{
	vec_each (struct ir_endpoint *, ep, &e->u.managed) {
		if (ir_policy_selects(policy, *ep))
			return false;
	}
	return true;
}

static int count_dead_peers(const struct expectation *e, const struct ir_rule *rule, bool selectors)
{
	int dead = 0;

	vec_each (const struct ir_peer, peer, &rule->peers) {
		bool alive = false;

		vec_each (const struct ir_end, end, &e->u.peers)
			alive |= ir_peer_matches(peer, end);
		dead += !alive && (peer->kind == IR_PEER_SELECTOR) == selectors;
	}
	return dead;
}

static void expect_empty(struct expectation *e, enum ir_dir dir)
{
	vec_each (struct ir_policy *, p, &e->b->ir.policies) {
		bool nothing = selects_nothing(e, *p);

		e->lines[CHECK_ID_CONTRADICTION][(*p)->loc.line] = nothing;
		vec_each (struct ir_rule *, rule, &(*p)->rules[dir]) {
			int selectors = count_dead_peers(e, *rule, true);
			int dead = selectors + count_dead_peers(e, *rule, false);
			bool empty = !exists(&e->u, 1u << (*rule)->id, 0);

			e->states[(*rule)->id] = empty;
			if (nothing)
				continue;
			e->lines[CHECK_ID_CONTRADICTION][(*rule)->loc.line] = selectors;
			e->lines[CHECK_ID_EMPTY_RULE][(*rule)->loc.line] =
				dead - selectors + (empty && dead < (int)(*rule)->peers.n);
		}
	}
}

/* Could anything of its tier decide a flow with these matches, were the pass rule not there? */
static bool decided_instead(uint32_t mask, const struct ir_rule *pass)
{
	const struct ir_tier *tier = pass->policy->tier;

	vec_each (struct ir_policy *, p, &tier->policies) {
		if (tier->end == IR_DENY && (*p)->governs[pass->dir] &&
		    (mask & POLICY_BIT((*p)->id)))
			return true;
		vec_each (struct ir_rule *, q, &(*p)->rules[pass->dir]) {
			if (has(mask, *q) && (*q)->action != IR_PASS && before(pass, *q))
				return true;
		}
	}
	return false;
}

static void expect_passes(struct expectation *e, enum ir_dir dir)
{
	vec_each (struct ir_rule *, rule, &e->b->ir.rules) {
		int state = e->states[(*rule)->id];
		bool effect = state == 1 || state == 2;

		if ((*rule)->dir != dir || (*rule)->action != IR_PASS)
			continue;
		vec_each (const uint32_t, m, &e->u.masks)
			effect |= has(*m, *rule) && decided_instead(*m, *rule);
		e->lines[CHECK_ID_PASS_WITHOUT_EFFECT][(*rule)->loc.line] = !effect;
	}
}

/* What in the pass rule's tier, or around it, has a say about a flow with these matches? */
struct say {
	bool sooner, denial, later;
};

static void add_say(const struct ir_rule *pass, const struct ir_tier *tier, bool denies,
		    struct say *out)
{
	bool own = tier == pass->policy->tier;

	out->later |= tier->id > pass->policy->tier->id;
	out->denial |= own && denies;
	out->sooner |= tier->id < pass->policy->tier->id || (own && !denies);
}

static struct say say_of(const struct expectation *e, uint32_t mask, const struct ir_rule *pass)
{
	struct say say = {0};

	vec_each (struct ir_policy *, p, &e->b->ir.policies) {
		if ((*p)->tier->end == IR_DENY && (*p)->governs[pass->dir] &&
		    (mask & POLICY_BIT((*p)->id)))
			add_say(pass, (*p)->tier, true, &say);
		vec_each (struct ir_rule *, q, &(*p)->rules[pass->dir])
			if (has(mask, *q) && (*q)->action != IR_PASS)
				add_say(pass, (*p)->tier,
					(*q)->action == IR_DENY && before(pass, *q), &say);
	}
	return say;
}

/* Does it pass on what its tier would deny? And has a later tier a say about what it matches? */
static bool opens(const struct expectation *e, const struct universe *u, const struct ir_rule *pass,
		  bool *later)
{
	bool any = false;

	*later = false;
	vec_each (const uint32_t, m, &u->masks) {
		struct say say = say_of(e, *m, pass);

		any |= has(*m, pass) && say.denial && !say.sooner;
		*later |= has(*m, pass) && say.later;
	}
	return any;
}

static bool passes_all(const struct ir_rule *pass)
{
	vec_each (const struct ir_peer, peer, &pass->peers)
		if (peer->kind == IR_PEER_ENTITY && peer->entity == IR_ENTITY_ALL)
			return !pass->ports.n;
	return false;
}

static bool is_governed_later(const struct ir *ir, const struct ir_rule *pass,
			      const struct ir_endpoint *ep)
{
	vec_each (struct ir_policy *, p, &ir->policies)
		if ((*p)->tier->id > pass->policy->tier->id && ir_policy_selects(*p, ep) &&
		    ((*p)->governs[pass->dir] || (*p)->rules[pass->dir].n))
			return true;
	return false;
}

/* The same for those endpoints whom no later tier governs. */
static bool opens_some(struct expectation *e, const struct ir_rule *pass)
{
	struct universe some = e->u;
	bool later;

	memset(&some.managed, 0, sizeof(some.managed));
	memset(&some.masks, 0, sizeof(some.masks));
	vec_each (struct ir_endpoint *, ep, &e->u.managed)
		if (!is_governed_later(&e->b->ir, pass, *ep))
			vec_push(&e->b->arena, &some.managed, *ep);
	universe_visit(&some, e->b, pass->dir);
	return opens(e, &some, pass, &later);
}

static void expect_openings(struct expectation *e, enum ir_dir dir)
{
	vec_each (struct ir_rule *, rule, &e->b->ir.rules) {
		int state = e->states[(*rule)->id];
		bool any, later;

		if ((*rule)->dir != dir || (*rule)->action != IR_PASS || state == 1 || state == 2)
			continue;
		any = opens(e, &e->u, *rule, &later);
		if (any && later)
			any = passes_all(*rule) && opens_some(e, *rule);
		e->lines[CHECK_ID_PASS_OPENS][(*rule)->loc.line] = any;
	}
}

static bool takes_every_port(const struct ir_rule *rule)
{
	vec_each (const struct ir_port, port, &rule->ports)
		if (port->kind == IR_PORT_ANY && port->proto == IR_PROTO_ANY)
			return true;
	return !rule->ports.n;
}

/* The cluster is the endpoints that have a namespace, if any has. */
static bool is_of_cluster(const struct expectation *e, const struct ir_end *end)
{
	uint32_t key = e->u.ns_name;

	if (!end->ep || end->ep->host)
		return false;
	vec_each (struct ir_endpoint *, ep, &e->u.managed)
		if (ir_endpoint_label(*ep, IR_SCOPE_NAMESPACE, key) != INTERN_NONE)
			return ir_endpoint_label(end->ep, IR_SCOPE_NAMESPACE, key) != INTERN_NONE;
	return true;
}

static bool takes_peer(const struct ir_rule *rule, const struct ir_end *end)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (ir_peer_matches(peer, end))
			return true;
	return false;
}

static void expect_broad(struct expectation *e, enum ir_dir dir)
{
	vec_each (struct ir_rule *, rule, &e->b->ir.rules) {
		bool cluster = true, v4 = true, v6 = true;

		if ((*rule)->dir != dir || (*rule)->action != IR_ALLOW || e->states[(*rule)->id] ||
		    !takes_every_port(*rule))
			continue;
		vec_each (const struct ir_end, end, &e->u.peers) {
			bool taken = takes_peer(*rule, end);

			cluster &= taken || !is_of_cluster(e, end);
			v4 &= taken || end->ep || end->addr.family != NET_V4;
			v6 &= taken || end->ep || end->addr.family != NET_V6;
		}
		e->lines[CHECK_ID_BROAD_ALLOW][(*rule)->loc.line] = cluster || v4 || v6;
	}
}

static bool selects_all_of(const struct expectation *e, const struct ir_policy *other,
			   const struct ir_policy *policy)
{
	vec_each (struct ir_endpoint *, ep, &e->u.managed)
		if (ir_policy_selects(policy, *ep) && !ir_policy_selects(other, *ep))
			return false;
	return true;
}

static bool isolates(const struct ir_policy *policy, enum ir_dir dir)
{
	return policy->governs[dir] && policy->tier->end == IR_DENY;
}

static bool is_isolated_by_another(const struct expectation *e, const struct ir_policy *policy,
				   enum ir_dir dir)
{
	if (!isolates(policy, dir))
		return true;
	vec_each (struct ir_policy *, other, &policy->tier->policies)
		if (*other != policy && (*other)->governs[dir] &&
		    (*other)->spares_node <= policy->spares_node &&
		    selects_all_of(e, *other, policy))
			return true;
	return false;
}

/* That another policy isolates the same endpoints the check sees by their texts alone, so it may
 * miss it; and of two such only one is spare. */
static void expect_spare_policies(struct expectation *e, enum ir_dir dir)
{
	if (dir != IR_EGRESS)
		return;
	for (size_t i = e->b->ir.policies.n; i-- > 0;) {
		const struct ir_policy *policy = e->b->ir.policies.v[i];
		bool spare = !selects_nothing(e, policy);

		for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
			vec_each (struct ir_rule *, rule, &policy->rules[d])
				spare &= e->states[(*rule)->id] != 0;
			spare = spare && is_isolated_by_another(e, policy, d);
			e->unsure[policy->loc.line] |= isolates(policy, d);
		}
		e->lines[CHECK_ID_REDUNDANT_POLICY][policy->loc.line] = spare;
	}
}

/* The same policies where no prefix of a NetworkPolicy matches an endpoint. */
struct meanings {
	struct expectation *e;
	bool part[MAX_RULES];
};

static void set_blocks(const struct irb *b, bool *were, bool restore)
{
	size_t i = 0;

	vec_each (struct ir_rule *, rule, &b->ir.rules) {
		vec_each (struct ir_peer, peer, &(*rule)->peers) {
			if (!restore)
				were[i] = peer->cidr.match_endpoints;
			if (strcmp((*rule)->policy->kind, "NetworkPolicy") == 0)
				peer->cidr.match_endpoints = restore && were[i];
			i++;
		}
	}
}

static bool is_by_block(const struct ir_rule *rule, const struct ir_end *peer)
{
	vec_each (const struct ir_peer, p, &rule->peers)
		if (p->kind == IR_PEER_CIDR && p->cidr.match_endpoints && ir_peer_matches(p, peer))
			return true;
	return false;
}

static bool judge_meanings(void *arg, const struct ir_flow *flow)
{
	struct meanings *m = arg;
	const struct irb *b = m->e->b;
	bool were[4 * MAX_RULES];

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		const struct ir_end *self = dir == IR_INGRESS ? &flow->dst : &flow->src;
		const struct ir_end *peer = dir == IR_INGRESS ? &flow->src : &flow->dst;
		bool denied;

		if (!self->ep || self->ep->host || !peer->ep || peer->ep->host ||
		    ir_eval_dir(&b->ir, flow, dir, NULL) == IR_VERDICT_DENY)
			continue;
		set_blocks(b, were, false);
		denied = ir_eval_dir(&b->ir, flow, dir, NULL) == IR_VERDICT_DENY;
		set_blocks(b, were, true);
		vec_each (struct ir_rule *, rule, &b->ir.rules)
			m->part[(*rule)->id] |= denied && (*rule)->dir == dir &&
						ir_policy_selects((*rule)->policy, self->ep) &&
						ir_rule_matches(*rule, flow) &&
						is_by_block(*rule, peer);
	}
	return true;
}

/* No policy tells private addresses from others. */
static void expect_portability(struct expectation *e, enum ir_dir dir)
{
	struct meanings m = {.e = e};

	if (dir != IR_EGRESS)
		return;
	universe_flows(&e->u, e->b, judge_meanings, &m);
	vec_each (struct ir_rule *, rule, &e->b->ir.rules)
		e->lines[CHECK_ID_PORTABILITY][(*rule)->loc.line] =
			m.part[(*rule)->id] && !e->states[(*rule)->id] &&
			(*rule)->action == IR_ALLOW &&
			strcmp((*rule)->policy->kind, "NetworkPolicy") == 0;
}

struct lookups {
	const struct irb *b;
	uint32_t passing; /* policies of which a subject may ask for DNS, by id */
};

/* Between these ends, on both ports of DNS; no policy tells tcp/53 from tcp/1. */
static bool judge_lookup(void *arg, const struct ir_flow *flow)
{
	static const struct ir_flow ports[] = {{.proto = IR_PROTO_UDP, .port = 53},
					       {.proto = IR_PROTO_TCP, .port = 1}};
	struct lookups *l = arg;

	if (!flow->src.ep || flow->src.ep->host || (flow->dst.ep && flow->dst.ep->node))
		return true;
	for (int i = 0; i < 2; i++) {
		struct ir_flow lookup = ports[i];

		lookup.src = flow->src;
		lookup.dst = flow->dst;
		if (ir_eval_dir(&l->b->ir, &lookup, IR_EGRESS, NULL) == IR_VERDICT_DENY)
			continue;
		vec_each (struct ir_policy *, policy, &l->b->ir.policies)
			if (ir_policy_selects(*policy, flow->src.ep))
				l->passing |= 1u << (*policy)->id;
	}
	return true;
}

static bool needs_names(const struct expectation *e, const struct ir_policy *policy)
{
	vec_each (struct ir_rule *, rule, &policy->rules[IR_EGRESS])
		vec_each (const struct ir_peer, peer, &(*rule)->peers)
			if ((*rule)->action == IR_ALLOW && e->states[(*rule)->id] != 1 &&
			    (peer->kind == IR_PEER_SELECTOR ||
			     (peer->kind == IR_PEER_ENTITY && peer->entity != IR_ENTITY_HOST &&
			      peer->entity != IR_ENTITY_NONE)))
				return true;
	return false;
}

static void expect_dns(struct expectation *e, enum ir_dir dir)
{
	struct lookups l = {.b = e->b};

	if (dir != IR_EGRESS)
		return;
	universe_flows(&e->u, e->b, judge_lookup, &l);
	vec_each (struct ir_policy *, policy, &e->b->ir.policies)
		e->lines[CHECK_ID_DNS_EGRESS_MISSING][(*policy)->loc.line] =
			(*policy)->governs[IR_EGRESS] && (*policy)->tier->end == IR_DENY &&
			!selects_nothing(e, *policy) && needs_names(e, *policy) &&
			!(l.passing & 1u << (*policy)->id);
}

/* What becomes of the claims, as the flows go by. */
struct claim_fates {
	const struct irb *b;
	bool covers[MAX_CLAIMS], broken[MAX_CLAIMS];
	bool open[MAX_CLAIMS]; /* as it is broken if pods run where they may */
};

static bool judge_flow(void *arg, const struct ir_flow *flow)
{
	struct claim_fates *fates = arg;
	bool all = true;

	for (size_t i = 0; i < fates->b->ir.asserts.n; i++) {
		const struct ir_claim *claim = &fates->b->ir.asserts.v[i]->claims.v[0];

		if (!fates->broken[i] && ir_claim_covers(claim, flow)) {
			fates->covers[i] = true;
			fates->broken[i] = ir_eval(&fates->b->ir, flow) != ir_claim_wants(claim);
		}
		all &= fates->broken[i];
	}
	return !all;
}

static bool anybody_is(const struct ir_end *ends, size_t n, const struct ir_peer *peer)
{
	for (size_t i = 0; i < n; i++) {
		if (ir_peer_matches(peer, &ends[i]))
			return true;
	}
	return false;
}

/* Claims stand on lines of their own, with their vacuous ends. An `only` from nobody says that
 * nobody may. */
static void enter_fates(struct expectation *e, const struct claim_fates *fates,
			const struct ir_end *ends, size_t n)
{
	for (size_t i = 0; i < e->b->ir.asserts.n; i++) {
		const struct ir_claim *claim = &e->b->ir.asserts.v[i]->claims.v[0];
		int gaps = !anybody_is(ends, n, &claim->to) +
			   (claim->kind != IR_CLAIM_ONLY && !anybody_is(ends, n, &claim->from));

		e->lines[CHECK_ID_ASSERT_FAILED][claim->loc.line] = fates->broken[i];
		e->lines[CHECK_ID_UNDECIDED][claim->loc.line] = !fates->broken[i] && fates->open[i];
		e->lines[CHECK_ID_ASSERT_VACUOUS][claim->loc.line] =
			gaps ? gaps : !fates->covers[i];
	}
}

static void expect_claims(struct expectation *e, enum ir_dir dir)
{
	struct claim_fates fates = {.b = e->b};

	if (dir != IR_INGRESS)
		return;
	universe_flows(&e->u, e->b, judge_flow, &fates);
	enter_fates(e, &fates, e->u.peers.v, e->u.peers.n);
}

struct orders {
	const struct ir *ir;
	struct ir other; /* the first two tiers have changed places */
	bool differ;
};

static bool judge_orders(void *arg, const struct ir_flow *flow)
{
	struct orders *o = arg;

	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
		o->differ |= ir_eval_dir(o->ir, flow, dir, NULL) !=
			     ir_eval_dir(&o->other, flow, dir, NULL);
	return !o->differ;
}

static void expect_open_orders(struct expectation *e, enum ir_dir dir)
{
	struct orders o = {.ir = &e->b->ir, .other = e->b->ir};
	struct ir_tier *tiers[3];

	if (dir != IR_INGRESS || !e->b->ir.open_orders.n)
		return;
	for (int i = 0; i < 3; i++)
		tiers[i] = e->b->ir.tiers.v[i < 2 ? 1 - i : i];
	o.other.tiers.v = tiers;
	universe_flows(&e->u, e->b, judge_orders, &o);
	e->lines[CHECK_ID_AMBIGUOUS_ORDER][e->b->ir.tiers.v[1]->loc.line] = o.differ;
}

/* Called for each direction in turn, in the order of the table. */
static const struct {
	void (*expect)(struct expectation *e, enum ir_dir dir);
	int ids[MAX_IDS]; /* of the checks, plus 1 */
} oracles[] = {
	/* The first: the others skip these. */
	{expect_empty, {CHECK_ID_CONTRADICTION + 1, CHECK_ID_EMPTY_RULE + 1}},
	{expect_conflicts, {CHECK_ID_CONFLICT + 1}},
	{expect_open_orders, {CHECK_ID_AMBIGUOUS_ORDER + 1}},
	{expect_shadows, {CHECK_ID_SHADOWED + 1, CHECK_ID_REDUNDANT + 1}},
	{expect_passes, {CHECK_ID_PASS_WITHOUT_EFFECT + 1}},
	{expect_openings, {CHECK_ID_PASS_OPENS + 1}},
	{expect_spare_policies, {CHECK_ID_REDUNDANT_POLICY + 1}},
	{expect_broad, {CHECK_ID_BROAD_ALLOW + 1}},
	{expect_portability, {CHECK_ID_PORTABILITY + 1}},
	{expect_dns, {CHECK_ID_DNS_EGRESS_MISSING + 1}},
	{expect_claims, {CHECK_ID_ASSERT_FAILED + 1, CHECK_ID_ASSERT_VACUOUS + 1}},
};

enum { N_ORACLES = sizeof(oracles) / sizeof(*oracles) };

/* On are the checks that have an oracle, or those of claims alone. */
static void set_levels(struct check_options *o, bool claims_only)
{
	check_options_init(o);
	for (int id = 0; id < CHECK_N; id++)
		o->levels[id] = id == CHECK_ID_UNDECIDED ? CHECK_WARNING : CHECK_OFF;
	for (size_t i = 0; i < N_ORACLES; i++) {
		for (size_t k = 0; k < MAX_IDS && oracles[i].ids[k] &&
				   (!claims_only || oracles[i].expect == expect_claims);
		     k++)
			o->levels[oracles[i].ids[k] - 1] = CHECK_INFO;
	}
}

/* --- comparison ------------------------------------------------------------------------------- */

static const struct ir_rule *rule_at(const struct irb *b, uint32_t line)
{
	vec_each (struct ir_rule *, rule, &b->ir.rules) {
		if ((*rule)->loc.line == line)
			return *rule;
	}
	return NULL;
}

static bool print_rest(const struct expectation *e)
{
	bool none = true;

	for (size_t a = 0; a < MAX_RULES; a++) {
		for (size_t d = 0; d < MAX_RULES; d++) {
			if (e->conflicts[a][d])
				printf("# not found: conflict of rules %zu and %zu\n", a, d);
			none &= !e->conflicts[a][d];
		}
	}
	for (int id = 0; id < CHECK_N; id++) {
		for (int line = 0; line < MAX_LINES; line++) {
			if (id == CHECK_ID_REDUNDANT_POLICY && e->unsure[line])
				continue;
			if (e->lines[id][line])
				printf("# %s %s of line %d: %d\n",
				       check_get((enum check_id)id)->name,
				       e->lines[id][line] > 0 ? "not found" : "too many", line,
				       e->lines[id][line]);
			none &= e->lines[id][line] == 0;
		}
	}
	return none;
}

/* Strikes every finding off the expectation; what is left over on either side is an error. */
static bool strike_off(struct expectation *e)
{
	bool same = true;

	vec_each (struct diag_item *, item, &e->b->diag.items) {
		int id = check_find((*item)->code);

		if (id == CHECK_ID_CONFLICT) {
			const struct ir_rule *a = rule_at(e->b, (*item)->loc.line);
			const struct ir_rule *d = rule_at(e->b, (*item)->notes.v[0].loc.line);

			same &= e->conflicts[a->id][d->id];
			e->conflicts[a->id][d->id] = false;
		} else if (id < 0) {
			same = false;
		} else {
			same &= --e->lines[id][(*item)->loc.line] >= 0;
		}
	}
	return print_rest(e) && same;
}

/* Straight to standard output: cmocka cuts long messages. */
static void print_findings(const struct irb *b)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&b->diag, &(struct diag_style){0}, &out);
	printf("%s", buf_str(&out));
}

/* How many findings there were, by check. */
struct tally {
	size_t findings[CHECK_N];
};

static void check_seed(uint64_t seed, struct tally *tally)
{
	struct rng g = {.state = seed * 0x9e3779b97f4a7c15ull + 1};
	bool ns = seed % 3 == 0;
	struct check_options o;
	struct check_result result;
	struct expectation e = {0};
	struct irb b;
	int r;

	irb_init(&b);
	b.ir.namespaced = ns && seed % 2;
	make_policies(&b, &g, ns);
	make_claims(&b, &g, ns);
	e.b = &b;
	universe_init(&e.u, &b, ns);
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		universe_visit(&e.u, &b, dir);
		for (size_t i = 0; i < N_ORACLES; i++)
			oracles[i].expect(&e, dir);
	}
	set_levels(&o, false);
	r = check_run(&b.ir, &o, &b.diag, &result);
	for (int id = 0; id < CHECK_N; id++)
		tally->findings[id] += result.findings[id];
	if (r < 0 || !strike_off(&e)) {
		print_findings(&b);
		fail_msg("POLC_SEED=%llu: the solver and the enumeration disagree",
			 (unsigned long long)seed);
	}
	universe_fini(&e.u);
	irb_fini(&b);
}

/* --- over an inventory -------------------------------------------------------------------------
 */

/* A few endpoints with and without addresses, and an address of each range outside. */
static void make_inventory(struct irb *b, struct rng *g, struct universe *u)
{
	static const char *const addrs[] = {"",         "10.1.1.77",   "10.2.0.9",
					    "11.0.0.9", "2001:db8::9", "10.1.2.9,2001:db9::9"};
	static const char *const ports[] = {"", "", "http=tcp/80", "http=tcp/95"};
	static const char *const nodes[] = {NULL, "n1", "n1", "n2"};

	b->ir.endpoints.n = 0;
	for (uint32_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		const struct ir_endpoint *like = u->managed.v[below(g, (uint32_t)u->managed.n)];
		struct ir_endpoint *ep = irb_endpoint(b, "e", "", addrs[i], PICK(g, ports));

		ep->workload = below(g, 2) == 0;
		ep->host = below(g, 4) == 0 && i; /* else there is no inventory */
		ep->on_node = PICK(g, nodes);
		ep->labels.n = 0;
		vec_each (const struct ir_label, label, &like->labels)
			vec_push(&b->arena, &ep->labels, *label);
	}
}

/* Where nodes may be, and whose address is not always a node's. Two may share one. */
static const char *const places[] = {"10.1.1.50", "10.2.0.50", "11.0.0.50", "2001:db8::50"};

enum { N_PLACES = sizeof(places) / sizeof(*places) };

static struct net_addr place(size_t i)
{
	struct net_addr addr;

	assert_int_equal(net_addr_parse(places[i], &addr), 0);
	return addr;
}

static void make_nodes(struct irb *b, struct rng *g)
{
	static const char *const names[] = {"n1", "n2", "n3"};

	for (size_t i = 0; i < N_PLACES; i++)
		for (size_t k = 0; k < 3; k++)
			if (below(g, 3) == 0)
				vec_push(&b->arena, &b->ir.nodes,
					 ((struct ir_node_address){place(i), names[k]}));
}

/* Beside those of the open world. */
static void make_claims_about_places(struct irb *b, struct rng *g, bool ns)
{
	static const char *const peers[] = {"cidr:10.1.1.50/32", "cidr:10.2.0.50/31",
					    "cidr:10.0.0.0/8;2001:db8::/32-10.2.0.50/32",
					    "cidr:0.0.0.0/0;::/0", "pods:10.1.1.0/24"};

	for (uint32_t n = below(g, 3), i = 0; i < n && b->ir.asserts.n < MAX_CLAIMS; i++) {
		const char *one = PICK(g, peers);
		bool to = below(g, 3) == 0;
		_cleanup_buf_ struct buf other = {0};

		put_end(g, ns, &other);
		irb_claim(b, (enum ir_claim_kind)below(g, 3), to ? buf_str(&other) : one,
			  to ? one : buf_str(&other), PICK(g, port_sets));
	}
}

struct ends {
	VEC(struct ir_end) list;
};

/* Each node that has the address, or else whoever is outside; and the own node of whomever. */
static void list_places(struct irb *b, struct ends *out)
{
	for (size_t i = 0; i < N_PLACES; i++) {
		struct ir_end end = {.addr = place(i)}, own = {b->ir.node, end.addr};
		bool is_free = true;

		vec_each (const struct ir_node_address, at, &b->ir.nodes) {
			struct ir_endpoint *ep;

			if (!net_addr_eq(&at->addr, &end.addr))
				continue;
			ep = arena_new(&b->arena, struct ir_endpoint);
			*ep = (struct ir_endpoint){.name = at->node, .host = true};
			ep->on_node = at->node;
			end.ep = ep;
			is_free = false;
			vec_push(&b->arena, &out->list, end);
		}
		if (is_free)
			vec_push(&b->arena, &out->list, end);
		vec_push(&b->arena, &out->list, own);
	}
}

static void list_ends(struct irb *b, const struct universe *u, struct ends *out)
{
	struct ir_end beside = {0};

	vec_each (struct ir_endpoint *, ep, &b->ir.endpoints) {
		vec_each (const struct net_addr, addr, &(*ep)->addrs)
			vec_push(&b->arena, &out->list, (struct ir_end){.ep = *ep, .addr = *addr});
		if (!(*ep)->addrs.n)
			vec_push(&b->arena, &out->list, (struct ir_end){.ep = *ep});
	}
	vec_each (const struct ir_end, end, &u->peers) {
		if (end->ep)
			continue;
		vec_push(&b->arena, &out->list, *end);
		vec_push(&b->arena, &out->list,
			 (struct ir_end){.ep = b->ir.node, .addr = end->addr});
	}
	list_places(b, out);
	/* The piece of 10.2.0.50/31 that is no node's. */
	assert_int_equal(net_addr_parse("10.2.0.51", &beside.addr), 0);
	vec_push(&b->arena, &out->list, beside);
	beside.ep = b->ir.node;
	vec_push(&b->arena, &out->list, beside);
}

static bool is_flow(const struct ir_flow *flow)
{
	uint8_t a = flow->src.addr.family, b = flow->dst.addr.family, family = a ? a : b;

	return (!a || !b || a == b) && !(flow->proto == IR_PROTO_ICMP && family == NET_V6) &&
	       !(flow->proto == IR_PROTO_ICMP6 && family == NET_V4);
}

/* Puts the one of which nobody knows where it runs on the node that is the other one; false: that
 * is not what they are. */
static bool move(struct ir_end *one, const struct ir_end *other, struct ir_endpoint *room)
{
	if (!one->ep || one->ep->host || one->ep->on_node || !other->ep || other->ep->node ||
	    !other->ep->host || !other->ep->on_node)
		return false;
	*room = *one->ep;
	room->on_node = other->ep->on_node;
	one->ep = room;
	return true;
}

static void judge_moved(struct claim_fates *fates, struct ir_flow flow)
{
	struct ir_endpoint room;

	if (!move(&flow.src, &flow.dst, &room) && !move(&flow.dst, &flow.src, &room))
		return;
	for (size_t i = 0; i < fates->b->ir.asserts.n; i++) {
		const struct ir_claim *claim = &fates->b->ir.asserts.v[i]->claims.v[0];

		fates->open[i] |= ir_claim_covers(claim, &flow) &&
				  ir_eval(&fates->b->ir, &flow) != ir_claim_wants(claim);
	}
}

static void judge_all(struct claim_fates *fates, const struct ends *ends)
{
	vec_each (const struct ir_end, src, &ends->list) {
		vec_each (const struct ir_end, dst, &ends->list) {
			for (size_t i = 0; i < universe_n_ports; i++) {
				struct ir_flow flow = universe_ports[i];

				flow.src = *src;
				flow.dst = *dst;
				if (!is_flow(&flow))
					continue;
				judge_flow(fates, &flow);
				judge_moved(fates, flow);
			}
		}
	}
}

static void check_inventory_seed(uint64_t seed, struct tally *tally)
{
	struct rng g = {.state = seed * 0x9e3779b97f4a7c15ull + 1};
	bool ns = seed % 3 == 0;
	struct claim_fates fates = {0};
	struct expectation e = {0};
	struct check_result result;
	struct check_options o;
	struct ends ends = {0};
	struct irb b;

	irb_init(&b);
	make_policies(&b, &g, ns);
	make_claims(&b, &g, ns);
	make_claims_about_places(&b, &g, ns);
	e.b = &b;
	fates.b = &b;
	universe_init(&e.u, &b, ns);
	make_inventory(&b, &g, &e.u);
	make_nodes(&b, &g);
	list_ends(&b, &e.u, &ends);
	judge_all(&fates, &ends);
	enter_fates(&e, &fates, ends.list.v, ends.list.n);
	set_levels(&o, true);
	if (check_run(&b.ir, &o, &b.diag, &result) < 0 || !strike_off(&e)) {
		print_findings(&b);
		fail_msg("POLC_SEED=%llu: the classes and the enumeration disagree",
			 (unsigned long long)seed);
	}
	for (int id = 0; id < CHECK_N; id++)
		tally->findings[id] += result.findings[id];
	universe_fini(&e.u);
	irb_fini(&b);
}

static void check_seeds(void (*check)(uint64_t seed, struct tally *tally), uint64_t n)
{
	struct campaign c = campaign_begin(n, 1);
	struct tally tally = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		check(seed, &tally);
	for (int id = 0; id < CHECK_N; id++) {
		if (tally.findings[id])
			print_message("# %zu of %s\n", tally.findings[id],
				      check_get((enum check_id)id)->name);
	}
}

TEST(the_findings_are_those_of_enumerating_every_flow)
{
	check_seeds(check_seed, 500);
}

TEST(claims_over_an_inventory_fail_exactly_where_its_flows_break_them)
{
	check_seeds(check_inventory_seed, 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_findings_are_those_of_enumerating_every_flow),
		cmocka_unit_test(claims_over_an_inventory_fail_exactly_where_its_flows_break_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
