/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/ignore.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "lang/base/path.h"

/* --- patterns -------------------------------------------------------------------------- */

/* Behind the ']' of a bracket expression whose '[' was just passed; NULL if it has no end. */
static const char *bracket_end(const char *p)
{
	if (*p == '!' || *p == '^')
		p++;
	for (const char *first = p; *p && (*p != ']' || p == first); p++) {
		const char *class_end = p[0] == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;

		if (class_end)
			p = class_end + 1;
		else if (*p == '\\' && p[1])
			p++;
	}
	return *p ? p + 1 : NULL;
}

/* The '/' that ends a part, which may be escaped, or the end of the text. A bracket expression may
 * hold one that ends nothing. NULL for a pattern that breaks off in a bracket or behind a '\': to
 * git it matches nothing, while fnmatch() would read the '[' as itself. */
static const char *part_end(const char *p)
{
	while (p && *p && *p != '/') {
		if (*p == '[')
			p = bracket_end(p + 1);
		else if (*p == '\\' && p[1] == '/')
			break;
		else if (*p == '\\')
			p = p[1] ? p + 2 : NULL;
		else
			p++;
	}
	return p;
}

/* "**"; to git, more stars are the same. */
static bool is_any_depth(const char *part)
{
	size_t n = strlen(part);

	return n > 1 && strspn(part, "*") == n;
}

static void split(struct ignore_pattern *p, struct arena *a, const char *s)
{
	for (;;) {
		const char *end = part_end(s), *part;

		if (!end) {
			p->nothing = true;
			return;
		}
		part = arena_strndup(a, s, (size_t)(end - s));
		vec_push(a, &p->parts, part);
		if (!*end)
			break;
		s = end + (*end == '\\' ? 2 : 1);
	}
	/* "**" at the end is what lies there, not the directory itself. */
	if (!p->anywhere && is_any_depth(p->parts.v[p->parts.n - 1]))
		vec_push(a, &p->parts, "*");
}

void ignore_add(struct ignore_list *list, struct arena *a, const char *origin, unsigned line,
		const char *text, size_t n)
{
	struct ignore_pattern p = {
		.text = arena_strndup(a, text, n), .origin = origin, .line = line};
	char *s = arena_strdup(a, p.text);

	if (*s == '!') {
		p.keep = true;
		s++;
	}
	n = strlen(s);
	if (n && s[n - 1] == '/') {
		p.only_directories = true;
		s[--n] = '\0';
	}
	p.anywhere = !strchr(s, '/');
	if (*s == '/')
		s++;
	p.nothing = !*s;
	/* Like git: of a rest that begins with "**" this comes first, wherever the prefix ends. */
	n = p.anywhere ? 0 : strcspn(s, "*?[\\");
	p.prefix = arena_strndup(a, s, n);
	if (s[n])
		split(&p, a, s + n);
	vec_push(a, &list->patterns, p);
}

/* Without blanks at the end, unless the last has a '\' before it. */
static size_t trimmed(const char *s, size_t n)
{
	size_t end = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == ' ')
			continue;
		if (s[i] == '\\' && i + 1 < n)
			i++;
		end = i + 1;
	}
	return end;
}

void ignore_add_lines(struct ignore_list *list, struct arena *a, const char *origin,
		      const char *text, size_t n)
{
	const char *end = text + n, *next;
	unsigned line = 1;

	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (; text < end; text = next, line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline ? newline : end) - text);

		next = text + len + 1;
		if (len && text[len - 1] == '\r')
			len--;
		if (*text == '#')
			continue;
		len = trimmed(text, len);
		if (len)
			ignore_add(list, a, origin, line, text, len);
	}
}

/* --- matching -------------------------------------------------------------------------- */

static const char *next_name(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash ? slash + 1 : NULL;
}

/* The first name of a path. */
static bool match_name(const char *part, const char *path)
{
	char name[NAME_MAX + 1];
	size_t n = strcspn(path, "/");

	if (n >= sizeof(name))
		return false;
	memcpy(name, path, n);
	name[n] = '\0';
	return fnmatch(part, name, 0) == 0;
}

/* As '*' in a name, but of names: on a mismatch the last "**" takes one more, which is enough, so
 * that no pattern costs more than its length times that of the path. */
static bool match_names(const struct ignore_pattern *p, const char *path)
{
	size_t i = 0, behind = 0; /* the part behind the last "**"; 0: there was none */
	const char *retry = NULL;

	while (path) {
		if (i < p->parts.n && is_any_depth(p->parts.v[i])) {
			behind = ++i;
			retry = path;
		} else if (i < p->parts.n && match_name(p->parts.v[i], path)) {
			i++;
			path = next_name(path);
		} else if (behind) {
			path = retry = next_name(retry);
			i = behind;
		} else {
			return false;
		}
	}
	while (i < p->parts.n && is_any_depth(p->parts.v[i]))
		i++;
	return i == p->parts.n;
}

static bool match(const struct ignore_pattern *p, const char *base, const char *path,
		  bool is_directory)
{
	const char *rest;
	size_t n;

	if (p->nothing || (p->only_directories && !is_directory))
		return false;
	if (p->anywhere)
		return match_name(p->parts.v[0], strrchr(path, '/') + 1);
	rest = path_below(base, path);
	n = strlen(p->prefix);
	if (!rest || !*rest || strncmp(rest, p->prefix, n) != 0)
		return false;
	return p->parts.n ? match_names(p, rest + n) : !rest[n];
}

const struct ignore_pattern *ignore_match(const struct ignore_list *list, const char *path,
					  bool is_directory)
{
	for (; list; list = list->weaker) {
		for (size_t i = list->patterns.n; i-- > 0;) {
			const struct ignore_pattern *p = &list->patterns.v[i];

			if (match(p, list->base, path, is_directory))
				return p;
		}
	}
	return NULL;
}

const char *ignore_origin(struct arena *a, const struct ignore_pattern *p)
{
	return p->line ? arena_printf(a, "%s:%u", p->origin, p->line) : p->origin;
}
