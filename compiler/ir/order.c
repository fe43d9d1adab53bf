/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/order.h"

static int number_cmp(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static uint32_t strictness(enum ir_action action)
{
	static const uint32_t places[] = {[IR_DENY] = 0, [IR_PASS] = 1, [IR_ALLOW] = 2};

	_Static_assert(sizeof(places) / sizeof(*places) == IR_PASS + 1, "an action has no place");
	return places[action];
}

int ir_precedence_cmp(const struct ir_precedence *a, const struct ir_precedence *b)
{
	int order = number_cmp(a->tier, b->tier);

	if (!order)
		order = number_cmp(a->end, b->end);
	if (!order)
		order = number_cmp(a->rank, b->rank);
	return order ? order : number_cmp(strictness(a->action), strictness(b->action));
}

struct ir_precedence ir_rule_precedence(const struct ir_rule *rule)
{
	return (struct ir_precedence){
		.tier = rule->policy->tier->id, .rank = rule->rank, .action = rule->action};
}

bool ir_rule_before(const struct ir_rule *a, const struct ir_rule *b)
{
	return ir_rule_cmp(&a, &b) < 0;
}

int ir_rule_cmp(const void *a, const void *b)
{
	struct ir_precedence x = ir_rule_precedence(*(const struct ir_rule *const *)a);
	struct ir_precedence y = ir_rule_precedence(*(const struct ir_rule *const *)b);

	return ir_precedence_cmp(&x, &y);
}
