/* SPDX-License-Identifier: Apache-2.0 */
/* Rule sets beside the interpreter, which asks PCRE2 about each entry. */
#include "compiler/l7/ruleset.h"

#include <stdio.h>
#include <string.h>

#include "compiler/eval.h"
#include "compiler/l7/flat.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/lib/random_request.h"
#include "tests/unit/unit.h"

static struct lang l;

static int setup(void **state)
{
	(void)state;
	lang_init(&l);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lang_fini(&l);
	return 0;
}

static const char *diagnostics(void)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&l.diag, &(struct diag_style){0}, &out);
	return arena_strdup(&l.arena, buf_str(&out));
}

struct rules {
	const struct ir_rule *v[8];
	size_t n;
};

/* The rules of a policy that allows what `text` says. */
static struct rules given(const char *text)
{
	const char *whole = arena_printf(
		&l.arena, "policy p for all { ingress {\n%s\n} }\nendpoint a { }\n", text);
	struct rules rules = {0};
	struct ir *ir;

	if (lang_read_text(&l, "test.pol", whole, strlen(whole), LANG_POL, LANG_INPUT) ||
	    ir_resolve(&l, &ir))
		fail_msg("%s\n%s", text, diagnostics());
	vec_each (struct ir_rule *, rule, &ir->rules) {
		assert_true(rules.n < 8);
		rules.v[rules.n++] = *rule;
	}
	return rules;
}

static const struct l7_ruleset *build(const struct rules *rules)
{
	struct l7_fault fault;
	const struct l7_ruleset *set = l7_ruleset_build(&l.arena, rules->v, rules->n, &fault);

	if (!set)
		fail_msg("'%s': %s", fault.pattern->text, fault.text);
	return set;
}

static struct ir_judgement interpret(const struct rules *rules, const struct ir_request *request)
{
	struct ir_judgement j = {0};

	for (size_t i = 0; i < rules->n; i++)
		ir_judge(&j, rules->v[i], request);
	return j;
}

static struct flat_text flat_text(const char *s)
{
	return (struct flat_text){s, s ? strlen(s) : 0};
}

static struct flat_request flat_request(const struct ir_request *r)
{
	struct flat_header_line *lines =
		arena_array(&l.arena, struct flat_header_line, r->headers.n + 1);

	for (size_t i = 0; i < r->headers.n; i++)
		lines[i] = (struct flat_header_line){flat_text(r->headers.v[i].name),
						     flat_text(r->headers.v[i].value)};
	return (struct flat_request){
		.method = flat_text(r->method),
		.path = flat_text(r->path),
		.host = flat_text(r->host),
		.headers = lines,
		.n_headers = r->headers.n,
		.api = flat_text(r->api),
		.topic = flat_text(r->topic),
		.client = flat_text(r->client),
	};
}

/* Whole files lie at a multiple of 8: in the arena. */
static const struct flat_header *write_flat(const struct l7_ruleset *set)
{
	_cleanup_buf_ struct buf out = {0};
	const char *fault = flat_write(set, &out);
	void *file;

	if (fault)
		fail_msg("%s", fault);
	file = arena_alloc(&l.arena, out.n);
	memcpy(file, out.s, out.n);
	fault = flat_check(file, out.n);
	if (fault)
		fail_msg("%s", fault);
	return file;
}

/* As the set says, the file says. */
static void hold_against(const struct flat_header *file, const struct ir_request *request,
			 const struct ir_judgement *wanted)
{
	struct flat_request asked = flat_request(request);
	const struct flat_entry *got = flat_judge(file, &asked);

	if (!wanted->entry) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_int_equal(got->rule, wanted->rule->id);
	assert_ptr_equal(&wanted->rule->l7.entries.v[got->index], wanted->entry);
	assert_int_equal(got->line, wanted->entry->loc.line);
	assert_int_equal(got->deny, wanted->entry->deny);
}

/* The entry that decides is denied by its line, or allowed: "allow 3", "deny 2", "-". */
static const char *judge(const struct rules *rules, const struct ir_request *request)
{
	const struct l7_ruleset *set = build(rules);
	struct ir_judgement wanted = interpret(rules, request),
			    got = l7_ruleset_judge(set, request);

	hold_against(write_flat(set), request, &wanted);
	assert_ptr_equal(wanted.entry, got.entry);
	assert_ptr_equal(wanted.rule, got.rule);
	assert_int_equal(wanted.passes, got.passes);
	if (!got.entry)
		return "-";
	return arena_printf(&l.arena, "%s %u", got.passes ? "allow" : "deny",
			    (unsigned)got.entry->loc.line - 2);
}

static struct ir_request http(const char *method, const char *path)
{
	return (struct ir_request){.kind = IR_REQUEST_HTTP, .method = method, .path = path};
}

static void add_header(struct ir_request *r, const char *name, const char *value)
{
	vec_push(&l.arena, &r->headers, (struct ir_header){name, value});
}

/* --- cases ------------------------------------------------------------------------------- */

TEST(the_first_entry_that_denies_decides_and_then_the_first_that_allows)
{
	struct rules rules = given("allow from all on tcp/80 http {\n"
				   "  GET \"/public/.*\"\n"
				   "  deny any \"/public/secret\"\n"
				   "  any \"/.*\" where header \"X-Token\" = \"t\"\n"
				   "}");
	struct ir_request r = http("GET", "/public/a?q=/secret");

	assert_string_equal(judge(&rules, &r), "allow 1");
	r.path = "/public/secret";
	assert_string_equal(judge(&rules, &r), "deny 2");
	r = http("POST", "/public/a");
	assert_string_equal(judge(&rules, &r), "-");
	add_header(&r, "x-token", "u");
	assert_string_equal(judge(&rules, &r), "-");
	add_header(&r, "X-TOKEN", "t");
	assert_string_equal(judge(&rules, &r), "allow 3");
}

TEST(each_condition_on_a_header_may_hold_of_another_of_its_values)
{
	struct rules rules =
		given("allow from all on tcp/80 http {\n"
		      "  any \"/\" where header \"A\" = \"1\" and header \"a\" =~ \"2+\"\n"
		      "}");
	struct ir_request r = http("GET", "/");

	add_header(&r, "a", "1");
	assert_string_equal(judge(&rules, &r), "-");
	add_header(&r, "A", "22");
	assert_string_equal(judge(&rules, &r), "allow 1");
}

TEST(a_character_that_changes_nothing_is_not_taken_for_a_part_of_one)
{
	struct rules rules = given("allow from all on tcp/80 http {\n"
				   "  any \"/\" where header \"A\" =~ \"a*ba*ca*\"\n"
				   "}");
	struct ir_request r = http("GET", "/");

	add_header(&r, "A", "abaca");
	assert_string_equal(judge(&rules, &r), "allow 1");
	r.headers.v[0].value = "abcad";
	assert_string_equal(judge(&rules, &r), "-");
}

TEST(values_that_are_sent_several_times_leave_what_any_of_them_does)
{
	struct rules rules =
		given("allow from all on tcp/80 http {\n"
		      "  any \"/\" where header \"A\" = \"1\" and header \"B\" = \"1\"\n"
		      "  any \"/\" where header \"B\" = \"2\" and header \"A\" = \"2\"\n"
		      "  any \"/\" where header \"C\" = \"1\"\n"
		      "}");
	struct ir_request r = http("GET", "/");

	add_header(&r, "a", "2");
	add_header(&r, "a", "1");
	add_header(&r, "a", "3");
	assert_string_equal(judge(&rules, &r), "-");
	add_header(&r, "b", "2");
	assert_string_equal(judge(&rules, &r), "allow 2");
	add_header(&r, "b", "1");
	assert_string_equal(judge(&rules, &r), "allow 1");
	r.headers.v[0].value = r.headers.v[1].value = "0";
	add_header(&r, "c", "0");
	assert_string_equal(judge(&rules, &r), "-");
	add_header(&r, "c", "1");
	assert_string_equal(judge(&rules, &r), "allow 3");
}

TEST(a_host_has_neither_port_nor_case_but_its_header_has)
{
	struct rules rules = given("allow from all on tcp/80 http {\n"
				   "  GET \"/a\" where host = \"Shop.example\"\n"
				   "  GET \"/b\" where host =~ \"[a-z]+\\.example\"\n"
				   "  GET \"/c\" where header \"Host\" = \"shop.example:80\"\n"
				   "}");
	struct ir_request r = http("GET", "/a");

	r.host = "shop.EXAMPLE:8080";
	assert_string_equal(judge(&rules, &r), "allow 1");
	r.path = "/b";
	assert_string_equal(judge(&rules, &r), "allow 2");
	r.path = "/c";
	assert_string_equal(judge(&rules, &r), "-");
	r.host = "shop.example:80";
	assert_string_equal(judge(&rules, &r), "allow 3");
	r.host = NULL;
	assert_string_equal(judge(&rules, &r), "-");
}

TEST(a_call_is_a_request_and_kafka_is_none)
{
	struct rules rules = given("allow from all on tcp/80 grpc {\n"
				   "  call \"shop.Cart/(Get|List)\"\n"
				   "}\n"
				   "allow from all on tcp/80 kafka {\n"
				   "  consume topic \"orders\"\n"
				   "  any topic \"logs\" client \"c\"\n"
				   "}");
	struct ir_request r = http("POST", "/shop.Cart/Get"),
			  k = {.kind = IR_REQUEST_KAFKA, .api = "Fetch", .topic = "orders"};

	assert_string_equal(judge(&rules, &r), "allow 1");
	r.method = "GET";
	assert_string_equal(judge(&rules, &r), "-");
	assert_string_equal(judge(&rules, &k), "allow 4");
	k.api = "produce";
	assert_string_equal(judge(&rules, &k), "-");
	k.topic = "logs";
	assert_string_equal(judge(&rules, &k), "-");
	k.client = "c";
	assert_string_equal(judge(&rules, &k), "allow 5");
	k.api = NULL;
	assert_string_equal(judge(&rules, &k), "allow 5");
}

/* --- size -------------------------------------------------------------------------------- */

TEST(expressions_that_do_not_go_together_are_parted)
{
	_cleanup_buf_ struct buf text = {0};
	struct ir_request r = http("GET", "/x/word3/y/word11/z");
	const struct l7_ruleset *set;
	struct rules rules;

	buf_puts(&text, "allow from all on tcp/80 http {\n");
	for (unsigned i = 0; i < 24; i++)
		buf_printf(&text, "  GET \"/.*word%u/.*\"\n", 23 - i);
	buf_puts(&text, "}");
	rules = given(buf_str(&text));
	set = build(&rules);
	assert_true(set->columns.n > 2 && set->columns.n < 24);
	assert_string_equal(judge(&rules, &r), "allow 13");
}

TEST(many_entries_are_judged_as_few_are)
{
	static const char *const values[] = {"0", "1", "2", "3"};
	_cleanup_buf_ struct buf text = {0};
	struct random dice = {1};
	const struct flat_header *file;
	struct rules rules;
	size_t decided = 0;

	buf_puts(&text, "allow from all on tcp/80 http {\n");
	for (unsigned i = 0; i < 150; i++)
		buf_printf(&text,
			   "  any \"/.*%s\" where header \"%c\" = \"%u\" and header \"%c\" =~ "
			   "\"[%u2]\"\n",
			   i < 100 ? "" : "x", "AB"[i % 2], i % 3, "CDE"[i % 5 % 3], i % 2);
	buf_puts(&text, "}");
	rules = given(buf_str(&text));
	file = write_flat(build(&rules));
	for (unsigned i = 0; i < 2000; i++) {
		struct ir_request r = http("GET", "/x");
		struct ir_judgement wanted;

		for (unsigned k = random_below(&dice, 8); k > 0; k--)
			add_header(&r,
				   arena_printf(&l.arena, "%c", "ABCDE"[random_below(&dice, 5)]),
				   random_pick(&dice, values));
		wanted = interpret(&rules, &r);
		hold_against(file, &r, &wanted);
		decided += wanted.entry != NULL;
	}
	assert_true(decided > 200 && decided < 1800);
}

TEST(a_hostile_expression_is_a_fault_with_its_place)
{
	struct rules rules = given("allow from all on tcp/80 http {\n"
				   "  GET \"/a\"\n"
				   "  GET \"/(a|b)*a(a|b){20}\"\n"
				   "}");
	struct l7_fault fault;

	assert_null(l7_ruleset_build(&l.arena, rules.v, rules.n, &fault));
	assert_int_equal(fault.pattern->value->loc.line, 4);
	assert_string_equal(fault.text,
			    "it would take too many states to judge every text at once");
}

/* --- files ------------------------------------------------------------------------------- */

static struct rules some_rules(void)
{
	return given("allow from all on tcp/80 http {\n"
		     "  GET \"/public/(a|b[0-9]+)/.*\" where header \"X\" =~ \"[0-9]+\"\n"
		     "  deny any \"/private\"\n"
		     "}");
}

TEST(what_is_no_whole_file_is_refused)
{
	static const struct {
		size_t at;
		const char *fault;
	} broken[] = {
		{0, "it is no rule set"},
		{offsetof(struct flat_header, version),
		 "it is a rule set of another version of polc"},
		{offsetof(struct flat_header, size), "it is not whole"},
		{offsetof(struct flat_header, n_entries), "its checksum is wrong"},
		{sizeof(struct flat_header), "its checksum is wrong"},
	};
	struct rules rules = some_rules();
	const struct flat_header *file = write_flat(build(&rules));
	size_t size = file->size;
	char *copy = arena_alloc(&l.arena, size);

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		memcpy(copy, file, size);
		copy[broken[i].at] ^= 1;
		assert_string_equal(flat_check(copy, size), broken[i].fault);
	}
	memcpy(copy, file, size);
	for (size_t n = 0; n < size; n++)
		assert_non_null(flat_check(copy, n));
}

TEST(the_same_rules_give_the_same_file)
{
	struct rules rules = some_rules();
	const struct flat_header *one = write_flat(build(&rules)),
				 *other = write_flat(build(&rules));

	assert_int_equal(one->size, other->size);
	assert_memory_equal(one, other, one->size);
}

TEST(a_hundred_rules_take_less_than_a_quarter_of_a_mebibyte)
{
	static const char *const forms[] = {
		"/api/v[0-9]+/%s/[0-9]+",
		"/%s/list/.*",
		"/store/items/%s/[a-z0-9-]+/detail",
		"/static/%s/.*\\.(js|css|png)",
		"/%s",
		"/files/(public|shared)/%s/[^/]+/meta",
		"/obj/%s-[0-9a-f]+(/.*)?",
	};
	_cleanup_buf_ struct buf text = {0};
	struct random dice = {1};
	struct rules rules;

	buf_puts(&text, "allow from all on tcp/80 http {\n");
	for (unsigned i = 0; i < 100; i++) {
		const char *form = random_pick(&dice, forms), *hole = strstr(form, "%s");

		buf_printf(&text, "GET \"%.*s", (int)(hole - form), form);
		for (unsigned k = 0; k < 12; k++)
			buf_putc(&text, (char)('a' + random_below(&dice, 26)));
		buf_printf(&text, "%s\"\n", hole + 2);
	}
	buf_puts(&text, "}");
	rules = given(buf_str(&text));
	print_message("# %u bytes\n", write_flat(build(&rules))->size);
	assert_true(write_flat(build(&rules))->size < 256 << 10);
}

/* --- random rules ------------------------------------------------------------------------ */

TEST(random_rule_sets_judge_random_requests_as_the_interpreter_does)
{
	struct campaign c = campaign_begin(300, 1);
	size_t n = 0, decided = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct random dice = {seed};
		struct rules rules = given(random_l7_rules(&dice, &l.arena));
		const struct l7_ruleset *set = build(&rules);
		const struct flat_header *file = write_flat(set);

		for (unsigned i = 0; i < 200; i++) {
			struct ir_request r = random_request(&dice, &l.arena);
			struct ir_judgement wanted = interpret(&rules, &r),
					    got = l7_ruleset_judge(set, &r);

			if (wanted.entry != got.entry || wanted.rule != got.rule ||
			    wanted.passes != got.passes)
				fail_msg("POLC_SEED=%llu, request %u: %s %s: line %u, not %u",
					 (unsigned long long)seed, i, r.method, r.path,
					 got.entry ? got.entry->loc.line : 0,
					 wanted.entry ? wanted.entry->loc.line : 0);
			hold_against(file, &r, &wanted);
			n++;
			decided += got.entry != NULL;
		}
		lang_fini(&l);
		lang_init(&l);
	}
	print_message("# %zu requests, an entry decided %zu\n", n, decided);
	assert_true(decided > n / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_first_entry_that_denies_decides_and_then_the_first_that_allows, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			each_condition_on_a_header_may_hold_of_another_of_its_values, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_character_that_changes_nothing_is_not_taken_for_a_part_of_one, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			values_that_are_sent_several_times_leave_what_any_of_them_does, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_host_has_neither_port_nor_case_but_its_header_has,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_call_is_a_request_and_kafka_is_none, setup,
						teardown),
		cmocka_unit_test_setup_teardown(expressions_that_do_not_go_together_are_parted,
						setup, teardown),
		cmocka_unit_test_setup_teardown(many_entries_are_judged_as_few_are, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_hostile_expression_is_a_fault_with_its_place,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_whole_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_rules_give_the_same_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_hundred_rules_take_less_than_a_quarter_of_a_mebibyte, setup, teardown),
		cmocka_unit_test_setup_teardown(
			random_rule_sets_judge_random_requests_as_the_interpreter_does, setup,
			teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
