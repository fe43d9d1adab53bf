/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections as tables tell them, where of the addresses that a table treats alike one speaks for
 * all, are those that the interpreter tells, which goes through every one: random policies with
 * prefixes that nest, touch and leave gaps.
 */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/space/suppose.h"
#include "lang/base/outlet.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/unit/irb.h"
#include "verifier/reach/connections/connections.h"

enum { N_WORLDS = 300, N_ENDPOINTS = 6 };

static void random_world(struct random *r, struct irb *b)
{
	static const char *const peers[] = {"cidr:192.0.2.0/24",
					    "cidr:192.0.2.0/25|cidr:192.0.2.128/25",
					    "cidr:192.0.2.0/24;198.51.100.0/24-192.0.2.64/26",
					    "cidr:0.0.0.0/0",
					    "cidr:192.0.0.0/8|cidr:2001:db8::/32",
					    "cidr:2001:db8:1::/48",
					    "cidr:::/0",
					    "pods:10.0.0.0/29",
					    "pods:10.0.0.4/30|cidr:10.0.0.0/8",
					    "sel:app=a",
					    "host",
					    "world",
					    "all"};
	static const char *const ports[] = {"tcp/80", "tcp/1-100", "udp/53", "", "icmp/8"};
	static const char *const subjects[] = {"app=a", "app=b", "", "app!=a"};

	irb_init(b);
	irb_draw_policies(b, r, IRB_TEXTS(subjects), IRB_TEXTS(peers), IRB_TEXTS(ports));
	for (unsigned i = 0; i < N_ENDPOINTS; i++) {
		static const char *const labels[] = {"app=a", "app=b", ""};
		static const char *const addrs[] = {"10.0.0.%u", "192.0.2.%u",
						    "10.0.0.%u,2001:db8::%u", ""};
		static const char *const nodes[] = {NULL, "n1", "n2"};
		char name[16], addr[64];
		struct ir_endpoint *ep;

		snprintf(name, sizeof(name), "e%u", i);
		snprintf(addr, sizeof(addr), random_pick(r, addrs), i, i);
		ep = irb_endpoint(b, name, random_pick(r, labels), addr, "");
		ep->host = random_chance(r, 20);
		ep->on_node = random_pick(r, nodes);
	}
}

static void render(struct irb *b, const struct cls *cls, struct buf *out)
{
	struct outlet outlet = {0};
	struct connections c;

	assert_int_equal(connections_find(&b->ir, cls, false, NULL, &b->arena, &b->diag, &c), 0);
	connections_render_json(&c, &outlet);
	*out = outlet.buf;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

TEST(tables_tell_the_connections_that_the_interpreter_tells)
{
	struct campaign c = campaign_begin(N_WORLDS, 1);
	uint64_t seed;
	size_t n_restricted = 0;

	while (campaign_next(&c, &seed)) {
		_cleanup_buf_ struct buf by_tables = {0}, by_interpreter = {0};
		struct random r = {seed};
		struct ir *ir;
		struct cls *cls;
		struct irb b;

		random_world(&r, &b);
		ir = &b.ir;
		space_suppose(&ir, 1);
		assert_int_equal(cls_build(ir, NULL, &b.arena, &b.diag, &cls), 0);
		render(&b, cls, &by_tables);
		render(&b, NULL, &by_interpreter);
		if (strcmp(buf_str(&by_tables), buf_str(&by_interpreter)) != 0)
			fail_msg("seed %" PRIu64 ":\n%s\n%s", seed, buf_str(&by_tables),
				 buf_str(&by_interpreter));
		n_restricted += count(buf_str(&by_tables), "\"if\":");
		irb_fini(&b);
	}
	/* Or nothing was looked at. */
	assert_true(n_restricted > c.done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_tell_the_connections_that_the_interpreter_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
