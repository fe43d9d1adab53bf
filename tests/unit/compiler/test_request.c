/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about requests: what the interpreter says of a flow from web to cart on tcp/80, and of a
 * request over it. */
#include <string.h>

#include "compiler/eval.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/lang.h"
#include "tests/unit/unit.h"
#include "verifier/flow/request.h"

#define INVENTORY                                                                                  \
	"endpoint web { labels { app = web } address 10.0.0.1 }\n"                                 \
	"endpoint cart { labels { app = cart } address 10.0.0.2 }\n"

/* A policy of cart with these rules. */
#define CART(name, rules) "policy " name " for { app = cart } { ingress {\n" rules "\n} }\n"
#define HTTP(entries)     "allow from all on tcp/80 http {\n" entries "\n}\n"

static struct lang l;
static struct ir *ir;

static int teardown(void **state)
{
	(void)state;
	lang_fini(&l);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	lang_init(&l);
	return 0;
}

static const char *diagnostics(void)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&l.diag, &(struct diag_style){0}, &out);
	return arena_strdup(&l.arena, buf_str(&out));
}

static int resolve(const char *text)
{
	const char *whole = arena_printf(&l.arena, "%s%s", text, INVENTORY);

	assert_int_equal(lang_read_text(&l, "test.pol", whole, strlen(whole), LANG_POL, LANG_INPUT),
			 0);
	return ir_resolve(&l, &ir);
}

static void given(const char *text)
{
	if (resolve(text))
		fail_msg("%s", diagnostics());
}

static const struct ir_request *request(const char *json)
{
	struct ir_request *out;
	json_error_t err;
	json_t *root = json_loads(json, 0, &err);

	if (!root)
		fail_msg("%s: %s", json, err.text);
	if (request_read_json(root, "request", &l.arena, &l.diag, &out))
		fail_msg("%s", diagnostics());
	json_decref(root);
	return out;
}

static enum ir_outcome outcome(const struct ir_request *req)
{
	struct ir_flow flow = {.proto = IR_PROTO_TCP, .port = 80, .request = req};

	ir_flow_between(&flow, ir_find_endpoint(ir, "web"), ir_find_endpoint(ir, "cart"));
	return ir_outcome_worse(ir_judge_dir(ir, &flow, IR_EGRESS, NULL),
				ir_judge_dir(ir, &flow, IR_INGRESS, NULL));
}

static void flow_is(enum ir_outcome want)
{
	assert_string_equal(ir_outcome_name(outcome(NULL)), ir_outcome_name(want));
}

static void expect(const char *json, enum ir_outcome want)
{
	enum ir_outcome got = outcome(request(json));

	if (got != want)
		fail_msg("%s: %s, but %s is right", json, ir_outcome_name(got),
			 ir_outcome_name(want));
}

static void passes(const char *json)
{
	expect(json, IR_OUTCOME_ALLOW);
}

static void fails(const char *json)
{
	expect(json, IR_OUTCOME_DENY);
}

#define GET(path)         "{\"method\": \"GET\", \"path\": \"" path "\"}"
#define GET_H(path, rest) "{\"method\": \"GET\", \"path\": \"" path "\", " rest "}"
#define HEADERS(list)     "\"headers\": [" list "]"
#define H(name, value)    "[\"" name "\", \"" value "\"]"
#define KAFKA(api, t, c)                                                                           \
	"{\"kafka\": {\"api\": \"" api "\", \"topic\": \"" t "\", \"client\": \"" c "\"}}"
#define GRPC(method) "{\"grpc\": \"" method "\"}"

/* --- which rules have a say --------------------------------------------------------------- */

TEST(a_rule_about_requests_leaves_the_flow_to_them)
{
	given(CART("p", HTTP("GET \"/a\"")));
	flow_is(IR_OUTCOME_REDIRECT);
	passes(GET("/a"));
	fails(GET("/b"));
}

TEST(a_plain_allow_of_the_same_rank_makes_them_moot)
{
	given(CART("p", HTTP("GET \"/a\"\ndeny any \"/b\"")) CART("q", "allow from all"));
	flow_is(IR_OUTCOME_ALLOW);
	passes(GET("/b"));
}

TEST(a_plain_allow_of_another_flow_does_not)
{
	given(CART("p", HTTP("GET \"/a\"")) CART("q", "allow from all on tcp/81"));
	flow_is(IR_OUTCOME_REDIRECT);
}

TEST(a_deny_rule_of_the_same_rank_wins)
{
	given(CART("p", HTTP("GET \"/a\"")) CART("q", "deny from { app = web }"));
	flow_is(IR_OUTCOME_DENY);
	fails(GET("/a"));
}

TEST(an_entry_of_any_policy_allows_and_a_deny_entry_of_any_denies)
{
	given(CART("p", HTTP("GET \"/a.*\"")) CART("q", HTTP("GET \"/b\"\ndeny any \"/a/x\"")));
	passes(GET("/a"));
	passes(GET("/b"));
	fails(GET("/a/x"));
	fails(GET("/c"));
}

TEST(deny_entries_alone_allow_nothing)
{
	given(CART("p", HTTP("deny any \"/a\"")));
	flow_is(IR_OUTCOME_REDIRECT);
	fails(GET("/b"));
}

TEST(a_request_that_is_not_named_falls_to_no_later_rank)
{
	given("policy p rank 1 for { app = cart } { ingress { " HTTP(
		"GET \"/a\"") " } }\n"
			      "policy q rank 2 for { app = cart } { ingress { allow from all } "
			      "}\n");
	flow_is(IR_OUTCOME_REDIRECT);
	fails(GET("/b"));
}

TEST(a_rule_of_an_earlier_rank_decides_before_requests_are_asked)
{
	given("policy p rank 2 for { app = cart } { ingress { " HTTP(
		"GET \"/a\"") " } }\n"
			      "policy q rank 1 for { app = cart } { ingress { allow from all } "
			      "}\n");
	flow_is(IR_OUTCOME_ALLOW);
}

TEST(entries_of_a_later_rank_are_not_asked)
{
	given("policy p rank 1 for { app = cart } { ingress { " HTTP(
		"GET \"/.*\"") " } }\n"
			       "policy q rank 2 for { app = cart } { ingress { " HTTP(
				       "deny any \"/b\"") " } }\n");
	passes(GET("/b"));
}

TEST(a_request_that_is_not_named_falls_to_no_later_tier)
{
	given("tier first before default { " CART("p", HTTP("GET \"/a\"")) " }\n" CART(
		"q", "allow from all"));
	flow_is(IR_OUTCOME_REDIRECT);
	passes(GET("/a"));
	fails(GET("/b"));
}

TEST(a_pass_of_the_same_rank_leaves_it_to_the_next_tier)
{
	given("tier first before default { " CART(
		"p", HTTP("GET \"/a\"") "pass from all") " }\n" CART("q", HTTP("GET \"/b\"")));
	passes(GET("/b"));
	fails(GET("/a"));
}

TEST(both_directions_must_let_a_request_pass)
{
	given(CART("p", HTTP("GET \"/a.*\"")) "policy q for { app = web } { egress { allow to all "
					      "on tcp/80 http { any \"/.*b\" } "
					      "} }\n");
	flow_is(IR_OUTCOME_REDIRECT);
	passes(GET("/ab"));
	fails(GET("/a"));
	fails(GET("/b"));
}

TEST(a_direction_that_denies_needs_no_request)
{
	given(CART("p", HTTP("GET \"/a\"")) "policy q for { app = web } { egress { } }\n");
	flow_is(IR_OUTCOME_DENY);
	fails(GET("/a"));
}

TEST(where_no_rule_asks_a_request_does_not_matter)
{
	given(CART("p", "allow from all on tcp/80"));
	passes(GET("/a"));
	passes(KAFKA("produce", "a", "b"));
}

TEST(a_flow_to_oneself_is_asked_nothing)
{
	struct ir_flow flow = {.proto = IR_PROTO_TCP, .port = 80};

	given(CART("p", HTTP("GET \"/a\"")));
	flow.request = request(GET("/b"));
	ir_flow_between(&flow, ir_find_endpoint(ir, "cart"), ir_find_endpoint(ir, "cart"));
	assert_int_equal(ir_judge_dir(ir, &flow, IR_INGRESS, NULL), IR_OUTCOME_ALLOW);
}

TEST(the_trace_names_the_entry_that_decides)
{
	struct ir_trace trace = {.arena = &l.arena};
	struct ir_flow flow = {.proto = IR_PROTO_TCP, .port = 80};
	const struct ir_step *step;

	given(CART("p", HTTP("GET \"/a.*\"")) CART("q", HTTP("GET \"/b\"\ndeny any \"/a/x\"")));
	flow.request = request(GET("/a/x"));
	ir_flow_between(&flow, ir_find_endpoint(ir, "web"), ir_find_endpoint(ir, "cart"));
	ir_judge_dir(ir, &flow, IR_INGRESS, &trace);
	step = &trace.steps.v[trace.steps.n - 1];
	assert_true(step->asks);
	assert_int_equal(step->matched.n, 2);
	assert_true(ir_step_asks(step, step->matched.v[0]));
	assert_string_equal(step->judgement.rule->policy->name, "q");
	assert_true(step->judgement.entry->deny);
}

/* --- what matches -------------------------------------------------------------------------- */

TEST(a_path_matches_as_a_whole_and_without_its_query)
{
	struct ir_request newline = {.kind = IR_REQUEST_HTTP, .method = "GET", .path = "/a/12\n"};

	given(CART("p", HTTP("GET \"/a/[0-9]+\"")));
	passes(GET("/a/12"));
	passes(GET("/a/12?x=/b"));
	fails(GET("/a/12/b"));
	fails(GET("/x/a/12"));
	fails(GET("/a/?12"));
	assert_int_equal(outcome(&newline), IR_OUTCOME_DENY);
}

TEST(an_alternative_is_no_way_around_the_whole)
{
	given(CART("p", HTTP("GET \"/a|/b\"")));
	passes(GET("/b"));
	fails(GET("/a/b"));
}

TEST(a_method_is_taken_as_it_is_written)
{
	given(CART("p", HTTP("GET \"/a\"\nany \"/b\"")));
	fails("{\"method\": \"get\", \"path\": \"/a\"}");
	fails("{\"method\": \"POST\", \"path\": \"/a\"}");
	passes("{\"method\": \"PURGE\", \"path\": \"/b\"}");
}

TEST(all_conditions_hold)
{
	given(CART("p", HTTP("GET \"/a\" where header \"X-A\" = \"1\" and host \"cart.shop\"")));
	passes(GET_H("/a", "\"host\": \"cart.shop\", " HEADERS(H("X-A", "1"))));
	fails(GET_H("/a", "\"host\": \"cart.shop\""));
	fails(GET_H("/a", HEADERS(H("X-A", "1"))));
}

TEST(a_header_is_known_in_any_case_and_has_each_of_its_values)
{
	given(CART("p", HTTP("GET \"/a\" where header \"X-A\" = \"one\"\n"
			     "GET \"/b\" where header \"X-A\" =~ \"[0-9]+\"")));
	passes(GET_H("/a", HEADERS(H("x-a", "two") "," H("x-A", "one"))));
	fails(GET_H("/a", HEADERS(H("x-a", "ONE"))));
	fails(GET_H("/a", HEADERS(H("x-a", "one,two"))));
	passes(GET_H("/b", HEADERS(H("X-A", "42"))));
	fails(GET_H("/b", HEADERS(H("X-A", "42a"))));
	fails(GET_H("/b", HEADERS(H("X-B", "42"))));
}

TEST(a_host_has_no_case_and_no_port)
{
	given(CART("p", HTTP("GET \"/a\" where host \"Cart.shop\"\n"
			     "GET \"/b\" where host =~ \"[a-z]+[.]Shop\"\n"
			     "GET \"/c\" where host \"[fd00::1]\"")));
	passes(GET_H("/a", "\"host\": \"CART.shop:8080\""));
	passes(GET_H("/a", HEADERS(H("Host", "cart.shop"))));
	fails(GET_H("/a", "\"host\": \"cart.shop.evil\""));
	passes(GET_H("/b", "\"host\": \"CART.SHOP:80\""));
	fails(GET_H("/b", "\"host\": \"1.shop\""));
	passes(GET_H("/c", "\"host\": \"[FD00::1]:80\""));
	passes(GET_H("/c", "\"host\": \"[fd00::1]\""));
}

TEST(a_call_is_the_post_request_that_it_is_on_the_wire)
{
	given(CART("p", "allow from all on tcp/80 grpc {\ncall \"a[.]Svc/.*\"\ndeny call "
			"\"a[.]Svc/Drop\"\n}"));
	passes(GRPC("a.Svc/Get"));
	fails(GRPC("a.Svc/Drop"));
	fails(GRPC("b.a.Svc/Get"));
	passes("{\"method\": \"POST\", \"path\": \"/a.Svc/Get\"}");
	fails(GET("/a.Svc/Get"));
}

TEST(a_call_is_asked_of_http_rules_as_well)
{
	given(CART("p", HTTP("POST \"/a[.]Svc/.*\"")));
	passes(GRPC("a.Svc/Get"));
	fails(GRPC("b.Svc/Get"));
}

TEST(kafka_rules_compare_verb_topic_and_client)
{
	given(CART("p", "allow from all on tcp/80 kafka {\nproduce topic \"orders\" client "
			"\"web\"\nconsume topic \"pric.s\"\nany topic \"all\"\n}"));
	passes(KAFKA("produce", "orders", "web"));
	passes(KAFKA("Produce", "orders", "web"));
	fails(KAFKA("produce", "orders", "other"));
	fails(KAFKA("fetch", "orders", "web"));
	passes(KAFKA("fetch", "pric.s", "x"));
	passes(KAFKA("consume", "pric.s", "x"));
	fails(KAFKA("fetch", "prices", "x"));
	passes(KAFKA("metadata", "all", "x"));
	fails("{\"kafka\": {\"api\": \"metadata\"}}");
	fails("{\"kafka\": {\"api\": \"produce\", \"topic\": \"orders\"}}");
}

TEST(a_request_of_another_kind_is_denied)
{
	given(CART("p", HTTP("any \".*\"")) CART("q", "allow from all on tcp/81 kafka {\nany topic "
						      "\"a\"\n}"));
	fails(KAFKA("produce", "a", "b"));
	passes(GET("/"));
}

/* --- what is refused ----------------------------------------------------------------------- */

static void refuses(const char *entry, const char *words, unsigned col)
{
	lang_fini(&l);
	lang_init(&l);
	assert_int_equal(
		resolve(arena_printf(&l.arena, CART("p", "allow from all on tcp/80 http {\n%s\n}"),
				     entry)),
		-22);
	assert_int_equal(l.diag.errors, 1);
	if (!strstr(l.diag.items.v[0]->text, words))
		fail_msg("'%s' is not in: %s", words, diagnostics());
	assert_string_equal(l.diag.items.v[0]->code, CODE_BAD_VALUE);
	assert_int_equal(l.diag.items.v[0]->loc.line, 3);
	assert_int_equal(l.diag.items.v[0]->loc.col, col);
}

TEST(what_re2_does_not_have_is_refused_at_its_place)
{
	refuses("GET \"(a)\\1\"", "back-references", 5);
	refuses("GET \"(?=a)b\"", "lookaround", 5);
	refuses("GET \"(?<!a)b\"", "lookaround", 5);
	refuses("GET \"(?>a)\"", "atomic", 5);
	refuses("GET \"[a[:b](?=x):]\"", "lookaround", 5);
	refuses("GET \"a++\"", "possessive", 5);
	refuses("GET \"a{2}+\"", "possessive", 5);
	refuses("GET \"(?R)\"", "recursion", 5);
	refuses("GET \"(?1)\"", "recursion", 5);
	refuses("GET \"(?(1)a)\"", "conditional", 5);
	refuses("GET \"(?C1)a\"", "after '(?' comes", 5);
	refuses("GET \"(*ACCEPT)a\"", "VERB", 5);
	refuses("GET \"a\\Cb\"", "no such escape", 5);
	refuses("GET \"\\Ga\"", "no such escape", 5);
	refuses("GET \"a\\Kb\"", "no such escape", 5);
	refuses("GET \"[\\R]\"", "no such escape", 5);
	refuses("GET \"a{,3}\"", "count", 5);
	refuses("GET \"a{1001}\"", "count", 5);
	refuses("GET \"((a{10}|b)+c{2}){101}\"", "inside of counts", 5);
	refuses("GET \"(?i)\\p{Lu}\"", "either case", 5);
	refuses("GET \"/\" where host =~ \"\\pL\"", "either case", 23);
	refuses("GET \"\\xf\"", "hexadecimal", 5);
}

TEST(what_does_not_parse_is_refused_at_its_place)
{
	refuses("GET \"(\"", "parenthesis", 5);
	refuses("GET \"[z-a]\"", "range", 5);
	refuses("GET \"*a\"", "quantifier", 5);
	refuses("GET \"\\p{Nothing}\"", "property", 5);
	refuses("GET \"/\" where header \"A\" =~ \"(\"", "parenthesis", 29);
	refuses("GET \"/\" where host \"a:80\"", "without its port", 20);
}

TEST(what_re2_has_is_taken)
{
	given(CART("p",
		   HTTP("GET \"/(?:a|(?P<n>b))\\d{2,}[[:alpha:]\\]]?\\x{2f}?\\Q.*\\E\\p{Greek}*"
			"(?i:X)\\z\"")));
	passes(GET("/a12b.*x"));
	passes(GET("/b12]/.*\xce\xb1X"));
	fails(GET("/a12ab.*x"));
}

TEST(an_expression_that_takes_too_long_lets_nothing_pass)
{
	_cleanup_buf_ struct buf path = {0};
	struct ir_request req = {.kind = IR_REQUEST_HTTP, .method = "GET"};

	for (int i = 0; i < 60; i++)
		buf_putc(&path, 'a');
	buf_putc(&path, 'b');
	req.path = buf_str(&path);
	given(CART("p", HTTP("GET \"(a|aa)+[cd]\"\nPOST \".*\"\n"
			     "deny POST \"(a|aa)+[cd]\"")));
	assert_int_equal(outcome(&req), IR_OUTCOME_DENY);
	req.method = "POST";
	assert_int_equal(outcome(&req), IR_OUTCOME_DENY);
}

TEST(whoever_knows_no_kafka_refuses_it_by_name)
{
	given(CART("p", "allow from all on tcp/9092 kafka {\nproduce topic \"orders\"\n}"));
	assert_true(ir_has_l7(ir));
	assert_int_equal(ir_refuse_kafka(ir, "polc build", &l.diag), -22);
	assert_int_equal(l.diag.errors, 1);
	assert_string_equal(l.diag.items.v[0]->code, CODE_NOT_SUPPORTED);
	assert_non_null(
		strstr(l.diag.items.v[0]->text, "polc build does not judge requests of Kafka yet"));
	assert_int_equal(l.diag.items.v[0]->loc.line, 2);
}

TEST(without_such_rules_nothing_is_refused)
{
	given(CART("p", "allow from all"));
	assert_false(ir_has_l7(ir));
	assert_int_equal(ir_refuse_kafka(ir, "polc build", &l.diag), 0);
}

TEST(nor_where_http_is_judged)
{
	given(CART("p", HTTP("GET \"/a\"")));
	assert_true(ir_has_l7(ir));
	assert_int_equal(ir_refuse_kafka(ir, "polc build", &l.diag), 0);
}

#define REQUEST_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REQUEST_TEST(a_rule_about_requests_leaves_the_flow_to_them),
		REQUEST_TEST(a_plain_allow_of_the_same_rank_makes_them_moot),
		REQUEST_TEST(a_plain_allow_of_another_flow_does_not),
		REQUEST_TEST(a_deny_rule_of_the_same_rank_wins),
		REQUEST_TEST(an_entry_of_any_policy_allows_and_a_deny_entry_of_any_denies),
		REQUEST_TEST(deny_entries_alone_allow_nothing),
		REQUEST_TEST(a_request_that_is_not_named_falls_to_no_later_rank),
		REQUEST_TEST(a_rule_of_an_earlier_rank_decides_before_requests_are_asked),
		REQUEST_TEST(entries_of_a_later_rank_are_not_asked),
		REQUEST_TEST(a_request_that_is_not_named_falls_to_no_later_tier),
		REQUEST_TEST(a_pass_of_the_same_rank_leaves_it_to_the_next_tier),
		REQUEST_TEST(both_directions_must_let_a_request_pass),
		REQUEST_TEST(a_direction_that_denies_needs_no_request),
		REQUEST_TEST(where_no_rule_asks_a_request_does_not_matter),
		REQUEST_TEST(a_flow_to_oneself_is_asked_nothing),
		REQUEST_TEST(the_trace_names_the_entry_that_decides),
		REQUEST_TEST(a_path_matches_as_a_whole_and_without_its_query),
		REQUEST_TEST(an_alternative_is_no_way_around_the_whole),
		REQUEST_TEST(a_method_is_taken_as_it_is_written),
		REQUEST_TEST(all_conditions_hold),
		REQUEST_TEST(a_header_is_known_in_any_case_and_has_each_of_its_values),
		REQUEST_TEST(a_host_has_no_case_and_no_port),
		REQUEST_TEST(a_call_is_the_post_request_that_it_is_on_the_wire),
		REQUEST_TEST(a_call_is_asked_of_http_rules_as_well),
		REQUEST_TEST(kafka_rules_compare_verb_topic_and_client),
		REQUEST_TEST(a_request_of_another_kind_is_denied),
		REQUEST_TEST(what_re2_does_not_have_is_refused_at_its_place),
		REQUEST_TEST(what_does_not_parse_is_refused_at_its_place),
		REQUEST_TEST(what_re2_has_is_taken),
		REQUEST_TEST(an_expression_that_takes_too_long_lets_nothing_pass),
		REQUEST_TEST(whoever_knows_no_kafka_refuses_it_by_name),
		REQUEST_TEST(without_such_rules_nothing_is_refused),
		REQUEST_TEST(nor_where_http_is_judged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
