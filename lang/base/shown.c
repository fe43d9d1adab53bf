/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from outside, for those who read it: people, terminals, and what reads their logs. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lang/base/buf.h"
#include "lang/base/utf8.h"

/* --- characters ------------------------------------------------------------------------------ */

/* What moves the cursor, hides a text or turns its direction, or cannot be seen (Unicode 15: Cc,
 * Cf, Zl, Zp and what is named "tag"). */
static const struct range {
	uint32_t first, last;
} hidden[] = {
	{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
	{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
	{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static bool is_hidden(uint32_t c)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

/* --- commands -------------------------------------------------------------------------------- */

/* Azure Pipelines and GitHub Actions take `##vso[...]` and `##[...]` for a command wherever it
 * stands in a line. */
static bool is_command(const char *s, size_t n)
{
	return (n > 2 && memcmp(s, "##[", 3) == 0) || (n > 5 && strncasecmp(s, "##vso[", 6) == 0);
}

/* And GitHub Actions `::...`, GitLab `section_...` only where a line begins, or nothing but white
 * space stands before: which of the other characters is some is no matter here. */
static size_t find_command(const char *s, size_t n)
{
	static const char *const begins[] = {"::", "section_start:", "section_end:"};
	size_t at = 0;

	while (at < n && (s[at] == ' ' || s[at] == '\t' || (unsigned char)s[at] >= 0x80))
		at++;
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		size_t len = strlen(begins[i]);

		if (n - at >= len && strncasecmp(s + at, begins[i], len) == 0)
			return at;
	}
	return n;
}

/* --- text ------------------------------------------------------------------------------------ */

/* As many bytes as there are, so that a caret below points to what it is about. */
static void put_shown(struct buf *b, const char *s, size_t n, size_t command)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		uint32_t c;

		len = utf8_length((const unsigned char *)s + i, n - i, &c);
		if (s[i] == '\t') {
			buf_putc(b, ' ');
		} else if (len && !is_hidden(c) && i != command &&
			   !(i && is_command(s + i - 1, n - i + 1))) {
			buf_add(b, s + i, len);
		} else {
			len = len ? len : 1;
			for (size_t j = 0; j < len; j++)
				buf_putc(b, '?');
		}
	}
}

void buf_add_shown(struct buf *b, const char *s, size_t n)
{
	put_shown(b, s, n, n);
}

void buf_puts_shown(struct buf *b, const char *s)
{
	buf_add_shown(b, s, strlen(s));
}

void buf_puts_first(struct buf *b, const char *s)
{
	size_t n = strlen(s);

	put_shown(b, s, n, find_command(s, n));
}

void buf_puts_lines(struct buf *b, const char *s, const char *indent)
{
	for (const char *nl; (nl = strchr(s, '\n')); s = nl + 1) {
		put_shown(b, s, (size_t)(nl - s), find_command(s, (size_t)(nl - s)));
		buf_putc(b, '\n');
		buf_puts(b, indent);
	}
	buf_puts_first(b, s);
}
