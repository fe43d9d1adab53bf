/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The type of a plain scalar, by the rules of the YAML library that Kubernetes uses
 * (gopkg.in/yaml.v2, resolve.go; YAML 1.1 with Go's number syntax). A date stays a string.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/yaml/node.h"

static const struct word {
	const char *text; /* in lower case; a user may also write Yes and YES */
	enum yaml_kind kind;
	int64_t number;
} words[] = {
	{"", YAML_NULL, 0},      {"~", YAML_NULL, 0},      {"null", YAML_NULL, 0},
	{"yes", YAML_BOOL, 1},   {"true", YAML_BOOL, 1},   {"on", YAML_BOOL, 1},
	{"no", YAML_BOOL, 0},    {"false", YAML_BOOL, 0},  {"off", YAML_BOOL, 0},
	{"y", YAML_BOOL, 1},     {"n", YAML_BOOL, 0},      {".nan", YAML_FLOAT, 0},
	{".inf", YAML_FLOAT, 0}, {"+.inf", YAML_FLOAT, 0}, {"-.inf", YAML_FLOAT, 0},
};

/* yes, Yes or YES, but not yEs; .inf, .Inf, .INF. */
static bool word_is(const char *text, const char *word)
{
	size_t n = strlen(word), first = strcspn(word, "abcdefghijklmnopqrstuvwxyz");
	bool lower = true, upper = true, title = true;

	if (strlen(text) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char up = (char)toupper((unsigned char)word[i]);

		lower &= text[i] == word[i];
		upper &= text[i] == up;
		title &= text[i] == (i == first ? up : word[i]);
	}
	return lower || upper || title;
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
}

/* Go's strconv.ParseInt(s, 0, 64) after YAML dropped the underscores. */
static bool parse_int(const char *s, int64_t *out)
{
	bool negative = *s == '-';
	unsigned base = 10;
	uint64_t value = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (s[0] == '0' && s[1]) {
		char mark = (char)tolower((unsigned char)s[1]);

		base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
		s += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s == '_')
			continue;
		if (digit_of(*s) >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_of(*s), &value))
			return false;
	}
	if (value > (uint64_t)INT64_MAX)
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static const char *skip_digits(const char *s, bool *any)
{
	for (; (*s >= '0' && *s <= '9') || *s == '_'; s++)
		*any |= *s != '_';
	return s;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *s)
{
	bool any = false, exponent = false;

	if (*s == '-' || *s == '+')
		s++;
	s = skip_digits(s, &any);
	if (*s == '.')
		s = skip_digits(s + 1, &any);
	if (!any)
		return false;
	if (*s != 'e' && *s != 'E')
		return !*s;
	s++;
	if (*s == '-' || *s == '+')
		s++;
	s = skip_digits(s, &exponent);
	return exponent && !*s;
}

bool yaml_is_letter(const char *text)
{
	return *text && strchr("yYnN", *text) && !text[1];
}

enum yaml_kind yaml_resolve(const char *text, int64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!word_is(text, words[i].text))
			continue;
		*number = words[i].number;
		return words[i].kind;
	}
	if (!strchr("+-.0123456789", *text))
		return YAML_STR;
	if (parse_int(text, number))
		return YAML_INT;
	return is_float(text) ? YAML_FLOAT : YAML_STR;
}
