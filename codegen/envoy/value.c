/* SPDX-License-Identifier: Apache-2.0 */
/* What values of a request must be. Expressions are of RE2 on both sides, and match whole values.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "codegen/codes.h"
#include "codegen/envoy/envoy.h"
#include "compiler/l7/dfa.h"
#include "compiler/l7/pattern.h"
#include "lang/base/codes.h"

/* As one piece of a longer expression. A quotation may end with the text. */
static const char *grouped(struct envoy *e, const char *text)
{
	const char *quote = NULL;

	if (!strchr(text, '|') && !strstr(text, "(?") && !strstr(text, "\\Q"))
		return text;
	for (const char *s = text; *s; s++) {
		if (*s != '\\')
			continue;
		if (quote ? s[1] == 'E' : s[1] == 'Q')
			quote = quote ? NULL : s;
		else if (quote)
			continue;
		s++;
	}
	return arena_printf(e->arena, "(?:%s%s)", text, quote ? "\\E" : "");
}

/* What matches this text alone. */
static const char *escaped(struct envoy *e, const char *text)
{
	_cleanup_buf_ struct buf out = {0};

	for (; *text; text++) {
		if (strchr("\\.+*?()|[]{}^$", *text))
			buf_putc(&out, '\\');
		buf_putc(&out, *text);
	}
	return arena_strdup(e->arena, buf_str(&out));
}

static bool asks_for_places(const struct l7_node *tree)
{
	if (tree->kind == L7_ASSERT)
		return true;
	vec_each (const struct l7_node *const, of, &tree->of)
		if (asks_for_places(*of))
			return true;
	return false;
}

/* NULL after reporting. */
static const struct l7_node *tree_of(struct envoy *e, const struct ir_l7_value *v, bool caseless)
{
	struct l7_pattern p = {.text = v->text, .form = v->regex ? L7_REGEX : L7_EXACT};
	const struct l7_node *tree;
	const char *fault;

	if (caseless)
		p.form = v->regex ? L7_CASELESS_REGEX : L7_CASELESS;
	tree = l7_pattern_tree(e->arena, &p, &fault);
	if (tree)
		return tree;
	diag_error(e->diag, v->loc, GEN_CODE_LIMIT,
		   "what judges these requests cannot be built: %s", fault);
	e->err = -EINVAL;
	return NULL;
}

/* Something of Envoy's stands before it or behind, where its `^` or `\b` would look. */
static const char *piece(struct envoy *e, const struct ir_l7_value *v, bool caseless)
{
	const struct l7_node *tree;

	if (!v->regex)
		return escaped(e, v->text);
	tree = tree_of(e, v, caseless);
	if (!tree)
		return NULL;
	if (!asks_for_places(tree))
		return grouped(e, v->text);
	diag_error(
		e->diag, v->loc, CODE_NOT_SUPPORTED,
		"to Envoy this expression is a part of a longer one, in which ^, $, \\A, \\z, \\b "
		"and \\B mean something else: leave them out, as it has to match a whole value "
		"anyway");
	e->err = -EINVAL;
	return NULL;
}

/* --- paths ---------------------------------------------------------------------------------- */

json_t *envoy_object(struct envoy *e, enum ir_l7_kind kind, const struct ir_l7_value *v)
{
	const char *text = v->text;

	if (kind != IR_L7_GRPC)
		return envoy_path(envoy_regex(text));
	text = piece(e, v, false);
	return text ? envoy_path(envoy_regex(arena_printf(e->arena, "/%s", text))) : NULL;
}

/* --- hosts ---------------------------------------------------------------------------------- */

/* Does it match a host together with a port? */
static bool takes_ports(struct envoy *e, const struct ir_l7_value *v)
{
	const struct l7_node *tree = tree_of(e, v, true);
	struct dfa_limits limits = {1000, 20000000};
	const struct l7_node *trees[2] = {tree};
	const struct dfa *dfa;
	const char *fault;

	trees[1] = l7_parse(e->arena, ENVOY_HOST_PORT, false, &fault);
	dfa = tree ? dfa_build(e->arena, trees, 2, &limits) : NULL;
	if (!dfa)
		return true;
	vec_each (const struct dfa_accept, set, &dfa->sets)
		if (set->n == 2)
			return true;
	return false;
}

static json_t *host_regex(struct envoy *e, const char *text, const char *behind)
{
	return envoy_header(":authority",
			    envoy_regex(arena_printf(e->arena, "(?i:%s)%s", text, behind)));
}

/* A port is not looked at. If the expression might take one for a part of the host, hosts with one
 * and without are two cases. */
static json_t *host(struct envoy *e, const struct ir_l7_value *v)
{
	const char *text = piece(e, v, true);
	json_t *without;

	if (!text)
		return NULL;
	if (!v->regex || !takes_ports(e, v))
		return host_regex(e, text, "(?::[0-9]*)?");
	without = json_pack("[o, o]", host_regex(e, text, ""),
			    envoy_not(envoy_header(":authority", envoy_regex(ENVOY_HOST_PORT))));
	return envoy_or(json_pack("[o, o]", host_regex(e, text, ":[0-9]*"), envoy_and(without)));
}

/* --- headers -------------------------------------------------------------------------------- */

/* Envoy takes these out, puts its own there, or joins them otherwise, before its filters see them.
 */
static bool is_envoys(const char *name)
{
	static const char *const names[] = {"connection",
					    "cookie",
					    "http2-settings",
					    "keep-alive",
					    "proxy-connection",
					    "te",
					    "transfer-encoding",
					    "upgrade",
					    "x-forwarded-client-cert",
					    "x-forwarded-for",
					    "x-forwarded-proto",
					    "x-request-id"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return strncasecmp(name, "x-envoy-", strlen("x-envoy-")) == 0;
}

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *name)
{
	static const char allowed[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *name && strspn(name, allowed) == strlen(name);
}

static bool refuse_name(struct envoy *e, const struct ir_l7_cond *cond)
{
	const char *why = NULL;

	if (!is_token(cond->name))
		why = "no header has such a name, and Envoy refuses it";
	else if (is_envoys(cond->name))
		why = "Envoy changes this header before its filters see it";
	if (why)
		diag_error(e->diag, cond->loc, CODE_NOT_SUPPORTED,
			   "%s: leave the condition out for Envoy, or ask for another header", why);
	e->err = why ? -EINVAL : e->err;
	return why != NULL;
}

static bool refuse_joined(struct envoy *e, const struct ir_l7_cond *cond)
{
	const struct l7_node *tree = tree_of(e, &cond->value, false);
	const char *example = NULL;
	enum envoy_joined joined = tree ? envoy_join(e->arena, tree, &example) : ENVOY_TOO_LARGE;

	if (!tree || joined == ENVOY_TOLD_APART)
		return !tree;
	if (joined == ENVOY_MIXED_UP)
		diag_error(e->diag, cond->value.loc, CODE_NOT_SUPPORTED,
			   "Envoy joins the values of a header with commas: this would match '%s' "
			   "of several values of which none matches; write it so that it matches "
			   "no comma, as [^,]* does for .*",
			   example);
	else
		diag_error(e->diag, cond->value.loc, CODE_NOT_SUPPORTED,
			   "Envoy joins the values of a header with commas, and this expression is "
			   "too large to tell whether it matches only what it should");
	e->err = -EINVAL;
	return true;
}

static json_t *string_of(const struct ir_l7_value *v)
{
	return v->regex ? envoy_regex(v->text) : envoy_exact(v->text);
}

/* Who denies must find the value wherever it stands among others. */
static json_t *denied_header(struct envoy *e, const struct ir_l7_cond *cond)
{
	const char *text = piece(e, &cond->value, false);

	if (!text)
		return NULL;
	return envoy_header(cond->name,
			    envoy_regex(arena_printf(e->arena, "(?s:.*,)?%s(?s:,.*)?", text)));
}

static json_t *header(struct envoy *e, const struct ir_l7_cond *cond, bool deny)
{
	if (strcasecmp(cond->name, "host") == 0)
		return envoy_header(":authority", string_of(&cond->value));
	if (refuse_name(e, cond))
		return NULL;
	if (deny)
		return denied_header(e, cond);
	return refuse_joined(e, cond) ? NULL : envoy_header(cond->name, string_of(&cond->value));
}

bool envoy_reads_characters(const struct ir_l7_cond *cond, bool deny)
{
	return cond->what == IR_L7_HEADER && strcasecmp(cond->name, "host") != 0 &&
	       (deny || cond->value.regex);
}

json_t *envoy_cond(struct envoy *e, const struct ir_l7_cond *cond, bool deny)
{
	return cond->what == IR_L7_HOST ? host(e, &cond->value) : header(e, cond, deny);
}
