/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lang/base/net.h"

TEST(addresses_of_both_families_survive_a_round_trip)
{
	static const char *const texts[] = {"0.0.0.0", "10.1.2.3",    "255.255.255.255",
					    "::",      "2001:db8::1", "::fffe:102:304"};
	char out[NET_ADDR_STRLEN];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct net_addr a;

		assert_int_equal(net_addr_parse(texts[i], &a), 0);
		assert_string_equal(net_addr_format(&a, out), texts[i]);
	}
}

TEST(ipv4_in_the_form_of_ipv6_is_refused_and_said_to_be_so)
{
	static const struct {
		const char *text, *v4; /* NULL: it holds more than that */
	} mapped[] = {{"::ffff:1.2.3.4", "1.2.3.4/32"},      {"::FFFF:102:304", "1.2.3.4/32"},
		      {"::ffff:10.0.0.0/104", "10.0.0.0/8"}, {"::ffff:10.0.0.1/104", "10.0.0.0/8"},
		      {"::ffff:0:0/96", "0.0.0.0/0"},        {"::ffff:0:0/90", NULL}};
	static const char *const others[] = {"1.2.3.4",       "::1.2.3.4",          "::/0",
					     "::fffe:0:0/96", "::ffff:1.2.3.4/129", "x"};
	char out[NET_PREFIX_STRLEN];
	struct net_prefix v4;
	struct net_addr a;

	for (size_t i = 0; i < sizeof(mapped) / sizeof(*mapped); i++) {
		assert_true(net_is_mapped(mapped[i].text, &v4));
		assert_string_equal(v4.addr.family ? net_prefix_format(&v4, out) : "",
				    mapped[i].v4 ? mapped[i].v4 : "");
		assert_string_not_equal(net_mapped_hint(mapped[i].text), "");
		assert_int_equal(net_addr_parse(mapped[i].text, &a), -EINVAL);
		assert_int_equal(net_prefix_parse(mapped[i].text, &v4), -EINVAL);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(net_is_mapped(others[i], &v4));
}

TEST(text_that_is_no_prefix_is_refused)
{
	static const char *const texts[] = {"",           "10.0.0.0", "10.0.0.0/",  "10.0.0.0/33",
					    "10.0.0/8",   "::/129",   "::/-1",      "10.0.0.0/08",
					    "1.2.3.4/8x", "/8",       "10.0.0.0/ 8"};
	struct net_prefix p;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(net_prefix_parse(texts[i], &p), -EINVAL);
}

TEST(host_bits_are_reported_and_cleared)
{
	char out[NET_PREFIX_STRLEN];
	struct net_prefix p;

	assert_int_equal(net_prefix_parse("10.1.2.3/12", &p), -EDOM);
	assert_string_equal(net_prefix_format(&p, out), "10.0.0.0/12");
	assert_int_equal(net_prefix_parse("10.0.0.0/12", &p), 0);
	assert_int_equal(net_prefix_parse("2001:db8::1/64", &p), -EDOM);
	assert_string_equal(net_prefix_format(&p, out), "2001:db8::/64");
}

TEST(a_prefix_holds_exactly_its_addresses)
{
	struct net_prefix p, q;
	struct net_addr a;

	net_prefix_parse("10.16.0.0/12", &p);
	net_addr_parse("10.31.255.255", &a);
	assert_true(net_prefix_has_addr(&p, &a));
	net_addr_parse("10.32.0.0", &a);
	assert_false(net_prefix_has_addr(&p, &a));
	net_prefix_parse("::/0", &q);
	assert_false(net_prefix_has_addr(&q, &a));
	assert_false(net_prefix_has_prefix(&q, &p));
	net_prefix_parse("10.16.0.0/13", &q);
	assert_true(net_prefix_has_prefix(&p, &q));
	assert_false(net_prefix_has_prefix(&q, &p));
}

TEST(the_last_address_of_a_prefix_has_every_host_bit_set)
{
	static const char *const texts[][2] = {{"10.0.0.0/8", "10.255.255.255"},
					       {"10.1.2.0/23", "10.1.3.255"},
					       {"10.1.2.3/32", "10.1.2.3"},
					       {"0.0.0.0/0", "255.255.255.255"},
					       {"2001:db8::/127", "2001:db8::1"}};
	char out[NET_ADDR_STRLEN];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct net_prefix p;
		struct net_addr last;

		assert_int_equal(net_prefix_parse(texts[i][0], &p), 0);
		last = net_prefix_last(&p);
		assert_string_equal(net_addr_format(&last, out), texts[i][1]);
	}
}

TEST(the_next_address_carries_and_ends_with_the_family)
{
	static const char *const texts[][2] = {{"10.0.0.1", "10.0.0.2"},
					       {"10.0.255.255", "10.1.0.0"},
					       {"2001:db8::ffff", "2001:db8::1:0"}};
	char out[NET_ADDR_STRLEN];
	struct net_addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(net_addr_parse(texts[i][0], &a), 0);
		assert_true(net_addr_next(&a));
		assert_string_equal(net_addr_format(&a, out), texts[i][1]);
		assert_true(net_addr_prev(&a));
		assert_string_equal(net_addr_format(&a, out), texts[i][0]);
	}
	assert_int_equal(net_addr_parse("255.255.255.255", &a), 0);
	assert_false(net_addr_next(&a));
	assert_int_equal(net_addr_parse("::", &a), 0);
	assert_false(net_addr_prev(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_both_families_survive_a_round_trip),
		cmocka_unit_test(ipv4_in_the_form_of_ipv6_is_refused_and_said_to_be_so),
		cmocka_unit_test(text_that_is_no_prefix_is_refused),
		cmocka_unit_test(host_bits_are_reported_and_cleared),
		cmocka_unit_test(a_prefix_holds_exactly_its_addresses),
		cmocka_unit_test(the_last_address_of_a_prefix_has_every_host_bit_set),
		cmocka_unit_test(the_next_address_carries_and_ends_with_the_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
