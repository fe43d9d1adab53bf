/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules of lexer.l call: places, comments, words and strings. */
#include <errno.h>
#include <string.h>

#include "lang/base/utf8.h"
#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

void pol_begin(struct pol *p, struct lang *l, struct ast_file *out)
{
	*p = (struct pol){.l = l, .out = out, .line = 1, .col = 1, .errors_before = l->diag.errors};
	pol_scanner_begin(p, sources_get(&l->sources, out->file));
}

int pol_end(struct pol *p, bool parsed)
{
	pol_scanner_end(p);
	return parsed && p->l->diag.errors == p->errors_before ? 0 : -EINVAL;
}

/* --- places ---------------------------------------------------------------------------- */

void pol_advance(struct pol *p, const char *text, size_t n, struct loc *loc)
{
	*loc = (struct loc){.file = p->out->file, .line = p->line, .col = p->col};
	for (const char *end = text + n, *nl; (nl = memchr(text, '\n', (size_t)(end - text)));) {
		p->line++;
		p->col = 1;
		n -= (size_t)(nl + 1 - text);
		text = nl + 1;
	}
	p->col += (uint32_t)n;
	loc->end_line = p->line;
	loc->end_col = p->col;
}

void pol_retreat(struct pol *p, uint32_t n, struct loc *loc)
{
	p->col -= n;
	loc->end_col -= n;
}

/* --- bytes that may be anything ---------------------------------------------------------- */

/* Characters that make a text read otherwise than it is: controls, and the marks that turn
 * the direction of writing. */
static bool is_deceptive(uint32_t c)
{
	return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Reports the first bad character of a comment or string; false if there is one. */
static bool check_text(struct pol *p, const char *where, const char *text, size_t n, struct loc loc)
{
	for (size_t i = 0, len; i < n; i += len) {
		struct loc at = loc;
		uint32_t c;

		len = utf8_length((const unsigned char *)text + i, n - i, &c);
		if (len && !is_deceptive(c))
			continue;
		at.col += (uint32_t)i;
		at.end_line = at.line;
		at.end_col = at.col + (uint32_t)(len ? len : 1);
		if (len)
			diag_error(&p->l->diag, at, CODE_BAD_TOKEN,
				   "invisible character U+%04X in %s: remove it", (unsigned)c,
				   where);
		else
			diag_error(&p->l->diag, at, CODE_BAD_TOKEN,
				   "%s is not UTF-8 from here on: save the file as UTF-8", where);
		return false;
	}
	return true;
}

void pol_byte_order_mark(struct pol *p, struct loc loc)
{
	if (loc.line > 1 || loc.col > 1)
		pol_stray(p, "\xef\xbb\xbf", 3, loc);
}

void pol_comment(struct pol *p, const char *text, size_t n, struct loc loc)
{
	struct ast_comment comment = {.loc = loc, .own_line = p->token_line != loc.line};

	while (n && strchr(" \t\r\v\f", text[n - 1]) && text[n - 1])
		n--;
	if (!check_text(p, "a comment", text, n, loc))
		return;
	comment.text = arena_strndup(&p->l->arena, text, n);
	vec_push(&p->l->arena, &p->out->comments, comment);
}

/* --- words and strings --------------------------------------------------------------------- */

static const struct keyword {
	const char *text;
	int kind;
	bool begins_item;
} keywords[] = {
#define X(name, text, begins_item) {text, POL_##name, begins_item},
#include "lang/pol/keywords.def"
#undef X
};

enum { N_KEYWORDS = sizeof(keywords) / sizeof(*keywords) };

static const struct keyword *keyword_of(int kind)
{
	for (size_t i = 0; i < N_KEYWORDS; i++)
		if (keywords[i].kind == kind)
			return &keywords[i];
	return NULL;
}

const char *pol_keyword_text(int kind)
{
	const struct keyword *k = keyword_of(kind);

	return k ? k->text : NULL;
}

bool pol_keyword_begins_item(int kind)
{
	const struct keyword *k = keyword_of(kind);

	return k && k->begins_item;
}

static int refuse_length(struct pol *p, struct loc loc, const char *what, size_t max)
{
	diag_error(&p->l->diag, loc, CODE_LIMIT, "a %s is at most %zu bytes long", what, max);
	return POL_BAD_TOKEN;
}

int pol_word(struct pol *p, const char *text, size_t n, struct loc loc, struct ast_name *out)
{
	if (n > POL_WORD_MAX)
		return refuse_length(p, loc, "word", POL_WORD_MAX);
	*out = (struct ast_name){.loc = loc, .s = arena_strndup(&p->l->arena, text, n)};
	if (n >= 2 && text[0] == '/' && (text[1] == '/' || text[1] == '*')) {
		struct diag_item *d =
			diag_error(&p->l->diag, loc, CODE_BAD_TOKEN, "a comment begins with '#'");

		diag_fix(&p->l->diag, d, loc, "#", "write '#' instead of '%.2s'", text);
		return POL_BAD_TOKEN;
	}
	for (size_t i = 0; i < N_KEYWORDS; i++)
		if (strcmp(keywords[i].text, out->s) == 0)
			return keywords[i].kind;
	return POL_WORD;
}

/* The text between the quotes. A backslash guards a quote or a backslash and is itself
 * before anything else, so that regular expressions read as they are. */
static const char *unquote(struct arena *a, const char *text, size_t n)
{
	char *s = arena_alloc(a, n + 1);
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\\' && i + 1 < n && (text[i + 1] == '"' || text[i + 1] == '\\'))
			i++;
		s[out++] = text[i];
	}
	return s;
}

int pol_string(struct pol *p, const char *text, size_t n, struct loc loc, struct ast_name *out)
{
	if (n > POL_STRING_MAX)
		return refuse_length(p, loc, "string", POL_STRING_MAX);
	if (!check_text(p, "a string", text, n, loc))
		return POL_BAD_TOKEN;
	*out = (struct ast_name){.loc = loc, .s = unquote(&p->l->arena, text + 1, n - 2)};
	return POL_STRING;
}

int pol_open_string(struct pol *p, const char *text, size_t n, struct loc loc, struct ast_name *out)
{
	struct loc end = {loc.file, loc.end_line, loc.end_col, loc.end_line, loc.end_col};
	struct diag_item *d;

	while (n > 1 && (text[n - 1] == '\r' || text[n - 1] == ' '))
		n--;
	if (n > POL_STRING_MAX)
		return refuse_length(p, loc, "string", POL_STRING_MAX);
	d = diag_error(&p->l->diag, loc, CODE_BAD_TOKEN,
		       "this string has no closing '\"' on its line");
	diag_fix(&p->l->diag, d, end, "\"", "close the string with '\"'");
	if (!check_text(p, "a string", text, n, loc))
		return POL_BAD_TOKEN;
	*out = (struct ast_name){.loc = loc, .s = unquote(&p->l->arena, text + 1, n - 1)};
	return POL_STRING;
}

/* --- what is no token ------------------------------------------------------------------------ */

static const struct stray {
	const char *begins;
	const char *text, *fix, *title;
} strays[] = {
	{";", "a statement ends with its line, without ';'", "", "remove ';'"},
	{"'", "strings stand in double quotes", "\"", "write '\"'"},
	{"`", "strings stand in double quotes", "\"", "write '\"'"},
	{"&&", "several labels are separated by ','", ",", "write ','"},
	{"&", "several labels are separated by ','", ",", "write ','"},
	{"||", "alternatives are written 'key in (a, b)'", NULL, NULL},
	{"|", "alternatives are written 'key in (a, b)'", NULL, NULL},
	{"[", "lists stand in '{ }' or '( )'", NULL, NULL},
	{"]", "lists stand in '{ }' or '( )'", NULL, NULL},
	{"~", "a regular expression follows '=~'", NULL, NULL},
	{"\xe2\x80\x9c", "strings stand in straight double quotes", "\"", "write '\"'"},
	{"\xe2\x80\x9d", "strings stand in straight double quotes", "\"", "write '\"'"},
	{"\xe2\x86\x92", "an arrow is written '->'", "->", "write '->'"},
};

int pol_stray(struct pol *p, const char *text, size_t n, struct loc loc)
{
	struct diag_item *d;
	uint32_t c;
	size_t len = utf8_length((const unsigned char *)text, n, &c);

	if (p->skipping)
		return POL_BAD_TOKEN;
	for (size_t i = 0; i < sizeof(strays) / sizeof(*strays); i++) {
		const struct stray *s = &strays[i];
		size_t m = strlen(s->begins);

		if (n < m || memcmp(text, s->begins, m) != 0)
			continue;
		loc.end_col = loc.col + (uint32_t)m;
		d = diag_error(&p->l->diag, loc, CODE_BAD_TOKEN, "%s", s->text);
		if (s->fix)
			diag_fix(&p->l->diag, d, loc, s->fix, "%s", s->title);
		return POL_BAD_TOKEN;
	}
	if (len && !is_deceptive(c))
		diag_error(&p->l->diag, loc, CODE_BAD_TOKEN, "'%.*s' means nothing here",
			   n > 32 ? (int)len : (int)n, text);
	else if (len)
		diag_error(&p->l->diag, loc, CODE_BAD_TOKEN,
			   "invisible character U+%04X outside of a string: remove it",
			   (unsigned)c);
	else
		diag_error(&p->l->diag, loc, CODE_BAD_TOKEN,
			   "the file is not UTF-8 text from here on: save it as UTF-8");
	return POL_BAD_TOKEN;
}
