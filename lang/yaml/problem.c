/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/problem.h"

#include <ctype.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/base/utf16.h"

enum { SHOW_MAX = 60 };

const char *yaml_show(struct arena *a, const char *text)
{
	size_t n = strlen(text), shown = n;
	char *s;

	if (n > SHOW_MAX) {
		shown = SHOW_MAX - 3;
		while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
			shown--; /* do not cut a character in two */
	}
	s = arena_printf(a, "%.*s%s", (int)shown, text, shown < n ? "..." : "");
	for (char *c = s; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	return s;
}

#define UNCLOSED "these quotes are never closed"

/* What libyaml says, and what a user can do about it. `at` is the character at the place,
 * 0 for any. The first match counts. */
static const struct advice {
	const char *problem;
	char at;
	const char *text;
} advices[] = {
	{"found character that cannot start any token", '\t',
	 "a tab cannot indent YAML: use spaces"},
	{"found a tab character", 0, "a tab cannot indent YAML: use spaces"},
	{"found character that cannot start any token", 0,
	 "a plain value cannot begin with this character: put the value in quotes"},
	{"mapping values are not allowed", 0,
	 "a ':' is not expected here: check the indentation of this line, or quote the value"},
	{"did not find expected key", 0,
	 "this line does not fit the lines above it: check its indentation and quotes"},
	{"did not find expected '-' indicator", 0,
	 "this line does not continue the list above it: begin it with '- ' or indent it"},
	{"could not find expected ':'", 0,
	 "a key is not followed by ':': check the spelling and indentation of this line"},
	{"block sequence entries are not allowed", 0,
	 "a list item '-' is not expected here: put it on a line of its own"},
	{"block mapping entries are not allowed", 0,
	 "a key is not expected here: put it on a line of its own"},
	{"found unexpected end of stream", 0, UNCLOSED},
	{"found unexpected document indicator", 0, UNCLOSED},
	{"did not find expected ',' or ']'", 0,
	 "a ',' or ']' is missing in the list that '[' opened"},
	{"did not find expected ',' or '}'", 0,
	 "a ',' or '}' is missing in the object that '{' opened"},
	{"did not find expected node content", 0, "a value is missing here"},
	{"did not find expected <document start>", 0,
	 "text behind the end of the document: begin the next one with '---'"},
	{"found unknown escape character", 0,
	 "no such escape in double quotes: write \\\\ for a backslash, or use single quotes"},
	{"expected hexdecimal number", 0,
	 "an escape \\x, \\u or \\U needs 2, 4 or 8 hexadecimal digits"},
	{"found undefined tag handle", 0, "this tag is not defined: remove it"},
	{"found incompatible YAML document", 0, "only YAML 1.1 and 1.2 are read"},
	{"control characters are not allowed", 0,
	 "this is no text: YAML does not allow control characters"},
	{"invalid Unicode character escape", 0,
	 "YAML has no escapes for the halves of a character, as JSON has: write the character "
	 "itself"},
	{"UTF-8", 0, "this is no valid UTF-8 text"},
	{"invalid Unicode character", 0, "this is no valid UTF-8 text"},
};

static const char *advise(const char *problem, char at)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (strstr(problem, advices[i].problem) && (!advices[i].at || advices[i].at == at))
			return advices[i].text;
	return NULL;
}

/* What the parser was doing, for the note that points at where it began to. */
static const char *context_of(const char *context)
{
	static const char *const contexts[][2] = {
		{"while parsing a flow sequence", "the list opens here"},
		{"while parsing a flow mapping", "the object opens here"},
		{"while parsing a block mapping", "the object begins here"},
		{"while parsing a block collection", "the list begins here"},
		{"while scanning a simple key", "a ':' is missing here"},
	};

	for (size_t i = 0; context && i < sizeof(contexts) / sizeof(*contexts); i++)
		if (strcmp(context, contexts[i][0]) == 0)
			return contexts[i][1];
	return NULL;
}

/* The mark of a byte offset, for the reader's errors, which have no mark. */
static yaml_mark_t mark_of_offset(struct yaml_marks *m, size_t base, size_t offset)
{
	struct yaml_line at = *yaml_marks_line(m, yaml_marks_line_at(m, base, offset));
	yaml_mark_t mark = {0};

	mark.line = at.index - base;
	for (size_t i = at.start; i < offset && i < m->src->len; i++)
		mark.column += (m->src->text[i] & 0xc0) != 0x80;
	return mark;
}

/* As Windows writes it. A NUL beside each of the first characters tells what has no mark. */
static const char *advise_utf16(const struct source *src)
{
	const char *t = src->text;

	if (utf16_begins(t, src->len))
		return "this is no valid UTF-16 text";
	if (src->len < 4)
		return NULL;
	if (t[0] && !t[1] && t[2] && !t[3])
		return "this is UTF-16 without a byte order mark, and only UTF-8 is read: convert "
		       "it, as with iconv -f "
		       "UTF-16LE -t UTF-8 FILE";
	if (!t[0] && t[1] && !t[2] && t[3])
		return "this is UTF-16 without a byte order mark, and only UTF-8 is read: convert "
		       "it, as with iconv -f "
		       "UTF-16BE -t UTF-8 FILE";
	return NULL;
}

size_t yaml_report_problem(struct diag *d, struct yaml_marks *m, size_t base,
			   const yaml_parser_t *p)
{
	const char *problem = p->problem ? p->problem : "the text cannot be read";
	yaml_mark_t mark = p->problem_mark;
	struct diag_item *item;
	const char *advice, *context;
	struct loc loc;
	size_t offset;

	if (p->error == YAML_READER_ERROR)
		mark = mark_of_offset(m, base, yaml_marks_line(m, base)->start + p->problem_offset);
	offset = yaml_marks_offset(m, base, mark);
	advice = p->error == YAML_READER_ERROR ? advise_utf16(m->src) : NULL;
	if (!advice)
		advice = advise(problem, offset < m->src->len ? m->src->text[offset] : '\0');
	if (advice && strcmp(advice, UNCLOSED) == 0) /* they matter, not where the text ends */
		loc = yaml_marks_loc(m, base, p->context_mark, p->context_mark);
	else
		loc = yaml_marks_loc(m, base, mark, mark);
	loc.end_col += offset < m->src->len;
	if (advice)
		item = diag_error(d, loc, CODE_SYNTAX, "%s", advice);
	else
		item = diag_error(d, loc, CODE_SYNTAX, "this is not YAML: %s", problem);
	context = context_of(p->context);
	if (context && p->context_mark.line != mark.line)
		diag_note(d, item, yaml_marks_loc(m, base, p->context_mark, p->context_mark), "%s",
			  context);
	return base + mark.line;
}
