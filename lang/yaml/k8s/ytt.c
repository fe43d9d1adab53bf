/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem(), memrchr() */
#include "lang/yaml/k8s/ytt.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char mark[] = "#@";

static bool is_word(const char *word, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && memcmp(*words, word, n) == 0)
			return true;
	return false;
}

/* A statement, `#@ if x:`, or an annotation, `#@overlay/match ...`; other comments may begin so.
 * What is loaded decides nothing, and what ends has begun elsewhere. */
static bool is_statement(const char *p, const char *end)
{
	static const char *const statements[] = {"if", "elif", "else", "for", "while", "def", NULL};
	static const char *const annotations[] = {"overlay", "data",    "schema",
						  "yaml",    "library", NULL};
	bool spaced = p < end && *p == ' ';
	const char *word;

	while (p < end && *p == ' ')
		p++;
	word = p;
	while (p < end && islower((unsigned char)*p))
		p++;
	if (spaced)
		return is_word(word, (size_t)(p - word), statements);
	return p < end && *p == '/' && is_word(word, (size_t)(p - word), annotations);
}

/* At `p` in the line that begins at `line`. */
static bool is_ytt(const char *line, const char *p, const char *end)
{
	const char *before = p;

	if (p > line && p[-1] != ' ')
		return false;
	while (before > line && before[-1] == ' ')
		before--;
	if (before == line)
		return is_statement(p + strlen(mark), end);
	return before[-1] == ':' || before[-1] == '-'; /* a value */
}

static const char *line_of(const char *begin, const char *p)
{
	const char *nl = memrchr(begin, '\n', (size_t)(p - begin));

	return nl ? nl + 1 : begin;
}

/* Where the comments and empty lines above begin. */
static const char *comments_above(const struct source *src, const char *text)
{
	while (text > src->text) {
		const char *line = line_of(src->text, text - 1);

		if (*line != '#' && line[strspn(line, " \t\r")] != '\n')
			break;
		text = line;
	}
	return text;
}

const char *k8s_find_ytt(const struct source *src, const char *text, size_t len)
{
	const char *end = text + len, *p = comments_above(src, text), *line = p;

	while ((p = memmem(p, (size_t)(end - p), mark, strlen(mark)))) {
		line = line_of(line, p);
		if (is_ytt(line, p, end))
			return p;
		p += strlen(mark);
	}
	return NULL;
}
