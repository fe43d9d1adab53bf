/* SPDX-License-Identifier: Apache-2.0 */
/* More messages than polc keeps: every form of the answer says so, and memory has an end. */
#include "tests/unit/ast_text.h"
#include "tests/unit/unit.h"

#include <string.h>

#include "lang/base/codes.h"
#include "tests/unit/irb.h"
#include "verifier/check/check.h"

static bool no_help(struct arena *arena, const char *code, struct diag_help *out)
{
	(void)arena;
	(void)code;
	(void)out;
	return false;
}

static void render(const struct diag *d, const char *format, struct buf *out)
{
	const struct diag_style style = {.max_shown = 1};
	const struct diag_tool tool = {"1", no_help};

	if (strcmp(format, "text") == 0)
		diag_render_text(d, &style, out);
	else if (strcmp(format, "json") == 0)
		diag_render_json(d, NULL, out);
	else if (strcmp(format, "sarif") == 0)
		diag_render_sarif(d, NULL, &tool, out);
	else if (strcmp(format, "gitlab") == 0)
		diag_render_gitlab(d, NULL, out);
	else if (strcmp(format, "junit") == 0)
		diag_render_junit(d, NULL, out);
	else
		diag_render_github(d, &style, out);
}

/* That so many are not listed, or, for 0, nothing of the kind. */
static void expect_unlisted(const struct diag *d, size_t n)
{
	static const char *const formats[] = {"text", "json", "sarif", "gitlab", "junit", "github"};
	_cleanup_buf_ struct buf said = {0}, member = {0};

	buf_printf(&said, "at least %zu more message%s not listed", n, n == 1 ? " is" : "s are");
	buf_printf(&member, "\"unlisted\": %zu\n", n);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		bool json = strcmp(formats[i], "json") == 0;
		_cleanup_buf_ struct buf out = {0};

		render(d, formats[i], &out);
		if (n && !strstr(buf_str(&out), buf_str(json ? &member : &said)))
			fail_msg("%s does not say that %zu are not listed", formats[i], n);
		if (!n &&
		    (strstr(buf_str(&out), "not listed") || strstr(buf_str(&out), "unlisted")))
			fail_msg("%s says that it is not whole", formats[i]);
	}
}

static struct lang l;

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

static void report(struct diag *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct diag_item *item = diag_warning(d, LOC_NONE, CODE_SYNTAX, "number %zu", i);

		diag_note(d, item, LOC_NONE, "a note on %zu", i);
		diag_safe_fix(d, item, LOC_NONE, "", "take %zu away", i);
	}
}

TEST(past_the_bound_messages_are_counted_and_take_no_memory)
{
	size_t used;

	report(&l.diag, 100);
	expect_unlisted(&l.diag, 0);
	report(&l.diag, DIAG_MAX_ITEMS - 100);
	assert_null(diag_unlisted(&l.diag));
	used = l.arena.used;
	report(&l.diag, 1);
	assert_int_equal(l.arena.used, used);
	assert_string_equal(diag_unlisted(&l.diag), "at least 1 more message is not listed");
	used = l.arena.used;
	report(&l.diag, DIAG_MAX_ITEMS);
	assert_int_equal(l.arena.used, used);
	assert_int_equal(l.diag.warnings, 2 * DIAG_MAX_ITEMS + 1);
	assert_int_equal(l.diag.unkept, DIAG_MAX_ITEMS + 1);
	diag_error(&l.diag, LOC_NONE, CODE_SYNTAX, "errors have room of their own");
	assert_string_equal(l.diag.items.v[DIAG_MAX_ITEMS]->text, "errors have room of their own");
}

static void read_repeated(const char *document, size_t times)
{
	_cleanup_buf_ struct buf text = {0};

	for (size_t i = 0; i < times; i++)
		buf_puts(&text, document);
	read_whole(&l, text.s, text.n, LANG_INPUT);
}

TEST(so_many_yaml_documents_with_errors_are_read_no_further)
{
	static const char policy[] =
		"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		"metadata: {name: a}\n"
		"spec: {podSelector: 3, ingress: 4, egress: 5, policyTypes: 6}\n";
	size_t used;

	read_repeated(policy, DIAG_MAX_ITEMS / 4);
	assert_int_equal(l.diag.errors, DIAG_MAX_ITEMS);
	assert_null(diag_unlisted(&l.diag));
	used = l.arena.used;
	lang_fini(&l);
	lang_init(&l);
	read_repeated(policy, DIAG_MAX_ITEMS / 2);
	assert_in_range(l.diag.errors, DIAG_MAX_ITEMS + 1, DIAG_MAX_ITEMS + 4);
	assert_in_range(l.arena.used, used, used + sizeof(policy) * DIAG_MAX_ITEMS / 2);
	assert_int_equal(l.diag.unkept, l.diag.errors - DIAG_MAX_ITEMS);
}

TEST(broken_yaml_documents_are_counted_past_the_bound)
{
	read_repeated("--- &a\na: *b\n", SKIPPED_MAX_BROKEN + 7);
	assert_int_equal(l.diag.errors, SKIPPED_MAX_BROKEN + 7);
	assert_string_equal(diag_unlisted(&l.diag), "at least 7 more messages are not listed");
}

TEST(findings_are_counted_past_the_bound)
{
	enum { PORTS = 100, ROOM = 40 };
	_cleanup_buf_ struct buf ports = {0};
	struct check_result result;
	struct check_options o;
	struct irb b;

	irb_init(&b);
	irb_endpoint(&b, "shop/web", "app=web", "10.0.0.1", "");
	for (int port = 0; port < PORTS; port++)
		buf_puts(&ports, port ? "|tcp/x" : "tcp/x");
	irb_rule(&b, irb_policy(&b, b.tier, "p", "app=web"), IR_INGRESS, IR_ALLOW, 0, "all",
		 buf_str(&ports));
	report(&b.diag, DIAG_MAX_ITEMS - ROOM);
	check_options_init(&o);
	for (int i = 0; i < CHECK_N; i++)
		o.levels[i] = i == CHECK_ID_NAMED_PORT_UNRESOLVED ? CHECK_INFO : CHECK_OFF;
	assert_int_equal(check_run(&b.ir, &o, &b.diag, &result), 0);
	assert_int_equal(result.findings[CHECK_ID_NAMED_PORT_UNRESOLVED], PORTS);
	assert_int_equal(b.diag.items.n, DIAG_MAX_ITEMS);
	expect_unlisted(&b.diag, PORTS - ROOM);
	irb_fini(&b);
}

#define LANG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LANG_TEST(past_the_bound_messages_are_counted_and_take_no_memory),
		LANG_TEST(so_many_yaml_documents_with_errors_are_read_no_further),
		LANG_TEST(broken_yaml_documents_are_counted_past_the_bound),
		cmocka_unit_test(findings_are_counted_past_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
