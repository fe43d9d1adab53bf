/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as a proxy hands them over: whole, or not at all. */
#include <stdlib.h>
#include <string.h>

#include "runtime/proxy/request.h"
#include "tests/unit/unit.h"

static const char whole[] =
	"R1 GET /a/b?c\r\nhost: shop:80\r\nx-a: 1\r\nX-A: : 2\r\nx-b: \r\n\r\n.";

static bool reads(const char *text, struct proxy_request *out)
{
	return proxy_read_request(text, strlen(text), out);
}

static void is_text(struct flat_text got, const char *wanted)
{
	assert_int_equal(got.n, strlen(wanted));
	assert_memory_equal(got.s, wanted, got.n);
}

TEST(a_request_has_its_parts)
{
	struct proxy_request r;

	assert_true(reads(whole, &r));
	assert_string_equal(r.set, "R1");
	is_text(r.flat.method, "GET");
	is_text(r.flat.path, "/a/b?c");
	is_text(r.flat.host, "shop:80");
	assert_int_equal(r.flat.n_headers, 3);
	is_text(r.headers[0].name, "x-a");
	is_text(r.headers[0].value, "1");
	is_text(r.headers[1].name, "X-A");
	is_text(r.headers[1].value, ": 2");
	is_text(r.headers[2].value, "");
	assert_true(reads("R1 GET /\r\n\r\n.", &r));
	assert_null(r.flat.host.s);
	assert_int_equal(r.flat.n_headers, 0);
}

/* In memory of its own size, so that a byte too far is seen. */
TEST(what_is_cut_off_anywhere_is_none)
{
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct proxy_request r;
		char *part = malloc(n + 1);

		memcpy(part, whole, n);
		assert_false(proxy_read_request(part, n, &r));
		free(part);
	}
}

TEST(what_has_another_form_is_none)
{
	static const char *const bad[] = {
		"R1 GET /\r\n\r\n..",
		"R1 GET /\n\n.",
		"R1 GET\r\n\r\n.",
		"R1 GET /\r\nhost\r\n\r\n.",
		"R1 GET /\r\nhost:x\r\n\r\n.",
		"R1 GET /\r\nhost: a\r\nHost: b\r\n\r\n.",
		"0123456789012345678901234567890123456789012345678901234567890123456789 GET "
		"/\r\n\r\n.",
	};
	struct proxy_request r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (reads(bad[i], &r))
			fail_msg("%s", bad[i]);
}

TEST(there_are_so_many_headers_and_no_more)
{
	char text[16 * (PROXY_MAX_HEADERS + 2)] = "R1 GET /\r\n";
	struct proxy_request r;

	for (size_t i = 0; i <= PROXY_MAX_HEADERS; i++) {
		strcat(text, "\r\n.");
		assert_true(reads(text, &r));
		assert_int_equal(r.flat.n_headers, i);
		strcpy(text + strlen(text) - 3, "a: b\r\n");
	}
	strcat(text, "\r\n.");
	assert_false(reads(text, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_its_parts),
		cmocka_unit_test(what_is_cut_off_anywhere_is_none),
		cmocka_unit_test(what_has_another_form_is_none),
		cmocka_unit_test(there_are_so_many_headers_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
