/* SPDX-License-Identifier: Apache-2.0 */
/* Which objects a kustomization gives another number of replicas. Who is patched is asked for by
 * its name alone: a workload that may have pods is taken to have some. */
#define _GNU_SOURCE /* memmem() */
#include <ctype.h>
#include <string.h>

#include "lang/lang.h"
#include "lang/rendered.h"
#include "lang/yaml/node.h"

static const char *text_of(const struct yaml_node *n)
{
	return n && n->kind == YAML_STR ? n->text : NULL;
}

static bool is_none(const struct yaml_node *n)
{
	return n && n->kind == YAML_INT && n->number == 0;
}

/* Names are matched as regular expressions, too. */
static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-')
			return false;
	return true;
}

const char *kustomize_target_name(const struct yaml_node *target, struct arena *arena)
{
	const char *name = text_of(yaml_get(target, "name"));

	return name && is_plain(name) ? arena_strdup(arena, name) : KUSTOMIZE_ANY;
}

static void note(struct lang *l, const char *name)
{
	if (name)
		intern_add(&l->beside.resized, name);
}

void kustomize_note_counts(struct lang *l, const struct yaml_node *root)
{
	const struct yaml_node *list = yaml_get(root, "replicas");

	if (!list || list->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &list->items)
		if (!is_none(yaml_get(*item, "count")))
			note(l, text_of(yaml_get(*item, "name")));
}

/* --- patches --------------------------------------------------------------------------------- */

/* `- {op: replace, path: /spec/replicas, value: 3}`; without a number there is one replica. */
static bool operation_counts(const struct yaml_node *n)
{
	const char *op = text_of(yaml_get(n, "op")), *path = text_of(yaml_get(n, "path"));
	const struct yaml_node *value = yaml_get(n, "value");

	if (!op || !path || strcmp(op, "test") == 0)
		return false;
	if (strcmp(path, "/spec") == 0)
		return !value || !is_none(yaml_get(value, "replicas"));
	return strcmp(path, "/spec/replicas") == 0 && !is_none(value);
}

static bool merge_counts(const struct yaml_node *n)
{
	const struct yaml_node *spec = yaml_get(n, "spec");
	const struct yaml_node *replicas = spec ? yaml_get(spec, "replicas") : NULL;

	return replicas && !is_none(replicas);
}

void kustomize_note_patch(struct lang *l, const struct yaml_node *patch, const char *target)
{
	const struct yaml_node *meta = yaml_get(patch, "metadata");

	if (merge_counts(patch))
		note(l, target || !meta ? target : text_of(yaml_get(meta, "name")));
	for (size_t i = 0; patch->kind == YAML_SEQ && i < patch->items.n; i++)
		if (operation_counts(patch->items.v[i]))
			note(l, target);
}

/* In a world of its own, as what is wrong with it is not polc's to say. */
void kustomize_note_patch_text(struct lang *l, const char *text, size_t len, const char *target)
{
	static const char field[] = "replicas";
	struct lang own;
	struct yaml_stream *s;
	struct yaml_node *root;
	int got;

	if (!memmem(text, len, field, strlen(field)))
		return;
	kustomize_world_init(&own, l, "patch", text, len);
	s = yaml_stream_new(&own, 0);
	while ((got = yaml_stream_next(s, &own.arena, &root)) != 0)
		if (got > 0)
			kustomize_note_patch(l, root, target);
	yaml_stream_free(&s);
	lang_fini(&own);
}
