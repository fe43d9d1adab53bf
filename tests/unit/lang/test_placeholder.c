/* SPDX-License-Identifier: Apache-2.0 */
/* Which placeholders make a template of what is wrong. */
#include "lang/yaml/k8s/placeholder.h"

#include <string.h>

#include "tests/unit/unit.h"

/* The syntax breaks at the '@'. */
static const struct {
	bool breaks;
	const char *text;
} texts[] = {
	{false, "a: b\n@"},
	{true, "{{ if x }}\na: b\n@"},
	{true, "  {%- if x -%}\na: b\n@"},
	{true, "<% if x %>\na: b\n@"},
	{true, "{# text #}\na: b\n@"},
	{true, "a: {{ x }}\nb@"},
	{true, "- {{ x }}\nb@"},
	{true, "a: [1, {{ x }}]\nb@"},
	/* Other text. */
	{false, "# {{ x }}\nb@"},
	{false, "a: b # {{ x }}\nb@"},
	{false, "a: \"{{ x }} \\\" {{ y }}\"\nb@"},
	{false, "a: '{{ x }}'\nb@"},
	{false, "a: as {{ x }} and ${X}\nb: ${X}\nb@"},
	{false, "a: |\n  {{ x }}\n\n  {{ y }}\nb@"},
	{false, "- a: >-\n    {{ x }}\n  b@"},
	{true, "- a: >2\n    text\n  b: {{ x }}\n  b@"},
	/* In the line itself quotes may be what breaks. */
	{true, "a: \"{{ f \"x\" }}\"@"},
	{true, "{a: ${X}@}"},
	{false, "a: b@ # {{ x }}"},
	/* Behind it. */
	{false, "@\n{{ x }}\n"},
	{false, ""},
};

TEST(only_what_breaks_the_syntax_makes_a_template)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *text = texts[i].text, *at = strchr(text, '@');
		size_t len = strlen(text);

		if ((placeholder_breaking(text, len, at ? at : text + len) != NULL) !=
		    texts[i].breaks)
			fail_msg("\"%s\"", text);
	}
}

static bool found_at(const char *text, uint32_t line, uint32_t col, uint32_t end_line,
		     uint32_t end_col)
{
	const struct loc at = {.line = line, .col = col, .end_line = end_line, .end_col = end_col};
	struct sources sources;
	struct arena arena;
	uint32_t file;
	bool found;

	arena_init(&arena);
	sources_init(&sources, &arena);
	file = sources_add(&sources, "t", text, strlen(text));
	found = placeholder_at(sources_get(&sources, file), at) != NULL;
	arena_fini(&arena);
	return found;
}

TEST(a_value_is_one_by_what_it_says_itself)
{
	static const char text[] = "a: $B # ${C}\nx: 'x'\ne: {f: $G}\n";

	assert_true(found_at(text, 1, 4, 1, 6));
	assert_false(found_at(text, 1, 1, 1, 2));
	assert_false(found_at(text, 1, 4, 1, 4));
	assert_true(found_at(text, 1, 4, 0, 0));
	assert_false(found_at(text, 2, 4, 2, 7));
	assert_false(found_at(text, 3, 4, 3, 11));
	assert_true(found_at(text, 3, 8, 3, 10));
	assert_false(found_at(text, 3, 12, 9, 9));
	assert_true(found_at("a: ${B", 1, 4, 2, 1));
}

/* Any part of a text is a text. */
TEST(no_text_is_too_short)
{
	static const char text[] = "a: \"{{ x\\\n- 'b: |\n\n  {% c # $(";

	for (size_t from = 0; from < sizeof(text); from++)
		for (size_t len = 0; from + len < sizeof(text); len++)
			for (size_t at = 0; at <= len; at++)
				placeholder_breaking(text + from, len, text + from + at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_breaks_the_syntax_makes_a_template),
		cmocka_unit_test(a_value_is_one_by_what_it_says_itself),
		cmocka_unit_test(no_text_is_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
