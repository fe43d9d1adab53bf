/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem() */
#include "lang/yaml/k8s/placeholder.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Of Ansible and its kin; of Ruby. */
#define RENDER_JINJA    "jinja2 FILE VALUES | polc check -"
#define RENDER_ERB      "erb FILE | polc check -"
#define RENDER_ENVSUBST "envsubst < FILE | polc check -"
#define RENDER_FLUX                                                                                \
	"flux build kustomization NAME --path DIRECTORY | polc check -, or " RENDER_ENVSUBST

enum { MARK = 2 }; /* bytes of each */

static const struct renderer {
	const char *mark, *command;
	bool breaks; /* at the beginning of a value or line it is no YAML; others are plain text */
} renderers[] = {
	{"{%", RENDER_JINJA, true}, {"{#", RENDER_JINJA, true},
	{"<%", RENDER_ERB, true},   {"{{", "helm template NAME CHART | polc check -", true},
	{"${", RENDER_FLUX, false}, {"$(", "polc check --kustomize DIRECTORY", false},
};

const char *placeholder_in(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(renderers) / sizeof(*renderers); i++)
		if (memmem(text, len, renderers[i].mark, MARK))
			return renderers[i].command;
	return NULL;
}

/* --- in a scalar ----------------------------------------------------------------------------- */

/* `$NAMESPACE`: in capitals, as `$patch` and its kin are of kustomize. */
static bool has_variable(const char *p, const char *end)
{
	while ((p = memchr(p, '$', (size_t)(end - p)))) {
		p++;
		if (p < end && (isupper((unsigned char)*p) || *p == '_'))
			return true;
	}
	return false;
}

static const char *line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl : end;
}

static const char *scalar_end(const struct source *src, struct loc at)
{
	const char *line = source_line_start(src, at.end_line);

	return line + at.end_col - 1 < src->text + src->len ? line + at.end_col - 1
							    : src->text + src->len;
}

/* A list or an object is wrong as a whole, whatever stands in it. */
static bool is_collection(const char *p, const char *end)
{
	return p < end && (*p == '[' || *p == '{') && !placeholder_in(p, MARK);
}

const char *placeholder_at(const struct source *src, struct loc at)
{
	const char *p = source_line_start(src, at.line) + at.col - 1;
	const char *end = at.end_line ? scalar_end(src, at) : line_end(p, src->text + src->len);
	const char *command;

	if (p >= end || is_collection(p, end))
		return NULL;
	command = placeholder_in(p, (size_t)(end - p));
	return !command && has_variable(p, end) ? RENDER_ENVSUBST : command;
}

/* --- where the syntax breaks ----------------------------------------------------------------- */

/* A line while it is looked through. */
struct line {
	const char *begin, *end; /* without a comment */
	size_t indent;           /* of its first key or value, behind dashes */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Over the quoted text that begins there, within the line. */
static const char *skip_quoted(const char *p, const char *end)
{
	char quote = *p++;

	while (p < end && *p != quote)
		p += *p == '\\' && quote == '"' && p + 1 < end ? 2 : 1;
	return p < end ? p + 1 : end;
}

/* What stands before `p` in its line, blanks aside; 0: nothing. */
static char before(const char *begin, const char *p)
{
	while (p > begin && is_blank(p[-1]))
		p--;
	return p > begin ? p[-1] : 0;
}

/* There a value may begin. */
static bool begins_value(const char *begin, const char *p)
{
	char c = before(begin, p);

	return !c || strchr(":-,[{", c);
}

static bool begins_quote(const char *begin, const char *p)
{
	return (*p == '"' || *p == '\'') && begins_value(begin, p);
}

static bool begins_comment(const char *begin, const char *p)
{
	return *p == '#' && (p == begin || is_blank(p[-1]));
}

static struct line line_at(const char *begin, const char *end)
{
	struct line line = {.begin = begin};
	const char *p = begin;

	while (p < end && (is_blank(*p) || (*p == '-' && p + 1 < end && is_blank(p[1]))))
		p++;
	line.indent = (size_t)(p - begin);
	while (p < end && !begins_comment(begin, p))
		p = begins_quote(begin, p) ? skip_quoted(p, end) : p + 1;
	line.end = p;
	return line;
}

/* `key: |-`: what follows further in is text. */
static bool begins_block(const struct line *line)
{
	const char *p = line->end;

	while (p > line->begin &&
	       (is_blank(p[-1]) || isdigit((unsigned char)p[-1]) || p[-1] == '-' || p[-1] == '+'))
		p--;
	return p > line->begin && (p[-1] == '|' || p[-1] == '>') &&
	       begins_value(line->begin, p - 1);
}

static const char *breaking_at(const char *p, const char *end)
{
	for (size_t i = 0; i < sizeof(renderers) / sizeof(*renderers); i++)
		if (renderers[i].breaks && end - p >= MARK &&
		    memcmp(p, renderers[i].mark, MARK) == 0)
			return renderers[i].command;
	return NULL;
}

static const char *breaking_in(const struct line *line)
{
	const char *command = NULL, *p = line->begin;

	while (p < line->end && !command) {
		if (begins_value(line->begin, p))
			command = breaking_at(p, line->end);
		p = begins_quote(line->begin, p) ? skip_quoted(p, line->end) : p + 1;
	}
	return command;
}

static bool is_empty(const struct line *line)
{
	return (size_t)(line->end - line->begin) <= line->indent;
}

const char *placeholder_breaking(const char *text, size_t len, const char *at)
{
	const char *end = text + len, *command = NULL;
	bool within = false; /* a block scalar of what is indented so far */
	size_t indent = 0;

	while (text < end && !command) {
		const char *stop = line_end(text, end);
		const struct line line = line_at(text, stop);

		within = within && (is_empty(&line) || line.indent > indent);
		if (stop >= at)
			return placeholder_in(text, (size_t)(line.end - text));
		if (!within && !is_empty(&line)) {
			command = breaking_in(&line);
			within = begins_block(&line);
			indent = line.indent;
		}
		text = stop + 1;
	}
	return command;
}
