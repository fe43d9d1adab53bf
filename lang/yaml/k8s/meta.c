/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/meta.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/names.h"
#include "lang/yaml/fix.h"
#include "lang/yaml/k8s/placeholder.h"
#include "lang/yaml/problem.h"

enum { NAME_MAX_LEN = 253, ANNOTATIONS_MAX = 256 * 1024 };

/* --- labels ------------------------------------------------------------------------ */

/* Kubernetes would refuse it, but nothing can be misread: `my_pod`, `Web`. */
static bool is_harmless(const char *text, bool slash)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]) &&
		    !(slash && text[i] == '/'))
			return false;
	return n > 0 && n <= NAME_MAX_LEN;
}

/* `My_Policy` as `my-policy`, the way in which most names of objects go wrong. */
static void propose_name(struct yaml_ctx *c, struct diag_item *item, struct loc loc,
			 const char *text, k8s_name_check *check)
{
	char *name = arena_strdup(c->scratch, text);

	for (char *p = name; *p; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
	if (!check(name))
		yaml_fix_word(c, item, loc, text, name, false);
}

int k8s_check_text(struct yaml_ctx *c, struct loc loc, const char *text, k8s_name_check *check,
		   const char *code, const char *what)
{
	bool name = strcmp(code, CODE_BAD_NAME) == 0;
	const char *fault = check(text), *shown;
	struct diag_item *item;

	if (!fault)
		return 0;
	shown = yaml_show(c->scratch, text);
	if (!c->strict && is_harmless(text, !name)) {
		diag_warning(&c->l->diag, loc, code, "Kubernetes would refuse '%s' as a %s: %s",
			     shown, what, fault);
		return 0;
	}
	item = diag_error(&c->l->diag, loc, code, "'%s' is not a valid %s: %s", shown, what, fault);
	if (name)
		propose_name(c, item, loc, text, check);
	return -EINVAL;
}

/* The value of a label or an annotation. Of a map of strings, null is the empty string, where the
 * null of any other field leaves the field out. */
static const char *map_value(struct yaml_ctx *c, const struct yaml_pair *p, bool warn)
{
	c->field = yaml_show(c->scratch, p->key);
	if (p->value->kind != YAML_NULL)
		return yaml_text(c, p->value);
	if (warn)
		diag_warning(&c->l->diag, p->value->loc, CODE_BAD_VALUE,
			     "'%s' has no value: Kubernetes reads it as \"\"; write this if you "
			     "mean it",
			     c->field);
	return "";
}

/* `y: a`, which kubectl makes `"true": a` of. */
static void look_at_plain_key(struct yaml_ctx *c, const struct yaml_pair *p)
{
	const struct source *src = sources_get(&c->l->sources, p->key_loc.file);

	if (yaml_is_letter(p->key) &&
	    source_line_start(src, p->key_loc.line)[p->key_loc.col - 1] == *p->key)
		yaml_tell_letter(c, p->key_loc, p->key);
}

/* One `key: value`; the field is the key, so that a message names it. */
static int read_label(struct yaml_ctx *c, const struct yaml_pair *p, struct ast_label *out)
{
	const char *value;
	int r = k8s_check_text(c, p->key_loc, p->key, k8s_label_key_fault, CODE_BAD_LABEL,
			       "label key");

	look_at_plain_key(c, p);
	value = map_value(c, p, true);
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

/* Nothing but the policy's owner reads annotations: of the inventory they may be anything. */
static int check_annotation_key(struct yaml_ctx *c, const struct yaml_pair *p)
{
	return c->strict ? k8s_check_text(c, p->key_loc, p->key, k8s_annotation_key_fault,
					  CODE_BAD_LABEL, "annotation key")
			 : 0;
}

static int check_annotations_size(struct yaml_ctx *c, const struct yaml_node *n, size_t bytes)
{
	if (!c->strict || bytes <= ANNOTATIONS_MAX)
		return 0;
	diag_error(&c->l->diag, yaml_start(n), CODE_LIMIT,
		   "the annotations have %zu bytes, and Kubernetes takes %d of an object: shorten "
		   "them",
		   bytes, ANNOTATIONS_MAX);
	return -EINVAL;
}

static int read_all_annotations(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct ast_name *ignore = out;
	size_t bytes = 0;
	int r = 0;

	if (n->kind != YAML_MAP)
		return yaml_wrong_type(c, n, "an object");
	vec_each (const struct yaml_pair, p, &n->pairs) {
		const char *text = map_value(c, p, false);

		if (!text || check_annotation_key(c, p) < 0) {
			r = -EINVAL;
			continue;
		}
		bytes += strlen(p->key) + strlen(text);
		if (!strcmp(p->key, K8S_IGNORE))
			*ignore = yaml_keep(c, p->value->loc, text);
	}
	return check_annotations_size(c, n, bytes) < 0 ? -EINVAL : r;
}

/* Reads what decides no verdict: a mistake there is no reason to leave the object out. */
static int read_mildly(struct yaml_ctx *c, const struct yaml_node *n, yaml_reader *read, void *out)
{
	struct diag_mark mark = diag_mark(&c->l->diag);
	int r = read(c, n, out);

	if (r < 0)
		diag_demote(&c->l->diag, &mark);
	return 0;
}

static int read_annotations(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	return c->strict ? read_all_annotations(c, n, out)
			 : read_mildly(c, n, read_all_annotations, out);
}

static bool is_placeholder(const struct yaml_node *n)
{
	return n->kind == YAML_STR && placeholder_in(n->text, strlen(n->text));
}

/* Policies look at those of the pods, so a value that a renderer fills in is nothing to tell. */
static int read_workload_labels(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct yaml_node known = *n;

	if (n->kind != YAML_MAP)
		return read_mildly(c, n, k8s_read_labels, out);
	known.pairs.v = NULL;
	known.pairs.n = known.pairs.cap = 0;
	vec_each (const struct yaml_pair, p, &n->pairs)
		if (!is_placeholder(p->value))
			vec_push(c->scratch, &known.pairs, *p);
	return read_mildly(c, &known, k8s_read_labels, out);
}

static const struct yaml_node *get(const struct yaml_node *n, const char *key)
{
	return n ? yaml_get(n, key) : NULL;
}

void k8s_keep_ignore(struct yaml_ctx *c, const struct yaml_node *object)
{
	const struct yaml_node *n = get(get(get(object, "metadata"), "annotations"), K8S_IGNORE);

	if (n && n->kind == YAML_STR)
		vec_push(&c->l->arena, &c->l->ignores.list,
			 ((struct lang_ignore){.loc = n->loc,
					       .object = object->loc,
					       .text = arena_strdup(&c->l->arena, n->text)}));
}

#define AT(field) offsetof(struct k8s_meta, field)

/* meta/v1 ObjectMeta. */
#define FIELDS(read_labels, ns_null)                                                               \
	{"name", .read = yaml_read_name, .at = AT(name)},                                          \
		{"generateName", .read = yaml_read_name, .at = AT(generate_name)},                 \
		{"namespace", .read = yaml_read_name, .at = AT(ns), .if_null = ns_null},           \
		{"labels", .read = read_labels, .at = AT(labels)},                                 \
		{"annotations", .read = read_annotations, .at = AT(ignore)},                       \
		{.name = "clusterName"}, {"creationTimestamp", .read = k8s_read_record_text},      \
		{"deletionGracePeriodSeconds", .read = k8s_read_record_number},                    \
		{"deletionTimestamp", .read = k8s_read_record_text},                               \
		{"finalizers", .read = k8s_read_finalizers},                                       \
		{"generation", .read = k8s_read_record_number}, {.name = "managedFields"},         \
		{"ownerReferences", .read = k8s_read_owners, .at = AT(owner)},                     \
		{"resourceVersion", .read = k8s_read_record_text},                                 \
		{"selfLink", .read = k8s_read_record_text},                                        \
		{"uid", .read = k8s_read_uid, .at = AT(uid)},                                      \
	{                                                                                          \
		0                                                                                  \
	}

const struct yaml_object k8s_meta_object = {
	.what = "metadata",
	.fields = (const struct yaml_field[]){FIELDS(k8s_read_labels, NULL)},
};

#define WHERE_APPLIED                                                                              \
	"the policy then goes to the namespace that it is applied to, and is read as in "          \
	"'default'; "                                                                              \
	"remove the field if you mean this"

const struct yaml_object k8s_policy_meta_object = {
	.what = "metadata",
	.fields = (const struct yaml_field[]){FIELDS(k8s_read_labels, WHERE_APPLIED)},
};

const struct yaml_object k8s_workload_meta_object = {
	.what = "metadata",
	.fields = (const struct yaml_field[]){FIELDS(read_workload_labels, NULL)},
};

#undef FIELDS
#undef AT

static bool is_given(const struct ast_name *name)
{
	return name->s && *name->s;
}

/* `generateName: job-` stands for `job` until it is checked: an object that has not met its cluster
 * yet. An empty name is none. */
static bool use_generated_name(struct yaml_ctx *c, struct k8s_meta *meta)
{
	size_t n;

	if (is_given(&meta->name) || !is_given(&meta->generate_name))
		return false;
	n = strlen(meta->generate_name.s);
	while (n > 0 && meta->generate_name.s[n - 1] == '-')
		n--;
	meta->name.loc = meta->generate_name.loc;
	meta->name.s = arena_strndup(&c->l->arena, meta->generate_name.s, n);
	return true;
}

/* What no object can be called: `job-_generated` is the first, `job-_generated2` the next. */
static const char *number_name(struct yaml_ctx *c, const struct k8s_meta *meta)
{
	struct arena *arena = &c->l->arena;
	const char *name = arena_printf(arena, "%s_generated", meta->generated);
	uint32_t id = intern_add(&c->l->generated,
				 arena_printf(c->scratch, "%s %s/%s", c->kind, meta->ns.s, name));

	if (id == c->l->n_generated.n)
		vec_push(arena, &c->l->n_generated, 0);
	return ++c->l->n_generated.v[id] == 1
		       ? name
		       : arena_printf(arena, "%s%d", name, c->l->n_generated.v[id]);
}

/* The API server gives each its own name, of so much and a few letters more. */
static void generate_name(struct yaml_ctx *c, struct k8s_meta *meta)
{
	enum { MAX_BEGINNING = 58 };

	meta->generated = arena_strndup(&c->l->arena, meta->generate_name.s,
					strnlen(meta->generate_name.s, MAX_BEGINNING));
	meta->name.s = number_name(c, meta);
}

static int check_name(struct yaml_ctx *c, const struct yaml_node *n, const struct k8s_meta *meta,
		      k8s_name_check *check)
{
	const char *what = arena_printf(c->scratch, "name for a %s", c->kind);
	const struct yaml_node *m = yaml_get(n, "metadata"), *name = m ? yaml_get(m, "name") : NULL;

	if (meta->name.s)
		return k8s_check_text(c, meta->name.loc, meta->name.s, check, CODE_BAD_NAME, what);
	if (!name || name->kind == YAML_NULL) /* else its type has been reported */
		diag_error(&c->l->diag, yaml_start(m && m->kind == YAML_MAP ? m : n),
			   CODE_MISSING_FIELD, "a %s needs 'metadata.name'", c->kind);
	return -EINVAL;
}

int k8s_meta_finish(struct yaml_ctx *c, const struct yaml_node *n, struct k8s_meta *meta,
		    k8s_name_check *check)
{
	bool generated = use_generated_name(c, meta);
	int r;

	r = check_name(c, n, meta, check);
	if (!is_given(&meta->ns))
		meta->ns = (struct ast_name){.s = "default"};
	else if (k8s_check_text(c, meta->ns.loc, meta->ns.s, k8s_dns_label_fault, CODE_BAD_NAME,
				"namespace name") < 0)
		r = -EINVAL;
	if (r == 0 && generated)
		generate_name(c, meta);
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
			yaml_fix_word(c, item, n->loc, text, protocols[i].name, true);
	return -EINVAL;
}

/* YAML reads 0123 as an octal number; whoever wrote it meant a decimal one. */
static bool looks_octal(const struct yaml_node *n)
{
	return n->text[0] == '0' && n->text[1] >= '0' && n->text[1] <= '9';
}

bool k8s_is_whole(const struct yaml_node *n, int64_t *number)
{
	char digits[64], *end;
	size_t at = 0;
	double value;

	*number = n->number;
	if (n->kind != YAML_FLOAT)
		return n->kind == YAML_INT;
	for (const char *p = n->text; *p; p++) {
		if (at == sizeof(digits) - 1)
			return false;
		if (*p != '_')
			digits[at++] = *p;
	}
	digits[at] = '\0';
	value = strtod(digits, &end);
	if (*end || value < INT32_MIN || value > INT32_MAX)
		return false;
	*number = (int64_t)value;
	return (double)*number == value;
}

int k8s_read_port_number(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct diag *d = &c->l->diag;
	int64_t port;

	if (!k8s_is_whole(n, &port)) {
		struct diag_item *item;
		int64_t number;

		yaml_wrong_type(c, n, "a number");
		if (n->kind == YAML_STR && yaml_resolve(n->text, &number) == YAML_INT) {
			item = d->items.v[d->items.n - 1];
			yaml_fix_quotes(c, item, n);
		}
		return -EINVAL;
	}
	if (n->kind == YAML_INT && looks_octal(n)) {
		diag_error(d, n->loc, CODE_BAD_PORT,
			   "'%s' with a leading zero is the octal number %lld in YAML: "
			   "write the port in decimal",
			   n->text, (long long)n->number);
		return -EINVAL;
	}
	if (port < 1 || port > UINT16_MAX) {
		diag_error(d, n->loc, CODE_BAD_PORT, "'%s' must be from 1 to 65535, not %s",
			   c->field, yaml_show(c->scratch, n->text));
		return -EINVAL;
	}
	*(uint16_t *)out = (uint16_t)port;
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
