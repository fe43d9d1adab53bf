/* SPDX-License-Identifier: Apache-2.0 */
/* What GitOps objects patch and rename, which they write as kustomize does. */
#include <ctype.h>
#include <string.h>

#include "lang/gitops/note.h"
#include "lang/rendered.h"
#include "lang/touched.h"
#include "lang/yaml/k8s/claim.h"
#include "lang/yaml/k8s/outline.h"
#include "lang/yaml/problem.h"

/* Kinds are matched as regular expressions. */
static bool is_word(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text))
			return false;
	return true;
}

/* Whom a patch is for: as its target says, or else as it does itself. */
static struct k8s_claimed claim_of(struct noting *g, const char *target,
				   const struct yaml_node *patch)
{
	const char *kind = patch && patch->kind == YAML_MAP ? gitops_text(patch, "kind") : NULL;

	if (target)
		return k8s_claim_of_kind(target);
	if (patch && patch->kind == YAML_STR)
		return k8s_claim_of(patch->text, strlen(patch->text), &g->l->arena);
	return k8s_claim_of_kind(kind ? kind : "");
}

static bool mentions(const struct yaml_node *n, const char *word)
{
	if (n->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &n->items)
			if (mentions(*item, word))
				return true;
	if (n->kind == YAML_MAP)
		vec_each (const struct yaml_pair, p, &n->pairs)
			if (strcmp(p->key, word) == 0 || mentions(p->value, word))
				return true;
	return n->kind == YAML_STR && strstr(n->text, word);
}

static bool is_of_namespaces(struct noting *g, const char *target, const struct yaml_node *patch)
{
	static const char namespace[] = "Namespace";
	struct outline outline = {.arena = &g->l->arena};

	if (target)
		return strcmp(target, namespace) == 0;
	if (patch->kind == YAML_STR)
		outline_read(&outline, patch->text, strlen(patch->text));
	vec_each (const struct outline_object, object, &outline.objects)
		if (object->kind && strcmp(object->kind, namespace) == 0)
			return true;
	return patch->kind == YAML_MAP && gitops_text(patch, "kind") &&
	       strcmp(gitops_text(patch, "kind"), namespace) == 0;
}

/* A patch that lies in a file is not looked into. */
static bool labels_namespaces(struct noting *g, const char *target, const struct yaml_node *patch)
{
	if (!patch && !target)
		return false;
	return is_of_namespaces(g, target, patch) && (!patch || mentions(patch, "labels"));
}

static void note_counts(struct noting *g, const struct yaml_node *patch, const char *name)
{
	if (patch && patch->kind == YAML_STR)
		kustomize_note_patch_text(g->l, patch->text, strlen(patch->text), name);
	else if (patch)
		kustomize_note_patch(g->l, patch, name);
}

/* Of a patch in a file only the target is known. */
static const char *gitops_patched_by(struct noting *g, const char *target,
				     const struct yaml_node *patch)
{
	struct lang own;
	const char *kind;

	if (!patch || (g->patched && target))
		return target ? gitops_kind(target, NULL) : NULL;
	if (patch->kind == YAML_STR)
		return g->patched ? NULL
				  : gitops_patched_text(g->l, patch->text, strlen(patch->text),
							target);
	lang_init(&own);
	kind = gitops_patched(&own, patch, target);
	lang_fini(&own);
	return kind;
}

/* One that lies in a file may touch whatever there is. */
static const struct touched *touched_by(struct noting *g, const char *target,
					const struct yaml_node *patch)
{
	struct arena *a = &g->l->arena;
	struct touched *t;

	if (patch && patch->kind == YAML_STR)
		return touched_by_text(g->l, a, patch->text, strlen(patch->text), target);
	t = touched_new(a, target ? target : gitops_text(patch, "kind"));
	if (patch)
		touched_by_patch(t, patch);
	else
		t->all = true;
	return t;
}

/* False: it is of another kind, or means nothing. */
static bool add_patch_of_gitops(struct noting *g, const struct yaml_node *n, const char *target,
				const struct yaml_node *patch)
{
	const char *kind = gitops_patched_by(g, target, patch);

	if (!kind)
		return false;
	gitops_add_change(g, arena_printf(&g->l->arena, "patch of %s", kind), n, GITOPS_OBJECTS)
		->ns = kind;
	return true;
}

/* `- {patch: TEXT, target}` or `path` in place of `patch`, or the patch as it is. */
static void add_patch(struct noting *g, const struct yaml_node *n)
{
	const struct yaml_node *target = gitops_get(n, "target"), *patch = gitops_get(n, "patch");
	const char *kind = gitops_text(target, "kind"), *path = gitops_text(n, "path");
	bool named = kind && is_word(kind);
	const char *name = target ? kustomize_target_name(target, &g->l->arena) : KUSTOMIZE_ANY;
	struct k8s_claimed claimed;

	if (!target && !patch && !path)
		patch = n;
	if (add_patch_of_gitops(g, n, named ? kind : NULL, patch))
		return;
	claimed = claim_of(g, named ? kind : NULL, patch);
	note_counts(g, patch, target ? name : NULL);
	if (k8s_claims_policy(&claimed))
		gitops_add_change(g,
				  arena_printf(&g->l->arena, "patch of %s",
					       yaml_show(&g->l->arena, claimed.kind)),
				  n, GITOPS_ALWAYS);
	else if ((target || path) && !named)
		gitops_add_change(g, "patch", n, GITOPS_EVERY);
	else if (labels_namespaces(g, named ? kind : NULL, patch))
		gitops_add_change(g, "patch of Namespace", n, GITOPS_NAMESPACES)->ns =
			*name ? name : NULL;
	else if (claimed.claim != K8S_CLAIM_NOTHING)
		gitops_add_change(g, "patch of workload or namespace", n, GITOPS_TOUCHED)->touched =
			touched_by(g, named ? kind : NULL, patch);
}

static void add_patches(struct noting *g, const struct yaml_node *n)
{
	static const char *const fields[] = {"patches", "patchesStrategicMerge", "patchesJson6902"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = gitops_get(n, fields[i]);

		if (list && list->kind == YAML_SEQ)
			vec_each (struct yaml_node *, item, &list->items)
				add_patch(g, *item);
	}
}

/* What both have of kustomize. */
void gitops_add_kustomize(struct noting *g, const struct yaml_node *n)
{
	static const struct {
		const char *field;
		enum gitops_affects affects;
		bool unseen;
	} fields[] = {
		{"namePrefix", GITOPS_NAMES, false},
		{"nameSuffix", GITOPS_NAMES, false},
		{"components", GITOPS_EVERY, true},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *value = gitops_get(n, fields[i].field);

		if (!yaml_says_something(value))
			continue;
		gitops_add_change(g, fields[i].field, value, fields[i].affects)->unseen =
			fields[i].unseen;
	}
	add_patches(g, n);
}
