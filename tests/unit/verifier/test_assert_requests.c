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
#include "tests/lib/random.h"
#include "tests/unit/unit.h"
#include "verifier/check/check.h"

enum { ROUNDS = 200, N_CLAIMS = 5 };

/* What became of the claims, so that none of these goes untested. */
struct seen {
	unsigned broken, failed, open, by_request;
};

/* --- random policies ---------------------------------------------------------------------------
 */

static const char *const peers[] = {"all",         "world",        "{ app = a }",
				    "{ app = b }", "{ app != a }", "{ env = x }"};
static const char *const subjects[] = {"{ app = a }", "{ app = b }", "all", "{ env = x }"};
static const char *const ports[] = {"", "tcp/80", "tcp/81", "tcp/80-81"};
static const char *const http[] = {
	"GET \"/a\"",
	"any \"/a/.*\"",
	"any \".*\"",
	"any \"/.*\"",
	"any \"/[ab].*\" where header \"A\" = \"1\"",
	"any \".*\" where header \"a\" = \"2\"",
	"POST \"/.*\" where header \"A\" =~ \"[0-9]\" and header \"B\" = \"x\"",
	"any \".*\" where header \"A\" = \"1\" and header \"a\" = \"2\"",
	"GET \"/b/c\" where host = \"h\"",
	"any \"[^/].*\"",
	"PUT \"/.*\"",
	"POST \"/p.S/M\"",
};
static const char *const grpc[] = {"call \"p.S/M\"", "call \".*\"", "call \"p\\.S/.*\""};
static const char *const kafka[] = {"produce topic \"orders\"", "any topic \"orders\"",
				    "consume topic \"prices\" client \"c\""};

static void put_entries(struct random *dice, bool denies, struct buf *out)
{
	static const struct {
		const char *kind;
		const char *const *entries;
		uint32_t n;
	} kinds[] = {{"http", http, sizeof(http) / sizeof(*http)},
		     {"http", http, sizeof(http) / sizeof(*http)},
		     {"http", http, sizeof(http) / sizeof(*http)},
		     {"grpc", grpc, sizeof(grpc) / sizeof(*grpc)},
		     {"kafka", kafka, sizeof(kafka) / sizeof(*kafka)}};
	uint32_t kind = random_below(dice, sizeof(kinds) / sizeof(*kinds));

	buf_printf(out, " %s {\n", kinds[kind].kind);
	for (uint32_t n = 1 + random_below(dice, 4); n; n--)
		buf_printf(out, "%s%s\n", denies && random_chance(dice, 25) ? "deny " : "",
			   kinds[kind].entries[random_below(dice, kinds[kind].n)]);
	buf_puts(out, "}");
}

static void put_rule(struct random *dice, bool ingress, struct buf *out)
{
	static const char *const actions[] = {"allow", "allow", "allow", "allow", "deny", "pass"};
	const char *action = random_pick(dice, actions), *port = random_pick(dice, ports);
	bool judges = strcmp(action, "allow") == 0 && random_chance(dice, 70);

	buf_printf(out, "%s %s %s", action, ingress ? "from" : "to", random_pick(dice, peers));
	if (judges && !*port)
		port = "tcp/80";
	if (*port)
		buf_printf(out, " on %s", port);
	if (judges)
		put_entries(dice, true, out);
	buf_putc(out, '\n');
}

static void put_section(struct random *dice, bool ingress, struct buf *out)
{
	buf_printf(out, "%s {\n", ingress ? "ingress" : "egress");
	for (uint32_t n = random_below(dice, 4); n; n--)
		put_rule(dice, ingress, out);
	buf_puts(out, "}\n");
}

static void put_policies(struct random *dice, const char *name, struct buf *out)
{
	for (uint32_t n = 1 + random_below(dice, 3); n; n--) {
		uint32_t sections = 1 + random_below(dice, 3);

		buf_printf(out, "policy %s%u ", name, n);
		if (random_chance(dice, 30))
			buf_printf(out, "rank %u ", 1 + random_below(dice, 2));
		buf_printf(out, "for %s {\n", random_pick(dice, subjects));
		if (sections & 1)
			put_section(dice, true, out);
		if (sections & 2)
			put_section(dice, false, out);
		buf_puts(out, "}\n");
	}
}

static void put_claims(struct random *dice, struct buf *out)
{
	static const char *const kinds[] = {"never", "always", "only"};

	for (unsigned i = 0; i < N_CLAIMS; i++) {
		const char *port = random_pick(dice, ports);

		buf_printf(out, "assert \"a%u\" { %s %s -> %s%s%s", i, random_pick(dice, kinds),
			   random_pick(dice, peers), random_pick(dice, peers), *port ? " on " : "",
			   port);
		if (*port && random_chance(dice, 60))
			put_entries(dice, false, out);
		buf_puts(out, " }\n");
	}
}

static const char inventory[] = "endpoint a1 { labels { app = a } address 10.0.0.1 }\n"
				"endpoint a2 { labels { app = a, env = x } address 10.0.0.2 }\n"
				"endpoint b1 { labels { app = b, env = x } address 10.0.0.3 }\n"
				"endpoint b2 { labels { app = b } address 10.0.0.4 }\n";

/* --- what the interpreter says ------------------------------------------------------------------
 */

struct oracle {
	struct lang lang;
	struct ir *ir;
	VEC(struct ir_request) requests;
	bool broken[N_CLAIMS];
};

static void add_http(struct oracle *o, const char *path)
{
	static const char *const methods[] = {"GET", "POST", "PUT"}, *const hosts[] = {NULL, "h"};
	static const char *const a[][2] = {{NULL}, {"1"}, {"2"}, {"1", "2"}}, *const b[] = {NULL,
											    "x"};

	for (unsigned i = 0; i < 3 * 4 * 2 * 2; i++) {
		struct ir_request r = {.kind = IR_REQUEST_HTTP,
				       .method = methods[i % 3],
				       .path = path,
				       .host = hosts[i / 3 % 2]};

		for (unsigned k = 0; k < 2; k++)
			if (a[i / 6 % 4][k])
				vec_push(&o->lang.arena, &r.headers,
					 (struct ir_header){"A", a[i / 6 % 4][k]});
		if (b[i / 24])
			vec_push(&o->lang.arena, &r.headers, (struct ir_header){"B", b[i / 24]});
		vec_push(&o->lang.arena, &o->requests, r);
	}
}

static void add_requests(struct oracle *o)
{
	static const char *const paths[] = {"/", "/a", "/a/c", "/b/c", "/p.S/M", "*"};
	static const char *const apis[] = {"produce", "fetch", "metadata"},
				 *const topics[] = {NULL, "orders", "prices"},
				 *const clients[] = {NULL, "c"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		add_http(o, paths[i]);
	for (unsigned i = 0; i < 3 * 3 * 2; i++)
		vec_push(&o->lang.arena, &o->requests,
			 (struct ir_request){.kind = IR_REQUEST_KAFKA,
					     .api = apis[i % 3],
					     .topic = topics[i / 3 % 3],
					     .client = clients[i / 9]});
}

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
	vec_each (const struct ir_request, request, &o->requests) {
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
	    (closed && lang_read_text(lang, "inventory.pol", inventory, strlen(inventory), LANG_POL,
				      LANG_INPUT)) ||
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
		put_policies(&dice, "f", &text);
		buf_puts(&text, "}\n");
	}
	put_policies(&dice, "p", &text);
	put_claims(&dice, &text);
	read_set(&o.lang, buf_str(&text), true, &o.ir);
	add_requests(&o);
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
