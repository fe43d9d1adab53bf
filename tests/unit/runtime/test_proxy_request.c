/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as a proxy hands them over: whole, or not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/proxy/reading.h"
#include "tests/unit/unit.h"

static const char whole[] =
	"R1 GET /a/b?c\r\nhost: shop:80\r\nx-a: 1\r\nX-A: : 2\r\nx-b: \r\n\r\n.";

static bool reads(const char *text, struct proxy_request *out)
{
	static struct proxy_parts parts;

	return proxy_split_request(text, strlen(text), &parts) && proxy_read_request(&parts, out);
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
		struct proxy_parts parts;
		struct proxy_request r;
		char *part = malloc(n + 1);

		memcpy(part, whole, n);
		assert_false(proxy_split_request(part, n, &parts) &&
			     proxy_read_request(&parts, &r));
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

static enum proxy_reading reading_of(const char *text, struct proxy_request *out)
{
	static struct proxy_parts parts;

	assert_true(proxy_split_request(text, strlen(text), &parts));
	return proxy_reading_of(&parts, out);
}

TEST(a_request_has_one_reading_or_says_why)
{
	static const struct {
		const char *target, *headers;
		enum proxy_reading reading;
	} cases[] = {
		{"/", "host: a\r\n", PROXY_READS},
		{"/a/b.c/..d/.e/%20%C3%a4;x=1?a=../%2f//b", "Host: [::1]:80\r\n", PROXY_READS},
		{"/", "host: a:80\r\nx: 1\r\n", PROXY_READS},
		{"/%41", "host: a\r\n", PROXY_PREPARE},
		{"/a//b", "host: a\r\n", PROXY_PREPARE},
		{"/a/.", "host: a\r\n", PROXY_PREPARE},
		{"/a/./b", "host: a\r\n", PROXY_PREPARE},
		{"/..", "host: a\r\n", PROXY_PREPARE},
		{"/a/../b", "host: a\r\n", PROXY_PREPARE},
		{"/a#b", "host: a\r\n", PROXY_PREPARE},
		{"/a?b#c", "host: a\r\n", PROXY_PREPARE},
		{"/%2e%2e;/", "host: a\r\n", PROXY_PREPARE},
		{"/", "", PROXY_HOSTS},
		{"/", "host: a\r\nHost: a\r\n", PROXY_HOSTS},
		{"/", "host: \r\n", PROXY_BAD_HOST},
		{"/", "host: a b\r\n", PROXY_BAD_HOST},
		{"/", "host: a/b\r\n", PROXY_BAD_HOST},
		{"/", "host: a@b\r\n", PROXY_BAD_HOST},
		{"/", "host: a:b\r\n", PROXY_BAD_HOST},
		{"/", "host: :80\r\n", PROXY_BAD_HOST},
		{"/", "host: [::1\r\n", PROXY_BAD_HOST},
		{"/", "host: [::1]a\r\n", PROXY_BAD_HOST},
		{"/", "host: []\r\n", PROXY_BAD_HOST},
		{"*", "host: a\r\n", PROXY_BAD_TARGET},
		{"", "host: a\r\n", PROXY_BAD_TARGET},
		{"/%2F", "host: a\r\n", PROXY_ESCAPED_SLASH},
		{"/%5c", "host: a\r\n", PROXY_ESCAPED_SLASH},
		{"/\\", "host: a\r\n", PROXY_ESCAPED_SLASH},
		{"/%00", "host: a\r\n", PROXY_ESCAPED_SLASH},
		{"//%2f", "host: a\r\n", PROXY_ESCAPED_SLASH},
		{"/%", "host: a\r\n", PROXY_BAD_ESCAPE},
		{"/%4", "host: a\r\n", PROXY_BAD_ESCAPE},
		{"/%4x", "host: a\r\n", PROXY_BAD_ESCAPE},
		{"/%25", "host: a\r\n", PROXY_BAD_ESCAPE},
		{"/..%3B/a", "host: a\r\n", PROXY_PARAMETER},
		{"/", "host: a\r\nx:  1\r\n", PROXY_BAD_HEADER},
		{"/", "host: a\r\nx: 1 \r\n", PROXY_BAD_HEADER},
		{"/", "host: a\r\nx: 1\t\r\n", PROXY_BAD_HEADER},
		{"/",
		 "host: a\r\nx: \x0b"
		 "1\r\n",
		 PROXY_BAD_HEADER},
		{"/",
		 "host: a\r\nx: 1\x7f"
		 "1\r\n",
		 PROXY_BAD_HEADER},
		{"/", "host: a\r\nx: 1\t1 1\r\ny: \r\n", PROXY_READS},
		{"http://a/", "host: a\r\n", PROXY_READS},
		{"HTTPS://A:443/x?y", "host: a\r\n", PROXY_READS},
		{"http://a//", "host: a:80\r\n", PROXY_PREPARE},
		{"http://a", "host: a\r\n", PROXY_BAD_TARGET},
		{"http://b/", "host: a\r\n", PROXY_BAD_TARGET},
		{"http://a:81/", "host: a\r\n", PROXY_BAD_TARGET},
		{"http://a:80/", "host: a:443\r\n", PROXY_BAD_TARGET},
		{"http://a@a/", "host: a\r\n", PROXY_BAD_TARGET},
		{"http://evil?@a/", "host: a\r\n", PROXY_BAD_TARGET},
		{"http://evil\\admin\\?@a/", "host: a\r\n", PROXY_BAD_TARGET},
		{"http:///", "host: a\r\n", PROXY_BAD_TARGET},
		{"ftp://a/", "host: a\r\n", PROXY_BAD_TARGET},
		{"a/", "host: a\r\n", PROXY_BAD_TARGET},
		{"/a?%zz&%", "host: a\r\n", PROXY_READS},
		{"/%41?%zz", "host: a\r\n", PROXY_BAD_ESCAPE},
		{"/a?%41#%", "host: a\r\n", PROXY_BAD_ESCAPE},
		{"/..;/a", "host: a\r\n", PROXY_PARAMETER},
		{"/", "host: a\r\nx:y\r\n", PROXY_BAD_HEADER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[256];
		struct proxy_request r;
		enum proxy_reading got;

		snprintf(text, sizeof(text), "R1 GET %s\r\n%s\r\n.", cases[i].target,
			 cases[i].headers);
		got = reading_of(text, &r);
		if (got != cases[i].reading)
			fail_msg("%s: %d", text, got);
		text[strlen(text) - 1] = ':';
		got = reading_of(text, &r);
		if (got != (cases[i].reading == PROXY_PREPARE ? PROXY_UNSETTLED : cases[i].reading))
			fail_msg("%s: %d", text, got);
	}
}

TEST(a_connection_has_a_host_and_no_path)
{
	struct proxy_request r;

	assert_int_equal(reading_of("R1 CONNECT a:443\r\nhost: a:443\r\n\r\n.", &r), PROXY_READS);
	assert_int_equal(r.flat.path.n, 0);
	assert_int_equal(reading_of("R1 CONNECT a:80\r\nhost: a\r\n\r\n.", &r), PROXY_READS);
	assert_int_equal(reading_of("R1 CONNECT b:443\r\nhost: a:443\r\n\r\n.", &r),
			 PROXY_BAD_TARGET);
	assert_int_equal(reading_of("R1 CONNECT a:1\r\nhost: a:443\r\n\r\n.", &r),
			 PROXY_BAD_TARGET);
	assert_int_equal(reading_of("R1 CONNECT /a\r\nhost: a:443\r\n\r\n.", &r), PROXY_BAD_TARGET);
}

TEST(another_protocol_is_looked_at_first)
{
	struct proxy_request r;

	assert_int_equal(reading_of("R1 GET /\r\nhost: a\r\nUpgrade: x\r\n\r\n.", &r),
			 PROXY_PREPARE);
	assert_int_equal(reading_of("R1 GET /\r\nhost: a\r\nupgrade: x\r\n\r\n:", &r),
			 PROXY_PROTOCOL);
	assert_int_equal(reading_of("R1 GET /\r\nhost: a\r\nupgrade: WebSocket\r\n\r\n:", &r),
			 PROXY_READS);
	assert_int_equal(reading_of("R1 GET /\r\nhost: a\r\nupgrade: websocket\r\n"
				    "upgrade: websocket\r\n\r\n:",
				    &r),
			 PROXY_PROTOCOL);
}

static struct flat_text headers_of(const char *text, size_t n)
{
	return (struct flat_text){.s = text, .n = n};
}

TEST(what_is_too_large_names_a_header)
{
	static char text[PROXY_BUFFER];
	struct proxy_parts parts;
	struct proxy_request r;
	size_t n = (size_t)snprintf(text, sizeof(text), "R1 GET /\r\nhost: a\r\ncookie: ");

	memset(text + n, 'c', PROXY_HEAD_MAX);
	strcpy(text + n + PROXY_HEAD_MAX, "\r\nx: 1\r\n\r\n.");
	assert_int_equal(reading_of(text, &r), PROXY_LARGE);
	assert_true(proxy_split_request(text, strlen(text), &parts));
	is_text(proxy_largest_header(parts.headers), "cookie");
	assert_false(proxy_split_request(text, n + 9, &parts));
	is_text(proxy_largest_header(parts.headers), "cookie");
	is_text(proxy_largest_header(headers_of("a", 1)), "");
	is_text(proxy_largest_header(headers_of("", 0)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_its_parts),
		cmocka_unit_test(what_is_cut_off_anywhere_is_none),
		cmocka_unit_test(what_has_another_form_is_none),
		cmocka_unit_test(there_are_so_many_headers_and_no_more),
		cmocka_unit_test(a_request_has_one_reading_or_says_why),
		cmocka_unit_test(a_connection_has_a_host_and_no_path),
		cmocka_unit_test(another_protocol_is_looked_at_first),
		cmocka_unit_test(what_is_too_large_names_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
