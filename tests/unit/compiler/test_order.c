/* SPDX-License-Identifier: Apache-2.0 */
/* The order of decision that everybody shares, against the interpreter, which has its own. */
#include "compiler/ir/order.h"

#include "compiler/eval.h"
#include "tests/unit/irb.h"
#include "tests/unit/unit.h"

TEST(tiers_come_before_ranks_and_ranks_before_actions)
{
	static const struct ir_precedence in_order[] = {
		{.tier = 0, .rank = 0, .action = IR_DENY},
		{.tier = 0, .rank = 0, .action = IR_PASS},
		{.tier = 0, .rank = 0, .action = IR_ALLOW},
		{.tier = 0, .rank = 1, .action = IR_DENY},
		{.tier = 0, .rank = UINT32_MAX, .action = IR_ALLOW},
		{.tier = 0, .end = true, .action = IR_DENY},
		{.tier = 1, .rank = 0, .action = IR_DENY},
		{.tier = UINT32_MAX, .rank = 0, .action = IR_DENY},
	};
	int n = sizeof(in_order) / sizeof(*in_order);

	for (int i = 0; i < n; i++) {
		for (int k = 0; k < n; k++) {
			int order = ir_precedence_cmp(&in_order[i], &in_order[k]);

			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
	}
}

/* Whom the interpreter lets decide where both match. */
static const struct ir_rule *decider(const struct irb *b, const struct ir_flow *flow)
{
	struct ir_trace trace = {.arena = b->ir.arena};

	ir_eval_dir(&b->ir, flow, IR_INGRESS, &trace);
	return trace.steps.v[0].rule;
}

TEST(of_two_rules_of_a_tier_the_interpreter_takes_the_one_that_comes_before)
{
	enum { N_ACTIONS = IR_PASS + 1, N_RANKS = 2, N = N_ACTIONS * N_RANKS };

	for (uint32_t i = 0; i < N * N; i++) {
		struct irb b;
		struct ir_rule *rules[2];
		struct ir_flow flow = {.proto = IR_PROTO_TCP, .port = 80};
		struct ir_policy *p;

		irb_init(&b);
		p = irb_policy(&b, b.tier, "p", "");
		for (uint32_t k = 0, n = i; k < 2; k++, n /= N)
			rules[k] = irb_rule(&b, p, IR_INGRESS, (enum ir_action)(n % N_ACTIONS),
					    n % N / N_ACTIONS, "all", "");
		flow.dst = ir_end_of(irb_endpoint(&b, "e", "", "10.0.0.1", ""), NET_V4);
		net_addr_parse("192.0.2.1", &flow.src.addr);
		if (ir_rule_cmp(&rules[0], &rules[1]) != 0)
			assert_ptr_equal(decider(&b, &flow),
					 rules[ir_rule_before(rules[1], rules[0])]);
		else
			assert_int_equal(rules[0]->action, rules[1]->action);
		irb_fini(&b);
	}
}

TEST(a_rule_of_an_earlier_tier_comes_before_one_of_a_lower_rank)
{
	struct irb b;
	struct ir_rule *early, *late;

	irb_init(&b);
	late = irb_rule(&b, irb_policy(&b, b.tier, "late", ""), IR_INGRESS, IR_DENY, 0, "all", "");
	early = irb_rule(&b, irb_policy(&b, irb_tier_before(&b, "first", IR_PASS), "early", ""),
			 IR_INGRESS, IR_ALLOW, 7, "all", "");
	assert_true(ir_rule_before(early, late));
	assert_false(ir_rule_before(late, early));
	assert_false(ir_rule_before(late, late));
	irb_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiers_come_before_ranks_and_ranks_before_actions),
		cmocka_unit_test(
			of_two_rules_of_a_tier_the_interpreter_takes_the_one_that_comes_before),
		cmocka_unit_test(a_rule_of_an_earlier_tier_comes_before_one_of_a_lower_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
