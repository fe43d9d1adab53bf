/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about requests: HTTP, gRPC and Kafka. */
#include <string.h>

#include "lang/base/suggest.h"
#include "lang/pol/pol.h"

enum { KIND_HTTP = 1 << AST_L7_HTTP, KIND_GRPC = 1 << AST_L7_GRPC, KIND_KAFKA = 1 << AST_L7_KAFKA };

/* Which verbs and conditions each protocol has. The methods are those of RFC 9110 and PATCH
 * (RFC 5789). */
static const struct l7_word {
	const char *text;
	unsigned kinds;
} verbs[] =
	{
		{"any", KIND_HTTP | KIND_GRPC | KIND_KAFKA},
		{"GET", KIND_HTTP},
		{"HEAD", KIND_HTTP},
		{"POST", KIND_HTTP},
		{"PUT", KIND_HTTP},
		{"PATCH", KIND_HTTP},
		{"DELETE", KIND_HTTP},
		{"CONNECT", KIND_HTTP},
		{"OPTIONS", KIND_HTTP},
		{"TRACE", KIND_HTTP},
		{"call", KIND_GRPC},
		{"produce", KIND_KAFKA},
		{"consume", KIND_KAFKA},
},
  conditions[] = {
	  {"header", KIND_HTTP | KIND_GRPC},
	  {"host", KIND_HTTP | KIND_GRPC},
	  {"client", KIND_KAFKA},
};

static const char *const kind_names[] = {
	[AST_L7_HTTP] = "http", [AST_L7_GRPC] = "grpc", [AST_L7_KAFKA] = "kafka"};

static void check_word(struct pol *p, const struct ast_name *n, const struct l7_word *words,
		       size_t n_words, const char *what)
{
	struct diag_item *d;
	struct suggest s;

	suggest_init(&s, n->s);
	for (size_t i = 0; i < n_words; i++) {
		if (!(words[i].kinds & 1u << p->l7_kind))
			continue;
		if (strcmp(words[i].text, n->s) == 0)
			return;
		suggest_offer(&s, words[i].text);
	}
	d = diag_error(&p->l->diag, n->loc, CODE_BAD_VALUE, "'%.32s' is no %s of %s", n->s, what,
		       kind_names[p->l7_kind]);
	pol_did_you_mean(p, d, n->loc, s.best);
}

enum ast_l7_kind pol_l7_kind(struct pol *p, enum ast_l7_kind kind)
{
	p->l7_kind = kind;
	return kind;
}

struct ast_l7 *pol_l7(struct pol *p, struct ast_l7 *to, const struct ast_l7_rule *rule)
{
	if (!to)
		return arena_new(&p->l->arena, struct ast_l7);
	if (pol_has_room(p, to->rules.n, rule->loc))
		vec_push(&p->l->arena, &to->rules, *rule);
	return to;
}

struct ast_l7 *pol_l7_end(struct pol *p, struct loc loc, enum ast_l7_kind kind, struct ast_l7 *l7)
{
	l7->loc = loc;
	l7->kind = kind;
	if (!l7->rules.n && p->l->diag.errors == p->errors_before)
		diag_error(&p->l->diag, loc, CODE_SYNTAX,
			   "no request is named: leave '%s { }' out where every one is meant",
			   kind_names[kind]);
	return l7;
}

struct ast_l7_rule *pol_l7_rule(struct pol *p, struct loc loc, struct ast_name deny,
				struct ast_name verb, struct ast_name topic, struct ast_name object,
				const struct pol_conds *conds)
{
	struct ast_l7_rule *rule = arena_new(&p->l->arena, struct ast_l7_rule);
	bool kafka = p->l7_kind == AST_L7_KAFKA;

	*rule = (struct ast_l7_rule){
		.loc = loc_join(deny.s ? deny.loc : verb.loc, loc),
		.deny = deny.s != NULL,
		.verb = verb,
		.object = object,
	};
	if (conds)
		pol_take(&rule->conds, &conds->list);
	check_word(p, &verb, verbs, sizeof(verbs) / sizeof(*verbs),
		   p->l7_kind == AST_L7_HTTP ? "method" : "verb");
	vec_each (const struct ast_l7_cond, cond, &rule->conds)
		check_word(p, &cond->what, conditions, sizeof(conditions) / sizeof(*conditions),
			   "condition");
	if (kafka && !topic.s)
		diag_error(&p->l->diag, object.loc, CODE_SYNTAX,
			   "a kafka rule names its topic: topic \"%.32s\"", object.s);
	else if (!kafka && topic.s)
		diag_error(&p->l->diag, topic.loc, CODE_SYNTAX,
			   "only kafka has topics: leave 'topic' out");
	return rule;
}

struct ast_l7_cond *pol_l7_cond(struct pol *p, struct loc loc, struct ast_name what,
				struct ast_name name, enum ast_match_op op, struct ast_name value)
{
	struct ast_l7_cond *cond = arena_new(&p->l->arena, struct ast_l7_cond);

	*cond = (struct ast_l7_cond){
		.loc = loc, .what = what, .name = name, .op = op, .value = value};
	if (strcmp(what.s, "header") == 0 && !name.s)
		diag_error(&p->l->diag, loc, CODE_SYNTAX,
			   "a header is compared with a value: header \"X-Token\" = \"...\"");
	else if ((strcmp(what.s, "host") == 0 || strcmp(what.s, "client") == 0) && name.s)
		diag_error(&p->l->diag, name.loc, CODE_SYNTAX,
			   "only a header has a name of its own");
	return cond;
}

struct pol_conds *pol_conds(struct pol *p, struct pol_conds *to, const struct ast_l7_cond *cond)
{
	if (!to)
		to = arena_new(&p->l->arena, struct pol_conds);
	if (pol_has_room(p, to->list.n, cond->loc))
		vec_push(&p->l->arena, &to->list, *cond);
	return to;
}
