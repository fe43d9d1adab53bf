/* SPDX-License-Identifier: Apache-2.0 */
/* The message for a token that cannot stand where it does. */
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/suggest.h"
#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

enum { LISTED_MAX = 4, WORDLIKE_MIN = 30 };

struct expected {
	const int *kinds;
	size_t n;
};

static bool expects(const struct expected *e, int kind)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->kinds[i] == kind)
			return true;
	return false;
}

/* What a word means behind the keyword that asks for it. */
static const struct meaning {
	int after;
	const char *text;
} meanings[] = {
	{POL_FROM, "a peer such as world, a name, { app = web } or cidr 10.0.0.0/8"},
	{POL_TO, "a peer such as world, a name, { app = web } or cidr 10.0.0.0/8"},
	{POL_ARROW, "a peer such as world, a name, { app = web } or cidr 10.0.0.0/8"},
	{POL_NEVER, "a peer such as world, a name, { app = web } or cidr 10.0.0.0/8"},
	{POL_ALWAYS, "a peer such as world, a name, { app = web } or cidr 10.0.0.0/8"},
	{POL_ONLY, "a peer such as world, a name, { app = web } or cidr 10.0.0.0/8"},
	{POL_FOR, "the endpoints the policy is for: { app = web }, a name or all"},
	{POL_ON, "a port such as tcp/443"},
	{POL_PORTS, "a port such as tcp/443"},
	{POL_CIDR, "a prefix such as 10.0.0.0/8"},
	{POL_EXCEPT, "a prefix such as 10.0.0.0/8"},
	{POL_ADDRESS, "an address such as 10.0.0.7"},
	{POL_RANK, "a number"},
	{POL_LABELS, "a label such as app = web"},
	{POL_LET, "a name"},
	{POL_POLICY, "a name"},
	{POL_TIER, "a name"},
	{POL_BEFORE, "the name of a tier"},
	{POL_AFTER, "the name of a tier"},
	{POL_ENDPOINT, "a name such as shop/cart-1"},
	{POL_SERVICE, "a name such as shop/cart"},
	{POL_NAMESPACE, "the name of a namespace"},
	{POL_PORT, "a port such as http = tcp/8080"},
};

static const char *meaning_after(int kind)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (meanings[i].after == kind)
			return meanings[i].text;
	return NULL;
}

/* NULL where the expected tokens are better listed. */
static const char *describe_expected(const struct pol *p, const struct expected *e)
{
	if (expects(e, POL_NE))
		return "'=', '!=', 'in (...)', 'not in (...)', ',' or '}'";
	if (!expects(e, POL_WORD))
		return expects(e, POL_STRING) && e->n == 1 ? "a string in double quotes" : NULL;
	if (e->n >= WORDLIKE_MIN && p->before.kind != POL_NAMESPACE && p->list != POL_LABELS)
		return p->before.kind == '=' || p->before.kind == POL_NE || p->before.kind == '('
			       ? "a label value"
			       : "a label";
	if (p->before.kind == '=' && p->list == POL_LET)
		return "a peer or ports: { app = web }, cidr 10.0.0.0/8, ports { tcp/443 }";
	if (p->before.kind == ',' || p->before.kind == '{')
		return meaning_after(p->list);
	return meaning_after(p->before.kind);
}

/* --- naming tokens ------------------------------------------------------------------------------
 */

static void put_kind(struct buf *b, int kind)
{
	const char *keyword = pol_keyword_text(kind);

	if (keyword)
		buf_printf(b, "'%s'", keyword);
	else if (kind == POL_WORD)
		buf_puts(b, "a word");
	else if (kind == POL_STRING)
		buf_puts(b, "a string");
	else if (kind == POL_ARROW)
		buf_puts(b, "'->'");
	else if (kind == POL_NE)
		buf_puts(b, "'!='");
	else if (kind == POL_MATCHES)
		buf_puts(b, "'=~'");
	else if (kind == 0)
		buf_puts(b, "the end of the file");
	else
		buf_printf(b, "'%c'", kind);
}

static void put_token(struct buf *b, const struct pol_token *tok)
{
	if (tok->kind == POL_WORD)
		buf_printf(b, "'%.40s%s'", tok->name.s, strlen(tok->name.s) > 40 ? "..." : "");
	else
		put_kind(b, tok->kind);
}

static void put_list(struct buf *b, const struct expected *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (i)
			buf_puts(b, i + 1 == e->n ? " or " : ", ");
		put_kind(b, e->kinds[i]);
	}
}

/* --- special cases, each with its own advice
 * ------------------------------------------------------ */

static bool report_unclosed(struct pol *p)
{
	const struct pol_token *tok = &p->last;
	const struct pol_bracket *open = p->n_open ? &p->open[p->n_open - 1] : NULL;
	_cleanup_buf_ struct buf b = {0};
	struct diag_item *d;

	if (!open || (tok->kind && !(pol_is_structural(tok->kind) && pol_is_first_on_line(tok) &&
				     tok->loc.col <= open->indent)))
		return false;
	put_token(&b, tok);
	d = diag_error(&p->l->diag, tok->loc, CODE_SYNTAX, "'%c' is missing before %s", open->close,
		       buf_str(&b));
	diag_note(&p->l->diag, d, open->loc, "to close this '%c'", open->close == '}' ? '{' : '(');
	return true;
}

static bool report_slip(struct pol *p, const struct expected *e)
{
	const struct pol_token *tok = &p->last;
	struct suggest s;
	struct diag_item *d;

	if (tok->kind != POL_WORD || expects(e, POL_WORD))
		return false;
	suggest_init(&s, tok->name.s);
	for (size_t i = 0; i < e->n; i++)
		if (pol_keyword_text(e->kinds[i]))
			suggest_offer(&s, pol_keyword_text(e->kinds[i]));
	if (!s.best)
		return false;
	d = diag_error(&p->l->diag, tok->loc, CODE_SYNTAX, "unknown word '%s'", tok->name.s);
	pol_did_you_mean(p, d, tok->loc, s.best);
	return true;
}

/* `app: web` is how YAML says it. */
static bool report_colon(struct pol *p, const struct expected *e)
{
	const struct ast_name *key = &p->before.name;
	size_t n = p->before.kind == POL_WORD ? strlen(key->s) : 0;
	struct diag_item *d;

	if (n < 2 || key->s[n - 1] != ':' || !expects(e, POL_NE))
		return false;
	d = diag_error(&p->l->diag, pol_part(key, n - 1, n), CODE_SYNTAX,
		       "a label is written 'key = value'");
	diag_fix(&p->l->diag, d, pol_part(key, n - 1, n), " =", "write '=' instead of ':'");
	return true;
}

/* Brackets and commas that stand alone. */
static bool report_stray(struct pol *p, const struct expected *e)
{
	const struct pol_token *tok = &p->last, *before = &p->before;
	bool closer = tok->kind == '}' || tok->kind == ')';
	struct diag_item *d;

	if (closer && !p->closed.line) {
		d = diag_error(&p->l->diag, tok->loc, CODE_SYNTAX, "this '%c' closes nothing",
			       tok->kind);
		diag_fix(&p->l->diag, d, tok->loc, "", "remove '%c'", tok->kind);
		return true;
	}
	if (closer && before->kind == ',') {
		d = diag_error(&p->l->diag, before->loc, CODE_SYNTAX,
			       "nothing follows this ',' in the list");
		diag_fix(&p->l->diag, d, before->loc, "", "remove ','");
		return true;
	}
	if (tok->kind == '}' && before->kind == '{' && expects(e, POL_WORD) &&
	    (p->list == POL_CIDR || p->list == POL_EXCEPT || p->list == POL_PORTS)) {
		diag_error(&p->l->diag, tok->loc, CODE_SYNTAX,
			   "the list is empty: what matches nothing is written 'none'");
		return true;
	}
	return false;
}

/* Things people write who know another language. */
static void add_advice(struct pol *p, const struct expected *e, struct diag_item *d)
{
	const struct pol_token *tok = &p->last;
	struct diag *diag = &p->l->diag;

	if (tok->kind == '=' && p->before.kind == POL_WORD)
		diag_note(diag, d, LOC_NONE, "labels stand in braces: { %s = ... }",
			  p->before.name.s);
	else if (tok->kind == POL_STRING && expects(e, POL_WORD))
		diag_fix(diag, d, tok->loc, tok->name.s, "write it without quotes");
	else if (pol_keyword_text(tok->kind) && p->before.kind == POL_LET)
		diag_note(diag, d, LOC_NONE, "'%s' is a keyword: choose another name", tok->name.s);
	else if (pol_keyword_text(tok->kind) && expects(e, POL_WORD) && expects(e, POL_STRING))
		diag_fix(diag, d, tok->loc, arena_printf(&p->l->arena, "\"%s\"", tok->name.s),
			 "'%s' is a keyword: in quotes it is a name", tok->name.s);
	else if (tok->kind == POL_WORD && e->n == 1 && expects(e, POL_STRING))
		diag_fix(diag, d, tok->loc, arena_printf(&p->l->arena, "\"%s\"", tok->name.s),
			 "put it in double quotes");
	else if (p->before.kind == POL_IN)
		diag_note(diag, d, LOC_NONE, "the values stand in parentheses: in (a, b)");
}

static void report_plain(struct pol *p, const struct expected *e)
{
	const char *what = describe_expected(p, e);
	_cleanup_buf_ struct buf found = {0}, list = {0};
	struct diag_item *d;

	put_token(&found, &p->last);
	put_list(&list, e);
	if (what || e->n <= LISTED_MAX) {
		d = diag_error(&p->l->diag, p->last.loc, CODE_SYNTAX, "expected %s, found %s",
			       what ? what : buf_str(&list), buf_str(&found));
	} else {
		d = diag_error(&p->l->diag, p->last.loc, CODE_SYNTAX, "%s cannot stand here",
			       buf_str(&found));
		diag_note(&p->l->diag, d, LOC_NONE, "here may stand %s", buf_str(&list));
	}
	add_advice(p, e, d);
}

/* Of `from` and `to` only the one of this direction is advice, and only kafka has topics. */
static size_t drop_useless(const struct pol *p, int *kinds, size_t n)
{
	int wrong_way = p->dir == AST_INGRESS ? POL_TO : POL_FROM;
	size_t out = 0;

	for (size_t i = 0; i < n; i++)
		if (kinds[i] != wrong_way && (kinds[i] != POL_TOPIC || p->l7_kind == AST_L7_KAFKA))
			kinds[out++] = kinds[i];
	return out;
}

void pol_unexpected(struct pol *p, int *kinds, size_t n)
{
	struct expected e = {.kinds = kinds, .n = drop_useless(p, kinds, n)};

	if (p->stopped || report_unclosed(p))
		return;
	/* A file that ends too early after a mistake is most often the same mistake. */
	if (!p->last.kind && p->l->diag.errors != p->errors_before)
		return;
	if (!report_stray(p, &e) && !report_colon(p, &e) && !report_slip(p, &e))
		report_plain(p, &e);
}
