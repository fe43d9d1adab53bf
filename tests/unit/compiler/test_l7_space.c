/* SPDX-License-Identifier: Apache-2.0 */
/* Whether there is a request that some entries match and others do not. */
#include "compiler/l7/space.h"

#include <string.h>

#include "compiler/eval.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random_request.h"
#include "tests/unit/unit.h"

static struct lang l;
static struct l7_entries entries;
static const struct l7_space *space;

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

/* False: what is told apart is too much. */
static bool take(const char *text, uint32_t together)
{
	const char *whole = arena_printf(
		&l.arena, "policy p for all { ingress {\n%s\n} }\nendpoint a { }\n", text);
	const struct ir_rule *rules[8];
	struct l7_fault fault;
	struct ir *ir;

	if (lang_read_text(&l, "test.pol", whole, strlen(whole), LANG_POL, LANG_INPUT) ||
	    ir_resolve(&l, &ir))
		fail_msg("%s", text);
	for (size_t i = 0; i < ir->rules.n; i++)
		rules[i] = ir->rules.v[i];
	entries = (struct l7_entries){0};
	l7_take_entries(&l.arena, rules, ir->rules.n, &entries);
	space = l7_space_build(&l.arena, &entries, together, &fault);
	return space != NULL;
}

static void given(const char *text)
{
	assert_true(take(text, 1));
}

static l7_bits *bits(void)
{
	return arena_array(&l.arena, l7_bits, l7_bits_words(&entries));
}

/* "GET /a x: 1 host: h", or "-", or "?". Entries are numbered as they decide. */
static const char *find(uint32_t must, const char *never)
{
	l7_bits *m = bits(), *n = bits();
	_cleanup_buf_ struct buf out = {0};
	struct ir_request r;

	l7_bits_set(m, must);
	for (; *never; never++)
		l7_bits_set(n, (size_t)(*never - '0'));
	switch (l7_space_find(&l.arena, space, m, n, &r)) {
	case L7_NONE:
		return "-";
	case L7_UNDECIDED:
		return "?";
	case L7_FOUND:
		break;
	}
	if (r.kind == IR_REQUEST_KAFKA)
		buf_printf(&out, "%s %s %s", r.api ? r.api : "", r.topic, r.client ? r.client : "");
	else
		buf_printf(&out, "%s %s", r.method, r.path);
	vec_each (const struct ir_header, h, &r.headers)
		buf_printf(&out, " %s: %s", h->name, h->value);
	if (r.host)
		buf_printf(&out, " host: %s", r.host);
	return arena_strdup(&l.arena, buf_str(&out));
}

TEST(a_request_is_found_that_one_entry_matches_and_others_do_not)
{
	given("allow from all on tcp/80 http {\n"
	      "  GET \"/a/.*\"\n"
	      "  any \"/a/b.*\"\n"
	      "  GET \"/a/bc\"\n"
	      "}");
	assert_string_equal(find(0, "1"), "GET /a/");
	assert_string_equal(find(1, "0"), "a /a/b");
	assert_string_equal(find(0, "12"), "GET /a/");
	assert_string_equal(find(2, "0"), "-");
	assert_string_equal(find(2, "1"), "-");
}

TEST(entries_that_match_together_have_a_value_of_a_header_each)
{
	l7_bits *must, *never;
	struct ir_request r;

	assert_true(take("allow from all on tcp/80 http {\n"
			 "  any \"/a\" where header \"x\" = \"1\"\n"
			 "  any \"/.*\" where header \"X\" = \"2\"\n"
			 "  any \"/b\"\n"
			 "}",
			 2));
	must = bits();
	never = bits();
	l7_bits_set(must, 0);
	l7_bits_set(must, 1);
	assert_int_equal(l7_space_find(&l.arena, space, must, never, &r), L7_FOUND);
	assert_int_equal(r.headers.n, 2);
	l7_bits_set(must, 2);
	assert_int_equal(l7_space_find(&l.arena, space, must, never, &r), L7_NONE);
}

TEST(several_entries_together_can_take_all_of_one)
{
	given("allow from all on tcp/80 http {\n"
	      "  any \"/[a-m].*\"\n"
	      "  any \"/[n-z].*\"\n"
	      "  GET \"/[a-z]+\"\n"
	      "  GET \"/[a-z]*\"\n"
	      "}");
	assert_string_equal(find(2, "01"), "-");
	assert_string_equal(find(2, "0"), "GET /n");
	assert_string_equal(find(3, "01"), "GET /");
}

TEST(headers_and_hosts_are_told_apart)
{
	given("allow from all on tcp/80 http {\n"
	      "  GET \"/\" where header \"X\" =~ \"[0-9]+\"\n"
	      "  GET \"/\" where header \"x\" = \"7\"\n"
	      "  GET \"/\" where host =~ \".*\\.shop\"\n"
	      "  GET \"/\" where host =~ \".*shop\" and header \"x\" = \"7\" and header \"x\" = "
	      "\"8\"\n"
	      "}");
	assert_string_equal(find(0, "1"), "GET / x: 0");
	assert_string_equal(find(1, "0"), "-");
	assert_string_equal(find(2, "0"), "GET / host: .shop");
	assert_string_equal(find(3, "2"), "GET / x: 8 x: 7 host: shop");
	assert_string_equal(find(3, "1"), "-");
}

TEST(kafka_and_http_have_nothing_in_common)
{
	given("allow from all on tcp/80 kafka {\n"
	      "  consume topic \"t\"\n"
	      "  any topic \"t\" client \"c\"\n"
	      "}\n"
	      "allow from all on tcp/80 grpc {\n"
	      "  call \"a\\.B/C\"\n"
	      "}");
	assert_string_equal(find(0, "12"), "fetch t ");
	assert_string_equal(find(1, "02"), " t c");
	assert_string_equal(find(2, "01"), "POST /a.B/C");
}

TEST(what_speaks_of_the_host_twice_is_no_wrong_answer)
{
	given("allow from all on tcp/80 http {\n"
	      "  GET \"/\" where host = \"a\" and header \"Host\" = \"b\"\n"
	      "  GET \"/\" where host = \"a\" and header \"Host\" = \"a:80\"\n"
	      "}");
	assert_string_equal(find(0, ""), "?");
	assert_string_equal(find(1, ""), "GET / host: a:80");
}

/* --- random rules ------------------------------------------------------------------------ */

static bool is_matched(uint32_t i, const struct ir_request *r)
{
	const struct l7_entry *e = &entries.list.v[i];

	return ir_entry_matches(e->rule->l7.kind, e->entry, r);
}

struct question {
	uint32_t must;
	l7_bits *never;
};

static bool is_answer(const struct question *q, const struct ir_request *r)
{
	if (!is_matched(q->must, r))
		return false;
	for (uint32_t i = 0; i < entries.list.n; i++)
		if (l7_bits_has(q->never, i) && is_matched(i, r))
			return false;
	return true;
}

static struct question draw_question(struct random *dice)
{
	struct question q = {random_below(dice, (uint32_t)entries.list.n), bits()};
	unsigned percent = 10 + random_below(dice, 60);

	for (uint32_t i = 0; i < entries.list.n; i++)
		if (i != q.must && random_chance(dice, percent))
			l7_bits_set(q.never, i);
	return q;
}

TEST(what_is_found_is_right_and_what_is_not_is_nowhere)
{
	struct campaign c = campaign_begin(200, 0.5);
	size_t found = 0, none = 0, undecided = 0, refused = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct random dice = {seed};

		bool taken = take(random_l7_rules(&dice, &l.arena), 1);

		refused += !taken;
		for (unsigned i = 0; taken && i < 8; i++) {
			struct question q = draw_question(&dice);
			l7_bits *must = bits();
			struct ir_request r;
			enum l7_answer answer;

			l7_bits_set(must, q.must);
			answer = l7_space_find(&l.arena, space, must, q.never, &r);
			found += answer == L7_FOUND;
			undecided += answer == L7_UNDECIDED;
			none += answer == L7_NONE;
			if (answer == L7_FOUND && !is_answer(&q, &r))
				fail_msg("POLC_SEED=%llu: %s %s is none", (unsigned long long)seed,
					 r.method, r.path);
			for (unsigned k = 0; answer == L7_NONE && k < 60; k++) {
				r = random_request(&dice, &l.arena);
				if (*r.path == '/' && is_answer(&q, &r))
					fail_msg("POLC_SEED=%llu: %s %s, host %s, is one",
						 (unsigned long long)seed, r.method, r.path,
						 r.host ? r.host : "-");
			}
		}
		lang_fini(&l);
		lang_init(&l);
	}
	print_message("# found %zu, none %zu, undecided %zu; %zu rule sets refused\n", found, none,
		      undecided, refused);
	if (c.done >= 10) /* of one or two, chance may bring nothing */
		assert_true(found && none && undecided < (found + none) / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_request_is_found_that_one_entry_matches_and_others_do_not, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			entries_that_match_together_have_a_value_of_a_header_each, setup, teardown),
		cmocka_unit_test_setup_teardown(several_entries_together_can_take_all_of_one, setup,
						teardown),
		cmocka_unit_test_setup_teardown(headers_and_hosts_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(kafka_and_http_have_nothing_in_common, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_speaks_of_the_host_twice_is_no_wrong_answer,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_found_is_right_and_what_is_not_is_nowhere,
						setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
