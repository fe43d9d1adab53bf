/* SPDX-License-Identifier: Apache-2.0 */
/* The checks that tell what is worth a look: redundant-policy, one-sided, broad-allow,
 * cidr-covers-pods, unknown-namespace, and the empty-selector-match of an inventory. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "compiler/eval.h"
#include "lang/base/buf.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/unit/irb.h"
#include "verifier/check/check.h"

/* ENOUGH: of fewer worlds, chance may leave all without a finding. */
enum { N_WORLDS = 400, N_ENDPOINTS = 12, ENOUGH = 100 };

static struct irb b;
static struct check_result result;

static int setup(void **state)
{
	(void)state;
	irb_init(&b);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	irb_fini(&b);
	return 0;
}

static void run_both(enum check_id id, enum check_id also)
{
	struct check_options o;

	check_options_init(&o);
	for (int i = 0; i < CHECK_N; i++)
		o.levels[i] = i == (int)id || i == (int)also ? CHECK_WARNING : CHECK_OFF;
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
}

static size_t run(enum check_id id)
{
	run_both(id, id);
	return result.findings[id];
}

static void expect_text(const char *part)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&b.diag, &(struct diag_style){0}, &out);
	if (!strstr(buf_str(&out), part))
		fail_msg("'%s' is not in:\n%s", part, buf_str(&out));
}

static bool is_reported(const struct ir_policy *policy)
{
	char text[64];

	snprintf(text, sizeof(text), "policy %s changes nothing", policy->name);
	vec_each (struct diag_item *, item, &b.diag.items)
		if (strstr((*item)->text, text))
			return true;
	return false;
}

/* --- redundant-policy --------------------------------------------------------------------------
 */

TEST(a_policy_that_others_say_again_could_go)
{
	struct ir_policy *all = irb_policy(&b, b.tier, "all", "");
	struct ir_policy *web = irb_policy(&b, b.tier, "web", "app=web");

	irb_rule(&b, all, IR_INGRESS, IR_ALLOW, 0, "sel:env=prod", "tcp");
	irb_rule(&b, web, IR_INGRESS, IR_ALLOW, 0, "sel:env=prod,team=a", "tcp/80");
	assert_int_equal(run(CHECK_ID_REDUNDANT_POLICY), 1);
	expect_text("policy web changes nothing");
	expect_text("policy all isolates the same endpoints (ingress)");
}

TEST(a_default_deny_stays_unless_another_one_takes_its_place)
{
	static const char shop[] = "ns:kubernetes.io/metadata.name=shop";
	struct ir_policy *deny = irb_policy(&b, b.tier, "deny", shop), *again, *web;

	irb_rule(&b, irb_policy(&b, b.tier, "callers", shop), IR_INGRESS, IR_ALLOW, 0,
		 "sel:app=web", "tcp/80");
	deny->governs[IR_INGRESS] = true;
	assert_int_equal(run(CHECK_ID_REDUNDANT_POLICY), 0);
	web = irb_policy(&b, b.tier, "web", "app=web,ns:kubernetes.io/metadata.name=shop");
	web->governs[IR_INGRESS] = true; /* of some in the namespace: no default */
	assert_int_equal(run(CHECK_ID_REDUNDANT_POLICY), 1);
	assert_true(is_reported(web));
	again = irb_policy(&b, b.tier, "again", shop);
	again->governs[IR_INGRESS] = true;
	assert_int_equal(run(CHECK_ID_REDUNDANT_POLICY), 2);
	assert_true(is_reported(again) && !is_reported(deny));
}

TEST(a_policy_that_isolates_or_decides_stays)
{
	static const struct {
		const char *subject, *peers;
		bool egress, node;
		bool found;
	} cases[] = {
		{"app=web", "sel:env=prod", false, false, true},
		{"app=web", "sel:env=dev", false, false, false}, /* its rule decides */
		{"", "sel:env=prod", false, false, false},       /* isolates more than the other */
		{"app=web", "sel:env=prod", true, false, false}, /* and in the other direction */
		{"app=web", "sel:env=prod", false, true, false}, /* and from the node */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ir_policy *first, *p;

		irb_fini(&b);
		irb_init(&b);
		first = irb_policy(&b, b.tier, "first", "app=web");
		irb_rule(&b, first, IR_INGRESS, IR_ALLOW, 0, "sel:env=prod", "");
		first->spares_node = cases[i].node;
		p = irb_policy(&b, b.tier, "p", cases[i].subject);
		irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, cases[i].peers, "");
		p->governs[IR_EGRESS] = cases[i].egress;
		run(CHECK_ID_REDUNDANT_POLICY);
		assert_int_equal(is_reported(p), cases[i].found);
	}
}

/* --- against every flow between the endpoints of random clusters
 * ----------------------------------- */

static void random_world(struct random *r)
{
	static const char *const subjects[] = {"", "app=a", "app=b", "app=a,env=x"};
	static const char *const peers[] = {"sel:app=a", "sel:app=b", "sel:env=x",
					    "all",       "world",     "sel:app=a;b"};
	static const char *const ports[] = {"", "tcp/80", "tcp/80-90", "tcp"};
	static const char *const labels[] = {"app=a", "app=b", "env=x", "app=a,env=x", "", "app=c"};

	for (unsigned i = 0; i < 4; i++) {
		struct ir_policy *p;
		char name[8];

		snprintf(name, sizeof(name), "p%u", i);
		p = irb_policy(&b, b.tier, name, random_pick(r, subjects));
		for (unsigned n = random_below(r, 3); n; n--)
			irb_rule(&b, p, random_chance(r, 70) ? IR_INGRESS : IR_EGRESS,
				 random_chance(r, 80) ? IR_ALLOW : IR_DENY, random_below(r, 2),
				 random_pick(r, peers), random_pick(r, ports));
		p->governs[IR_INGRESS] |= random_chance(r, 50);
		p->spares_node = random_chance(r, 50);
	}
	for (unsigned i = 0; i < N_ENDPOINTS; i++) {
		char name[8], addr[16];

		snprintf(name, sizeof(name), "e%02u", i);
		snprintf(addr, sizeof(addr), "10.0.0.%u", i + 1);
		irb_endpoint(&b, name, random_pick(r, labels), addr, "");
	}
}

/* One digit a verdict, over all pairs of ends, ports and directions. */
static void put_verdicts(struct buf *out)
{
	static const uint16_t ports[] = {79, 80, 85, 91};

	for (size_t f = 0; f < N_ENDPOINTS + 2; f++) {
		for (size_t t = 0; t < N_ENDPOINTS; t++) {
			struct ir_flow flow = {.proto = IR_PROTO_TCP};

			flow.src.addr = b.ir.endpoints.v[0]->addrs.v[0];
			flow.src.addr.bytes[0] = 192;
			if (f < N_ENDPOINTS)
				flow.src = ir_end_of(b.ir.endpoints.v[f], NET_V4);
			else if (f == N_ENDPOINTS)
				flow.src.ep = b.ir.node;
			flow.dst = ir_end_of(b.ir.endpoints.v[t], NET_V4);
			for (size_t p = 0; p < sizeof(ports) / sizeof(*ports); p++) {
				flow.port = ports[p];
				for (enum ir_dir d = 0; d < IR_N_DIRS; d++)
					buf_putc(out, '0' + ir_eval_dir(&b.ir, &flow, d, NULL));
			}
		}
	}
}

TEST(without_all_that_is_reported_every_flow_is_decided_as_before)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.35);
	size_t found = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		_cleanup_buf_ struct buf before = {0}, after = {0};
		struct random r = {seed};
		size_t kept = 0;

		irb_fini(&b);
		irb_init(&b);
		random_world(&r);
		found += run(CHECK_ID_REDUNDANT_POLICY);
		put_verdicts(&before);
		vec_each (struct ir_policy *, policy, &b.tier->policies)
			if (!is_reported(*policy))
				b.tier->policies.v[kept++] = *policy;
		b.tier->policies.n = kept;
		put_verdicts(&after);
		if (strcmp(buf_str(&before), buf_str(&after)) != 0)
			fail_msg("seed %llu", (unsigned long long)seed);
	}
	assert_true(c.done < ENOUGH || found * 20 > c.done);
}

/* --- the others
 * ------------------------------------------------------------------------------------ */

TEST(a_rule_that_the_other_end_answers_with_no_is_one_sided)
{
	static const struct {
		const char *peers, *ports; /* that web may send to */
		size_t found;
	} cases[] = {
		{"sel:app=db", "tcp/5432", 0}, {"sel:app=db", "", 0},
		{"all", "tcp/5432", 0},        {"all", "tcp/1", 1},
		{"sel:app=none", "", 1},       {"sel:app=db", "tcp/5433", 2},
		{"sel:", "udp/53", 1},         {"sel:app=none|sel:", "udp/53", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		irb_fini(&b);
		irb_init(&b);
		irb_rule(&b, irb_policy(&b, b.tier, "db", "app=db"), IR_INGRESS, IR_ALLOW, 0,
			 "sel:app=web", "tcp/5432");
		irb_rule(&b, irb_policy(&b, b.tier, "web", "app=web"), IR_EGRESS, IR_ALLOW, 0,
			 cases[i].peers, cases[i].ports);
		assert_int_equal(run(CHECK_ID_ONE_SIDED), 0); /* no inventory */
		irb_endpoint(&b, "shop/db", "app=db", "10.0.0.1", "");
		irb_endpoint(&b, "shop/web", "app=web", "10.0.0.2", "");
		assert_int_equal(run(CHECK_ID_ONE_SIDED), cases[i].found);
	}
	expect_text(
		"the allow rule of policy db (ingress) lets endpoints in of which none may send "
		"there");
	expect_text(
		"for example shop/web to shop/db on tcp/5432: the egress of shop/web denies it");
}

TEST(a_rule_whose_peers_or_subjects_may_lie_outside_is_not_one_sided)
{
	static const char db[] = "app=db,ns:kubernetes.io/metadata.name=shop";
	static const char web[] = "app=web,ns:kubernetes.io/metadata.name=shop";
	static const struct {
		const char *subject, *peers;
		size_t in_part, complete;
	} cases[] = {
		{db, "sel:app=web,ns:kubernetes.io/metadata.name=shop", 1, 1},
		{db, "sel:app=web", 0, 1}, /* in another namespace, too? */
		{db, "sel:ns:kubernetes.io/metadata.name=shop", 0, 1},
		{db, "sel:app=web,ns:kubernetes.io/metadata.name=shop;ops", 0, 0},
		{"ns:kubernetes.io/metadata.name=shop",
		 "sel:app=web,ns:kubernetes.io/metadata.name=shop", 0, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		irb_fini(&b);
		irb_init(&b);
		irb_rule(&b, irb_policy(&b, b.tier, "db", cases[i].subject), IR_INGRESS, IR_ALLOW,
			 0, cases[i].peers, "tcp/5432");
		irb_policy(&b, b.tier, "web", web)->governs[IR_EGRESS] = true;
		irb_endpoint(&b, "shop/db", db, "10.0.0.1", "")->ns = "shop";
		irb_endpoint(&b, "shop/web", web, "10.0.0.2", "")->ns = "shop";
		assert_int_equal(run(CHECK_ID_ONE_SIDED), cases[i].in_part);
		b.ir.beside.complete = true;
		assert_int_equal(run(CHECK_ID_ONE_SIDED), cases[i].complete);
	}
}

/* web may not send to db, which each of its n rules, for a port each, has to be asked about. */
static void a_peer_with_rules(int n, bool lets_out)
{
	struct ir_policy *web;

	irb_fini(&b);
	irb_init(&b);
	irb_rule(&b, irb_policy(&b, b.tier, "db", "app=db"), IR_INGRESS, IR_ALLOW, 0, "sel:app=web",
		 "");
	web = irb_policy(&b, b.tier, "web", "app=web");
	if (lets_out)
		irb_rule(&b, web, IR_EGRESS, IR_ALLOW, 0, "sel:app=db", "tcp/9");
	for (int i = 0; i < n; i++)
		irb_rule(&b, web, IR_EGRESS, IR_ALLOW, 0, "cidr:192.0.2.0/24",
			 arena_printf(&b.arena, "tcp/%d", 1000 + 2 * i));
	irb_endpoint(&b, "shop/db", "app=db", "10.0.0.1", "");
	irb_endpoint(&b, "shop/web", "app=web", "10.0.0.2", "");
	b.ir.beside.complete = true;
}

static size_t run_one_sided(enum check_id told)
{
	run_both(CHECK_ID_ONE_SIDED, CHECK_ID_UNDECIDED);
	return result.findings[told];
}

TEST(a_rule_with_more_flows_than_one_sided_looks_at_is_undecided)
{
	static const struct {
		int rules;
		bool lets_out;
		size_t found, undecided;
	} cases[] = {{10, false, 1, 0}, {1200, false, 0, 1}, {1200, true, 0, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		a_peer_with_rules(cases[i].rules, cases[i].lets_out);
		assert_int_equal(run_one_sided(CHECK_ID_ONE_SIDED), cases[i].found);
		assert_int_equal(run_one_sided(CHECK_ID_UNDECIDED), cases[i].undecided);
	}
	a_peer_with_rules(1200, false);
	b.ir.beside.complete = false;
	b.ir.endpoints.v[1]->ns = "shop"; /* so that web may be in another namespace, too */
	assert_int_equal(run_one_sided(CHECK_ID_UNDECIDED), 0);
	b.ir.beside.complete = true;
	assert_int_equal(run_one_sided(CHECK_ID_UNDECIDED), 1);
	expect_text("check 'one-sided' has no answer here: of the flows of the allow rule of "
		    "policy db (ingress) that were looked at none passes both ends");
}

/* What the flows between endpoints that a rule allows come to. */
struct fates {
	const struct ir_rule *rule;
	bool works;    /* both ends let one pass */
	bool isolated; /* one is denied by the other end, and by no rule of it */
	bool alone;    /* no other rule matches one, so the rule is neither dead nor said again */
};

static bool is_isolated(const struct ir_flow *flow, enum ir_dir dir)
{
	struct ir_trace trace = {.arena = &b.arena};

	return ir_eval_dir(&b.ir, flow, dir, &trace) == IR_VERDICT_DENY &&
	       !trace.steps.v[trace.steps.n - 1].rule;
}

static void meet_flow(struct fates *f, const struct ir_flow *flow)
{
	enum ir_dir own = f->rule->dir, other = ir_dir_other(own);
	size_t matching = 0;

	if (!ir_rule_matches(f->rule, flow) ||
	    !ir_policy_selects(f->rule->policy, own == IR_INGRESS ? flow->dst.ep : flow->src.ep))
		return;
	vec_each (struct ir_rule *, rule, &b.ir.rules)
		matching += (*rule)->dir == own && ir_rule_matches(*rule, flow);
	f->alone |= matching == 1;
	if (ir_eval_dir(&b.ir, flow, own, NULL) == IR_VERDICT_DENY)
		return;
	f->works |= ir_eval_dir(&b.ir, flow, other, NULL) == IR_VERDICT_ALLOW;
	f->isolated |= is_isolated(flow, other);
}

static void meet_flows(struct fates *f)
{
	static const struct {
		uint16_t proto, port;
	} ports[] = {{IR_PROTO_TCP, 79}, {IR_PROTO_TCP, 80}, {IR_PROTO_TCP, 85},
		     {IR_PROTO_TCP, 91}, {IR_PROTO_UDP, 80}, {47, 0}};

	vec_each (struct ir_endpoint *, from, &b.ir.endpoints) {
		vec_each (struct ir_endpoint *, to, &b.ir.endpoints) {
			struct ir_flow flow = {.src = ir_end_of(*from, NET_V4),
					       .dst = ir_end_of(*to, NET_V4)};

			for (size_t i = 0; *from != *to && i < sizeof(ports) / sizeof(*ports);
			     i++) {
				flow.proto = ports[i].proto;
				flow.port = ports[i].port;
				meet_flow(f, &flow);
			}
		}
	}
}

static bool is_told_at(const struct ir_rule *rule)
{
	vec_each (struct diag_item *, item, &b.diag.items)
		if ((*item)->loc.line == rule->loc.line)
			return true;
	return false;
}

static bool speaks_of_endpoints(const struct ir_rule *rule)
{
	vec_each (const struct ir_peer, peer, &rule->peers)
		if (peer->kind != IR_PEER_SELECTOR)
			return false;
	return true;
}

TEST(one_sided_are_the_rules_of_which_no_flow_passes_both_ends)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.35);
	size_t found = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct random r = {seed};

		irb_fini(&b);
		irb_init(&b);
		random_world(&r);
		b.ir.beside.complete = random_below(&r, 4) > 0;
		found += run(CHECK_ID_ONE_SIDED);
		vec_each (struct ir_rule *, rule, &b.ir.rules) {
			struct fates f = {.rule = *rule};
			bool told = is_told_at(*rule), holds;

			meet_flows(&f);
			holds = (*rule)->action == IR_ALLOW && speaks_of_endpoints(*rule) &&
				f.isolated && !f.works;
			/* Of an inventory in part, less is known. */
			if (told ? !holds : holds && f.alone && b.ir.beside.complete)
				fail_msg("seed %llu: line %u is %stold", (unsigned long long)seed,
					 (*rule)->loc.line, told ? "" : "not ");
		}
	}
	assert_true(c.done < ENOUGH || found * 20 > c.done);
}

TEST(every_port_for_everybody_is_broad)
{
	static const struct {
		const char *peers, *ports;
		enum ir_action action;
		size_t found;
	} cases[] = {
		{"all", "", IR_ALLOW, 1},
		{"world", "any", IR_ALLOW, 1},
		{"sel:", "", IR_ALLOW, 1},
		{"sel:ns:kubernetes.io/metadata.name", "", IR_ALLOW, 1},
		{"cidr:0.0.0.0/0", "", IR_ALLOW, 1},
		{"cluster", "", IR_ALLOW, 1},
		{"all", "tcp/80", IR_ALLOW, 0},
		{"all", "tcp", IR_ALLOW, 0},
		{"sel:app=web", "", IR_ALLOW, 0},
		{"cidr:0.0.0.0/0-10.0.0.0/8", "", IR_ALLOW, 0},
		{"cidr:10.0.0.0/8", "", IR_ALLOW, 0},
		{"host", "", IR_ALLOW, 0},
		{"all", "", IR_DENY, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		irb_fini(&b);
		irb_init(&b);
		irb_rule(&b, irb_policy(&b, b.tier, "p", "app=web"), i % 2 ? IR_INGRESS : IR_EGRESS,
			 cases[i].action, 0, cases[i].peers, cases[i].ports);
		assert_int_equal(run(CHECK_ID_BROAD_ALLOW), cases[i].found);
	}
}

TEST(a_prefix_that_holds_pods_is_told_of_kubernetes_policies_only)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "p", "app=web");

	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "pods:10.0.0.0/8", "tcp/80");
	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, "pods:10.0.0.0/8-10.0.0.0/24", "tcp/81");
	irb_endpoint(&b, "shop/db", "app=db", "10.0.0.7", "");
	assert_int_equal(run(CHECK_ID_CIDR_COVERS_PODS), 0);
	p->kind = "NetworkPolicy";
	assert_int_equal(run(CHECK_ID_CIDR_COVERS_PODS), 1);
	expect_text("for example shop/db at 10.0.0.7; here it matches");
}

/* A rule of a NetworkPolicy beside one of another for app=db. */
static size_t portability(const char *peers, const char *ports)
{
	struct ir_policy *p, *other;

	irb_fini(&b);
	irb_init(&b);
	p = irb_policy(&b, b.tier, "p", "app=web");
	other = irb_policy(&b, b.tier, "other", "app=web");
	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0, peers, ports);
	irb_rule(&b, other, IR_EGRESS, IR_ALLOW, 0, "sel:", "tcp/443");
	p->kind = other->kind = "NetworkPolicy";
	return run(CHECK_ID_PORTABILITY);
}

/* More rules than the one question to all of them may go through. */
TEST(a_rule_whose_pods_are_a_question_to_too_many_rules_has_no_answer)
{
	enum { MANY = 200000 };
	struct ir_policy *p;

	assert_int_equal(portability("pods:10.0.0.0/8", "tcp/443"), 0);
	p = irb_policy(&b, b.tier, "many", "app=db");
	for (int i = 0; i < MANY; i++)
		irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "world", "tcp/9");
	run_both(CHECK_ID_PORTABILITY, CHECK_ID_UNDECIDED);
	assert_int_equal(result.findings[CHECK_ID_PORTABILITY], 0);
	expect_text("check 'portability' has no answer for 1 rule, of which the allow rule of "
		    "NetworkPolicy p");
	assert_int_equal(result.findings[CHECK_ID_UNDECIDED], 1);
}

TEST(what_engines_read_differently_is_told_with_a_flow_and_all_their_verdicts)
{
	static const struct {
		const char *peers, *ports;
		size_t found;
	} cases[] = {
		{"pods:10.0.0.0/8", "tcp/80", 1},
		{"pods:0.0.0.0/0-10.0.0.0/8", "tcp/80", 1},
		{"pods:203.0.113.0/24", "tcp/80", 0},  /* no pods there */
		{"cidr:10.0.0.0/8", "tcp/80", 0},      /* read as Cilium does */
		{"pods:10.0.0.0/8", "tcp/443", 0},     /* the other rule lets them pass */
		{"pods:10.0.0.0/8|sel:", "tcp/80", 0}, /* so does its own selector */
		{"pods:10.0.0.0/8|sel:a=b", "tcp/80", 1},
		{"sel:a=b", "sctp/7", 1},
		{"sel:a=b", "tcp/7|sctp/7", 1},
		{"sel:a=b", "tcp/7", 0},
		{"sel:a=b", "", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (portability(cases[i].peers, cases[i].ports) != cases[i].found)
			fail_msg("case %zu: %zu", i, result.findings[CHECK_ID_PORTABILITY]);
	portability("pods:10.0.0.0/8", "tcp/80");
	expect_text("to an endpoint without labels at 10.0.0.10 on tcp/80: allowed by Calico, "
		    "whose ipBlock matches every "
		    "address; denied by Cilium");
	portability("sel:a=b", "sctp/7");
	expect_text("on sctp/7: allowed by Kubernetes and Calico; Cilium drops SCTP");
	b.ir.policies.v[0]->kind = "policy";
	assert_int_equal(run(CHECK_ID_PORTABILITY), 0);
}

TEST(a_block_that_holds_a_node_of_the_inventory_is_told)
{
	static const struct {
		const char *block;
		size_t found;
	} cases[] = {
		{"pods:192.0.2.0/24", 1}, {"cidr:192.0.2.0/24", 1}, {"pods:198.51.100.0/24", 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ir_policy *p;

		irb_fini(&b);
		irb_init(&b);
		p = irb_policy(&b, b.tier, "p", "app=web");
		irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, cases[i].block, "tcp/80");
		p->kind = "NetworkPolicy";
		irb_endpoint(&b, "shop/web", "app=web", "10.0.0.1", "");
		irb_endpoint(&b, "kube-system/proxy", "app=proxy", "192.0.2.7", "")->host = true;
		assert_int_equal(run(CHECK_ID_PORTABILITY), cases[i].found);
	}
}

/* A rule that all engines read alike lets all nodes but the last one reach every endpoint. */
TEST(the_last_of_many_nodes_is_looked_at)
{
	enum { NODES = 200, PODS = 60 };
	struct ir_policy *p, *other;
	char name[32], addr[32];

	irb_fini(&b);
	irb_init(&b);
	p = irb_policy(&b, b.tier, "p", "app=web");
	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "pods:192.0.2.0/24", "tcp/80");
	p->kind = "NetworkPolicy";
	other = irb_policy(&b, b.tier, "other", "app=web");
	irb_rule(&b, other, IR_INGRESS, IR_ALLOW, 0, "cidr:192.0.2.0/24-192.0.2.199/32", "");
	for (int i = 0; i < PODS; i++) {
		snprintf(name, sizeof(name), "shop/web-%d", i);
		snprintf(addr, sizeof(addr), "10.0.0.%d", i + 1);
		irb_endpoint(&b, name, "app=web", addr, "");
	}
	for (int i = 0; i < NODES; i++) {
		snprintf(name, sizeof(name), "kube-system/proxy-%d", i);
		snprintf(addr, sizeof(addr), "192.0.2.%d", i);
		irb_endpoint(&b, name, "app=proxy", addr, "")->host = true;
	}
	assert_int_equal(run(CHECK_ID_PORTABILITY), 1);
	expect_text("from kube-system/proxy-199 to shop/web-0 on tcp/80");
}

TEST(a_namespace_that_the_inventory_lacks_is_told_with_the_nearest)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "p", "app=web");

	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0,
		 "sel:ns:kubernetes.io/metadata.name=shpo|sel:ns:kubernetes.io/metadata.name=shop",
		 "");
	assert_int_equal(run(CHECK_ID_UNKNOWN_NAMESPACE), 0); /* no inventory */
	vec_push(&b.arena, &b.ir.namespaces, intern_add(&b.ir.strings, "shop"));
	assert_int_equal(run(CHECK_ID_UNKNOWN_NAMESPACE), 0); /* or one in part */
	b.ir.beside.complete = true;
	assert_int_equal(run(CHECK_ID_UNKNOWN_NAMESPACE), 1);
	expect_text("names the namespace 'shpo', which the inventory does not have");
	expect_text("did you mean 'shop'?");
	vec_push(&b.arena, &b.ir.beside.namespaces,
		 ((struct ir_namespace){.name = intern_add(&b.ir.strings, "shpo")}));
	assert_int_equal(run(CHECK_ID_UNKNOWN_NAMESPACE), 0); /* a policy is in it */
}

TEST(the_namespace_of_the_policy_itself_is_no_question)
{
	struct ir_policy *p =
		irb_policy(&b, b.tier, "p", "ns:kubernetes.io/metadata.name=new,app=web");

	irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "sel:ns:kubernetes.io/metadata.name=new,app=db",
		 "");
	vec_push(&b.arena, &b.ir.namespaces, intern_add(&b.ir.strings, "shop"));
	b.ir.beside.complete = true;
	assert_int_equal(run(CHECK_ID_UNKNOWN_NAMESPACE), 0);
}

TEST(a_selector_that_meets_nobody_where_it_looks_is_told)
{
	static const struct {
		const char *selector;
		const char *text; /* NULL: nothing is said */
	} cases[] = {
		{"app=web", NULL},
		{"app", NULL},
		{"app=wbe", "no endpoint of the inventory has the label app = wbe"},
		{"app=db,ns:team=a",
		 "no endpoint in the namespaces that it names has the label app = db"},
		{"app=db,ns:team=b", NULL},
		{"app=db,ns:team=c", NULL}, /* nobody of the inventory is there */
		{"app=web,env=prod", "each of the labels that it asks for is on some endpoint of "
				     "the inventory, but all are on none"},
		{"app=wbe,app!=db", "nearest: app = web"},
		{"zone", "no endpoint of the inventory meets zone"},
		{"app!=db;web", "no endpoint of the inventory meets app not in (db, web)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t found = cases[i].text ? 1 : 0;

		irb_fini(&b);
		irb_init(&b);
		irb_rule(&b, irb_policy(&b, b.tier, "p", ""), IR_INGRESS, IR_ALLOW, 0,
			 arena_printf(&b.arena, "sel:%s", cases[i].selector), "");
		irb_policy(&b, b.tier, "q", cases[i].selector);
		assert_int_equal(run(CHECK_ID_EMPTY_SELECTOR_MATCH), 0); /* no inventory */
		irb_endpoint(&b, "a/web", "app=web,ns:team=a", "10.0.0.1", "");
		irb_endpoint(&b, "b/db", "app=db,env=prod,ns:team=b", "10.0.0.2", "");
		assert_int_equal(run(CHECK_ID_EMPTY_SELECTOR_MATCH), 2 * found);
		if (cases[i].text)
			expect_text(cases[i].text);
	}
	expect_text("a peer in the allow rule of policy p (ingress) matches nothing that is known: "
		    "no endpoint "
		    "of the inventory meets");
	expect_text("policy q selects nothing that is known: no endpoint of the inventory");
}

TEST(pods_of_kube_system_may_be_left_out_of_the_inventory_of_an_application)
{
	struct ir_policy *p = irb_policy(&b, b.tier, "p", "app=web");

	p->kind = "NetworkPolicy";
	irb_rule(&b, p, IR_EGRESS, IR_ALLOW, 0,
		 "sel:k8s-app=kube-dns,ns:kubernetes.io/metadata.name", "udp/53");
	irb_endpoint(&b, "shop/web", "app=web,ns:kubernetes.io/metadata.name=shop", "10.0.0.1", "");
	assert_int_equal(run(CHECK_ID_EMPTY_SELECTOR_MATCH), 0);
	irb_endpoint(&b, "kube-system/proxy",
		     "app=proxy,ns:kubernetes.io/metadata.name=kube-system", "10.0.0.2", "")
		->ns = "kube-system";
	assert_int_equal(run(CHECK_ID_EMPTY_SELECTOR_MATCH), 1);
}

/* What a reader of the whole inventory would say of each line: {unmatched, covers pods}. */
static size_t count_unmatched(const struct ir_selector *sel)
{
	vec_each (struct ir_endpoint *, ep, &b.ir.endpoints)
		if (ir_selector_matches(sel, *ep))
			return 0;
	return !sel->none;
}

static bool holds_pod(const struct ir_peer *peer)
{
	vec_each (struct ir_endpoint *, ep, &b.ir.endpoints)
		if (peer->kind == IR_PEER_CIDR &&
		    ir_peer_matches(peer, &(struct ir_end){.addr = (*ep)->addrs.v[0]}))
			return true;
	return false;
}

static size_t count_at(uint32_t line)
{
	size_t n = 0;

	vec_each (struct diag_item *, item, &b.diag.items)
		n += (*item)->loc.line == line;
	return n;
}

static void make_inventory(struct random *r)
{
	static const char *const selectors[] = {"app=a",  "app=b;c", "env=x,app=a", "!app",
						"env!=x", "app=z",   "env,app!=a"};
	static const char *const peers[] = {"sel:app=a",          "sel:app=z|sel:env=x",
					    "pods:10.0.0.0/30",   "pods:10.0.0.4/30-10.0.0.4/31",
					    "pods:10.9.0.0/16",   "cidr:10.0.0.2/32",
					    "sel:env=x,app=c|all"};
	static const char *const labels[] = {"app=a", "app=b", "env=x", "app=a,env=x", "", "app=c"};

	for (unsigned i = 0; i < 4; i++) {
		struct ir_policy *p = irb_policy(&b, b.tier, "p", random_pick(r, selectors));

		p->kind = "NetworkPolicy";
		for (unsigned n = random_below(r, 3); n; n--)
			irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, random_pick(r, peers), "");
	}
	for (unsigned i = 1 + random_below(r, 6); i; i--) {
		char addr[16];

		snprintf(addr, sizeof(addr), "10.0.0.%u", random_below(r, 8));
		irb_endpoint(&b, "e", random_pick(r, labels), addr, "")->ns = "kube-system";
	}
}

TEST(of_an_inventory_just_that_is_told_which_going_through_it_finds)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.7);
	size_t found = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct random r = {seed};

		irb_fini(&b);
		irb_init(&b);
		make_inventory(&r);
		found += run(CHECK_ID_EMPTY_SELECTOR_MATCH);
		vec_each (struct ir_policy *, policy, &b.ir.policies)
			assert_int_equal(count_at((*policy)->loc.line),
					 count_unmatched(&(*policy)->subjects.v[0]));
		vec_each (struct ir_rule *, rule, &b.ir.rules) {
			size_t n = 0;

			vec_each (const struct ir_peer, peer, &(*rule)->peers)
				n += peer->kind == IR_PEER_SELECTOR &&
				     count_unmatched(&peer->selector);
			assert_int_equal(count_at((*rule)->loc.line), n);
		}
		diag_init(&b.diag, &b.arena, b.diag.sources);
		found += run(CHECK_ID_CIDR_COVERS_PODS);
		vec_each (struct ir_rule *, rule, &b.ir.rules) {
			size_t n = 0;

			vec_each (const struct ir_peer, peer, &(*rule)->peers)
				n += holds_pod(peer);
			assert_int_equal(count_at((*rule)->loc.line), n);
		}
	}
	assert_true(c.done < ENOUGH || found > c.done);
}

TEST(a_contradiction_is_told_once)
{
	irb_policy(&b, b.tier, "q", "app=web,!app");
	irb_endpoint(&b, "a/web", "app=web", "10.0.0.1", "");
	assert_int_equal(run(CHECK_ID_EMPTY_SELECTOR_MATCH), 0);
	assert_int_equal(run(CHECK_ID_CONTRADICTION), 1);
}

#define NOTE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTE_TEST(a_policy_that_others_say_again_could_go),
		NOTE_TEST(a_default_deny_stays_unless_another_one_takes_its_place),
		NOTE_TEST(a_policy_that_isolates_or_decides_stays),
		NOTE_TEST(without_all_that_is_reported_every_flow_is_decided_as_before),
		NOTE_TEST(a_rule_that_the_other_end_answers_with_no_is_one_sided),
		NOTE_TEST(a_rule_whose_peers_or_subjects_may_lie_outside_is_not_one_sided),
		NOTE_TEST(a_rule_with_more_flows_than_one_sided_looks_at_is_undecided),
		NOTE_TEST(one_sided_are_the_rules_of_which_no_flow_passes_both_ends),
		NOTE_TEST(every_port_for_everybody_is_broad),
		NOTE_TEST(a_prefix_that_holds_pods_is_told_of_kubernetes_policies_only),
		NOTE_TEST(a_rule_whose_pods_are_a_question_to_too_many_rules_has_no_answer),
		NOTE_TEST(what_engines_read_differently_is_told_with_a_flow_and_all_their_verdicts),
		NOTE_TEST(a_block_that_holds_a_node_of_the_inventory_is_told),
		NOTE_TEST(the_last_of_many_nodes_is_looked_at),
		NOTE_TEST(a_namespace_that_the_inventory_lacks_is_told_with_the_nearest),
		NOTE_TEST(the_namespace_of_the_policy_itself_is_no_question),
		NOTE_TEST(a_selector_that_meets_nobody_where_it_looks_is_told),
		NOTE_TEST(pods_of_kube_system_may_be_left_out_of_the_inventory_of_an_application),
		NOTE_TEST(of_an_inventory_just_that_is_told_which_going_through_it_finds),
		NOTE_TEST(a_contradiction_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
