/* SPDX-License-Identifier: Apache-2.0 */
/* Reading from the file system: directories, imports, languages and limits. */
#include "tests/unit/ast_text.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/codes.h"
#include "lang/lang_internal.h"

#define POD(name) "{apiVersion: v1, kind: Pod, metadata: {name: " name "}}\n"

/* A folder of its own for each test, left as the working directory and removed after it. */
static char folder[] = "/tmp/polc-test-lang-XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	_cleanup_buf_ struct buf b = {0};

	(void)state;
	buf_printf(&b, "rm -rf %s", folder);
	return chdir("/") == 0 && system(buf_str(&b)) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_path_reads(const char *path, const char *text)
{
	_cleanup_buf_ struct buf b = {0};
	struct lang l;

	lang_init(&l);
	assert_int_equal(lang_read_path(&l, path, LANG_INPUT), 0);
	ast_text(&b, &l);
	assert_string_equal(buf_str(&b), text);
	lang_fini(&l);
}

static void assert_path_fails(struct lang *l, const char *path, const char *code, const char *words)
{
	const struct diag_item *item;

	assert_int_equal(lang_read_path(l, path, LANG_INPUT), -EINVAL);
	assert_int_equal(l->diag.items.n, 1);
	item = l->diag.items.v[0];
	assert_string_equal(item->code, code);
	if (!strstr(item->text, words))
		fail_msg("'%s' is not in '%s'", words, item->text);
	lang_fini(l);
	lang_init(l);
}

TEST(a_directory_is_read_in_sorted_order_with_its_folders)
{
	mkdir("d", 0700);
	mkdir("d/m", 0700);
	put("d/z.yaml", POD("z"));
	put("d/a.yml", POD("a"));
	put("d/m/b.json", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"b\"}}");
	put("d/readme.txt", "not: read");
	assert_path_reads("d", "Pod default/a {}\nPod default/b {}\nPod default/z {}");
	assert_path_reads("d/", "Pod default/a {}\nPod default/b {}\nPod default/z {}");
}

TEST(hidden_entries_and_links_to_directories_are_left_alone)
{
	mkdir("d", 0700);
	mkdir("d/.git", 0700);
	put("d/.git/x.yaml", POD("x"));
	put("d/.x.yaml", POD("x"));
	put("d/a.yaml", POD("a"));
	assert_int_equal(symlink(".", "d/loop"), 0);
	assert_path_reads("d", "Pod default/a {}");
}

TEST(a_file_is_read_once_whatever_leads_to_it)
{
	struct lang l;

	mkdir("d", 0700);
	put("d/a.yaml", POD("a"));
	assert_int_equal(symlink("a.yaml", "d/b.yaml"), 0);
	lang_init(&l);
	assert_int_equal(lang_read_path(&l, "d", LANG_INPUT), 0);
	assert_int_equal(lang_read_path(&l, "./d/../d/a.yaml", LANG_INPUT), 0);
	assert_int_equal(lang_read_path(&l, "d/a.yaml", LANG_INVENTORY), 0);
	assert_int_equal(l.files.n, 1);
	lang_fini(&l);
}

TEST(a_file_read_as_inventory_cannot_become_input_silently)
{
	struct lang l;

	put("a.yaml", POD("a"));
	lang_init(&l);
	assert_int_equal(lang_read_path(&l, "a.yaml", LANG_INVENTORY), 0);
	assert_path_fails(&l, "a.yaml", CODE_DUPLICATE, "was read as inventory");
	lang_fini(&l);
}

TEST(what_cannot_be_read_is_named_with_the_reason)
{
	struct lang l;

	lang_init(&l);
	mkdir("empty", 0700);
	assert_path_fails(&l, "nothing.yaml", CODE_IO, "'nothing.yaml': No such file");
	assert_path_fails(&l, "empty", CODE_EMPTY_INPUT, "'empty'");
	assert_path_fails(&l, "/dev/null", CODE_IO, "neither a file");
	put("dir.yaml", "");
	assert_path_fails(&l, "dir.yaml/x", CODE_IO, "Not a directory");
	lang_fini(&l);
}

TEST(reading_goes_on_behind_what_cannot_be_read)
{
	struct lang l;

	mkdir("d", 0700);
	put("d/a.yaml", "[");
	put("d/b.yaml", POD("b"));
	assert_int_equal(symlink("nowhere", "d/c.yaml"), 0);
	lang_init(&l);
	assert_int_equal(lang_read_path(&l, "d", LANG_INPUT), 0);
	assert_int_equal(l.diag.errors, 0);
	assert_int_equal(l.skipped.broken.n, 1);
	assert_int_equal(l.skipped.files.n, 1);
	assert_int_equal(l.items, 1);
	lang_fini(&l);
}

/* Reads a file that is named, to the end. */
static int read_named(struct lang *l, const char *text)
{
	int r;

	put("a.yaml", text);
	lang_init(l);
	r = lang_read_path(l, "a.yaml", LANG_INPUT);
	return lang_finish(l) < 0 ? -EINVAL : r;
}

TEST(a_named_file_may_hold_what_nobody_needs)
{
	static const char *const broken[] = {"x: !tag y", "80: x",          "{a: 1, a: 2}",
					     "{{ x }}",   "x: \"",          "a: *b",
					     "\x01",      "kind: ConfigMap"};

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		_cleanup_buf_ struct buf text = {0};
		struct lang l;

		buf_printf(&text, "%s\n---\n" POD("a") "---\n%s\n", broken[i], broken[i]);
		assert_int_equal(read_named(&l, buf_str(&text)), 0);
		assert_int_equal(l.items, 1);
		assert_int_equal(l.skipped.broken.n, 2);
		assert_int_equal(l.diag.items.n, 1);
		assert_int_equal(l.diag.items.v[0]->severity, DIAG_INFO);
		lang_fini(&l);
		assert_int_equal(read_named(&l, broken[i]), -EINVAL);
		assert_int_equal(l.diag.errors, l.diag.items.n);
		lang_fini(&l);
	}
}

TEST(a_limit_is_an_error_if_a_policy_may_stand_behind_it)
{
	struct lang l;

	for (int policy = 0; policy < 2; policy++) {
		mkdir("d", 0700);
		put("d/a.yaml", policy ? "[1, 2, 3, 4, 5, 6, 7, 8, 9]\n---\nkind: NetworkPolicy\n"
				       : "[1, 2, 3, 4, 5, 6, 7, 8, 9]\n---\nkind: ConfigMap\n");
		lang_init(&l);
		l.limits.yaml_nodes = 5;
		assert_int_equal(lang_read_path(&l, "d", LANG_INPUT), policy ? -EINVAL : 0);
		lang_fini(&l);
	}
}

TEST(a_document_with_many_errors_ends_at_its_end)
{
	_cleanup_buf_ struct buf text = {0};
	struct lang l;

	for (int i = 0; i < 100; i++)
		buf_printf(&text, "%d: x\n", i);
	buf_puts(&text, "---\n" POD("a"));
	assert_int_equal(read_named(&l, buf_str(&text)), 0);
	assert_int_equal(l.items, 1);
	lang_fini(&l);
}

TEST(each_limit_has_its_message)
{
	struct lang l;

	put("a.yaml", POD("a") "---\n" POD("b"));
	lang_init(&l);
	l.limits.file_bytes = 10;
	assert_path_fails(&l, "a.yaml", CODE_LIMIT, "it is more than 10 bytes");
	l.limits.total_bytes = 20;
	assert_path_fails(&l, "a.yaml", CODE_LIMIT, "the whole input is more than 20 bytes");
	l.limits.items = 1;
	assert_path_fails(&l, "a.yaml", CODE_LIMIT, "more than 1 policies");
	l.limits.yaml_nodes = 10;
	assert_path_fails(&l, "a.yaml", CODE_LIMIT, "more than 10 YAML nodes");
	l.limits.depth = 1;
	put("a.yaml", POD("a"));
	assert_path_fails(&l, "a.yaml", CODE_LIMIT, "more than 1 deep");
	lang_fini(&l);
}

TEST(standard_input_is_sniffed_and_read_once)
{
	static const char text[] = "# a pod\n" POD("a");
	int ends[2], keep = dup(STDIN_FILENO);
	struct lang l;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, sizeof(text) - 1), sizeof(text) - 1);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	lang_init(&l);
	assert_int_equal(lang_read_path(&l, "-", LANG_INPUT), 0);
	assert_int_equal(l.items, 1);
	assert_path_fails(&l, "-", CODE_IO, "only once");
	lang_fini(&l);
	dup2(keep, STDIN_FILENO);
	close(keep);
}

TEST(imports_are_relative_to_their_file_and_read_once)
{
	mkdir("d", 0700);
	put("main.pol", "import \"d/sub.pol\"\n");
	put("d/sub.pol", "import \"a.yaml\"\nimport \"../main.pol\"\nimport \"a.yaml\"\n");
	put("d/a.yaml", POD("a"));
	assert_path_reads("main.pol", "Pod default/a {}");
}

TEST(a_missing_import_is_an_error_at_the_import)
{
	struct lang l;

	put("main.pol", "\nimport \"gone.pol\"\n");
	lang_init(&l);
	assert_int_equal(lang_read_path(&l, "main.pol", LANG_INPUT), -EINVAL);
	assert_int_equal(l.diag.items.n, 1);
	assert_int_equal(l.diag.items.v[0]->loc.line, 2);
	lang_fini(&l);
}

TEST(imports_nest_up_to_a_limit)
{
	struct lang l;

	put("a.pol", "import \"b.pol\"\n");
	put("b.pol", "import \"c.pol\"\n");
	put("c.pol", "");
	lang_init(&l);
	l.limits.import_depth = 1;
	assert_path_fails(&l, "a.pol", CODE_LIMIT, "more than 1 deep");
	lang_fini(&l);
}

TEST(a_text_in_memory_cannot_import)
{
	struct lang l;

	lang_init(&l);
	assert_int_equal(lang_read_text(&l, "t", "import \"x.pol\"\n", 15, LANG_POL, LANG_INPUT),
			 -EINVAL);
	assert_string_equal(l.diag.items.v[0]->code, CODE_IO);
	lang_fini(&l);
}

TEST(the_language_is_told_by_the_first_significant_text)
{
	static const struct {
		const char *text;
		enum lang_syntax syntax;
	} cases[] = {
		{"apiVersion: v1\n", LANG_YAML},
		{"# a comment\n\n  kind : Pod\n", LANG_YAML},
		{"---\nkind: Pod\n", LANG_YAML},
		{"{\"kind\": \"Pod\"}", LANG_YAML},
		{"[1]", LANG_YAML},
		{"- a\n", LANG_YAML},
		{"\xef\xbb\xbf# x\r\nkind: Pod", LANG_YAML},
		{"\"kind\": Pod", LANG_YAML},
		{"%YAML 1.1\n---\n", LANG_YAML},
		{"policy a for all {\n}\n", LANG_POL},
		{"# kind: Pod\nlet a = all\n", LANG_POL},
		{"import \"a.yaml\"\n", LANG_POL},
		{"", LANG_POL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (lang_sniff(cases[i].text, strlen(cases[i].text)) != cases[i].syntax)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_directory_is_read_in_sorted_order_with_its_folders, enter_folder,
			leave_folder),
		cmocka_unit_test_setup_teardown(
			hidden_entries_and_links_to_directories_are_left_alone, enter_folder,
			leave_folder),
		cmocka_unit_test_setup_teardown(a_file_is_read_once_whatever_leads_to_it,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(
			a_file_read_as_inventory_cannot_become_input_silently, enter_folder,
			leave_folder),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_named_with_the_reason,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(reading_goes_on_behind_what_cannot_be_read,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_named_file_may_hold_what_nobody_needs,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_limit_is_an_error_if_a_policy_may_stand_behind_it,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_document_with_many_errors_ends_at_its_end,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(each_limit_has_its_message, enter_folder,
						leave_folder),
		cmocka_unit_test_setup_teardown(standard_input_is_sniffed_and_read_once,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(imports_are_relative_to_their_file_and_read_once,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(a_missing_import_is_an_error_at_the_import,
						enter_folder, leave_folder),
		cmocka_unit_test_setup_teardown(imports_nest_up_to_a_limit, enter_folder,
						leave_folder),
		cmocka_unit_test_setup_teardown(a_text_in_memory_cannot_import, enter_folder,
						leave_folder),
		cmocka_unit_test_setup_teardown(the_language_is_told_by_the_first_significant_text,
						enter_folder, leave_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
