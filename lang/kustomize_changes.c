/* SPDX-License-Identifier: Apache-2.0 */
/* Which fields of a kustomization change all that it brings, and what of it. */
#include <ctype.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/confine.h"
#include "lang/lang.h"
#include "lang/rendered.h"
#include "lang/touched.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/node.h"

/* A change while it is looked at. */
struct looking {
	const struct yaml_node *root, *n; /* the field's value */
	struct kustomize_change *change;
	struct touched *touched;
	const struct kustomize_changes *of;
};

static const char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_STR ? n->text : NULL;
}

static bool is_true(const struct yaml_node *n)
{
	return n && n->kind == YAML_BOOL && n->number;
}

static void see_namespace(struct looking *s)
{
	const char *ns = text_of(s->n);

	s->touched->moves = true;
	if (ns)
		s->change->ns = s->touched->ns = arena_strdup(s->touched->arena, ns);
}

static void see_names(struct looking *s)
{
	s->change->names = true;
}

static void see_common_labels(struct looking *s)
{
	touched_by_labels(s->touched, s->n, true);
}

/* Where labels go is said by flags, by fields of one's own, and by `configurations`. */
static void see_labels(struct looking *s)
{
	bool elsewhere = yaml_says_something(yaml_get(s->root, "configurations"));

	s->change->policies = false;
	s->change->goes_there = true;
	if (s->n->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &s->n->items) {
		const struct yaml_node *pairs = yaml_get(*item, "pairs");
		bool selectors = is_true(yaml_get(*item, "includeSelectors"));
		bool fields = elsewhere || yaml_says_something(yaml_get(*item, "fields"));
		bool pods = selectors || fields || is_true(yaml_get(*item, "includeTemplates"));

		s->change->policies |= selectors || fields;
		if (pairs)
			touched_by_labels(s->touched, pairs, pods);
	}
}

static void see_elsewhere(struct looking *s)
{
	s->change->unseen = true;
}

static void see_anything(struct looking *s)
{
	see_elsewhere(s);
	s->touched->all = true;
}

/* Kinds are matched as regular expressions. */
static bool is_of_others(const char *kind)
{
	struct k8s_claimed claimed;

	for (const char *p = kind; *p; p++)
		if (!isalnum((unsigned char)*p))
			return false;
	claimed = k8s_claim_of_kind(kind);
	return claimed.claim == K8S_CLAIM_NOTHING;
}

static void see_target(struct touched *t, const struct yaml_node *target)
{
	const struct yaml_node *select = yaml_get(target, "select");
	const struct yaml_node *paths = yaml_get(target, "fieldPaths");
	const char *kind = select ? text_of(yaml_get(select, "kind")) : NULL;

	if (kind && is_of_others(kind))
		return;
	if (!paths) {
		touched_by_field(t, "metadata.name");
		return;
	}
	t->all |= paths->kind != YAML_SEQ;
	for (size_t i = 0; paths->kind == YAML_SEQ && i < paths->items.n; i++) {
		const char *field = text_of(paths->items.v[i]);

		if (field)
			touched_by_field(t, field);
		else
			t->all = true;
	}
}

static void see_replacement(struct looking *s, const struct yaml_node *n)
{
	const struct yaml_node *targets = yaml_get(n, "targets");

	if (!targets || targets->kind != YAML_SEQ)
		s->touched->all = true;
	else
		vec_each (struct yaml_node *, target, &targets->items)
			see_target(s->touched, *target);
}

/* What a file of the kustomization says, document by document. */
static void see_in_file(struct looking *s, const char *name,
			void (*see)(struct looking *s, const struct yaml_node *root))
{
	const char *path = path_join(&s->of->l->arena, s->of->dir, name);
	_cleanup_buf_ struct buf text = {0};
	struct lang *l = s->of->l, own;
	int fd = confine_open_silently(l, path), got;
	struct yaml_stream *stream;
	struct yaml_node *root;

	if (fd < 0 || confine_read(l, fd, &text) < 0) {
		s->touched->all = true;
		return;
	}
	kustomize_world_init(&own, l, path, buf_str(&text), text.n);
	stream = yaml_stream_new(&own, 0);
	while ((got = yaml_stream_next(stream, &own.arena, &root)) != 0) {
		s->touched->all |= got < 0;
		if (got > 0)
			see(s, root);
	}
	yaml_stream_free(&stream);
	lang_fini(&own);
}

/* One, or a list. */
static void see_replacements_of(struct looking *s, const struct yaml_node *root)
{
	for (size_t i = 0; root->kind == YAML_SEQ && i < root->items.n; i++)
		see_replacement(s, root->items.v[i]);
	if (root->kind == YAML_MAP)
		see_replacement(s, root);
}

static void see_replacements(struct looking *s)
{
	see_elsewhere(s);
	if (s->n->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &s->n->items) {
		const char *path = text_of(yaml_get(*item, "path"));

		if (path)
			see_in_file(s, path, see_replacements_of);
		else
			see_replacement(s, *item);
	}
}

/* `spec/jobs[]/metadata/labels/a\\/b` as replacements write it. */
static const char *as_field(struct arena *a, const char *path)
{
	_cleanup_buf_ struct buf b = {0};

	for (const char *p = path; *p; p++) {
		if (p[0] == '\\' && p[1] == '/')
			buf_putc(&b, *++p);
		else if (p[0] == '[' && p[1] == ']' && p++)
			buf_puts(&b, ".*");
		else if (*p == '.')
			buf_puts(&b, "\\.");
		else
			buf_putc(&b, *p == '/' ? '.' : *p);
	}
	return arena_strdup(a, buf_str(&b));
}

/* All that policies say is in their `spec`. */
static bool may_be_in_policy(const char *kind, const char *path)
{
	return strncmp(path, "spec/", strlen("spec/")) == 0 &&
	       (!kind || k8s_claim_of_kind(kind).claim == K8S_CLAIM_POLICY);
}

/* A field where labels, names and whatever else kustomize puts are put, too; in lists of these, in
 * lists by the kind that is named there. */
static void see_field_specs(struct looking *s, const struct yaml_node *n)
{
	const char *path = n->kind == YAML_MAP ? text_of(yaml_get(n, "path")) : NULL;
	const char *kind = path ? text_of(yaml_get(n, "kind")) : NULL;

	if (path && !(kind && is_of_others(kind))) {
		touched_by_field(s->touched, as_field(s->touched->arena, path));
		s->change->opens |= may_be_in_policy(kind, path);
	}
	for (size_t i = 0; !path && n->kind == YAML_MAP && i < n->pairs.n; i++)
		see_field_specs(s, n->pairs.v[i].value);
	for (size_t i = 0; n->kind == YAML_SEQ && i < n->items.n; i++)
		see_field_specs(s, n->items.v[i]);
}

/* They hold for the kustomizations that bring this one, too, so that it may be these that put
 * something there. */
static void see_configurations(struct looking *s)
{
	see_elsewhere(s);
	if (s->n->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &s->n->items) {
		const char *name = text_of(*item);

		if (name)
			see_in_file(s, name, see_field_specs);
	}
	s->change->opens |= s->touched->all;
}

static const struct {
	const char *field;
	void (*see)(struct looking *s); /* NULL: it is of policies only */
} fields[] = {
	{"namespace", see_namespace},
	{"namePrefix", see_names},
	{"nameSuffix", see_names},
	{"commonLabels", see_common_labels},
	{"labels", see_labels},
	{"components", see_elsewhere},
	{"replacements", see_replacements},
	{"vars", NULL},
	{"transformers", see_anything},
	{"configurations", see_configurations},
};

void kustomize_find_changes(struct kustomize_changes *c, const struct yaml_node *root)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *n = yaml_get(root, fields[i].field);
		struct kustomize_change change = {.what = fields[i].field, .policies = true};
		struct looking looking = {root, n, &change, touched_new(&c->l->arena, NULL), c};

		if (!n || !yaml_says_something(n))
			continue;
		change.loc = change.whole = n->loc;
		if (fields[i].see)
			fields[i].see(&looking);
		change.touched = looking.touched;
		vec_push(&c->l->arena, &c->list, change);
	}
}
