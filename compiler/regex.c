/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/regex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lang/base/buf.h"
#include "lang/base/utf8.h"

/* Far more than a sane expression needs on the longest value that a proxy takes, and reached in
 * milliseconds. The heap is in KiB. */
enum { MATCH_STEPS = 1000000, MATCH_HEAP = 16384, MAX_REPEAT = 1000, MAX_GROUPS = 250 };

struct regex {
	pcre2_code *code;
};

/* --- the dialect ------------------------------------------------------------------------- */

/* `s` moves over the text until there is a fault, and what means something else to PCRE2 is written
 * in another way. RE2 bounds counts inside of counts by their product: that of what has just been
 * read, and the largest so far in each open group. */
struct scan {
	const char *s, *fault;
	struct buf *out;    /* the text for PCRE2 */
	const char *copied; /* up to here it is there */
	unsigned long just_read, largest[MAX_GROUPS + 1];
	size_t open;
	bool folded; /* (?i) is on, or was */
};

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Instead of all from `from` on. */
static void rewrite(struct scan *p, const char *from, const char *text, bool in_class)
{
	buf_add(p->out, p->copied, (size_t)(from - p->copied));
	buf_printf(p->out, in_class ? "%s" : "[%s]", text);
	p->copied = p->s;
}

/* \Q...\E is taken as it stands, to the end if nothing ends it. */
static void scan_quote(struct scan *p)
{
	const char *end = strstr(p->s, "\\E");

	p->s = end ? end + 2 : p->s + strlen(p->s);
}

/* The braces of \p{Greek} and \x{2f}; what is in them PCRE2 knows. */
static void scan_name(struct scan *p)
{
	const char *end = *p->s == '{' ? strchr(p->s, '}') : NULL;

	if (end)
		p->s = end + 1;
}

/* PCRE2 would take one digit, or none. */
static void scan_hex(struct scan *p)
{
	if (*p->s == '{')
		scan_name(p);
	else if (!isxdigit((unsigned char)p->s[0]) || !isxdigit((unsigned char)p->s[1]))
		p->fault = "\\x takes two hexadecimal digits, or braces: \\x2f, \\x{2f}";
}

/* To PCRE2 \v is a space, and letters of either case are those of ASCII in \w, but all in [a-z].
 * What is negated in a class cannot be said both with (?i) and without. */
static void rewrite_set(struct scan *p, const char *from, bool in_class)
{
	switch (from[1]) {
	case 's':
		rewrite(p, from, "\\t\\n\\f\\r ", in_class);
		break;
	case 'S':
		rewrite(p, from, "\\x00-\\x08\\x0b\\x0e-\\x1f!-\\x{10ffff}", in_class);
		break;
	case 'w':
		rewrite(p, from, "0-9A-Za-z_", in_class);
		break;
	case 'W':
		if (!in_class)
			rewrite(p, from, "^0-9A-Za-z_", false);
		else if (p->folded)
			p->fault = "\\W in a class, with letters of either case, means something "
				   "else in each engine";
		break;
	}
}

static void scan_escape(struct scan *p, const char *letters, bool in_class)
{
	const char *from = p->s;
	unsigned char c = (unsigned char)*++p->s;

	if (!c)
		return;
	p->s++;
	if (c >= '1' && c <= '9')
		p->fault = "RE2 has no back-references";
	else if (c >= 0x80 || (isalnum(c) && !is_one_of((char)c, letters)))
		p->fault = "RE2 has no such escape, or means something else by it";
	else if (c == 'Q')
		scan_quote(p);
	else if ((c == 'p' || c == 'P') && p->folded)
		p->fault = "\\p with letters of either case means something else in each engine";
	else if (c == 'p' || c == 'P')
		scan_name(p);
	else if (c == 'x')
		scan_hex(p);
	else
		rewrite_set(p, from, in_class);
}

/* Those with letters, by what means the same to PCRE2 with (?i), too. */
static const struct {
	const char *name, *ranges;
} named_classes[] = {
	{"[:alnum:]", "0-9A-Za-z"}, {"[:alpha:]", "A-Za-z"},    {"[:ascii:]", "\\x00-\\x7f"},
	{"[:graph:]", "!-~"},       {"[:lower:]", "a-z"},       {"[:print:]", " -~"},
	{"[:upper:]", "A-Z"},       {"[:word:]", "0-9A-Za-z_"}, {"[:xdigit:]", "0-9A-Fa-f"},
};

static void rewrite_named(struct scan *p, const char *from)
{
	for (size_t i = 0; i < sizeof(named_classes) / sizeof(*named_classes); i++)
		if (strncmp(from, named_classes[i].name, strlen(named_classes[i].name)) == 0)
			rewrite(p, from, named_classes[i].ranges, true);
	if (p->folded && from[2] == '^')
		p->fault = "[:^...:], with letters of either case, means something else in each "
			   "engine";
}

/* [:alpha:] or [:^alpha:]; false: the bracket is a text, and does not keep a later one from ending
 * the class. */
static bool scan_named_class(struct scan *p)
{
	const char *from = p->s, *end = from;

	if (from[0] != '[' || from[1] != ':')
		return false;
	for (end += from[2] == '^' ? 3 : 2; isalpha((unsigned char)*end);)
		end++;
	if (end[0] != ':' || end[1] != ']')
		return false;
	p->s = end + 2;
	rewrite_named(p, from);
	return true;
}

/* [...], where ] may come first, and [:alpha:] stand inside. */
static void scan_class(struct scan *p)
{
	p->s += p->s[1] == '^' ? 2 : 1;
	p->s += *p->s == ']';
	while (!p->fault && *p->s && *p->s != ']') {
		if (*p->s == '\\')
			scan_escape(p, "adDfnpPrsStwWx0", true);
		else if (!scan_named_class(p))
			p->s++;
	}
	if (!p->fault)
		p->s += *p->s == ']';
}

static void note_count(struct scan *p, unsigned long n)
{
	p->just_read = n;
	if (n > p->largest[p->open])
		p->largest[p->open] = n;
}

static void open_group(struct scan *p)
{
	if (p->open == MAX_GROUPS)
		p->fault = "groups are nested more than 250 deep";
	else
		p->largest[++p->open] = 1;
}

static void close_group(struct scan *p)
{
	p->s++;
	if (p->open)
		note_count(p, p->largest[p->open--]);
}

/* ( with what follows it: (?:, (?P<name>, (?flags: and (?flags) are all that RE2 has. */
static void scan_group(struct scan *p)
{
	size_t flags;

	p->s++;
	if (*p->s == '*') {
		p->fault = "RE2 has no (*VERB)";
		return;
	}
	if (*p->s != '?') {
		open_group(p);
		return;
	}
	p->s++;
	flags = strspn(p->s, "imsU-");
	p->folded |= memchr(p->s, 'i', flags) != NULL;
	if (strncmp(p->s, "P<", 2) == 0 || p->s[flags] == ':')
		open_group(p);
	else if (!flags || p->s[flags] != ')')
		p->fault = "RE2 has no lookaround, no atomic or conditional groups and no "
			   "recursion; after '(?' comes ':', 'P<name>' or flags of i, m, s, U";
	p->s += flags ? flags + 1 : 0;
}

static bool scan_count(const char **s, unsigned long *n)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return false;
	*n = strtoul(*s, &end, 10);
	*s = end;
	return *n <= MAX_REPEAT;
}

/* {3}, {3,} or {3,5}. Elsewhere a brace is a text, or not, in each dialect in its own way. */
static void scan_braces(struct scan *p)
{
	const char *s = p->s + 1;
	unsigned long n = 0;
	bool good = scan_count(&s, &n);

	if (good && *s == ',') {
		s++;
		good = *s == '}' || scan_count(&s, &n);
	}
	if (good && n)
		note_count(p, p->just_read * n);
	if (p->just_read > MAX_REPEAT)
		p->fault = "counts inside of counts come to more than 1000";
	if (!good || *s != '}')
		p->fault = "a count is written {3}, {3,} or {3,5} with at most 1000, and a brace "
			   "that is meant as text \\{";
	p->s = s + 1;
}

static void scan_repetition(struct scan *p)
{
	if (*p->s == '{')
		scan_braces(p);
	else
		p->s++;
	if (p->fault)
		return;
	p->s += *p->s == '?';
	if (is_one_of(*p->s, "*+?{"))
		p->fault = "a repetition cannot be repeated, and RE2 has no possessive ones";
}

static void scan_atom(struct scan *p)
{
	p->just_read = 1;
	if (*p->s == '\\')
		scan_escape(p, "aAbBdDfnpPQrsStwWxz0", false);
	else if (*p->s == '[')
		scan_class(p);
	else
		p->s++;
}

/* The expression as PCRE2 has to be asked, or a fault. */
static const char *translate(const char *text, bool caseless, struct buf *out)
{
	struct scan p = {.s = text, .copied = text, .out = out, .largest = {1}, .folded = caseless};

	/* A fault leaves `s` anywhere. */
	while (!p.fault && *p.s) {
		if (*p.s == '(')
			scan_group(&p);
		else if (*p.s == ')')
			close_group(&p);
		else if (is_one_of(*p.s, "*+?{"))
			scan_repetition(&p);
		else
			scan_atom(&p);
	}
	if (!p.fault)
		buf_puts(out, p.copied);
	return p.fault;
}

/* --- PCRE2 ------------------------------------------------------------------------------- */

static void *from_arena(size_t size, void *arena)
{
	return arena_alloc(arena, size);
}

static void to_arena(void *p, void *arena)
{
	(void)p;
	(void)arena;
}

static const char *pcre2_fault(int code, struct arena *arena)
{
	char text[256] = "it does not parse";

	pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
	return arena_strdup(arena, text);
}

const struct regex *regex_compile(struct arena *arena, const char *text, bool caseless,
				  const char **fault)
{
	/* As in RE2, a dot is no newline, $ the very end, and a line begins behind each newline. */
	const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
				 PCRE2_ALT_CIRCUMFLEX | PCRE2_UTF | PCRE2_NEVER_UCP |
				 PCRE2_NEVER_BACKSLASH_C | (caseless ? PCRE2_CASELESS : 0);
	pcre2_general_context *memory = pcre2_general_context_create(from_arena, to_arena, arena);
	pcre2_compile_context *context = pcre2_compile_context_create(memory);
	struct regex *re = arena_new(arena, struct regex);
	_cleanup_buf_ struct buf translated = {0};
	PCRE2_SIZE where;
	int err;

	*fault = translate(text, caseless, &translated);
	if (*fault)
		return NULL;
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	re->code = pcre2_compile((PCRE2_SPTR)buf_str(&translated), translated.n, options, &err,
				 &where, context);
	if (!re->code)
		*fault = pcre2_fault(err, arena);
	return re->code ? re : NULL;
}

enum regex_answer regex_match(const struct regex *re, const char *s, size_t n)
{
	pcre2_match_context *context;
	pcre2_match_data *data;
	int r;

	/* PCRE2 would take what stands before such a byte for the whole. */
	if (!utf8_is_valid(s, n))
		return REGEX_NO;
	context = pcre2_match_context_create(NULL);
	data = pcre2_match_data_create(1, NULL);
	if (!context || !data)
		abort();
	pcre2_set_match_limit(context, MATCH_STEPS);
	pcre2_set_heap_limit(context, MATCH_HEAP);
	r = pcre2_match(re->code, (PCRE2_SPTR)s, n, 0, PCRE2_NO_UTF_CHECK, data, context);
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	if (r == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	return r < 0 ? REGEX_UNSURE : REGEX_YES;
}
