/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/fix.h"

#include <string.h>

/* The quote that the scalar is written in, 0 for none; -1 if it is written otherwise. */
static int quote_of(const struct source *src, struct loc loc, const char *was)
{
	size_t len, n = strlen(was), width = loc.end_col - loc.col;
	const char *line = source_line(src, loc.line, &len), *p = line + loc.col - 1;

	if (loc.end_line != loc.line || loc.end_col < loc.col || loc.end_col > len + 1)
		return -1;
	if (width == n && memcmp(p, was, n) == 0)
		return 0;
	if (width == n + 2 && strchr("'\"", *p) && p[n + 1] == *p && memcmp(p + 1, was, n) == 0)
		return *p;
	return -1;
}

void yaml_add_fix(struct yaml_ctx *c, struct diag_item *item, struct loc loc, const char *was,
		  const struct yaml_fix *fix)
{
	const struct source *src = sources_get(&c->l->sources, loc.file);
	int quote = src && loc.line ? quote_of(src, loc, was) : -1;
	const char *text = fix->text;

	if (quote > 0 && !fix->plain)
		text = arena_printf(c->scratch, "%c%s%c", quote, text, quote);
	if (fix->sure && quote >= 0)
		diag_safe_fix(&c->l->diag, item, loc, text, "%s", fix->title);
	else
		diag_fix(&c->l->diag, item, loc, text, "%s", fix->title);
}

void yaml_fix_word(struct yaml_ctx *c, struct diag_item *item, struct loc loc, const char *was,
		   const char *text, bool sure)
{
	const struct yaml_fix fix = {
		.text = text, .title = arena_printf(c->scratch, "write '%s'", text), .sure = sure};

	yaml_add_fix(c, item, loc, was, &fix);
}

/* As a decimal number it is the same to everybody. */
static bool is_decimal(const char *text)
{
	return text[0] != '0' && strspn(text, "0123456789") == strlen(text);
}

void yaml_fix_quotes(struct yaml_ctx *c, struct diag_item *item, const struct yaml_node *n)
{
	const struct yaml_fix fix = {.text = n->text,
				     .title = "remove the quotes",
				     .plain = true,
				     .sure = is_decimal(n->text)};

	yaml_add_fix(c, item, n->loc, n->text, &fix);
}
