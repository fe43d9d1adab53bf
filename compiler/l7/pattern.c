/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/l7/pattern.h"

#include <ctype.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/utf8.h"

static void put_text(struct buf *out, const char *text)
{
	buf_printf(out, "%zu:%s", text ? strlen(text) : 0, text ? text : "");
}

void l7_pattern_key(const struct l7_pattern *p, struct buf *out)
{
	buf_printf(out, "%d %d ", (int)p->form, p->or_text != NULL);
	put_text(out, p->prefix);
	put_text(out, p->text);
	put_text(out, p->or_text);
}

/* The character, or nothing at all where there is none: no value that is valid is such a text. */
static const struct l7_node *character(struct arena *arena, const char **s, bool caseless)
{
	struct l7_node *n = arena_new(arena, struct l7_node);
	uint32_t c = 0;
	size_t len = utf8_length((const unsigned char *)*s, strlen(*s), &c);

	n->kind = L7_CHARS;
	if (len)
		charset_add(arena, &n->chars, c, c);
	if (len && caseless && c <= CHARSET_LAST_ASCII) {
		uint32_t upper = (uint32_t)toupper((int)c), lower = (uint32_t)tolower((int)c);

		charset_add(arena, &n->chars, upper, upper);
		charset_add(arena, &n->chars, lower, lower);
	}
	charset_settle(&n->chars);
	*s += len ? len : 1;
	return n;
}

static struct l7_node *literal(struct arena *arena, const char *s, bool caseless)
{
	struct l7_node *cat = arena_new(arena, struct l7_node);

	cat->kind = *s ? L7_CAT : L7_EMPTY;
	while (*s)
		vec_push(arena, &cat->of, character(arena, &s, caseless));
	return cat;
}

static const struct l7_node *pair(struct arena *arena, enum l7_node_kind kind,
				  const struct l7_node *a, const struct l7_node *b)
{
	struct l7_node *n = arena_new(arena, struct l7_node);

	n->kind = kind;
	vec_push(arena, &n->of, a);
	vec_push(arena, &n->of, b);
	return n;
}

const struct l7_node *l7_pattern_tree(struct arena *arena, const struct l7_pattern *p,
				      const char **fault)
{
	bool caseless = p->form == L7_CASELESS || p->form == L7_CASELESS_REGEX;
	const struct l7_node *n;

	if (p->form == L7_REGEX || p->form == L7_CASELESS_REGEX)
		n = l7_parse(arena, p->text, caseless, fault);
	else
		n = literal(arena, p->text, caseless);
	if (n && p->or_text)
		n = pair(arena, L7_ALT, n, literal(arena, p->or_text, caseless));
	if (n && p->prefix)
		n = pair(arena, L7_CAT, literal(arena, p->prefix, false), n);
	return n;
}
