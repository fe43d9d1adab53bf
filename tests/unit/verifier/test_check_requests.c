/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of rules in policies that judge requests, against the interpreter: a rule that never
 * decides, changes nothing, or judges no request goes, and every flow between some endpoints and
 * ports is treated as before, with every request of a list. Tiers whose order matters are such that
 * a flow is not.
 */
#include <string.h>

#include "compiler/eval.h"
#include "compiler/ir/edit.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random_judging.h"
#include "tests/unit/unit.h"
#include "verifier/check/check.h"

enum { ROUNDS = 150, N_ENDS = 5, N_PORTS = 3 };

static const enum check_id told[] = {CHECK_ID_SHADOWED, CHECK_ID_REDUNDANT, CHECK_ID_MOOT_REQUESTS};
enum { N_TOLD = sizeof(told) / sizeof(*told) };

struct world {
	struct lang lang;
	struct ir *ir;
	struct judging_requests requests;
	struct ir_end ends[N_ENDS];
	const char *text;
};

static void read_file(struct world *w, const char *name, const char *text)
{
	if (lang_read_text(&w->lang, name, text, strlen(text), LANG_POL, LANG_INPUT))
		fail_msg("%s", text);
	w->text = arena_printf(&w->lang.arena, "%s\n%s:\n%s", w->text, name, text);
}

/* `second`: of another file. */
static void read_world(struct world *w, const char *policies, const char *second)
{
	lang_init(&w->lang);
	w->text = "";
	read_file(w, "in.pol", policies);
	read_file(w, "second.pol", second);
	read_file(w, "inventory.pol", judging_inventory);
	if (ir_resolve(&w->lang, &w->ir))
		fail_msg("%s", w->text);
	judging_add_requests(&w->lang.arena, &w->requests);
	assert_int_equal(w->ir->endpoints.n + 1, N_ENDS);
	for (size_t i = 0; i + 1 < N_ENDS; i++)
		w->ends[i] = ir_end_of(w->ir->endpoints.v[i], NET_V4);
	net_addr_parse("203.0.113.10", &w->ends[N_ENDS - 1].addr);
}

static struct ir_flow flow_of(const struct world *w, size_t i)
{
	static const uint16_t numbers[N_PORTS] = {80, 81, 82};

	return (struct ir_flow){.src = w->ends[i % N_ENDS],
				.dst = w->ends[i / N_ENDS % N_ENDS],
				.proto = IR_PROTO_TCP,
				.port = numbers[i / N_ENDS / N_ENDS]};
}

/* Is every flow treated alike in this direction? */
static bool are_alike(const struct world *w, const struct ir *other, enum ir_dir dir)
{
	for (size_t i = 0; i < N_ENDS * N_ENDS * N_PORTS; i++) {
		struct ir_flow flow = flow_of(w, i);
		enum ir_outcome outcome = ir_judge_dir(w->ir, &flow, dir, NULL);

		if (outcome != ir_judge_dir(other, &flow, dir, NULL))
			return false;
		for (size_t k = 0; outcome == IR_OUTCOME_REDIRECT && k < w->requests.list.n; k++) {
			flow.request = &w->requests.list.v[k];
			if (ir_judge_dir(w->ir, &flow, dir, NULL) !=
			    ir_judge_dir(other, &flow, dir, NULL))
				return false;
		}
	}
	return true;
}

static const struct ir *without(struct world *w, const struct ir_rule *rule)
{
	struct ir_policy **instead =
		arena_array(&w->lang.arena, struct ir_policy *, w->ir->policies.n);

	instead[rule->policy->id] =
		ir_policy_replace_rule(rule->policy, rule, NULL, &w->lang.arena);
	return ir_replace_policies(w->ir, instead, &w->lang.arena);
}

static const struct ir_rule *rule_at(const struct world *w, const struct loc *loc)
{
	vec_each (struct ir_rule *const, rule, &w->ir->rules)
		if ((*rule)->loc.file == loc->file && (*rule)->loc.line == loc->line &&
		    (*rule)->loc.col == loc->col)
			return *rule;
	return NULL;
}

static void try_finding(struct world *w, const struct diag_item *item, unsigned seen[CHECK_N])
{
	const struct ir_rule *rule = rule_at(w, &item->loc);

	for (size_t i = 0; i < N_TOLD; i++) {
		if (strcmp(item->code, check_get(told[i])->name) != 0)
			continue;
		seen[told[i]]++;
		/* Else it is about an entry. */
		if (rule && !are_alike(w, without(w, rule), rule->dir))
			fail_msg("line %u: %s\n%s", item->loc.line, item->text, w->text);
	}
	if (strcmp(item->code, check_get(CHECK_ID_AMBIGUOUS_ORDER)->name) == 0)
		seen[CHECK_ID_AMBIGUOUS_ORDER]++;
}

/* Whatever differs for a flow of the world the check must find, or leave open. */
static void try_order(struct world *w, const struct diag *diag)
{
	bool is_told = false, differs = false;

	vec_each (struct diag_item *const, item, &diag->items)
		is_told |= strcmp((*item)->code, check_get(CHECK_ID_AMBIGUOUS_ORDER)->name) == 0 ||
			   strcmp((*item)->code, check_get(CHECK_ID_UNDECIDED)->name) == 0;
	vec_each (const struct ir_open_order, order, &w->ir->open_orders) {
		const struct ir *other = ir_swap_order(w->ir, order, &w->lang.arena);

		for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++)
			differs |= !are_alike(w, other, dir);
	}
	if (differs && !is_told)
		fail_msg("the order of tiers matters, which is not told:\n%s", w->text);
}

static void check_world(struct world *w, unsigned seen[CHECK_N])
{
	struct check_result result;
	struct check_options options;

	check_options_init(&options);
	for (int id = 0; id < CHECK_N; id++)
		options.levels[id] = CHECK_OFF;
	for (size_t i = 0; i < N_TOLD; i++)
		options.levels[told[i]] = CHECK_WARNING;
	options.levels[CHECK_ID_CONFLICT] = CHECK_WARNING;
	options.levels[CHECK_ID_AMBIGUOUS_ORDER] = CHECK_WARNING;
	options.levels[CHECK_ID_ONE_SIDED] = CHECK_WARNING;
	options.levels[CHECK_ID_UNDECIDED] = CHECK_WARNING;
	if (check_run(w->ir, &options, &w->lang.diag, &result))
		fail_msg("%s\n%s", w->lang.diag.items.v[w->lang.diag.items.n - 1]->text, w->text);
	vec_each (struct diag_item *const, item, &w->lang.diag.items)
		try_finding(w, *item, seen);
	try_order(w, &w->lang.diag);
}

static void put_tier(struct random *dice, const char *name, struct buf *out)
{
	buf_printf(out, "tier %s before default {\n", name);
	judging_put_policies(dice, name, out);
	buf_puts(out, "}\n");
}

static void run_round(uint64_t seed, unsigned seen[CHECK_N])
{
	struct random dice = {.state = seed ^ 0x636865636b};
	_cleanup_buf_ struct buf text = {0}, second = {0};
	struct world w = {0};

	if (random_chance(&dice, 40))
		put_tier(&dice, "first", &text);
	if (random_chance(&dice, 40))
		put_tier(&dice, "second", &second);
	judging_put_policies(&dice, "p", &text);
	read_world(&w, buf_str(&text), buf_str(&second));
	check_world(&w, seen);
	lang_fini(&w.lang);
}

TEST(what_is_said_of_rules_holds_for_every_request)
{
	struct campaign c = campaign_begin(ROUNDS, 1);
	unsigned seen[CHECK_N] = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		run_round(seed, seen);
	for (size_t i = 0; i < N_TOLD; i++)
		print_message("# %s: %u\n", check_get(told[i])->name, seen[told[i]]);
	if (c.done < ROUNDS)
		return;
	for (size_t i = 0; i < N_TOLD; i++)
		assert_true(seen[told[i]] > 10);
	assert_true(seen[CHECK_ID_AMBIGUOUS_ORDER] > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_of_rules_holds_for_every_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
