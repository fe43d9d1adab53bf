/* SPDX-License-Identifier: Apache-2.0 */
/* What Applications and ApplicationSets of Argo CD say. */
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/note.h"
#include "lang/rendered.h"

/* --- sources ---------------------------------------------------------------------------------- */

/* `https://example.com/org/repo.git`: `repo`. */
static const char *repository_name(struct arena *a, const char *url)
{
	static const char suffix[] = ".git";
	size_t n = url ? strlen(url) : 0, m = strlen(suffix);

	while (n && url[n - 1] == '/')
		n--;
	if (n > m && memcmp(url + n - m, suffix, m) == 0)
		n -= m;
	return n ? path_base(arena_strndup(a, url, n)) : NULL;
}

/* Some directories of this path, and not the path itself. */
static bool is_filled_in(const struct yaml_node *source)
{
	const char *path = gitops_text(source, "path");

	return path && path[gitops_filled_in_at(path)];
}

static void add_common_labels(struct noting *g, const struct yaml_node *n)
{
	bool own = gitops_is_true(gitops_get(n, "labelWithoutSelector")) &&
		   !gitops_is_true(gitops_get(n, "labelIncludeTemplates"));

	gitops_add_labels(g, "commonLabels", gitops_get(n, "commonLabels"),
			  own ? GITOPS_OWN_LABELS : GITOPS_EVERY);
}

/* One that only lends its files to others brings nothing, and a chart is a release of Helm. */
static bool brings_nothing(const struct yaml_node *n)
{
	return gitops_text(n, "chart") || (gitops_text(n, "ref") && !gitops_text(n, "path"));
}

static void note_source(struct noting *g, const struct yaml_node *n, const struct yaml_node *spec)
{
	const struct yaml_node *kustomize = gitops_get(n, "kustomize"),
			       *directory = gitops_get(n, "directory");
	const struct yaml_node *home = gitops_get(gitops_get(spec, "destination"), "namespace");

	if (!n || n->kind != YAML_MAP || brings_nothing(n))
		return;
	gitops_begin_source(g, n);
	g->source.repository = repository_name(&g->l->arena, gitops_text(n, "repoURL"));
	g->source.flat = !gitops_is_true(gitops_get(directory, "recurse")) && !is_filled_in(n);
	g->source.made =
		gitops_get(n, "plugin") || yaml_says_something(gitops_get(directory, "jsonnet"));
	gitops_add_namespace(g, "namespace", gitops_get(kustomize, "namespace"), GITOPS_OTHERS);
	if (!g->source.changes.n)
		gitops_add_namespace(g, "namespace", home, GITOPS_HOMELESS);
	if (kustomize) {
		add_common_labels(g, kustomize);
		gitops_add_kustomize(g, kustomize);
		kustomize_note_counts(g->l, kustomize);
	}
	gitops_end_source(g);
}

/* --- the namespace that it makes -------------------------------------------------------------- */

static bool makes_namespace(const struct yaml_node *policy)
{
	const struct yaml_node *options = gitops_get(policy, "syncOptions");

	if (!options || options->kind != YAML_SEQ)
		return false;
	vec_each (struct yaml_node *, item, &options->items)
		if ((*item)->kind == YAML_STR && strcmp((*item)->text, "CreateNamespace=true") == 0)
			return true;
	return false;
}

static void note_made_namespace(struct noting *g, const struct yaml_node *spec)
{
	static const char field[] = "managedNamespaceMetadata";
	const struct yaml_node *policy = gitops_get(spec, "syncPolicy");
	const char *ns = gitops_text(gitops_get(spec, "destination"), "namespace");

	if (ns && makes_namespace(policy))
		gitops_add_managed_labels(g, field, gitops_get(gitops_get(policy, field), "labels"),
					  arena_strdup(&g->l->arena, ns));
}

/* --- both kinds ------------------------------------------------------------------------------- */

void gitops_note_argo(struct noting *g, const struct yaml_node *spec)
{
	const struct yaml_node *list = gitops_get(spec, "sources");

	if (list && list->kind == YAML_SEQ && list->items.n)
		vec_each (struct yaml_node *, item, &list->items)
			note_source(g, *item, spec);
	else
		note_source(g, gitops_get(spec, "source"), spec);
	note_source(g, gitops_get(gitops_get(spec, "sourceHydrator"), "drySource"), spec);
	note_made_namespace(g, spec);
}

/* The text of a patch may be a template, too, so it is no more than looked into. */
void gitops_note_argo_set(struct noting *g, const struct yaml_node *spec)
{
	static const char *const words[] = {"source", "kustomize", "namespace"};
	const struct yaml_node *patch = gitops_get(spec, "templatePatch");
	bool matters = false;

	gitops_note_argo(g, gitops_get(gitops_get(spec, "template"), "spec"));
	for (size_t i = 0; patch && patch->kind == YAML_STR && i < sizeof(words) / sizeof(*words);
	     i++)
		matters |= strstr(patch->text, words[i]) != NULL;
	if (matters && g->out->sources.n)
		vec_push(&g->l->arena, &g->out->sources.v[0].changes,
			 ((struct gitops_change){.what = "templatePatch",
						 .loc = patch->loc,
						 .affects = GITOPS_EVERY}));
}
