/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/utf8.h"
#include "lang/yaml/build.h"

#define BOM "\xef\xbb\xbf"

/* --- places ------------------------------------------------------------------------------ */

/* The source ends with a NUL, which is no part of JSON. */
static const char *here(const struct yaml_stream *s)
{
	return s->src->text + s->at.offset;
}

static bool starts(const struct yaml_stream *s, const char *word)
{
	return strncmp(here(s), word, strlen(word)) == 0;
}

static bool take(struct yaml_stream *s, char c)
{
	if (*here(s) != c)
		return false;
	s->at.offset++;
	return true;
}

static struct loc loc_between(const struct yaml_stream *s, struct yaml_place from,
			      struct yaml_place to)
{
	return (struct loc){
		.file = s->marks.file,
		.line = from.line,
		.col = (uint32_t)(from.offset - from.line_start) + 1,
		.end_line = to.line,
		.end_col = (uint32_t)(to.offset - to.line_start) + 1,
	};
}

static struct loc loc_since(const struct yaml_stream *s, struct yaml_place from)
{
	return loc_between(s, from, s->at);
}

/* `n` bytes of a line. */
static struct loc loc_of(const struct yaml_stream *s, struct yaml_place at, size_t n)
{
	struct yaml_place end = at;

	end.offset += n;
	return loc_between(s, at, end);
}

static int fail(struct yaml_stream *s, const char *why)
{
	YAML_REPORT(s, loc_of(s, s->at, s->at.offset < s->src->len), CODE_SYNTAX,
		    "this is not JSON: %s", why);
	return -EINVAL;
}

static void skip_blanks(struct yaml_stream *s)
{
	for (;; s->at.offset++) {
		const char *p = here(s);

		if (*p == '\n') {
			s->at.line++;
			s->at.line_start = s->at.offset + 1;
		} else if (*p != ' ' && *p != '\t' && *p != '\r') {
			return;
		}
	}
}

/* --- strings ----------------------------------------------------------------------------- */

/* The length of the UTF-8 character at p, 0 if there is none (RFC 3629). */
static size_t character_len(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (u[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

static void put_character(struct buf *out, uint32_t c)
{
	unsigned char bytes[UTF8_MAX];

	buf_add(out, bytes, utf8_encode(c, bytes));
}

/* \uXXXX at p; false if it is none. */
static bool code_unit(const char *p, uint32_t *out)
{
	char digits[5] = {0};

	if (p[0] != '\\' || p[1] != 'u')
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)p[2 + i]))
			return false;
		digits[i] = p[2 + i];
	}
	*out = (uint32_t)strtoul(digits, NULL, 16);
	return true;
}

enum { UNIT_LEN = 6, HIGH = 0xd800, LOW = 0xdc00, LOW_END = 0xdfff };

/* One \uXXXX, or two of them that are the halves of a character. */
static int read_unicode(struct yaml_stream *s, struct buf *out)
{
	struct yaml_place from = s->at;
	uint32_t c, low;

	if (!code_unit(here(s), &c))
		return fail(s, "an escape \\u needs four hexadecimal digits");
	s->at.offset += UNIT_LEN;
	if (c >= HIGH && c < LOW && code_unit(here(s), &low) && low >= LOW && low <= LOW_END) {
		s->at.offset += UNIT_LEN;
		c = 0x10000 + ((c - HIGH) << 10) + (low - LOW);
	}
	if (c >= HIGH && c <= LOW_END)
		YAML_REPORT(s, loc_since(s, from), CODE_SYNTAX,
			    "half of a surrogate pair is no character: write both halves, or the "
			    "character itself");
	else if (!c)
		YAML_REPORT(s, loc_since(s, from), CODE_BAD_VALUE,
			    "the text holds a NUL character");
	else
		put_character(out, c);
	return 0;
}

static int read_escape(struct yaml_stream *s, struct buf *out)
{
	static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *p = here(s), *name = p[1] ? strchr(names, p[1]) : NULL;

	if (p[1] == 'u')
		return read_unicode(s, out);
	if (!name)
		return fail(s, "no such escape: write \\\\ for a backslash");
	buf_putc(out, meant[name - names]);
	s->at.offset += 2;
	return 0;
}

static int read_character(struct yaml_stream *s, struct yaml_place open, struct buf *out)
{
	const char *p = here(s);
	size_t n = character_len(p);

	if (*p == '\\')
		return read_escape(s, out);
	if (*p == '\n' || (!*p && s->at.offset == s->src->len)) {
		s->at = open;
		return fail(s, "these quotes are never closed");
	}
	if ((unsigned char)*p < 0x20)
		return fail(s, "a control character in a string: write it as an escape");
	if (!n)
		return fail(s, "this is no valid UTF-8 text");
	buf_add(out, p, n);
	s->at.offset += n;
	return 0;
}

/* The text between the quotes that begin here, in the arena. */
static int read_text(struct yaml_stream *s, const char **out)
{
	_cleanup_buf_ struct buf text = {0};
	struct yaml_place open = s->at;

	s->at.offset++;
	while (!take(s, '"'))
		if (read_character(s, open, &text) < 0)
			return -EINVAL;
	*out = arena_strndup(s->arena, buf_str(&text), text.n);
	return 0;
}

/* --- numbers and words ------------------------------------------------------------------- */

static bool take_digits(struct yaml_stream *s)
{
	size_t from = s->at.offset;

	while (*here(s) >= '0' && *here(s) <= '9')
		s->at.offset++;
	return s->at.offset > from;
}

/* A number with a fraction or an exponent is no integer, whatever its value: the API server refuses
 * it as a port. */
static int read_number(struct yaml_stream *s, struct yaml_node *n)
{
	struct yaml_place from = s->at;
	bool whole = true, good;

	take(s, '-');
	good = take(s, '0') || take_digits(s);
	if (good && take(s, '.')) {
		whole = false;
		good = take_digits(s);
	}
	if (good && (take(s, 'e') || take(s, 'E'))) {
		whole = false;
		if (!take(s, '+'))
			take(s, '-');
		good = take_digits(s);
	}
	if (!good || isalnum((unsigned char)*here(s)) || *here(s) == '.') {
		s->at = from;
		return fail(s, "this is no number");
	}
	n->text = arena_strndup(s->arena, s->src->text + from.offset, s->at.offset - from.offset);
	errno = 0;
	n->number = whole ? strtoll(n->text, NULL, 10) : 0;
	n->kind = whole && !errno ? YAML_INT : YAML_FLOAT;
	return 0;
}

static int read_word(struct yaml_stream *s, struct yaml_node *n)
{
	static const struct {
		const char *text;
		enum yaml_kind kind;
		int64_t number;
	} words[] = {{"true", YAML_BOOL, 1}, {"false", YAML_BOOL, 0}, {"null", YAML_NULL, 0}};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!starts(s, words[i].text))
			continue;
		n->kind = words[i].kind;
		n->text = words[i].text;
		n->number = words[i].number;
		s->at.offset += strlen(words[i].text);
		return 0;
	}
	return fail(s, *here(s) == '\'' ? "it has double quotes only" : "a value is missing here");
}

/* --- collections ------------------------------------------------------------------------- */

static int read_value(struct yaml_stream *s, unsigned depth, struct yaml_node **out);

static int read_item(struct yaml_stream *s, unsigned depth, struct yaml_node *n)
{
	struct yaml_node *item;

	if (read_value(s, depth, &item) < 0)
		return -EINVAL;
	vec_push(s->arena, &n->items, item);
	yaml_add_weight(n, item);
	return 0;
}

static int read_pair(struct yaml_stream *s, unsigned depth, struct yaml_node *n,
		     struct intern *keys)
{
	struct yaml_place from = s->at;
	struct yaml_pair pair;

	if (*here(s) != '"')
		return fail(s, "a key in double quotes is missing here");
	if (read_text(s, &pair.key) < 0)
		return -EINVAL;
	pair.key_loc = loc_since(s, from);
	if (yaml_charge(s, pair.key_loc, 1) < 0)
		return -EINVAL;
	skip_blanks(s);
	if (!take(s, ':'))
		return fail(s, "a ':' is missing behind the key");
	skip_blanks(s);
	if (read_value(s, depth, &pair.value) < 0)
		return -EINVAL;
	n->weight += n->weight < UINT32_MAX; /* the key */
	yaml_add_weight(n, pair.value);
	yaml_add_pair(s, n, keys, pair);
	return 0;
}

static int read_collection(struct yaml_stream *s, unsigned depth, struct yaml_node *n)
{
	bool map = *here(s) == '{';
	char end = map ? '}' : ']';
	struct intern keys = {0};
	int r;

	n->kind = map ? YAML_MAP : YAML_SEQ;
	s->at.offset++;
	skip_blanks(s);
	if (take(s, end))
		return 0;
	for (;;) {
		r = map ? read_pair(s, depth, n, &keys) : read_item(s, depth, n);
		if (r < 0)
			return r;
		skip_blanks(s);
		if (take(s, end))
			return 0;
		if (!take(s, ','))
			return fail(s, map ? "a ',' or '}' is missing here"
					   : "a ',' or ']' is missing here");
		skip_blanks(s);
		if (*here(s) == end)
			return fail(s, "nothing follows the ',' before this: remove it");
	}
}

/* --- values ------------------------------------------------------------------------------ */

static int read_any(struct yaml_stream *s, unsigned depth, struct yaml_node *n)
{
	char c = *here(s);

	if (c == '"') {
		n->kind = YAML_STR;
		n->quoted = true;
		return read_text(s, &n->text);
	}
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(s, n);
	if (c != '{' && c != '[')
		return read_word(s, n);
	if (depth >= s->l->limits.depth) {
		YAML_REPORT(s, n->loc, CODE_LIMIT, "JSON values are nested more than %u deep",
			    s->l->limits.depth);
		return -EINVAL;
	}
	return read_collection(s, depth + 1, n);
}

static int read_value(struct yaml_stream *s, unsigned depth, struct yaml_node **out)
{
	struct yaml_place from = s->at;
	struct yaml_node *n = *out = arena_new(s->arena, struct yaml_node);
	int r;

	n->loc = loc_of(s, from, 1);
	n->weight = 1;
	if (yaml_charge(s, n->loc, 1) < 0)
		return -EINVAL;
	r = read_any(s, depth, n);
	n->loc = loc_since(s, from);
	return r;
}

/* --- streams ----------------------------------------------------------------------------- */

static bool at_collection(const struct yaml_stream *s)
{
	return *here(s) == '{' || *here(s) == '[';
}

static bool at_yaml(const struct yaml_stream *s)
{
	return s->at.offset == s->at.line_start && yaml_is_separator(here(s));
}

static bool at_end(const struct yaml_stream *s)
{
	return s->at.offset == s->src->len;
}

bool yaml_json_begins(struct yaml_stream *s)
{
	s->at = (struct yaml_place){.line = 1};
	if (starts(s, BOM))
		s->at.offset = strlen(BOM);
	skip_blanks(s);
	return at_collection(s);
}

int yaml_json_next(struct yaml_stream *s, struct yaml_node **out)
{
	if (at_end(s) || at_yaml(s))
		return 0;
	s->json_from = s->at;
	s->json_to = s->src->len;
	if (read_value(s, 0, out) < 0)
		return -EINVAL;
	s->json_to = s->at.offset;
	skip_blanks(s);
	if (at_end(s) || at_yaml(s) || at_collection(s))
		return 1;
	s->json_to = s->src->len;
	return fail(s, "only another object, or '---' and YAML, can stand behind this one");
}
