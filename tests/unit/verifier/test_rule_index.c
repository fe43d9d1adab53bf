/* SPDX-License-Identifier: Apache-2.0 */
/* The indexes of rules find exactly what a look at every rule does. */
#include "tests/unit/unit.h"

#include <string.h>

#include "compiler/ir.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "tests/lib/random.h"
#include "verifier/check/engine/index.h"
#include "verifier/check/engine/overlap.h"

enum { ROUNDS = 40, RULES = 60 };

static const char *const subjects[] = {"{ app = a }", "{ app in (a, b) }", "{ app = c, env = x }",
				       "{ env = y }", "all"};
static const char *const peers[] = {
	"{ app = a }", "{ app in (b, c) }",  "{ env = x }", "cidr 192.0.2.0/24", "all",
	"host",        "cidr 192.0.2.64/26", "{ app != a }"};
/* Ends of blocks of ports, ranges over some, and over too many. */
static const char *const ports[] = {"",
				    " on tcp/63",
				    " on tcp/64",
				    " on udp/64",
				    " on tcp/1-63",
				    " on tcp/60-70",
				    " on tcp/127-1000",
				    " on tcp/1000, udp/65535",
				    " on tcp/1-65535",
				    " on tcp/65500-65535",
				    " on tcp/http",
				    " on icmp",
				    " on udp"};

static void put_rules(struct random *r, struct buf *out)
{
	for (unsigned i = 0; i < RULES; i++)
		buf_printf(out, "policy p%u rank %u for %s { %s { %s %s %s%s } }\n", i,
			   random_below(r, 3), random_pick(r, subjects),
			   i % 3 ? "ingress" : "egress", random_chance(r, 30) ? "deny" : "allow",
			   i % 3 ? "from" : "to", random_pick(r, peers), random_pick(r, ports));
}

static void read_rules(struct random *r, struct lang *lang, struct ir **ir)
{
	_cleanup_buf_ struct buf text = {0}, said = {0};

	put_rules(r, &text);
	lang_init(lang);
	if (lang_read_text(lang, "rules.pol", text.s, text.n, LANG_POL, LANG_INPUT) ||
	    ir_resolve(lang, ir)) {
		diag_render_text(&lang->diag, &(struct diag_style){0}, &said);
		fail_msg("%s", buf_str(&said));
	}
}

static bool meet(const struct ir_rule *a, const struct ir_rule *b)
{
	return a != b && a->dir == b->dir && overlap_rules(a, b) &&
	       overlap_subjects(a->policy, b->policy);
}

static void hold_against_all(struct rule_index *x, const struct ir *ir, const struct ir_rule *rule,
			     struct arena *arena)
{
	struct rule_list found = {0};
	size_t n = 0;

	rule_index_meeting(x, rule->policy->tier, rule, arena, &found);
	vec_each (struct ir_rule *, other, &ir->rules) {
		if (!meet(*other, rule))
			continue;
		assert_true(n < found.n);
		assert_ptr_equal(found.v[n], *other);
		n++;
	}
	assert_int_equal(n, found.n);
}

TEST(the_rules_that_can_meet_one_are_found_in_order_and_no_others)
{
	struct random r = {.state = 1};

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct rule_index x;
		struct lang lang;
		struct ir *ir;

		read_rules(&r, &lang, &ir);
		rule_index_init(&x, ir, &lang.arena);
		vec_each (struct ir_rule *, rule, &ir->rules)
			hold_against_all(&x, ir, *rule, &lang.arena);
		lang_fini(&lang);
	}
}

TEST(a_common_subject_is_found_among_some_rules)
{
	struct random r = {.state = 2};
	bool answers[2] = {false, false};

	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct subject_index *x;
		struct rule_list some = {0};
		struct lang lang;
		struct ir *ir;

		read_rules(&r, &lang, &ir);
		while (some.n < i % 4)
			vec_push(&lang.arena, &some, ir->rules.v[random_below(&r, RULES)]);
		x = subject_index_new(&some, ir, &lang.arena);
		vec_each (struct ir_rule *, rule, &ir->rules) {
			bool found = subject_index_meets(x, *rule, &lang.arena), any = false;

			vec_each (const struct ir_rule *, other, &some)
				any |= overlap_subjects((*other)->policy, (*rule)->policy);
			assert_int_equal(found, any);
			answers[found] = true;
		}
		lang_fini(&lang);
	}
	assert_true(answers[0] && answers[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rules_that_can_meet_one_are_found_in_order_and_no_others),
		cmocka_unit_test(a_common_subject_is_found_among_some_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
