/* SPDX-License-Identifier: Apache-2.0 */
/* What Applications and ApplicationSets of Argo CD say. */
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/note.h"
#include "lang/rendered.h"

/* --- sources ---------------------------------------------------------------------------------- */

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

static void note_source_at(struct noting *g, const struct yaml_node *n,
			   const struct yaml_node *spec, const char *dir)
{
	const struct yaml_node *kustomize = gitops_get(n, "kustomize");
	const struct yaml_node *directory = gitops_get(n, "directory");
	const struct yaml_node *home = gitops_get(gitops_get(spec, "destination"), "namespace");
	const char *url = gitops_text(n, "repoURL");

	gitops_begin_source(g, n);
	if (dir)
		g->source.path = dir;
	if (url)
		g->source.url = arena_strdup(&g->l->arena, url);
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

/* `{{path}}`, `{{ .path.path }}/base`: generators say which that is. */
static bool is_generated(const struct yaml_node *source)
{
	const char *path = gitops_text(source, "path");

	if (!path || strncmp(path, "{{", 2) != 0)
		return false;
	path += 2 + strspn(path + 2, " .");
	return strncmp(path, "path", 4) == 0;
}

static void note_source(struct noting *g, const struct yaml_node *n, const struct yaml_node *spec)
{
	if (!n || n->kind != YAML_MAP || brings_nothing(n))
		return;
	if (!g->dirs.strings.n || !is_generated(n)) {
		note_source_at(g, n, spec, NULL);
		return;
	}
	vec_each (const char *, dir, &g->dirs.strings)
		note_source_at(g, n, spec, *dir);
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

#define MANAGED "managedNamespaceMetadata"
#define CREATE  "CreateNamespace"

static void note_made_namespace(struct noting *g, const struct yaml_node *spec)
{
	const struct yaml_node *policy = gitops_get(spec, "syncPolicy");
	const struct yaml_node *managed = gitops_get(policy, MANAGED);
	const char *ns = gitops_text(gitops_get(spec, "destination"), "namespace");

	if (ns && (makes_namespace(policy) || g->makes_namespace))
		gitops_add_managed_labels(g, MANAGED, gitops_get(managed, "labels"),
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

/* --- sets ------------------------------------------------------------------------------------- */

/* Of a template, at whatever depth; others decide nothing. */
static const char *const template_fields[] = {
	"source",
	"sources",
	"sourceHydrator",
	"drySource",
	"path",
	"repoURL",
	"chart",
	"ref",
	"directory",
	"recurse",
	"jsonnet",
	"plugin",
	"kustomize",
	"namePrefix",
	"nameSuffix",
	"commonLabels",
	"components",
	"patches",
	"replicas",
	"labelWithoutSelector",
	"syncPolicy",
	"labels",
	"syncOptions",
	"labelIncludeTemplates",
	"namespace",
	"destination",
	"managedNamespaceMetadata",
};

static bool is_left_out(const struct yaml_node *n)
{
	return !n || (n->kind == YAML_BOOL ? !n->number : !yaml_says_something(n));
}

/* What is written out of a cluster has an empty one: `{destination: {}, project: ""}`. */
static bool says_something(const struct yaml_node *spec)
{
	for (size_t i = 0; i < sizeof(template_fields) / sizeof(*template_fields); i++)
		if (!is_left_out(gitops_get(spec, template_fields[i])))
			return true;
	return false;
}

/* What the one says counts, and what it leaves out is as in the other. */
static const struct yaml_node *merge(struct arena *a, const struct yaml_node *over,
				     const struct yaml_node *under, unsigned depth)
{
	/* `source.kustomize.namespace` and `syncPolicy.managedNamespaceMetadata.labels` */
	enum { MAX_DEPTH = 3 };
	struct yaml_node *out;

	if (is_left_out(over) || is_left_out(under))
		return is_left_out(over) ? under : over;
	if (over->kind != YAML_MAP || under->kind != YAML_MAP || depth == MAX_DEPTH)
		return over;
	out = arena_new(a, struct yaml_node);
	*out = (struct yaml_node){.kind = YAML_MAP, .loc = over->loc};
	for (size_t i = 0; i < sizeof(template_fields) / sizeof(*template_fields); i++) {
		const char *key = template_fields[i];
		const struct yaml_node *n =
			merge(a, yaml_get(over, key), yaml_get(under, key), depth + 1);

		if (n)
			vec_push(a, &out->pairs,
				 ((struct yaml_pair){n->loc, key, (struct yaml_node *)n}));
	}
	return out;
}

/* A generator may have a template of its own, that is laid over that of the set. */
static void note_generator(struct noting *g, const struct yaml_node *generator,
			   const struct yaml_node *spec)
{
	if (generator->kind != YAML_MAP)
		return;
	vec_each (const struct yaml_pair, p, &generator->pairs) {
		const struct yaml_node *own = gitops_get(gitops_get(p->value, "template"), "spec");

		if (says_something(own))
			gitops_note_argo(g, merge(&g->l->arena, own, spec, 0));
	}
}

/* Directories that a generator finds in git: those that `*` stands for lie in one. */
static void add_dirs(struct noting *g, const struct yaml_node *list, bool files)
{
	struct arena *a = &g->l->arena;

	if (!list || list->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &list->items) {
		const char *path = gitops_text(*item, "path");

		if (!path || gitops_is_true(gitops_get(*item, "exclude")))
			continue;
		if (files)
			path = path_dir(a, path);
		intern_add(&g->dirs, gitops_plain_path(a, path));
	}
}

/* Generators may hold generators. */
static void add_generated(struct noting *g, const struct yaml_node *generators, unsigned depth)
{
	static const char *const combined[] = {"matrix", "merge"};
	enum { MAX_DEPTH = 4 };

	if (!generators || generators->kind != YAML_SEQ || depth == MAX_DEPTH)
		return;
	vec_each (struct yaml_node *, item, &generators->items) {
		const struct yaml_node *git = gitops_get(*item, "git");

		add_dirs(g, gitops_get(git, "directories"), false);
		add_dirs(g, gitops_get(git, "files"), true);
		for (size_t i = 0; i < sizeof(combined) / sizeof(*combined); i++)
			add_generated(g, gitops_get(gitops_get(*item, combined[i]), "generators"),
				      depth + 1);
	}
}

/* Each source has as many directories as there are: of too many nobody is sure. */
static void find_generated(struct noting *g, const struct yaml_node *generators)
{
	enum { MAX_DIRS = 64 };

	intern_init(&g->dirs, &g->l->arena);
	add_generated(g, generators, 0);
	if (g->dirs.strings.n > MAX_DIRS)
		intern_init(&g->dirs, &g->l->arena);
}

static void note_templates(struct noting *g, const struct yaml_node *spec)
{
	const struct yaml_node *own = gitops_get(gitops_get(spec, "template"), "spec");
	const struct yaml_node *generators = gitops_get(spec, "generators");

	find_generated(g, generators);
	gitops_note_argo(g, own);
	if (generators && generators->kind == YAML_SEQ)
		vec_each (struct yaml_node *, item, &generators->items)
			note_generator(g, *item, own);
}

/* --- what patches the template of a set --------------------------------------------------------
 */

static bool mentions(const struct yaml_node *patch, const char *word)
{
	return patch && patch->kind == YAML_STR && strstr(patch->text, word);
}

static bool mentions_some(const struct yaml_node *patch, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (mentions(patch, words[i]))
			return true;
	return false;
}

static void add_patch(struct noting *g, const struct yaml_node *patch, enum gitops_affects affects,
		      const char *ns)
{
	vec_push(
		&g->l->arena, &g->out->changes,
		((struct gitops_change){
			.what = "templatePatch", .loc = patch->loc, .affects = affects, .ns = ns}));
}

/* The labels that it has for the namespace, which may be another one, too. */
static void note_patched_namespace(struct noting *g, const struct yaml_node *patch,
				   const struct yaml_node *spec)
{
	const struct yaml_node *own = gitops_get(gitops_get(spec, "template"), "spec");
	const char *ns = gitops_text(gitops_get(own, "destination"), "namespace");

	if (!mentions(patch, MANAGED) ||
	    (!g->makes_namespace && !makes_namespace(gitops_get(own, "syncPolicy"))))
		return;
	if (mentions(patch, "destination"))
		ns = NULL;
	add_patch(g, patch, GITOPS_MANAGED, ns ? arena_strdup(&g->l->arena, ns) : NULL);
}

/* The text of a patch may be a template, too, so it is no more than looked into. A chart is patched
 * as a chart, unless that says a path. */
void gitops_note_argo_set(struct noting *g, const struct yaml_node *spec)
{
	static const char *const brings[] = {"path:", "path\":"}, *const changes[] = {"source",
										      "kustomize",
										      "namespace"};
	const struct yaml_node *patch = gitops_get(spec, "templatePatch");

	g->makes_namespace = mentions(patch, CREATE);
	note_templates(g, spec);
	if (g->out->sources.n && mentions_some(patch, changes, 3))
		add_patch(g, patch, GITOPS_EVERY, NULL);
	else if (!g->out->sources.n && mentions(patch, "source") && mentions_some(patch, brings, 2))
		add_patch(g, patch, GITOPS_ALWAYS, NULL);
	note_patched_namespace(g, patch, spec);
}
