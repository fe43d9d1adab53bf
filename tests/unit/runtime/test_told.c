/* SPDX-License-Identifier: Apache-2.0 */
/* What a proxy tells of requests: which of them, and the lines of it. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "runtime/proxy/telling.h"
#include "runtime/proxy/told.h"
#include "tests/unit/unit.h"

#define LINE "ingress 12 1048578 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop /a/b"

static char line[256];

static bool reads(const char *text, struct proxy_told *out)
{
	snprintf(line, sizeof(line), "%s", text);
	return proxy_told_read(line, out);
}

TEST(a_line_is_read)
{
	struct proxy_told t;

	assert_true(reads(LINE "\n", &t));
	assert_int_equal(t.dir, POLC_INGRESS);
	assert_int_equal(t.listener, 12);
	assert_int_equal(t.entry, 2);
	assert_true(t.allowed);
	assert_int_equal(t.sport, 40000);
	assert_int_equal(t.dport, 80);
	assert_int_equal(t.status, 200);
	assert_int_equal(t.ms, 3);
	assert_string_equal(t.method, "GET");
	assert_string_equal(t.host, "shop");
	assert_string_equal(t.path, "/a/b");
}

TEST(a_denial_says_which_entry_or_none)
{
	struct proxy_told t;

	assert_true(reads("egress 1 -1048579 fd00::1 1 fd00::2 80 403 0 - GET h /", &t));
	assert_int_equal(t.dir, POLC_EGRESS);
	assert_int_equal(t.entry, 3);
	assert_false(t.allowed);
	assert_int_equal(t.src.family, NET_V6);
	assert_true(reads("egress 1 -1048576 10.0.0.1 1 10.0.0.2 80 -1 -1 - GET h /", &t));
	assert_int_equal(t.entry, 0);
	assert_int_equal(t.status, 0);
}

TEST(what_is_refused_says_why)
{
	struct proxy_told t;

	snprintf(line, sizeof(line), "ingress 1 %d 10.0.0.1 1 10.0.0.2 80 431 0 cookie GET h /",
		 -(PROXY_TELL + PROXY_REFUSED + PROXY_LARGE));
	assert_true(proxy_told_read(line, &t));
	assert_false(t.allowed);
	assert_int_equal(t.refused, PROXY_LARGE);
	assert_int_equal(t.entry, 0);
	assert_string_equal(t.largest, "cookie");
	snprintf(line, sizeof(line), "ingress 1 %d 10.0.0.1 1 10.0.0.2 80 0 -1 - GET h /",
		 -(PROXY_TELL + PROXY_REFUSED + PROXY_RULELESS));
	assert_true(proxy_told_read(line, &t));
	assert_false(t.allowed);
	assert_int_equal(t.refused, PROXY_RULELESS);
	/* None is allowed, and there are so many. */
	snprintf(line, sizeof(line), "ingress 1 %d 10.0.0.1 1 10.0.0.2 80 431 0 - GET h /",
		 PROXY_TELL + PROXY_REFUSED + PROXY_LARGE);
	assert_false(proxy_told_read(line, &t));
	snprintf(line, sizeof(line), "ingress 1 %d 10.0.0.1 1 10.0.0.2 80 431 0 - GET h /",
		 -(PROXY_TELL + PROXY_REFUSED + PROXY_READINGS));
	assert_false(proxy_told_read(line, &t));
}

TEST(what_is_no_line_is_not_read)
{
	static const char *const bad[] = {
		"",
		"ingress",
		"elsewhere 12 1048578 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop /a",
		"ingress 0 1048578 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop /a",
		"ingress 4096 1048578 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop /a",
		"ingress -1 1048578 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop /a",
		"ingress 12 9999999999 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop /a",
		"ingress 12 x 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop /a",
		"ingress 12 1048578 10.0.0 40000 10.0.0.2 80 200 3 - GET shop /a",
		"ingress 12 1048578 10.0.0.1 65536 10.0.0.2 80 200 3 - GET shop /a",
		"ingress 12 1048578 10.0.0.1 40000 10.0.0.2 80 1000 3 - GET shop /a",
		"ingress 12 1048578 10.0.0.1 40000 10.0.0.2 80 200 3 - GET shop",
		LINE " more",
	};
	struct proxy_told t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (reads(bad[i], &t))
			fail_msg("'%s' is read", bad[i]);
}

TEST(nothing_is_told_where_nobody_listens)
{
	char dir[] = "/tmp/polc-told-XXXXXX", path[64];
	struct proxy_telling t;
	_Atomic uint64_t *heard;
	int told = 0;

	assert_non_null(mkdtemp(dir));
	proxy_telling_open(&t, dir);
	assert_false(proxy_telling_takes(&t));
	proxy_telling_close(&t);
	heard = proxy_telling_make(dir);
	assert_non_null(heard);
	proxy_telling_open(&t, dir);
	assert_false(proxy_telling_takes(&t));
	atomic_store(heard, 1);
	for (int i = 0; i < 10 * POLC_EVENT_BURST; i++)
		told += proxy_telling_takes(&t);
	/* The clock may go on meanwhile. */
	assert_in_range(told, POLC_EVENT_BURST, 5 * POLC_EVENT_BURST);
	proxy_telling_close(&t);
	munmap((void *)heard, sizeof(*heard));
	snprintf(path, sizeof(path), "%s/heard", dir);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read),
		cmocka_unit_test(a_denial_says_which_entry_or_none),
		cmocka_unit_test(what_is_refused_says_why),
		cmocka_unit_test(what_is_no_line_is_not_read),
		cmocka_unit_test(nothing_is_told_where_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
