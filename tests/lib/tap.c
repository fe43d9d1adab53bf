/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned done, failed;

void tap_plan(unsigned n)
{
	printf("1..%u\n", n);
	fflush(stdout);
}

void tap_result(bool ok, const char *name, ...)
{
	va_list ap;

	printf("%sok %u - ", ok ? "" : "not ", ++done);
	va_start(ap, name);
	vprintf(name, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	failed += !ok;
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void tap_note_text(const char *text)
{
	while (*text) {
		int n = strcspn(text, "\n");

		printf("# %.*s\n", n, text);
		text += n + (text[n] == '\n');
	}
	fflush(stdout);
}

int tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return 0;
}

int tap_exit(void)
{
	return failed != 0;
}
