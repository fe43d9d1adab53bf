/* SPDX-License-Identifier: Apache-2.0 */
/* meta/v1 LabelSelector. matchLabels and matchExpressions are one conjunction; without a
 * requirement everything matches. NotIn also matches where the key is missing. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lang/base/codes.h"
#include "lang/base/suggest.h"
#include "lang/names.h"
#include "lang/yaml/fix.h"
#include "lang/yaml/k8s/meta.h"
#include "lang/yaml/problem.h"

typedef VEC(struct ast_name) name_vec;

static const struct operator
{
	const char *name;
	enum ast_op op;
	bool values;
}
operators[] = {
	{"In", AST_IN, true},
	{"NotIn", AST_NOT_IN, true},
	{"Exists", AST_EXISTS, false},
	{"DoesNotExist", AST_ABSENT, false},
};

/* One matchExpressions item as written. */
struct expression {
	struct ast_name key;
	const struct operator* operator;
	name_vec values;
	struct loc values_loc;
};

/* --- matchLabels --------------------------------------------------------------------- */

static int read_match_labels(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_labels *labels = out;
	struct k8s_labels pairs = {0};
	int r = k8s_read_labels(c, n, &pairs);

	vec_each (const struct ast_label, p, &pairs.list) {
		struct ast_req req = {.loc = p->loc, .op = AST_IN, .key = p->key};

		vec_push(&c->l->arena, &req.values, p->value);
		vec_push(&c->l->arena, &labels->reqs, req);
	}
	return r;
}

/* --- matchExpressions ------------------------------------------------------------------ */

static int read_key(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	if (!text ||
	    k8s_check_text(c, n->loc, text, k8s_label_key_fault, CODE_BAD_LABEL, "label key") < 0)
		return -EINVAL;
	return yaml_read_name(c, n, out);
}

static int read_operator(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);
	struct diag_item *item;
	struct suggest near;

	if (!text)
		return -EINVAL;
	suggest_init(&near, text);
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (strcmp(text, operators[i].name) == 0) {
			*(const struct operator**)out = &operators[i];
			return 0;
		}
		suggest_offer(&near, operators[i].name);
	}
	item = diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE,
			  "'%s' is not an operator: write In, NotIn, Exists or DoesNotExist",
			  yaml_show(c->scratch, text));
	if (near.best)
		/* In and NotIn are opposites: only capitals are sure. */
		yaml_fix_word(c, item, n->loc, text, near.best, strcasecmp(text, near.best) == 0);
	return -EINVAL;
}

static int read_one_value(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	if (!text || k8s_check_text(c, n->loc, text, k8s_label_value_fault, CODE_BAD_LABEL,
				    "label value") < 0)
		return -EINVAL;
	vec_push(&c->l->arena, (name_vec *)out, yaml_keep(c, n->loc, text));
	return 0;
}

static int read_values(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct expression *e = out;

	e->values_loc = n->loc;
	return yaml_each(c, n, read_one_value, &e->values);
}

#define AT(field) offsetof(struct expression, field)

static const struct yaml_object expression_object = {
	.what = "a matchExpressions item",
	.fields =
		(const struct yaml_field[]){
			{"key", .read = read_key, .at = AT(key), .flags = YF_REQUIRED},
			{"operator", .read = read_operator, .at = AT(operator),
			 .flags = YF_REQUIRED},
			{"values", .read = read_values},
			{0},
		},
};

#undef AT

/* In and NotIn compare with values; Exists and DoesNotExist have nothing to compare. */
static int check_expression(struct yaml_ctx *c, const struct yaml_node *n,
			    const struct expression *e)
{
	const char *name = e->operator->name;

	if (e->operator->values && e->values.n == 0) {
		diag_error(&c->l->diag, e->values_loc.line ? e->values_loc : n->loc,
			   CODE_MISSING_FIELD,
			   "the operator %s needs at least one item in 'values'", name);
		return -EINVAL;
	}
	if (!e->operator->values && e->values.n> 0) {
		diag_error(&c->l->diag, e->values_loc, CODE_BAD_VALUE,
			   "the operator %s takes no 'values': remove them, or write %s", name,
			   e->operator->op == AST_EXISTS ? "In" : "NotIn");
		return -EINVAL;
	}
	return 0;
}

static int read_expression(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_labels *labels = out;
	struct expression e = {0};
	struct ast_req req;

	if (yaml_decode(c, n, &expression_object, &e) < 0 || check_expression(c, n, &e) < 0)
		return -EINVAL;
	req = (struct ast_req){.loc = n->loc, .op = e.operator->op, .key = e.key};
	vec_each (const struct ast_name, v, &e.values)
		vec_push(&c->l->arena, &req.values, *v);
	vec_push(&c->l->arena, &labels->reqs, req);
	return 0;
}

/* --- the selector -------------------------------------------------------------------- */

#define NO_LABEL "Kubernetes then asks for no label by it; remove the field if you mean this"

static const struct yaml_object selector_object = {
	.what = "a label selector",
	.fields =
		(const struct yaml_field[]){
			{"matchLabels", .read = read_match_labels, .if_null = NO_LABEL},
			{"matchExpressions", .read = read_expression, .flags = YF_EACH,
			 .if_null = NO_LABEL},
			{0},
		},
};

/* `podSelector: {app: web}` is the most common slip: the labels belong into matchLabels. */
static bool forgot_match_labels(const struct yaml_node *n)
{
	if (n->kind != YAML_MAP || n->pairs.n == 0)
		return false;
	vec_each (const struct yaml_pair, p, &n->pairs)
		if (p->value->kind != YAML_STR || strncmp(p->key, "match", 5) == 0)
			return false;
	return true;
}

int k8s_read_selector(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_labels *labels;

	if (forgot_match_labels(n)) {
		struct loc at = n->pairs.v[0].key_loc;

		diag_error(&c->l->diag, at, CODE_UNKNOWN_FIELD,
			   "'%s' takes labels below 'matchLabels': write '%s: {matchLabels: {%s: "
			   "...}}'",
			   c->field, c->field, yaml_show(c->scratch, n->pairs.v[0].key));
		return -EINVAL;
	}
	labels = arena_new(&c->l->arena, struct ast_labels);
	labels->loc = n->loc;
	if (yaml_decode(c, n, &selector_object, labels) < 0)
		return -EINVAL;
	labels->kind = labels->reqs.n ? AST_LABELS_REQS : AST_LABELS_ALL;
	*(struct ast_labels **)out = labels;
	return 0;
}
