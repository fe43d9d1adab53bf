/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of an IR is judged by what was changed, and the original as ever. */
#include "compiler/ir/edit.h"

#include "compiler/eval.h"
#include "tests/unit/irb.h"
#include "tests/unit/unit.h"

/* Two tiers behind each other with a policy each; an endpoint, and a flow to it from outside. */
struct fixture {
	struct irb b;
	struct ir_tier *first, *second;
	struct ir_policy *allows, *denies;
	struct ir_flow flow;
};

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){.flow = {.proto = IR_PROTO_TCP, .port = 80}};
	irb_init(&f->b);
	f->first = irb_tier_before(&f->b, "first", IR_PASS);
	f->second = f->b.tier;
	f->allows = irb_policy(&f->b, f->first, "allows", "");
	irb_rule(&f->b, f->allows, IR_INGRESS, IR_ALLOW, 0, "all", "tcp/80");
	irb_rule(&f->b, f->allows, IR_EGRESS, IR_ALLOW, 0, "all", "");
	f->denies = irb_policy(&f->b, f->second, "denies", "");
	irb_rule(&f->b, f->denies, IR_INGRESS, IR_DENY, 0, "all", "");
	f->flow.dst = ir_end_of(irb_endpoint(&f->b, "e", "", "10.0.0.1", ""), NET_V4);
	net_addr_parse("192.0.2.1", &f->flow.src.addr);
}

static enum ir_verdict verdict(const struct fixture *f, const struct ir *ir)
{
	return ir_eval_dir(ir, &f->flow, IR_INGRESS, NULL);
}

static struct ir *replace(struct fixture *f, const struct ir_policy *policy,
			  const struct ir_rule *old, struct ir_rule *new)
{
	struct ir_policy *instead[2] = {0};

	instead[policy->id] = ir_policy_replace_rule(policy, old, new, &f->b.arena);
	return ir_replace_policies(&f->b.ir, instead, &f->b.arena);
}

TEST(a_rule_less_or_more_or_another_is_another_verdict_of_the_copy_alone)
{
	struct fixture f;
	const struct ir_rule *rule;
	struct ir_rule *strict;
	struct ir *without, *with;

	fixture_init(&f);
	rule = f.allows->rules[IR_INGRESS].v[0];
	strict = ir_rule_copy(rule, &f.b.arena);
	strict->action = IR_DENY;
	without = replace(&f, f.allows, rule, NULL);
	assert_int_equal(verdict(&f, without), IR_VERDICT_DENY);
	assert_int_equal(without->tiers.v[0]->policies.v[0]->rules[IR_EGRESS].n, 1);
	with = replace(&f, f.allows, NULL, strict);
	assert_int_equal(verdict(&f, with), IR_VERDICT_DENY);
	assert_int_equal(with->tiers.v[0]->policies.v[0]->rules[IR_INGRESS].n, 2);
	assert_int_equal(verdict(&f, replace(&f, f.allows, rule, strict)), IR_VERDICT_DENY);
	assert_int_equal(verdict(&f, &f.b.ir), IR_VERDICT_ALLOW);
	assert_int_equal(f.allows->rules[IR_INGRESS].n, 1);
	irb_fini(&f.b);
}

TEST(what_is_not_changed_is_shared)
{
	struct fixture f;
	struct ir *copy;

	fixture_init(&f);
	copy = replace(&f, f.allows, NULL, NULL);
	assert_ptr_not_equal(copy->tiers.v[0], f.first);
	assert_ptr_not_equal(copy->tiers.v[0]->policies.v[0], f.allows);
	assert_ptr_equal(copy->tiers.v[0]->policies.v[0]->rules[IR_INGRESS].v[0],
			 f.allows->rules[IR_INGRESS].v[0]);
	assert_ptr_equal(copy->tiers.v[1], f.second);
	assert_ptr_equal(copy->rules.v, f.b.ir.rules.v);
	irb_fini(&f.b);
}

TEST(a_copy_of_a_rule_has_lists_of_its_own)
{
	struct fixture f;
	const struct ir_rule *rule;
	struct ir_rule *copy;

	fixture_init(&f);
	rule = f.allows->rules[IR_INGRESS].v[0];
	copy = ir_rule_copy(rule, &f.b.arena);
	copy->ports.v[0].lo = copy->ports.v[0].hi = 81;
	copy->peers.v[0].entity = IR_ENTITY_NONE;
	vec_push(&f.b.arena, &copy->ports, copy->ports.v[0]);
	assert_int_equal(copy->id, rule->id);
	assert_int_equal(rule->ports.n, 1);
	assert_int_equal(rule->ports.v[0].lo, 80);
	assert_int_equal(rule->peers.v[0].entity, IR_ENTITY_ALL);
	irb_fini(&f.b);
}

TEST(policies_that_are_not_kept_say_nothing)
{
	struct fixture f;
	struct ir *copy;

	fixture_init(&f);
	copy = ir_keep_policies(&f.b.ir, (const struct ir_policy *[]){f.denies}, 1, &f.b.arena);
	assert_int_equal(copy->tiers.n, 1);
	assert_int_equal(copy->tiers.v[0]->id, f.second->id);
	assert_int_equal(verdict(&f, copy), IR_VERDICT_DENY);
	copy = ir_keep_policies(&f.b.ir, (const struct ir_policy *[]){f.allows, f.denies}, 2,
				&f.b.arena);
	assert_int_equal(copy->tiers.n, 2);
	assert_int_equal(verdict(&f, copy), IR_VERDICT_ALLOW);
	copy = ir_keep_policies(&f.b.ir, NULL, 0, &f.b.arena);
	assert_int_equal(verdict(&f, copy), IR_VERDICT_ALLOW);
	assert_int_equal(copy->tiers.n, 0);
	irb_fini(&f.b);
}

TEST(tiers_whose_order_is_open_can_stand_in_the_other)
{
	const struct ir_open_order order = {.runs = {{0, 1}, {1, 1}}};
	struct fixture f;
	struct ir *other;

	fixture_init(&f);
	other = ir_swap_order(&f.b.ir, &order, &f.b.arena);
	assert_ptr_equal(other->tiers.v[0], f.second);
	assert_ptr_equal(other->tiers.v[1], f.first);
	assert_int_equal(verdict(&f, other), IR_VERDICT_DENY);
	assert_int_equal(verdict(&f, &f.b.ir), IR_VERDICT_ALLOW);
	irb_fini(&f.b);
}

TEST(runs_of_several_tiers_move_whole_over_what_stands_between)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	static const char moved[] = "deabc";
	const struct ir_open_order order = {.runs = {{0, 2}, {3, 2}}};
	struct ir_tier tiers[5];
	struct arena arena;
	struct ir ir = {0};
	struct ir *other;

	arena_init(&arena);
	for (uint32_t i = 0; i < 5; i++) {
		tiers[i] = (struct ir_tier){.id = i, .name = names[i]};
		vec_push(&arena, &ir.tiers, &tiers[i]);
	}
	other = ir_swap_order(&ir, &order, &arena);
	assert_int_equal(other->tiers.n, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(other->tiers.v[i]->name[0], moved[i]);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_rule_less_or_more_or_another_is_another_verdict_of_the_copy_alone),
		cmocka_unit_test(what_is_not_changed_is_shared),
		cmocka_unit_test(a_copy_of_a_rule_has_lists_of_its_own),
		cmocka_unit_test(policies_that_are_not_kept_say_nothing),
		cmocka_unit_test(tiers_whose_order_is_open_can_stand_in_the_other),
		cmocka_unit_test(runs_of_several_tiers_move_whole_over_what_stands_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
