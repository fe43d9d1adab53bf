/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/utf16.h"

#include <assert.h>
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "lang/base/buf.h"

enum { MARK = 2 };

bool utf16_begins(const char *text, size_t len)
{
	return len >= MARK && (!memcmp(text, "\xff\xfe", MARK) || !memcmp(text, "\xfe\xff", MARK));
}

static int convert(iconv_t cd, const char *text, size_t len, struct buf *out)
{
	char *in = (char *)text; /* iconv() does not write there */
	int err = 0;

	while (len && !err) {
		char room[4096], *to = room;
		size_t left = sizeof(room);

		if (iconv(cd, &in, &len, &to, &left) == (size_t)-1 && errno != E2BIG)
			err = -EILSEQ; /* a surrogate alone, or half a character at the end */
		buf_add(out, room, sizeof(room) - left);
	}
	return err;
}

int utf16_to_utf8(const char *text, size_t len, struct buf *out)
{
	iconv_t cd;
	int err;

	assert(utf16_begins(text, len));
	cd = iconv_open("UTF-8", *text == '\xff' ? "UTF-16LE" : "UTF-16BE");
	if (cd == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr) */
		return -errno;
	err = convert(cd, text + MARK, len - MARK, out);
	iconv_close(cd);
	return err;
}
