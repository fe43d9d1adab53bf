/* SPDX-License-Identifier: Apache-2.0 */
/* doc/checks.md: every check has a section, every example fires its check and no other, and
 * every repaired example is quiet. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "verifier/check/check.h"

struct section {
	int id; /* of the check; -1: another section */
	int examples, repaired;
};

static void read_page(struct buf *out)
{
	const char *dir = getenv("POLC_SRCDIR");
	_cleanup_buf_ struct buf path = {0};

	buf_printf(&path, "%s/doc/checks.md", dir ? dir : ".");
	assert_int_equal(buf_read_file(out, buf_str(&path), 1 << 20), 0);
}

/* An example may be of two files; a comment says where the second begins, and whether it is the
 * inventory. */
static int read_files(struct lang *lang, const char *text, enum lang_syntax syntax)
{
	const char *inventory = strstr(text, "# the inventory: polc check -i\n");
	const char *second = inventory ? inventory : strstr(text, "# another file\n");
	size_t n = second ? (size_t)(second - text) : strlen(text);
	int r = lang_read_text(lang, "example", text, n, syntax, LANG_INPUT);

	if (second)
		r |= lang_read_text(lang, "example-2", second, strlen(second), syntax,
				    inventory ? LANG_INVENTORY : LANG_INPUT);
	return r;
}

/* Checks one example; shows all that was said if it is not what the page promises. */
static void run_example(const struct buf *text, enum lang_syntax syntax, int id, bool repaired)
{
	struct check_options options;
	struct check_result result = {0};
	struct lang lang;
	struct ir *ir;
	size_t others = 0;

	lang_init(&lang);
	check_options_init(&options);
	if (read_files(&lang, buf_str(text), syntax) == 0 && ir_resolve(&lang, &ir) == 0)
		check_run(ir, &options, &lang.diag, &result);
	for (int i = 0; i < CHECK_N; i++)
		others += i == id ? 0 : result.findings[i];
	if (lang.diag.errors > result.findings[id] || others ||
	    (result.findings[id] == 0) != repaired) {
		_cleanup_buf_ struct buf out = {0};

		diag_render_text(&lang.diag, &(struct diag_style){0}, &out);
		fail_msg("%s %s example:\n%s\n%s", repaired ? "repaired" : "firing",
			 check_get((enum check_id)id)->name, buf_str(text), buf_str(&out));
	}
	lang_fini(&lang);
}

/* "## `conflict`" */
static int parse_heading(const char *line)
{
	char name[64];

	return sscanf(line, "## `%63[a-z0-9-]`", name) == 1 ? check_find(name) : -1;
}

/* Reads the block that `line` opens to its end, and runs it if it is an example. */
static void visit_block(const char *line, char **rest, struct section *s)
{
	bool yaml = strncmp(line, "```yaml", 7) == 0, repaired = strstr(line, " fixed") != NULL;
	bool fires = strcmp(line, "```pol") == 0 || strcmp(line, "```yaml fires") == 0;
	_cleanup_buf_ struct buf text = {0};

	while ((line = strsep(rest, "\n")) && strcmp(line, "```") != 0)
		buf_printf(&text, "%s\n", line);
	if (!fires && !repaired)
		return;
	assert_true(s->id >= 0);
	s->examples += fires;
	s->repaired += repaired;
	run_example(&text, yaml ? LANG_YAML : LANG_POL, s->id, repaired);
}

static void visit_page(char *rest, struct section sections[static CHECK_N])
{
	struct section elsewhere = {.id = -1}, *now = &elsewhere;
	char *line;

	while ((line = strsep(&rest, "\n"))) {
		int id = parse_heading(line);

		if (strncmp(line, "## ", 3) == 0)
			now = id < 0 ? &elsewhere : &sections[id];
		if (id >= 0)
			now->id = id;
		if (strncmp(line, "```", 3) == 0)
			visit_block(line, &rest, now);
	}
}

TEST(every_check_is_documented_with_examples_that_do_what_the_page_says)
{
	struct section sections[CHECK_N];
	_cleanup_buf_ struct buf page = {0};

	for (int i = 0; i < CHECK_N; i++)
		sections[i] = (struct section){.id = -1};
	read_page(&page);
	visit_page(page.s, sections);
	for (int i = 0; i < CHECK_N; i++) {
		const char *name = check_get((enum check_id)i)->name;

		if (sections[i].id < 0)
			fail_msg("doc/checks.md has no section '## `%s`'", name);
		if (i != CHECK_ID_UNDECIDED && (!sections[i].examples || !sections[i].repaired))
			fail_msg("the section of '%s' lacks a firing or a repaired example", name);
	}
}

TEST(the_table_of_the_page_says_what_checks_def_says)
{
	_cleanup_buf_ struct buf page = {0};

	read_page(&page);
	for (int i = 0; i < CHECK_N; i++) {
		static const char *const levels[] = {[CHECK_INFO] = "note",
						     [CHECK_WARNING] = "warning",
						     [CHECK_ERROR] = "error"};
		const struct check_info *c = check_get((enum check_id)i);
		_cleanup_buf_ struct buf row = {0};

		buf_printf(&row, "| [`%s`](#%s) | %s | %s |\n", c->name, c->name, levels[c->level],
			   c->text);
		if (!strstr(buf_str(&page), buf_str(&row)))
			fail_msg("doc/checks.md lacks the row %s", buf_str(&row));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_check_is_documented_with_examples_that_do_what_the_page_says),
		cmocka_unit_test(the_table_of_the_page_says_what_checks_def_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
