/* SPDX-License-Identifier: Apache-2.0 */
/* doc/language.md and the grammar say the same. */
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/fmt.h"
#include "lang/lang_internal.h"

static void read_source(const char *path, struct buf *out)
{
	const char *dir = getenv("POLC_SRCDIR");
	_cleanup_buf_ struct buf full = {0};

	buf_printf(&full, "%s/%s", dir ? dir : ".", path);
	assert_int_equal(buf_read_file(out, buf_str(&full), 1 << 20), 0);
}

/* The text between a fence of this kind and its end; NULL after the last. */
static char *next_block(const char **at, const char *fence)
{
	const char *start = strstr(*at, fence), *end;

	if (!start)
		return NULL;
	start = strchr(start, '\n') + 1;
	end = strstr(start, "```");
	assert_non_null(end);
	*at = end + 3;
	return strndup(start, (size_t)(end - start));
}

static struct ast_file *parse(struct lang *l, const char *text)
{
	static const struct diag_style style = {0};
	_cleanup_buf_ struct buf shown = {0};
	struct ast_file *file;

	lang_init(l);
	if (lang_parse_text(l, LOC_NONE, "language.md", text, strlen(text), LANG_POL, LANG_INPUT,
			    &file) == 0)
		return file;
	diag_render_text(&l->diag, &style, &shown);
	print_message("%s", buf_str(&shown));
	return NULL;
}

TEST(every_example_of_the_reference_parses)
{
	_cleanup_buf_ struct buf doc = {0};
	const char *at;
	size_t n = 0;
	char *block;

	read_source("doc/language.md", &doc);
	at = buf_str(&doc);
	for (; (block = next_block(&at, "```pol\n")); n++) {
		struct lang l;

		assert_non_null(parse(&l, block));
		lang_fini(&l);
		free(block);
	}
	assert_in_range(n, 10, 100);
}

TEST(every_example_of_the_reference_is_in_canonical_form)
{
	_cleanup_buf_ struct buf doc = {0};
	const char *at;
	char *block;

	read_source("doc/language.md", &doc);
	for (at = buf_str(&doc); (block = next_block(&at, "```pol\n"));) {
		_cleanup_buf_ struct buf text = {0};
		struct lang l;

		lang_fmt(parse(&l, block), &text);
		assert_string_equal(buf_str(&text), block);
		lang_fini(&l);
		free(block);
	}
}

TEST(every_keyword_stands_in_the_grammar_of_the_reference)
{
	static const char *const keywords[] = {
#define X(token, text, begins_item) "\"" text "\"",
#include "lang/pol/keywords.def"
#undef X
	};
	_cleanup_buf_ struct buf doc = {0};
	const char *at;
	char *grammar;

	read_source("doc/language.md", &doc);
	at = buf_str(&doc);
	grammar = next_block(&at, "```grammar\n");
	assert_non_null(grammar);
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (!strstr(grammar, keywords[i]))
			fail_msg("%s is missing", keywords[i]);
	free(grammar);
}

/* The rules that a text defines: the words at the start of a line before `sign`. */
static size_t rules(char *text, const char *sign, char *out[], size_t max)
{
	size_t n = 0;
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz_0123456789");
		const char *rest = line + len + strspn(line + len, " ");

		if (len && strncmp(rest, sign, strlen(sign)) == 0 && n < max)
			out[n++] = strndup(line, len);
	}
	return n;
}

static bool has(char *const list[], size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

TEST(the_reference_and_the_grammar_have_the_same_rules)
{
	enum { MAX = 200 };
	char *documented[MAX], *real[MAX], *grammar, *parser;
	_cleanup_buf_ struct buf doc = {0}, source = {0};
	size_t n_documented, n_real;
	const char *at;

	read_source("doc/language.md", &doc);
	read_source("lang/pol/parser.y", &source);
	at = buf_str(&doc);
	grammar = next_block(&at, "```grammar\n");
	n_documented = rules(grammar, "= ", documented, MAX);
	parser = strstr(source.s, "\n%%\n");
	assert_non_null(parser);
	*strstr(parser + 4, "\n%%\n") = '\0';
	n_real = rules(parser + 4, ":", real, MAX);
	assert_in_range(n_real, 50, MAX);
	for (size_t i = 0; i < n_real; i++)
		if (!has(documented, n_documented, real[i]))
			fail_msg("the reference lacks '%s'", real[i]);
	for (size_t i = 0; i < n_documented; i++)
		if (!has(real, n_real, documented[i]))
			fail_msg("the grammar has no '%s'", documented[i]);
	for (size_t i = 0; i < n_real; i++)
		free(real[i]);
	for (size_t i = 0; i < n_documented; i++)
		free(documented[i]);
	free(grammar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_of_the_reference_parses),
		cmocka_unit_test(every_example_of_the_reference_is_in_canonical_form),
		cmocka_unit_test(every_keyword_stands_in_the_grammar_of_the_reference),
		cmocka_unit_test(the_reference_and_the_grammar_have_the_same_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
