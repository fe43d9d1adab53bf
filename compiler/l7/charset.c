/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/charset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lang/base/buf.h"
#include "lang/base/utf8.h"

enum { FIRST_SURROGATE = 0xd800, LAST_SURROGATE = 0xdfff };

/* --- sets -------------------------------------------------------------------------------- */

static void push(struct arena *arena, struct charset *set, uint32_t lo, uint32_t hi)
{
	if (lo <= hi)
		vec_push(arena, &set->ranges, (struct char_range){lo, hi});
}

void charset_add(struct arena *arena, struct charset *set, uint32_t lo, uint32_t hi)
{
	push(arena, set, lo, hi < FIRST_SURROGATE ? hi : FIRST_SURROGATE - 1);
	push(arena, set, lo > LAST_SURROGATE ? lo : LAST_SURROGATE + 1, hi);
}

void charset_add_all(struct arena *arena, struct charset *set, const struct charset *more)
{
	vec_each (const struct char_range, r, &more->ranges)
		vec_push(arena, &set->ranges, *r);
}

static int range_order(const void *a, const void *b)
{
	uint32_t x = ((const struct char_range *)a)->lo, y = ((const struct char_range *)b)->lo;

	return (x > y) - (x < y);
}

void charset_settle(struct charset *set)
{
	size_t n = 0;

	if (set->ranges.n < 2)
		return;
	qsort(set->ranges.v, set->ranges.n, sizeof(*set->ranges.v), range_order);
	vec_each (const struct char_range, r, &set->ranges) {
		struct char_range *last = n ? &set->ranges.v[n - 1] : NULL;

		if (!last || r->lo > last->hi + 1)
			set->ranges.v[n++] = *r;
		else if (r->hi > last->hi)
			last->hi = r->hi;
	}
	set->ranges.n = n;
}

void charset_negate(struct arena *arena, struct charset *set)
{
	struct charset rest = {0};
	uint32_t next = 0;

	vec_each (const struct char_range, r, &set->ranges) {
		if (next < r->lo)
			charset_add(arena, &rest, next, r->lo - 1);
		next = r->hi + 1;
	}
	if (next <= CHARSET_LAST)
		charset_add(arena, &rest, next, CHARSET_LAST);
	*set = rest;
}

bool charset_has(const struct charset *set, uint32_t c)
{
	vec_each (const struct char_range, r, &set->ranges)
		if (r->lo <= c && c <= r->hi)
			return true;
	return false;
}

bool charset_tells_beyond_ascii(const struct charset *set)
{
	uint64_t n = 0,
		 all = CHARSET_LAST - CHARSET_LAST_ASCII - (LAST_SURROGATE - FIRST_SURROGATE + 1);

	vec_each (const struct char_range, r, &set->ranges) {
		uint32_t lo = r->lo > CHARSET_LAST_ASCII ? r->lo : CHARSET_LAST_ASCII + 1;

		if (lo <= r->hi)
			n += r->hi - lo + 1;
	}
	return n != 0 && n != all;
}

/* --- what Unicode says -------------------------------------------------------------------- */

static pcre2_code *compile(const char *class, uint32_t options)
{
	_cleanup_buf_ struct buf pattern = {0};
	PCRE2_SIZE where;
	int err;

	buf_printf(&pattern, "(?:%s)++", class);
	return pcre2_compile((PCRE2_SPTR)buf_str(&pattern), pattern.n,
			     PCRE2_UTF | PCRE2_NO_UTF_CHECK | options, &err, &where, NULL);
}

static void put_characters(struct buf *text, uint32_t first, uint32_t last)
{
	unsigned char bytes[UTF8_MAX];

	for (uint32_t c = first; c <= last; c++)
		buf_add(text, bytes, utf8_encode(c, bytes));
}

static void put_every_character(struct buf *text)
{
	put_characters(text, 0, FIRST_SURROGATE - 1);
	put_characters(text, LAST_SURROGATE + 1, CHARSET_LAST);
}

static uint32_t character_at(const unsigned char *s, size_t n)
{
	uint32_t c = 0;
	size_t length = utf8_length(s, n, &c);

	assert(length);
	(void)length;
	return c;
}

/* In a text of all characters in order a range of them is a run of bytes. */
static void add_matches(struct arena *arena, struct charset *set, const pcre2_code *code)
{
	_cleanup_buf_ struct buf text = {0};
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	const unsigned char *s;
	size_t at = 0;
	int found;

	if (!data)
		abort();
	put_every_character(&text);
	s = (const unsigned char *)text.s;
	while ((found = pcre2_match(code, s, text.n, at, PCRE2_NO_UTF_CHECK, data, NULL)) > 0) {
		const PCRE2_SIZE *match = pcre2_get_ovector_pointer(data);
		size_t last = match[1] - 1;

		while ((s[last] & 0xc0) == 0x80)
			last--;
		charset_add(arena, set, character_at(s + match[0], text.n - match[0]),
			    character_at(s + last, text.n - last));
		at = match[1];
	}
	assert(found == PCRE2_ERROR_NOMATCH);
	(void)found;
	pcre2_match_data_free(data);
}

static bool add_class(struct arena *arena, struct charset *set, const char *class, uint32_t options)
{
	pcre2_code *code = compile(class, options);

	if (!code)
		return false;
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where there is one, it is no slower */
	add_matches(arena, set, code);
	pcre2_code_free(code);
	charset_settle(set);
	return true;
}

bool charset_add_property(struct arena *arena, struct charset *set, const char *property, size_t n)
{
	return add_class(arena, set, arena_strndup(arena, property, n), 0);
}

/* Two letters of ASCII have a third form: the sign of the kelvin and the long s. */
static uint32_t third_form(uint32_t letter)
{
	return letter == 'k' ? 0x212a : letter == 's' ? 0x17f : letter;
}

static void fold_ascii(struct arena *arena, struct charset *set)
{
	struct charset old = *set;

	set->ranges.v = NULL;
	set->ranges.n = set->ranges.cap = 0;
	charset_add_all(arena, set, &old);
	for (uint32_t c = 'a'; c <= 'z'; c++) {
		uint32_t forms[] = {c, c - 'a' + 'A', third_form(c)};
		bool any = false;

		for (size_t i = 0; i < 3; i++)
			any |= charset_has(&old, forms[i]);
		for (size_t i = 0; any && i < 3; i++)
			charset_add(arena, set, forms[i], forms[i]);
	}
	charset_settle(set);
}

void charset_fold(struct arena *arena, struct charset *set)
{
	_cleanup_buf_ struct buf class = {0};

	charset_settle(set);
	if (set->ranges.n && set->ranges.v[set->ranges.n - 1].hi > CHARSET_LAST_ASCII &&
	    charset_tells_beyond_ascii(set)) {
		buf_putc(&class, '[');
		vec_each (const struct char_range, r, &set->ranges)
			buf_printf(&class, "\\x{%x}-\\x{%x}", r->lo, r->hi);
		buf_putc(&class, ']');
		if (!add_class(arena, set, buf_str(&class), PCRE2_CASELESS))
			abort(); /* out of memory */
	}
	fold_ascii(arena, set);
}
