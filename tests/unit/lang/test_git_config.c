/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of git, as git reads it. */
#include "lang/gitops/git_config.h"

#include <string.h>

#include "lang/base/buf.h"
#include "tests/unit/unit.h"

/* A setting is `section "subsection" key=value` here; NULL: git would refuse the text. */
static const struct {
	const char *text, *says;
} texts[] = {
	{"", ""},
	{"\xef\xbb\xbf[a]\nb = c\n", "a b=c\n"},
	{"[a]\n\tb = c\n\tx=y\n", "a b=c\na x=y\n"},
	{"[a] b = c\n", "a b=c\n"},
	{"[a] b = c", "a b=c\n"},
	{"[a]b=c\r\n[x]\r\n\ty = f\r\n", "a b=c\nx y=f\n"},
	{"\n# [x]\n; y = z\n  # more\n[a] # behind\nb = c\n", "a b=c\n"},
	/* names */
	{"[REMOTE \"Origin\"]\nURL = x\n", "remote \"Origin\" url=x\n"},
	{"[Remote.Origin]\nUrl = x\n", "remote \"origin\" url=x\n"},
	{"[url \"https://a.b/\"]\ninsteadOf = c:\n", "url \"https://a.b/\" insteadof=c:\n"},
	{"[a \t \"b\"]\nc = x\n", "a \"b\" c=x\n"},
	{"[a \"b\\\"c\\\\d\\e]\"]\nf = g\n", "a \"b\"c\\de]\" f=g\n"},
	{"[a \"\"]\nb = c\n", "a \"\" b=c\n"},
	{"[a]\nb-2 = c\n", "a b-2=c\n"},
	/* values */
	{"[a]\nb\n", "a b\n"},
	{"[a]\nb \n", "a b\n"},
	{"[a]\nb =\n", "a b=\n"},
	{"[a]\nb = c # x\n", "a b=c\n"},
	{"[a]\nb = c;x\n", "a b=c\n"},
	{"[a]\nb = \"c # x\" # y\n", "a b=c # x\n"},
	{"[a]\nb = c  x \t\n", "a b=c  x\n"},
	{"[a]\nb = \" c \"\n", "a b= c \n"},
	{"[a]\nb = c\" x\"y\n", "a b=c xy\n"},
	{"[a]\nb = c\\\nx\n", "a b=cx\n"},
	{"[a]\nb = c\\\r\n  x\n", "a b=c  x\n"},
	{"[a]\nb = \\\n  c\n", "a b=c\n"},
	{"[a]\nb = \"c\\\nx\"\n", "a b=cx\n"},
	{"[a]\nb = c\\", "a b=c\n"},
	{"[a]\nb = c # x\\\ny = f\n", "a b=c\na y=f\n"},
	{"[a]\nb = \\\"c\\\\d\\ty\n", "a b=\"c\\d\ty\n"},
	{"[a]\nb = c\\t\n", "a b=c\t\n"},
	{"[a]\nb = c = x\n", "a b=c = x\n"},
	{"[a]\nb = [c]\n", "a b=[c]\n"},
	/* what git would refuse, or nobody writes */
	{"a = b\n", NULL},
	{"[a\n", NULL},
	{"[a", NULL},
	{"[a b]\n", NULL},
	{"[a \"b]\n", NULL},
	{"[a \"b\n\"]\n", NULL},
	{"[a \"b\"\n", NULL},
	{"[a \"b\" ]\n", NULL},
	{"[a \"b\\", NULL},
	{"[a_b]\n", NULL},
	{"[a.b \"c\"]\n", NULL},
	{"[a]\nb c\n", NULL},
	{"[a]\nb # c\n", NULL},
	{"[a]\n2b = c\n", NULL},
	{"[a]\nb_c = x\n", NULL},
	{"[a]\nb = \"c\n", NULL},
	{"[a]\nb = \"c", NULL},
	{"[a]\nb = c\\d\n", NULL},
	{"[a]\n= b\n", NULL},
};

static void put(const struct git_config *config, struct buf *out)
{
	vec_each (const struct git_setting, set, &config->list) {
		buf_puts(out, set->section);
		if (set->subsection)
			buf_printf(out, " \"%s\"", set->subsection);
		buf_printf(out, " %s", set->key);
		if (set->value)
			buf_printf(out, "=%s", set->value);
		buf_putc(out, '\n');
	}
}

TEST(a_text_says_what_git_reads)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_buf_ struct buf out = {0};
		struct git_config config = {0};
		struct arena arena;
		bool read;

		arena_init(&arena);
		read = git_config_read(&config, &arena, texts[i].text, strlen(texts[i].text));
		put(&config, &out);
		if (read != (texts[i].says != NULL) ||
		    (read && strcmp(buf_str(&out), texts[i].says) != 0))
			fail_msg("%s\nsays: %s", texts[i].text, buf_str(&out));
		arena_fini(&arena);
	}
}

TEST(a_zero_is_no_text)
{
	static const char text[] = "[a]\nb = c\0d\n";
	struct git_config config = {0};
	struct arena arena;

	arena_init(&arena);
	assert_false(git_config_read(&config, &arena, text, sizeof(text) - 1));
	arena_fini(&arena);
}

/* Copies, so that a read past the end is one past a block. */
TEST(a_text_may_end_anywhere)
{
	static const char text[] = "[a \"b\\\"\"]\r\nc = \"d\\\r\n\" # e\\\n[f] g\n; h\n";
	struct arena arena;

	arena_init(&arena);
	for (size_t len = 0; len < sizeof(text); len++) {
		struct git_config config = {0};
		char *copy = malloc(len ? len : 1);

		memcpy(copy, text, len);
		git_config_read(&config, &arena, copy, len);
		free(copy);
	}
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_says_what_git_reads),
		cmocka_unit_test(a_zero_is_no_text),
		cmocka_unit_test(a_text_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
