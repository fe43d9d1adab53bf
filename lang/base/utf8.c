/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/utf8.h"

size_t utf8_length(const unsigned char *s, size_t n, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	*c = s[0];
	if (len == 1)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n < len)
		return 0;
	*c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
		return 0;
	return len;
}

bool utf8_is_valid(const char *s, size_t n)
{
	const unsigned char *bytes = (const unsigned char *)s;
	uint32_t c;

	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(bytes + i, n - i, &c);

		if (!len)
			return false;
		i += len;
	}
	return true;
}

size_t utf8_encode(uint32_t c, unsigned char out[static UTF8_MAX])
{
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (unsigned char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (unsigned char)(len == 1 ? c : first[len] | c);
	return len;
}
