/* SPDX-License-Identifier: Apache-2.0 */
/* Automata of expressions, beside PCRE2, which the interpreter asks. */
#include "compiler/l7/dfa.h"

#include <stdio.h>
#include <string.h>

#include "compiler/regex.h"
#include "lang/base/buf.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/unit/unit.h"

static const struct dfa_limits usual = {.states = 20000, .steps = 50000000};

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static const struct dfa *build(const char *const *texts, size_t n, const struct dfa_limits *limits)
{
	const struct l7_node **trees = arena_array(&arena, const struct l7_node *, n);
	struct dfa_limits left = *limits;
	const char *fault;

	for (size_t i = 0; i < n; i++) {
		if (!regex_compile(&arena, texts[i], false, &fault))
			fail_msg("%s: %s", texts[i], fault);
		trees[i] = l7_parse(&arena, texts[i], false, &fault);
		if (!trees[i])
			fail_msg("%s: %s", texts[i], fault);
	}
	return dfa_build(&arena, trees, n, &left);
}

/* What the expressions match, as "0 2". */
static const char *matches(const struct dfa *dfa, const char *text)
{
	const struct dfa_accept *accept;
	struct buf out = {0};
	const char *copy;

	assert_non_null(dfa);
	accept = dfa_match(dfa, text, strlen(text));
	for (size_t i = 0; i < accept->n; i++)
		buf_printf(&out, "%s%u", i ? " " : "", accept->expressions[i]);
	copy = arena_strdup(&arena, buf_str(&out));
	buf_fini(&out);
	return copy;
}

/* Both have to say the same. */
static bool is_matched(const char *regex, const char *text)
{
	bool matched = *matches(build(&regex, 1, &usual), text) != '\0';
	const char *fault;
	const struct regex *re = regex_compile(&arena, regex, false, &fault);

	assert_int_equal(regex_match(re, text, strlen(text)), matched ? REGEX_YES : REGEX_NO);
	return matched;
}

/* --- cases ------------------------------------------------------------------------------- */

static const struct {
	const char *regex, *text;
	bool matched;
} cases[] = {
	/* the whole of it */
	{"/public/.*", "/public/", true},
	{"/public/.*", "/public/a/b", true},
	{"/public/.*", "/publi", false},
	{"/public/.*", "x/public/", false},
	{"", "", true},
	{"", "a", false},
	{"a|", "", true},
	/* lines */
	{".*", "a\nb", false},
	{"(?s).*", "a\nb", true},
	{"a$\n^b", "a\nb", false},
	{"(?m)a$\n^b", "a\nb", true},
	{"(?m:^)a", "a", true},
	{"\\Aa\\z", "a", true},
	{"a\\zb?", "ab", false},
	{"(^)*a", "a", true},
	{"(?m)a\n^", "a\n", true},
	/* edges of words */
	{"\\bfoo\\b", "foo", true},
	{"foo\\b.*", "foo-bar", true},
	{"foo\\b.*", "foobar", false},
	{"foo\\B.*", "foobar", true},
	{"\\b", "", false},
	{"\\B", "", true},
	{"(a\\b|b)*-?", "ab", false},
	{"(a\\b|-)*", "a-a", true},
	{"\xc3\xa9\\b\\w",
	 "\xc3\xa9"
	 "a",
	 true},
	/* characters, not bytes */
	{".", "\xc3\xa9", true},
	{"..", "\xc3\xa9", false},
	{"[^/]{3}", "\xe2\x82\xac/a", false},
	{"[^/]{3}",
	 "\xe2\x82\xac"
	 "ab",
	 true},
	{"[\xc3\xa0-\xc3\xaf]+", "\xc3\xa9\xc3\xaf", true},
	{"[\xc3\xa0-\xc3\xaf]+", "\xc3\xb0", false},
	{"[^\xc3\xa9]", "\xc3\xa8", true},
	{"[^\xc3\xa9]", "\xc3\xa9", false},
	{"[\\x{7f}-\\x{10000}]", "\xf0\x90\x80\x80", true},
	{"[\\x{7f}-\\x{10000}]", "\xf0\x90\x80\x81", false},
	{"\\x{1F600}", "\xf0\x9f\x98\x80", true},
	{"[[:^ascii:]]", "\xc2\x80", true},
	{"/a/", "/a/\xff", false},
	{".*", "\xc3", false},
	{"(?s).*", "\xed\xa0\x80", false}, /* a surrogate */
	/* classes */
	{"[]a]+", "]a", true},
	{"[^]a]", "]", false},
	{"[a-]+", "-a", true},
	{"[\\d-]+", "1-", true},
	{"[[:alpha:]_]+", "aZ_", true},
	{"[\\w.]+", "a_9.", true},
	{"[^\\w]", "_", false},
	{"[^\\W]", "_", true},
	{"\\S+", "a\vb", true},
	{"\\s", "\v", false},
	{"[[:space:]]", "\v", true},
	{"\\pN+", "1\xc2\xb2", true},
	{"\\p{Greek}+", "\xce\xb1\xce\xa9", true},
	{"\\P{Greek}+", "\xce\xb1", false},
	{"\\p{^Greek}", "a", true},
	{"[\\x00-\\x1f]", "\t", true},
	{"\\012", "\n", true},
	/* either case */
	{"(?i)GeT", "gEt", true},
	{"(?i)kelvin",
	 "\xe2\x84\xaa"
	 "elvin",
	 true},
	{"(?i)[^k]", "\xe2\x84\xaa", false},
	{"(?i)\xc3\xa9", "\xc3\x89", true},
	{"a(?i)b|c", "aB", true},
	{"a(?i)b|c", "C", true},
	{"a(?i)b|c", "Ab", false},
	{"(?i:a)b", "AB", false},
	{"(?i)\\w", "\xe2\x84\xaa", true},
	{"(?i)\\W", "\xe2\x84\xaa", false},
	{"(?i)[[:upper:]]", "\xc5\xbf", true},
	{"(?i)a(?-i)b", "AB", false},
	{"(?i)[a-c]+", "aBC", true},
	/* repetitions */
	{"a{2,3}", "a", false},
	{"a{2,3}", "aaa", true},
	{"a{2,3}", "aaaa", false},
	{"a{0}", "", true},
	{"(?:a{2}){3,}", "aaaaaaa", false},
	{"(?:a{2}){3,}", "aaaaaaaa", true},
	{"(a*)*b", "aab", true},
	{"a+?", "aaa", true},
	{"\\Qa.b\\E*", "a.bbb", true},
	{"\\Qa.b", "a.b", true},
	{"\\Qa.b", "axb", false},
};

TEST(a_text_matches_as_a_whole_or_not)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (is_matched(cases[i].regex, cases[i].text) != cases[i].matched)
			fail_msg("'%s' on '%s' is not %d", cases[i].regex, cases[i].text,
				 cases[i].matched);
}

TEST(one_automaton_tells_which_expressions_match)
{
	const char *const regexes[] = {"/a/.*", "/a/b", "/[ab]/.", "", "/a/b"};
	const struct dfa *dfa = build(regexes, 5, &usual);

	assert_string_equal(matches(dfa, "/a/b"), "0 1 2 4");
	assert_string_equal(matches(dfa, "/a/bc"), "0");
	assert_string_equal(matches(dfa, "/b/b"), "2");
	assert_string_equal(matches(dfa, ""), "3");
	assert_string_equal(matches(dfa, "/"), "");
}

/* --- size -------------------------------------------------------------------------------- */

TEST(states_that_nothing_tells_apart_are_one)
{
	const char *const regexes[] = {"(?:ab|ac|ad)x*", "a[bcd]x*"};
	const struct dfa *dfa = build(regexes, 1, &usual), *other = build(regexes + 1, 1, &usual);

	assert_int_equal(dfa->n_states, 4); /* the dead one, before a, before b, x */
	assert_int_equal(other->n_states, 4);
	assert_int_equal(dfa->n_classes, 5); /* a, bcd, x, tails, others */
}

TEST(characters_beyond_ascii_cost_nothing_where_none_is_told_from_another)
{
	const char *regex = "/[^/]+/.*";

	assert_int_equal(build(&regex, 1, &usual)->n_states, 5);
}

TEST(what_would_be_too_large_is_given_up_in_time)
{
	static const char *const hostile[] = {
		"(?:a|b)*a(?:a|b){20}",
		"(?:.*a){12}.*b.{30}",
		"(?:(?:\\pL{10}){10}){10}",
		"(?:[a-z]{500}|.*x){2}y.{600}",
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++)
		assert_null(build(&hostile[i], 1, &usual));
}

/* --- random expressions ---------------------------------------------------------------------- */

/* Letters that have three forms, edges of words and lines, characters of every length. */
static const char *const letters[] = {"a",        "b",
				      "k",        "K",
				      "s",        "_",
				      "-",        "/",
				      "\n",       "\v",
				      "\xc3\xa9", "\xe2\x84\xaa",
				      "\xc5\xbf", "\xf0\x9f\x98\x80"};
static const char *const atoms[] = {
	".",        "\\w",     "\\W",           "\\d",         "\\s",          "\\S",
	"[ab]",     "[^a]",    "[^\\w/]",       "[[:alpha:]]", "[[:^upper:]]", "[a-k]",
	"[\\s\\d]", "[^\\S]",  "[k-s\xc3\xa9]", "\\b",         "\\B",          "^",
	"$",        "\\A",     "\\z",           "(?m:^)",      "(?m:$)",       "(?s:.)",
	"\\Qa-\\E", "\\x{e9}", "\\/",           "(?i:k)",      "(?i:[^s])",    "()"};
static const char *const ends[] = {"*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "??"};

static void put_expression(struct random *dice, struct buf *out, unsigned depth)
{
	unsigned n = 1 + random_below(dice, 3);

	for (unsigned i = 0; i < n; i++) {
		bool group = depth && random_chance(dice, 25);

		if (i && random_chance(dice, 20))
			buf_putc(out, '|');
		if (group) {
			buf_puts(out, random_chance(dice, 15) ? "(?i:" : "(?:");
			put_expression(dice, out, depth - 1);
			buf_putc(out, ')');
		} else if (random_chance(dice, 50)) {
			const char *letter = random_pick(dice, letters);

			buf_puts(out, letter);
		} else {
			buf_puts(out, random_pick(dice, atoms));
		}
		if (random_chance(dice, 30))
			buf_puts(out, random_pick(dice, ends));
	}
}

static void put_text(struct random *dice, struct buf *out)
{
	unsigned n = random_below(dice, 6);

	for (unsigned i = 0; i < n; i++)
		buf_puts(out, random_pick(dice, letters));
}

struct drawn {
	const char *texts[4];
	const struct regex *regexes[4];
	size_t n;
};

/* Those that regex_compile() takes. */
static void draw_expressions(struct random *dice, struct drawn *d)
{
	d->n = 0;
	for (size_t i = 0; i < 4; i++) {
		_cleanup_buf_ struct buf text = {0};
		const char *fault;

		put_expression(dice, &text, 3);
		d->texts[d->n] = arena_strdup(&arena, buf_str(&text));
		d->regexes[d->n] = regex_compile(&arena, d->texts[d->n], false, &fault);
		d->n += d->regexes[d->n] != NULL;
	}
}

static void hold_against_pcre2(const struct drawn *d, const struct dfa *dfa, const char *text,
			       uint64_t seed)
{
	const struct dfa_accept *accept = dfa_match(dfa, text, strlen(text));

	for (size_t i = 0; i < d->n; i++) {
		enum regex_answer wanted = regex_match(d->regexes[i], text, strlen(text));
		bool found = false;

		for (size_t k = 0; k < accept->n; k++)
			found |= accept->expressions[k] == i;
		if (wanted != REGEX_UNSURE && found != (wanted == REGEX_YES))
			fail_msg("POLC_SEED=%llu: '%s' on '%s': PCRE2 says %d",
				 (unsigned long long)seed, d->texts[i], text, wanted);
	}
}

TEST(random_expressions_match_what_pcre2_matches)
{
	struct campaign c = campaign_begin(1500, 0.5);
	size_t taken = 0;
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		struct random dice = {seed};
		const struct dfa *dfa;
		struct drawn d;

		draw_expressions(&dice, &d);
		dfa = d.n ? build(d.texts, d.n, &usual) : NULL;
		for (unsigned i = 0; dfa && i < 60; i++) {
			_cleanup_buf_ struct buf text = {0};

			put_text(&dice, &text);
			hold_against_pcre2(&d, dfa, buf_str(&text), seed);
		}
		taken += dfa ? d.n : 0;
		arena_fini(&arena);
		arena_init(&arena);
	}
	print_message("# %zu expressions\n", taken);
	assert_true(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_matches_as_a_whole_or_not),
		cmocka_unit_test(one_automaton_tells_which_expressions_match),
		cmocka_unit_test(states_that_nothing_tells_apart_are_one),
		cmocka_unit_test(
			characters_beyond_ascii_cost_nothing_where_none_is_told_from_another),
		cmocka_unit_test(what_would_be_too_large_is_given_up_in_time),
		cmocka_unit_test(random_expressions_match_what_pcre2_matches),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
