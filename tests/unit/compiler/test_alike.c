/* SPDX-License-Identifier: Apache-2.0 */
/* Ends are one group if the same was told of them. */
#include "compiler/space/alike.h"

#include <stdio.h>

#include "tests/lib/random.h"
#include "tests/unit/irb.h"
#include "tests/unit/unit.h"

static uint32_t add(struct alike *a, const struct ir_endpoint *ep)
{
	return alike_add(a, &(struct ir_end){.ep = ep});
}

TEST(groups_are_numbered_in_the_order_of_their_first_ends)
{
	static const uint32_t told[] = {7, 5, 7, 0, 5}, groups[] = {0, 1, 0, 2, 1};
	struct arena arena;
	struct alike a;

	arena_init(&arena);
	alike_init(&a, &arena);
	for (size_t i = 0; i < 5; i++) {
		alike_tell(&a, told[i]);
		assert_int_equal(add(&a, NULL), groups[i]);
	}
	alike_tell(&a, 7);
	alike_tell(&a, 7);
	assert_int_equal(add(&a, NULL), 3);
	assert_int_equal(add(&a, NULL), 4);
	assert_int_equal(a.groups.n, 5);
	arena_fini(&arena);
}

TEST(a_group_keeps_two_ends_only_if_they_are_two_endpoints)
{
	const struct ir_endpoint one = {.name = "one"}, two = {.name = "two"}, three = {0};
	struct arena arena;
	struct alike a;

	arena_init(&arena);
	alike_init(&a, &arena);
	add(&a, &one);
	add(&a, &one);
	assert_int_equal(a.groups.v[0].n, 1);
	add(&a, &two);
	add(&a, &three);
	assert_int_equal(a.groups.v[0].n, 2);
	assert_ptr_equal(a.groups.v[0].ends[0].ep, &one);
	assert_ptr_equal(a.groups.v[0].ends[1].ep, &two);
	arena_fini(&arena);
}

TEST(no_selector_and_no_named_port_tells_endpoints_of_equal_labels_apart)
{
	static const char *const labels[] = {"", "app=a", "app=b", "app=a,env=x", "ns:app=a"};
	static const char *const ports[] = {"", "http=tcp/80", "http=tcp/8080", "http=udp/80"};
	static const char *const selectors[] = {"", "app=a", "app!=a", "!env", "ns:app", "app=a;b"};
	enum { N = 30 };
	const struct ir_endpoint *eps[N];
	struct random r = {1};
	struct alike a;
	struct irb b;
	uint32_t group[N];

	irb_init(&b);
	alike_init(&a, &b.arena);
	for (int i = 0; i < N; i++) {
		char name[16];

		snprintf(name, sizeof(name), "e%02d", i);
		eps[i] =
			irb_endpoint(&b, name, random_pick(&r, labels), "", random_pick(&r, ports));
		alike_tell_labels(&a, eps[i]);
		group[i] = add(&a, eps[i]);
	}
	for (size_t k = 0; k < sizeof(selectors) / sizeof(*selectors); k++) {
		struct ir_selector sel = irb_selector(&b, selectors[k]);

		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++)
				assert_true(group[i] != group[j] ||
					    ir_selector_matches(&sel, eps[i]) ==
						    ir_selector_matches(&sel, eps[j]));
	}
	assert_in_range(a.groups.n, 2, N - 1);
	irb_fini(&b);
}

TEST(labels_and_ports_do_not_run_into_each_other)
{
	struct alike a;
	struct irb b;

	irb_init(&b);
	alike_init(&a, &b.arena);
	alike_tell_labels(&a, irb_endpoint(&b, "a", "app=x", "", ""));
	assert_int_equal(add(&a, NULL), 0);
	alike_tell_labels(&a, irb_endpoint(&b, "b", "app=x", "10.0.0.1", ""));
	assert_int_equal(add(&a, NULL), 0);
	alike_tell_labels(&a, irb_endpoint(&b, "c", "app=x", "", "http=tcp/80"));
	assert_int_equal(add(&a, NULL), 1);
	alike_tell_labels(&a, irb_endpoint(&b, "d", "app=x", "", ""));
	alike_tell(&a, 0);
	assert_int_equal(add(&a, NULL), 2);
	irb_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_numbered_in_the_order_of_their_first_ends),
		cmocka_unit_test(a_group_keeps_two_ends_only_if_they_are_two_endpoints),
		cmocka_unit_test(
			no_selector_and_no_named_port_tells_endpoints_of_equal_labels_apart),
		cmocka_unit_test(labels_and_ports_do_not_run_into_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
