/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions of requests beside RE2's own tests (suites/regex): what it refuses is refused
 * here, and what is taken here matches the same texts, by the interpreter's PCRE2 and by automata.
 * POLC_SUITES says where the suites are.
 */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/l7/dfa.h"
#include "compiler/regex.h"
#include "lang/base/buf.h"

/* Of each file, how many expressions may be refused that RE2 takes: braces and octal digits as
 * text, escapes that PCRE2 reads otherwise, repeated anchors. */
enum { MAX_REFUSED = 10 };

struct count {
	size_t asked, refused, wrong;
};

static void read_suite(const char *name, struct buf *out)
{
	const char *root = getenv("POLC_SUITES");
	char path[4096];

	snprintf(path, sizeof(path), "%s/regex/%s", root ? root : "", name);
	if (buf_read_file(out, path, 1u << 24)) {
		print_message("# no suite at %s (set POLC_SUITES)\n", path);
		skip();
	}
}

static const struct dfa *automaton(struct arena *arena, const char *text)
{
	struct dfa_limits limits = {.states = 10000, .steps = 100000000};
	const char *fault;
	const struct l7_node *tree = l7_parse(arena, text, false, &fault);

	return dfa_build(arena, &tree, 1, &limits);
}

/* texts: [[text, matches as a whole, matches somewhere]...] */
static void ask_texts(const struct regex *re, const struct dfa *dfa, const char *text,
		      json_t *texts, struct count *count)
{
	json_t *row;
	size_t i;

	json_array_foreach(texts, i, row)
	{
		json_t *s = json_array_get(row, 0);
		json_int_t wanted = json_integer_value(json_array_get(row, 1));
		enum regex_answer got =
			regex_match(re, json_string_value(s), json_string_length(s));
		size_t n = dfa_match(dfa, json_string_value(s), json_string_length(s))->n;

		count->asked++;
		if ((json_int_t)got == wanted && (json_int_t)n == wanted)
			continue;
		count->wrong++;
		print_message("# %s on '%s': %d, %zu\n", text, json_string_value(s), got, n);
	}
}

static void ask_line(const char *line, struct count *count)
{
	json_t *root = json_loads(line, 0, NULL);
	const char *text = json_string_value(json_object_get(root, "regex")), *fault;
	const struct regex *re;
	struct arena arena;

	assert_non_null(text);
	arena_init(&arena);
	re = regex_compile(&arena, text, false, &fault);
	count->refused += !re;
	if (re)
		ask_texts(re, automaton(&arena, text), text, json_object_get(root, "texts"), count);
	arena_fini(&arena);
	json_decref(root);
}

static void ask_file(const char *name)
{
	_cleanup_buf_ struct buf text = {0};
	struct count count = {0};

	read_suite(name, &text);
	for (char *line = strtok(text.s, "\n"); line; line = strtok(NULL, "\n"))
		ask_line(line, &count);
	print_message("# %s: %zu texts, %zu expressions refused\n", name, count.asked,
		      count.refused);
	assert_int_equal(count.wrong, 0);
	assert_true(count.asked > 0 && count.refused <= MAX_REFUSED);
}

TEST(what_re2_searches_matches_here)
{
	ask_file("re2-search.jsonl");
}

TEST(a_sample_of_what_re2_enumerates_matches_here)
{
	ask_file("re2-exhaustive-sample.jsonl");
}

TEST(what_rust_and_re2_agree_on_matches_here)
{
	ask_file("rust-regex.jsonl");
}

/* regex, valid in Go, valid in RE2, reason. */
static void ask_syntax(char *line, struct count *count)
{
	char *tab = strchr(line, '\t');
	bool valid = tab && strlen(tab) > 3 && tab[3] == '1', taken;
	struct arena arena;
	const char *fault;
	json_t *regex;

	if (!tab || strncmp(line, "hex:", 4) == 0)
		return;
	*tab = '\0';
	regex = json_loads(line, JSON_DECODE_ANY, NULL);
	if (!regex) /* the line of titles; a text with a zero byte */
		return;
	arena_init(&arena);
	taken = regex_compile(&arena, json_string_value(regex), false, &fault) != NULL;
	count->asked++;
	count->refused += valid && !taken;
	if (taken && !valid) {
		count->wrong++;
		print_message("# taken, and RE2 refuses it: %s\n", line);
	}
	arena_fini(&arena);
	json_decref(regex);
}

TEST(what_re2_refuses_is_refused_here)
{
	_cleanup_buf_ struct buf text = {0};
	struct count count = {0};

	read_suite("syntax.tsv", &text);
	for (char *line = strtok(text.s, "\n"); line; line = strtok(NULL, "\n"))
		ask_syntax(line, &count);
	print_message("# syntax.tsv: %zu expressions, %zu refused that RE2 takes\n", count.asked,
		      count.refused);
	assert_int_equal(count.wrong, 0);
	assert_true(count.asked > 0 && count.refused <= MAX_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_re2_searches_matches_here),
		cmocka_unit_test(a_sample_of_what_re2_enumerates_matches_here),
		cmocka_unit_test(what_rust_and_re2_agree_on_matches_here),
		cmocka_unit_test(what_re2_refuses_is_refused_here),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
