/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/outline.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_LISTS = 8 }; /* in each other */

/* The rest of a text. */
struct cursor {
	const char *at, *end;
};

/* What an object says of itself so far. */
struct object {
	const char *api;
	VEC(const char *) kinds;
	bool listed; /* its items; of another `items` nothing is read, so that time grows with
			length */
};

static bool is_one_of(char c, const char *chars)
{
	return c && strchr(chars, c);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || is_one_of(c, "._/-");
}

static bool next_is(const struct cursor *c, const char *chars)
{
	return c->at < c->end && is_one_of(*c->at, chars);
}

static bool starts_with(const struct cursor *c, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(c->end - c->at) >= n && memcmp(c->at, text, n) == 0;
}

static void skip(struct cursor *c, const char *chars)
{
	while (next_is(c, chars))
		c->at++;
}

static void skip_line(struct cursor *c)
{
	const char *nl = memchr(c->at, '\n', (size_t)(c->end - c->at));

	c->at = nl ? nl + 1 : c->end;
}

static void skip_tags(struct cursor *c, const char *space)
{
	skip(c, space);
	while (next_is(c, "!&")) {
		while (c->at < c->end && !isspace((unsigned char)*c->at))
			c->at++;
		skip(c, space);
	}
}

static const char *take_word(struct cursor *c, size_t *len)
{
	const char *from = c->at;

	while (c->at < c->end && is_word(*c->at))
		c->at++;
	*len = (size_t)(c->at - from);
	return from;
}

/* However it is quoted. */
static bool take_key(struct cursor *c, const char **key, size_t *len)
{
	skip(c, "\"'");
	*key = take_word(c, len);
	skip(c, "\"' \t");
	if (!next_is(c, ":"))
		return false;
	c->at++;
	return true;
}

static bool is_key(const char *key, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(key, name, len) == 0;
}

/* The value of `kind` or `apiVersion`, which may stand further in on the next line. */
static void note_field(struct outline *o, struct object *object, struct cursor *c, const char *key,
		       size_t key_len)
{
	bool kind = is_key(key, key_len, "kind");
	struct cursor value;
	const char *word;
	size_t len;

	if (!kind && !is_key(key, key_len, "apiVersion"))
		return;
	skip(c, " \t\r");
	if (starts_with(c, "\n "))
		c->at++;
	skip_tags(c, " \t");
	value = *c;
	skip(&value, "\"'");
	word = take_word(&value, &len);
	if (!len)
		return;
	word = arena_strndup(o->arena, word, len);
	if (kind)
		vec_push(o->arena, &object->kinds, word);
	else if (!object->api)
		object->api = word;
}

static void add_object(struct outline *o, const struct object *object)
{
	const char *api = object->api ? object->api : "";

	if (!object->kinds.n)
		vec_push(o->arena, &o->objects, ((struct outline_object){.api = api}));
	for (size_t i = 0; i < object->kinds.n; i++)
		vec_push(o->arena, &o->objects,
			 ((struct outline_object){.kind = object->kinds.v[i], .api = api}));
}

/* --- with braces ---------------------------------------------------------------------------- */

/* Quotes that are never closed must not take the rest with them. */
static void skip_quoted(struct cursor *c)
{
	char quote = *c->at++;

	while (c->at < c->end && *c->at != quote && *c->at != '\n')
		c->at += *c->at == '\\' && quote == '"' && c->at + 1 < c->end ? 2 : 1;
	if (c->at < c->end)
		c->at++;
}

/* Over one value, to the ',' or brace behind it. */
static void skip_value(struct cursor *c)
{
	char before = ' ';
	size_t depth = 0;

	while (c->at < c->end && (depth || !next_is(c, ",]}"))) {
		char now = *c->at;

		depth += is_one_of(now, "{[");
		depth -= is_one_of(now, "]}");
		/* Within a word these are letters. */
		if (is_one_of(now, "\"'") && !isalnum((unsigned char)before))
			skip_quoted(c);
		else
			c->at++;
		before = now;
	}
}

static void read_flow(struct outline *o, struct cursor *c, unsigned depth);

/* Behind the '['. */
static void read_flow_items(struct outline *o, struct cursor *c, unsigned depth)
{
	while (c->at < c->end && *c->at != ']') {
		skip(c, " \t\r\n,");
		if (next_is(c, "{") && depth < MAX_LISTS)
			read_flow(o, c, depth + 1);
		else
			skip_value(c);
		if (next_is(c, "}")) /* it opens nowhere */
			c->at++;
	}
}

/* From the '{' on. */
static void read_flow(struct outline *o, struct cursor *c, unsigned depth)
{
	struct object object = {0};
	const char *key;
	size_t len;

	c->at++;
	for (;;) {
		skip(c, " \t\r\n,]");
		if (c->at == c->end || *c->at == '}')
			break;
		if (*c->at == '#') {
			skip_line(c);
			continue;
		}
		if (take_key(c, &key, &len)) {
			skip(c, " \t\r\n");
			note_field(o, &object, c, key, len);
			if (is_key(key, len, "items") && next_is(c, "[")) {
				c->at++;
				read_flow_items(o, c, depth);
				continue;
			}
		}
		skip_value(c);
	}
	c->at += c->at < c->end;
	add_object(o, &object);
}

/* --- with indentation ------------------------------------------------------------------------ */

/* Of a template language, or a directive. */
static bool is_template_line(const struct cursor *c)
{
	static const char *const begin[] = {"{{", "{%", "{#", "<%", "%"};

	for (size_t i = 0; i < sizeof(begin) / sizeof(*begin); i++)
		if (starts_with(c, begin[i]))
			return true;
	return false;
}

/* To the next line that says something, and there. Returns its indentation. A line of a template
 * language is none. */
static size_t seek_text(struct cursor *c)
{
	const char *line;

	for (;;) {
		line = c->at;
		skip(c, " ");
		if (c->at == c->end || (!next_is(c, "\r\n#") && !is_template_line(c)))
			return (size_t)(c->at - line);
		skip_line(c);
	}
}

/* The next line that is indented so and begins an item. */
static bool seek_dash(struct cursor *c, size_t column)
{
	while (c->at < c->end) {
		size_t indent = seek_text(c);

		if (indent == column && next_is(c, "-"))
			return true;
		skip_line(c);
	}
	return false;
}

static void read_block(struct outline *o, struct cursor c, size_t least, size_t column,
		       unsigned depth);

/* From the '-' on. */
static void read_item(struct outline *o, struct cursor item, size_t dash, unsigned depth)
{
	const char *from = item.at++;
	size_t column;

	skip(&item, " ");
	column = dash + (size_t)(item.at - from);
	if (next_is(&item, "\r\n#")) {
		skip_line(&item);
		column = seek_text(&item);
	}
	if (next_is(&item, "{"))
		read_flow(o, &item, depth);
	else
		read_block(o, item, column, column, depth);
}

/* Behind the ':' of `items`. */
static void read_items(struct outline *o, struct cursor c, unsigned depth)
{
	struct cursor item;
	size_t dash;

	skip(&c, " \t");
	if (next_is(&c, "[")) {
		c.at++;
		read_flow_items(o, &c, depth);
		return;
	}
	skip_line(&c);
	dash = seek_text(&c);
	if (depth == MAX_LISTS || !next_is(&c, "-"))
		return;
	do {
		item = c;
		skip_line(&c);
		if (seek_dash(&c, dash))
			item.end = c.at;
		read_item(o, item, dash, depth + 1);
	} while (c.at < c.end);
}

/* An object that begins there; its keys are indented from `least` to `column`. */
static void read_block(struct outline *o, struct cursor c, size_t least, size_t column,
		       unsigned depth)
{
	struct object object = {0};
	size_t indent = column, len;
	const char *key;

	for (; c.at < c.end; indent = seek_text(&c)) {
		if (indent >= least && indent <= column && take_key(&c, &key, &len)) {
			if (is_key(key, len, "items") && !object.listed) {
				object.listed = true;
				read_items(o, c, depth);
			}
			note_field(o, &object, &c, key, len);
		}
		skip_line(&c);
	}
	add_object(o, &object);
}

void outline_read(struct outline *o, const char *text, size_t len)
{
	struct cursor c = {text, text + len};
	size_t column;

	if (starts_with(&c, "\xef\xbb\xbf"))
		c.at += 3;
	column = seek_text(&c);
	while (starts_with(&c, "---") || next_is(&c, "!&")) {
		if (starts_with(&c, "---"))
			c.at += 3;
		skip_tags(&c, " \t");
		column = next_is(&c, "\r\n#") || c.at == c.end ? seek_text(&c) : 0;
	}
	o->bare = c.at == c.end;
	if (next_is(&c, "{"))
		read_flow(o, &c, 0);
	else
		read_block(o, c, 0, column, 0);
}
