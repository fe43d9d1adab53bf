/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/gitops/git_config.h"

#include <ctype.h>
#include <string.h>

#include "lang/base/buf.h"

/* A text while it is read. */
struct scan {
	struct arena *a;
	const char *at, *end;
	const char *section, *subsection; /* that hold what follows; NULL: none yet */
};

/* Behind the end there is one more line end. */
static char peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : '\n';
}

static char take(struct scan *s)
{
	char c = peek(s);

	s->at += s->at < s->end;
	return c;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* A line may end as on Windows. */
static bool at_line_end(const struct scan *s)
{
	return peek(s) == '\n' || (peek(s) == '\r' && s->end - s->at > 1 && s->at[1] == '\n');
}

static void skip_blanks(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t')
		s->at++;
}

static void skip_line(struct scan *s)
{
	while (peek(s) != '\n')
		s->at++;
}

static const char *lower(struct arena *a, const char *text, const char *end)
{
	char *out = arena_strndup(a, text, (size_t)(end - text));

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

/* --- [section "subsection"] ------------------------------------------------------------------- */

/* A backslash stands for what follows it, whatever that is. */
static bool read_subsection(struct scan *s)
{
	_cleanup_buf_ struct buf text = {0};

	skip_blanks(s);
	if (take(s) != '"')
		return false;
	while (peek(s) != '"') {
		if (peek(s) == '\\')
			s->at++;
		if (at_line_end(s))
			return false;
		buf_putc(&text, take(s));
	}
	s->at++;
	s->subsection = arena_strndup(s->a, buf_str(&text), text.n);
	return take(s) == ']';
}

/* `[section.subsection]` is the form of long ago, in which the case makes no difference. */
static bool read_header(struct scan *s)
{
	const char *begin = s->at, *dot;

	while (is_name(peek(s)) || peek(s) == '.')
		s->at++;
	dot = memchr(begin, '.', (size_t)(s->at - begin));
	s->section = lower(s->a, begin, dot ? dot : s->at);
	s->subsection = dot ? lower(s->a, dot + 1, s->at) : NULL;
	if (peek(s) == ']')
		return take(s);
	return !dot && !at_line_end(s) && is_space(peek(s)) && read_subsection(s);
}

/* --- key = value ------------------------------------------------------------------------------ */

/* Behind a backslash; one at the end of a line joins it to the next. */
static bool read_escaped(struct scan *s, struct buf *out)
{
	static const char written[] = "tbn\\\"", meant[] = "\t\b\n\\\"";
	const char *found;

	if (at_line_end(s)) {
		skip_line(s);
		take(s);
		return true;
	}
	found = strchr(written, peek(s));
	if (!found)
		return false;
	s->at++;
	buf_putc(out, meant[found - written]);
	return true;
}

/* Without blanks around it, unless these are quoted; NULL: it has no end, or says nothing. */
static const char *read_value(struct scan *s)
{
	_cleanup_buf_ struct buf out = {0};
	bool quoted = false;
	size_t n = 0; /* up to the last that is no blank */

	skip_blanks(s);
	while (!at_line_end(s)) {
		char c = take(s);

		if (!quoted && (c == '#' || c == ';')) {
			skip_line(s);
			break;
		}
		if (!quoted && is_space(c)) {
			if (out.n)
				buf_putc(&out, c);
			continue;
		}
		if (c == '"')
			quoted = !quoted;
		else if (c != '\\')
			buf_putc(&out, c);
		else if (!read_escaped(s, &out))
			return NULL;
		n = out.n;
	}
	return quoted ? NULL : arena_strndup(s->a, buf_str(&out), n);
}

static bool read_setting(struct scan *s, struct git_config *config)
{
	struct git_setting set = {.section = s->section, .subsection = s->subsection};
	const char *begin = s->at;

	if (!s->section || !isalpha((unsigned char)peek(s)))
		return false;
	while (is_name(peek(s)))
		s->at++;
	set.key = lower(s->a, begin, s->at);
	skip_blanks(s);
	if (peek(s) == '=') {
		s->at++;
		set.value = read_value(s);
		if (!set.value)
			return false;
	} else if (!at_line_end(s)) {
		return false;
	}
	vec_push(s->a, &config->list, set);
	return true;
}

static bool read_part(struct scan *s, struct git_config *config)
{
	if (is_space(peek(s)))
		return take(s);
	if (peek(s) == '#' || peek(s) == ';') {
		skip_line(s);
		return true;
	}
	if (peek(s) != '[')
		return read_setting(s, config);
	s->at++;
	return read_header(s);
}

bool git_config_read(struct git_config *config, struct arena *a, const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct scan s = {.a = a, .at = text, .end = text + len};

	if (memchr(text, 0, len))
		return false;
	if (len >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
		s.at += strlen(mark);
	while (s.at < s.end)
		if (!read_part(&s, config))
			return false;
	return true;
}
