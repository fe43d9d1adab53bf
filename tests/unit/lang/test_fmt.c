/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical form of .pol: the same tree, the same bytes the second time, every comment. */
#include "tests/unit/unit.h"

#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "lang/fmt.h"
#include "lang/lang_internal.h"
#include "tests/lib/ast_dump.h"
#include "tests/lib/campaign.h"

/* Formats a text; *tree is its tree, with the comments. False if it does not parse. */
static bool format(const char *text, size_t n, struct buf *out, struct buf *tree)
{
	struct ast_file *file;
	struct lang l;
	bool good;

	lang_init(&l);
	good = lang_parse_text(&l, LOC_NONE, "t.pol", text, n, LANG_POL, LANG_INPUT, &file) == 0;
	if (good) {
		lang_fmt(file, out);
		ast_dump(file, tree);
	}
	lang_fini(&l);
	return good;
}

static void check_stable(const char *name, const char *text, size_t n)
{
	_cleanup_buf_ struct buf once = {0}, twice = {0}, tree = {0}, same_tree = {0};

	if (!format(text, n, &once, &tree))
		return;
	if (!format(buf_str(&once), once.n, &twice, &same_tree))
		fail_msg("%s: the formatted text does not parse", name);
	assert_string_equal(buf_str(&once), buf_str(&twice));
	assert_string_equal(buf_str(&tree), buf_str(&same_tree));
}

static void expect(const char *text, const char *formatted)
{
	_cleanup_buf_ struct buf out = {0}, tree = {0};

	assert_true(format(text, strlen(text), &out, &tree));
	assert_string_equal(buf_str(&out), formatted);
	check_stable("expected text", text, strlen(text));
}

TEST(one_statement_a_line_and_one_blank_line_between_blocks)
{
	expect("import \"a\" import \"b\" let x=all let y  =  {a=b,!c}\n\n\n\nlet z = none "
	       "policy p for x{ingress{allow from y on tcp/80,udp deny from z log}egress{}}"
	       "namespace n{}namespace m{labels{a=b}}",
	       "import \"a\"\n"
	       "import \"b\"\n"
	       "\n"
	       "let x = all\n"
	       "let y = { a = b, !c }\n"
	       "\n"
	       "let z = none\n"
	       "\n"
	       "policy p for x {\n"
	       "  ingress {\n"
	       "    allow from y on tcp/80, udp\n"
	       "    deny from z log\n"
	       "  }\n"
	       "  egress { }\n"
	       "}\n"
	       "\n"
	       "namespace n { }\n"
	       "\n"
	       "namespace m {\n"
	       "  labels { a = b }\n"
	       "}\n");
}

TEST(one_way_to_write_each_thing)
{
	expect("let a = { k in (v), l not in (w) }\n"
	       "let b = cidr { 2001:DB8:0::/32 }\n"
	       "let c = ports { tcp/80-80 }\n"
	       "let d = namespace (x) { a = \"b\", c = \"\" }\n"
	       "policy \"p\" for endpoints { ingress { allow from endpoints } }\n",
	       "let a = { k = v, l != w }\n"
	       "let b = cidr 2001:db8::/32\n"
	       "let c = ports tcp/80\n"
	       "let d = namespace x { a = b, c = \"\" }\n"
	       "\n"
	       "policy p for all {\n"
	       "  ingress {\n"
	       "    allow from endpoints\n"
	       "  }\n"
	       "}\n");
}

TEST(comments_keep_their_place)
{
	expect("# head\n\n\n# of x\nlet x = all # behind x\n\n"
	       "policy p for x { # behind the head\n"
	       "# before ingress\n"
	       "ingress { # behind ingress\n"
	       "# before the rule\nallow from all # behind the rule\n\n\n# at the end\n"
	       "} # behind the brace\n"
	       "egress {\n# nothing\n} } # behind p\n# last",
	       "# head\n"
	       "\n"
	       "# of x\n"
	       "let x = all # behind x\n"
	       "\n"
	       "policy p for x { # behind the head\n"
	       "  # before ingress\n"
	       "  ingress { # behind ingress\n"
	       "    # before the rule\n"
	       "    allow from all # behind the rule\n"
	       "\n"
	       "    # at the end\n"
	       "  } # behind the brace\n"
	       "  egress {\n"
	       "    # nothing\n"
	       "  }\n"
	       "} # behind p\n"
	       "# last\n");
}

TEST(comments_inside_of_a_line_move_in_front_of_it)
{
	expect("let x = cidr { # one\n  10.0.0.0/8, # ten\n  # more\n  192.168.0.0/16\n}\n",
	       "# one\n"
	       "# ten\n"
	       "# more\n"
	       "let x = cidr { 10.0.0.0/8, 192.168.0.0/16 }\n");
}

TEST(an_empty_text_and_a_lone_comment_stay_as_they_are)
{
	expect("", "");
	expect("\n\n", "");
	expect("\n# only this\n\n", "# only this\n");
}

static void check_file(const char *path)
{
	_cleanup_buf_ struct buf text = {0};
	size_t n = strlen(path);

	if (n < 4 || strcmp(path + n - 4, ".pol") != 0)
		return;
	assert_int_equal(buf_read_file(&text, path, 1 << 20), 0);
	check_stable(path, buf_str(&text), text.n);
}

TEST(formatting_twice_and_parsing_again_changes_nothing_in_any_policy_here)
{
	const char *dir = getenv("POLC_SRCDIR");
	_cleanup_buf_ struct buf examples = {0}, tests = {0};
	FTS *tree;

	buf_printf(&examples, "%s/examples", dir ? dir : ".");
	buf_printf(&tests, "%s/tests", dir ? dir : ".");
	tree = fts_open((char *[]){examples.s, tests.s, NULL}, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	assert_non_null(tree);
	for (const FTSENT *e; (e = fts_read(tree));)
		if (e->fts_info == FTS_F)
			check_file(e->fts_path);
	fts_close(tree);
}

/* The text with comments and line ends strewn between its words. */
static void strew(const char *text, unsigned *seed, struct buf *out)
{
	static const char *const bits[] = {" ",      "\n",        "\n\n\n",
					   " # c\n", "\n# own\n", "\n\n# own\n\n"};
	bool quoted = false;

	for (; *text; text++) {
		quoted ^= *text == '"';
		if (*text == ' ' && !quoted && (*seed = *seed * 1103515245 + 12345) >> 16 & 1)
			buf_puts(out, bits[(*seed >> 20) % (sizeof(bits) / sizeof(*bits))]);
		else
			buf_putc(out, *text);
	}
}

TEST(comments_anywhere_survive_and_the_second_time_changes_nothing)
{
	static const char text[] =
		"let a = cidr { 10.0.0.0/8 , 1.0.0.0/8 } except 10.1.0.0/16 let p = ports { tcp/1 "
		", "
		"udp } tier t before default { policy p rank 1 for { a = b } { ingress { allow "
		"from "
		"a , { c in ( d , e ) } on p log deny from all } egress { allow to all http { GET "
		"\"/x\" where host \"y\" deny any \"/z\" } } } } endpoint n/e { address 10.0.0.1 "
		"labels { k = v , w = x } host port http = tcp/80 } service s { maglev tcp/1 -> a "
		"on tcp/2 address 1.1.1.1 } assert \"t t\" { never a -> all only all -> a on p }";

	struct campaign c = campaign_begin(2000, 0.1);
	uint64_t seed;

	while (campaign_next(&c, &seed)) {
		_cleanup_buf_ struct buf strewn = {0};
		unsigned drawn = (unsigned)seed;

		strew(text, &drawn, &strewn);
		check_stable(buf_str(&strewn), buf_str(&strewn), strewn.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_statement_a_line_and_one_blank_line_between_blocks),
		cmocka_unit_test(one_way_to_write_each_thing),
		cmocka_unit_test(comments_keep_their_place),
		cmocka_unit_test(comments_inside_of_a_line_move_in_front_of_it),
		cmocka_unit_test(an_empty_text_and_a_lone_comment_stay_as_they_are),
		cmocka_unit_test(
			formatting_twice_and_parsing_again_changes_nothing_in_any_policy_here),
		cmocka_unit_test(comments_anywhere_survive_and_the_second_time_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
