/* SPDX-License-Identifier: Apache-2.0 */
/* Patches of GitOps objects themselves: whether they change where these have their objects from, or
 * what becomes of them. */
#define _GNU_SOURCE /* memmem() */
#include <string.h>

#include "lang/gitops/note.h"
#include "lang/rendered.h"
#include "lang/touched.h"
#include "lang/yaml/node.h"

/* Fields that a patch may set, change or take away. */
static const struct field {
	const char *path;
	bool read; /* a merge of it is read as the object is */
} fields[] = {
	{"/spec/path", false},
	{"/spec/sourceRef", false},
	{"/spec/targetNamespace", false},
	{"/spec/commonMetadata/labels", false},
	{"/spec/components", true},
	{"/spec/namePrefix", true},
	{"/spec/nameSuffix", true},
	{"/spec/patches", true},
	{"/spec/patchesStrategicMerge", true},
	{"/spec/patchesJson6902", true},
	{"/spec/source/path", false},
	{"/spec/source/repoURL", false},
	{"/spec/source/directory", false},
	{"/spec/source/plugin", false},
	{"/spec/source/kustomize/namespace", false},
	{"/spec/source/kustomize/commonLabels", false},
	{"/spec/source/kustomize/components", true},
	{"/spec/source/kustomize/namePrefix", true},
	{"/spec/source/kustomize/nameSuffix", true},
	{"/spec/source/kustomize/patches", true},
	{"/spec/sources", false},
	{"/spec/sourceHydrator", false},
	{"/spec/destination/namespace", false},
	{"/spec/syncPolicy/managedNamespaceMetadata", false},
	{"/spec/syncPolicy/syncOptions", false},
	{"/spec/generators", false},
	{"/spec/template", false},
	{"/spec/templatePatch", false},
};

enum { N_FIELDS = sizeof(fields) / sizeof(*fields) };

/* Is the one below the other, or the same? */
static bool leads_along(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (!*a || *a == '/') && (!*b || *b == '/');
}

static bool operation_matters(const struct yaml_node *n)
{
	const char *at = gitops_text(n, "path");

	for (size_t i = 0; at && i < N_FIELDS; i++)
		if (leads_along(at, fields[i].path))
			return true;
	return !at;
}

/* One that ends before, in something that is no map, is taken away or replaced. */
static bool merges_into(const struct yaml_node *n, const char *path, struct arena *a)
{
	while (n && *path && n->kind == YAML_MAP) {
		size_t len = strcspn(++path, "/");

		if (yaml_get(n, "$patch"))
			return true;
		n = yaml_get(n, arena_strndup(a, path, len));
		path += len;
	}
	return n;
}

static bool merge_matters(struct lang *own, const struct yaml_node *root)
{
	const struct yaml_node *spec = gitops_get(root, "spec");
	struct noting g = {.l = own, .patched = true};

	for (size_t i = 0; i < N_FIELDS; i++)
		if (!fields[i].read && merges_into(root, fields[i].path, &own->arena))
			return true;
	gitops_add_kustomize(&g, spec);
	gitops_add_kustomize(&g, gitops_get(gitops_get(spec, "source"), "kustomize"));
	vec_each (const struct gitops_change, c, &g.source.changes)
		if (c->affects != GITOPS_TOUCHED || touched_something(c->touched))
			return true;
	return false;
}

static bool matters(struct lang *own, const struct yaml_node *root)
{
	if (root->kind == YAML_MAP)
		return merge_matters(own, root);
	if (root->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &root->items)
			if (operation_matters(*item))
				return true;
	return false;
}

/* NULL: another kind. */
static const char *kind_of(const struct yaml_node *root, const char *target)
{
	const char *kind = gitops_text(root, "kind"), *api = gitops_text(root, "apiVersion");

	if (target)
		return gitops_kind(target, NULL);
	return kind && api ? gitops_kind(kind, api) : NULL;
}

const char *gitops_patched(struct lang *own, const struct yaml_node *patch, const char *target)
{
	const char *kind = kind_of(patch, target);

	return kind && matters(own, patch) ? kind : NULL;
}

/* In a world of its own, as what is wrong with it is not polc's to say. */
const char *gitops_patched_text(const struct lang *l, const char *text, size_t len,
				const char *target)
{
	const char *found = NULL;
	struct lang own;
	struct yaml_stream *s;
	struct yaml_node *root;
	int got;

	/* Most are of other kinds. */
	if (!target && !memmem(text, len, "Kustomization", strlen("Kustomization")) &&
	    !memmem(text, len, "Application", strlen("Application")))
		return NULL;
	if (target && !gitops_kind(target, NULL))
		return NULL;
	kustomize_world_init(&own, l, "", text, len);
	s = yaml_stream_new(&own, 0);
	while (!found && (got = yaml_stream_next(s, &own.arena, &root)) != 0)
		found = got > 0  ? gitops_patched(&own, root, target)
			: target ? gitops_kind(target, NULL)
				 : NULL;
	yaml_stream_free(&s);
	lang_fini(&own);
	return found;
}
