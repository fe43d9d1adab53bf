/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polc diff over an inventory, beside an enumeration of every flow between its endpoints and
 * addresses around them: two random policy sets of one inventory. tests/lib/campaign.h tells how
 * many.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "compiler/space/suppose.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random_policy.h"
#include "tests/unit/compared.h"
#include "verifier/why/why.h"

static const char *const addresses[] = {
	"10.0.0.0",     "10.0.0.3",      "10.0.0.200",       "10.200.0.1",      "203.0.113.1",
	"203.0.113.65", "203.0.113.85",  "203.0.113.200",    "203.0.113.255",   "192.168.0.9",
	"128.0.0.1",    "1.1.1.1",       "255.255.255.255",  "fd00::77",        "fd00:5::1",
	"2001:db8::5",  "2001:db8:1::5", "2001:db8:1::ffff", "2001:db8:1:1::1", "9000::1",
	"::5",
};

static const struct ir_flow port_list[] = {
	{.proto = 6, .port = 0},       {.proto = 6, .port = 80},
	{.proto = 6, .port = 81},      {.proto = 6, .port = 443},
	{.proto = 6, .port = 8000},    {.proto = 6, .port = 8060},
	{.proto = 6, .port = 8101},    {.proto = 6, .port = 9001},
	{.proto = 6, .port = 65535},   {.proto = 6, .port = 8080},
	{.proto = 17, .port = 0},      {.proto = 17, .port = 53},
	{.proto = 17, .port = 80},     {.proto = 17, .port = 255},
	{.proto = 17, .port = 1023},   {.proto = 17, .port = 1024},
	{.proto = 132, .port = 9},     {.proto = 132, .port = 80},
	{.proto = 132, .port = 81},    {.proto = 1, .port = 0x800},
	{.proto = 1, .port = 0x301},   {.proto = 1, .port = 0},
	{.proto = 58, .port = 0x8000}, {.proto = 58, .port = 0x8100},
	{.proto = 58, .port = 0x100},  {.proto = 47},
};

static const struct compared_ports ports = {port_list, sizeof(port_list) / sizeof(*port_list)};

static void read_side(struct compared *c, enum diff_side side, const struct random_policy *p)
{
	assert_true(compared_text(c, side, LANG_YAML, buf_str(&p->yaml)));
	assert_true(compared_text(c, side, LANG_POL, buf_str(&p->pol)));
}

/* Who asks why of the texts of a witness gets what the region says. */
static void check_why(struct compared *c, const struct diff_witness *wit, enum diff_side side,
		      enum flow_verdict verdict, uint64_t seed)
{
	const struct why_query query = {.from = wit->from, .to = wit->to, .port = wit->port};
	struct why why;

	if (wit->missing[side])
		return;
	if (why_explain(c->ir[side], &query, &c->arena, &c->lang[side].diag, &why) ||
	    why_verdict(&why) != verdict)
		fail_msg("POLC_SEED=%llu: %s: not %s from %s to %s on %s", (unsigned long long)seed,
			 side == DIFF_OLD ? "old" : "new", flow_verdict_name(verdict), wit->from,
			 wit->to, wit->port);
}

static void check_witnesses(struct compared *c, uint64_t seed)
{
	vec_each (const struct diff_region, r, &c->diff.added.list) {
		check_why(c, &r->witness, DIFF_OLD, FLOW_DENY, seed);
		check_why(c, &r->witness, DIFF_NEW, FLOW_ALLOW, seed);
	}
	vec_each (const struct diff_region, r, &c->diff.removed.list) {
		check_why(c, &r->witness, DIFF_OLD, FLOW_ALLOW, seed);
		check_why(c, &r->witness, DIFF_NEW, FLOW_DENY, seed);
	}
}

static void say_pair(const struct random_policy *old, const struct random_policy *new,
		     uint64_t seed)
{
	print_message("%s\n---\n%s\n--- new\n%s\n---\n%s\n", buf_str(&old->yaml),
		      buf_str(&old->pol), buf_str(&new->yaml), buf_str(&new->pol));
	fail_msg("POLC_SEED=%llu", (unsigned long long)seed);
}

/* Returns how many verdicts changed; some pods run elsewhere on the new side, if the policies are
 * not the same. */
static long check_pair(uint64_t universe, uint64_t old_seed, uint64_t new_seed)
{
	struct random_policy old, new;
	struct compared c;
	long changed, of_nodes;

	random_policy_init(&old, universe, old_seed);
	random_policy_init(&new, universe, new_seed);
	compared_init(&c);
	c.workloads = universe % 2;
	c.nowhere = universe % 3 == 0;
	c.moves = old_seed != new_seed && universe % 5 < 2;
	read_side(&c, DIFF_OLD, &old);
	read_side(&c, DIFF_NEW, &new);
	if (!compared_run(&c))
		fail_msg("POLC_SEED=%llu", (unsigned long long)old_seed);
	changed = compared_enumerate(&c, addresses, sizeof(addresses) / sizeof(*addresses), &ports);
	of_nodes = compared_ask_nodes(&c, &ports);
	if (changed < 0 || of_nodes < 0)
		say_pair(&old, &new, old_seed);
	changed += of_nodes;
	if (c.diff.relation == DIFF_EQUAL)
		assert_int_equal(changed, 0);
	check_witnesses(&c, old_seed);
	compared_fini(&c);
	random_policy_fini(&old);
	random_policy_fini(&new);
	return changed;
}

TEST(the_regions_are_what_enumerating_every_flow_gives)
{
	struct campaign c = campaign_begin(120, 1);
	long changed = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed))
		changed += check_pair(seed / 4, seed, seed + 1);
	print_message("# %llu pairs, %ld verdicts changed\n", (unsigned long long)c.done, changed);
	assert_true(changed > 0 || c.done < 20);
}

TEST(a_policy_set_is_equal_to_itself)
{
	for (uint64_t seed = 1; seed < 20; seed++)
		assert_int_equal(check_pair(seed, seed, seed), 0);
}

static long compare_texts(const char *old, const char *new, const char *from, const char *to,
			  enum diff_relation relation)
{
	struct compared c;
	long changed;

	compared_init(&c);
	assert_true(compared_text(&c, DIFF_OLD, LANG_POL, old));
	assert_true(compared_text(&c, DIFF_NEW, LANG_POL, new));
	assert_true(compared_run(&c));
	changed = compared_enumerate(&c, addresses, 5, &ports);
	assert_int_equal(c.diff.relation, relation);
	if (from)
		assert_string_equal(c.diff.added.list.v[0].from.text, from);
	if (to)
		assert_string_equal(c.diff.added.list.v[0].to.text, to);
	compared_fini(&c);
	return changed;
}

#define WEB "endpoint shop/web {\n  labels { app = web }\n  address 10.0.0.1\n}\n"
#define DB  "endpoint shop/db {\n  labels { app = db }\n  address 10.0.0.2\n}\n"
#define CLOSED_DB                                                                                  \
	"policy db for { app = db } {\n  ingress {\n  allow from { app = web } on tcp/80\n  "      \
	"}\n}\n"

TEST(what_a_new_endpoint_may_do_is_newly_allowed)
{
	assert_true(compare_texts(DB, DB WEB, NULL, NULL, DIFF_WIDER) > 0);
	assert_true(compare_texts(DB WEB, DB, NULL, NULL, DIFF_NARROWER) > 0);
}

TEST(an_inventory_of_one_side_stands_for_both)
{
	assert_true(compare_texts(WEB DB CLOSED_DB,
				  "policy other for { app = other } {\n"
				  "  ingress {\n  }\n}\n",
				  NULL, NULL, DIFF_WIDER) > 0);
	compare_texts(WEB DB CLOSED_DB, CLOSED_DB, NULL, NULL, DIFF_EQUAL);
}

/* --- Nodes, which no rule names ------------------------------------------------------------- */

#define NODE(name, addr)                                                                           \
	"---\n{apiVersion: v1, kind: Node, metadata: {name: " name                                 \
	"}, status: {addresses: [{type: "                                                          \
	"InternalIP, address: " addr "}]}}\n"
#define POD(spec)                                                                                  \
	"---\n{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: "   \
	"web}}, spec: {" spec "containers: []}}\n"
#define CLOSED_WEB(from)                                                                           \
	"---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, "      \
	"namespace: shop}, spec: {podSelector: {}, ingress: [{from: [" from "]}]}}\n"
#define NODES NODE("n1", "192.168.0.2") NODE("n2", "192.168.0.3")

static void compare_nodes(const char *old, const char *new, const char *new_pol,
			  enum diff_relation relation)
{
	struct compared c;

	compared_init(&c);
	assert_true(compared_text(&c, DIFF_OLD, LANG_YAML, old));
	assert_true(compared_text(&c, DIFF_NEW, LANG_YAML, new));
	assert_true(compared_text(&c, DIFF_NEW, LANG_POL, new_pol));
	assert_true(compared_run(&c));
	assert_true(compared_ask_nodes(&c, &ports) >= 0);
	assert_int_equal(c.diff.relation, relation);
	compared_fini(&c);
}

TEST(the_node_that_a_pod_leaves_gets_in_no_more)
{
	static const char here[] = NODES POD("nodeName: n1, ") CLOSED_WEB("{podSelector: {}}");
	static const char there[] = NODES POD("nodeName: n2, ") CLOSED_WEB("{podSelector: {}}");
	static const char nowhere[] = NODES POD("") CLOSED_WEB("{podSelector: {}}");

	compare_nodes(here, nowhere, "", DIFF_NARROWER);
	compare_nodes(nowhere, here, "", DIFF_WIDER);
	compare_nodes(here, there, "", DIFF_INCOMPARABLE);
	compare_nodes(here, here, "", DIFF_EQUAL);
}

TEST(a_rule_for_hosts_lets_other_nodes_in)
{
	static const char pods[] = NODES POD("nodeName: n1, ") CLOSED_WEB("{podSelector: {}}");

	compare_nodes(pods, pods,
		      "policy p for { app = web } {\n  ingress {\n    allow from host\n  }\n}\n",
		      DIFF_WIDER);
}

TEST(an_exception_for_the_node_of_a_pod_excepts_nobody)
{
	static const char except[] = NODES POD("nodeName: n1, ")
		CLOSED_WEB("{ipBlock: {cidr: 0.0.0.0/0, except: [192.168.0.2/32]}}");
	static const char all[] =
		NODES POD("nodeName: n1, ") CLOSED_WEB("{ipBlock: {cidr: 0.0.0.0/0}}");

	compare_nodes(except, all, "", DIFF_EQUAL);
}

TEST(a_change_that_the_other_end_denies_anyway_is_none)
{
	static const char closed_web[] =
		WEB DB CLOSED_DB "policy web for { app = web } {\n  egress {\n  }\n}\n";
	static const char opened_db[] =
		WEB DB "policy db for { app = db } {\n  ingress {\n"
		       "    allow from { app = web } on tcp/80, tcp/443\n  }\n}\n"
		       "policy web for { app = web } {\n  egress {\n  }\n}\n";

	assert_int_equal(compare_texts(closed_web, opened_db, NULL, NULL, DIFF_EQUAL), 0);
}

TEST(names_order_and_comments_change_nothing)
{
	static const char other[] = "# the same\npolicy renamed for { app = db } {\n  ingress {\n"
				    "    allow from { app = web } on tcp/80\n"
				    "    allow from { app = web } on tcp/80\n  }\n}\n" DB WEB;

	assert_int_equal(compare_texts(WEB DB CLOSED_DB, other, NULL, NULL, DIFF_EQUAL), 0);
}

/* A policy for each of many pods, for those of two kinds; the first pod is of the kind given. */
enum { MANY_PODS = 600, N_KINDS_OF_PODS = 20 };

static void write_many(unsigned first, struct buf *out)
{
	for (unsigned i = 0; i < MANY_PODS; i++) {
		unsigned kind = i ? i % N_KINDS_OF_PODS : first;

		buf_printf(out,
			   "endpoint n/p%u {\n  labels { app = a%u, kind = k%u }\n"
			   "  address 10.0.%u.%u\n}\n"
			   "policy p%u for { app = a%u } {\n  ingress {\n"
			   "    allow from { kind = k%u } on tcp/80\n  }\n"
			   "  egress {\n    allow to { app } on tcp/80\n  }\n}\n",
			   i, i, kind, i / 256, i % 256, i, i, i % N_KINDS_OF_PODS);
	}
}

/* The work is that of the flows of one pod, not of all that its peers have. */
TEST(the_label_of_one_of_many_is_followed_to_its_end)
{
	const struct diff_options opts = {.limit = 100, .closed = true};
	struct compared c;

	compared_init(&c);
	for (enum diff_side side = 0; side < DIFF_N_SIDES; side++) {
		_cleanup_buf_ struct buf text = {0};

		write_many(side == DIFF_OLD ? 1 : 2, &text);
		assert_true(compared_text(&c, side, LANG_POL, buf_str(&text)));
		assert_int_equal(ir_resolve(&c.lang[side], &c.ir[side]), 0);
	}
	assert_int_equal(diff_run(c.ir[DIFF_OLD], c.ir[DIFF_NEW], &opts, &c.arena, &c.diff), 0);
	assert_int_equal(c.diff.relation, DIFF_INCOMPARABLE);
	assert_int_equal(c.diff.added.list.n, 1);
	assert_int_equal(c.diff.removed.list.n, 1);
	assert_int_equal(c.diff.added.list.v[0].to.endpoints.n, MANY_PODS / N_KINDS_OF_PODS);
	compared_fini(&c);
}

/* Pods without an address, and a list of prefixes in one rule for some of them. */
static void write_nowhere(unsigned pods, unsigned prefixes, unsigned rules, unsigned port,
			  struct buf *out)
{
	for (unsigned i = 0; i < pods; i++)
		buf_printf(out, "endpoint n/p%u {\n  labels { app = a%u }\n}\n", i, i % 3);
	buf_puts(out, "policy p for { app = a1 } {\n  ingress {\n");
	for (unsigned k = 0; k < rules; k++) {
		buf_puts(out, "    allow from cidr {");
		for (unsigned i = 0; i < prefixes; i++)
			buf_printf(out, "%s 10.%u.%u.0/25", i ? "," : "", k, i);
		buf_printf(out, " } including endpoints on tcp/%u\n", port + k);
	}
	buf_puts(out, "  }\n}\n");
}

static void compare_nowhere(struct compared *c, unsigned pods, unsigned prefixes, unsigned rules)
{
	const struct diff_options opts = {.limit = 100000, .closed = true};

	compared_init(c);
	for (enum diff_side side = 0; side < DIFF_N_SIDES; side++) {
		_cleanup_buf_ struct buf text = {0};

		write_nowhere(pods, prefixes, rules, side == DIFF_OLD ? 1000 : 2000, &text);
		assert_true(compared_text(c, side, LANG_POL, buf_str(&text)));
		assert_int_equal(ir_resolve(&c->lang[side], &c->ir[side]), 0);
	}
	space_suppose(c->ir, DIFF_N_SIDES);
	assert_int_equal(diff_run(c->ir[DIFF_OLD], c->ir[DIFF_NEW], &opts, &c->arena, &c->diff), 0);
}

/* However many prefixes a rule lists, an address is in one of them or in none. */
TEST(addresses_that_no_rule_tells_apart_are_looked_at_once)
{
	struct compared c;
	const char *name;

	compare_nowhere(&c, 300, 200, 1);
	assert_int_equal(c.diff.relation, DIFF_INCOMPARABLE);
	/* IPv4 in a prefix or in none, and IPv6. */
	assert_in_range(c.diff.world->closed->points.n, 600, 1000);
	name = c.diff.added.list.v[0].from.endpoints.v[0];
	assert_memory_equal(name, "n/p0 in 10.0.0.0/25, 10.0.1.0/25, ", 34);
	compared_fini(&c);
}

/* What would take gigabytes has no answer, and says so. */
TEST(too_many_ends_at_too_many_addresses_are_undecided)
{
	struct compared c;

	compare_nowhere(&c, 3000, 1, 200);
	assert_int_equal(c.diff.relation, DIFF_UNDECIDED);
	assert_true(c.diff.incomplete);
	compared_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_regions_are_what_enumerating_every_flow_gives),
		cmocka_unit_test(a_policy_set_is_equal_to_itself),
		cmocka_unit_test(what_a_new_endpoint_may_do_is_newly_allowed),
		cmocka_unit_test(an_inventory_of_one_side_stands_for_both),
		cmocka_unit_test(the_node_that_a_pod_leaves_gets_in_no_more),
		cmocka_unit_test(a_rule_for_hosts_lets_other_nodes_in),
		cmocka_unit_test(an_exception_for_the_node_of_a_pod_excepts_nobody),
		cmocka_unit_test(a_change_that_the_other_end_denies_anyway_is_none),
		cmocka_unit_test(names_order_and_comments_change_nothing),
		cmocka_unit_test(the_label_of_one_of_many_is_followed_to_its_end),
		cmocka_unit_test(addresses_that_no_rule_tells_apart_are_looked_at_once),
		cmocka_unit_test(too_many_ends_at_too_many_addresses_are_undecided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
