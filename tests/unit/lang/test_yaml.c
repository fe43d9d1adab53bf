/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML layer below the readers: types, places, refusals and limits. */
#include "tests/unit/ast_text.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/node.h"

#define OBJECT "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n"

TEST(plain_scalars_are_typed_as_kubernetes_types_them)
{
	static const struct {
		const char *text;
		enum yaml_kind kind;
		int64_t number;
	} cases[] = {
		{"", YAML_NULL, 0},          {"~", YAML_NULL, 0},
		{"Null", YAML_NULL, 0},      {"yes", YAML_BOOL, 1},
		{"Off", YAML_BOOL, 0},       {"TRUE", YAML_BOOL, 1},
		{"tRUE", YAML_STR, 0},       {"y", YAML_BOOL, 1},
		{"N", YAML_BOOL, 0},         {"80", YAML_INT, 80},
		{"-1", YAML_INT, -1},        {"0x50", YAML_INT, 80},
		{"0b11", YAML_INT, 3},       {"010", YAML_INT, 8},
		{"0o10", YAML_INT, 8},       {"1_000", YAML_INT, 1000},
		{"080", YAML_FLOAT, 0},      {"1.5", YAML_FLOAT, 0},
		{"1e3", YAML_FLOAT, 0},      {".inf", YAML_FLOAT, 0},
		{"10.0.0.1", YAML_STR, 0},   {"10.0.0.0/8", YAML_STR, 0},
		{"0x", YAML_STR, 0},         {"-", YAML_STR, 0},
		{".", YAML_STR, 0},          {"1-2", YAML_STR, 0},
		{"2001-01-01", YAML_STR, 0}, {"nullx", YAML_STR, 0},
		{"1e", YAML_STR, 0},         {"::1", YAML_STR, 0},
		{"+", YAML_STR, 0},          {"9223372036854775808", YAML_FLOAT, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t number;

		if (yaml_resolve(cases[i].text, &number) != cases[i].kind)
			fail_msg("%s", cases[i].text);
		if (cases[i].kind == YAML_INT || cases[i].kind == YAML_BOOL)
			assert_int_equal(number, cases[i].number);
	}
}

TEST(tags_say_what_a_scalar_is_or_are_refused)
{
	assert_reads("apiVersion: v1\nkind: Pod\nmetadata: {name: !!str 80}\n",
		     "Pod default/80 {}");
	assert_refuses(OBJECT "  x: !!int foo\n", CODE_BAD_TYPE, "the tag");
	assert_refuses(OBJECT "  x: !!binary Zm8=\n", CODE_BAD_TYPE, "the tag");
	assert_refuses(OBJECT "  x: !!python/object {}\n", CODE_BAD_TYPE, "the tag");
}

TEST(duplicate_keys_are_refused_in_small_and_large_objects)
{
	_cleanup_buf_ struct buf b = {0};

	assert_refuses(OBJECT "kind: Pod\n", CODE_DUPLICATE, "given twice");
	buf_puts(&b, OBJECT "x:\n");
	for (int i = 0; i < 40; i++)
		buf_printf(&b, "  k%d: 1\n", i);
	assert_reads(buf_str(&b), "Pod default/a {}");
	buf_puts(&b, "  k39: 1\n");
	assert_refuses(buf_str(&b), CODE_DUPLICATE, "'k39'");
}

TEST(keys_are_strings)
{
	assert_refuses(OBJECT "80: x\n", CODE_BAD_TYPE, "'80' is a number");
	assert_refuses(OBJECT "on: x\n", CODE_BAD_TYPE, "'on' is a boolean");
	assert_reads(OBJECT "  labels: {y: x}\n", "Pod default/a {y=x}");
	assert_reads(OBJECT "y: x\n", "Pod default/a {}");
	assert_refuses(OBJECT "? [a]\n: x\n", CODE_BAD_TYPE, "not a list");
	assert_refuses(OBJECT "x: &k k\n*k : v\n", CODE_BAD_TYPE, "an alias");
	assert_reads(OBJECT "\"80\": x\n", "Pod default/a {}");
}

#define POD(labels)                                                                                \
	"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: &m {a: x, b: x}\n"        \
	"  labels:\n" labels

TEST(a_merge_key_gives_an_object_what_it_lacks)
{
	assert_reads(POD("    <<: *m\n"), "Pod default/a {a=x; b=x}");
	assert_reads(POD("    <<: *m\n    b: w\n"), "Pod default/a {b=w; a=x}");
	assert_reads(POD("    <<: {c: z}\n"), "Pod default/a {c=z}");
	assert_reads(POD("    <<: []\n    c: z\n"), "Pod default/a {c=z}");
	assert_reads(POD("    <<: [{b: w, c: w}, *m]\n"), "Pod default/a {b=w; c=w; a=x}");
	assert_reads(POD("    <<: {<<: *m, c: z}\n"), "Pod default/a {c=z; a=x; b=x}");
	assert_reads(OBJECT "\"<<\": x\n", "Pod default/a {}");
}

TEST(what_a_merge_key_cannot_mean_is_refused)
{
	assert_refuses(POD("    a: w\n    <<: *m\n"), CODE_DUPLICATE, "write '<<' first");
	assert_refuses(POD("    <<: *m\n    <<: {c: z}\n"), CODE_DUPLICATE, "'<<' is given twice");
	assert_refuses(POD("    <<: x\n"), CODE_BAD_TYPE, "needs an object");
	assert_refuses(POD("    <<:\n"), CODE_BAD_TYPE, "needs an object");
	assert_refuses(POD("    <<: [*m, x]\n"), CODE_BAD_TYPE, "needs an object");
	assert_refuses("x: &l [{a: b}]\n" OBJECT "  labels: {<<: *l}\n", CODE_BAD_TYPE,
		       "needs an object");
	assert_refuses(OBJECT "  labels: &l {<<: *l}\n", CODE_CYCLE, "contain itself");
}

/* Each merges the one before it twice over: 2^40 fields, if each were counted and copied. */
TEST(merges_meet_the_limit_of_nodes)
{
	_cleanup_buf_ struct buf b = {0};

	buf_puts(&b, OBJECT "x0: &x0 {a: 1, b: 2}\n");
	for (int i = 1; i <= 40; i++)
		buf_printf(&b, "x%d: &x%d {<<: [*x%d, *x%d]}\n", i, i, i - 1, i - 1);
	assert_refuses(buf_str(&b), CODE_LIMIT, "YAML nodes");
}

TEST(aliases_repeat_their_anchors)
{
	assert_reads("apiVersion: v1\nkind: Pod\nmetadata: {name: &n a, labels: {app: *n}}\n",
		     "Pod default/a {app=a}");
	assert_refuses(OBJECT "x: *nobody\n", CODE_UNDEFINED, "'&nobody'");
	assert_refuses(OBJECT "x: &me [*me]\n", CODE_CYCLE, "contain itself");
	assert_refuses(OBJECT "x: &a 1\n---\n" OBJECT "x: *a\n", CODE_UNDEFINED, "'&a'");
}

TEST(an_expansion_of_aliases_meets_the_limit)
{
	_cleanup_buf_ struct buf b = {0};

	buf_puts(&b, OBJECT "x:\n- &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 12; i++) {
		buf_printf(&b, "- &a%d [", i);
		for (int j = 0; j < 9; j++)
			buf_printf(&b, "%s*a%d", j ? ", " : "", i - 1);
		buf_puts(&b, "]\n");
	}
	assert_refuses(buf_str(&b), CODE_LIMIT, "each use of an alias counted");
}

TEST(deep_nesting_meets_the_limit)
{
	_cleanup_buf_ struct buf b = {0};

	buf_puts(&b, OBJECT "x: ");
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, '[');
	assert_refuses(buf_str(&b), CODE_LIMIT, "nested more than");
}

/* The place of the only error, as line:column-line:column. */
static void assert_place(const char *input, const char *place)
{
	_cleanup_buf_ struct buf b = {0};
	struct loc at;
	struct lang l;

	lang_init(&l);
	assert_int_equal(read_whole(&l, input, strlen(input), LANG_INPUT), -EINVAL);
	assert_int_equal(l.diag.items.n, 1);
	at = l.diag.items.v[0]->loc;
	buf_printf(&b, "%u:%u-%u:%u", at.line, at.col, at.end_line, at.end_col);
	assert_string_equal(buf_str(&b), place);
	lang_fini(&l);
}

TEST(places_count_bytes_and_end_behind_the_value)
{
	assert_place(OBJECT "  namespace: 80\n", "5:14-5:16");
	assert_place(OBJECT "  labels: {app: \"ä b\"}\n", "5:17-5:23");
	assert_place(OBJECT "  labels: {ä: x}\n", "5:12-5:14");
	assert_place("\xef\xbb\xbfkind: 1\napiVersion: v1\n", "1:10-1:11");
	assert_place("kind: 1\r\napiVersion: v1\r\n", "1:7-1:8");
	assert_place("apiVersion: v1 # \xe2\x80\xa8kind: 1\n", "1:27-1:28");
}

TEST(a_block_collection_ends_with_its_content)
{
	assert_place("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  hostNetwork:\n"
		     "  - a\n  - bc\n\n\n# end\nstatus: {}\n",
		     "7:3-8:7");
}

TEST(a_document_behind_a_broken_one_is_still_read)
{
	struct lang l;
	_cleanup_buf_ struct buf b = {0};
	static const char input[] =
		OBJECT "---\nfoo: [1\n---\n" OBJECT "---\nfoo: 'x\n--- \n" OBJECT "---\n\tx: 1\n";

	lang_init(&l);
	assert_int_equal(read_whole(&l, input, sizeof(input) - 1, LANG_INPUT), 0);
	assert_int_equal(l.skipped.broken.n, 3);
	ast_text(&b, &l);
	assert_string_equal(buf_str(&b), "Pod default/a {}\nPod default/a {}\nPod default/a {}");
	lang_fini(&l);
}

TEST(bytes_that_are_no_text_concern_their_own_document_alone)
{
	static const char input[] =
		"a: \xff\n---\n" OBJECT "---\n" OBJECT "--- \x01\n---\n\x01\n---\n" OBJECT
		"...\n---\n" OBJECT "---\na: \xff";
	_cleanup_buf_ struct buf b = {0};
	struct lang l;

	lang_init(&l);
	assert_int_equal(read_whole(&l, input, sizeof(input) - 1, LANG_INPUT), 0);
	assert_int_equal(l.skipped.broken.n, 4);
	ast_text(&b, &l);
	assert_string_equal(buf_str(&b), "Pod default/a {}\nPod default/a {}\nPod default/a {}\n"
					 "Pod default/a {}");
	lang_fini(&l);
}

TEST(bytes_that_are_no_text_are_refused_with_their_place)
{
	assert_place("kind: Pod\napiVersion: \x01\n", "2:13-2:14");
	assert_place("kind: Pod\napiVersion: \xff\n", "2:13-2:14");
	assert_refuses(OBJECT "x: \"\\0\"\n", CODE_BAD_VALUE, "NUL");
}

TEST(json_is_read_as_it_is)
{
	assert_reads("{\n\t\"apiVersion\": \"v1\",\n\t\"kind\":\"Pod\",\n\t\"metadata\": {\"name\":"
		     " \"a\", \"labels\": {\"a\":\"\\u0041\\/b\"}}\n}\n",
		     "Pod default/a {a=A/b}");
}

#define JSON(label)                                                                                \
	"{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\", "             \
	"\"x\": " label "}}"

TEST(json_has_every_character)
{
	assert_reads(JSON("\"\\ud83d\\ude80 \\/ \\b\\f\\n\\r\\t \\u00e4\""), "Pod default/a {}");
	assert_reads(JSON("\"\xef\xbb\xbf \xc2\x85 \xe2\x80\xa8 \x7f \xef\xbf\xbe\""),
		     "Pod default/a {}");
	assert_place(JSON("\"a \\ud83d b\""), "1:71-1:77");
	assert_place(JSON("\"\\ude80 x\""), "1:69-1:75");
	assert_refuses(JSON("\"\\u0000\""), CODE_BAD_VALUE, "NUL");
	assert_refuses(JSON("\"x\", \"x\": 1"), CODE_DUPLICATE, "given twice");
}

/* What is no JSON may be YAML, which has other rules. */
TEST(what_only_begins_like_json_is_yaml)
{
	assert_reads("{apiVersion: v1, kind: Pod, metadata: {name: a}}\n", "Pod default/a {}");
	assert_reads("{\"apiVersion\": \"v1\", \"kind\": 'Pod', # c\n\"metadata\": {\"name\": a,}}",
		     "Pod default/a {}");
	assert_refuses(JSON("\"\xff\""), CODE_SYNTAX, "no valid UTF-8");
	assert_refuses(JSON("[1"), CODE_SYNTAX, "',' or ']' is missing");
}

TEST(json_values_stand_behind_each_other_and_yaml_behind_them)
{
	assert_reads("\xef\xbb\xbf" JSON("1") "\n" JSON("2") JSON("3"),
		     "Pod default/a {}\nPod default/a {}\nPod default/a {}");
	assert_reads(JSON("1") "\n---\n" OBJECT "---\n" JSON("2") "\n",
		     "Pod default/a {}\nPod default/a {}\nPod default/a {}");
	assert_refuses(JSON("1") JSON("\"x\" 1"), CODE_SYNTAX, "',' or '}' is missing");
	assert_refuses(JSON("1") JSON("1") " x", CODE_SYNTAX, "only another object");
	assert_reads(JSON("1") "[", "Pod default/a {}");
}

/* `n` documents that are broken, read as the whole input. */
static int read_broken(struct lang *l, size_t n)
{
	_cleanup_buf_ struct buf text = {0};

	for (size_t i = 0; i < n; i++)
		buf_puts(&text, "--- {\n");
	lang_init(l);
	return read_whole(l, buf_str(&text), text.n, LANG_INPUT);
}

TEST(of_documents_that_cannot_be_read_some_are_kept_and_all_are_counted)
{
	struct lang l;

	assert_int_equal(read_broken(&l, SKIPPED_MAX_BROKEN + 7), -EINVAL);
	assert_int_equal(l.diag.errors, SKIPPED_MAX_BROKEN + 7);
	assert_int_equal(l.diag.unkept, 7);
	lang_fini(&l);
}

TEST(documents_that_cannot_be_read_take_no_memory_each)
{
	struct lang l;
	size_t used;

	assert_int_equal(read_broken(&l, SKIPPED_MAX_BROKEN), -EINVAL);
	used = l.arena.used;
	lang_fini(&l);
	assert_int_equal(read_broken(&l, 10 * SKIPPED_MAX_BROKEN), -EINVAL);
	assert_in_range(l.arena.used, used, 2 * used);
	lang_fini(&l);
}

/* Behind an error the parser gets a few documents at a time. */
TEST(a_document_behind_a_broken_one_keeps_its_directives)
{
	struct lang l;
	char input[600];

	for (int n = 1; n < 300; n += 7) {
		snprintf(input, sizeof(input),
			 "--- {\n--- %0*d\n...\n%%TAG !k! tag:yaml.org,2002:\n# of it\n\n"
			 "--- !k!map\n" OBJECT "---\n" OBJECT,
			 n, 1);
		lang_init(&l);
		assert_int_equal(read_whole(&l, input, strlen(input), LANG_INPUT), 0);
		assert_int_equal(l.files.v[0]->items.n, 2);
		lang_fini(&l);
	}
}

/* In a .json file a mistake is told as one in JSON. */
TEST(a_json_file_is_json)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"{\"a\": 1,}", "remove it"},
		{"{'a': 1}", "a key in double quotes"},
		{"{\"a\" 1}", "a ':' is missing"},
		{"{\"a\": 'b'}", "double quotes only"},
		{"{\"a\": 01}", "no number"},
		{"[1.]", "no number"},
		{"[-]", "no number"},
		{"[1e+]", "no number"},
		{"[\"\\x\"]", "no such escape"},
		{"[\"\\u12\"]", "four hexadecimal"},
		{"[\"a\n\"]", "never closed"},
		{"[\"a", "never closed"},
		{"[\"\t\"]", "control character"},
		{"[\"\xed\xa0\x80\"]", "no valid UTF-8"},
		{"[True]", "a value is missing"},
		{"{} # c", "only another object"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lang l;

		lang_init(&l);
		lang_read_text(&l, "t.json", cases[i].text, strlen(cases[i].text), LANG_YAML,
			       LANG_INPUT);
		assert_int_equal(lang_finish(&l), -EINVAL);
		assert_int_equal(l.diag.errors, 1);
		if (!strstr(l.diag.items.v[0]->text, cases[i].words))
			fail_msg("%s: %s", cases[i].text, l.diag.items.v[0]->text);
		lang_fini(&l);
	}
}

#define BOM "\xef\xbb\xbf"

TEST(each_text_of_a_stream_may_begin_with_a_byte_order_mark)
{
	assert_reads(BOM OBJECT "---\n" BOM OBJECT, "Pod default/a {}\nPod default/a {}");
	assert_reads(BOM OBJECT BOM "---\n" OBJECT, "Pod default/a {}\nPod default/a {}");
	assert_place(BOM OBJECT "---\n" BOM "kind: Pod\napiVersion: \x01\n", "7:13-7:14");
	assert_place(OBJECT "---\n" BOM "\x01\nkind: Pod\n", "6:4-6:5");
	assert_refuses(OBJECT BOM OBJECT, CODE_SYNTAX, "does not fit");
}

TEST(utf16_is_called_by_its_name)
{
	static const char le[] = "\xff\xfe{\0}", bare[] = "k\0i\0", be[] = "\0k\0i";
	static const struct {
		const char *text, *words;
		size_t n;
	} cases[] = {
		{le, "no valid UTF-16", 5}, {bare, "-f UTF-16LE ", 4}, {be, "-f UTF-16BE ", 4}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lang l;

		lang_init(&l);
		lang_read_text(&l, "t", cases[i].text, cases[i].n, LANG_YAML, LANG_INPUT);
		assert_int_equal(lang_finish(&l), -EINVAL);
		assert_int_equal(l.diag.errors, 1);
		if (!strstr(l.diag.items.v[0]->text, cases[i].words))
			fail_msg("%s", l.diag.items.v[0]->text);
		lang_fini(&l);
	}
}

TEST(every_truncation_of_a_valid_file_is_read_or_refused_with_a_message)
{
	static const char input[] =
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: &m {name: 'p'}\n"
		"spec:\n  podSelector: {matchExpressions: [{key: a, operator: In, values: "
		"[\"b\"]}]}\n"
		"  ingress:\n  - from:\n    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}\n"
		"    ports: [{port: 80, endPort: 90, protocol: TCP}]\n  egress: [{}]\n"
		"---\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": "
		"\"a\"}}\n";

	for (size_t n = 0; n < sizeof(input); n++) {
		struct lang l;
		int r;

		lang_init(&l);
		r = read_whole(&l, input, n, LANG_INPUT);
		assert_int_equal(r<0, l.diag.errors> 0);
		lang_fini(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scalars_are_typed_as_kubernetes_types_them),
		cmocka_unit_test(tags_say_what_a_scalar_is_or_are_refused),
		cmocka_unit_test(duplicate_keys_are_refused_in_small_and_large_objects),
		cmocka_unit_test(keys_are_strings),
		cmocka_unit_test(a_merge_key_gives_an_object_what_it_lacks),
		cmocka_unit_test(what_a_merge_key_cannot_mean_is_refused),
		cmocka_unit_test(merges_meet_the_limit_of_nodes),
		cmocka_unit_test(aliases_repeat_their_anchors),
		cmocka_unit_test(an_expansion_of_aliases_meets_the_limit),
		cmocka_unit_test(deep_nesting_meets_the_limit),
		cmocka_unit_test(places_count_bytes_and_end_behind_the_value),
		cmocka_unit_test(a_block_collection_ends_with_its_content),
		cmocka_unit_test(a_document_behind_a_broken_one_is_still_read),
		cmocka_unit_test(bytes_that_are_no_text_concern_their_own_document_alone),
		cmocka_unit_test(bytes_that_are_no_text_are_refused_with_their_place),
		cmocka_unit_test(json_is_read_as_it_is),
		cmocka_unit_test(json_has_every_character),
		cmocka_unit_test(what_only_begins_like_json_is_yaml),
		cmocka_unit_test(json_values_stand_behind_each_other_and_yaml_behind_them),
		cmocka_unit_test(
			of_documents_that_cannot_be_read_some_are_kept_and_all_are_counted),
		cmocka_unit_test(documents_that_cannot_be_read_take_no_memory_each),
		cmocka_unit_test(a_document_behind_a_broken_one_keeps_its_directives),
		cmocka_unit_test(a_json_file_is_json),
		cmocka_unit_test(each_text_of_a_stream_may_begin_with_a_byte_order_mark),
		cmocka_unit_test(utf16_is_called_by_its_name),
		cmocka_unit_test(
			every_truncation_of_a_valid_file_is_read_or_refused_with_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
