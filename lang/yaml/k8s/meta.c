/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/meta.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/names.h"
#include "lang/yaml/problem.h"

enum { NAME_MAX_LEN = 253 };

/* --- labels ------------------------------------------------------------------------ */

/* Kubernetes would refuse it, but nothing can be misread: `my_policy`, `Web`. */
static bool is_harmless(const char *text, bool slash)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]) &&
		    !(slash && text[i] == '/'))
			return false;
	return n > 0 && n <= NAME_MAX_LEN;
}

int k8s_check_text(struct yaml_ctx *c, struct loc loc, const char *text, k8s_name_check *check,
		   const char *code, const char *what)
{
	bool name = strcmp(code, CODE_BAD_NAME) == 0;
	const char *fault = check(text), *shown;

	if (!fault)
		return 0;
	shown = yaml_show(c->scratch, text);
	if ((name || !c->strict) && is_harmless(text, !name)) {
		diag_warning(&c->l->diag, loc, code, "Kubernetes would refuse '%s' as a %s: %s",
			     shown, what, fault);
		return 0;
	}
	diag_error(&c->l->diag, loc, code, "'%s' is not a valid %s: %s", shown, what, fault);
	return -EINVAL;
}

/* One `key: value`; the field is the key, so that a message names it. */
static int read_label(struct yaml_ctx *c, const struct yaml_pair *p, struct ast_label *out)
{
	const char *value;
	int r = k8s_check_text(c, p->key_loc, p->key, k8s_label_key_fault, CODE_BAD_LABEL,
			       "label key");

	c->field = yaml_show(c->scratch, p->key);
	value = yaml_text(c, p->value);
	if (!value || k8s_check_text(c, p->value->loc, value, k8s_label_value_fault, CODE_BAD_LABEL,
				     "label value") < 0)
		return -EINVAL;
	*out = (struct ast_label){
		.loc = loc_join(p->key_loc, p->value->loc),
		.key = yaml_keep(c, p->key_loc, p->key),
		.value = yaml_keep(c, p->value->loc, value),
	};
	return r;
}

int k8s_read_labels(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct k8s_labels *labels = out;
	int r = 0;

	if (n->kind != YAML_MAP)
		return yaml_wrong_type(c, n, "an object");
	vec_each (const struct yaml_pair, p, &n->pairs) {
		struct ast_label label;

		if (read_label(c, p, &label) < 0)
			r = -EINVAL;
		else
			vec_push(&c->l->arena, &labels->list, label);
	}
	return r;
}

/* --- metadata ------------------------------------------------------------------------ */

static int read_annotations(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_name *ignore = out;
	int r = 0;

	if (n->kind != YAML_MAP)
		return yaml_wrong_type(c, n, "an object");
	vec_each (const struct yaml_pair, p, &n->pairs) {
		const char *text;

		c->field = yaml_show(c->scratch, p->key);
		text = yaml_text(c, p->value);
		if (!text)
			r = -EINVAL;
		else if (!strcmp(p->key, K8S_IGNORE))
			*ignore = yaml_keep(c, p->value->loc, text);
	}
	return r;
}

#define AT(field) offsetof(struct k8s_meta, field)

/* meta/v1 ObjectMeta. */
const struct yaml_object k8s_meta_object = {
	.what = "metadata",
	.fields =
		(const struct yaml_field[]){
			{"name", .read = yaml_read_name, .at = AT(name)},
			{"generateName", .read = yaml_read_name, .at = AT(generate_name)},
			{"namespace", .read = yaml_read_name, .at = AT(ns)},
			{"labels", .read = k8s_read_labels, .at = AT(labels)},
			{"annotations", .read = read_annotations, .at = AT(ignore)},
			{.name = "clusterName"},
			{.name = "creationTimestamp"},
			{.name = "deletionGracePeriodSeconds"},
			{.name = "deletionTimestamp"},
			{.name = "finalizers"},
			{.name = "generation"},
			{.name = "managedFields"},
			{.name = "ownerReferences"},
			{.name = "resourceVersion"},
			{.name = "selfLink"},
			{.name = "uid"},
			{0},
		},
};

#undef AT

/* `generateName: job-` becomes `job`: a workload that has not met its cluster yet. */
static void use_generated_name(struct yaml_ctx *c, struct k8s_meta *meta)
{
	size_t n;

	if (meta->name.s || !meta->generate_name.s)
		return;
	n = strlen(meta->generate_name.s);
	while (n > 0 && meta->generate_name.s[n - 1] == '-')
		n--;
	meta->name.loc = meta->generate_name.loc;
	meta->name.s = arena_strndup(&c->l->arena, meta->generate_name.s, n);
}

int k8s_meta_finish(struct yaml_ctx *c, const struct yaml_node *n, struct k8s_meta *meta,
		    k8s_name_check *check)
{
	const struct yaml_node *m = yaml_get(n, "metadata");
	const char *what = arena_printf(c->scratch, "name for a %s", c->kind);
	int r = 0;

	use_generated_name(c, meta);
	if (!meta->name.s) {
		diag_error(&c->l->diag, yaml_start(m && m->kind == YAML_MAP ? m : n),
			   CODE_MISSING_FIELD, "a %s needs 'metadata.name'", c->kind);
		r = -EINVAL;
	} else if (k8s_check_text(c, meta->name.loc, meta->name.s, check, CODE_BAD_NAME, what) <
		   0) {
		r = -EINVAL;
	}
	if (!meta->ns.s || !*meta->ns.s)
		meta->ns = (struct ast_name){.loc = meta->ns.loc, .s = "default"};
	else if (k8s_check_text(c, meta->ns.loc, meta->ns.s, k8s_dns_label_fault, CODE_BAD_NAME,
				"namespace name") < 0)
		r = -EINVAL;
	return r;
}

/* --- ports --------------------------------------------------------------------------- */

int k8s_read_protocol(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	static const struct {
		const char *name;
		enum ast_proto proto;
	} protocols[] = {{"TCP", AST_PROTO_TCP}, {"UDP", AST_PROTO_UDP}, {"SCTP", AST_PROTO_SCTP}};
	const char *text = yaml_text(c, n);
	struct diag_item *item;

	if (!text)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (strcmp(text, protocols[i].name) != 0)
			continue;
		*(enum ast_proto *)out = protocols[i].proto;
		return 0;
	}
	item = diag_error(&c->l->diag, n->loc, CODE_BAD_PROTOCOL,
			  "'%s' is not a protocol that Kubernetes knows: write TCP, UDP or SCTP",
			  yaml_show(c->scratch, text));
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (strcasecmp(text, protocols[i].name) == 0)
			diag_fix(&c->l->diag, item, n->loc, protocols[i].name, "write %s",
				 protocols[i].name);
	return -EINVAL;
}

/* YAML reads 0123 as an octal number; whoever wrote it meant a decimal one. */
static bool looks_octal(const struct yaml_node *n)
{
	return n->text[0] == '0' && n->text[1] >= '0' && n->text[1] <= '9';
}

int k8s_read_port_number(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct diag *d = &c->l->diag;

	if (n->kind != YAML_INT) {
		struct diag_item *item;
		int64_t number;

		yaml_wrong_type(c, n, "a number");
		if (n->kind == YAML_STR && yaml_resolve(n->text, &number) == YAML_INT) {
			item = d->items.v[d->items.n - 1];
			diag_fix(d, item, n->loc, n->text, "remove the quotes");
		}
		return -EINVAL;
	}
	if (looks_octal(n)) {
		diag_error(d, n->loc, CODE_BAD_PORT,
			   "'%s' with a leading zero is the octal number %lld in YAML: "
			   "write the port in decimal",
			   n->text, (long long)n->number);
		return -EINVAL;
	}
	if (n->number < 1 || n->number > UINT16_MAX) {
		diag_error(d, n->loc, CODE_BAD_PORT, "'%s' must be from 1 to 65535, not %s",
			   c->field, yaml_show(c->scratch, n->text));
		return -EINVAL;
	}
	*(uint16_t *)out = (uint16_t)n->number;
	return 0;
}

int k8s_read_port_name(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	if (!text ||
	    k8s_check_text(c, n->loc, text, k8s_port_name_fault, CODE_BAD_PORT, "port name") < 0)
		return -EINVAL;
	*(struct ast_name *)out = yaml_keep(c, n->loc, text);
	return 0;
}
