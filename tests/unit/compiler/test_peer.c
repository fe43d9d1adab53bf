/* SPDX-License-Identifier: Apache-2.0 */
/* What peers ask of ends, aspect by aspect, against the interpreter, which goes by their kinds. */
#include "compiler/ir/peer.h"

#include <string.h>

#include "compiler/eval.h"
#include "tests/unit/irb.h"
#include "tests/unit/unit.h"

/* A rule for each kind of peer, and each variant of a kind. */
static const char *const peers[] = {
	"sel:",
	"sel:none",
	"sel:a=x",
	"sel:!a",
	"sel:ns:a=x",
	"cidr:10.0.0.0/8",
	"cidr:10.0.0.0/8-10.1.0.0/16",
	"cidr:10.1.0.0/16;2001:db8::/32-2001:db8::/64",
	"pods:10.0.0.0/8-10.1.0.0/16",
	"pods:0.0.0.0/0",
	"all",
	"cluster",
	"host",
	"world",
	"none",
};
enum { N_PEERS = sizeof(peers) / sizeof(*peers) };

static void make_rules(struct irb *b)
{
	struct ir_policy *p = irb_policy(b, b->tier, "p", "");

	for (size_t i = 0; i < N_PEERS; i++)
		irb_rule(b, p, IR_INGRESS, IR_ALLOW, 0, peers[i], "");
}

static const struct ir_peer *peer_of(const struct irb *b, size_t i)
{
	return &b->ir.rules.v[i]->peers.v[0];
}

static enum ir_sort sort_of(const struct ir_end *end)
{
	return !end->ep ? IR_SORT_OUTSIDE : end->ep->host ? IR_SORT_HOST : IR_SORT_ENDPOINT;
}

static bool meets(const struct ir_aspects *a, const struct ir_end *end)
{
	const struct net_prefix at = net_prefix_of_addr(&end->addr);

	return a->sorts & sort_of(end) && (!a->labels || ir_selector_matches(a->labels, end->ep)) &&
	       (!a->addresses || ir_addresses_hold(a->addresses, &at));
}

static void check_end(const struct irb *b, const struct ir_end *end)
{
	for (size_t i = 0; i < N_PEERS; i++) {
		struct ir_aspects a = ir_peer_aspects(peer_of(b, i));

		if (meets(&a, end) != ir_peer_matches(peer_of(b, i), end))
			fail_msg("\"%s\": the interpreter does not agree", peers[i]);
	}
}

TEST(a_peer_matches_the_ends_that_meet_all_its_aspects)
{
	static const char *const labels[] = {"", "a=x", "a=y", "ns:a=x"};
	static const char *const addrs[] = {"10.0.0.1", "10.1.0.1", "192.0.2.1", "2001:db8::1",
					    "2001:db8:1::1"};
	struct irb b;

	irb_init(&b);
	make_rules(&b);
	for (size_t i = 0; i < 4 * 5; i++) {
		char name[] = {'e', (char)('a' + i), 0};
		struct ir_endpoint *ep = irb_endpoint(&b, name, labels[i / 5], addrs[i % 5], "");
		struct ir_end end = {.ep = ep, .addr = ep->addrs.v[0]};

		check_end(&b, &end);
		end.ep = NULL;
		check_end(&b, &end);
		ep->host = true;
		end.ep = ep;
		check_end(&b, &end);
	}
	irb_fini(&b);
}

TEST(an_end_that_is_nowhere_is_in_no_prefix)
{
	struct irb b;
	struct ir_end end = {0};

	irb_init(&b);
	make_rules(&b);
	end.ep = irb_endpoint(&b, "e", "a=x", "", "");
	check_end(&b, &end);
	irb_fini(&b);
}

TEST(labels_are_asked_of_endpoints_alone)
{
	struct irb b;

	irb_init(&b);
	make_rules(&b);
	for (size_t i = 0; i < N_PEERS; i++) {
		struct ir_aspects a = ir_peer_aspects(peer_of(&b, i));

		if (a.labels)
			assert_int_equal(a.sorts, IR_SORT_ENDPOINT);
		assert_ptr_equal(ir_peer_labels_alone(peer_of(&b, i)),
				 a.addresses ? NULL : a.labels);
	}
	irb_fini(&b);
}

TEST(prefixes_are_everybody_if_they_leave_no_address_of_a_family_out)
{
	static const struct {
		const char *peer;
		bool everybody;
	} cases[] = {
		{"cidr:0.0.0.0/0", true},
		{"cidr:0.0.0.0/0-10.0.0.0/8", true},
		{"cidr:128.0.0.0/1;0.0.0.0/1", true},
		{"cidr:10.0.0.0/8;128.0.0.0/1;0.0.0.0/2;64.0.0.0/2", true},
		{"cidr:10.0.0.0/8;::/1;8000::/1", true},
		{"cidr:10.0.0.0/8", false},
		{"cidr:128.0.0.0/1;128.0.0.0/1", false},
		{"cidr:0.0.0.0/1;::/1", false},
		{"cidr:0.0.0.0/1;128.0.0.0/2;192.0.0.0/3;224.0.0.0/4;240.0.0.0/5", false},
	};
	struct irb b;

	irb_init(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ir_policy *p = irb_policy(&b, b.tier, "p", "");
		struct ir_rule *rule = irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, cases[i].peer, "");

		assert_int_equal(rule->peers.v[0].cidr.everybody, cases[i].everybody);
	}
	irb_fini(&b);
}

TEST(only_prefixes_that_match_endpoints_tell_them_apart_by_address)
{
	struct irb b;

	irb_init(&b);
	make_rules(&b);
	for (size_t i = 0; i < N_PEERS; i++)
		assert_int_equal(ir_peer_places_endpoints(peer_of(&b, i)),
				 strncmp(peers[i], "pods:", 5) == 0);
	irb_fini(&b);
}

TEST(only_the_entity_host_is_about_hosts_alone)
{
	struct irb b;

	irb_init(&b);
	make_rules(&b);
	for (size_t i = 0; i < N_PEERS; i++)
		assert_int_equal(ir_peer_is_hosts(peer_of(&b, i)), strcmp(peers[i], "host") == 0);
	irb_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_matches_the_ends_that_meet_all_its_aspects),
		cmocka_unit_test(an_end_that_is_nowhere_is_in_no_prefix),
		cmocka_unit_test(labels_are_asked_of_endpoints_alone),
		cmocka_unit_test(prefixes_are_everybody_if_they_leave_no_address_of_a_family_out),
		cmocka_unit_test(only_prefixes_that_match_endpoints_tell_them_apart_by_address),
		cmocka_unit_test(only_the_entity_host_is_about_hosts_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
