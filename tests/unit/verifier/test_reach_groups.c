/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A matrix of groups says of every pair of endpoints what a matrix of endpoints says: random
 * policies over endpoints of which many are alike.
 */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "lang/base/buf.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/unit/irb.h"
#include "verifier/reach/reach.h"
#include "verifier/reach/render.h"

enum { N_WORLDS = 300, N_ENDPOINTS = 24 };

static const char *const ports[] = {"tcp/80", "tcp/http", "udp/53"};
enum { N_PORTS = sizeof(ports) / sizeof(*ports) };

static void random_world(struct random *r, struct irb *b)
{
	static const char *const peers[] = {
		"sel:app=a", "sel:app=b;c",       "sel:!app",         "all",    "sel:env=x",
		"world",     "cidr:192.0.2.0/24", "pods:10.0.0.0/29", "cluster"};
	static const char *const rule_ports[] = {"tcp/80", "tcp/http", "udp/53", "", "tcp/1-100"};
	static const char *const subjects[] = {"app=a", "app=b", "", "env=x", "app!=a"};

	irb_init(b);
	irb_draw_policies(b, r, IRB_TEXTS(subjects), IRB_TEXTS(peers), IRB_TEXTS(rule_ports));
	for (unsigned i = 0; i < N_ENDPOINTS; i++) {
		static const char *const labels[] = {"app=a", "app=b", "app=c", "", "app=a,env=x"};
		static const char *const named[] = {"", "http=tcp/80", "http=tcp/8080"};
		static const char *const nodes[] = {NULL, "n1", "n2"};
		char name[16], addr[32];
		struct ir_endpoint *ep;

		snprintf(name, sizeof(name), "e%02u", i);
		snprintf(addr, sizeof(addr), "10.0.0.%u", i);
		ep = irb_endpoint(b, name, random_pick(r, labels), i % 5 ? addr : "",
				  random_pick(r, named));
		ep->host = random_chance(r, 5);
		ep->on_node = random_pick(r, nodes);
	}
}

static size_t group_of(const struct reach *grouped, const char *name)
{
	for (size_t g = 0; g < grouped->groups.n; g++)
		vec_each (const struct flow_end, end, &grouped->groups.v[g].members)
			if (strcmp(end->text, name) == 0)
				return g;
	fail_msg("%s is in no group", name);
	return 0;
}

static void find_row(const struct reach *grouped, size_t from, size_t to, uint32_t port,
		     struct reach_row *out)
{
	for (size_t i = 0; i < reach_n_rows(grouped); i++) {
		reach_row(grouped, i, out);
		if (out->from == from && out->to == to && out->port == port)
			return;
	}
	fail_msg("no row");
}

/* The verdict of a group's flows is that of the pair. */
static bool is_verdict_of(const struct reach *grouped, const struct reach *pairs,
			  const struct reach_row *pair)
{
	const char *from = pairs->ends.v[pair->from].text, *to = pairs->ends.v[pair->to].text;
	struct reach_row cell;

	find_row(grouped, group_of(grouped, from), group_of(grouped, to), pair->port, &cell);
	return memcmp(&pair->verdicts, &cell.verdicts, sizeof(cell.verdicts)) == 0;
}

TEST(groups_say_of_every_pair_what_the_pair_itself_says)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.1);
	uint64_t seed;
	size_t n_groups = 0;

	while (campaign_next(&c, &seed)) {
		struct reach_query query = {.ports = ports, .n_ports = N_PORTS};
		struct reach pairs, grouped;
		struct random r = {seed};
		struct cls *cls;
		struct irb b;

		random_world(&r, &b);
		assert_int_equal(cls_build(&b.ir, NULL, &b.arena, &b.diag, &cls), 0);
		assert_int_equal(reach_matrix(&b.ir, cls, &query, &b.arena, &b.diag, &pairs), 0);
		query.group = true;
		assert_int_equal(reach_matrix(&b.ir, cls, &query, &b.arena, &b.diag, &grouped), 0);
		n_groups += grouped.groups.n;
		for (size_t i = 0; i < reach_n_rows(&pairs); i++) {
			struct reach_row row;

			reach_row(&pairs, i, &row);
			if (!row.self && !is_verdict_of(&grouped, &pairs, &row))
				fail_msg("seed %" PRIu64 ": %s to %s on %s", seed,
					 pairs.ends.v[row.from].text, pairs.ends.v[row.to].text,
					 ports[row.port]);
		}
		irb_fini(&b);
	}
	/* Or nothing would be gained. */
	assert_true(c.done < 20 || n_groups < c.done * N_ENDPOINTS * 2 / 3);
}

/* Some of the endpoints, by name or by address. */
static size_t random_ends(struct random *r, struct arena *arena, const char *out[N_ENDPOINTS])
{
	size_t n = 0;

	for (unsigned i = 0; i < N_ENDPOINTS; i++)
		if (random_chance(r, 40))
			out[n++] = arena_printf(
				arena, random_chance(r, 30) ? "cidr:10.0.0.%u" : "e%02u", i);
	return n;
}

static void count_flows(const struct reach *r, size_t out[N_PORTS][FLOW_N_VERDICTS])
{
	for (size_t i = 0; i < reach_n_rows(r); i++) {
		struct reach_row row;

		reach_row(r, i, &row);
		out[row.port][reach_row_verdict(&row)] += reach_cell_flows(r, &row);
	}
}

TEST(groups_count_the_flows_of_their_members)
{
	struct campaign c = campaign_begin(N_WORLDS, 0.1);
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		const char *from[N_ENDPOINTS], *to[N_ENDPOINTS];
		struct reach_query query = {
			.from = from, .to = to, .ports = ports, .n_ports = N_PORTS};
		size_t counts[2][N_PORTS][FLOW_N_VERDICTS] = {0};
		struct random r = {seed};
		struct reach asked[2];
		struct cls *cls;
		struct irb b;

		random_world(&r, &b);
		vec_each (struct ir_endpoint *, ep, &b.ir.endpoints)
			(*ep)->workload = random_chance(&r, 20);
		if (random_chance(&r, 80)) {
			query.n_from = random_ends(&r, &b.arena, from);
			query.n_to = random_ends(&r, &b.arena, to);
		}
		assert_int_equal(cls_build(&b.ir, NULL, &b.arena, &b.diag, &cls), 0);
		for (int group = 0; group < 2; group++) {
			query.group = group;
			assert_int_equal(
				reach_matrix(&b.ir, cls, &query, &b.arena, &b.diag, &asked[group]),
				0);
			count_flows(&asked[group], counts[group]);
		}
		if (memcmp(counts[0], counts[1], sizeof(counts[0])) != 0)
			fail_msg("seed %" PRIu64, seed);
		irb_fini(&b);
	}
}

TEST(an_address_is_no_member_of_a_group)
{
	static const char *const to[] = {"cidr:192.0.2.1", "cidr:198.51.100.1"};
	struct reach_query query = {
		.to = to, .n_to = 2, .ports = ports, .n_ports = 1, .group = true};
	struct reach grouped;
	struct random r = {1};
	struct cls *cls;
	struct irb b;

	random_world(&r, &b);
	assert_int_equal(cls_build(&b.ir, NULL, &b.arena, &b.diag, &cls), 0);
	assert_int_equal(reach_matrix(&b.ir, cls, &query, &b.arena, &b.diag, &grouped), 0);
	assert_int_equal(grouped.n_to, 2);
	assert_true(grouped.n_from < N_ENDPOINTS);
	irb_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_say_of_every_pair_what_the_pair_itself_says),
		cmocka_unit_test(groups_count_the_flows_of_their_members),
		cmocka_unit_test(an_address_is_no_member_of_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
