/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions over policies that judge requests, and those that name requests, against the
 * interpreter: every flow between some endpoints and ports, with every request of a list. A claim
 * that is said to hold is broken by none of them; where one is said to fail, check_run() puts its
 * witness to the interpreter.
 */
#include <string.h>

#include "compiler/eval.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random_judging.h"
#include "tests/unit/unit.h"
#include "verifier/check/check.h"

enum { ROUNDS = 200, N_CLAIMS = 5 };

/* What became of the claims, so that none of these goes untested. */
struct seen {
	unsigned broken, failed, open, by_request;
};

/* --- random claims ---------------------------------------------------------------------------
 */

static void put_claims(struct random *dice, struct buf *out)
{
	static const char *const kinds[] = {"never", "always", "only"};

	for (unsigned i = 0; i < N_CLAIMS; i++) {
		const char *port = judging_port(dice);

		buf_printf(out, "assert \"a%u\" { %s %s -> %s%s%s", i, random_pick(dice, kinds),
			   judging_peer(dice), judging_peer(dice), *port ? " on " : "", port);
		if (*port && random_chance(dice, 60))
			judging_put_entries(dice, false, out);
		buf_puts(out, " }\n");
	}
}

/* --- what the interpreter says ------------------------------------------------------------------
 */

struct oracle {
	struct lang lang;
	struct ir *ir;
	struct judging_requests requests;
	bool broken[N_CLAIMS];
};

/* The kinds of requests that rules judge over the flow in this direction, as bits. */
static unsigned judged_kinds(struct oracle *o, const struct ir_flow *flow, enum ir_dir dir)
{
	struct ir_trace trace = {.arena = &o->lang.arena};
	const struct ir_step *last;
	unsigned kinds = 0;

	if (ir_judge_dir(o->ir, flow, dir, &trace) != IR_OUTCOME_REDIRECT)
		return 0;
	last = &trace.steps.v[trace.steps.n - 1];
	vec_each (const struct ir_rule *const, rule, &last->matched)
		if (ir_step_asks(last, *rule))
			kinds |= 1u << ((*rule)->l7.kind == IR_L7_KAFKA ? IR_REQUEST_KAFKA
									: IR_REQUEST_HTTP);
	return kinds;
}

static enum ir_outcome outcome_of(const struct ir *ir, const struct ir_flow *flow)
{
	return ir_outcome_worse(ir_judge_dir(ir, flow, IR_EGRESS, NULL),
				ir_judge_dir(ir, flow, IR_INGRESS, NULL));
}

/* `asked`: the rules of the flow judge the kind of its request, or it has none. */
static void break_claims(struct oracle *o, const struct ir_flow *flow, bool asked,
			 enum ir_outcome outcome)
{
	for (size_t i = 0; i < N_CLAIMS; i++) {
		const struct ir_claim *claim = &o->ir->asserts.v[i]->claims.v[0];
		bool passes = outcome == IR_OUTCOME_ALLOW;

		if ((claim->l7.kind == IR_L7_NONE ? asked : flow->request != NULL) &&
		    ir_claim_covers(claim, flow))
			o->broken[i] |= passes == (ir_claim_wants(claim) == IR_VERDICT_DENY);
	}
}

static void try_flow(struct oracle *o, struct ir_flow *flow)
{
	enum ir_outcome outcome = outcome_of(o->ir, flow);
	unsigned kinds;

	if (outcome != IR_OUTCOME_REDIRECT)
		break_claims(o, flow, true, outcome);
	kinds = judged_kinds(o, flow, IR_EGRESS) | judged_kinds(o, flow, IR_INGRESS);
	vec_each (const struct ir_request, request, &o->requests.list) {
		flow->request = request;
		break_claims(o, flow, kinds >> request->kind & 1, outcome_of(o->ir, flow));
	}
	flow->request = NULL;
}

static void try_flows(struct oracle *o)
{
	static const uint16_t numbers[] = {80, 81, 82};
	struct ir_end ends[5] = {0};
	size_t n = o->ir->endpoints.n;

	for (size_t i = 0; i < n; i++)
		ends[i] = ir_end_of(o->ir->endpoints.v[i], NET_V4);
	net_addr_parse("203.0.113.10", &ends[n].addr);
	for (size_t i = 0; i < (n + 1) * (n + 1) * 3; i++) {
		struct ir_flow flow = {.src = ends[i % (n + 1)],
				       .dst = ends[i / (n + 1) % (n + 1)],
				       .proto = IR_PROTO_TCP,
				       .port = numbers[i / (n + 1) / (n + 1)]};

		if (flow.src.ep || flow.dst.ep)
			try_flow(o, &flow);
	}
}

/* --- what the check says ------------------------------------------------------------------------
 */

static void read_set(struct lang *lang, const char *policies, bool closed, struct ir **ir)
{
	lang_init(lang);
	if (lang_read_text(lang, "in.pol", policies, strlen(policies), LANG_POL, LANG_INPUT) ||
	    (closed && lang_read_text(lang, "inventory.pol", judging_inventory,
				      strlen(judging_inventory), LANG_POL, LANG_INPUT)) ||
	    ir_resolve(lang, ir))
		fail_msg("%s", policies);
}

static bool is_told(const struct diag *diag, const char *code, const struct ir *ir, size_t claim)
{
	const struct loc *loc = &ir->asserts.v[claim]->claims.v[0].loc;

	vec_each (struct diag_item *const, item, &diag->items)
		if (strcmp((*item)->code, code) == 0 && (*item)->loc.line == loc->line)
			return true;
	return false;
}

static void compare(const struct oracle *o, const struct lang *lang, const struct ir *ir,
		    const char *text, struct seen *seen)
{
	for (size_t i = 0; i < N_CLAIMS; i++) {
		bool failed = is_told(&lang->diag, "assert-failed", ir, i);
		bool open = is_told(&lang->diag, "undecided", ir, i);

		seen->broken += o->broken[i];
		seen->failed += failed;
		seen->open += open;
		if (o->broken[i] && !failed && !open)
			fail_msg("claim a%zu is broken, but said to hold:\n%s", i, text);
	}
}

static void check_set(const struct oracle *o, const char *text, bool closed, struct seen *seen)
{
	struct check_result result;
	struct check_options options;
	struct lang lang;
	struct ir *ir;

	read_set(&lang, text, closed, &ir);
	check_options_init(&options);
	for (int id = 0; id < CHECK_N; id++)
		if (id != CHECK_ID_ASSERT_FAILED && id != CHECK_ID_UNDECIDED)
			options.levels[id] = CHECK_OFF;
	if (check_run(ir, &options, &lang.diag, &result))
		fail_msg("%s\n%s", lang.diag.items.v[lang.diag.items.n - 1]->text, text);
	vec_each (struct diag_item *const, item, &lang.diag.items)
		seen->by_request += strstr((*item)->text, "a request ") != NULL;
	compare(o, &lang, ir, text, seen);
	lang_fini(&lang);
}

static void run_round(uint64_t seed, struct seen seen[2])
{
	struct random dice = {.state = seed ^ 0x72657175657374};
	_cleanup_buf_ struct buf text = {0};
	struct oracle o = {0};

	if (random_chance(&dice, 40)) {
		buf_puts(&text, "tier first before default {\n");
		judging_put_policies(&dice, "f", &text);
		buf_puts(&text, "}\n");
	}
	judging_put_policies(&dice, "p", &text);
	put_claims(&dice, &text);
	read_set(&o.lang, buf_str(&text), true, &o.ir);
	judging_add_requests(&o.lang.arena, &o.requests);
	try_flows(&o);
	check_set(&o, buf_str(&text), true, &seen[0]);
	check_set(&o, buf_str(&text), false, &seen[1]);
	lang_fini(&o.lang);
}

TEST(no_request_breaks_a_claim_that_is_said_to_hold)
{
	struct campaign c = campaign_begin(ROUNDS, 1);
	struct seen seen[2] = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		run_round(seed, seen);
	for (size_t i = 0; i < 2; i++)
		print_message("# %s: %u broken, %u failed, %u by a request, %u undecided\n",
			      i ? "open" : "closed", seen[i].broken, seen[i].failed,
			      seen[i].by_request, seen[i].open);
	if (c.done < ROUNDS)
		return;
	for (size_t i = 0; i < 2; i++) {
		assert_true(seen[i].by_request > 40);
		assert_in_range(seen[i].failed, 1, N_CLAIMS * ROUNDS - 100);
		assert_true(seen[i].open * 10 < N_CLAIMS * ROUNDS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_breaks_a_claim_that_is_said_to_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
