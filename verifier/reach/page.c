/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reachability as one self-contained page. The page itself is verifier/reach/page/, which the
 * build turns into arrays; here its pieces are put together with the facts.
 *
 * Names come from other people's files. They reach the page as JSON without a single `<`, so
 * that no text can end the element that it stands in, and the script shows them as text only; those
 * that are there without the script as well, of the files and in the banner, are escaped. The
 * policy of the page allows the one style and the one script with these hashes, and no connection.
 */
#include <sha256.h>
#include <string.h>

#include "lang/base/outlet.h"
#include "lang/base/unread.h"
#include "verifier/reach/render.h"

static const char page[] = {
#include "verifier/reach/page/html.inc"
	0};
static const char style[] = {
#include "verifier/reach/page/css.inc"
	0};
static const char script[] = {
#include "verifier/reach/page/js.inc"
	0};

/* RFC 4648, section 4. */
static void put_base64(const uint8_t *p, size_t n, struct buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t word = (uint32_t)p[i] << 16;

		if (i + 1 < n)
			word |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < n)
			word |= p[i + 2];
		buf_putc(out, digits[word >> 18]);
		buf_putc(out, digits[word >> 12 & 63]);
		buf_putc(out, i + 1 < n ? digits[word >> 6 & 63] : '=');
		buf_putc(out, i + 2 < n ? digits[word & 63] : '=');
	}
}

static void put_hash(const char *text, struct buf *out)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)text, strlen(text));
	SHA256Final(digest, &ctx);
	buf_puts(out, "'sha256-");
	put_base64(digest, sizeof(digest), out);
	buf_puts(out, "'");
}

static void put_policy(const struct reach *r, struct buf *out)
{
	(void)r;
	buf_puts(out, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src ");
	put_hash(style, out);
	buf_puts(out, "; script-src ");
	put_hash(script, out);
}

static void put_style(const struct reach *r, struct buf *out)
{
	(void)r;
	buf_puts(out, style);
}

static void put_script(const struct reach *r, struct buf *out)
{
	(void)r;
	buf_puts(out, script);
}

static void put_escaped(const char *s, struct buf *out)
{
	for (; *s; s++) {
		if (strchr("<>&\"'", *s))
			buf_printf(out, "&#%d;", *s);
		else
			buf_putc(out, *s);
	}
}

static void put_files(const struct reach *r, struct buf *out)
{
	const char *before = "<p id=\"files\">of ";

	vec_each (const char *, name, &r->inputs) {
		_cleanup_buf_ struct buf shown = {0};

		if (strcmp(*name, "-") == 0)
			buf_puts(&shown, "standard input");
		else
			buf_add_shown(&shown, *name, strlen(*name));
		buf_printf(out, "%s<bdi>", before);
		put_escaped(buf_str(&shown), out);
		buf_puts(out, "</bdi>");
		before = ", ";
	}
	if (r->inputs.n)
		buf_puts(out, "</p>\n");
}

static void put_banner(const struct reach *r, struct buf *out)
{
	_cleanup_buf_ struct buf text = {0};

	if (!unread_count(r->unread))
		return;
	unread_put_text(r->unread, &text);
	buf_puts(out, "<p id=\"incomplete\" role=\"alert\">incomplete: ");
	put_escaped(buf_str(&text), out);
	buf_puts(out, "</p>\n");
}

/* `<` stands only in strings, which may write it as an escape. */
static void put_data(const struct reach *r, struct buf *out)
{
	_cleanup_buf_ struct buf json = {0};

	reach_render_data(r, &json);
	for (const char *s = buf_str(&json), *end; *s; s = end) {
		end = s + strcspn(s, "<");
		buf_add(out, s, (size_t)(end - s));
		if (*end) {
			buf_puts(out, "\\u003c");
			end++;
		}
	}
}

/* What stands for what in page.html. */
static const struct {
	const char *name;
	void (*put)(const struct reach *r, struct buf *out);
} parts[] = {
	{"@POLICY@", put_policy}, {"@STYLE@", put_style}, {"@FILES@", put_files},
	{"@BANNER@", put_banner}, {"@DATA@", put_data},   {"@SCRIPT@", put_script},
};

void reach_render_html(const struct reach *r, struct outlet *outlet)
{
	struct buf *out = &outlet->buf;
	const char *s = page;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const char *hole = strstr(s, parts[i].name);

		buf_add(out, s, (size_t)(hole - s));
		parts[i].put(r, out);
		s = hole + strlen(parts[i].name);
	}
	buf_puts(out, s);
}
