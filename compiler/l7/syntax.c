/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/syntax.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/utf8.h"

/* Unicode is asked slowly. */
enum { MAX_QUESTIONS = 16 };

/* What (?ims) has switched on; U changes which match is found, not whether there is one. */
struct flags {
	bool caseless, lines, dot_newline;
};

struct parser {
	struct arena *arena;
	const char *s; /* the rest; the expression is well-formed */
	size_t questions;
	const char *fault;
};

static const struct l7_node *parse_alternatives(struct parser *p, struct flags *flags);

/* --- nodes ------------------------------------------------------------------------------- */

static struct l7_node *new_node(struct parser *p, enum l7_node_kind kind)
{
	struct l7_node *n = arena_new(p->arena, struct l7_node);

	n->kind = kind;
	return n;
}

static const struct l7_node *new_assert(struct parser *p, enum l7_assert assert)
{
	struct l7_node *n = new_node(p, L7_ASSERT);

	n->assert = assert;
	return n;
}

static void ask_unicode(struct parser *p)
{
	if (++p->questions > MAX_QUESTIONS)
		p->fault = "too many of its letters and classes are beyond ASCII";
}

static void fold(struct parser *p, struct charset *set)
{
	charset_settle(set);
	if (charset_tells_beyond_ascii(set))
		ask_unicode(p);
	if (!p->fault)
		charset_fold(p->arena, set);
}

static const struct l7_node *new_char(struct parser *p, uint32_t c, const struct flags *flags)
{
	struct l7_node *n = new_node(p, L7_CHARS);

	charset_add(p->arena, &n->chars, c, c);
	if (flags->caseless)
		fold(p, &n->chars);
	return n;
}

/* --- characters and classes ---------------------------------------------------------------- */

static uint32_t read_char(struct parser *p)
{
	uint32_t c = 0;
	size_t n = utf8_length((const unsigned char *)p->s, strlen(p->s), &c);

	assert(n);
	p->s += n;
	return c;
}

struct named {
	const char *name;
	struct char_range ranges[5]; /* up to the first that ends in 0 */
};

#define WORD                                                                                       \
	{'0', '9'}, {'A', 'Z'}, {'_', '_'},                                                        \
	{                                                                                          \
		'a', 'z'                                                                           \
	}

static const struct named posix[] = {
	{"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
	{"alpha", {{'A', 'Z'}, {'a', 'z'}}},
	{"ascii", {{0, 0x7f}}},
	{"blank", {{'\t', '\t'}, {' ', ' '}}},
	{"cntrl", {{0, 0x1f}, {0x7f, 0x7f}}},
	{"digit", {{'0', '9'}}},
	{"graph", {{'!', '~'}}},
	{"lower", {{'a', 'z'}}},
	{"print", {{' ', '~'}}},
	{"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
	{"space", {{'\t', '\r'}, {' ', ' '}}},
	{"upper", {{'A', 'Z'}}},
	{"word", {WORD}},
	{"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};
static const struct named perl[] = {
	{"d", {{'0', '9'}}},
	{"s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
	{"w", {WORD}},
};

/* The set of one of these, of n bytes; false: it is none. */
static bool find_named(struct parser *p, const struct named *list, size_t n_list, const char *name,
		       size_t n, struct charset *out)
{
	for (size_t i = 0; i < n_list; i++) {
		if (strlen(list[i].name) != n || memcmp(list[i].name, name, n) != 0)
			continue;
		for (const struct char_range *r = list[i].ranges; r->hi; r++)
			charset_add(p->arena, out, r->lo, r->hi);
		return true;
	}
	return false;
}

#define N(array) (sizeof(array) / sizeof(*(array)))

/* Of either case first, and then all others: so is [^k] no sign of the kelvin. */
static void add_to_class(struct parser *p, struct charset *class, struct charset *part,
			 bool negated, const struct flags *flags)
{
	if (flags->caseless)
		fold(p, part);
	charset_settle(part);
	if (negated)
		charset_negate(p->arena, part);
	charset_add_all(p->arena, class, part);
}

/* \p{Greek}, \pN, \P{^Lu}. */
static void add_property(struct parser *p, struct charset *class)
{
	const char *from = p->s - 2, *end = *p->s == '{' ? strchr(p->s, '}') : p->s;

	assert(end);
	p->s = end + 1;
	ask_unicode(p);
	if (!p->fault && !charset_add_property(p->arena, class, from, (size_t)(p->s - from)))
		p->fault = "a class of characters that is not known";
}

/* \d, \W, \pL behind the backslash, which stand for a set; false: it is another escape. */
static bool parse_set_escape(struct parser *p, struct charset *class, const struct flags *flags)
{
	struct charset part = {0};
	char letter = *p->s, lower = (char)tolower((unsigned char)letter);

	if (lower == 'p') {
		p->s++;
		add_property(p, class);
		return true;
	}
	if (!find_named(p, perl, N(perl), &lower, 1, &part))
		return false;
	p->s++;
	add_to_class(p, class, &part, letter != lower, flags);
	return true;
}

static uint32_t parse_hex(struct parser *p)
{
	char digits[3] = {0};
	uint32_t c;

	if (*p->s == '{') {
		char *end;

		c = (uint32_t)strtoul(p->s + 1, &end, 16);
		p->s = end + 1;
		return c;
	}
	memcpy(digits, p->s, 2);
	p->s += 2;
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* Up to two more digits behind \0. */
static uint32_t parse_octal(struct parser *p)
{
	uint32_t c = 0;

	for (int i = 0; i < 2 && *p->s >= '0' && *p->s <= '7'; i++)
		c = c * 8 + (uint32_t)(*p->s++ - '0');
	return c;
}

/* \n, \x2f, \. behind the backslash, which stand for one character. */
static uint32_t parse_char_escape(struct parser *p)
{
	static const char letters[] = "afnrt", values[] = "\a\f\n\r\t";
	const char *letter = strchr(letters, *p->s);

	if (letter && *letter) {
		p->s++;
		return (uint32_t)values[letter - letters];
	}
	if (*p->s == 'x') {
		p->s++;
		return parse_hex(p);
	}
	if (*p->s == '0') {
		p->s++;
		return parse_octal(p);
	}
	return read_char(p);
}

static uint32_t parse_class_char(struct parser *p)
{
	if (*p->s != '\\')
		return read_char(p);
	p->s++;
	return parse_char_escape(p);
}

/* [:alpha:] or [:^alpha:]; false: the bracket is a character. */
static bool parse_posix(struct parser *p, struct charset *class, const struct flags *flags)
{
	struct charset part = {0};
	const char *name = p->s + 2, *end;
	bool negated = false;

	if (p->s[0] != '[' || p->s[1] != ':')
		return false;
	if (*name == '^') {
		negated = true;
		name++;
	}
	end = strstr(name, ":]");
	if (!end || !find_named(p, posix, N(posix), name, (size_t)(end - name), &part))
		return false;
	p->s = end + 2;
	add_to_class(p, class, &part, negated, flags);
	return true;
}

/* A character, or a range of them. */
static void parse_class_range(struct parser *p, struct charset *class, const struct flags *flags)
{
	struct charset part = {0};
	uint32_t lo = parse_class_char(p), hi = lo;

	if (p->s[0] == '-' && p->s[1] != ']') {
		p->s++;
		hi = parse_class_char(p);
	}
	charset_add(p->arena, &part, lo, hi);
	add_to_class(p, class, &part, false, flags);
}

static const struct l7_node *parse_class(struct parser *p, const struct flags *flags)
{
	struct l7_node *n = new_node(p, L7_CHARS);
	bool negated = p->s[1] == '^', first = true;

	p->s += negated ? 2 : 1;
	for (; !p->fault && (first || *p->s != ']'); first = false) {
		if (parse_posix(p, &n->chars, flags))
			continue;
		if (*p->s == '\\') {
			p->s++;
			if (parse_set_escape(p, &n->chars, flags))
				continue;
			p->s--;
		}
		parse_class_range(p, &n->chars, flags);
	}
	p->s += *p->s == ']';
	charset_settle(&n->chars);
	if (negated)
		charset_negate(p->arena, &n->chars);
	return n;
}

static const struct l7_node *parse_dot(struct parser *p, const struct flags *flags)
{
	struct l7_node *n = new_node(p, L7_CHARS);

	if (!flags->dot_newline)
		charset_add(p->arena, &n->chars, '\n', '\n');
	charset_negate(p->arena, &n->chars);
	p->s++;
	return n;
}

/* --- atoms ------------------------------------------------------------------------------- */

/* \Q...\E is its characters; what follows repeats the last of them. */
static void parse_quote(struct parser *p, struct l7_node *cat, const struct flags *flags)
{
	while (*p->s && strncmp(p->s, "\\E", 2) != 0)
		vec_push(p->arena, &cat->of, new_char(p, read_char(p), flags));
	if (*p->s)
		p->s += 2;
}

static const struct l7_node *parse_escape(struct parser *p, const struct flags *flags)
{
	static const struct {
		char letter;
		enum l7_assert assert;
	} asserts[] = {{'A', L7_TEXT_BEGIN},
		       {'z', L7_TEXT_END},
		       {'b', L7_WORD_EDGE},
		       {'B', L7_NO_WORD_EDGE}};
	struct l7_node *n;

	p->s++;
	for (size_t i = 0; i < N(asserts); i++) {
		if (*p->s == asserts[i].letter) {
			p->s++;
			return new_assert(p, asserts[i].assert);
		}
	}
	n = new_node(p, L7_CHARS);
	if (!parse_set_escape(p, &n->chars, flags))
		return new_char(p, parse_char_escape(p), flags);
	charset_settle(&n->chars);
	return n;
}

/* (?i), (?i-s:...: what stands behind `-` is switched off. */
static void parse_flags(struct parser *p, struct flags *flags)
{
	bool on = true;

	for (; *p->s != ')' && *p->s != ':'; p->s++) {
		if (*p->s == '-')
			on = false;
		else if (*p->s == 'i')
			flags->caseless = on;
		else if (*p->s == 'm')
			flags->lines = on;
		else if (*p->s == 's')
			flags->dot_newline = on;
	}
	p->s++;
}

/* A group; NULL: it was flags for the rest of the one around it. */
static const struct l7_node *parse_group(struct parser *p, struct flags *flags)
{
	struct flags inner = *flags;
	const struct l7_node *n;

	p->s++;
	if (strncmp(p->s, "?P<", 3) == 0) {
		p->s = strchr(p->s, '>') + 1;
	} else if (*p->s == '?') {
		p->s++;
		parse_flags(p, &inner);
		if (p->s[-1] == ')') {
			*flags = inner;
			return NULL;
		}
	}
	n = parse_alternatives(p, &inner);
	assert(p->fault || *p->s == ')');
	p->s += *p->s == ')';
	return n;
}

static const struct l7_node *parse_atom(struct parser *p, struct flags *flags)
{
	bool lines = flags->lines;

	switch (*p->s) {
	case '(':
		return parse_group(p, flags);
	case '[':
		return parse_class(p, flags);
	case '.':
		return parse_dot(p, flags);
	case '\\':
		return parse_escape(p, flags);
	case '^':
		p->s++;
		return new_assert(p, lines ? L7_LINE_BEGIN : L7_TEXT_BEGIN);
	case '$':
		p->s++;
		return new_assert(p, lines ? L7_LINE_END : L7_TEXT_END);
	default:
		return new_char(p, read_char(p), flags);
	}
}

/* --- repetitions ------------------------------------------------------------------------- */

static void parse_counts(struct parser *p, struct l7_node *n)
{
	char *end;

	n->min = n->max = (uint32_t)strtoul(p->s + 1, &end, 10);
	if (*end == ',') {
		end++;
		n->max = *end == '}' ? L7_MANY : (uint32_t)strtoul(end, &end, 10);
	}
	p->s = end + 1;
}

static const struct l7_node *parse_repetition(struct parser *p, const struct l7_node *of)
{
	struct l7_node *n;

	if (!*p->s || !strchr("*+?{", *p->s))
		return of;
	n = new_node(p, L7_REPEAT);
	vec_push(p->arena, &n->of, of);
	if (*p->s == '{') {
		parse_counts(p, n);
	} else {
		n->min = *p->s == '+';
		n->max = *p->s == '?' ? 1 : L7_MANY;
		p->s++;
	}
	p->s += *p->s == '?';
	return n;
}

/* --- all of it ------------------------------------------------------------------------------ */

static const struct l7_node *parse_sequence(struct parser *p, struct flags *flags)
{
	struct l7_node *cat = new_node(p, L7_CAT);

	while (!p->fault && *p->s && *p->s != '|' && *p->s != ')') {
		if (strncmp(p->s, "\\Q", 2) == 0) {
			p->s += 2;
			parse_quote(p, cat, flags);
			continue;
		}
		if (strchr("*+?{", *p->s)) { /* behind a quotation */
			assert(cat->of.n);
			cat->of.v[cat->of.n - 1] = parse_repetition(p, cat->of.v[cat->of.n - 1]);
			continue;
		}
		const struct l7_node *atom = parse_atom(p, flags);

		if (atom)
			vec_push(p->arena, &cat->of, parse_repetition(p, atom));
	}
	if (!cat->of.n)
		cat->kind = L7_EMPTY;
	return cat;
}

static const struct l7_node *parse_alternatives(struct parser *p, struct flags *flags)
{
	struct l7_node *alt = new_node(p, L7_ALT);

	vec_push(p->arena, &alt->of, parse_sequence(p, flags));
	while (!p->fault && *p->s == '|') {
		p->s++;
		vec_push(p->arena, &alt->of, parse_sequence(p, flags));
	}
	return alt;
}

const struct l7_node *l7_parse(struct arena *arena, const char *text, bool caseless,
			       const char **fault)
{
	struct parser p = {.arena = arena, .s = text};
	struct flags flags = {.caseless = caseless};
	const struct l7_node *n = parse_alternatives(&p, &flags);

	*fault = p.fault;
	assert(p.fault || !*p.s);
	return p.fault ? NULL : n;
}
