/* SPDX-License-Identifier: Apache-2.0 */
/* Ports are cut where rules can tell them apart, and nowhere else. */
#include "compiler/space/ports.h"

#include "compiler/eval.h"
#include "lang/base/buf.h"
#include "tests/lib/random.h"
#include "tests/unit/irb.h"
#include "tests/unit/unit.h"

static void assert_spans(const struct space_ports *s, uint16_t proto, const char *wanted)
{
	_cleanup_buf_ struct buf text = {0};
	struct space_spans spans = {0};

	space_ports_spans(s, proto, &spans);
	vec_each (const struct space_span, span, &spans.list)
		buf_printf(&text, "%s%u-%u", text.n ? " " : "", span->lo, span->hi);
	assert_string_equal(buf_str(&text), wanted);
}

TEST(what_nobody_cuts_is_one_interval)
{
	struct arena arena;
	struct space_ports s = {.arena = &arena};

	arena_init(&arena);
	for (int i = 0; i < SPACE_N_WIDE; i++)
		assert_spans(&s, space_protos[i], "0-65535");
	assert_spans(&s, SPACE_OTHER_PROTO, "0-0");
	assert_spans(&s, IR_PROTO_ANY, "0-0");
	arena_fini(&arena);
}

TEST(a_range_is_cut_from_what_is_before_and_behind_it)
{
	struct arena arena;
	struct space_ports s = {.arena = &arena};

	arena_init(&arena);
	space_cut_range(&s, IR_PROTO_TCP, 80, 90);
	space_cut_range(&s, IR_PROTO_TCP, 85, UINT16_MAX);
	space_cut_range(&s, IR_PROTO_TCP, 80, 80);
	space_cut_range(&s, IR_PROTO_UDP, 0, 52);
	space_cut_range(&s, SPACE_OTHER_PROTO, 0, 7);
	assert_spans(&s, IR_PROTO_TCP, "0-79 80-80 81-84 85-90 91-65535");
	assert_spans(&s, IR_PROTO_UDP, "0-52 53-65535");
	assert_spans(&s, IR_PROTO_SCTP, "0-65535");
	assert_spans(&s, SPACE_OTHER_PROTO, "0-0");
	space_cut_range(&s, IR_PROTO_ANY, 7, 7);
	assert_spans(&s, IR_PROTO_SCTP, "0-6 7-7 8-65535");
	assert_spans(&s, IR_PROTO_UDP, "0-6 7-7 8-52 53-65535");
	arena_fini(&arena);
}

TEST(only_ranges_of_a_rule_cut)
{
	struct irb b;
	struct space_ports s = {0};

	irb_init(&b);
	s.arena = &b.arena;
	space_cut_rule(&s, irb_rule(&b, irb_policy(&b, b.tier, "p", ""), IR_INGRESS, IR_ALLOW, 0,
				    "all", "tcp/80-90|tcp/http|udp|none|icmp/8/0"));
	assert_spans(&s, IR_PROTO_TCP, "0-79 80-90 91-65535");
	assert_spans(&s, IR_PROTO_UDP, "0-65535");
	assert_spans(&s, IR_PROTO_ICMP, "0-2047 2048-2048 2049-65535");
	irb_fini(&b);
}

/* Which of the rules match this port, as bits. */
static unsigned matching(const struct irb *b, uint16_t proto, uint32_t port)
{
	struct ir_flow flow = {.proto = proto, .port = (uint16_t)port};
	unsigned bits = 0;

	vec_each (struct ir_rule *, rule, &b->ir.rules)
		bits |= (unsigned)ir_rule_matches(*rule, &flow) << (*rule)->id;
	return bits;
}

static void assert_alike_within_spans(const struct irb *b, const struct space_ports *s,
				      uint16_t proto)
{
	struct space_spans spans = {0};

	space_ports_spans(s, proto, &spans);
	vec_each (const struct space_span, span, &spans.list) {
		unsigned wanted = matching(b, proto, span->lo);

		for (uint32_t at = span->lo; at <= span->hi; at++)
			assert_int_equal(matching(b, proto, at), wanted);
	}
}

TEST(within_an_interval_every_rule_matches_all_ports_or_none)
{
	static const char *const ports[] = {"tcp/80",      "tcp/443-500", "tcp", "udp/53",
					    "tcp/0-65535", "tcp/81-443",  "any", "icmp/3/1"};

	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct random r = {seed};
		struct irb b;
		struct space_ports s = {0};
		struct ir_policy *p;

		irb_init(&b);
		s.arena = &b.arena;
		p = irb_policy(&b, b.tier, "p", "");
		for (int i = 0; i < 5; i++)
			space_cut_rule(&s, irb_rule(&b, p, IR_INGRESS, IR_ALLOW, 0, "all",
						    random_pick(&r, ports)));
		for (int i = 0; i < SPACE_N_PROTOS; i++)
			assert_alike_within_spans(&b, &s, space_protos[i]);
		irb_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_cuts_is_one_interval),
		cmocka_unit_test(a_range_is_cut_from_what_is_before_and_behind_it),
		cmocka_unit_test(only_ranges_of_a_rule_cut),
		cmocka_unit_test(within_an_interval_every_rule_matches_all_ports_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
