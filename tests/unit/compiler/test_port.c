/* SPDX-License-Identifier: Apache-2.0 */
/* What ports ask of flows, aspect by aspect, against the interpreter, which goes by their kinds. */
#include "compiler/ir/port.h"

#include <string.h>

#include "compiler/eval.h"
#include "tests/unit/irb.h"
#include "tests/unit/unit.h"

/* A rule for each kind of port, and each variant of a kind. */
static const char *const ports[] = {
	"any",         "none",        "tcp",       "udp",      "icmp",    "tcp/80",
	"tcp/0",       "tcp/0-79",    "tcp/80-90", "tcp/web",  "udp/web", "tcp/dns",
	"tcp/0-65535", "tcp/1-65535", "icmp/8",    "icmp/3/4", "icmp6",   "tcp/gone",
};
enum { N_PORTS = sizeof(ports) / sizeof(*ports) };

static void make_rules(struct irb *b)
{
	struct ir_policy *p = irb_policy(b, b->tier, "p", "");

	for (size_t i = 0; i < N_PORTS; i++)
		irb_rule(b, p, IR_INGRESS, IR_ALLOW, 0, "all", ports[i]);
}

static const struct ir_port *port_of(const struct irb *b, size_t i)
{
	return &b->ir.rules.v[i]->ports.v[0];
}

static bool meets(const struct ir_port_aspects *a, const struct ir_flow *flow)
{
	const struct ir_endpoint *dst = flow->dst.ep;

	return ir_port_takes(a, flow->proto) && a->lo <= flow->port && flow->port <= a->hi &&
	       (a->name == INTERN_NONE ||
		(dst && !dst->host && ir_endpoint_port(dst, flow->proto, a->name) == flow->port));
}

static void check_flow(const struct irb *b, const struct ir_flow *flow)
{
	for (size_t i = 0; i < N_PORTS; i++) {
		struct ir_port_aspects a = ir_port_aspects(port_of(b, i));

		if (meets(&a, flow) != ir_rule_matches(b->ir.rules.v[i], flow))
			fail_msg("\"%s\" on %u of protocol %u: the interpreter does not agree",
				 ports[i], flow->port, flow->proto);
	}
}

static void check_flows_to(const struct irb *b, const struct ir_endpoint *dst)
{
	static const uint16_t protos[] = {IR_PROTO_TCP, IR_PROTO_UDP, IR_PROTO_ICMP, 47};
	static const uint16_t numbers[] = {0, 1, 53, 79, 80, 81, 90, 91, 772, 2048, 2303, 65535};
	struct ir_flow flow = {.dst.ep = dst};

	for (size_t i = 0; i < sizeof(protos) / sizeof(*protos); i++) {
		for (size_t j = 0; j < sizeof(numbers) / sizeof(*numbers); j++) {
			flow.proto = protos[i];
			flow.port = numbers[j];
			check_flow(b, &flow);
		}
	}
}

TEST(a_port_matches_the_flows_that_meet_all_its_aspects)
{
	struct irb b;
	struct ir_endpoint *host;

	irb_init(&b);
	make_rules(&b);
	check_flows_to(&b, NULL);
	check_flows_to(&b, irb_endpoint(&b, "d", "", "", ""));
	check_flows_to(&b, irb_endpoint(&b, "e", "", "", "web=tcp/80,web=udp/81,dns=udp/53"));
	host = irb_endpoint(&b, "f", "", "", "web=tcp/80");
	host->host = true;
	check_flows_to(&b, host);
	irb_fini(&b);
}

TEST(a_port_matches_whole_protocols_or_a_part_or_by_name_or_nothing)
{
	struct irb b;

	irb_init(&b);
	make_rules(&b);
	for (size_t i = 0; i < N_PORTS; i++) {
		struct ir_port_aspects a = ir_port_aspects(port_of(&b, i));
		bool nothing = strcmp(ports[i], "none") == 0;
		bool whole = !nothing && (!strchr(ports[i], '/') || strstr(ports[i], "/0-65535"));
		bool named = strstr(ports[i], "/web") || strstr(ports[i], "/dns") ||
			     strstr(ports[i], "/gone");

		assert_int_equal(a.nothing, nothing);
		assert_int_equal(ir_port_is_whole(&a), whole);
		assert_int_equal(ir_port_name(port_of(&b, i)) != INTERN_NONE, named);
		assert_int_equal(ir_port_is_part(&a), !nothing && !whole && !named);
	}
	irb_fini(&b);
}

/* The reader of texts refuses it, but other commands may still go on with the rest. */
TEST(a_range_that_ends_before_it_begins_has_nothing)
{
	const struct ir_port port = {
		.kind = IR_PORT_RANGE, .proto = IR_PROTO_TCP, .lo = 90, .hi = 80};
	struct ir_port_aspects a = ir_port_aspects(&port);

	assert_true(a.nothing);
	assert_false(ir_port_takes(&a, IR_PROTO_TCP));
	assert_false(ir_port_is_part(&a));
}

TEST(one_number_is_a_range_of_one)
{
	struct ir_port port = ir_port_of(IR_PROTO_UDP, 53);
	struct ir_port_aspects a = ir_port_aspects(&port);

	assert_true(ir_port_takes(&a, IR_PROTO_UDP));
	assert_false(ir_port_takes(&a, IR_PROTO_TCP));
	assert_int_equal(a.lo, 53);
	assert_int_equal(a.hi, 53);
}

TEST(ports_of_tcp_udp_and_sctp_have_names)
{
	assert_true(ir_proto_has_names(IR_PROTO_TCP));
	assert_true(ir_proto_has_names(IR_PROTO_UDP));
	assert_true(ir_proto_has_names(IR_PROTO_SCTP));
	assert_false(ir_proto_has_names(IR_PROTO_ICMP));
	assert_false(ir_proto_has_names(IR_PROTO_ANY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_matches_the_flows_that_meet_all_its_aspects),
		cmocka_unit_test(a_port_matches_whole_protocols_or_a_part_or_by_name_or_nothing),
		cmocka_unit_test(a_range_that_ends_before_it_begins_has_nothing),
		cmocka_unit_test(one_number_is_a_range_of_one),
		cmocka_unit_test(ports_of_tcp_udp_and_sctp_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
