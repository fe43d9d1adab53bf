/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random small policies over a small universe: the findings of the solver must be exactly
 * those that enumerating every flow gives. The universe holds one representative of all that
 * the policies can tell apart. POLC_SEED picks the first seed, POLC_ROUNDS how many.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "tests/unit/irb.h"
#include "tests/unit/universe.h"
#include "verifier/check.h"

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
	"",    "",       "",      "tcp", "tcp/80", "tcp/80-90",  "tcp/85-99",    "tcp/http",
	"udp", "icmp/8", "icmp6", "any", "none",   "tcp/80|udp", "tcp/http|icmp"};

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

static void add_policy(struct irb *b, struct rng *g, struct ir_tier *tier, bool ns)
{
	static const enum ir_action actions[] = {IR_ALLOW, IR_ALLOW, IR_DENY, IR_DENY, IR_PASS};
	static const uint32_t ranks[] = {0, 0, 0, 0, 1, 2};
	_cleanup_buf_ struct buf subject = {0};
	struct ir_policy *policy;

	put_selector(g, ns, &subject);
	policy = irb_policy(b, tier, "p", buf_str(&subject));
	for (uint32_t n = 1 + below(g, 3), i = 0; i < n && b->ir.rules.n < MAX_RULES; i++) {
		_cleanup_buf_ struct buf peers = {0};

		put_peers(g, ns, &peers);
		irb_rule(b, policy, below(g, 4) ? IR_INGRESS : IR_EGRESS, PICK(g, actions),
			 PICK(g, ranks), buf_str(&peers), PICK(g, port_sets));
	}
}

static void make_policies(struct irb *b, struct rng *g, bool ns)
{
	struct ir_tier *before = NULL;
	uint32_t n = 2 + below(g, MAX_POLICIES - 1);

	if (!below(g, 3))
		before = irb_tier_before(b, "before", below(g, 3) ? IR_PASS : IR_DENY);
	for (uint32_t i = 0; i < n; i++)
		add_policy(b, g, before && !below(g, 3) ? before : b->tier, ns);
}

/* --- what enumeration finds ------------------------------------------------------------------- */

struct expectation {
	struct irb *b;
	struct universe u;
	int lines[CHECK_N][64];               /* findings by line */
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

static int count_dead_peers(const struct expectation *e, const struct ir_rule *rule)
{
	int dead = 0;

	vec_each (const struct ir_peer, peer, &rule->peers) {
		bool alive = false;

		vec_each (const struct ir_end, end, &e->u.peers)
			alive |= ir_peer_matches(peer, end);
		dead += !alive;
	}
	return dead;
}

static void expect_empty(struct expectation *e, enum ir_dir dir)
{
	vec_each (struct ir_policy *, p, &e->b->ir.policies) {
		bool nothing = selects_nothing(e, *p);

		e->lines[CHECK_ID_EMPTY_SELECTOR_MATCH][(*p)->loc.line] = nothing;
		vec_each (struct ir_rule *, rule, &(*p)->rules[dir]) {
			int dead = count_dead_peers(e, *rule);
			bool empty = !exists(&e->u, 1u << (*rule)->id, 0);

			e->states[(*rule)->id] = empty;
			if (!nothing)
				e->lines[CHECK_ID_EMPTY_SELECTOR_MATCH][(*rule)->loc.line] =
					dead + (empty && dead < (int)(*rule)->peers.n);
		}
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
		for (int line = 0; line < 64; line++) {
			if (e->lines[id][line])
				printf("# %s of line %d: %d\n",
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
		} else if (id == CHECK_ID_UNDECIDED || id < 0) {
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

static size_t check_seed(uint64_t seed)
{
	struct rng g = {.state = seed * 0x9e3779b97f4a7c15ull + 1};
	bool ns = seed % 3 == 0;
	struct check_options o;
	struct check_result result;
	struct expectation e = {0};
	struct irb b;
	size_t n = 0;
	int r;

	irb_init(&b);
	make_policies(&b, &g, ns);
	e.b = &b;
	universe_init(&e.u, &b, ns);
	for (enum ir_dir dir = IR_INGRESS; dir < IR_N_DIRS; dir++) {
		universe_visit(&e.u, &b, dir);
		expect_empty(&e, dir);
		expect_conflicts(&e, dir);
		expect_shadows(&e, dir);
	}
	check_options_init(&o);
	r = check_run(&b.ir, &o, &b.diag, &result);
	for (int id = 0; id < CHECK_N; id++)
		n += result.findings[id];
	if (r < 0 || !strike_off(&e)) {
		print_findings(&b);
		fail_msg("POLC_SEED=%llu: the solver and the enumeration disagree",
			 (unsigned long long)seed);
	}
	universe_fini(&e.u);
	irb_fini(&b);
	return n;
}

TEST(the_findings_are_those_of_enumerating_every_flow)
{
	uint64_t first = test_number("POLC_SEED", 1);
	uint64_t rounds = test_number("POLC_ROUNDS", 1000);
	size_t findings = 0;

	print_message("# seeds %llu to %llu\n", (unsigned long long)first,
		      (unsigned long long)(first + rounds - 1));
	for (uint64_t seed = first; seed < first + rounds; seed++)
		findings += check_seed(seed);
	print_message("# %zu findings compared\n", findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_findings_are_those_of_enumerating_every_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
